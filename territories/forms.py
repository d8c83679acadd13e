"""Account forms: our labels and messages over django-allauth's behaviour."""

from allauth.account import forms as account
from django import forms
from django.conf import settings


class LoginForm(account.LoginForm):
    """Log in with e-mail and password; a shared desk logs out after fifteen minutes without action."""

    poste = forms.BooleanField(
        label="Ce poste est partagé : me déconnecter après 15 minutes sans action", required=False
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Adresse électronique professionnelle"
        self.fields["login"].widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].label = "Mot de passe"
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields.pop("remember", None)

    def login(self, request, redirect_url=None):  # type: ignore[no-untyped-def]
        response = super().login(request, redirect_url)
        if self.cleaned_data.get("poste"):
            request.session["poste_partage"] = True
            request.session.set_expiry(settings.SHARED_DESK_SECONDS)
        return response


def _plain(form: forms.Form, labels: dict[str, str]) -> None:
    for name, label in labels.items():
        field = form.fields[name]
        field.label = label
        field.widget.attrs.pop("placeholder", None)


class ResetPasswordForm(account.ResetPasswordForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, {"email": "Adresse électronique professionnelle"})


class SetPasswordForm(account.ResetPasswordKeyForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, {"password1": "Nouveau mot de passe (12 caractères au moins)", "password2": "Le même, une seconde fois"})


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self,
            {
                "oldpassword": "Mot de passe actuel",
                "password1": "Nouveau mot de passe (12 caractères au moins)",
                "password2": "Le même, une seconde fois",
            },
        )
