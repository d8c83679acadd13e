"""Withdrawal of one label: three steps of thirty days, each by who the law names; nothing is automatic."""

import datetime
from contextlib import suppress

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labelling.enums_label import WithdrawalState
from labelling.models import Labellisation, LabelWithdrawal, LabelWithdrawalStep
from labelling.services import todo
from labelling.services.label import withdrawal
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from tests.conftest import LoginAs
from tests.factories import World, acting_as_role, system
from tests.labelling.label_acts import age_withdrawal, labelled, prefect, started
from tests.labelling.label_world import acting

pytestmark = pytest.mark.django_db
W = WithdrawalState


@pytest.fixture
def row(world: World) -> LabelWithdrawal:
    return started(world, world.cio)


@pytest.fixture
def state(world: World, login: LoginAs) -> Client:
    return login(world.users["prefecture"])


def fresh(row: LabelWithdrawal) -> LabelWithdrawal:
    with system():
        row.refresh_from_db()
    return row


def post(client: Client, row: LabelWithdrawal, act: str, **fields: str) -> tuple[int, str]:
    answer = client.post(reverse("label_retrait", args=[row.pk]), {"acte": act, **fields}, follow=True)
    return answer.status_code, answer.content.decode()


def drained() -> list[str]:
    mail.outbox.clear()
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass
    return sorted(f"{one.to[0]} {one.subject}" for one in mail.outbox)


def test_a_withdrawal_from_its_motive_to_the_end_of_the_label(
    world: World, login: LoginAs, state: Client
) -> None:
    labelled(world, world.cio)
    assert "Engager" in state.get(reverse("label_retraits")).content.decode()
    url = reverse("label_retrait_nouveau", args=[world.cio.pk])
    assert state.post(url, {"motif": ""}).status_code == 422
    assert state.post(url, {"motif": "Aucun accueil sans rendez-vous."}).status_code == 302
    with system():
        row = LabelWithdrawal.objects.get()
    assert drained() == sorted([
        f"{world.users['coordinateur'].email} Retrait de label engagé : CIO de Lille",
        f"{world.users['referent'].email} Retrait de label engagé : CIO de Lille",
    ])  # fmt: skip
    status, _ = post(login(world.users["referent"]), row, "observer", observations="Travaux jusqu’en mars.")
    assert (status, fresh(row).observed_at is not None) == (200, True)
    status, _ = post(state, row, "demander_avis")
    assert fresh(row).state == W.AVIS
    post(login(world.users["animation"]), row, "rendre_avis", sens="favorable", texte="")
    assert fresh(row).state == W.NOTIFICATION
    today = timezone.localdate()
    status, page = post(
        state, row, "decider", sens="retirer", numero="", dernier_jour=today.isoformat(), motifs="Motif tenu."
    )
    assert (status, "numéro de l’acte" in page) == (422, True)
    post(state, row, "decider", sens="retirer", numero="R-7", dernier_jour=today.isoformat(), motifs="Motif.")
    assert fresh(row).state == W.RETIRE
    with system():
        label = Labellisation.objects.get(site=world.cio)
        keys = list(LabelWithdrawalStep.objects.order_by("pk").values_list("key", flat=True))
    assert label.ends_on == row.ends_on == today
    assert keys == ["engager", "observer", "demander_avis", "rendre_avis", "retirer"]


def test_the_place_has_thirty_days_to_answer(world: World, row: LabelWithdrawal) -> None:
    with prefect(world) as by, pytest.raises(Refused):
        withdrawal.ask_avis(by=by, row=row)
    age_withdrawal(row, started=30)
    with prefect(world) as by, pytest.raises(Refused):
        withdrawal.ask_avis(by=by, row=fresh(row))
    age_withdrawal(row, started=1)
    with prefect(world) as by:
        assert withdrawal.ask_avis(by=by, row=fresh(row)).state == W.AVIS


def test_the_instance_has_thirty_days_to_advise(world: World, row: LabelWithdrawal) -> None:
    age_withdrawal(row, started=31)
    with prefect(world) as by:
        asked = withdrawal.ask_avis(by=by, row=fresh(row))
        with pytest.raises(Refused):
            withdrawal.record_avis(by=by, row=asked, sense="non_rendu")
    age_withdrawal(row, asked=31)
    with prefect(world) as by:
        assert withdrawal.record_avis(by=by, row=fresh(row), sense="non_rendu").state == W.NOTIFICATION


