"""Measure 10: the coverage of a region and of one territory, on the places of the public directory.

Two thirds of the places bear a label, whose ends are spread over six years. The region's page is asked by its
animation, a territory's by its coordinator; then the territory with the most places, and one region among the
40,000 with few. Each is measured beside a trivial view and the same questions as bare statements, on the
figures the worker keeps; then the region once more when nothing is kept, counted at each reading.
"""

import datetime
import time
from dataclasses import replace

import psycopg
from django.contrib.auth.hashers import make_password

from tests.bench import client
from tests.bench import place as places
from tests.bench.annuaire_measure import fill
from tests.bench.data import PASSWORD
from tests.bench.place import Place
from tests.bench.report import Report, median, quantile, words
from tests.bench.scale import Scale

MOST = 150
# What beat asks every five seconds.
_KEEP = "from labelling.tasks import keep_coverage; keep_coverage()"
SMALL = 2_500
_REGION, _SMALL, _TERRITORY = (f"couverture-{who}@exemple.example" for who in ("region", "petite", "lieu"))
_LABELS = """
INSERT INTO labelling_labellisation
    (status, starts_on, ends_on, decision_number, source, recorded_at, region_id, site_id, territory_id)
SELECT 'labellise', current_date - 400, current_date + 10 + (s.id % 2000)::int, 'M-' || s.id, 'mesure',
    now(), s.region_id, s.id, s.territory_id
FROM territories_site s WHERE s.id % 3 > 0 AND s.reseau_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM labelling_labellisation l WHERE l.site_id = s.id)
"""
_USER = """
INSERT INTO territories_user (password, is_superuser, email, display_name, is_active, is_demo)
VALUES (%s, false, %s, 'Mesure', true, false) RETURNING id
"""
_MEMBER = """
INSERT INTO territories_membership (user_id, role, region_id, territory_id, scope_label, starts_on)
VALUES (%s, %s, %s, %s, 'Mesure', %s)
"""
# Places of a region by their number: the largest first, and the territory that has the most.
_WHERE = """
SELECT region_id, (array_agg(territory_id ORDER BY n DESC))[1], sum(n)::int
FROM (SELECT region_id, territory_id, count(*) AS n FROM territories_site GROUP BY 1, 2) AS t
GROUP BY 1 ORDER BY 3 DESC LIMIT 2
"""
# The same questions with nothing around them: what is there, what is labelled, which weeks, which communes.
_FLOOR = (
    "SELECT territory_id, reseau_id, count(*) FROM territories_site WHERE {where} AND active GROUP BY 1, 2",
    "SELECT s.territory_id, s.reseau_id, count(*) FROM labelling_labellisation l JOIN territories_site s"
    " ON s.id = l.site_id WHERE l.{where} AND l.starts_on <= current_date AND l.ends_on >= current_date"
    " AND s.active GROUP BY 1, 2",
    "SELECT s.territory_id, range_agg(k.walk_week) FROM territories_sitesearch k JOIN territories_site s"
    " ON s.id = k.site_id WHERE s.{where} AND k.active AND NOT k.training GROUP BY 1",
    "SELECT code_insee, latitude, longitude FROM territories_commune WHERE {where}",
)


