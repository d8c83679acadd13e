"""A whole call on nineteen bassins: 30 files, 10 commissions, 90 notes, one envelope, coverage 19 / 19.

Played through the services by the accounts who act in life, and through the screens where a porteur submits,
reads and learns. The invariants of the procedure are asked at the end, on every file (AMI; domain § 7).
"""

from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from labelling.documents.letters import letter_pdf
from labelling.documents.minutes import minutes_pdf
from labelling.enums_ami import (
    ApplicationState,
    CallState,
    CoverLevel,
    Opinion,
    Outcome,
    Presence,
    SessionState,
)
from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiCall,
    AmiCoverage,
    AmiCriterion,
    AmiDecision,
    AmiGridCriterion,
    AmiScoreSheet,
    AmiSession,
    AmiStep,
    Avis,
)
from labelling.services import (
    closing,
    convening,
    decisions,
    eligibility,
    minutes,
    presence,
    publication,
    scorers,
    scoring,
    sessions,
    votes,
)
from labelling.services.letters import letter_facts
from labelling.workflows import ami as flow
from spo_portal.kernel.errors import Refused
from territories.enums import Role
from territories.models import Membership, Organisation, Region, Site, Territory, User
from tests.conftest import LoginAs
from tests.factories import make_membership, make_region, make_territory, make_user, system
from tests.labelling.ami_sessions import soon
from tests.labelling.ami_world import (
    Porteur,
    acting,
    close_call,
    fill,
    make_call,
    make_commission,
    make_member,
    make_porteur,
    ready_application,
)

BASSINS = (
    "Angoulême", "Bressuire", "Châtellerault", "Cognac", "Confolens", "Jonzac", "La Rochelle", "Loudun",
    "Marennes-Oléron", "Melle", "Montmorillon", "Niort", "Parthenay", "Poitiers", "Rochefort", "Royan",
    "Saint-Jean-d’Angély", "Saintes", "Thouars",
)  # fmt: skip
FILES, COMMISSIONS, NOTES = 30, 10, 90
ASKED, CHARGES = 6_000_000, 7_600_000
# Nineteen projects at what they ask, and not one euro more.
ENVELOPE = len(BASSINS) * ASKED
TEXT = "La commission a entendu le projet et en a débattu bassin par bassin."
REASONS = "Projet complet, partenariat confirmé, horaires accordés aux besoins du bassin."
Account = tuple[User, Membership]


@dataclass
class Play:
    """Who plays, and the files as they go."""

    region: Region
    officer: Account
    call: AmiCall
    bassins: list[Territory]
    scorers: list[Account]
    members: dict[int, list[Account]]
    porteurs: list[Porteur]
    files: list[AmiApplication] = field(default_factory=list)
    owner: dict[int, Porteur] = field(default_factory=dict)

    def state(self, file: AmiApplication) -> str:
        with system():
            return AmiApplication.objects.get(pk=file.pk).state

    def states(self) -> set[str]:
        with system():
            return set(AmiApplication.objects.filter(call=self.call).values_list("state", flat=True))


def account(label: str, role: Role, **scope: object) -> Account:
    with system():
        user = make_user(label)
        return user, make_membership(user, role, **scope)


@pytest.fixture
def play(db: None) -> Play:
    with system():
        region = make_region("A54", regime="spro", name="Région aux dix-neuf bassins")
        bassins = [make_territory(region, name) for name in BASSINS]
        Territory.objects.filter(region=region).update(kind="bassin_emploi")
    # Nine commissions of two bassins and one of one: each covers one to three (AMI §4).
    commissions = [make_commission(region, *bassins[n : n + 2]) for n in range(0, len(bassins), 2)]
    call = make_call(region, envelope=ENVELOPE)
    with system():
        for bassin in bassins:
            bassin.refresh_from_db()
    officer = account("Région, instruction", Role.REGION, region=region)
    scoring_accounts = [account("Chargé de mission", Role.CHARGE_MISSION, territory=b) for b in bassins[:4]]
    members = {one.pk: [make_member(one) for _ in range(4)] for one in commissions}
    porteurs = [make_porteur(region) for _ in range(12)]
    return Play(region, officer, call, bassins, [officer, *scoring_accounts], members, porteurs)


def submit_all(play: Play, login: LoginAs) -> None:
    """Thirty files: one in each bassin, a second one in eleven; the last is sent on the screens."""
    for rank in range(FILES):
        who = play.porteurs[rank % len(play.porteurs)]
        bassin = play.bassins[rank % len(BASSINS)]
        if rank < FILES - 1:
            file = ready_application(play.call, bassin, who, asked=ASKED, charges=CHARGES)
        else:
            file = by_screens(play, login, who, bassin)
        play.files.append(file)
        play.owner[file.pk] = who
    close_call(play.call)


