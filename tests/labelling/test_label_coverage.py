"""Coverage by the label: exact counts, hours without a door, communes out of reach, the radar."""

import datetime
import random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from labelling.services.label_coverage import figures
from labelling.services.label_coverage.cells import CellState, coverage_grid
from labelling.services.label_coverage.far import Places, far_communes, kilometres
from labelling.services.label_coverage.gaps import (
    FIRST,
    LAST,
    USUAL_DAYS,
    Gaps,
    gaps_by_territory,
    weeks_of_places,
)
from labelling.services.label_coverage.page import coverage_page, read_asked
from territories.models import Commune, OpeningSlot, Organisation, Reseau, Site
from territories.services.hours import week_of
from tests.factories import World, system

DAY = datetime.date(2026, 11, 23)


def label(site: Site, status: LabelStatus = LabelStatus.LABELLISE, ends: datetime.date | None = None) -> None:
    with system():
        Labellisation.objects.create(
            region_id=site.region_id,
            territory_id=site.territory_id,
            site=site,
            status=status,
            starts_on=DAY - datetime.timedelta(days=30),
            ends_on=ends or DAY + datetime.timedelta(days=900),
            source="essai",
        )


def gaps_of(world: World) -> Gaps:
    weeks = weeks_of_places(by=world.actor("coordinateur"), territories=[world.lille.pk])
    return gaps_by_territory(weeks, [world.lille.pk])[world.lille.pk]


def test_each_cell_counts_what_is_there(world: World) -> None:
    label(world.cio)
    actor = world.actor("coordinateur")
    grid = coverage_grid(by=actor, region=world.region, day=DAY)
    row = grid.by_territory[world.lille.pk]
    with system():
        expected = {
            reseau.pk: Site.objects.for_territory(world.lille).filter(reseau=reseau, active=True).count()
            for reseau in Reseau.objects.filter(region=world.region)
        }
    for reseau, cell in zip(grid.reseaux, row.cells, strict=True):
        assert cell.existing == expected[reseau.pk]
        assert cell.labelled == (1 if reseau.pk == world.cio.reseau_id else 0)
    own = dict(zip((r.pk for r in grid.reseaux), row.cells, strict=True))[world.cio.reseau_id]
    assert own.state == CellState.LABELLISE
    assert grid.total.total.labelled == 1
    assert grid.total.total.existing == sum(sum(c.existing for c in r.cells) for r in grid.rows)


def test_a_label_that_ended_counts_no_more(world: World) -> None:
    label(world.cio, ends=DAY - datetime.timedelta(days=1))
    grid = coverage_grid(by=world.actor("animation"), region=world.region, day=DAY)
    assert grid.total.total.labelled == 0


def test_another_region_is_not_counted(world: World) -> None:
    label(world.cio)
    grid = coverage_grid(by=world.actor("coordinateur"), region=world.other_region, day=DAY)
    assert grid.total.total.existing == 0
    assert not grid.rows


@pytest.mark.parametrize("seed", range(6))
def test_the_gaps_are_those_of_a_count_minute_by_minute(world: World, seed: int) -> None:
    draw = random.Random(seed)
    with system():
        OpeningSlot.objects.for_system().filter(site__territory=world.lille).delete()
        for site in Site.objects.for_territory(world.lille).can_be_suggested():
            for day in range(7):
                start = draw.randrange(0, 20) * 60 + draw.choice((0, 15, 30))
                end = min(1440, start + draw.randrange(30, 300))
                if draw.random() < 0.8:
                    OpeningSlot.objects.create(
                        site=site, region=world.region, weekday=day, start=start, end=end,
                        walk_in=draw.random() < 0.7,
                    )  # fmt: skip
        weeks = [
            week_of(site)
            for site in Site.objects.for_territory(world.lille)
            .can_be_suggested()
            .prefetch_related("slots", "closures")
        ]
    found = gaps_of(world)
    open_minutes = {
        slot.weekday * 1440 + minute
        for week in weeks
        for slot in week.slots
        if slot.walk_in
        for minute in range(slot.start, slot.end)
    }
    uncovered = {
        day * 1440 + minute
        for day in USUAL_DAYS
        for minute in range(FIRST, LAST)
        if day * 1440 + minute not in open_minutes
    }
    told = {minute for start, end in found.spans for minute in range(start, end)}
    assert told == uncovered
    assert found.minutes == len(uncovered)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(8, 18)), max_size=8, unique=True))
def test_the_sentence_names_each_day_once(holes: list[tuple[int, int]]) -> None:
    spans = tuple(sorted((day * 1440 + hour * 60, day * 1440 + hour * 60 + 60) for day, hour in holes))
    gaps = Gaps(spans, 3)
    sentence = gaps.sentence
    assert ("Une porte au moins" in sentence) == (not holes)
    assert sum(len(gaps.on(day)) for day in USUAL_DAYS) == len(spans)


def test_a_territory_without_a_door_says_so(world: World) -> None:
    with system():
        OpeningSlot.objects.for_system().filter(site__territory=world.lille).delete()
    found = gaps_of(world)
    assert found.doors == 0
    assert found.sentence == "Aucun lieu du territoire n’ouvre sans rendez-vous."


def _commune(world: World, code: str, latitude: float, longitude: float) -> None:
    Commune.objects.create(
        code_insee=code,
        region=world.region,
        territory=world.lille,
        name=f"Commune {code}",
        search_name=f"commune {code}",
        population=100,
        latitude=latitude,
        longitude=longitude,
    )


