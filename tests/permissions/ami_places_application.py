"""Addresses of the files: those of the porteur of the sweep, a foreign draft, those of another region."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelling.enums_ami import PartKey
from labelling.models import AmiApplication, AmiAttachment, AmiCall
from territories.enums import Role
from tests.factories import system
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur
from tests.permissions.ami_places_calls import rows as call_rows

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
_made: dict[int, "Files"] = {}


@dataclass(frozen=True)
class Files:
    """``draft`` and ``sent`` belong to the porteur of the sweep, ``other`` is a draft of another organisation
    on the same bassin, ``abroad`` a submitted file of another region."""

    call: AmiCall
    draft: AmiApplication
    sent: AmiApplication
    other: AmiApplication
    abroad: AmiApplication


def files(place: "Place") -> Files:
    """Made once for a place."""
    w = place.world
    if w.region.pk not in _made:
        who = place.identities["porteur"]
        assert who.user is not None
        assert who.membership is not None
        organisation = w.cio.organisation
        own = Porteur(organisation, who.user, who.membership)
        call, abroad = ami_world.make_call(w.region), ami_world.make_call(w.other_region)
        draft = ami_world.make_application(call, w.douai, own)
        ami_world.fill(draft)
        _made[w.region.pk] = Files(
            call,
            draft,
            ami_world.ready_application(call, w.lille, own),
            ami_world.make_application(call, w.lille),
            ami_world.ready_application(abroad, w.niort),
        )
    return _made[w.region.pk]


def readable(
    place: "Place", who: "Identity"
) -> tuple[tuple[AmiApplication, ...], tuple[AmiApplication, ...]]:
    """(files the identity reads, files it must not learn of)."""
    f = files(place)
    if who.role == Role.PORTEUR:
        return (f.draft, f.sent), (f.other, f.abroad)
    if who.role == Role.REGION:
        return (f.sent,), (f.abroad, f.draft, f.other)
    # Which commission has Lille depends on the addresses walked before: its members read what was submitted.
    if who.membership is not None and who.membership.commission_id == f.sent.commission_id:
        return (f.sent,), (f.abroad, f.draft, f.other)
    return (), (f.draft, f.sent, f.other, f.abroad)


def arguments_application(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""

    def reading(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        return targets(_pks(*own), _pks(*foreign), ({"pk": missing},))

    def part(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        return targets(
            tuple({"pk": one.pk, "partie": key} for one in own for key in PartKey.values),
            tuple({"pk": one.pk, "partie": "services"} for one in foreign),
            ({"pk": missing, "partie": "services"},),
        )

    def piece(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        with system():
            rows = AmiAttachment.objects.for_system().defer("content")
            own_rows = list(rows.filter(application__in=own).order_by("application_id"))
            others = list(rows.filter(application__in=foreign))
        return targets(
            tuple({"pk": row.application_id, "piece": row.pk} for row in own_rows),
            tuple({"pk": row.application_id, "piece": row.pk} for row in others),
            tuple({"pk": one.pk, "piece": missing} for one in own) or ({"pk": missing, "piece": missing},),
        )

    def opening(place: "Place", who: "Identity") -> "Targets":
        calls = call_rows(place)
        return targets(
            _pks(files(place).call, calls.out), _pks(calls.abroad, calls.draft), ({"pk": missing},)
        )

    return {
        **dict.fromkeys(
            (
                "ami_dossier",
                "ami_identite",
                "ami_deposer",
                "ami_recu",
                "ami_retirer",
                "ami_repondre_complement",
            ),
            reading,
        ),
        "ami_partie": part,
        "ami_nouveau": opening,
        **dict.fromkeys(("ami_piece", "ami_piece_retirer"), piece),
    }


def _pks(*found: AmiApplication | AmiCall) -> tuple[dict[str, object], ...]:
    return tuple({"pk": one.pk} for one in found)