def by_screens(play: Play, login: LoginAs, who: Porteur, bassin: Territory) -> AmiApplication:
    client = login(who.user, who.membership)
    opened = client.post(reverse("ami_nouveau", args=[play.call.pk]), {"bassin": bassin.pk})
    assert opened.status_code in (302, 204), opened.content[:300]
    with system():
        file = AmiApplication.objects.get(call=play.call, territory=bassin, organisation=who.organisation)
    address = reverse("ami_deposer", args=[file.pk])
    incomplete = client.post(address, {"certifie": "oui"})
    assert play.state(file) == ApplicationState.BROUILLON, incomplete.status_code
    fill(file, asked=ASKED, charges=CHARGES)
    client.post(address, {"certifie": "oui"})
    assert play.state(file) == ApplicationState.DEPOSEE
    client.post(address, {"certifie": "oui"})
    with system():
        file = AmiApplication.objects.select_related(
            "call__region", "commission", "territory", "organisation"
        ).get(pk=file.pk)
        # Sent twice: one submission, one number.
        assert AmiStep.objects.filter(application=file, key="deposer").count() == 1
    return file


def admit_all(play: Play) -> None:
    with system():
        criteria = list(AmiCriterion.objects.filter(call=play.call))
    met = {one.pk: eligibility.Finding(True, False, "") for one in criteria}
    for file in play.files:
        with acting(*play.officer) as by:
            eligibility.record_findings(by=by, application=file, findings=met)
            eligibility.admit(by=by, application=file)


def confide_all(play: Play) -> None:
    """Three scorers a file, in turn; one who belongs to a porteur is refused, another takes the file."""
    body = play.owner[play.files[0].pk].organisation
    with system():
        make_membership(play.scorers[1][0], Role.PORTEUR, organisation=body, region=play.region)
    with acting(*play.officer) as by:
        for rank, file in enumerate(play.files):
            given = 0
            for step in range(len(play.scorers)):
                if given == 3:
                    break
                user = play.scorers[(rank + step) % len(play.scorers)][0]
                try:
                    scorers.assign(by=by, application=file, user_id=user.pk)
                except Refused:
                    assert file.organisation_id == body.pk
                    assert user.pk == play.scorers[1][0].pk
                else:
                    given += 1
    with system():
        of_body = AmiApplication.objects.filter(call=play.call, organisation=body)
        refused = AmiAssignment.objects.filter(application__in=of_body, scorer=play.scorers[1][0])
        assert not refused.exists()


def score_all(play: Play) -> None:
    """Ninety notes, blind: nobody reads another's before giving one's own, by row, mean or count."""
    with system():
        grid = list(AmiGridCriterion.objects.filter(call=play.call))
        work = [
            (row.application_id, row.scorer_id)
            for row in AmiAssignment.objects.filter(application__call=play.call).order_by("pk")
        ]
    people = {user.pk: (user, membership) for user, membership in play.scorers}
    files = {file.pk: file for file in play.files}
    for turn, (file_id, user_id) in enumerate(work):
        file = files[file_id]
        notes = {
            line.pk: scoring.Note((turn + rank) % 3 + 3, "Au vu du dossier.")
            for rank, line in enumerate(grid)
        }
        with acting(*people[user_id]) as by:
            assert scoring.other_sheets(by, file) == []
            assert not AmiScoreSheet.objects.visible_to(by).filter(application=file).exists()
            scoring.give(by=by, application=file, notes=notes, comment="Projet solide.")
        if turn % 30 == 0:
            with acting(*play.officer) as by, connection.cursor() as cursor:
                # Row security says the same as the querysets: the Region reads no note before the end.
                cursor.execute(
                    "SELECT count(*) FROM labelling_amiscoresheet WHERE application_id = %s"
                    " AND scorer_id <> %s",
                    [file_id, by.user_id],
                )
                mine = any(s == by.user_id and a == file_id for a, s in work[: turn + 1])
                assert mine or cursor.fetchone()[0] == 0
    with acting(*play.officer) as by:
        closed = closing.close_many(by=by, applications=play.files)
        assert closed.done == FILES, closed.refused


def hold_all(play: Play) -> None:
    """Ten sessions. In the first one a file loses its quorum to recusals: it is heard by a second session."""
    first = True
    for commission_id, people in play.members.items():
        postponed = hold(play, commission_id, people, starve=first)
        if first:
            assert postponed == 1
            assert hold(play, commission_id, people, starve=False) == 0
        first = False


