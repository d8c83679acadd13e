"""Random fiches, corrections, answers and erasures, with workers killed in between: figures are a recount."""

import datetime
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contacts.models import FicheContact
from contacts.services.fiches import DestinationData, FicheData, announce, correct_fiche, record_fiche
from contacts.services.purge import run
from dashboards.enums import Audience
from dashboards.models import Release, ReleaseMark
from dashboards.services.published import LEFT_OUT, NO_RESEAU, SMALL, THRESHOLDS, UNDER, is_published
from tests.dashboards.helpers import fill_now
from tests.dashboards.recount import Figure, recounted, stored
from tests.factories import World, acting_as_role, make_world, system
from tests.kernel.processes import database_url, kill, spawn

STEPS, KILLS = 90, 6
Slices = Counter[tuple[str, str, str, str]]


@pytest.fixture
def committed(transactional_db: None) -> World:
    return make_world()


class Life:
    """What happens to the fiches of a region, drawn at random and committed step by step."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.choose = world, random.Random(seed)
        self.recorded: list[tuple[str, int]] = []

    def step(self) -> None:
        drawn = self.choose.random()
        if drawn < 0.62 or not self.recorded:
            self.record()
        elif drawn < 0.80:
            self.correct()
        elif drawn < 0.95:
            self.answer()
        else:
            self.repeat()

    def data(self) -> FicheData:
        choose, world = self.choose, self.world
        places = choose.sample(
            [world.mission.pk, world.douai_site.pk, world.cio.pk], choose.choice((0, 0, 1, 2))
        )
        return FicheData(
            jour=timezone.localdate() - datetime.timedelta(days=choose.choice((0, 0, 0, 2, 9, 40, 330, 400))),
            canal=choose.choice(("sur_place", "sur_place", "telephone", "courriel")),
            sexe=choose.choice(("", "femme", "homme")), age=choose.choice(("", "moins_26", "plus_26")),
            statut=choose.randint(1, 4), demandes=tuple(choose.sample(range(1, 8), choose.randint(1, 2))),
            reponses=tuple(choose.sample(range(1, 8), choose.randint(0, 2))),
            destinations=tuple(DestinationData(pk) for pk in places),
        )  # fmt: skip

    def allowed(self, key: str) -> FicheData:
        """A fiche sends to other places than its own."""
        own = self.world.memberships[key].site_id
        while True:
            data = self.data()
            if all(d.site_id != own for d in data.destinations):
                return data

    def record(self) -> None:
        key = self.choose.choice(
            ("conseiller", "conseiller", "conseiller", "conseiller_mission", "conseiller_douai")
        )
        for _ in range(self.choose.choice((1, 1, 4))):
            with transaction.atomic():
                fiche, _ = record_fiche(
                    by=self.world.actor(key), data=self.allowed(key), cle_idempotence=uuid.uuid4()
                )
            self.recorded.append((key, fiche.pk))

    def correct(self) -> None:
        key, pk = self.choose.choice(self.recorded)
        with transaction.atomic():
            by = self.world.actor(key)
            fiche = FicheContact.objects.visible_to(by).get(pk=pk)
            data = self.allowed(key)
            if not fiche.suite or data.destinations:
                correct_fiche(by=by, fiche=fiche, data=data)

    def answer(self) -> None:
        """What the function behind a return code does, without the code."""
        with system():
            open_ones = FicheContact.objects.filter(reoriented=True, suite="").values_list("pk", flat=True)
            if pks := sorted(open_ones):
                fiche = FicheContact.objects.get(pk=self.choose.choice(pks))
                fiche.suite = self.choose.choice(("recue", "rendez_vous", "jamais_venue", "ne_convient_pas"))
                fiche.suite_at, fiche.suite_source = timezone.now(), "personne"
                fiche.save()
                announce(fiche.territory_id, fiche.site_id, fiche.jour)

    def repeat(self) -> None:
        """The same event twice: a replay, or a worker that had done the work and not said so."""
        with system():
            fiche = FicheContact.objects.get(pk=self.choose.choice(self.recorded)[1])
            announce(fiche.territory_id, fiche.site_id, fiche.jour)


@pytest.fixture
def worker(committed: World, tmp_path: Path) -> Iterator["Worker"]:
    started = Worker(tmp_path)
    try:
        yield started
    finally:
        started.kill()


class Worker:
    """Two processes side by side, so that one may die while the other works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes = [self._start(), self._start()]

    def _start(self):  # type: ignore[no-untyped-def]
        return spawn(
            ["-m", "tests.dashboards.worker_loop"], folder=self.folder, DATABASE_URL=database_url("worker")
        )

    def kill_one(self, choose: random.Random) -> None:
        place = choose.randrange(2)
        kill(self.processes[place])
        self.processes[place] = self._start()

    def kill(self) -> None:
        for process in self.processes:
            kill(process)


