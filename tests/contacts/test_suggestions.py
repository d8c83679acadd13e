"""« La bonne porte, ouverte maintenant »: who is suggested, in which order, and who never is (domain § 4)."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import OrientationRule
from contacts.services import suggestions
from contacts.services.suggestions import Suggestion
from territories.models import Closure, Organisation, Site
from tests.factories import World, make_site, open_week, system

pytestmark = pytest.mark.django_db

HERE = (50.63, 3.06)
# A Tuesday, 10 h 30 in Paris.
PARIS = ZoneInfo("Europe/Paris")
OPEN = datetime.datetime(2026, 11, 24, 10, 30, tzinfo=PARIS)


def ask(world: World, **changes: object) -> list[Suggestion]:
    changes.setdefault("by", None)
    changes["by"] = changes["by"] or world.actor("conseiller")
    wanted: dict[str, object] = {
        "statut": 5,
        "age": "moins_26",
        "demandes": (3,),
        "origin": HERE,
        "at": OPEN,
        "exclude_site_id": world.cio.pk,
    }
    asked = wanted | changes
    ranking = suggestions.rank(**asked)  # type: ignore[arg-type]
    context = {name: asked[name] for name in ("by", "origin", "at")}
    doors = suggestions.describe(
        ids=ranking.reasons, weeks=ranking.weeks, reasons=ranking.reasons, **context  # type: ignore[arg-type]
    )
    return [doors[pk] for pk in ranking.reasons]


def names(found: list[Suggestion]) -> list[str]:
    return [s.site.name for s in found]


def test_the_heaviest_rule_comes_first_with_its_reason(world: World) -> None:
    found = ask(world)
    assert names(found) == ["Mission locale de Lille", "CIO de Douai"]
    assert found[0].reason.startswith("Moins de 26 ans")
    assert found[0].status.sentence.replace("\u00a0", " ") == "Sans rendez-vous jusqu’à 17 h"
    assert found[0].distance_km is not None
    assert found[0].ribbon.segments


def test_age_left_empty_only_meets_rules_that_admit_it(world: World) -> None:
    assert names(ask(world, age="")) == ["CIO de Douai"]
    with system():
        OrientationRule.objects.create(
            region=world.region, reseau=world.reseaux["POLE_EMPLOI"], ages=[""], reason="Âge inconnu."
        )
        make_site(world.lille, "Pôle emploi de Lille", world.reseaux["POLE_EMPLOI"])
    assert "Pôle emploi de Lille" in names(ask(world, age=""))
    assert "Pôle emploi de Lille" not in names(ask(world, age="plus_26"))


def test_training_bodies_prescripteurs_own_site_and_other_regions_never(world: World) -> None:
    with system():
        OrientationRule.objects.create(region=world.region, partner_kind="CCI", weight=90, reason="Créer.")
        make_site(world.lille, "Organisme de formation", world.reseaux["MISSION_LOCALE"], training=True)
        make_site(world.lille, "Prescripteur", None, direction="prescripteur", partner_kind="CCI")
        make_site(world.lille, "Destinataire", None, direction="destinataire", partner_kind="CCI")
        make_site(world.lille, "Fermé", world.reseaux["MISSION_LOCALE"], active=False)
    found = names(ask(world))
    assert found[0] == "Destinataire"
    assert not {"Organisme de formation", "Prescripteur", "Fermé", "CIO de Lille", "CIO de Niort"} & set(
        found
    )


def test_open_now_then_distance_then_two_of_a_network(world: World) -> None:
    with system():
        ml = world.reseaux["MISSION_LOCALE"]
        Site.objects.filter(pk=world.mission.pk).update(latitude=50.63, longitude=3.06)
        near = make_site(world.lille, "Antenne sur rendez-vous", ml, latitude=50.631, longitude=3.06)
        open_week(near, walk_in=False)
        far = make_site(world.lille, "Antenne ouverte", ml, latitude=50.68, longitude=3.06)
        open_week(far)
        too_far = make_site(world.lille, "Antenne à 60 km", ml, latitude=51.17, longitude=3.06)
        open_week(too_far)
        Closure.objects.create(
            site=world.mission,
            region=world.region,
            first_day=OPEN.date(),
            last_day=OPEN.date(),
            reason="Inventaire",
        )
    found = [s for s in ask(world) if s.site.reseau_id == ml.pk]
    assert names(found)[0] == "Antenne ouverte"
    assert len(found) == 2
    assert "Antenne à 60 km" not in names(found)


def test_the_order_of_equals_is_drawn_anew_each_day(world: World) -> None:
    with system():
        for letter in "ABCDEFGH":
            open_week(
                make_site(
                    world.lille,
                    f"Lieu {letter}",
                    world.reseaux["POLE_EMPLOI"],
                    latitude=50.63,
                    longitude=3.06,
                )
            )
        OrientationRule.objects.create(
            region=world.region, reseau=world.reseaux["POLE_EMPLOI"], weight=90, reason="R."
        )
    days = [OPEN + datetime.timedelta(days=7 * n) for n in range(6)]
    orders = [tuple(names(ask(world, at=day))[:2]) for day in days]
    assert orders[0] == tuple(names(ask(world, at=OPEN + datetime.timedelta(hours=2)))[:2]), (
        "stable within a day"
    )
    assert len(set(orders)) > 1, "and not alphabetical for ever"


def test_closed_unknown_hours_and_no_coordinates_still_show(world: World) -> None:
    with system():
        Site.objects.filter(pk=world.mission.pk).update(latitude=None, longitude=None)
    sunday = OPEN + datetime.timedelta(days=5)
    found = ask(world, at=sunday)
    assert found[0].distance_km is None
    assert not found[0].status.is_open
    assert ask(world, origin=None)


def test_no_rule_no_suggestion(world: World) -> None:
    with system():
        OrientationRule.objects.all().delete()
    assert ask(world) == []


def test_six_queries_whatever_the_number_of_places(world: World) -> None:
    actor = world.actor("conseiller")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            ask(world, by=actor)
        return len(captured)

    assert count() == 6
    with system():
        body = Organisation.objects.create(region=world.region, name="Grand organisme")
        for n in range(40):
            open_week(make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"], organisation=body))
    actor = world.actor("conseiller")
    assert count() == 6


def test_distance_has_one_decimal_and_unknown_points_none() -> None:
    assert suggestions.distance((50.6292, 3.0573), (50.3703, 3.0802)) == 28.8
    assert suggestions.distance(None, HERE) is None
    assert timezone.is_aware(OPEN)
