"""Accounts open on invitation only; a mail server that is away breaks no page."""

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

log = logging.getLogger("portal.mail")


class AccountAdapter(DefaultAccountAdapter):
    """django-allauth's hooks: no self sign-up; mails in French from our templates."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The public address, whatever Host the one who asks has sent: the link goes to somebody else."""
        return settings.BASE_URL + urlsplit(super().get_reset_password_from_key_url(key)).path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send; the page is the same whether it went or not: it must not tell who has an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            log.error("account mail not sent: %s", type(error).__name__)
