"""Figures of a country (340 territories). ``python -m tests.bench.figures_measure [--complet]``.

One million fiches by default, ten with ``--complet``; each figure beside the raw statement it replaces.
"""

import argparse
import os
import random
import time
from pathlib import Path

import django
import psycopg
from django.db import connection, connections, transaction
from django.utils import timezone

from tests.bench import national
from tests.bench import place as places
from tests.bench.place import Place
from tests.bench.report import Report, median, quantile

COMPLETE, USUAL = 10_000_000, 1_000_000
_SCRATCH = "CREATE TABLE bench_rollup (LIKE dashboards_rollup INCLUDING ALL)"
_RAW = """
SELECT month, dimension, value, sum(n) FROM (SELECT * FROM counted) AS c GROUP BY 1, 2, 3
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.figures_measure")
    parser.add_argument("--complet", action="store_true", help="dix millions de fiches")
    parser.add_argument("--fiches", type=int, default=0)
    parser.add_argument("--reprendre", action="store_true", help="garde et reprend la base de mesure")
    given = parser.parse_args(arguments)
    fiches = given.fiches or (COMPLETE if given.complet else USUAL)
    place = places.from_environment(f"spo_bench_figures_{fiches}", Path(os.environ["DATA_DIR"]), small=True)
    report = Report()
    try:
        prepare(place, fiches, report, keep=given.reprendre)
        os.environ |= {"DATABASE_URL": place.worker, "DJANGO_SETTINGS_MODULE": "spo_portal.settings.local"}
        django.setup()
        measure(place, report, fiches, rounds=40 if fiches >= USUAL else 5)
    finally:
        connections.close_all()
        if not given.reprendre:
            places.drop(place)
    missed = report.missed()
    report.say("\nTous les objectifs sont tenus." if not missed else "\nManqués : " + ", ".join(missed))
    return 0


def prepare(place: Place, fiches: int, report: Report, *, keep: bool) -> None:
    if keep and places.exists(place):
        place.manage("migrate", "--no-input", "--verbosity", "0")
        return
    report.step("Base de mesure")
    places.create(place)
    count = national.fill(place, fiches=fiches, copies=national.COPIES if fiches >= 50_000 else 1)
    report.step(f"{count} fiches")


def measure(place: Place, report: Report, fiches: int, *, rounds: int) -> None:
    from dashboards.services.rebuild import territories

    count = len(territories(timezone.localdate()))
    asked = f"{fiches:,}".replace(",", "\u202f")
    report.title(f"7. Chiffres de {count} territoires, {asked} fiches")
    rebuilds(place, report)
    reads(report, rounds)
    increments(report, rounds)
    builds(report, min(rounds, 8))


def rebuilds(place: Place, report: Report) -> None:
    """The whole rebuild, nothing there before, against one INSERT … SELECT … GROUP BY of the same figures."""
    from dashboards.services.rebuild import rebuild, territories

    with psycopg.connect(place.admin, dbname=place.name, autocommit=True) as owner:
        owner.execute("SET ROLE spo_owner")
        owner.execute("DROP TABLE IF EXISTS bench_rollup")
        owner.execute(_SCRATCH)
        owner.execute("GRANT INSERT, SELECT ON bench_rollup TO spo_worker")
        owner.execute("TRUNCATE dashboards_rollup")
    floor = _floor()
    with psycopg.connect(place.admin, dbname=place.name, autocommit=True) as owner:
        owner.execute("SET ROLE spo_owner")
        owner.execute("DROP TABLE bench_rollup")
    today = timezone.localdate()
    processes = os.cpu_count() or 1
    spent = []
    for _ in ("from nothing", "again"):
        started = time.perf_counter()
        for _done in rebuild(territories(today), today, processes=processes):
            pass
        spent.append(time.perf_counter() - started)
    with psycopg.connect(place.admin, dbname=place.name, autocommit=True) as owner:
        owner.execute("SET ROLE spo_owner")
        owner.execute("VACUUM ANALYZE dashboards_rollup")
        owner.execute("VACUUM ANALYZE dashboards_releasemark, dashboards_cellstate, dashboards_sitestate")
        rows = owner.execute(
            "SELECT reltuples::bigint, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relname = 'dashboards_rollup'"
        ).fetchone()
    report.row(f"refaire tout ({processes} à la fois)", spent[0], "s", floor=floor, most_ratio=1.5)
    report.row("refaire tout, déjà juste", spent[1], "s", floor=floor, most_ratio=1.5)
    report.note(f"plancher : un seul INSERT … SELECT … GROUP BY de tout ; agrégats : {rows}")


def _floor() -> float:
    from dashboards.services.fill_sql import COUNTED, INTO, parameters
    from spo_portal.kernel.tenancy.scope import SYSTEM, apply

    first = timezone.localdate().replace(year=2000)
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '256MB'")
            cursor.execute("SELECT array_agg(id) FROM territories_site")
            sites = cursor.fetchone()[0]
            started = time.perf_counter()
            cursor.execute(
                COUNTED + f"INSERT INTO {INTO.replace('dashboards_rollup', 'bench_rollup')}"
                " SELECT s.territory_id, s.id, s.reseau_id, month, dimension, value, n"
                " FROM counted JOIN territories_site s ON s.id = counted.site_id",
                parameters(sites, first),
            )
    return time.perf_counter() - started


def reads(report: Report, rounds: int) -> None:
    """A territory and year: the rollups in one query, against counting its fiches."""
    from dashboards.services import build_counts
    from dashboards.services.fill_sql import COUNTED, parameters
    from dashboards.services.rebuild import territories
    from spo_portal.kernel.tenancy.scope import SYSTEM, apply

    today = timezone.localdate()
    january = today.replace(month=1, day=1)
    chosen = [pk for pk, _ in territories(today)]
    rolled, raw = [], []
    for pk in [*chosen[:3], *random.Random(7).sample(chosen, min(len(chosen), rounds // 2))]:
        with transaction.atomic():
            apply(SYSTEM)
            with connection.cursor() as cursor:
                started = time.perf_counter()
                cursor.execute(build_counts._FIGURES, {"territory": pk, "site": None, "year": today.year})
                cursor.fetchall()
                rolled.append(1000 * (time.perf_counter() - started))
                cursor.execute("SELECT array_agg(id) FROM territories_site WHERE territory_id = %s", [pk])
                sites = cursor.fetchone()[0]
                started = time.perf_counter()
                cursor.execute(COUNTED + _RAW, parameters(sites, january))
                cursor.fetchall()
                raw.append(1000 * (time.perf_counter() - started))
    report.row("territoire et année, p50", median(rolled), "ms", floor=median(raw))
    report.row("territoire et année, p95", quantile(rolled, 0.95), "ms", floor=quantile(raw, 0.95))
    report.note("plancher : le GROUP BY des fiches elles-mêmes")


def increments(report: Report, rounds: int) -> None:
    """One more fiche: its cell counted again, states and marks noted, in a transaction of its own."""
    from dashboards.services.fill import fill_cells
    from spo_portal.kernel.outbox import Event
    from spo_portal.kernel.tenancy.scope import SYSTEM, apply

    month = timezone.localdate().replace(day=1)
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT site_id, territory_id, count FROM dashboards_rollup"
                " WHERE month = %s AND dimension = 'contacts' ORDER BY count DESC",
                [month],
            )
            cells = cursor.fetchall()
    chosen = cells[:3] + random.Random(3).sample(cells, min(len(cells), rounds))
    spent = []
    for number, (site, territory, _) in enumerate(chosen):
        event = Event(number, "contacts.fiche_changed", territory, {"site": site, "month": month.isoformat()})
        with transaction.atomic():
            apply(SYSTEM)
            with connection.cursor() as cursor:
                cursor.execute(_COPY, {"site": site, "month": month})
        started = time.perf_counter()
        with transaction.atomic():
            apply(SYSTEM)
            fill_cells([event])
        spent.append(1000 * (time.perf_counter() - started))
    report.row("après une fiche, p50", median(spent[3:]), "ms", most=20)
    report.row("après une fiche, p95", quantile(spent[3:], 0.95), "ms", most=20)
    report.row("lieu le plus chargé", max(spent[:3]), "ms", most=20)
    report.note(f"case la plus chargée : {cells[0][2]} fiches du mois")


_COPY = """
INSERT INTO contacts_fichecontact
SELECT (jsonb_populate_record(f, jsonb_build_object('id', nextval('contacts_fichecontact_id_seq'),
    'uuid', gen_random_uuid(), 'cle_idempotence', gen_random_uuid(),
    'reference', gen_random_uuid()::varchar(32),
    'reoriented', false, 'suite', '', 'suite_at', NULL, 'suite_source', ''))).*
FROM contacts_fichecontact f WHERE site_id = %(site)s AND jour >= %(month)s LIMIT 1
"""


def builds(report: Report, rounds: int) -> None:
    """Publish a territory to its teams: read, mask and store."""
    from dashboards.services.build import build
    from dashboards.services.rebuild import territories

    year = timezone.localdate().year
    todo = territories(timezone.localdate())
    chosen = [*todo[:1], *random.Random(5).sample(todo, min(len(todo), rounds))]
    spent = []
    for pk, _ in chosen:
        started = time.perf_counter()
        build(pk, year)
        spent.append(time.perf_counter() - started)
    report.row("publier un territoire, p50", median(spent[1:]), "s")
    report.row("le plus long des tirés au sort", max(spent[1:]), "s")
    report.row("le plus grand territoire", spent[0], "s")
    report.note("équipes, lieux et tous publics ensemble, masqués conjointement")


if __name__ == "__main__":
    raise SystemExit(main())