def test_a_label_ends_on_its_notification_or_after_and_not_past_its_own_end(
    world: World, row: LabelWithdrawal
) -> None:
    age_withdrawal(row, started=31)
    today = timezone.localdate()
    with prefect(world) as by:
        asked = withdrawal.ask_avis(by=by, row=fresh(row))
        given = withdrawal.record_avis(by=by, row=asked, sense="reserves", text="À revoir.")
        for day in (today - datetime.timedelta(1), today.replace(year=today.year + 6), None):
            with pytest.raises(Refused) as refusal:
                withdrawal.settle(by=by, row=given, key="retirer", reasons="Motif.", number="A", ends_on=day)
            assert refusal.value.field == "dernier_jour"
        kept = withdrawal.settle(by=by, row=given, key="maintenir", reasons="Horaires rétablis.")
    assert (kept.state, kept.ends_on) == (W.MAINTENU, None)
    with system():
        assert Labellisation.objects.get(site=world.cio).ends_on > today  # type: ignore[operator]


def test_one_withdrawal_at_a_time_and_only_of_a_label(world: World, row: LabelWithdrawal) -> None:
    with prefect(world) as by:
        with pytest.raises(Refused, match="déjà engagé"):
            withdrawal.start(by=by, site=world.cio, motive="Encore une fois.")
        with pytest.raises(Refused, match="rien à retirer"):
            withdrawal.start(by=by, site=world.mission, motive="Pas de label ici.")


def test_two_officers_on_one_step_the_second_is_told(world: World, row: LabelWithdrawal) -> None:
    age_withdrawal(row, started=31)
    with prefect(world) as by:
        withdrawal.ask_avis(by=by, row=fresh(row))
        with pytest.raises(Conflict, match="déjà à l’étape"):
            withdrawal.settle(by=by, row=row, key="renoncer", reasons="Abandon.")


def test_who_reads_and_who_acts(world: World, login: LoginAs, row: LabelWithdrawal) -> None:
    url = reverse("label_retrait", args=[row.pk])
    expected = {
        "referent": 200, "coordinateur": 200, "charge_mission": 200, "animation": 200, "region": 200,
        "prefecture": 200, "conseiller": 403, "referent_mission": 404, "coordinateur_douai": 404,
        "animation_niort": 404,
    }  # fmt: skip
    assert {key: login(world.users[key]).get(url).status_code for key in expected} == expected
    for key in ("charge_mission", "region", "animation"):
        _, page = post(login(world.users[key]), row, "observer", observations="Je m’en mêle.")
        assert "n’est plus possible" in page
    assert fresh(row).observed_at is None


@pytest.mark.parametrize("key", ["referent", "coordinateur", "animation", "region", "charge_mission"])
@pytest.mark.parametrize(
    "change",
    ["state = 'maintenu', reasons = 'x'", "state = 'avis'", "number = 'X'", "ends_on = '2030-01-01'",
     "motive = 'Autre'"],
)  # fmt: skip
def test_round_the_services_only_the_state_moves_it(
    world: World, row: LabelWithdrawal, key: str, change: str
) -> None:
    age_withdrawal(row, started=31)
    world.actor(key)
    touched = 0
    with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE labelling_labelwithdrawal SET {change} WHERE id = %s", [row.pk])
        touched = cursor.rowcount
    assert not touched


def test_what_waits_is_told_to_each(world: World, row: LabelWithdrawal) -> None:
    with acting(world.users["referent"], world.memberships["referent"]) as by:
        assert [item.what for item in todo.todo(by=by) if item.group == "Retraits de label"] == [
            "Présenter des observations sur le retrait du label"
        ]
    age_withdrawal(row, started=31)
    with prefect(world) as by:
        assert [item.what for item in todo.todo(by=by) if item.group == "Retraits de label"] == [
            "Demander l’avis sur un retrait"
        ]


def test_the_page_marks_what_is_late(world: World, row: LabelWithdrawal, state: Client) -> None:
    age_withdrawal(row, started=31)
    with prefect(world) as by:
        withdrawal.ask_avis(by=by, row=fresh(row))
    age_withdrawal(row, asked=40)
    page = state.get(reverse("label_retrait", args=[row.pk])).content.decode()
    assert "En retard" in page
    assert "Délai passé" in state.get(reverse("label_retraits")).content.decode()
