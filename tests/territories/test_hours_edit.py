"""The référent's own hours: what is typed, what it does to the 50 % rule, what is kept."""

import datetime
import re

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from spo_portal.kernel.errors import Refused
from territories import hours
from territories.models import Closure, OpeningSlot, Site
from territories.services.hours import fingerprint, week_of
from territories.services.hours_saving import save_hours
from tests.conftest import LoginAs
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db
URL = "/lieu/horaires/"


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["referent"])


def form_of(client: Client) -> dict[str, str]:
    """The form as the page shows it, ready to be changed and sent."""
    text = client.get(URL).text
    typed: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", text):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in attributes and attributes["name"] != "csrfmiddlewaretoken":
            typed[attributes["name"]] = attributes.get("value", "")
    for name, body in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', text, re.DOTALL):
        typed[name] = re.search(r'value="([^"]*)" selected', body)[1]
    return typed


def kept(site: Site) -> hours.Week:
    with system():
        return week_of(Site.objects.for_system().get(pk=site.pk))


def text_of(answer: object) -> str:
    return answer.text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_page_shows_the_week_and_its_share(client: Client) -> None:
    text = text_of(client.get(URL))
    assert 'share-num">100 %<' in text
    assert text.count('value="09:00"') == 5
    assert "Rien n’est changé" in text
    assert 'aria-current="page">Horaires' in text


def test_saving_replaces_the_week_and_leaves_a_trace(client: Client, world: World) -> None:
    typed = form_of(client) | {
        "j0c0_a": "12:00",
        "j5c0_de": "09:00",
        "j5c0_a": "12:00",
        "j6c0_de": "22:00",
        "j6c0_a": "00:00",
    }
    typed |= {"j4c0_de": "", "j4c0_a": ""}
    assert client.post(URL, typed | {"action": "enregistrer"}).status_code == 302
    week = kept(world.cio)
    assert week.on(0) == (hours.Slot(0, 540, 720),)
    assert week.on(4) == ()
    assert week.on(5) == (hours.Slot(5, 540, 720),)
    assert week.on(6) == (hours.Slot(6, 1320, 1440),)
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT acting_role, data FROM kernel_auditevent WHERE action = 'territories.hours_changed'"
        )
        assert cursor.fetchone()[0] == "referent"
    assert "Horaires enregistrés" in client.get(URL).text


def test_preview_and_one_more_line_save_nothing(client: Client, world: World) -> None:
    before = kept(world.cio)
    typed = form_of(client) | {"j0c0_accueil": "sur", "j1c0_accueil": "sur", "j2c0_accueil": "sur"}
    preview = client.post(URL, typed | {"action": "apercu"})
    assert preview.status_code == 200
    assert "Si vous enregistrez" in preview.text
    assert 'share-num">40 %<' in text_of(preview)
    assert "Le lieu passe sous 50 %" in text_of(preview)
    assert "Lundi, de 9 h à 17 h sans rendez-vous" in text_of(preview)
    more = client.post(URL, typed | {"ajouter": "0", "j0c0_de": "07:15"})
    assert 'name="j0c1_de"' in more.text
    assert 'value="07:15"' in more.text
    closure = client.post(URL, typed | {"ajouter": "fermeture"})
    assert 'name="f1_du"' in closure.text
    assert kept(world.cio) == before


def test_two_slots_in_a_day_of_both_kinds(client: Client, world: World) -> None:
    page = client.post(URL, form_of(client) | {"ajouter": "0"})
    assert 'name="j0_n" value="2"' in page.text
    typed = form_of(client) | {
        "j0_n": "2",
        "j0c0_a": "12:00",
        "j0c1_de": "13:30",
        "j0c1_a": "17:00",
        "j0c1_accueil": "sur",
    }
    assert client.post(URL, typed | {"action": "enregistrer"}).status_code == 302
    assert kept(world.cio).on(0) == (hours.Slot(0, 540, 720), hours.Slot(0, 810, 1020, walk_in=False))


def test_going_under_half_asks_for_a_decision_and_its_reason(client: Client, world: World) -> None:
    typed = form_of(client) | {f"j{day}c0_accueil": "sur" for day in range(3)}
    asked = client.post(URL, typed | {"action": "enregistrer"})
    assert asked.status_code == 422
    assert "Enregistrer malgré l’alerte" in asked.text
    without = client.post(URL, typed | {"action": "confirmer", "motif": "  "})
    assert without.status_code == 422
    assert 'id="id_motif_erreur"' in without.text
    assert hours.walk_in_share(kept(world.cio)) == 1
    done = client.post(URL, typed | {"action": "confirmer", "motif": "Travaux à l’accueil jusqu’en mars"})
    assert done.status_code == 302
    assert hours.walk_in_share(kept(world.cio)) < hours.HALF
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT data->>'motif' FROM kernel_auditevent WHERE action = 'territories.hours_changed'"
        )
        assert cursor.fetchone()[0].startswith("Travaux")


def test_a_place_already_under_half_changes_other_things_freely(client: Client, world: World) -> None:
    with system():
        OpeningSlot.objects.filter(site=world.cio, weekday__lt=3).update(walk_in=False)
    better = form_of(client) | {"j5c0_de": "09:00", "j5c0_a": "10:00"}
    assert client.post(URL, better | {"action": "enregistrer"}).status_code == 302
    closed = form_of(client) | {"f0_du": (timezone.localdate() + datetime.timedelta(days=3)).isoformat()}
    assert client.post(URL, closed | {"action": "enregistrer"}).status_code == 302
    worse = form_of(client) | {"j4c0_accueil": "sur"}
    assert client.post(URL, worse | {"action": "enregistrer"}).status_code == 422


