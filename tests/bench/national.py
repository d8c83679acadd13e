"""A country of fiches: the built-in reference ten times over (340 territories), filled by SQL alone.

Sites are unequal (the busiest makes some 1,300 fiches a month at ten million), twenty-four months, no rollup.
"""

import psycopg

from tests.bench.place import Place

COPIES = 10
MONTHS = 24

# Every row again under other keys: jsonb_populate_record keeps the columns that are not named.
_TERRITORIES = """
INSERT INTO territories_territory
SELECT (jsonb_populate_record(t, jsonb_build_object('id', m.id * 1000 + n, 'code', t.code || '-' || n,
    'reference_id', left(t.reference_id, 20) || '-' || n))).*
FROM territories_territory t JOIN (SELECT id FROM territories_territory) m USING (id),
    generate_series(1, %(copies)s) AS n
WHERE %(region)s::bigint IS NULL OR t.region_id = %(region)s
"""
_SITES = """
INSERT INTO territories_site
SELECT (jsonb_populate_record(s, jsonb_build_object('id', s.id * 1000 + n, 'territory_id',
    s.territory_id * 1000 + n, 'reference_id', left(s.reference_id, 76) || '-' || n))).*
FROM territories_site s JOIN territories_organisation o ON o.id = s.organisation_id,
    generate_series(1, %(copies)s) AS n
WHERE s.reseau_id IS NOT NULL AND NOT o.is_training_body
    AND (%(region)s::bigint IS NULL OR s.region_id = %(region)s)
"""
_REGION = """
SELECT s.region_id FROM territories_site s JOIN territories_organisation o ON o.id = s.organisation_id
WHERE s.reseau_id IS NOT NULL AND NOT o.is_training_body ORDER BY s.id LIMIT 1
"""
# The territory of the first place gets as many as the largest ones have.
_PLACES = """
INSERT INTO territories_site
SELECT (jsonb_populate_record(s, jsonb_build_object('id', s.id * 1000 + 500 + n,
    'code', 'L' || s.id || '.' || n, 'name', left(s.name, 190) || ' ' || n + 1,
    'reference_id', left(s.reference_id, 70) || '+' || n))).*
FROM (
    SELECT s.id, row_number() OVER (ORDER BY s.id) AS rank, count(*) OVER () AS there
    FROM territories_site s JOIN territories_organisation o ON o.id = s.organisation_id
    WHERE s.reseau_id IS NOT NULL AND NOT o.is_training_body AND s.territory_id = (
        SELECT territory_id FROM territories_site x
        JOIN territories_organisation p ON p.id = x.organisation_id
        WHERE x.reseau_id IS NOT NULL AND NOT p.is_training_body ORDER BY x.id LIMIT 1)
) AS k JOIN territories_site s USING (id), generate_series(1, %(places)s) AS n
WHERE there + (n - 1) * there + rank <= %(places)s
"""
_DESKS = """
CREATE TABLE bench_desk AS
SELECT s.id, s.region_id, s.territory_id, s.reseau_id, t.short_code, s.code,
    row_number() OVER (ORDER BY s.id) AS n,
    (SELECT id FROM contacts_listversion v WHERE v.region_id = s.region_id ORDER BY starts_on DESC LIMIT 1)
        AS version_id,
    array(SELECT x.id FROM territories_site x JOIN territories_organisation p ON p.id = x.organisation_id
          WHERE x.territory_id = s.territory_id AND x.id <> s.id AND x.reseau_id IS NOT NULL
            AND NOT p.is_training_body ORDER BY x.id) AS near
FROM territories_site s JOIN territories_territory t ON t.id = s.territory_id
JOIN territories_organisation o ON o.id = s.organisation_id
WHERE s.reseau_id IS NOT NULL AND NOT o.is_training_body
"""
_FICHES = """
INSERT INTO contacts_fichecontact (uuid, cle_idempotence, reference, territory_id, site_id, reseau_id,
    list_version_id, jour, canal, sexe, age, statut, demandes, reponses, precisions, reoriented, entry, suite,
    suite_at, suite_source, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), short_code || '-' || code || '-' || number, territory_id, id,
    reseau_id, version_id, jour,
    (ARRAY['sur_place', 'sur_place', 'sur_place', 'telephone', 'courriel'])[1 + c],
    (ARRAY['femme', 'femme', 'homme', 'homme', ''])[1 + s],
    (ARRAY['moins_26', 'plus_26', 'plus_26', ''])[1 + a],
    statut, CASE WHEN d1 = d2 THEN ARRAY[d1] ELSE ARRAY[least(d1, d2), greatest(d1, d2)] END,
    CASE WHEN r > 7 THEN '{}'::smallint[] ELSE ARRAY[r::smallint] END, '', sent, 'ecran',
    CASE WHEN sent THEN said ELSE '' END,
    CASE WHEN sent AND said <> '' THEN jour + interval '10 hours' + wait * interval '1 day' END,
    CASE WHEN sent AND said <> '' THEN 'personne' ELSE '' END, jour + interval '10 hours' + late
FROM (
    SELECT desk.*, number, %(first)s::date + (random() * %(days)s)::int AS jour,
        (random() * 5)::int %% 5 AS c, (random() * 5)::int %% 5 AS s, (random() * 4)::int %% 4 AS a,
        (1 + (random() * 9)::int)::smallint AS statut, (1 + (random() * 6)::int)::smallint AS d1,
        (1 + (random() * 6)::int)::smallint AS d2, 1 + (random() * 9)::int AS r,
        random() < 0.4 AND cardinality(near) > 0 AS sent,
        (ARRAY['', '', 'recue', 'recue', 'rendez_vous', 'jamais_venue'])[1 + (random() * 6)::int %% 6]
            AS said,
        (random() * 30)::int AS wait, CASE WHEN random() < 0.1 THEN interval '6 days' ELSE '0' END AS late
    FROM bench_desk desk,
        generate_series(1, greatest(1, (%(total)s / (1 + desk.n %% 37) / %(weight)s)::int)) AS number
    OFFSET 0
) AS drawn
"""
_DESTINATIONS = """
INSERT INTO contacts_fichedestination (fiche_id, region_id, origin_id, site_id, position, rdv_place, rdv_with)
SELECT f.id, d.region_id, d.id, d.near[1 + f.id % cardinality(d.near)], 1, '', ''
FROM contacts_fichecontact f JOIN bench_desk d ON d.id = f.site_id WHERE f.reoriented
"""


