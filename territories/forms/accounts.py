"""Account forms: our labels and messages over django-allauth's behaviour."""

from typing import Any

from allauth.account import forms as account
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from territories.models import User

MAIL = "Adresse électronique professionnelle"
NEW = "Nouveau mot de passe"
AGAIN = "Le même, une seconde fois"
RULE = "12 caractères au moins ; une phrase facile à retenir convient. Pas de mot de passe courant."
# The same sentence for a wrong password and for an unknown address: nobody learns which accounts exist.
REFUSED = {
    "email_password_mismatch": (
        "L’adresse ou le mot de passe n’est pas le bon. Vérifiez les deux, puis recommencez."
    ),
    "too_many_login_attempts": (
        "Trop d’essais sans succès. Attendez 15 minutes, ou demandez un nouveau mot de passe ci-dessous."
    ),
}


def _plain(form: forms.Form, **labels: str) -> None:
    """Our words on the fields of a form of the library, without its placeholders."""
    for name, label in labels.items():
        field = form.fields[name]
        field.label = label
        field.help_text = ""
        field.widget.attrs.pop("placeholder", None)
        if isinstance(field, forms.CharField):
            field.max_length = field.max_length or 254
            field.widget.attrs["maxlength"] = field.max_length


class LoginForm(account.LoginForm):
    """Log in with e-mail and password; a shared desk logs out after fifteen minutes without action."""

    poste = forms.BooleanField(
        label="Ce poste est partagé : me déconnecter après 15 minutes sans action", required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login=MAIL, password="Mot de passe")  # noqa: S106 - a label
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields.pop("remember", None)

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except forms.ValidationError as error:
            raise forms.ValidationError(
                REFUSED.get(error.code or "", error.message), code=error.code
            ) from None

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponseBase:
        response = super().login(request, redirect_url)
        if self.cleaned_data.get("poste") and request.user.is_authenticated:
            request.session["poste_partage"] = True
            request.session.set_expiry(settings.SHARED_DESK_SECONDS)
        return response


class ResetPasswordForm(account.ResetPasswordForm):
    """Ask for the mail that opens a new password; says the same whether the account exists or not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, email=MAIL)
        self.fields["email"].widget.attrs["autocomplete"] = "username"


class SetPasswordForm(account.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1=NEW, password2=AGAIN)
        self.fields["password1"].help_text = RULE


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, oldpassword="Mot de passe actuel", password1=NEW, password2=AGAIN)
        self.fields["password1"].help_text = RULE


class FirstPasswordForm(forms.Form):
    """Password of the account an invitation opens; role and scope are the invitation's, never the form's."""

    password1 = forms.CharField(
        label="Choisissez un mot de passe",
        help_text=RULE,
        max_length=254,
        strip=False,
        error_messages={"required": "Choisissez un mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=AGAIN,
        max_length=254,
        strip=False,
        error_messages={"required": "Tapez le mot de passe une seconde fois."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str = "", display_name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._future = User(email=email, display_name=display_name)

    def clean_password1(self) -> str:
        password = str(self.cleaned_data["password1"])
        validate_password(password, self._future)
        return password

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", "Les deux mots de passe ne sont pas les mêmes : tapez-les à nouveau.")
        return data
