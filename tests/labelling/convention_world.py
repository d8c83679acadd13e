"""Conventions to test with, made through their services: two parties of Lille, their signatories, links."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.mail import EmailMessage
from django.db import transaction

from labelling.models import Convention, ConventionParty, ConventionSignatory, ConventionSignature
from labelling.services.convention import opening, parties, presenting
from territories.access import Actor
from tests.factories import World, system
from tests.labelling.mails import drain

ANSWER = {"name": "Signataire d’essai", "agreed": "on", "acte": "signer"}


@dataclass
class Signed:
    """A convention with its parties, its signatories by address, and the links their mails held."""

    world: World
    convention: Convention
    parties: list[ConventionParty] = field(default_factory=list)
    signatories: dict[str, ConventionSignatory] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def acting(self, key: str = "coordinateur") -> Iterator[Actor]:
        with transaction.atomic():
            yield self.world.actor(key)

    def now(self) -> Convention:
        with system():
            return Convention.objects.for_system().select_related("region", "territory").get(
                pk=self.convention.pk
            )

    def signatory(self, email: str) -> ConventionSignatory:
        with system():
            rows = ConventionSignatory.objects.for_system().filter(convention=self.convention, email=email)
            return rows.order_by("-pk")[0]

    def answers(self) -> list[ConventionSignature]:
        with system():
            return list(ConventionSignature.objects.for_system().filter(convention=self.convention))

    def read_mails(self) -> list[EmailMessage]:
        """Run what waits, keep the links found in the mails, give the mails."""
        sent = drain()
        for message in sent:
            found = re.search(r"/convention/signature/([^/\s]+)/", str(message.body))
            if found:
                self.links[message.to[0]] = found[1]
        return sent

    def url(self, email: str) -> str:
        return f"/convention/signature/{self.links[email]}/"

    def present(self, reason: str = "") -> Convention:
        with self.acting() as actor:
            planned = presenting.preview(actor, self.now())
            self.convention = presenting.present(
                by=actor, convention=self.convention, seen=planned.sha256, reason=reason
            )
        return self.convention


MAILS = ("cio@exemple.example", "mission@exemple.example")


def make_convention(world: World, *, shown: bool = True) -> Signed:
    """A convention of Lille: the CIO's and the mission locale's organisations, one signatory each."""
    with transaction.atomic():
        actor = world.actor("coordinateur")
        made = Signed(world, opening.open_convention(by=actor, territory=world.lille))
        made.parties = parties.add_parties(
            by=actor,
            convention=made.convention,
            organisations=[world.cio.organisation, world.mission.organisation],
        )
        for party, email in zip(made.parties, MAILS, strict=True):
            made.signatories[email] = parties.add_signatory(
                by=actor,
                convention=made.convention,
                party=party,
                capacity="elu",
                function=f"Présidence {party.name}",
                email=email,
            )
    drain()
    if shown:
        made.present()
        made.read_mails()
    return made


def form(made: Signed, email: str, **more: str) -> dict[str, str]:
    """What the signing page sends for the text shown now."""
    signatory = made.signatory(email)
    return ANSWER | {"seen": made.now().sha256, "function": signatory.function} | more
