"""``manage.py create_administrator EMAIL``: the first account of a new installation."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.access import SYSTEM_ACTOR
from territories.enums import Role
from territories.models import User
from territories.services.accounts import name_member


class Command(BaseCommand):
    help = "Ouvre un compte d’administrateur de la plateforme (le premier d’une installation)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="adresse électronique professionnelle")
        parser.add_argument("--name", default="Administration de la plateforme", help="nom affiché")
        parser.add_argument(
            "--password-stdin", action="store_true", help="lit le mot de passe sur l’entrée standard"
        )

    def handle(self, *, email: str, name: str, password_stdin: bool, **options: Any) -> None:
        email = email.strip().lower()
        password = sys.stdin.readline().rstrip("\n") if password_stdin else self._ask()
        user = User(email=email, display_name=name)
        try:
            validate_email(email)
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if User.objects.filter(email=email).exists():
            raise CommandError(f"Un compte existe déjà pour {email}.")
        with scoped(SYSTEM):
            user.set_password(password)
            user.save(force_insert=True)
            name_member(by=SYSTEM_ACTOR, user=user, role=Role.ADMINISTRATEUR)
        self.stdout.write(
            f"Compte ouvert pour {email} : il invite l’animation régionale, la préfecture et la Région."
        )

    def _ask(self) -> str:
        first = getpass.getpass("Mot de passe (12 caractères au moins) : ")
        if first != getpass.getpass("Le même, une seconde fois : "):
            raise CommandError("Les deux mots de passe diffèrent.")
        return first
