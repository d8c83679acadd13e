"""The préfecture's work on a dossier, by its screens: received, completed, transmitted, avis, its mails."""

import datetime

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labelling.enums_label import DossierState
from labelling.models import LabelComplement, LabelDossier
from labelling.services import todo
from labelling.services.label import calendar, complements
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Refused
from tests.conftest import LoginAs
from tests.factories import World, acting_as_role, system
from tests.labelling import label_world
from tests.labelling.label_acts import age, declared_complete, prefect, transmitted

pytestmark = pytest.mark.django_db
S = DossierState


@pytest.fixture
def dossier(world: World) -> LabelDossier:
    return label_world.submitted(world.lille)


@pytest.fixture
def state(world: World, login: LoginAs) -> Client:
    return login(world.users["prefecture"])


def words(page: str) -> str:
    """The page with plain spaces."""
    return page.replace("\u00a0", " ").replace("\u202f", " ")


def fresh(dossier: LabelDossier) -> LabelDossier:
    with system():
        dossier.refresh_from_db()
    return dossier


def drained() -> list[str]:
    mail.outbox.clear()
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass
    return sorted(f"{one.to[0]} {one.subject}" for one in mail.outbox)


def test_the_prefecture_lands_on_what_waits_for_it(dossier: LabelDossier, state: Client) -> None:
    response = state.get("/")
    assert response.url == reverse("label_accueil")  # type: ignore[attr-defined]
    page = state.get(response.url).content.decode()  # type: ignore[attr-defined]
    assert "Dire si le dossier est complet" in page
    assert dossier.number in page


def test_a_dossier_goes_from_its_receipt_to_the_avis(
    world: World, login: LoginAs, dossier: LabelDossier, state: Client
) -> None:
    url = reverse("label_procedure", args=[dossier.pk])
    assert "Déclarer le dossier complet" in state.get(url).content.decode()
    assert state.post(reverse("label_complet", args=[dossier.pk])).status_code == 302
    assert fresh(dossier).state == S.COMPLET
    page = state.get(url).content.decode()
    assert "Transmettre pour avis" in page
    assert "il reste 8 jours" in words(page)
    state.post(reverse("label_transmettre", args=[dossier.pk]))
    assert fresh(dossier).state == S.TRANSMIS
    animation = login(world.users["animation"])
    answer = animation.post(
        reverse("label_avis", args=[dossier.pk]),
        {
            "sens": "reserves",
            "rendu_le": timezone.localdate().isoformat(),
            "texte": "Renforcer les horaires.",
        },
    )
    assert answer.status_code == 302
    assert fresh(dossier).state == S.AVIS_RENDU
    page = state.get(url).content.decode()
    assert "Préparer la décision" in page
    assert "Renforcer les horaires." in page


def test_each_step_is_told_to_those_who_must_know(world: World, dossier: LabelDossier, state: Client) -> None:
    officer, coordinator = world.users["prefecture"].email, world.users["coordinateur"].email
    animation = world.users["animation"].email
    assert drained() == sorted([
        f"{coordinator} Dossier de label déposé : Lille", f"{officer} Dossier de label à recevoir : Lille"
    ])  # fmt: skip
    state.post(reverse("label_complet", args=[dossier.pk]))
    assert drained() == [f"{coordinator} Dossier de label complet : Lille"]
    state.post(reverse("label_transmettre", args=[dossier.pk]))
    assert drained() == sorted([
        f"{animation} Avis à rendre sur un label : Lille",
        f"{coordinator} Dossier de label transmis pour avis : Lille",
    ])  # fmt: skip
    assert "Délai légal : jusqu’au" in str(mail.outbox[0].body)


