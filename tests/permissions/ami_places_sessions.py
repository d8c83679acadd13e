"""Addresses of the sessions: a session of the home commission, of another one, and of another region."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelling.models import AmiCall, AmiSession, AmiSessionItem
from labelling.services import convening, sessions
from territories.access import SYSTEM_ACTOR
from territories.enums import Role
from territories.models import Commission, Territory
from tests.factories import system
from tests.labelling.ami_sessions import instructed, soon
from tests.labelling.ami_world import make_call, make_commission, ready_application

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
_made: dict[int, dict[str, "Rows"]] = {}


@dataclass(frozen=True)
class Rows:
    session: AmiSession
    item: AmiSessionItem


def _session(call: AmiCall, commission: Commission, bassin: Territory) -> Rows:
    instructed(ready_application(call, bassin))
    with system():
        data = sessions.SessionData(soon(), 60, "Salle")
        made = sessions.prepare(by=SYSTEM_ACTOR, call=call, commission=commission, data=data)
        if made.members.exists():
            made = convening.convene(by=SYSTEM_ACTOR, session=made)
        return Rows(made, made.items.get())


def rows(place: "Place") -> dict[str, Rows]:
    """Made once for a place."""
    key = place.world.region.pk
    if key not in _made:
        w = place.world
        home = place.commissions["home"]
        with system():
            lille = Territory.objects.get(pk=w.lille.pk)
            lille.commission = home
            lille.save(update_fields=["commission"])
        other = make_commission(w.region, w.douai)
        abroad = make_commission(w.other_region, w.niort)
        call, far = make_call(w.region), make_call(w.other_region)
        _made[key] = {
            "home": _session(call, home, lille),
            "other": _session(call, other, w.douai),
            "abroad": _session(far, abroad, w.niort),
        }
    return _made[key]


def arguments_sessions(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``. The Region knows every session of its own region."""

    def foreign(place: "Place", who: "Identity") -> list[Rows]:
        found = rows(place)
        return [found["abroad"]] if who.role == Role.REGION else [found["other"], found["abroad"]]

    def session(place: "Place", who: "Identity") -> "Targets":
        mine = rows(place)["home"]
        return targets(
            ({"pk": mine.session.pk},),
            tuple({"pk": row.session.pk} for row in foreign(place, who)),
            ({"pk": missing},),
        )

    def point(place: "Place", who: "Identity") -> "Targets":
        mine = rows(place)["home"]
        strange = foreign(place, who)
        return targets(
            ({"pk": mine.session.pk, "point": mine.item.pk},),
            (
                *({"pk": row.session.pk, "point": row.item.pk} for row in strange),
                {"pk": mine.session.pk, "point": strange[0].item.pk},
            ),
            ({"pk": missing, "point": missing},),
        )

    whole = (
        "ami_seance",
        "ami_seance_modifier",
        "ami_seance_convoquer",
        "ami_seance_annuler",
        "ami_seance_points",
        "ami_seance_membres",
        "ami_seance_presences",
        "ami_seance_reponse",
        "ami_seance_clore",
        "ami_seance_ics",
        "ami_seance_imprimer",
        "ami_seance_lire",
        "ami_seance_pv",
    )
    points = ("ami_seance_point", "ami_seance_recusation", "ami_seance_reprendre")
    return {**dict.fromkeys(whole, session), **dict.fromkeys(points, point)}
