"""The coverage kept by territory is the one counted anew, whatever changed, at once and for nobody else."""

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labelling.models import CoverageChange, CoverageFigures, Labellisation
from labelling.services.label_coverage import keeping, kept
from labelling.services.label_coverage.far import DOOR, LABELLED, FarCommune, distances
from labelling.services.label_coverage.figures import Figures, counted
from labelling.tasks import keep_coverage
from spo_portal.celery import app
from territories.models import Commune, OpeningSlot, Organisation, Reseau, Site, Territory
from tests.factories import World, acting_as_role, system

pytestmark = pytest.mark.django_db
# Lille, Douai and Niort.
TERRITORIES = 3
Counts = tuple[dict[int, Figures], dict[str, list[FarCommune]]]


def fill(day: datetime.date | None = None) -> int:
    with acting_as_role("spo_worker"):
        return keeping.run(today=day)


def keys(world: World) -> list[int]:
    actor = world.actor("animation")
    return list(Territory.objects.visible_to(actor).order_by("pk").values_list("pk", flat=True))


def ordered(communes: list[FarCommune]) -> list[FarCommune]:
    return sorted(communes, key=lambda one: one.code)


def as_read(world: World, day: datetime.date) -> Counts:
    """What the pages read: kept, or counted again where a change is marked."""
    territories, by = keys(world), world.actor("animation")
    given = {"by": by, "region": world.region, "territories": territories, "day": day}
    door, label = (kept.read(**given, wanted=wanted) for wanted in (DOOR, LABELLED))
    assert door[0] == label[0]
    return door[0], {DOOR: ordered(door[1]), LABELLED: ordered(label[1])}


def as_counted(world: World, day: datetime.date) -> Counts:
    territories, by = keys(world), world.actor("animation")
    far = {
        wanted: distances(by=by, region=world.region, territories=territories, wanted=wanted, day=day)
        for wanted in (DOOR, LABELLED)
    }
    found = counted(by=by, territories=territories, day=day)
    return found, {wanted: ordered(communes) for wanted, communes in far.items()}


def _slot(world: World) -> None:
    OpeningSlot.objects.create(
        site=world.cio, region=world.region, weekday=5, start=481, end=523, walk_in=True
    )


def _by_appointment(world: World) -> None:
    """More hours by appointment than without: a labelled place falls under half."""
    for weekday in range(7):
        OpeningSlot.objects.create(
            site=world.cio, region=world.region, weekday=weekday, start=1140, end=1435, walk_in=False
        )
    OpeningSlot.objects.create(
        site=world.cio, region=world.region, weekday=6, start=0, end=1100, walk_in=False
    )


def _no_door(world: World) -> None:
    OpeningSlot.objects.for_system().filter(site__territory=world.lille).delete()


def _label(world: World) -> None:
    today = timezone.localdate()
    Labellisation.objects.create(
        region=world.region, territory=world.lille, site=world.cio, status="labellise", source="essai",
        starts_on=today - datetime.timedelta(30), ends_on=today + datetime.timedelta(40),
    )  # fmt: skip


def _label_longer(world: World) -> None:
    ends = timezone.localdate() + datetime.timedelta(900)
    Labellisation.objects.for_system().filter(site=world.cio).update(ends_on=ends)


def _label_erased(world: World) -> None:
    Labellisation.objects.for_system().filter(site=world.cio).delete()


def _site(**values: object) -> Callable[[World], None]:
    def change(world: World) -> None:
        Site.objects.for_system().filter(pk=world.cio.pk).update(**values)

    return change


def _confirmed(world: World) -> None:
    _site(confirmed_on=timezone.localdate())(world)


def _new_place(world: World) -> None:
    Site.objects.create(
        region=world.region, territory=world.douai, organisation=world.cio.organisation, name="Neuf",
        reseau=world.cio.reseau, reference_id="couverture-neuf", code="NEUF",
    )  # fmt: skip


def _erased_place(world: World) -> None:
    Site.objects.for_system().get(reference_id="couverture-neuf").delete()


def _other_network(world: World) -> None:
    other = Reseau.objects.filter(region=world.region).exclude(pk=world.cio.reseau_id).first()
    Site.objects.for_system().filter(pk=world.cio.pk).update(reseau=other)


def _training(world: World) -> None:
    Organisation.objects.for_system().filter(pk=world.mission.organisation_id).update(is_training_body=True)


def _commune(world: World) -> None:
    Commune.objects.create(
        code_insee="59990", region=world.region, territory=world.lille, name="Loin", search_name="loin",
        population=12, latitude=Decimal("51.05"), longitude=Decimal("2.3"),
    )  # fmt: skip


def _commune_changed(**values: object) -> Callable[[World], None]:
    def change(world: World) -> None:
        Commune.objects.for_system().filter(code_insee="59990").update(**values)

    return change


def _commune_erased(world: World) -> None:
    Commune.objects.for_system().filter(code_insee="59990").delete()