def test_every_figure_is_a_recount_whatever_is_killed(committed: World, worker: Worker) -> None:
    life, choose = Life(committed, 2013), random.Random(7)
    deadly = set(choose.sample(range(10, STEPS), KILLS))
    wait_until_working(worker)
    for number in range(STEPS):
        life.step()
        if number in deadly:
            # In the middle of whatever it is at: the fiches just recorded, or a build.
            time.sleep(choose.random() * 0.3)
            worker.kill_one(choose)
    worker.kill()
    fill_now()
    expected = recounted()
    assert stored() == expected
    assert_releases(committed, expected)
    erase_and_compare(committed, expected)


def wait_until_working(worker: Worker) -> None:
    """The first fiches meet workers already there, not processes that are still starting."""
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_outboxevent (kind, tenant_id, payload)"
            ' VALUES (\'contacts.fiche_changed\', NULL, \'{"site": 0, "month": "2026-01-01"}\')'
        )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with system(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kernel_outboxevent WHERE done_at IS NULL")
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError((worker.folder / "process.log").read_text()[-2000:])


def erase_and_compare(world: World, expected: Counter[Figure]) -> None:
    """Rows go at their term, the figures made from them stay, and life goes on."""
    with acting_as_role("spo_worker"):
        assert run(now=timezone.now() + datetime.timedelta(days=400))["fiches"] > 0
    with system():
        assert FicheContact.objects.exists()
        for site in (world.cio, world.mission):
            announce(site.territory_id, site.pk, timezone.localdate())
    fill_now()
    assert stored() == expected


def assert_releases(world: World, expected: Counter[Figure]) -> None:
    """Shown cells are the recount; hidden small ones are within their bounds; zeros are zeros."""
    with system():
        assert not [m for m in ReleaseMark.objects.for_system() if m.inside != m.version]
        releases = list(Release.objects.for_system().filter(territory__isnull=False))
        networks = {s.pk: str(s.reseau_id or NO_RESEAU) for s in (world.cio, world.mission, world.douai_site)}
        territory_of = {s.pk: s.territory_id for s in (world.cio, world.mission, world.douai_site)}
    assert {r.audience for r in releases} == {Audience.INSIDE, Audience.OUTSIDE}
    shown = hidden = 0
    for release in releases:
        real = slices_of(release, expected, networks, territory_of)
        published = flat(release.cells)
        assert {key for key, n in published.items() if n not in (UNDER, LEFT_OUT)} <= real.keys()
        threshold = THRESHOLDS[Audience(release.audience)]
        for key, count in real.items():
            value = published.get(key, 0)
            if value >= 0:
                assert value == count, key
                assert not 1 <= count <= threshold, f"{key} is shown"
                shown += 1
            elif value == SMALL:
                assert 1 <= count <= threshold, key
                hidden += 1
    assert shown > 50
    assert hidden > 50


def slices_of(
    release: Release, expected: Counter[Figure], networks: dict[int, str], territory_of: dict[int, int]
) -> Slices:
    """Every published figure of a release, summed plainly."""
    found: Slices = Counter()
    for (site, month, dimension, value), n in expected.items():
        mine = release.site_id in (None, site) and territory_of[site] == release.territory_id
        if month.year != release.year or not mine:
            continue
        keys = [("y", ""), ("m", str(month.month))]
        if release.site_id is None:
            keys += [("r", networks[site]), ("s", str(site))]
            if dimension == "contacts":
                found["mr", str(month.month), "", networks[site]] += n
                found["ms", str(month.month), "", str(site)] += n
        for axis, key in keys:
            if is_published(dimension, axis):
                found[axis, dimension, key, value] += n
    return found


def flat(cells: dict) -> dict[tuple[str, str, str, str], int]:
    found = {}
    for axis, dimensions in cells.items():
        for dimension, inner in dimensions.items():
            if axis == "y":
                found |= {(axis, dimension, "", value): n for value, n in inner.items()}
            elif axis in ("mr", "ms"):
                found |= {(axis, dimension, "", key): n for key, n in inner.items()}
            else:
                found |= {
                    (axis, dimension, key, value): n
                    for key, values in inner.items()
                    for value, n in values.items()
                }
    return found
