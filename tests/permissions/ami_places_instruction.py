"""Addresses of the instruction: a file confided to the Region's account and to a chargé, one of elsewhere."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from labelling.models import AmiApplication, AmiCall, AmiComplement
from labelling.services import complements
from territories.enums import Role
from tests.factories import system
from tests.labelling.ami_instruction import Account, admitted, confide, make_officer
from tests.labelling.ami_world import acting, make_call
from tests.permissions.ami_places_sessions import rows as session_rows

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
_made: dict[int, "Instructed"] = {}
READERS = (Role.REGION, Role.CHARGE_MISSION, Role.MEMBRE_COMMISSION)


@dataclass(frozen=True)
class Instructed:
    call: AmiCall
    far_call: AmiCall
    file: AmiApplication
    far_file: AmiApplication
    asked: AmiComplement
    far_asked: AmiComplement


def instructed(place: "Place") -> Instructed:
    """Made once for a place, after the commissions of the sessions."""
    w = place.world
    if w.region.pk not in _made:
        session_rows(place)
        home, away = _account(place, "region"), make_officer(w.other_region)
        with system():
            for bassin in (w.lille, w.niort):
                bassin.refresh_from_db()
        call, far_call = make_call(w.region), make_call(w.other_region)
        file, far_file = admitted(call, w.lille, home), admitted(far_call, w.niort, away)
        confide(file, home, home, _account(place, "charge_mission"))
        confide(far_file, away, away)
        _made[w.region.pk] = Instructed(
            call, far_call, file, far_file, _asked(file, home), _asked(far_file, away)
        )
    return _made[w.region.pk]


def _account(place: "Place", key: str) -> Account:
    who = place.identities[key]
    assert who.user is not None
    assert who.membership is not None
    return who.user, who.membership


def _asked(file: AmiApplication, account: Account) -> AmiComplement:
    with acting(*account) as by:
        return complements.ask(
            by=by,
            application=file,
            parts=["pieces"],
            text="Joignez le bail signé.",
            day=timezone.localdate() + datetime.timedelta(days=9),
        )


def arguments_instruction(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""

    def calls(place: "Place", who: "Identity") -> "Targets":
        found = instructed(place)
        return targets(_pks(found.call), _pks(found.far_call), ({"pk": missing},))

    def exports(place: "Place", who: "Identity") -> "Targets":
        found = instructed(place)
        return targets(
            tuple({"pk": found.call.pk, "format": kind} for kind in ("csv", "xlsx")),
            ({"pk": found.far_call.pk, "format": "csv"},),
            ({"pk": missing, "format": "csv"}, {"pk": found.call.pk, "format": "ods"}),
        )

    def files(place: "Place", who: "Identity") -> "Targets":
        found = instructed(place)
        own, foreign = (found.file,), (found.far_file,)
        if who.role not in READERS:
            own, foreign = (), (found.file, found.far_file)
        return targets(_pks(*own), _pks(*foreign), ({"pk": missing},))

    def pronounced(place: "Place", who: "Identity") -> "Targets":
        found = instructed(place)
        return targets(
            tuple({"pk": found.file.pk, "sens": sens} for sens in ("recevable", "irrecevable", "revoir")),
            ({"pk": found.far_file.pk, "sens": "recevable"},),
            ({"pk": missing, "sens": "recevable"}, {"pk": found.file.pk, "sens": "autre"}),
        )

    def asked(place: "Place", who: "Identity") -> "Targets":
        found = instructed(place)
        return targets(
            ({"pk": found.file.pk, "demande": found.asked.pk},),
            (
                {"pk": found.far_file.pk, "demande": found.far_asked.pk},
                {"pk": found.file.pk, "demande": found.far_asked.pk},
            ),
            ({"pk": found.file.pk, "demande": missing},),
        )

    of_call = ("ami_dossiers_appel", "ami_noteurs_appel", "ami_charge", "ami_clore_pretes")
    of_file = (
        "ami_recevabilite",
        "ami_complement",
        "ami_noteurs",
        "ami_clore",
        "ami_noter",
        "ami_noter_donner",
        "ami_conflit",
        "ami_abstention",
    )
    return {
        **dict.fromkeys(of_call, calls),
        **dict.fromkeys(of_file, files),
        "ami_dossiers_export": exports,
        "ami_recevabilite_prononcer": pronounced,
        "ami_complement_clore": asked,
    }


def _pks(*found: AmiApplication | AmiCall) -> tuple[dict[str, object], ...]:
    return tuple({"pk": one.pk} for one in found)
