"""Measure 9: « Où s’adresser ? » on 40,000 places of one region, through the real server, on its own base.

Places stand round the region's real communes; half of them are open at any moment, whatever the hour of the
run. Each question is asked beside a trivial view and the same question as a bare statement, without policy.
"""

import time
from urllib.parse import urlencode

import psycopg

from tests.bench import client
from tests.bench import place as places
from tests.bench.place import Place
from tests.bench.report import Report, median, quantile, words
from tests.bench.scale import Scale

MOST = 60
_TEMPLATE = """
SELECT s.region_id, r.slug FROM territories_site s JOIN territories_region r ON r.id = s.region_id
WHERE s.reseau_id IS NOT NULL ORDER BY s.id LIMIT 1
"""
# Each commune of the region in turn, each network in turn, a point within some kilometres.
_SITES = """
INSERT INTO territories_site
SELECT (jsonb_populate_record(m, jsonb_build_object('id', %(first)s + n, 'territory_id', c.territory_id,
    'commune_id', c.code_insee, 'reseau_id', x.id, 'direction', '', 'organisation_id', o.id, 'active', true,
    'name', left(x.name || ' de ' || c.name || ' ' || n, 200), 'city', c.name, 'postcode', c.postcodes[1],
    'reference_id', 'mesure-' || %(first)s + n, 'code', 'M' || %(first)s + n,
    'wheelchair', (ARRAY['oui', 'non', '', 'sur_demande'])[1 + n %% 4],
    'latitude', round((c.latitude + (random() - 0.5) / 10)::numeric, 5),
    'longitude', round((c.longitude + (random() - 0.5) / 10)::numeric, 5)))).*
FROM generate_series(1, %(places)s) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY code_insee) AS k FROM territories_commune
      WHERE region_id = %(region)s AND latitude IS NOT NULL) AS c
  ON c.k = 1 + n %% (SELECT count(*) FROM territories_commune
                     WHERE region_id = %(region)s AND latitude IS NOT NULL)
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS k FROM territories_reseau
      WHERE region_id = %(region)s) AS x
  ON x.k = 1 + n / 1000 %% (SELECT count(*) FROM territories_reseau WHERE region_id = %(region)s)
CROSS JOIN (SELECT id FROM territories_organisation WHERE region_id = %(region)s AND NOT is_training_body
            ORDER BY id LIMIT 1) AS o
JOIN territories_site m ON m.id = (
    SELECT min(id) FROM territories_site WHERE region_id = %(region)s AND reseau_id IS NOT NULL)
"""
_SLOTS = """
INSERT INTO territories_openingslot (site_id, region_id, weekday, start, "end", walk_in)
SELECT s.id, s.region_id, d, t * 60, t * 60 + 240, (s.id / 8 + t) %% 2 = 0
FROM territories_site s, generate_series(0, 6) AS d,
    LATERAL (VALUES ((s.id %% 8)::int), ((s.id %% 8)::int + 10)) AS v(t)
WHERE s.id > %(first)s AND s.id <= %(first)s + %(places)s
"""
_CLOSURES = """
INSERT INTO territories_closure (site_id, region_id, first_day, last_day, reason)
SELECT id, region_id, current_date - 3, current_date + 3, 'Inventaire' FROM territories_site
WHERE id > %(first)s AND id <= %(first)s + %(places)s AND id %% 50 = 0
"""
_FLOOR = """
SELECT site_id, count(*) OVER () FROM territories_sitesearch
WHERE region_id = %(region)s AND active AND NOT training {where} ORDER BY {order} LIMIT 20
"""
_OPEN = (
    " AND open_week @> %(minute)s::int AND site_id NOT IN (SELECT site_id FROM territories_closure"
    " WHERE first_day <= current_date AND last_day >= current_date)"
)
_BOX = " AND latitude BETWEEN %(south)s AND %(north)s AND longitude BETWEEN %(west)s AND %(east)s"
_ROWS = (
    "SELECT * FROM territories_site WHERE id = ANY (%(ids)s)",
    "SELECT * FROM territories_openingslot WHERE site_id = ANY (%(ids)s)",
)


def prepare(place: Place, scale: Scale, report: Report, *, keep: bool = False) -> None:
    """The base and its places; ``keep`` takes those of the run before."""
    if keep and places.exists(place):
        place.manage("migrate", "--no-input", "--verbosity", "0")
        return
    report.step(f"{scale.directory} lieux d’une région")
    places.create(place)
    _fill(place, scale.directory)


def directory(place: Place, scale: Scale, report: Report) -> None:
    """Ask each question of the places that ``prepare`` made."""
    with psycopg.connect(place.worker, autocommit=True) as bare:
        bare.execute("SELECT set_config('app.system', '1', false)")
        row = bare.execute(_TEMPLATE).fetchone()
        count = bare.execute("SELECT count(*) FROM territories_sitesearch").fetchone()
        assert row is not None
        assert count is not None
        region, slug = row
        report.title(f"9. Annuaire public ({words(int(str(count[0])))} lieux d’une région)")
        port, bare_port = places.free_port(), places.free_port()
        with place.process("web", "web", port), place.bare(bare_port):
            _measure(bare, int(str(region)), f"/ou-s-adresser/{slug}/", port, bare_port, scale, report)


