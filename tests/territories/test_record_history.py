"""The history of a record as it is read: one save under one date, hours as sentences, long ones folded."""

import datetime

import pytest
from django.test import Client

from territories import hours
from territories.models import Season, SiteChange
from territories.services.hours import Rows, write_week
from territories.services.record.history import entries_of
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.territories.test_hours_edit import URL, form_of, text_of

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 24, 9, 0, tzinfo=datetime.UTC)
BEFORE = (
    "Le lundi de 9 h à 12 h, sans rendez-vous. Fermé les jours fériés. Fermetures exceptionnelles : le 24."
)
AFTER = (
    "Le mardi de 9 h à 12 h, sans rendez-vous. Fermé les jours fériés. Fermetures exceptionnelles : le 24."
)


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["referent"])


def change(kind: str, changes: dict[str, list[str]], minute: int = 0, who: str = "Référent") -> SiteChange:
    at = NOW + datetime.timedelta(minutes=minute)
    return SiteChange(kind=kind, at=at, by_id=1, by_label=who, changes=changes)


def test_hours_are_told_sentence_by_sentence_and_what_stays_is_not_repeated() -> None:
    [entry] = entries_of([change("horaires", {"Horaires": [BEFORE, AFTER]})])
    [line] = entry.lines
    assert line.before == ("Le lundi de 9 h à 12 h, sans rendez-vous.",)
    assert line.after == ("Le mardi de 9 h à 12 h, sans rendez-vous.",)
    assert line.same
    assert not entry.folded


def test_one_save_is_one_entry_and_another_writer_or_minute_is_not() -> None:
    rows = [
        change("modification", {"phone": ["", "0320000000"]}),
        change("services", {"Entretien": ["", "sur place"]}),
        change("services", {"Atelier": ["", "en groupe"]}, who="Coordinateur"),
        change("services", {"Bilan": ["", "en groupe"]}, minute=1),
    ]
    entries = entries_of(rows)
    assert [len(entry.rows) for entry in entries] == [2, 1, 1]
    assert [words for words, _ in entries[0].badges] == ["Fiche modifiée", "Grille des services modifiée"]
    assert len(entries[0].lines) == 2


@pytest.mark.parametrize(("count", "folded"), [(5, False), (6, True)])
def test_more_than_five_changes_are_folded(count: int, folded: bool) -> None:
    [entry] = entries_of([change("services", {f"Service {n}": ["", "oui"] for n in range(count)})])
    assert entry.folded is folded


def test_the_page_shows_them(client: Client, world: World) -> None:
    with system():
        for kind, changes in (
            ("horaires", {"Horaires": [BEFORE, AFTER]}),
            ("services", {f"Service {n}": ["", "oui"] for n in range(7)}),
            ("modification", {"phone": ["", "0320000000"], "email": ["a@b.example", ""]}),
        ):
            SiteChange.objects.create(
                region=world.region, site=world.cio, kind=kind, by_label=kind, changes=changes
            )
    text = text_of(client.get(f"/annuaire/{world.cio.pk}/historique/"))
    assert "<li><del>Le lundi de 9 h à 12 h, sans rendez-vous.</del></li>" in text
    assert "<li><ins>Le mardi de 9 h à 12 h, sans rendez-vous.</ins></li>" in text
    assert "Le reste n’a pas changé." in text
    assert "<summary>7 changements" in text
    assert "Après : </span>0320000000</ins>" in text
    assert '<span class="soft">effacé</span>' in text


def test_a_season_that_is_over_is_announced_then_kept_in_the_history(client: Client, world: World) -> None:
    past = hours.Season(
        datetime.date(2025, 7, 1), datetime.date(2025, 8, 31), (hours.Slot(0, 600, 720, True),), "été 2025"
    )
    with system():
        week = hours.Week((hours.Slot(0, 540, 720, True),), (), True, (past,))
        write_week(world.cio, week, rows=Rows())
    shown = text_of(client.get(URL))
    assert "« Été 2025 (du 1er juillet au 31 août 2025) » : saison passée retirée au prochain" in shown
    typed = form_of(client) | {
        "feries": "on",
        "j1c0_de": "09:00",
        "j1c0_a": "12:00",
        "action": "enregistrer",
    }
    for name in [
        name for name in typed if name.endswith(("_repete", "_ferme", "_retirer")) or name == "ligne"
    ]:
        del typed[name]
    assert client.post(URL, typed).status_code == 302
    assert "saison passée" not in text_of(client.get(URL))
    with system():
        assert not Season.objects.filter(site=world.cio).exists()
    text = text_of(client.get(f"/annuaire/{world.cio.pk}/historique/"))
    assert "Saisons passées" in text
    assert "Été 2025 (du 1er juillet au 31 août 2025) : le lundi de 10 h à 12 h, sans rendez-vous." in text


def test_hours_saved_as_they_were_leave_nothing_in_the_history(client: Client, world: World) -> None:
    typed = form_of(client) | {"feries": "on", "action": "enregistrer"}
    typed.pop("ligne", None)
    assert client.post(URL, typed).status_code == 302
    with system():
        assert not SiteChange.objects.filter(site=world.cio).exists()
