"""Sessions: quorum, recusals, votes, avis, postponed points, minutes (issue: « Commission »)."""

import datetime
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelling.enums_ami import Answer, ApplicationState, Opinion, Presence, SessionState
from labelling.models import (
    AmiApplication,
    AmiContribution,
    AmiSession,
    AmiSessionItem,
    AmiSessionMember,
    AmiSessionRecusal,
    Avis,
)
from labelling.services import convening, sessions, votes
from labelling.services.presence import found_conflicts, recuse, rooms, set_presence, withdraw_recusal
from labelling.services.session_page import page_of
from labelling.services.votes import Vote
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor
from territories.enums import Role
from territories.models import Commission, Membership, Organisation, Territory
from territories.scopes import open_for
from tests.factories import World, make_membership, make_site, make_territory, system
from tests.labelling.ami_sessions import (
    all_present,
    give_avis,
    instructed,
    make_members,
    make_officer,
    make_session,
    officer_again,
    soon,
)
from tests.labelling.ami_world import make_call, make_commission, ready_application

TEXT = "La commission demande un bilan des salariés accueillis à six mois."


class Room:
    """A commission of five members, two instructed files, an officer that acts."""

    def __init__(self, world: World) -> None:
        with system():
            self.melle = make_territory(world.region, "Melle")
        self.commission = make_commission(world.region, world.lille, self.melle)
        self.call = make_call(world.region)
        self.first = instructed(ready_application(self.call, world.lille), 4, 5)
        self.second = instructed(ready_application(self.call, self.melle), 3)
        make_members(self.commission, 5)
        self.officer = make_officer(world.region)

    def session(self, **options: object) -> AmiSession:
        return make_session(self.act(), self.first, **options)  # type: ignore[arg-type]

    def act(self) -> Actor:
        return officer_again(self.officer)

    def item(self, session: AmiSession, file: AmiApplication) -> AmiSessionItem:
        return AmiSessionItem.objects.visible_to(self.act()).get(session=session, application=file)


@pytest.fixture
def room(world: World) -> Room:
    return Room(world)


def avis_on(room: Room, item: AmiSessionItem, vote: Vote, **more: object) -> Avis:
    fields: dict[str, object] = {"opinion": Opinion.FAVORABLE, "text": TEXT, "seen": None}
    return votes.give_avis(by=room.act(), item=item, vote=vote, **(fields | more))  # type: ignore[arg-type]


def state(file: AmiApplication) -> str:
    with system():
        return AmiApplication.objects.get(pk=file.pk).state


def test_a_session_lists_members_in_force_and_files_that_wait(room: Room) -> None:
    session = room.session(convened=False)
    assert session.members.count() == 5
    assert session.quorum == 3
    assert [item.application_id for item in session.items.all()] == [room.first.pk, room.second.pk]
    with system():
        gone = Membership.objects.for_system().filter(commission=room.commission).first()
        Membership.objects.filter(pk=gone.pk).update(
            starts_on="2020-01-01", ends_on=timezone.localdate() - datetime.timedelta(days=1)
        )
    room.act()
    again = sessions.sitting(by=room.act(), commission=room.commission)
    assert len(again) == 4


@pytest.mark.parametrize(("members", "quorum"), [(1, 1), (2, 2), (5, 3), (16, 9)])
def test_quorum_proposed_is_half_the_members_and_one(members: int, quorum: int) -> None:
    assert sessions.proposed_quorum(members) == quorum


def test_a_commission_covers_three_bassins_at_most(world: World) -> None:
    def attach(count: int) -> None:
        for n in range(count):
            made = make_territory(world.region, f"Bassin {n}")
            Territory.objects.filter(pk=made.pk).update(kind="bassin_emploi", commission=commission)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with system():
        commission = Commission.objects.create(region=world.region, code="K", name="Commission")
        with transaction.atomic():
            attach(3)
        with pytest.raises(IntegrityError, match="one to three"), transaction.atomic():
            attach(1)


def test_a_commission_without_a_bassin_holds_no_session(world: World) -> None:
    call = make_call(world.region)
    with system():
        lone = Commission.objects.create(region=world.region, code="K", name="Sans bassin")
        with pytest.raises(IntegrityError, match="one to three"), transaction.atomic():
            AmiSession.objects.create(
                region=world.region,
                commission=lone,
                call=call,
                starts_at=soon(),
                place="Salle",
                created_by_label="Région",
            )


def test_only_the_region_holds_a_session(room: Room) -> None:
    session = room.session()
    with system():
        mandate = Membership.objects.for_system().filter(commission=room.commission).first()
    member = open_for(mandate.user, mandate.pk)
    with pytest.raises(PermissionDenied):
        sessions.prepare(
            by=member,
            call=room.call,
            commission=room.commission,
            data=sessions.SessionData(soon(), 60, "Salle"),
        )
    with pytest.raises(PermissionDenied):
        set_presence(by=member, session=session, presence={}, seen=None)


