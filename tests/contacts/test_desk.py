"""The desk's first page: what is waiting, from real rows only, in a constant number of queries."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import FicheDestination
from contacts.services.desk import opening_sentence
from territories import hours
from territories.models import Closure, Site
from tests.conftest import LoginAs
from tests.factories import World, make_fiche, system

pytestmark = pytest.mark.django_db


def _sent(world: World, origin, receiver, at, **fields):  # type: ignore[no-untyped-def]
    fiche = make_fiche(origin, world.lists, reoriented=True, **fields)
    FicheDestination.objects.create(
        fiche=fiche, region_id=origin.region_id, origin=origin, site=receiver, position=1, rdv_at=at
    )
    return fiche


def _page(client: Client) -> str:
    answer = client.get(reverse("comptoir"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_desk_says_what_to_do(world: World, login: LoginAs) -> None:
    html = _page(login(world.users["conseiller"]))
    assert "Aucune fiche encore" in html
    assert "Rien n’attend" in html
    assert "CIO de Lille" in html


def test_the_desk_shows_its_last_five_fiches_and_counts(world: World, login: LoginAs) -> None:
    with system():
        for n in range(7):
            make_fiche(world.cio, world.lists, reference=f"LIL-CIO-26-{n:06d}", reoriented=n % 2 == 0)
        make_fiche(world.mission, world.lists, reference="LIL-ML-26-000001")
    html = _page(login(world.users["conseiller"]))
    assert html.count("LIL-CIO-26-") == 5
    assert "LIL-ML-26" not in html
    assert "7 aujourd’hui, dont 4" in html


def test_appointments_received_today_are_shown_with_their_origin_only(world: World, login: LoginAs) -> None:
    noon = timezone.localtime().replace(hour=12, minute=0)
    with system():
        _sent(world, world.mission, world.cio, noon, reference="SECRET-1")
        _sent(world, world.mission, world.cio, noon - datetime.timedelta(days=1), reference="SECRET-2")
    html = _page(login(world.users["conseiller"]))
    assert "1\u202frendez-vous" in html or "1 rendez-vous" in html or "1\xa0rendez-vous" in html
    assert "Mission locale de Lille" in html
    assert "SECRET" not in html


def test_a_past_appointment_without_news_waits_until_someone_answers(world: World, login: LoginAs) -> None:
    before = timezone.now() - datetime.timedelta(days=2)
    with system():
        fiche = _sent(world, world.cio, world.mission, before)
    client = login(world.users["conseiller"])
    assert "sans nouvelle" in _page(client)
    with system():
        fiche.suite, fiche.suite_at, fiche.suite_source = "recue", timezone.now(), "personne"
        fiche.save()
    assert "sans nouvelle" not in _page(client).replace("réorientation sans nouvelle", "")


def test_codes_about_to_expire_and_closures_are_told(world: World, login: LoginAs) -> None:
    today = timezone.localdate()
    with system():
        make_fiche(
            world.cio, world.lists, reoriented=True, created_at=timezone.now() - datetime.timedelta(days=85),
            jour=today - datetime.timedelta(days=85),
        )  # fmt: skip
        Closure.objects.create(
            site=world.cio, region=world.region, first_day=today, last_day=today, reason="Inventaire"
        )
    html = _page(login(world.users["conseiller"]))
    assert "bientôt sans réponse" in html
    assert "Inventaire" in html


@pytest.mark.parametrize("count", [1, 50])
def test_the_number_of_queries_does_not_follow_the_rows(
    world: World, login: LoginAs, count: int, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    before = timezone.now() - datetime.timedelta(days=2)
    with system():
        for _ in range(count):
            _sent(world, world.cio, world.mission, before)
            _sent(world, world.mission, world.cio, timezone.now())
    client = login(world.users["referent"])
    _page(client)
    with django_assert_max_num_queries(19):
        _page(client)


def test_the_desk_is_for_site_staff(world: World, login: LoginAs) -> None:
    assert login(world.users["coordinateur"]).get(reverse("comptoir")).status_code == 403
    assert Client().get(reverse("comptoir")).status_code == 302


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("10:00", "Lieu : sans rendez-vous jusqu’à 12 h. Puis de 13 h 30 à 17 h (sur rendez-vous)."),
        (
            "12:30",
            "Lieu : ouvre à 13 h 30, sur rendez-vous. Aujourd’hui de 13 h 30 à 17 h (sur rendez-vous).",
        ),
        ("15:00", "Lieu : sur rendez-vous jusqu’à 17 h."),
        ("19:00", "Lieu : ouvre demain à 9 h, sans rendez-vous."),
    ],
)
def test_the_opening_sentence_says_only_what_is_to_come(at: str, said: str) -> None:
    day = [(datetime.time(9), datetime.time(12), True), (datetime.time(13, 30), datetime.time(17), False)]
    week = hours.Week(tuple(hours.Slot.of(n, *slot) for n in range(5) for slot in day))
    now = timezone.make_aware(datetime.datetime.fromisoformat(f"2026-11-23T{at}"))
    sentence = opening_sentence(Site(name="Lieu"), week, now)
    assert sentence.replace("\u00a0", " ").replace("\u202f", " ") == said
