"""Addresses of the conventions multipartites: one out for signature in Lille, others in Douai and Niort."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelling.models import Convention, ConventionParty, ConventionSignatory
from territories.enums import Role
from tests.factories import system
from tests.kernel.tenancy_convention_rows import make_convention_rows
from tests.labelling.convention_world import MAILS, Signed, make_convention
from tests.permissions.label_places import label_rows

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
_made: dict[int, "Rows"] = {}


@dataclass(frozen=True)
class Rows:
    """``here`` with its links; ``next_door`` of another territory, ``abroad`` of another region."""

    here: Signed
    next_door: Convention
    abroad: Convention


def rows(place: "Place") -> Rows:
    """Made once for a place."""
    w = place.world
    if w.region.pk not in _made:
        label_rows(place)  # always the label's first: they sign a convention and number it
        here = make_convention(w)
        with system():
            next_door, abroad = make_convention_rows(w.douai_site), make_convention_rows(w.niort_site)
        _made[w.region.pk] = Rows(here, next_door, abroad)
    return _made[w.region.pk]


def readable(place: "Place", who: "Identity") -> tuple[tuple[Convention, ...], tuple[Convention, ...]]:
    """(conventions the identity reads, conventions it must not learn of)."""
    made = rows(place)
    here = made.here.convention
    if who.role in {Role.PREFECTURE, Role.ANIMATION, Role.REGION}:
        return (here, made.next_door), (made.abroad,)
    if who.role in {Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT, Role.REFERENT}:
        return (here,), (made.next_door, made.abroad)
    return (), (here, made.next_door, made.abroad)


def _child(model: type[ConventionParty | ConventionSignatory], convention: Convention) -> int:
    with system():
        return model.objects.for_system().filter(convention=convention).order_by("pk")[0].pk


def arguments_convention(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""

    def by_pk(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        return targets(
            tuple({"pk": one.pk} for one in own),
            tuple({"pk": one.pk} for one in foreign),
            ({"pk": missing}, {"pk": 10**24}),
        )

    def by_child(name: str, model: type[ConventionParty | ConventionSignatory]) -> Maker:
        def arguments(place: "Place", who: "Identity") -> "Targets":
            own, foreign = readable(place, who)
            return targets(
                tuple({"pk": one.pk, name: _child(model, one)} for one in own),
                tuple({"pk": one.pk, name: _child(model, one)} for one in foreign),
                ({"pk": missing, name: missing}, {"pk": missing, name: _child(model, (*own, *foreign)[0])}),
            )

        return arguments

    def by_link(place: "Place", who: "Identity") -> "Targets":
        made = rows(place).here
        return targets(({"token": made.links[MAILS[0]]},), (), ({"token": "inconnu"},))

    def by_fingerprint(place: "Place", who: "Identity") -> "Targets":
        made = rows(place)
        return targets(({"sha256": made.here.now().sha256},), (), ({"sha256": "0" * 64}, {"sha256": "x"}))

    pages: dict[str, Maker] = dict.fromkeys(
        (
            "convention", "convention_avenant", "convention_abandonner", "convention_rappeler",
            "convention_pdf", "convention_ecrire", "convention_texte", "convention_texte_exact",
            "convention_reglages", "convention_presenter", "convention_reprendre",
            "convention_versions", "convention_parties",
        ),
        by_pk,
    )  # fmt: skip
    parties = ("convention_partie", "convention_partie_retirer")
    signatories = (
        "convention_signataire",
        "convention_signataire_renvoyer",
        "convention_signataire_retirer",
    )
    return {
        **pages,
        **dict.fromkeys(parties, by_child("partie", ConventionParty)),
        **dict.fromkeys(signatories, by_child("signataire", ConventionSignatory)),
        "convention_signer": by_link,
        "convention_signer_texte": by_link,
        "convention_empreinte": by_fingerprint,
    }