def test_quorum_is_counted_for_each_file_without_the_recused(room: Room) -> None:
    session = room.session()
    by = room.act()
    members = list(session.members.all())
    here = {m.pk: Presence.PRESENT for m in members[:3]} | {members[3].pk: Presence.EXCUSE}
    set_presence(by=by, session=session, presence=here, seen=None)
    first, second = room.item(session, room.first), room.item(session, room.second)
    recuse(by=by, item=first, member=members[0], reason="Administrateur de la structure")
    recuse(by=by, item=first, member=members[3], reason="Ancien salarié, excusé ce jour")
    counted = rooms(by=by, session=session)
    assert (counted[first.pk].voters, counted[first.pk].reached, counted[first.pk].recused) == (2, False, 1)
    assert (counted[second.pk].voters, counted[second.pk].reached) == (3, True)
    with pytest.raises(Refused, match="quorum n’est pas atteint"):
        avis_on(room, first, Vote(2, 0, 0))
    assert avis_on(room, second, Vote(2, 0, 1)).present == 3
    assert state(room.second) == ApplicationState.AVIS_RENDU
    held = votes.close(by=room.act(), session=session, opening="", seen=None)
    first.refresh_from_db()
    assert held.state == SessionState.TENUE
    assert "faute de quorum" in first.postponed
    assert state(room.first) == ApplicationState.INSTRUITE
    assert [f.pk for f in sessions.waiting(by=room.act(), session=held)] == [room.first.pk]


@pytest.mark.parametrize("vote", [Vote(4, 0, 0), Vote(5, 1, 0), Vote(6, -1, 0), Vote(0, 0, 0)])
def test_votes_are_those_of_the_voters(room: Room, vote: Vote) -> None:
    session = all_present(room.act(), room.session())
    item = room.item(session, room.first)
    with pytest.raises(Refused, match="ne tombe pas juste"):
        avis_on(room, item, vote)
    with transaction.atomic():
        assert not Avis.objects.visible_to(room.act()).filter(item=item).exists()


def test_the_database_refuses_an_avis_without_quorum_or_whose_votes_do_not_add_up(room: Room) -> None:
    session = all_present(room.act(), room.session())
    item = room.item(session, room.first)

    def write(present: int, recused: int, hands: tuple[int, int, int]) -> None:
        yes, no, blank = hands
        AmiSessionItem.objects.filter(pk=item.pk).update(votes_for=yes, votes_against=no, abstentions=blank)
        Avis.objects.create(
            application=room.first,
            item=item,
            opinion="favorable",
            text=TEXT,
            present=present,
            recused=recused,
            given_by_label="Région",
        )

    for numbers in ((5, 0, (4, 0, 0)), (2, 0, (2, 0, 0)), (2, 2, (0, 0, 0))):
        with system(), pytest.raises(IntegrityError), transaction.atomic():
            write(*numbers)


def test_an_avis_is_taken_back_with_its_reason_before_the_minutes(room: Room) -> None:
    session = all_present(room.act(), room.session())
    item = room.item(session, room.first)
    avis_on(room, item, Vote(5, 0, 0))
    with pytest.raises(Refused, match="reprenez-le d’abord"):
        recuse(by=room.act(), item=item, member=session.members.first(), reason="Découvert après le vote")
    with pytest.raises(Refused, match="Écrivez pourquoi"):
        votes.take_back(by=room.act(), item=item, reason="")
    votes.take_back(by=room.act(), item=item, reason="Erreur dans le compte des voix")
    assert state(room.first) == ApplicationState.INSTRUITE
    item.refresh_from_db()
    assert item.votes_for is None
    assert avis_on(room, item, Vote(4, 0, 1), opinion=Opinion.RESERVE).opinion == "reserve"


def test_two_officers_who_write_at_once(room: Room) -> None:
    session = all_present(room.act(), room.session())
    item = room.item(session, room.first)
    seen = item.version
    votes.save_presentation(by=room.act(), item=item, text="Présenté par le porteur.", seen=seen)
    with pytest.raises(Conflict, match="entre-temps"):
        avis_on(room, item, Vote(5, 0, 0), seen=seen)
    item.refresh_from_db()
    avis_on(room, item, Vote(5, 0, 0), seen=item.version)
    with pytest.raises(Conflict, match="déjà enregistré"):
        avis_on(room, item, Vote(5, 0, 0), seen=item.version + 1)


def test_conflicts_are_found_from_mandates_and_contributions(room: Room, world: World) -> None:
    session = room.session()
    with system():
        members = list(AmiSessionMember.objects.for_system().filter(session=session).order_by("pk"))
        body = room.first.organisation
        place = make_site(world.lille, "Maison", world.reseaux["CIO"], organisation=body)
        make_membership(members[0].user, Role.CONSEILLER, site=place)
        named = AmiContribution.objects.for_system().filter(application=room.second).first()
        partner = Organisation.objects.create(region=world.region, name=named.partner_name)
        other = make_site(world.lille, "Antenne", world.reseaux["CIO"], organisation=partner)
        make_membership(members[1].user, Role.REFERENT, site=other)
    found = found_conflicts(by=room.act(), session=session)
    first, second = room.item(session, room.first), room.item(session, room.second)
    assert {(first.pk, members[0].pk), (second.pk, members[1].pk)} <= set(found)
    row = recuse(by=room.act(), item=first, member=members[0], reason=found[first.pk, members[0].pk][:400])
    assert (first.pk, members[0].pk) not in found_conflicts(by=room.act(), session=session)
    withdraw_recusal(by=room.act(), recusal=row)
    assert (first.pk, members[0].pk) in found_conflicts(by=room.act(), session=session)