def coverage(place: Place, scale: Scale, report: Report) -> None:
    """The accounts and the labels, then each page. ``place`` is filled by the measure of the directory."""
    large, small = _settle(place, few=min(SMALL, scale.directory))
    port, bare_port = places.free_port(), places.free_port()
    report.title(f"10. Couverture ({words(large[2])} lieux d’une région)")
    with (
        psycopg.connect(place.worker, autocommit=True) as bare,
        place.process("web", "web", port),
        place.bare(bare_port),
    ):
        bare.execute("SELECT set_config('app.system', '1', false)")
        path = "/labels/couverture/"
        of_region, of_territory = "region_id = %s", "territory_id = %s"
        ports = (port, bare_port)
        _measure(bare, "région", _REGION, path, (of_region, large[0]), ports, scale, report)
        own = f"{path}{large[1]}/"
        _measure(bare, "territoire", _TERRITORY, own, (of_territory, large[1]), ports, scale, report)
        name = f"région de {words(small[2])} lieux"
        _measure(bare, name, _SMALL, path, (of_region, small[0]), ports, scale, report)
        bare.execute("DELETE FROM labelling_coveragefigures")
        name = "région, rien de gardé"
        again = replace(scale, pages=max(1, scale.pages // 4))
        _measure(bare, name, _REGION, path, (of_region, large[0]), ports, again, report, most=None)


def _settle(place: Place, few: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Region, its largest territory and its number of places: of the largest region, and of the next."""
    with psycopg.connect(place.owner, autocommit=True) as owner:
        owner.execute("SELECT set_config('app.system', '1', false)")
        rows = owner.execute(_WHERE.encode()).fetchall()
        if int(rows[1][2]) < few:
            # A region of an ordinary size beside the one that has them all.
            fill(owner, int(rows[1][0]), few, first=2_000_000)
            rows = owner.execute(_WHERE.encode()).fetchall()
        large, small = ((int(row[0]), int(row[1]), int(row[2])) for row in rows)
        owner.execute(_LABELS.encode())
        password, since = make_password(PASSWORD), datetime.date(2020, 1, 1)
        for email, role, region, territory in (
            (_REGION, "animation", large[0], None),
            (_SMALL, "animation", small[0], None),
            (_TERRITORY, "coordinateur", large[0], large[1]),
        ):
            if owner.execute("SELECT FROM territories_user WHERE email = %s", [email]).fetchone() is None:
                row = owner.execute(_USER.encode(), [password, email]).fetchone()
                assert row is not None
                owner.execute(_MEMBER.encode(), [row[0], role, region, territory, since])
        place.manage("shell", "-c", _KEEP, role="worker")
        owner.execute("VACUUM ANALYZE")
    return large, small


def _measure(
    bare: psycopg.Connection[tuple[object, ...]], name: str, email: str, path: str, asked: tuple[str, int],
    ports: tuple[int, int], scale: Scale, report: Report, *, most: int | None = MOST,
) -> None:  # fmt: skip
    port, bare_port = ports
    browser = client.Browser(port)
    browser.log_in(email, PASSWORD)
    status, _, text = browser.open("GET", path)
    if status != 200 or "couverture" not in text.lower():
        raise RuntimeError(f"{path}: {status}")
    ask, plain = client.get(path, port, browser.cookie), client.get("/page/", bare_port)
    ours, trivial, read = client.Load(), client.Load(), []
    if scale.warm_up:
        client.run(port, lambda n: ask, total=12, clients=1)
    for _ in range(max(1, scale.rounds // 2)):
        ours.add(client.run(port, lambda n: ask, total=scale.pages, clients=1))
        trivial.add(client.run(bare_port, lambda n: plain, total=scale.pages, clients=1))
        read += [_ms(bare, *asked) for _ in range(max(1, scale.pages // 4))]
    if set(ours.statuses) != {200}:
        raise RuntimeError(f"{name}: {ours.statuses}")
    ms, empty = ([second * 1000 for second in load.seconds] for load in (ours, trivial))
    report.row(f"{name}, p50", median(ms), "ms", floor=median(empty) + median(read))
    late = quantile(empty, 0.95) + quantile(read, 0.95)
    report.row(f"{name}, p95", quantile(ms, 0.95), "ms", floor=late)
    if most is not None:
        report.row(f"{name}, p95", quantile(ms, 0.95), "ms", most=most)
    report.note(
        f"plancher : vue triviale {words(median(empty))} ms + lecture nue {words(median(read))} ms ;"
        f" page de {len(text) // 1024} Kio"
    )


def _ms(bare: psycopg.Connection[tuple[object, ...]], where: str, key: int) -> float:
    started = time.perf_counter()
    for sql in _FLOOR:
        bare.execute(sql.format(where=where).encode(), [key]).fetchall()
    return (time.perf_counter() - started) * 1000