def test_a_complement_stops_the_clock_and_opens_its_parts(
    world: World, login: LoginAs, dossier: LabelDossier, state: Client
) -> None:
    declared_complete(world, dossier)
    url = reverse("label_complement", args=[dossier.pk])
    wrong = state.post(url, {"parties": [], "texte": "", "jour": ""})
    assert wrong.status_code == 422
    day = timezone.localdate() + datetime.timedelta(10)
    asked = {"parties": ["pieces", "plan"], "texte": "Joignez la carte des lieux.", "jour": day.isoformat()}
    assert state.post(url, asked).status_code == 302
    with system():
        row = LabelComplement.objects.get(dossier=dossier)
        assert row.parts == ["plan", "pieces"]
    page = state.get(reverse("label_procedure", args=[dossier.pk])).content.decode()
    assert "Délai suspendu" in page
    assert "Transmettre pour avis</button>" not in page
    twice = state.post(url, asked)
    assert (twice.status_code, "déjà demandé" in twice.content.decode()) == (409, True)
    state.post(reverse("label_transmettre", args=[dossier.pk]))
    assert fresh(dossier).state == S.COMPLET
    with label_world.coordinator(world.lille) as by:
        complements.answer_complement(by=by, dossier=dossier, answer="La carte est jointe.")
    state.post(reverse("label_transmettre", args=[dossier.pk]))
    assert fresh(dossier).state == S.TRANSMIS


def test_the_days_of_a_complement_are_added(world: World, dossier: LabelDossier) -> None:
    declared_complete(world, dossier)
    with prefect(world) as by:
        row = complements.ask(by=by, dossier=dossier, parts=["pieces"], text="Joignez la carte.",
                              day=timezone.localdate() + datetime.timedelta(9))  # fmt: skip
    age(dossier, complete=9, complements=6)
    with prefect(world) as by:
        step = calendar.due_of_move(calendar.calendar_of(by, fresh(dossier)), "transmettre")
        assert step is not None
        assert (step.frozen, step.late, step.left) == (True, False, 5)
        complements.close(by=by, dossier=dossier, request=row)
        step = calendar.due_of_move(calendar.calendar_of(by, fresh(dossier)), "transmettre")
    assert step is not None
    assert (step.suspended, step.left, step.frozen) == (6, 5, False)


def test_an_avis_is_not_missing_before_its_thirty_days(
    world: World, dossier: LabelDossier, state: Client
) -> None:
    transmitted(world, dossier)
    url = reverse("label_avis", args=[dossier.pk])
    form = {"sens": "non_rendu", "rendu_le": timezone.localdate().isoformat(), "texte": ""}
    age(dossier, transmitted=30)
    early = state.post(url, form)
    assert (early.status_code, "peut encore répondre" in early.content.decode()) == (422, True)
    age(dossier, transmitted=1)
    assert state.post(url, form).status_code == 302
    assert fresh(dossier).state == S.AVIS_RENDU


@pytest.mark.parametrize(
    ("sense", "days", "text", "field"),
    [("defavorable", 0, "", "texte"), ("favorable", 1, "", "rendu_le"), ("favorable", -9, "", "rendu_le")],
)
def test_an_avis_has_its_text_and_its_day(
    world: World, dossier: LabelDossier, sense: str, days: int, text: str, field: str
) -> None:
    from labelling.services.label.avis import record_avis

    transmitted(world, dossier)
    day = timezone.localdate() + datetime.timedelta(days)
    with prefect(world) as by, pytest.raises(Refused) as refusal:
        record_avis(by=by, dossier=dossier, sense=sense, given_on=day, text=text)
    assert refusal.value.field == field


def test_what_is_late_is_marked_for_the_prefecture_and_the_animation(
    world: World, login: LoginAs, dossier: LabelDossier, state: Client
) -> None:
    transmitted(world, dossier)
    age(dossier, transmitted=33)
    page = login(world.users["animation"]).get(reverse("label_calendrier")).content.decode()
    assert "En retard" in page
    assert "3 jours" in words(page)
    with label_world.acting(world.users["animation"], world.memberships["animation"]) as by:
        assert [item.what for item in todo.todo(by=by) if item.group == "Labels"] == ["Rendre l’avis"]
    calendar_file = state.get(reverse("label_calendrier_ics"))
    assert b"BEGIN:VEVENT" in calendar_file.content


def test_the_territory_reads_the_procedure_and_does_nothing_there(
    world: World, login: LoginAs, dossier: LabelDossier
) -> None:
    coordinator = login(world.users["coordinateur"])
    page = coordinator.get(reverse("label_procedure", args=[dossier.pk]))
    assert page.status_code == 200
    assert '<form method="post" action="/label/' not in page.content.decode()
    assert coordinator.post(reverse("label_complet", args=[dossier.pk])).status_code == 403
    assert login(world.users["coordinateur_douai"]).get(
        reverse("label_procedure", args=[dossier.pk])
    ).status_code == 404  # fmt: skip