def test_a_member_answers_and_declares_for_itself_only(room: Room) -> None:
    session = room.session()
    with system():
        rows = list(AmiSessionMember.objects.for_system().filter(session=session).order_by("pk"))
        mandate = Membership.objects.for_system().get(user=rows[0].user)
        item = AmiSessionItem.objects.get(session=session, application=room.first)
    member = open_for(rows[0].user, mandate.pk)
    convening.answer(by=member, session=session, word=Answer.EXCUSE, excuse="En déplacement")
    convening.answer(by=member, session=session, word=Answer.VIENT)
    recuse(by=member, item=item, member=rows[0], reason="Membre du conseil du porteur")
    with pytest.raises(PermissionDenied):
        recuse(by=member, item=item, member=rows[1], reason="Pour un autre")
    with pytest.raises(Exception, match="row-level security"), transaction.atomic():
        AmiSessionRecusal.objects.create(
            session=session, item=item, member=rows[1], reason="Pour un autre", noted_by_label="Membre"
        )
    mine = AmiSessionMember.objects.visible_to(room.act()).get(pk=rows[0].pk)
    assert (mine.answer, mine.presence, mine.excuse) == (Answer.VIENT, Presence.CONVOQUE, "")


def test_a_session_is_not_held_before_its_day(room: Room) -> None:
    session = room.session(convened=False)
    data = sessions.SessionData(soon() + datetime.timedelta(days=9), 60, "Salle")
    session, _ = sessions.change(by=room.act(), session=session, data=data, seen=None)
    session = convening.convene(by=room.act(), session=session)
    with pytest.raises(Refused, match="pas commencée"):
        all_present(room.act(), session)
    with pytest.raises(Refused, match="pas commencée"):
        avis_on(room, room.item(session, room.first), Vote(5, 0, 0))


@pytest.mark.parametrize(
    ("broken", "words"),
    [({"place": ""}, "où la commission"), ({"minutes_long": 5}, "durée"), ({"quorum": 9}, "quorum")],
)
def test_what_a_session_needs(room: Room, broken: dict[str, object], words: str) -> None:
    data = sessions.SessionData(soon(), 60, "Salle")
    with pytest.raises(Refused, match=words):
        sessions.prepare(
            by=room.act(), call=room.call, commission=room.commission, data=replace(data, **broken)
        )


def test_a_past_date_is_not_convened_and_a_file_is_heard_once(room: Room) -> None:
    session = room.session(convened=False)
    data = sessions.SessionData(timezone.now() - datetime.timedelta(minutes=5), 60, "Salle")
    late, moved = sessions.change(by=room.act(), session=session, data=data, seen=None)
    assert not moved
    with pytest.raises(Refused, match="date de la séance est passée"):
        convening.convene(by=room.act(), session=late)
    other = sessions.prepare(
        by=room.act(),
        call=room.call,
        commission=room.commission,
        data=sessions.SessionData(soon(), 60, "Salle"),
    )
    assert other.items.count() == 0
    with pytest.raises(Refused, match="n’attend pas"):
        sessions.add_item(by=room.act(), session=other, application=room.first)
    convening.cancel(by=room.act(), session=session, reason="Date passée")
    sessions.add_item(by=room.act(), session=other, application=room.first)


def test_an_earlier_state_of_the_file_is_not_heard(room: Room, world: World) -> None:
    raw = ready_application(room.call, world.lille)
    session = room.session(convened=False)
    with pytest.raises(Refused, match="n’attend pas"):
        sessions.add_item(by=room.act(), session=session, application=raw)
    with system(), pytest.raises(IntegrityError), transaction.atomic():
        AmiSessionItem.objects.create(
            session=session, application=raw, commission=room.commission, position=9
        )


def test_the_page_of_a_session_asks_as_much_for_one_file_as_for_two(room: Room) -> None:
    session = room.session()
    by = room.act()
    with CaptureQueriesContext(connection) as two:
        assert len(page_of(by=by, session=session).lines) == 2
    sessions.remove_item(by=by, item=room.item(session, room.second))
    by = room.act()
    with CaptureQueriesContext(connection) as one:
        assert len(page_of(by=by, session=session).lines) == 1
    assert len(one) == len(two)


def test_the_helper_of_other_tests(room: Room) -> None:
    avis = give_avis(room.first, "reserve")
    assert avis.opinion == "reserve"
    assert state(room.first) == ApplicationState.AVIS_RENDU
