"""Measure 2: pages of figures, beside a trivial view and the statements that would give the same figures."""

import time
from collections.abc import Callable

import psycopg
from django.utils import timezone

from tests.bench import client
from tests.bench.data import PASSWORD, Account, World
from tests.bench.place import Place
from tests.bench.report import Report, median, quantile, words
from tests.bench.scale import Scale

Statement = tuple[str, dict[str, object]]
_MINE = "territory_id = ANY(%(territories)s) AND site_id IS NULL AND audience = 'inside'"
# What the page reads.
_RELEASE = f"""
SELECT year, cells, measures, filled_at FROM dashboards_release
WHERE {_MINE} AND year IN (%(year)s, %(year)s - 1) UNION ALL
SELECT year, cells, measures, filled_at FROM dashboards_release
WHERE region_id = %(region)s AND territory_id IS NULL AND year = %(year)s
"""
_SUMMARIES = f"""
SELECT territory_id, summary, measures, filled_at FROM dashboards_release WHERE {_MINE} AND year = %(year)s
UNION ALL SELECT territory_id, summary -> 'm' -> 'contacts', '{{}}', filled_at FROM dashboards_release
WHERE {_MINE} AND year = %(year)s - 1
"""
# The same figures without releases: this year and the one before, from the rollups.
_BETWEEN = (
    "territory_id = ANY(%(territories)s)"
    " AND month BETWEEN make_date(%(year)s - 1, 1, 1) AND make_date(%(year)s, 12, 1)"
)
_ROLLUPS = f"""
SELECT month, dimension, value, sum(count) FROM dashboards_rollup WHERE {_BETWEEN} GROUP BY 1, 2, 3
UNION ALL SELECT NULL, site_id || ' ' || coalesce(reseau_id, 0), dimension, sum(count) FROM dashboards_rollup
WHERE {_BETWEEN} AND dimension IN ('contacts', 'issue') GROUP BY 2, 3
"""
_REGION_ROLLUPS = f"""
SELECT territory_id, month, dimension, value, sum(count) FROM dashboards_rollup
WHERE {_BETWEEN} AND dimension IN ('contacts', 'issue', 'suite') GROUP BY 1, 2, 3, 4
"""
# And from the fiches themselves.
_FICHES = "SELECT month, dimension, value, sum(n) FROM counted GROUP BY 1, 2, 3"
_REGION_FICHES = """
SELECT territory_id, date_trunc('month', jour::timestamp), reoriented, suite, count(*)
FROM contacts_fichecontact WHERE territory_id = ANY(%(territories)s)
    AND jour BETWEEN make_date(%(year)s - 1, 1, 1) AND make_date(%(year)s, 12, 31) GROUP BY 1, 2, 3, 4
"""


def pages(place: Place, world: World, port: int, bare_port: int, scale: Scale, report: Report) -> None:
    """Territory and year, then the region, through the real server; floors in the same run, in turn."""
    from dashboards.services.fill_sql import COUNTED, parameters

    own, year = world.coordinator.territory_id, timezone.localdate().year
    with psycopg.connect(place.worker, autocommit=True) as bare:
        bare.execute("SELECT set_config('app.system', '1', false)")
        region, all_of_it, sites, fiches = _around(bare, own)
        report.title(f"2. Pages de chiffres ({words(fiches)} fiches, {len(all_of_it)} territoires)")
        given: dict[str, object] = {"territories": [own], "region": region, "year": year}
        first = timezone.localdate().replace(year=year - 1, month=1, day=1)
        page = Page(port, bare_port, bare, scale, report)
        page.measure(
            f"territoire, {len(sites)} lieux", world.coordinator,
            f"/tableau-de-bord/territoire/{own}/", "Contacts par mois", 100,
            [(_RELEASE, given)], [(_ROLLUPS, given)], [(COUNTED + _FICHES, parameters(sites, first))],
        )  # fmt: skip
        given = {"territories": all_of_it, "region": region, "year": year}
        page.measure(
            f"région, {len(all_of_it)} territoires", world.animation, "/tableau-de-bord/region/",
            "Comparer les territoires", 200,
            [(_SUMMARIES, given)], [(_REGION_ROLLUPS, given)], [(_REGION_FICHES, given)],
        )  # fmt: skip