def spread(
    connection: psycopg.Connection[tuple[object, ...]], copies: int, *, places: int = 0, crowd: bool = False
) -> None:
    """Territories and places ``copies`` times over; with ``crowd``, those of the first place's region only.

    ``places``: how many the territory of the first place gets.
    """
    connection.execute("SET ROLE spo_owner")
    connection.execute("SELECT set_config('app.system', '1', false)")
    if places:
        connection.execute(_PLACES, {"places": places})
    row = connection.execute(_REGION).fetchone() if crowd else None
    for statement in (_TERRITORIES, _SITES):
        connection.execute(statement, {"copies": copies - 1, "region": row[0] if row else None})
    connection.execute("ANALYZE territories_site, territories_territory")


def fill(place: Place, *, fiches: int, copies: int = COPIES) -> int:
    """Write the territories, their sites and ``fiches`` fiches; return how many there are."""
    with psycopg.connect(place.admin, dbname=place.name, autocommit=True) as connection:
        strong = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        if strong and strong[0]:
            # Keys come from the tables themselves: ten million rows need not look five parents up.
            connection.execute("SET session_replication_role = replica")
        spread(connection, copies)
        connection.execute("SELECT setseed(0.2013)")
        connection.execute(_DESKS)
        row = connection.execute(
            "SELECT sum(1.0 / (1 + n % 37)), (now() AT TIME ZONE 'Europe/Paris')::date FROM bench_desk"
        ).fetchone()
        assert row is not None
        weight, today = row
        index = today.year * 12 + today.month - MONTHS
        first = today.replace(year=index // 12, month=index % 12 + 1, day=1)

        given = {"first": first, "days": (today - first).days, "total": fiches, "weight": weight}
        connection.execute(_FICHES, given)
        connection.execute("VACUUM ANALYZE contacts_fichecontact")
        connection.execute(_DESTINATIONS)
        connection.execute("VACUUM ANALYZE contacts_fichedestination")
        count = connection.execute("SELECT count(*) FROM contacts_fichecontact").fetchone()
    assert count is not None
    return int(count[0])
