"""The editor of a whole year: seasons, bank holidays, a pasted line, two people at once, who falls."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from territories import hours
from territories.models import Season, SeasonSlot, Site, SiteChange
from territories.services import standing
from territories.services.hours import Rows, write_week
from tests.conftest import LoginAs
from tests.factories import World, make_site, open_week, system
from tests.territories.test_hours_edit import URL, form_of, kept, text_of

pytestmark = pytest.mark.django_db
SUMMER = {"s0_du": "2027-07-01", "s0_au": "2027-08-31", "s0_repete": "on", "s0_nom": "été"}


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["referent"])


def year_form(client: Client) -> dict[str, str]:
    """The form as shown, with its boxes: an unchecked one is not sent."""
    typed = form_of(client)
    for name in [name for name in typed if name.endswith(("_repete", "_ferme", "_retirer"))]:
        del typed[name]
    typed.pop("ligne", None)
    return typed | {"feries": "on"}


def set_week(site: Site, line: str) -> None:
    with system():
        write_week(site, hours.parse_osm(line), rows=Rows())


def test_a_season_starts_as_the_ordinary_week_and_is_kept(client: Client, world: World) -> None:
    page = client.post(URL, year_form(client) | {"ajouter": "saison"})
    assert 'name="s_n" value="1"' in page.text
    assert page.text.count('value="09:00"') == 10
    assert kept(world.cio).seasons == ()
    typed = year_form(client) | SUMMER | {"s_n": "1", "s0j0c0_de": "09:00", "s0j0c0_a": "12:00"}
    preview = text_of(client.post(URL, typed | {"action": "apercu"}))
    assert (
        "Été (du 1er juillet au 31 août), chaque année : le lundi de 9 h à 12 h, sans rendez-vous." in preview
    )
    assert "1 changement, pas encore enregistré" in preview
    assert client.post(URL, typed | {"action": "enregistrer"}).status_code == 302
    slots = (hours.Slot(0, 540, 720),)
    assert kept(world.cio).seasons == (hours.Season(hours.YearDay(7, 1), hours.YearDay(8, 31), slots, "été"),)
    again = year_form(client)
    assert again["s_n"] == "1"
    assert "Saison 1 : été, du 1er juillet au 31 août, chaque année</summary>" in text_of(client.get(URL))
    assert '<details class="saison" id="saison-1">' in client.get(URL).text
    more = client.post(URL, again | {"ajouter": "s0:0", "s0_repete": "on"})
    assert '<details class="saison" open id="saison-1">' in more.text
    assert 'name="s0j0c1_de"' in more.text
    assert (
        client.post(URL, again | {"s0_retirer": "on", "s0_du": "", "action": "enregistrer"}).status_code
        == 302
    )
    with system():
        assert not Season.objects.for_system().filter(site=world.cio).exists()
        assert not SeasonSlot.objects.for_system().filter(site=world.cio).exists()


def test_a_closed_season_over_the_new_year_and_one_between_two_dates(client: Client, world: World) -> None:
    next_year = timezone.localdate().year + 1
    typed = year_form(client) | {
        "s_n": "2",
        "s0_du": f"{next_year}-12-20",
        "s0_au": f"{next_year}-01-05",
        "s0_repete": "on",
        "s0_ferme": "on",
        "s0j0c0_de": "09:00",
        "s1_du": f"{next_year}-03-01",
        "s1_au": f"{next_year}-03-05",
        "s1j0c0_de": "22:00",
        "s1j0c0_a": "24:00",
    }
    assert client.post(URL, typed | {"action": "enregistrer"}).status_code == 302
    winter, march = kept(world.cio).seasons
    assert (winter.first, winter.last, winter.slots) == (hours.YearDay(12, 20), hours.YearDay(1, 5), ())
    assert (march.yearly, march.slots) == (False, (hours.Slot(0, 1320, 1440),))
    shown = year_form(client)
    assert shown["s0_au"] > shown["s0_du"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (SUMMER | {"s0_au": ""}, "Saison 1 : il manque le dernier jour"),
        (SUMMER | {"s0_au": "2029-08-31"}, "une saison dure moins d’un an"),
        (SUMMER | {"s0_repete": "", "s0_au": "2027-06-01"}, "finit avant de commencer"),
        (SUMMER | {"s0_repete": "", "s0_ferme": "on"}, "fermetures exceptionnelles"),
        (SUMMER | {"s0_repete": "", "s0_du": "2020-01-01", "s0_au": "2020-02-01"}, "déjà passés"),
        (
            SUMMER | {"s0_du": "2027-02-29"},
            "2027 n’a pas de 29 février. Écrivez le 28 février ou le 1er mars.",
        ),
        (
            SUMMER | {"s0j0c0_de": "17:00", "s0j0c0_a": "02:00"},
            "un créneau jusqu’à 24 h et un autre le lendemain",
        ),
        (SUMMER | {"s0_nom": "l’été : ici"}, "ni deux-points ni guillemets"),
        ({"f0_du": "29/02/2027"}, "2027 n’a pas de 29 février"),
        ({"f0_du": "2027-02-30"}, "Fermeture 1 : choisissez une date."),
        ({"j0_n": "2", "j0c1_de": "11:00", "j0c1_a": "18:00"}, "recouvre celui de 9 h à 17 h"),
    ],
)
def test_bad_input_is_explained_and_kept(
    client: Client, world: World, typed: dict[str, str], words: str
) -> None:
    sent = year_form(client) | {"s_n": "1"} | {name: value for name, value in typed.items() if value != ""}
    answer = client.post(
        URL, {k: v for k, v in sent.items() if typed.get(k) != ""} | {"action": "enregistrer"}
    )
    assert answer.status_code == 422
    assert words in text_of(answer)
    for value in typed.values():
        if "-" in value or ":" in value:
            assert value in answer.text
    assert kept(world.cio).seasons == ()


def test_two_seasons_that_share_a_day_are_refused_by_name(client: Client) -> None:
    typed = year_form(client) | SUMMER | {"s_n": "2", "s0_ferme": "on"}
    typed |= {"s1_du": "2027-08-15", "s1_au": "2027-09-15", "s1_repete": "on", "s1_ferme": "on"}
    answer = client.post(URL, typed | {"action": "enregistrer"})
    assert answer.status_code == 422
    assert "Deux saisons se recouvrent : « Été (du 1er juillet au 31 août) »" in text_of(answer)


def test_bank_holidays_are_a_switch(client: Client, world: World) -> None:
    typed = year_form(client)
    del typed["feries"]
    assert client.post(URL, typed | {"action": "enregistrer"}).status_code == 302
    assert kept(world.cio).holidays_off is False
    assert "Jours fériés : appelez avant de vous déplacer." in text_of(client.get(URL))


def test_a_line_is_drawn_before_it_is_saved(client: Client, world: World) -> None:
    before = kept(world.cio)
    assert "Mo-Fr 09:00-17:00; PH off" in client.get(URL).text
    line = 'Mo 09:00-12:00; Jul 01-Aug 31 off "été"; 2099 Dec 24 off "pont"'
    page = client.post(URL, {"action": "importer", "ligne": line})
    assert page.status_code == 200
    assert "La ligne est lue, rien n’est encore enregistré." in page.text
    assert 'name="s0_nom" value="été"' in page.text
    assert "semaine-dessin" in page.text
    assert kept(world.cio) == before
    for bad, words in (("Lu 9h", "n’est pas un jour"), ("", "Collez d’abord")):
        refused = client.post(URL, {"action": "importer", "ligne": bad})
        assert refused.status_code == 422
        assert words in refused.text


def test_two_people_at_once_see_both_versions(client: Client, world: World) -> None:
    typed = year_form(client) | {"j0c0_a": "11:00"}
    set_week(world.cio, "Tu 10:00-12:00; Feb off; PH off")
    answer = client.post(URL, typed | {"action": "enregistrer"})
    assert answer.status_code == 409
    text = text_of(answer)
    assert "Enregistrée par quelqu’un d’autre" in text
    assert "Le mardi de 10 h à 12 h, sans rendez-vous." in text
    assert "Le lundi de 9 h à 11 h, sans rendez-vous" in text
    assert kept(world.cio).on(1) == (hours.Slot(1, 600, 720),)
    seen = answer.text.partition('name="vu" value="')[2].partition('"')[0]
    assert client.post(URL, typed | {"vu": seen, "action": "enregistrer"}).status_code == 302
    assert kept(world.cio).on(0) == (hours.Slot(0, 540, 660),)


def test_a_season_under_half_is_a_decision_too(client: Client, world: World) -> None:
    typed = year_form(client) | SUMMER | {"s_n": "1", "s0j0c0_de": "09:00", "s0j0c0_a": "12:00"}
    typed |= {"s0j0c0_accueil": "sur"}
    asked = client.post(URL, typed | {"action": "enregistrer"})
    assert asked.status_code == 422
    assert "Part de chaque saison" in asked.text
    assert "<dd>0 %, il manque" in text_of(asked)
    done = client.post(URL, typed | {"action": "confirmer", "motif": "Été sur rendez-vous"})
    assert done.status_code == 302
    with system():
        row = SiteChange.objects.for_system().get(site=world.cio, kind="horaires")
    assert row.reason == "Été sur rendez-vous"
    shares = [value.replace("\u202f", " ") for value in row.changes["Part la plus basse de l’année"]]
    assert shares == ["100 %", "0 %"]
    assert "Part sans rendez-vous" not in row.changes
    assert row.changes["Horaires"][0] != row.changes["Horaires"][1]


def test_who_falls_with_the_network_is_named_with_its_label(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with system():
        other = make_site(world.lille, "CIO voisin", world.reseaux["CIO"])
        open_week(other, walk_in=False)
    labelled = standing.Standing("labellisé", since=datetime.date(2020, 1, 1), until=None)
    monkeypatch.setattr(standing, "_providers", [lambda by, ids, day: dict.fromkeys(ids, labelled)])
    typed = year_form(client) | {"j0c0_accueil": "sur"}
    text = text_of(client.post(URL, typed | {"action": "apercu"}))
    assert "Qui passe sous 50 %" in text
    assert "CIO voisin, labellisé, avec son réseau" in text
    assert "Qui revient" not in text
    set_week(world.cio, 'Mo-Fr 09:00-17:00; Mo 09:00-17:00 "sur rendez-vous"')
    back = text_of(client.post(URL, year_form(client) | {"j0c0_accueil": "sans", "action": "apercu"}))
    assert "Qui revient à 50 % ou plus" in back
    monkeypatch.setattr(standing, "_providers", [])
    back = year_form(client) | {"j0c0_accueil": "sans", "action": "apercu"}
    assert "CIO voisin, avec son réseau" in text_of(client.post(URL, back))


def test_sixty_slots_and_odd_counters_fit(client: Client, world: World) -> None:
    line = "; ".join(
        f"{day} " + ",".join(f"{h:02d}:00-{h:02d}:45" for h in range(8, 18))
        for day in ("Mo", "Tu", "We", "Th", "Fr", "Sa")
    )
    set_week(world.cio, line)
    typed = year_form(client)
    assert typed["j0_n"] == "10"
    assert client.post(URL, typed | {"f0_du": "2099-12-24", "action": "apercu"}).status_code == 422
    day = (timezone.localdate() + datetime.timedelta(days=9)).isoformat()
    assert client.post(URL, typed | {"f0_du": day, "action": "enregistrer"}).status_code == 302
    assert len(kept(world.cio).slots) == 60
    for odd in (
        {"s_n": "99"},
        {"s_n": "x"},
        {"ajouter": "s7:1"},
        {"ajouter": "sx"},
        {"s_n": "1", "s0j0_n": "-4"},
    ):
        assert client.post(URL, typed | odd).status_code in (200, 422)


def test_the_place_page_tells_seasons(client: Client, world: World) -> None:
    set_week(world.cio, 'Mo 09:00-12:00; Jul 01-Aug 31 Mo 10:00-12:00 "été"; Dec 24 off; PH off')
    text = text_of(client.get(f"/annuaire/{world.cio.pk}/"))
    assert "Été (du 1er juillet au 31 août)" in text
    assert "Fermé les jours fériés." in text
    assert text.count("semaine-dessin") == 2
