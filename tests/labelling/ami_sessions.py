"""Files brought to the commission, and sessions held, for the tests of what follows."""

import datetime
import itertools

from django.utils import timezone

from labelling.enums_ami import AssignmentState, Opinion, Presence
from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiGridCriterion,
    AmiScore,
    AmiScoreSheet,
    AmiSession,
    Avis,
)
from labelling.services import convening, moves, sessions, votes
from labelling.services.presence import set_presence
from territories.access import SYSTEM_ACTOR, Actor
from territories.enums import Role
from territories.models import Commission, Region
from territories.scopes import open_for
from tests.factories import make_membership, make_user, system

_numbers = itertools.count(1)


def make_officer(region: Region) -> Actor:
    """An account of the Region, acting: its scope stays for the rest of the transaction."""
    with system():
        user = make_user(f"Région {next(_numbers)}")
        membership = make_membership(user, Role.REGION, region=region)
    return open_for(user, membership.pk)


def officer_again(actor: Actor) -> Actor:
    """The same account, its scope set again (a block under another scope has put it aside)."""
    assert actor.user is not None
    return open_for(actor.user, actor.membership_id)


def make_members(commission: Commission, count: int) -> None:
    with system():
        region = Region.objects.get(pk=commission.region_id)
        for _ in range(count):
            user = make_user(f"Membre {next(_numbers)}")
            make_membership(user, Role.MEMBRE_COMMISSION, commission=commission, region=region)


def instructed(application: AmiApplication, *notes: int) -> AmiApplication:
    """A submitted file, eligible, one given sheet for each of ``notes`` (0-5), its instruction closed."""
    with system():
        moves.move(by=SYSTEM_ACTOR, application=application, key="declarer_recevable")
        for value in notes or (4,):
            _sheet(application, value)
        made = moves.move(by=SYSTEM_ACTOR, application=application, key="clore_instruction")
        application.refresh_from_db()
    return made


def _sheet(application: AmiApplication, value: int) -> None:
    scorer = make_user(f"Noteur {next(_numbers)}")
    assignment = AmiAssignment.objects.create(
        region_id=application.region_id,
        application=application,
        scorer=scorer,
        scorer_label="Noteur",
        assigned_by_label="Région",
    )
    sheet = AmiScoreSheet.objects.create(
        region_id=application.region_id, application=application, assignment=assignment, scorer=scorer
    )
    for line in AmiGridCriterion.objects.for_system().filter(call_id=application.call_id):
        AmiScore.objects.create(sheet=sheet, grid=line, value=value)
    sheet.weighted, sheet.given_at = value * 100, timezone.now()
    sheet.save()
    assignment.state, assignment.settled_at = AssignmentState.DONNEE, timezone.now()
    assignment.save()


def soon() -> datetime.datetime:
    """A time to come, close enough for the session to be held at once."""
    return timezone.now() + datetime.timedelta(hours=1)


def make_session(
    by: Actor, application: AmiApplication, *, convened: bool = True, quorum: int = 0
) -> AmiSession:
    """A session of the file's commission, on every file that waits; convened unless said otherwise."""
    data = sessions.SessionData(soon(), 120, "Hôtel de Région, salle 2", quorum)
    made = sessions.prepare(by=by, call=application.call, commission=application.commission, data=data)
    return convening.convene(by=by, session=made) if convened else made


def all_present(by: Actor, session: AmiSession) -> AmiSession:
    everybody = {member.pk: Presence.PRESENT for member in session.members.all()}
    return set_presence(by=by, session=session, presence=everybody, seen=None)


def give_avis(
    application: AmiApplication, opinion: str = "favorable", *, members: int = 3, officer: Actor | None = None
) -> Avis:
    """The avis of a session held for this file alone, by the services. The scope is then the officer's."""
    by = officer_again(officer) if officer else make_officer(application.call.region)
    make_members(application.commission, max(0, members - _sitting(application.commission)))
    officer_again(by)
    data = sessions.SessionData(soon(), 60, "Hôtel de Région")
    held = sessions.prepare(
        by=by, call=application.call, commission=application.commission, data=data, all_waiting=False
    )
    item = sessions.add_item(by=by, session=held, application=application)
    held = all_present(by, convening.convene(by=by, session=held))
    present = held.members.filter(voting=True).count()
    return votes.give_avis(
        by=by,
        item=item,
        vote=votes.Vote(present, 0, 0),
        opinion=Opinion(opinion),
        text="La commission soutient ce projet, attendu dans le bassin.",
        seen=None,
    )


def _sitting(commission: Commission) -> int:
    from territories.models import Membership

    with system():
        rows = Membership.objects.for_system().in_force().filter(role=Role.MEMBRE_COMMISSION)
        return rows.filter(commission=commission).count()
