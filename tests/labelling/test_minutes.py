"""Minutes: what they say, who approves them, that they never change; the screens of a session."""

import hashlib
import io

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from labelling.documents.minutes import minutes_pdf
from labelling.enums_ami import Opinion, SessionState
from labelling.models import AmiSession, AmiSessionItem, AmiSessionMember
from labelling.services import minutes, votes
from labelling.services.presence import recuse
from labelling.services.votes import Vote
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor
from territories.models import Membership
from territories.scopes import open_for
from tests.conftest import LoginAs
from tests.factories import World, make_territory, system
from tests.kernel import pdf_tools
from tests.labelling.ami_sessions import (
    all_present,
    instructed,
    make_members,
    make_officer,
    make_session,
    officer_again,
)
from tests.labelling.ami_world import make_call, make_commission, ready_application

TEXT = "Projet complet, attendu dans le bassin. Bilan à six mois."


class Held:
    """A session with one avis, one point left without, five present of whom one recused."""

    def __init__(self, world: World) -> None:
        with system():
            self.melle = make_territory(world.region, "Melle")
        self.region = world.region
        self.commission = make_commission(world.region, world.lille, self.melle)
        self.call = make_call(world.region)
        self.first = instructed(ready_application(self.call, world.lille))
        self.second = instructed(ready_application(self.call, self.melle))
        make_members(self.commission, 5)
        self.officer = make_officer(world.region)
        self.session = all_present(self.officer, make_session(self.officer, self.first))
        self.item = self.session.items.get(application=self.first)
        self.members = list(self.session.members.order_by("pk"))
        recuse(by=self.officer, item=self.item, member=self.members[4], reason="Administratrice du porteur")
        votes.give_avis(
            by=self.officer,
            item=self.item,
            vote=Vote(3, 0, 1),
            opinion=Opinion.RESERVE,
            text=TEXT,
            seen=None,
            presentation="Le projet est présenté par l’instruction.",
        )

    def act(self) -> Actor:
        return officer_again(self.officer)

    def member(self, rank: int = 0) -> Actor:
        with system():
            mandate = Membership.objects.for_system().get(
                user_id=self.members[rank].user_id, commission=self.commission
            )
        return open_for(self.members[rank].user, mandate.pk)

    def close(self) -> AmiSession:
        return votes.close(by=self.act(), session=self.session, opening="Séance ouverte à 9 h.", seen=None)

    def approve(self, rank: int = 0) -> AmiSession:
        by = self.member(rank)
        session = AmiSession.objects.visible_to(by).get(pk=self.session.pk)
        mark = minutes.mark_of(minutes.compose(by=by, session=session))
        locked, said = minutes.ready(by=by, session=session, mark=mark)
        drawn = minutes_pdf(minutes.approved_now(said, by=by), region=self.region)
        return minutes.approve(by=by, session=locked, pdf=drawn)


@pytest.fixture
def held(world: World) -> Held:
    return Held(world)


def test_minutes_say_who_was_there_each_vote_and_each_bassin(held: Held) -> None:
    closed = held.close()
    said = minutes.compose(by=held.act(), session=closed)
    first, second = said.points
    assert (said.present, said.voting, said.quorum) == (5, 5, 3)
    assert (first.votes_for, first.votes_against, first.abstentions, first.voters) == (3, 0, 1, 4)
    assert first.recusals == ((held.members[4].label, "Administratrice du porteur"),)
    assert second.opinion == ""
    assert "reporté" in second.postponed
    assert [name for name, _, _ in said.coverage] == ["Lille", "Melle"]
    assert said.draft


