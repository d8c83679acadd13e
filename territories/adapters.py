"""Accounts open on invitation only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """django-allauth's hooks: no self sign-up; mails in French from our templates."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
