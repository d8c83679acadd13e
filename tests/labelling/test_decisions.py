"""The Region decides: after an avis, within what is asked, 80 % and the envelope, told to nobody before."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from labelling.enums_ami import ApplicationState, Outcome
from labelling.models import AmiAssignment, AmiDecision, AmiOpinionNote, AmiProposal, AmiStep
from labelling.services import decisions
from labelling.services.decision_sheet import sheet_of
from labelling.services.envelope import Ceiling, envelope_of
from labelling.services.moves import state_words
from labelling.services.notes import notes_of
from spo_portal.kernel.errors import Conflict, Refused
from tests.conftest import LoginAs
from tests.factories import World, make_user, system
from tests.labelling.ami_decisions import REASONS, advised, decided, reload
from tests.labelling.ami_instruction import Account, admitted, confide, make_officer, note
from tests.labelling.ami_sessions import instructed
from tests.labelling.ami_world import (
    acting,
    close_call,
    make_call,
    make_member,
    make_porteur,
    ready_application,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(world: World) -> Account:
    return make_officer(world.region)


def in_days(days: int) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=days)


def test_no_decision_without_an_avis(world: World, region: Account) -> None:
    file = ready_application(make_call(world.region), world.lille)
    instructed(file, 4)
    with acting(*region) as by, pytest.raises(Refused, match="sans avis"):
        decisions.decide(
            by=by, application=reload(file), outcome="retenue", amount=5_000_000, reasons=REASONS
        )


def test_the_database_refuses_a_decision_without_the_state_of_an_avis(world: World, region: Account) -> None:
    file = advised(make_call(world.region), world.lille)
    made = decided(file, region)
    with acting(*region), pytest.raises(IntegrityError), transaction.atomic():
        AmiDecision.objects.create(
            application=file, call=file.call, avis=made.avis, outcome="non_retenue", reasons=REASONS,
            decided_by_label="Région", superseded_at=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "Indiquez le montant"),
        (6_040_001, "dépasse ce que le porteur demande"),
        (6_080_001, "80 % des charges"),
    ],
)
def test_an_amount_over_a_limit_is_refused_with_by_how_much(
    world: World, region: Account, amount: int, said: str
) -> None:
    file = advised(make_call(world.region), world.lille)
    with acting(*region) as by, pytest.raises(Refused, match=said) as refused:
        decisions.decide(by=by, application=file, outcome="retenue", amount=amount, reasons=REASONS)
    assert refused.value.field == "montant"
    assert reload(file).state == ApplicationState.AVIS_RENDU


def test_an_amount_over_what_the_envelope_has_left_is_refused(world: World, region: Account) -> None:
    call = make_call(world.region, envelope=10_000_000)
    first, second = advised(call, world.lille), advised(call, world.douai)
    decided(first, region, amount=6_000_000)
    with acting(*region) as by:
        assert envelope_of(by, call).left == 4_000_000
        with pytest.raises(Refused, match="reste sur l’enveloppe"):
            decisions.decide(by=by, application=second, outcome="retenue", amount=4_000_001, reasons=REASONS)
        decisions.decide(by=by, application=second, outcome="retenue", amount=4_000_000, reasons=REASONS)
        assert envelope_of(by, call).left == 0


def test_the_three_limits_say_the_smallest() -> None:
    assert Ceiling(600, 500, 400).most == 400
    assert Ceiling(600, 500, -10).most == 0
    assert Ceiling(600, 500, 400).problems(400) == []
    assert len(Ceiling(600, 500, 400).problems(601)) == 3


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_is_kept_and_waits(world: World, region: Account, outcome: Outcome) -> None:
    file = advised(make_call(world.region), world.lille)
    more = {"parts": ["fonctionnement", "services"], "deadline": in_days(20)}
    made = decided(file, region, outcome, **(more if outcome == Outcome.A_COMPLETER else {}))
    assert reload(file).state == ApplicationState.DECIDEE
    assert made.published_at is None
    assert made.parts == (["services", "fonctionnement"] if outcome == Outcome.A_COMPLETER else [])
    assert made.amount == (5_800_000 if outcome == Outcome.RETENUE else 0)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"parts": [], "deadline": in_days(9)}, "parties"),
        ({"parts": ["ailleurs"], "deadline": in_days(9)}, "parties"),
        ({"parts": ["services"], "deadline": None}, "echeance"),
        ({"parts": ["services"], "deadline": in_days(-1)}, "echeance"),
        ({"parts": ["services"], "deadline": in_days(400)}, "echeance"),
    ],
)
def test_a_completer_names_its_parts_and_a_day_to_come(
    world: World, region: Account, more: dict[str, object], field: str
) -> None:
    file = advised(make_call(world.region), world.lille)
    with pytest.raises(Refused) as refused:
        decided(file, region, Outcome.A_COMPLETER, **more)
    assert refused.value.field == field


def test_reasons_are_needed(world: World, region: Account) -> None:
    file = advised(make_call(world.region), world.lille)
    with acting(*region) as by, pytest.raises(Refused, match="motifs"):
        decisions.decide(by=by, application=file, outcome="non_retenue", reasons="Non.")


def test_a_second_officer_is_told_that_the_file_is_decided(world: World, region: Account) -> None:
    file = advised(make_call(world.region), world.lille)
    decided(file, region)
    with pytest.raises(Conflict):
        decided(file, make_officer(world.region))


def test_a_decision_is_taken_back_before_its_publication_and_gives_its_amount_back(
    world: World, region: Account
) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    decided(file, region)
    with acting(*region) as by:
        with pytest.raises(Refused):
            decisions.withdraw_decision(by=by, application=file, reason="")
        decisions.withdraw_decision(by=by, application=file, reason="Le montant était faux.")
        assert envelope_of(by, call).committed == 0
        assert decisions.decision_of(by, file) is None
    assert reload(file).state == ApplicationState.AVIS_RENDU
    again = decided(file, region, amount=5_000_000)
    assert again.amount == 5_000_000
    with system():
        assert AmiDecision.objects.for_system().filter(application=file).count() == 2
        assert not AmiStep.objects.for_system().filter(
            application=file, key__in=["decider", "retirer_decision"], told_at__isnull=False
        )


def test_a_recused_officer_neither_decides_nor_agrees_nor_reads_the_notes(
    world: World, region: Account
) -> None:
    file = advised(make_call(world.region), world.lille)
    with system():
        AmiAssignment.objects.create(
            region=world.region, application=file, scorer=region[0], scorer_label="Région", state="recusee",
            reason="Ancien salarié du porteur.", assigned_by_label="Région", settled_at=timezone.now(),
        )  # fmt: skip
    with acting(*region) as by:
        assert notes_of(by, [file])[file.pk].state == "recuse"
        for act in (
            lambda: decisions.decide(by=by, application=file, outcome="non_retenue", reasons=REASONS),
            lambda: decisions.note_opinion(by=by, application=file, agrees=True),
            lambda: decisions.set_proposal(by=by, application=file, amount=0),
        ):
            with pytest.raises(PermissionDenied):
                act()


def test_a_reader_who_owes_a_note_reads_neither_mean_nor_spread(
    world: World, region: Account, login: LoginAs
) -> None:
    file = admitted(make_call(world.region), world.lille, region)
    other = make_officer(world.region)
    confide(file, region, region, other)
    note(file, other, 5, 1, 3, 2)
    with acting(*region) as by:
        found = sheet_of(by=by, application=reload(file)).notes
        assert (found.state, found.mean, found.spread, found.given) == ("votre_note", None, None, 0)
        assert all(line.mean is None for line in found.grid)
    page = login(*region).get(f"/ami/dossiers/{file.pk}/decision/").content.decode()
    assert "Votre note d’abord" in page
    assert "Moyenne de" not in page


def test_the_sheet_says_the_means_of_the_grid_once_the_instruction_is_closed(
    world: World, region: Account
) -> None:
    file = advised(make_call(world.region), world.lille, 4, 5, 3)
    with acting(*region) as by:
        sheet = sheet_of(by=by, application=file)
    assert (sheet.notes.mean, sheet.notes.low, sheet.notes.high, sheet.notes.spread) == (400, 300, 500, 200)
    assert [line.mean for line in sheet.notes.grid] == [400] * 4
    assert sheet.avis is not None
    assert sheet.avis.words == "Favorable"
    assert sheet.avis.vote == "3 pour, 0 contre, 0 abstention".replace(" abs", "\u00a0abs")
    assert sheet.confirmed == 1
    assert sheet.coverage.covered == 0
    assert sheet.effect == "Ce choix ouvre un lieu à Lille. Il restera 1\u00a0bassin sans lieu."


def test_officers_propose_agree_and_disagree_among_themselves(world: World, region: Account) -> None:
    file = advised(make_call(world.region), world.lille)
    other = make_officer(world.region)
    with acting(*region) as by:
        first = decisions.set_proposal(
            by=by, application=file, amount=5_500_000, note="Communication en moins"
        )
        decisions.note_opinion(by=by, application=file, agrees=True)
    with acting(*other) as by:
        with pytest.raises(Refused, match="pas d’accord"):
            decisions.note_opinion(by=by, application=file, agrees=False)
        decisions.note_opinion(by=by, application=file, agrees=False, text="Le loyer est trop cher.")
        with pytest.raises(Conflict):
            decisions.set_proposal(by=by, application=file, amount=1, seen=0)
        with pytest.raises(Refused, match=r"80 %|demande"):
            decisions.set_proposal(by=by, application=file, amount=9_000_000, seen=first.version)
        changed = decisions.set_proposal(by=by, application=file, amount=5_400_000, seen=first.version)
        assert changed.version == 2
        sheet = sheet_of(by=by, application=file)
    assert (sheet.agreeing, sheet.disagreeing, sheet.amount) == (1, 1, 5_400_000)


@pytest.mark.parametrize("who", ["porteur", "membre", "animation"])
def test_proposals_and_agreements_are_the_regions_alone(world: World, region: Account, who: str) -> None:
    porteur = make_porteur(world.region)
    call = make_call(world.region)
    file = advised(call, world.lille, porteur=porteur)
    with acting(*region) as by:
        decisions.set_proposal(by=by, application=file, amount=5_500_000)
        decisions.note_opinion(by=by, application=file, agrees=True)
    reader = {
        "porteur": (porteur.user, porteur.membership),
        "membre": make_member(file.commission),
        "animation": (world.users["animation"], world.memberships["animation"]),
    }[who]
    with acting(*reader) as by:
        for model in (AmiProposal, AmiOpinionNote, AmiDecision):
            assert not model.objects.visible_to(by).exists()
            # Row security alone says the same.
            assert not model.objects.all().exists()


def test_an_opinion_is_its_authors_and_closes_with_the_publication(world: World, region: Account) -> None:
    file = advised(make_call(world.region), world.lille)
    with acting(*region) as by:
        said = decisions.note_opinion(by=by, application=file, agrees=True)
    with acting(*make_officer(world.region)) as by:
        assert AmiOpinionNote.objects.visible_to(by).filter(pk=said.pk).update(agrees=False, text="Non") == 0


def test_the_porteur_is_told_nothing_of_a_decision(world: World, region: Account) -> None:
    porteur = make_porteur(world.region)
    file = advised(make_call(world.region), world.lille, porteur=porteur)
    before = reload(file).changed_at
    decided(file, region)
    with porteur.acting() as by:
        read = reload(file)
        assert state_words(by, read) == "En instruction"
        assert read.changed_at == before
        assert not AmiDecision.objects.visible_to(by).exists()


def test_the_page_asks_to_confirm_then_keeps(world: World, region: Account, login: LoginAs) -> None:
    file = advised(make_call(world.region), world.lille)
    client, url = login(*region), f"/ami/dossiers/{file.pk}/decision/"
    assert client.get(url).status_code == 200
    typed = {"sens": "retenue", "montant": "58 000,50", "motifs": REASONS}
    page = client.post(url, typed)
    assert page.status_code == 200
    assert "Enregistrer cette décision ?" in page.content.decode()
    assert reload(file).state == ApplicationState.AVIS_RENDU
    assert client.post(url, typed | {"confirme": "1"}).status_code == 302
    with system():
        assert AmiDecision.objects.for_system().get(application=file).amount == 5_800_050
    assert client.post(url, typed | {"confirme": "1"}).status_code == 409


@pytest.mark.parametrize("typed", ["1e30", "-5", "NaN", "١٢", "70000", "", "58 000 €€", "9" * 80])
def test_a_wrong_amount_is_refused_on_the_page(
    world: World, region: Account, login: LoginAs, typed: str
) -> None:
    file = advised(make_call(world.region), world.lille)
    client, url = login(*region), f"/ami/dossiers/{file.pk}/decision/"
    page = client.post(url, {"sens": "retenue", "montant": typed, "motifs": REASONS, "confirme": "1"})
    assert page.status_code == 422
    assert REASONS in page.content.decode()
    live = client.get(f"{url}limites/", {"montant": typed})
    assert live.status_code == 200
    assert typed == "" or "msg-error" in live.content.decode()


def test_the_decision_is_withdrawn_on_its_page(world: World, region: Account, login: LoginAs) -> None:
    file = advised(make_call(world.region), world.lille)
    decided(file, region)
    client, url = login(*region), f"/ami/dossiers/{file.pk}/decision/retirer/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"commentaire": ""}).status_code == 422
    assert client.post(url, {"commentaire": "Montant à revoir."}).status_code == 302
    assert client.post(url, {"commentaire": "Montant à revoir."}).status_code == 409


def test_a_completion_being_waited_for_stops_the_decision(world: World, region: Account) -> None:
    from labelling.models import AmiComplement

    file = advised(make_call(world.region), world.lille)
    with system():
        AmiComplement.objects.create(
            application=file,
            parts=["services"],
            text="Précisez.",
            asked_by_label="Région",
            deadline=in_days(3),
        )
    with pytest.raises(Refused, match="complément"):
        decided(file, region)


def test_a_decision_of_another_region_is_out_of_reach(world: World, login: LoginAs) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    close_call(call)
    abroad = make_officer(world.other_region)
    client = login(*abroad)
    for url in (
        f"/ami/dossiers/{file.pk}/decision/",
        f"/ami/dossiers/{file.pk}/decision/retirer/",
        f"/ami/dossiers/{file.pk}/decision/lettre.pdf",
        f"/ami/appels/{call.pk}/simulateur/",
        f"/ami/appels/{call.pk}/publication/",
    ):
        assert client.get(url).status_code == 404 or "decision" not in url
    assert make_user("x").pk