def test_exactly_half_is_enough(client: Client) -> None:
    typed = form_of(client) | {"j0c0_accueil": "sur", "j1c0_accueil": "sur", "j2c0_de": "", "j2c0_a": ""}
    answer = client.post(URL, typed | {"action": "enregistrer"})
    assert answer.status_code == 302


def test_the_effect_on_the_network_counts_its_other_places(client: Client, world: World) -> None:
    with system():
        other = make_site(world.lille, "Autre CIO", world.reseaux["CIO"])
        open_week(other, walk_in=False)
        make_site(world.lille, "CIO sans horaires", world.reseaux["CIO"])
    text = text_of(client.get(URL))
    assert "3 lieux, avant" in text
    assert "<dd>50 %</dd>" in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"j0_n": "2", "j0c1_de": "10:00", "j0c1_a": "11:00"}, "recouvre"),
        ({"j0c0_a": "08:00"}, "avant le début"),
        ({"j0c0_a": "09:00"}, "commence et finit"),
        ({"j0c0_de": "22:00", "j0c0_a": "02:00"}, "passe minuit"),
        ({"j0c0_a": ""}, "il manque l’heure de la fin"),
        ({"j0c0_de": ""}, "il manque l’heure du début"),
        ({"j0c0_de": "25:00"}, "écrivez une heure"),
        ({"j0c0_de": "a\x00"}, "Erreur"),
        ({"j0c0_accueil": "peut-être"}, "Erreur"),
        ({"f0_du": "2020-01-01"}, "déjà passés"),
        ({"f0_du": "2027-05-02", "f0_au": "2027-05-01"}, "finit avant de commencer"),
        ({"f0_au": "2027-05-01"}, "il manque le premier jour"),
        ({"f0_motif": "Fêtes"}, "il manque le premier jour"),
        ({"f0_du": "9999-12-31"}, "trois ans"),
        ({"f0_du": "10000-01-01"}, "choisissez une date"),
        ({"f0_du": "2027-05-01", "f0_motif": "x" * 121}, "Erreur"),
    ],
)
def test_errors_are_plain_and_keep_what_was_typed(
    client: Client, world: World, typed: dict[str, str], words: str
) -> None:
    before = kept(world.cio)
    answer = client.post(URL, form_of(client) | {"j3c0_a": "18:45", "action": "enregistrer"} | typed)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'value="18:45"' in answer.text
    assert 'id="erreurs"' in answer.text
    assert kept(world.cio) == before


@pytest.mark.parametrize(
    "counts",
    [{"j0_n": "999999"}, {"j0_n": "-1"}, {"j0_n": "abc"}, {"f_n": "9" * 50}, {"j0_n": "²"}, {"j0_n": ""}],
)
def test_forged_counters_stay_within_bounds(client: Client, counts: dict[str, str]) -> None:
    answer = client.post(URL, form_of(client) | counts | {"action": "apercu"})
    assert answer.status_code in {200, 422}
    assert answer.text.count('name="j0c') <= 3 * 8
    assert client.post(URL, form_of(client) | counts | {"ajouter": "²"}).status_code == 200


def test_closures_are_added_changed_and_removed_and_past_ones_kept(client: Client, world: World) -> None:
    today = timezone.localdate()
    past = today - datetime.timedelta(days=40)
    with system():
        Closure.objects.create(
            site=world.cio, region=world.region, first_day=past, last_day=past, reason="Passée"
        )
    first = (today + datetime.timedelta(days=10)).isoformat()
    typed = form_of(client) | {"f0_du": first, "f0_au": "", "f0_motif": "Inventaire"}
    assert client.post(URL, typed | {"action": "enregistrer"}).status_code == 302
    assert [c.reason for c in kept(world.cio).closures] == ["Passée", "Inventaire"]
    typed = form_of(client)
    assert typed["f0_au"] == first
    assert (
        client.post(
            URL, typed | {"f0_du": "", "f0_au": "", "f0_motif": "", "action": "enregistrer"}
        ).status_code
        == 302
    )
    assert [c.reason for c in kept(world.cio).closures] == ["Passée"]


def test_someone_else_s_change_is_not_overwritten(client: Client, world: World) -> None:
    typed = form_of(client)
    with system():
        OpeningSlot.objects.filter(site=world.cio, weekday=4).delete()
    answer = client.post(URL, typed | {"j0c0_a": "12:00", "action": "enregistrer"})
    assert answer.status_code == 409
    assert "Quelqu’un d’autre" in answer.text
    assert kept(world.cio).on(0) == (hours.Slot(0, 540, 1020),)


def test_only_the_own_place_whatever_is_posted(client: Client, world: World) -> None:
    before = kept(world.mission)
    extra = {"site": world.mission.pk, "site_id": world.mission.pk, "region": world.other_region.pk}
    assert (
        client.post(URL, form_of(client) | extra | {"j0c0_a": "12:00", "action": "enregistrer"}).status_code
        == 302
    )
    assert kept(world.mission) == before


def test_the_service_and_the_database_refuse_another_place(world: World) -> None:
    actor = world.actor("referent")
    week = hours.Week((hours.Slot(0, 540, 600),))
    with pytest.raises(Refused):
        save_hours(by=actor, site=world.mission, week=week, seen=fingerprint(week))
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        OpeningSlot.objects.create(site=world.mission, region=world.region, weekday=6, start=1, end=2)
    assert OpeningSlot.objects.filter(site=world.mission).update(end=1030) == 0
    assert OpeningSlot.objects.filter(site=world.mission).delete()[0] == 0


def test_only_a_referent_edits(world: World, login: LoginAs) -> None:
    for key in ("conseiller", "coordinateur", "animation", "administrateur", "sans_mandat"):
        assert login(world.users[key]).get(URL).status_code == 403
    assert Client().get(URL).status_code == 302
