"""The convention multipartite of a dossier: the one it was submitted with, else the territory's own."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from labelling.enums_convention import ConventionKind, ConventionState
from labelling.models import Convention, ConventionParty, LabelDossier
from labelling.services.convention.state import of_territory
from spo_portal.kernel.typography import agree, plain_date
from territories.access import Actor

KEPT = (ConventionState.SIGNEE, ConventionState.REMPLACEE)


@dataclass(frozen=True)
class Agreement:
    """A convention as the dossier tells it: « Convention n° 1, à la signature : 3 sur 8 »."""

    convention: Convention
    label: str
    working: Convention | None = None
    # Organisations that commit themselves in it, and in the version under way beside it.
    organisations: frozenset[int] = frozenset()
    coming: frozenset[int] = frozenset()
    # It left with the dossier: the files must be opened again for another one to take its place.
    kept: bool = False

    @property
    def signed(self) -> bool:
        return self.convention.state in KEPT

    def over(self, day: datetime.date) -> bool:
        """Its last day has passed."""
        return self.convention.ends_on is not None and self.convention.ends_on < day

    @property
    def usable(self) -> bool:
        """Signed by all and not over: the dossier may be submitted with it."""
        return self.signed and not self.over(timezone.localdate())

    @property
    def wanted(self) -> str:
        """What must be done before the submission; empty when nothing."""
        if self.usable:
            return ""
        if self.signed and self.convention.ends_on:
            day = plain_date(self.convention.ends_on)
            return f"La convention a pris fin le {day} : faites-en signer une autre."
        return "La convention multipartite n’est pas encore signée par tous."

    def remedy(self, absent: Collection[int]) -> str:
        """How organisations that are no party become so: what was signed changes by an avenant only."""
        them = agree(len(absent), "la", "les")
        if self.kept:
            return (
                "Le dossier est parti avec cette convention : demandez à la préfecture de rouvrir aussi les"
                " pièces, pour qu’un avenant la remplace."
            )
        if self.working is None:
            return f"Ajoutez-{them} {'par un avenant' if self.signed else 'à ses parties'}."
        amends = self.working.kind == ConventionKind.AVENANT
        named = "l’avenant en cours" if amends else "la convention en cours"
        if self.coming.issuperset(absent):
            when = "lorsqu’il sera signé par tous" if amends else "lorsqu’elle sera signée par tous"
            return f"L{named[1:]} {agree(len(absent), 'l’', 'les ')}ajoute, {when}."
        return f"Ajoutez-{them} à {named}."


def agreement_of(by: Actor, dossier: LabelDossier, *, again: bool = False) -> Agreement | None:
    """None when no convention was ever opened for the territory, or none the reader may see.

    ``again``: the files are open again, another convention may take its place.
    """
    if dossier.convention_id is not None and not again:
        rows = Convention.objects.visible_to(by).filter(pk=dossier.convention_id)
        kept = rows.defer("pdf", "text", "draft").first()
        if kept is None:
            return None
        return Agreement(kept, f"{kept.name}, signée", None, _parties(by, kept), kept=True)
    found = of_territory(by, dossier.territory)
    if found is None:
        return None
    coming = _parties(by, found.working) if found.working else frozenset()
    return Agreement(found.convention, found.label, found.working, _parties(by, found.convention), coming)


def _parties(by: Actor, convention: Convention) -> frozenset[int]:
    rows = ConventionParty.objects.visible_to(by).filter(convention=convention, removed_at__isnull=True)
    return frozenset(rows.values_list("organisation_id", flat=True))
