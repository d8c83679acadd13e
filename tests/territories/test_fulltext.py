"""Text search of places: accents, plurals, misspelt words, what triggers keep, the regions of the scope."""

import datetime

import pytest
from django.db import connection

from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from territories import hours
from territories.models import OpeningSlot, Organisation, SearchWord, Site, SiteSearch
from territories.services.fulltext import found_by, question_of
from territories.services.search import fold
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db


def found(world: World, text: str, *, loose: bool = False) -> set[str]:
    by = world.actor("conseiller")
    question = question_of(text)
    asked = question.loose if loose else question.strict
    if not asked:
        return set()
    return set(Site.objects.visible_to(by).filter(pk__in=found_by(asked)).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("mission locale", {"Mission locale de Lille"}),
        ("misson local", {"Mission locale de Lille"}),
        ("MISSIONS LOCALES", {"Mission locale de Lille"}),
        ("cio lile", {"CIO de Lille"}),
        ("cio douia", {"CIO de Douai"}),
        ("mis", {"Mission locale de Lille"}),
        ("cio", {"CIO de Lille", "CIO de Douai"}),
        ("le de la", set()),
        ("", set()),
        ("zzzzzz", set()),
        ("cio & ! | :* <-> '", {"CIO de Lille", "CIO de Douai"}),
        ("\\' zz=zz --", set()),
        ("x" * 10_000, set()),
    ],
)
def test_what_a_text_finds(world: World, text: str, names: set[str]) -> None:
    assert found(world, text) == names


def test_the_reading_of_a_misspelt_text_is_told(world: World) -> None:
    world.actor("conseiller")
    assert question_of("misson lille").read == "mission lille"
    assert question_of("mission lille").read == ""


def test_some_of_the_words_find_more_than_all(world: World) -> None:
    assert found(world, "mission douai") == set()
    assert found(world, "mission douai", loose=True) == {"Mission locale de Lille", "CIO de Douai"}


def test_another_region_is_neither_found_nor_a_source_of_words(world: World) -> None:
    with system():
        make_site(world.niort, "Zanzibar orientation", None, direction="destinataire")
    assert found(world, "zanzibar") == set()
    assert found(world, "zanzibra") == set()
    apply(NOBODY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM territories_search_words(%s)", [["cio"]])
        assert cursor.fetchall() == []
        cursor.execute("SELECT territories_search_places('cio'::tsquery)")
        assert cursor.fetchall() == []
    apply(Scope(wide=(world.other_region.pk,)))
    assert question_of("zanzibra").read == "zanzibar"


def test_a_change_of_record_of_hours_or_of_a_name_above_is_searched_at_once(world: World) -> None:
    with system():
        world.cio.name = "Maison de l’orientation Saint-Exupéry"
        world.cio.save()
        Organisation.objects.for_system().filter(pk=world.mission.organisation_id).update(
            name="Groupement Bêta"
        )
        OpeningSlot.objects.for_system().filter(site=world.cio).delete()
        open_week(world.cio, walk_in=False, start=480, end=540)
        row = SiteSearch.objects.for_system().get(pk=world.cio.pk)
    assert found(world, "st exupery") == {"Maison de l’orientation Saint-Exupéry"}
    assert found(world, "beta") == {"Mission locale de Lille"}
    assert [(r.lower, r.upper) for r in row.open_week] == [(d * 1440 + 480, d * 1440 + 540) for d in range(5)]
    assert list(row.walk_week) == []
    assert row.saturday is False


def test_a_writer_of_the_record_needs_no_right_on_the_search(world: World) -> None:
    by = world.actor("referent")
    Site.objects.visible_to(by).filter(pk=world.cio.pk).update(name="Antenne Quercy")
    assert found(world, "quercy") == {"Antenne Quercy"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('territories_search_refresh(bigint[])', 'EXECUTE')")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT coalesce(current_setting('app.system', true), '')")
        assert cursor.fetchone() == ("",)


def test_an_erased_place_leaves_the_search(world: World) -> None:
    with system():
        site = make_site(world.lille, "Lieu éphémère", world.reseaux["CIO"])
        open_week(site)
        site.delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert not SiteSearch.objects.for_system().filter(pk=site.pk).exists()


def test_the_database_folds_as_the_portal_does(world: World) -> None:
    texts = [
        "Saint-Omer",
        "St Omer",
        "Œuvre d’été à Hénin",
        "L'Haÿ-les-Roses",
        "STE CATHERINE",
        "  a  b ",
        "Bœuf & Cie",
    ]
    with connection.cursor() as cursor:
        for text in texts:
            cursor.execute("SELECT territories_fold(%s)", [text])
            assert cursor.fetchone() == (fold(text),)


def test_the_search_shows_the_places_that_may_be_suggested_and_no_other(world: World) -> None:
    with system():
        for direction in ("", "destinataire", "prescripteur", "les_deux"):
            for active in (True, False):
                for training in (True, False):
                    for reseau in (world.reseaux["CIO"], None):
                        if reseau is None and not direction:
                            continue
                        make_site(
                            world.lille,
                            "Un lieu",
                            reseau,
                            direction=direction,
                            active=active,
                            training=training,
                        )
    by = world.actor("conseiller")
    plain = set(Site.objects.visible_to(by).can_be_suggested().values_list("pk", flat=True))
    searched = set(SiteSearch.objects.visible_to(by).can_be_suggested().values_list("pk", flat=True))
    assert plain == searched
    assert len(plain) > 3


@pytest.mark.parametrize("minute", [539, 540, 1019, 1020])
def test_minutes_of_the_week_are_those_of_the_hours(world: World, minute: int) -> None:
    by = world.actor("conseiller")
    week = hours.Week(tuple(hours.Slot(day, 540, 1020, True) for day in range(5)), ())
    at = datetime.datetime(2026, 11, 24, minute // 60, minute % 60, tzinfo=datetime.UTC)
    open_here = SiteSearch.objects.visible_to(by).filter(pk=world.cio.pk, open_week__holds=1440 + minute)
    # Paris is an hour ahead in November.
    assert open_here.exists() is hours.is_open_at(week, at - datetime.timedelta(hours=1))


def test_words_are_kept_once_for_each_region(world: World) -> None:
    with system():
        make_site(world.lille, "CIO CIO cio", world.reseaux["CIO"])
        assert SearchWord.objects.for_region(world.region.pk).filter(word="cio").count() == 1