def _fill(place: Place, count: int) -> None:
    with psycopg.connect(place.owner, autocommit=True) as owner:
        owner.execute("SELECT set_config('app.system', '1', false), setseed(0.2013)")
        row = owner.execute(_TEMPLATE).fetchone()
        assert row is not None
        fill(owner, int(str(row[0])), count, first=1_000_000)
        # What autovacuum does within minutes on a live server.
        owner.execute("VACUUM ANALYZE")


def fill(owner: psycopg.Connection[tuple[object, ...]], region: int, count: int, *, first: int) -> None:
    """Places of one region with their hours, numbered after ``first``."""
    for statement in (_SITES, _SLOTS, _CLOSURES):
        owner.execute(statement.encode(), {"region": region, "places": count, "first": first})


def _measure(
    bare: psycopg.Connection[tuple[object, ...]], region: int, path: str, port: int, bare_port: int,
    scale: Scale, report: Report,
) -> None:  # fmt: skip
    town = bare.execute(
        "SELECT code_insee, name, round(latitude * 100000)::int, round(longitude * 100000)::int"
        " FROM territories_commune WHERE region_id = %s ORDER BY population DESC NULLS LAST LIMIT 1",
        [region],
    ).fetchone()
    assert town is not None
    code, name, latitude, longitude = (str(value) for value in town)
    minute = bare.execute(
        "SELECT (extract(isodow FROM n)::int - 1) * 1440 + extract(hour FROM n)::int * 60"
        " + extract(minute FROM n)::int FROM (SELECT now() AT TIME ZONE 'Europe/Paris' AS n) AS t"
    ).fetchone()
    assert minute is not None
    given: dict[str, object] = {
        "region": region, "minute": minute[0], "south": int(latitude) - 9000, "north": int(latitude) + 9000,
        "west": int(longitude) - 14000, "east": int(longitude) + 14000,
    }  # fmt: skip
    text = " AND vector @@ to_tsquery('simple', '{}')".format
    near, drawn = "abs(latitude - %(south)s)", "hashint8extended(site_id, 1)"
    asked: list[tuple[str, dict[str, object], str, str]] = [
        ("toute la région", {}, "", drawn),
        ("un nom", {"q": f"mission locale {name}"}, text("mission:* & locale:*"), drawn),
        ("un nom mal écrit", {"q": "misson local"}, text("mission & local:*"), drawn),
        ("autour d’une commune", {"commune": code}, _BOX, near),
        ("ouvert maintenant", {"ouvert": 1}, _OPEN, drawn),
        ("commune, ouvert", {"commune": code, "ouvert": 1, "sans_rdv": 1}, _BOX + _OPEN, near),
        ("une question", {"question": 2, "age": "moins_26"}, " AND network IS NOT NULL", drawn),
        (
            "tous les filtres",
            {
                "commune": code, "q": "mission", "question": 2, "statut": 5, "age": "moins_26", "ouvert": 1,
                "sans_rdv": 1, "samedi": 1, "fauteuil": 1, "rayon": 50,
            },
            _BOX + _OPEN + text("mission:*") + " AND saturday", near,
        ),
    ]  # fmt: skip
    everything = client.Load()
    plain = client.get("/page/", bare_port)
    for title, query, where, order in asked:
        # No cache in front of the server: each page is made anew, its search at most once a minute.
        ask = client.get(f"{path}?{urlencode(query)}", port)
        statement = _FLOOR.format(where=where, order=order)
        ours, trivial, read = client.Load(), client.Load(), []
        if scale.warm_up:
            client.run(port, lambda n, ask=ask: ask, total=12, clients=1)
        for _ in range(max(1, scale.rounds // 2)):
            ours.add(client.run(port, lambda n, ask=ask: ask, total=scale.pages, clients=1))
            trivial.add(client.run(bare_port, lambda n: plain, total=scale.pages, clients=1))
            read += [_ms(bare, statement, given) for _ in range(max(1, scale.pages // 4))]
        if set(ours.statuses) != {200}:
            raise RuntimeError(f"{title}: {ours.statuses}")
        everything.add(ours)
        ms, empty = _ms_of(ours), _ms_of(trivial)
        report.row(f"{title}, p50", median(ms), "ms", floor=median(empty) + median(read))
        late = quantile(empty, 0.95) + quantile(read, 0.95)
        report.row(f"{title}, p95", quantile(ms, 0.95), "ms", floor=late)
        report.row(f"{title}, p95", quantile(ms, 0.95), "ms", most=MOST)
    report.row("toutes ensemble, p95", quantile(_ms_of(everything), 0.95), "ms", most=MOST)


def _ms_of(load: client.Load) -> list[float]:
    return [second * 1000 for second in load.seconds]


def _ms(bare: psycopg.Connection[tuple[object, ...]], statement: str, given: dict[str, object]) -> float:
    """The same question with nothing around it: the keys and the count, the places, their hours."""
    started = time.perf_counter()
    ids = [row[0] for row in bare.execute(statement.encode(), given).fetchall()]
    for sql in _ROWS:
        bare.execute(sql.encode(), {"ids": ids}).fetchall()
    return (time.perf_counter() - started) * 1000
