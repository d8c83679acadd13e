"""Forms of the app. The names below are those the settings give to django-allauth."""

from territories.forms.accounts import ChangePasswordForm, LoginForm, ResetPasswordForm, SetPasswordForm

__all__ = ["ChangePasswordForm", "LoginForm", "ResetPasswordForm", "SetPasswordForm"]
