"""Addresses of the calls: one that is out, a draft that only its Region knows, those of another region."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelling.models import AmiCall
from territories.enums import Role
from tests.labelling.ami_world import make_call

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
_made: dict[int, "Rows"] = {}


@dataclass(frozen=True)
class Rows:
    out: AmiCall
    draft: AmiCall
    abroad: AmiCall
    draft_abroad: AmiCall


def rows(place: "Place") -> Rows:
    """Made once for a place."""
    w = place.world
    key = w.region.pk
    if key not in _made:
        _made[key] = Rows(
            make_call(w.region),
            make_call(w.region, open=False),
            make_call(w.other_region),
            make_call(w.other_region, open=False),
        )
    return _made[key]


def arguments_calls(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``. A draft is nobody's business but its Region's."""

    def reading(place: "Place", who: "Identity") -> "Targets":
        r = rows(place)
        inside = who.role == Role.REGION
        own = (r.out, r.draft) if inside else (r.out,)
        foreign = (r.abroad, r.draft_abroad) if inside else (r.abroad, r.draft_abroad, r.draft)
        return targets(_pks(*own), _pks(*foreign), ({"pk": missing},))

    def writing(place: "Place", who: "Identity") -> "Targets":
        r = rows(place)
        return targets(_pks(r.draft, r.out), _pks(r.abroad, r.draft_abroad), ({"pk": missing},))

    def public(place: "Place", who: "Identity") -> "Targets":
        r = rows(place)
        here, there = place.world.region.slug, place.world.other_region.slug
        lost = ((here, r.draft.slug), (there, r.out.slug), (here, "inconnu"), ("ailleurs", r.out.slug))
        return targets(
            ({"region": here, "slug": r.out.slug}, {"region": there, "slug": r.abroad.slug}),
            (),
            tuple({"region": region, "slug": slug} for region, slug in lost),
        )

    written = (
        "ami_appel_texte",
        "ami_appel_cadre",
        "ami_appel_criteres",
        "ami_appel_grille",
        "ami_appel_versions",
        "ami_appel_ouvrir",
        "ami_appel_rectificatif",
        "ami_appel_report",
        "ami_appel_annuler",
        "ami_appel_copier",
        "ami_appel_supprimer",
        "ami_appel_pdf",
        "ami_appel_questions",
    )
    read = ("ami_appel", "ami_appel_question")
    seen = ("ami_public_appel", "ami_public_pdf")
    return {**dict.fromkeys(written, writing), **dict.fromkeys(read, reading), **dict.fromkeys(seen, public)}


def _pks(*calls: AmiCall) -> tuple[dict[str, object], ...]:
    return tuple({"pk": call.pk} for call in calls)