def hold(play: Play, commission_id: int, people: list[Account], *, starve: bool) -> int:
    """One session from its preparation to its approved minutes; how many points were postponed."""
    with acting(*play.officer) as by:
        commission = play.region.commission_set.get(pk=commission_id)
        data = sessions.SessionData(soon(), 120, "Hôtel de Région")
        session = sessions.prepare(by=by, call=play.call, commission=commission, data=data)
        assert session.quorum == 3
        session = convening.convene(by=by, session=session)
        here = {m.pk: Presence.PRESENT for m in session.members.all()}
        presence.set_presence(by=by, session=session, presence=here, seen=None)
        items = list(session.items.select_related("application").order_by("position"))
    if starve:
        for user, membership in people[:2]:
            with acting(user, membership) as member:
                mine = session.members.get(user=user)
                presence.recuse(by=member, item=items[0], member=mine, reason="Administrateur du porteur")
    for rank, item in enumerate(items):
        with acting(*play.officer) as by:
            voters = presence.rooms(by=by, session=session)[item.pk].voters
            vote = votes.Vote(max(voters - 1, 0), 0, 1)
            give = {"by": by, "item": item, "vote": vote, "text": TEXT, "seen": None}
            opinion = (Opinion.FAVORABLE, Opinion.RESERVE, Opinion.DEFAVORABLE)[rank % 3]
            if voters < session.quorum:
                with pytest.raises(Refused, match="quorum"):
                    votes.give_avis(opinion=opinion, **give)  # type: ignore[arg-type]
                with pytest.raises(Refused, match="sans avis"):
                    decide(play, item.application, Outcome.RETENUE, ASKED)
            else:
                votes.give_avis(opinion=opinion, **give)  # type: ignore[arg-type]
    with acting(*play.officer) as by:
        votes.close(by=by, session=session, opening="", seen=None)
    return approve(play, session, people[-1])


def approve(play: Play, session: AmiSession, member: Account) -> int:
    with acting(*member) as by:
        held = AmiSession.objects.visible_to(by).get(pk=session.pk)
        said = minutes.compose(by=by, session=held)
        locked, said = minutes.ready(by=by, session=held, mark=minutes.mark_of(said))
        # One is drawn for good; the others keep a stand-in, drawing is proved elsewhere.
        drawn = b"%PDF-1.7 proces-verbal"
        if held.commission_id == min(play.members):
            drawn = minutes_pdf(minutes.approved_now(said, by=by), region=play.region)
        minutes.approve(by=by, session=locked, pdf=drawn)
    return sum(not point.opinion for point in said.points)


def decide(play: Play, file: AmiApplication, outcome: Outcome, amount: int = 0) -> AmiDecision:
    with acting(*play.officer) as by:
        return decisions.decide(by=by, application=file, outcome=outcome, reasons=REASONS, amount=amount)


def decide_all(play: Play) -> None:
    """One project in each bassin takes the whole envelope; the twentieth is refused, whatever the amount."""
    chosen = play.files[: len(BASSINS)]
    with pytest.raises(Refused, match="ce que le porteur demande"):
        decide(play, chosen[0], Outcome.RETENUE, ASKED + 1)
    for file in chosen:
        decide(play, file, Outcome.RETENUE, ASKED)
    extra = play.files[len(BASSINS)]
    for amount in (ASKED, 1):
        with pytest.raises(Refused, match="enveloppe"):
            decide(play, extra, Outcome.RETENUE, amount)
    for file in play.files[len(BASSINS) :]:
        decide(play, file, Outcome.NON_RETENUE)


def read_as_porteur(play: Play, client: Client, file: AmiApplication) -> str:
    page = client.get(reverse("ami_dossier", args=[file.pk]))
    assert page.status_code == 200
    return page.content.decode()