def test_approved_by_a_member_who_was_present_then_frozen(held: Held) -> None:
    held.close()
    with pytest.raises(Exception, match="droit"):
        minutes.ready(by=held.act(), session=held.session, mark="")
    approved = held.approve()
    assert approved.state == SessionState.APPROUVEE
    with system():
        row = AmiSession.objects.get(pk=held.session.pk)
        content = bytes(row.minutes_pdf)
        assert row.minutes_sha256 == hashlib.sha256(content).hexdigest()
        reader = PdfReader(io.BytesIO(content))
        tags = [name for name, _ in pdf_tools.elements(reader)]
        assert {"/H1", "/H2", "/H3", "/Table", "/TH"} <= set(tags)
        assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data()
        for change in (
            lambda: AmiSession.objects.filter(pk=row.pk).update(place="Ailleurs"),
            lambda: AmiSessionItem.objects.filter(session=row).update(presentation="Autre"),
            lambda: AmiSessionMember.objects.filter(session=row).update(presence="absent"),
            lambda: row.items.first().avis.delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
    with pytest.raises(Conflict):
        votes.take_back(by=held.act(), item=held.item, reason="Trop tard pour changer")


def test_one_who_was_not_there_or_is_recused_from_nothing_does_not_approve(held: Held) -> None:
    with system():
        AmiSessionMember.objects.filter(pk=held.members[1].pk).update(presence="excuse")
    held.close()
    with pytest.raises(Refused, match="présent"):
        held.approve(rank=1)


def test_what_was_read_is_what_is_approved(held: Held) -> None:
    held.close()
    by = held.member()
    session = AmiSession.objects.visible_to(by).get(pk=held.session.pk)
    mark = minutes.mark_of(minutes.compose(by=by, session=session))
    votes.save_presentation(by=held.act(), item=held.item, text="Texte changé après lecture.", seen=None)
    with pytest.raises(Conflict, match="changé depuis votre lecture"):
        minutes.ready(by=held.member(), session=held.session, mark=mark)


def _client(login: LoginAs, actor: Actor) -> Client:
    return login(actor.user, actor.membership)


def test_a_whole_session_on_the_screens(world: World, login: LoginAs) -> None:
    """Prepared, convened, held, voted, closed by the Region; answered and approved by a member."""
    commission = make_commission(world.region, world.lille, name="Deux-Sèvres Sud")
    call = make_call(world.region)
    file = instructed(ready_application(call, world.lille), 4, 5)
    make_members(commission, 3)
    officer = make_officer(world.region)
    region = _client(login, officer)
    form = {"appel": call.pk, "commission": commission.pk, "jour": "2999-01-05", "heure": "09:30"}
    form |= {"duree": "120", "lieu": "Hôtel de Région", "quorum": "", "ordre_du_jour": ""}
    made = region.post(reverse("ami_seance_nouvelle"), form)
    assert made.status_code == 302
    with system():
        session = AmiSession.objects.get(commission=commission)
        member = session.members.order_by("pk").first()
        mandate = Membership.objects.for_system().get(user=member.user, commission=commission)
    page = reverse("ami_seance", args=[session.pk])
    assert region.get(page).status_code == 200
    assert region.post(reverse("ami_seance_convoquer", args=[session.pk])).status_code == 302
    wrong = region.post(reverse("ami_seance_modifier", args=[session.pk]), {"jour": "x", "vu": "1"})
    assert wrong.status_code == 422
    other = login(member.user, mandate)
    assert (
        other.post(reverse("ami_seance_reponse", args=[session.pk]), {"reponse": "vient"}).status_code == 302
    )
    assert "Présence annoncée" in other.get(page).content.decode()
    # The date is brought back, as no screen can: the session is today.
    with system():
        from tests.labelling.ami_sessions import soon

        AmiSession.objects.filter(pk=session.pk).update(starts_at=soon())
        session.refresh_from_db()
        item = session.items.get()
        everybody = {f"presence-{m.pk}": "present" for m in session.members.all()}
    region.post(reverse("ami_seance_presences", args=[session.pk]), everybody | {"vu": session.version})
    point = reverse("ami_seance_point", args=[session.pk, item.pk])
    seen = region.get(point).content.decode()
    assert "4,50" in seen
    assert "Noteur" not in seen
    vote = {"acte": "avis", "sens": "favorable", "avis": TEXT, "presentation": "", "vu": item.version}
    short = region.post(point, vote | {"pour": "2", "contre": "0", "abstentions": "0"})
    assert short.status_code == 422
    assert "ne tombe pas juste" in short.content.decode()
    assert TEXT in short.content.decode()
    late = region.post(point, vote | {"pour": "3", "contre": "0", "abstentions": "0", "vu": 77})
    assert late.status_code == 409
    assert region.post(point, vote | {"pour": "3", "contre": "0", "abstentions": "0"}).status_code == 302
    with system():
        session.refresh_from_db()
    close = {"texte": "Ouverte à 9 h 30.", "vu": session.version}
    assert region.post(reverse("ami_seance_clore", args=[session.pk]), close).status_code == 302
    draft = region.get(reverse("ami_seance_pv", args=[session.pk]))
    assert draft["Content-Disposition"].endswith('-projet.pdf"')
    read = other.get(reverse("ami_seance_lire", args=[session.pk]))
    mark = read.context["mark"]
    assert other.post(reverse("ami_seance_lire", args=[session.pk]), {"lu": mark}).status_code == 302
    kept = other.get(reverse("ami_seance_pv", args=[session.pk]))
    with system():
        row = AmiSession.objects.get(pk=session.pk)
        assert row.state == SessionState.APPROUVEE
        assert hashlib.sha256(kept.content).hexdigest() == row.minutes_sha256
        file.refresh_from_db()
    assert file.state == "avis_rendu"
    assert region.get(reverse("ami_seance_imprimer", args=[session.pk])).status_code == 200
    assert region.get(reverse("ami_seances")).status_code == 200
    assert other.get(reverse("ami_seance_ics", args=[session.pk])).content.startswith(b"BEGIN:VCALENDAR")


def test_a_porteur_and_another_commission_find_no_session(held: Held, login: LoginAs) -> None:
    from tests.labelling.ami_world import make_member

    abroad = make_commission(held.region)
    user, mandate = make_member(abroad)
    client = login(user, mandate)
    assert client.get(reverse("ami_seance", args=[held.session.pk])).status_code == 404
    assert client.get(reverse("ami_seance_pv", args=[held.session.pk])).status_code == 404
    assert client.get(reverse("ami_seance_ics", args=[held.session.pk])).status_code == 404