def test_a_commune_is_far_beyond_the_radius_and_not_within(world: World) -> None:
    with system():
        for site in Site.objects.for_territory(world.lille):
            site.active = site.pk == world.cio.pk
            site.latitude, site.longitude = 50.0, 3.0
            site.save()
        OpeningSlot.objects.for_system().filter(site=world.cio).delete()
        OpeningSlot.objects.create(
            site=world.cio, region=world.region, weekday=0, start=540, end=600, walk_in=True
        )
        Site.objects.for_system().filter(region=world.region).exclude(pk=world.cio.pk).update(active=False)
        # One degree of latitude is 111.2 km: 9.9 km and 10.1 km north of the place.
        _commune(world, "59901", 50.08903, 3.0)
        _commune(world, "59902", 50.09083, 3.0)
        _commune(world, "59903", 51.0, 3.0)
    actor = world.actor("coordinateur")
    found = far_communes(by=actor, region=world.region, territories=[world.lille.pk], radius=10, day=DAY)
    codes = [commune.code for commune in found.communes]
    assert "59901" not in codes
    assert "59902" in codes
    farthest = next(commune for commune in found.communes if commune.code == "59903")
    assert farthest.km == pytest.approx(111.19, abs=0.1)
    assert farthest.site_id == world.cio.pk
    assert found.count == len(codes)


def test_labelled_places_are_counted_apart_from_open_doors(world: World) -> None:
    actor = world.actor("coordinateur")
    asked = {
        "by": actor,
        "region": world.region,
        "territories": [world.lille.pk],
        "day": DAY,
        "wanted": "label",
    }
    with system():
        _commune(world, "59904", 50.6, 3.0)
    assert all(commune.site_id is None for commune in far_communes(**asked).communes)
    label(world.cio)
    assert all(commune.site_id == world.cio.pk for commune in far_communes(**asked).communes)


def test_the_radar_tells_labels_that_end_and_networks_without_label(world: World) -> None:
    label(world.cio, ends=DAY + datetime.timedelta(days=40))
    actor = world.actor("animation")
    page = coverage_page(by=actor, region=world.region, asked=read_asked({}, world.region), day=DAY)
    said = [one.what for one in page.signals if one.territory.pk == world.lille.pk]
    assert any("1 label finit dans les trois mois" in words.replace("\xa0", " ") for words in said)
    assert page.signals == sorted(page.signals, key=lambda one: -one.seriousness)


@pytest.mark.parametrize("most_keys", [500, 0])
def test_labelled_places_under_half_are_told_whether_few_or_many(
    world: World, monkeypatch: pytest.MonkeyPatch, most_keys: int
) -> None:
    """Five hours by appointment for four without; a place without label, as closed, is not told."""
    monkeypatch.setattr(figures, "MOST_KEYS", most_keys)
    label(world.cio)
    with system():
        other = Site.objects.for_territory(world.lille).can_be_suggested().exclude(pk=world.cio.pk).first()
        assert other is not None
        for site in (world.cio, other):
            OpeningSlot.objects.for_system().filter(site=site).delete()
            for start, end, walk_in in ((480, 720, True), (780, 1080, False)):
                OpeningSlot.objects.create(
                    site=site, region=world.region, weekday=0, start=start, end=end, walk_in=walk_in
                )
    page = coverage_page(
        by=world.actor("animation"), region=world.region, asked=read_asked({}, world.region), day=DAY
    )
    told = [one for one in page.signals if "sous 50" in one.what]
    assert [(one.territory.pk, one.count) for one in told] == [(world.lille.pk, 1)]


def test_who_reads_the_coverage(world: World, client: Client) -> None:
    for key in ("coordinateur", "animation", "prefecture", "referent"):
        client.force_login(world.users[key])
        answer = client.get(reverse("couverture_labels"))
        assert answer.status_code == 200, key
        assert client.get(reverse("couverture_territoire", args=[world.lille.pk])).status_code == 200
        assert client.get(reverse("couverture_territoire", args=[world.niort.pk])).status_code == 404
    client.force_login(world.users["conseiller"])
    assert client.get(reverse("couverture_labels")).status_code == 403


@pytest.mark.parametrize(
    "query", ["?rayon=abc", "?rayon=99999999999", "?depuis=%00", "?rayon=15&depuis=label"]
)
def test_odd_questions_are_answered(world: World, client: Client, query: str) -> None:
    client.force_login(world.users["coordinateur"])
    assert client.get(reverse("couverture_labels") + query).status_code == 200


@pytest.mark.parametrize("fmt", ["zip", "xlsx", "ods"])
def test_the_tables_leave(world: World, client: Client, fmt: str) -> None:
    client.force_login(world.users["animation"])
    answer = client.get(reverse("couverture_labels_fichier", args=[fmt]))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)
    assert client.get(reverse("couverture_labels_fichier", args=["exe"])).status_code == 404


def test_queries_do_not_grow_with_places(world: World, client: Client) -> None:
    client.force_login(world.users["animation"])
    client.get(reverse("couverture_labels"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("couverture_labels"))
    with system():
        body = Organisation.objects.for_system().filter(region=world.region).first()
        for number in range(60):
            Site.objects.create(
                region=world.region,
                territory=world.lille,
                organisation=body,
                reseau=world.cio.reseau,
                reference_id=f"couverture-{number}",
                code=f"CV{number}",
                name=f"Lieu {number}",
            )
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("couverture_labels"))
    assert len(many) == len(few)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(43, 51), st.floats(-4, 8)), min_size=1, max_size=30),
    st.floats(43, 51),
    st.floats(-4, 8),
)
def test_the_nearest_place_is_the_nearest_of_all(
    points: list[tuple[float, float]], latitude: float, longitude: float
) -> None:
    numbered = [(number, *point) for number, point in enumerate(points)]
    found = Places(numbered).nearest(latitude, longitude)
    assert found is not None
    assert found[0] == min(kilometres(latitude, longitude, point) for point in points)