def publish_all(play: Play, login: LoginAs) -> None:
    """Not a word before; everything at one instant after, for those who were selected and for the others."""
    selected, refused = play.files[0], play.files[-1]
    clients = {
        file.pk: login(play.owner[file.pk].user, play.owner[file.pk].membership)
        for file in (selected, refused)
    }
    for file in (selected, refused):
        said = read_as_porteur(play, clients[file.pk], file)
        for word in (TEXT, REASONS, "Décidée", "Avis rendu", "séance"):
            assert word not in said, word
    with acting(*play.officer) as by:
        waiting = publication.waiting(by, play.call)
        assert len(waiting) == FILES
        day = waiting[0].decided_at.date()
        first = waiting[0]
        facts = letter_facts(
            by=by, application=first.application, kind=first.outcome, day=day, decision=first
        )
        drawn = letter_pdf(facts, region=play.region)
        published = publication.publish(
            by=by,
            call=play.call,
            decisions=[one.pk for one in waiting],
            letters={one.pk: drawn for one in waiting},
        )
        assert (
            len(published.files if hasattr(published.files, "__len__") else range(published.files)) == FILES
        )
    for file, word in ((selected, "Retenue"), (refused, "Non retenue")):
        said = read_as_porteur(play, clients[file.pk], file)
        assert word in said
        assert TEXT in said
        assert REASONS in said


def test_a_whole_call_on_nineteen_bassins(play: Play, login: LoginAs) -> None:
    submit_all(play, login)
    assert play.states() == {ApplicationState.DEPOSEE}
    admit_all(play)
    confide_all(play)
    score_all(play)
    assert play.states() == {ApplicationState.INSTRUITE}
    hold_all(play)
    assert play.states() == {ApplicationState.AVIS_RENDU}
    decide_all(play)
    publish_all(play, login)
    assert play.states() == {ApplicationState.RETENUE, ApplicationState.NON_RETENUE}
    with system():
        _counts(play)
        _money(play)
        _avis(play)
        _traces(play)
        _coverage(play)


def _counts(play: Play) -> None:
    assert AmiApplication.objects.filter(call=play.call).count() == FILES
    numbers = set(AmiApplication.objects.filter(call=play.call).values_list("number", flat=True))
    assert len(numbers) == FILES
    assert len(play.members) == COMMISSIONS
    sheets = AmiScoreSheet.objects.filter(application__call=play.call, given_at__isnull=False)
    assert sheets.count() == NOTES
    assert sheets.filter(released_at=None).count() == 0
    for file in play.files:
        assert sheets.filter(application=file).values("scorer").distinct().count() == 3
    play.call.refresh_from_db()
    assert play.call.state == CallState.PUBLIE
    held = AmiSession.objects.filter(call=play.call)
    assert set(held.values_list("state", flat=True)) == {SessionState.APPROUVEE}
    assert held.count() == COMMISSIONS + 1


def _money(play: Play) -> None:
    """Within the envelope; each amount within what is asked and 80 % of the charges (AMI §5)."""
    kept = AmiDecision.objects.filter(
        call=play.call, superseded_at=None, outcome=Outcome.RETENUE
    ).select_related("application")
    assert sum(one.amount for one in kept) == ENVELOPE
    for one in kept:
        assert one.amount <= one.application.region_asked
        assert 5 * one.amount <= 4 * one.application.charges


def _avis(play: Play) -> None:
    """No decision without an avis; no avis without quorum, nor whose votes are not those of the voters."""
    given = Avis.objects.filter(application__call=play.call).select_related("item__session")
    assert given.count() == FILES
    for avis in given:
        item = avis.item
        voters = avis.present - avis.recused
        assert voters >= item.session.quorum
        assert item.votes_for + item.votes_against + item.abstentions == voters
        assert avis.published_at is not None
    decided = AmiDecision.objects.filter(call=play.call, superseded_at=None)
    assert decided.filter(avis=None).count() == 0
    assert {d.avis_id for d in decided} == {a.pk for a in given}
    instants = set(decided.values_list("published_at", flat=True))
    assert len(instants | set(given.values_list("published_at", flat=True))) == 1


def _traces(play: Play) -> None:
    """Every change of state left its step, in an order the table of moves allows."""
    for file in play.files:
        steps = list(AmiStep.objects.filter(application=file).order_by("at", "pk"))
        moved = [(step.from_state, step.to_state) for step in steps if step.from_state != step.to_state]
        moved = [pair for pair in moved if pair[0]]
        assert set(moved) <= flow.pairs()
        assert [target for _, target in moved] == [
            "deposee",
            "recevable",
            "instruite",
            "avis_rendu",
            "decidee",
            "retenue" if file in play.files[: len(BASSINS)] else "non_retenue",
        ]
        assert all(step.by_label for step in steps)


def _coverage(play: Play) -> None:
    rows = AmiCoverage.objects.filter(call=play.call)
    assert rows.filter(level__gte=CoverLevel.RETENU).count() == len(BASSINS)
    assert not Site.objects.filter(region=play.region).exists()
    assert Organisation.objects.filter(region=play.region).count() >= len(play.porteurs)
