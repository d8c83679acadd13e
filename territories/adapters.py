"""Accounts open on invitation only; a mail server that is away breaks no page."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

log = logging.getLogger("portal.mail")


class AccountAdapter(DefaultAccountAdapter):
    """django-allauth's hooks: no self sign-up; mails in French from our templates."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send; the page is the same whether it went or not: it must not tell who has an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            log.error("account mail not sent: %s", type(error).__name__)