# In this order: each one changes some figure that the ones before it left.
CHANGES: dict[str, Callable[[World], None]] = {
    "une commune": _commune,
    "son nom": _commune_changed(name="Plus loin"),
    "ses habitants": _commune_changed(population=13),
    "son point": _commune_changed(longitude=Decimal("2.4")),
    "un créneau": _slot,
    "le point du lieu": _site(latitude=Decimal("50.9"), longitude=Decimal("2.6")),
    "un label": _label,
    "la fin du label": _label_longer,
    "des heures sur rendez-vous": _by_appointment,
    "la fiche confirmée": _confirmed,
    "un autre réseau": _other_network,
    "plus de porte": _no_door,
    "le label effacé": _label_erased,
    "le lieu fermé": _site(active=False),
    "un lieu nouveau": _new_place,
    "ce lieu effacé": _erased_place,
    "un lieu d’aucun réseau": _site(active=True, reseau=None, direction="destinataire", partner_kind="autre"),
    "la commune effacée": _commune_erased,
}


def test_each_change_shows_at_once_and_is_kept_after(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    day = timezone.localdate()
    assert fill() == TERRITORIES
    for name, change in CHANGES.items():
        before = as_read(world, day)
        with system():
            change(world)
        after = as_counted(world, day)
        assert after != before, f"{name} changes nothing: nothing is proved"
        assert as_read(world, day) == after, name
        assert fill() <= len(after[0]), name
        with system():
            assert not CoverageChange.objects.for_system().exists(), name
        with monkeypatch.context() as patch:
            patch.setattr(kept, "counted", None)
            patch.setattr(kept, "distances", None)
            assert as_read(world, day) == after, name
        assert fill() == 0


def test_a_training_body_is_no_door_any_more(world: World) -> None:
    day = timezone.localdate()
    with system():
        OpeningSlot.objects.create(
            site=world.mission, region=world.region, weekday=0, start=480, end=481, walk_in=True
        )
    fill()
    before = as_read(world, day)
    with system():
        _training(world)
    after = as_counted(world, day)
    assert after != before
    assert as_read(world, day) == after


def test_what_is_not_counted_marks_nothing(world: World) -> None:
    fill()
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(phone="03 00 00 00 00")
        Commune.objects.for_system().update(former_search="rien")
        assert not CoverageChange.objects.for_system().exists()


def test_the_figures_of_yesterday_are_not_read(world: World) -> None:
    day = timezone.localdate()
    with system():
        _label(world)
    fill(day - datetime.timedelta(200))
    assert as_read(world, day) == as_counted(world, day)
    assert fill(day) == TERRITORIES
    assert as_read(world, day - datetime.timedelta(200)) == as_counted(world, day - datetime.timedelta(200))


def test_a_change_made_while_counting_stays_marked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    day = timezone.localdate()
    count = keeping.counted

    def then_change(**given: object) -> dict[int, Figures]:
        found = count(**given)
        if world.lille.pk in found:
            _slot(world)
        return found

    monkeypatch.setattr(keeping, "counted", then_change)
    fill()
    monkeypatch.undo()
    with system():
        assert CoverageChange.objects.for_system().filter(territory=world.lille).exists()
    assert as_read(world, day) == as_counted(world, day)
    assert fill() == 1


def test_a_change_undone_leaves_no_mark(world: World) -> None:
    fill()
    with system():
        try:
            with system():
                _slot(world)
                raise ValueError
        except ValueError:
            pass
        assert not CoverageChange.objects.for_system().exists()


def test_a_region_reads_its_own_alone(world: World) -> None:
    fill()
    for key, region in (("animation", world.region), ("animation_niort", world.other_region)):
        by = world.actor(key)
        assert set(CoverageFigures.objects.values_list("region_id", flat=True)) == {region.pk}
        assert set(CoverageFigures.objects.visible_to(by).values_list("region_id", flat=True)) == {region.pk}
    by = world.actor("animation_niort")
    found, communes = kept.read(
        by=by, region=world.region, territories=[world.lille.pk], wanted=DOOR, day=timezone.localdate()
    )
    assert found == {world.lille.pk: Figures()}
    assert communes == []


def test_pages_read_no_place_when_the_figures_are_kept(world: World, client: Client) -> None:
    client.force_login(world.users["animation"])
    addresses = [reverse("couverture_labels"), reverse("couverture_territoire", args=[world.lille.pk])]
    counted_now = [client.get(address).content for address in addresses]
    fill()
    for address, page in zip(addresses, counted_now, strict=True):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        asked = " ".join(query["sql"] for query in queries)
        assert "coveragefigures" in asked
        assert "territories_sitesearch" not in asked
        assert "labelling_labellisation" not in asked
        assert "territories_commune" not in asked
        assert _body(answer.content) == _body(page)


def _body(page: bytes) -> bytes:
    """Without the head of the page, whose token is drawn each time."""
    return page[page.index(b"coverage-page") :].split(b"</main>")[0]


def test_beat_keeps_the_figures(world: World) -> None:
    task = app.conf.beat_schedule["keep-coverage"]
    assert task["task"] == keep_coverage.name
    assert task["schedule"] <= 60
    with acting_as_role("spo_worker"):
        assert keep_coverage() == TERRITORIES
        assert keep_coverage() == 0