class Page:
    """One page at a time, by one reader."""

    def __init__(
        self, port: int, bare_port: int, bare: psycopg.Connection[tuple[object, ...]], scale: Scale,
        report: Report,
    ) -> None:  # fmt: skip
        self.port, self.bare_port, self.bare = port, bare_port, bare
        self.scale, self.report = scale, report

    def measure(
        self, name: str, reader: Account, path: str, sign: str, most: float,
        releases: list[Statement], rollups: list[Statement], fiches: list[Statement],
    ) -> None:  # fmt: skip
        browser = client.Browser(self.port)
        browser.log_in(reader.email, PASSWORD)
        status, _, text = browser.open("GET", path)
        if status != 200 or sign not in text or "pas encore calculés" in text:
            raise RuntimeError(f"{path}: {status}")
        ask = client.get(path, self.port, browser.cookie)
        plain = client.get("/page/", self.bare_port)
        ours, trivial = client.Load(), client.Load()
        read: list[float] = []
        rolled: list[float] = []
        rounds = max(1, self.scale.rounds // 2)
        if self.scale.warm_up:
            client.run(self.port, lambda n: ask, total=self.scale.pages, clients=1)
        for _ in range(rounds):
            ours.add(client.run(self.port, lambda n: ask, total=self.scale.pages, clients=1))
            trivial.add(client.run(self.bare_port, lambda n: plain, total=self.scale.pages, clients=1))
            read += [self._ms(releases) for _ in range(self.scale.pages)]
            rolled += [self._ms(rollups) for _ in range(max(1, self.scale.pages // 10))]
        if set(ours.statuses) != {200}:
            raise RuntimeError(f"unexpected answers: {ours.statuses}")
        counted = [self._ms(fiches) for _ in range(min(3, self.scale.pages))]
        ms = [second * 1000 for second in ours.seconds]
        empty = [second * 1000 for second in trivial.seconds]
        middle, late = _floor(empty, rolled, median), _floor(empty, rolled, _p95)
        self.report.row(f"{name}, p50", median(ms), "ms", floor=middle, most_ratio=3)
        self.report.row(f"{name}, p95", _p95(ms), "ms", floor=late, most_ratio=3)
        self.report.row(f"{name}, p95", _p95(ms), "ms", most=most)
        self.report.row("  publications seules, p50", median(ms), "ms", floor=_floor(empty, read, median))
        self.report.row("  compter les fiches", median(ms), "ms", floor=median(counted))
        self.report.note(
            f"plancher : vue triviale {words(median(empty))} ms + GROUP BY des agrégats"
            f" {words(median(rolled))} ms ; lire les publications {words(median(read))} ms ;"
            f" page de {len(text) // 1024} Kio"
        )

    def _ms(self, statements: list[Statement]) -> float:
        started = time.perf_counter()
        for sql, parameters in statements:
            self.bare.execute(sql.encode(), parameters).fetchall()
        return (time.perf_counter() - started) * 1000


def _p95(values: list[float]) -> float:
    return quantile(values, 0.95)


def _floor(empty: list[float], sql: list[float], of: Callable[[list[float]], float]) -> float:
    return of(empty) + of(sql)


def _around(
    bare: psycopg.Connection[tuple[object, ...]], territory: int | None
) -> tuple[int, list[int], list[int], int]:
    """Region of the territory, all its territories, the territory's places, fiches of the base."""
    row = bare.execute(
        "SELECT region_id,"
        " (SELECT array_agg(id) FROM territories_territory t WHERE t.region_id = o.region_id),"
        " (SELECT array_agg(id) FROM territories_site s WHERE s.territory_id = o.id),"
        " (SELECT count(*) FROM contacts_fichecontact) FROM territories_territory o WHERE id = %s",
        [territory],
    ).fetchone()
    assert row is not None
    region, territories, sites, fiches = row
    return region, territories, sites, fiches  # type: ignore[return-value]
