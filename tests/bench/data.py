"""Generated fiches: unequal territories and sites, two years of months, opened accounts. No person, no
precision.

Rows go in by COPY to a staging table, then by one INSERT under the worker's role and the system scope (COPY
itself
is refused under row-level security).
"""

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from django.contrib.auth.hashers import make_password

from tests.bench.national import spread
from tests.bench.place import Place

PASSWORD = "un mot de passe de mesure"
MONTHS = 23
_CANAUX = ("sur_place",) * 7 + ("telephone",) * 2 + ("courriel",)
_SEXES = ("femme",) * 10 + ("homme",) * 9 + ("",)
_AGES = ("moins_26",) * 10 + ("plus_26",) * 9 + ("",)
_STATUTS = (1, 1, 2, 3, 3, 4, 5, 5, 5, 5, 6, 7, 8, 9, 10)
_SUITES = ("",) * 5 + ("recue",) * 3 + ("rendez_vous", "jamais_venue")

_STAGE = (
    "CREATE UNLOGGED TABLE stage (id bigint DEFAULT nextval('contacts_fichecontact_id_seq'), site_id bigint,"
    " number int, jour date, canal text, sexe text, age text, statut smallint, demandes smallint[],"
    " reponses smallint[], toward bigint, suite text)"
)
_FICHES = """
INSERT INTO contacts_fichecontact (id, uuid, cle_idempotence, reference, territory_id, site_id, reseau_id,
    list_version_id, jour, canal, sexe, age, statut, demandes, reponses, precisions, reoriented, entry, suite,
    suite_at, suite_source, created_at)
SELECT g.id, gen_random_uuid(), gen_random_uuid(),
    format('%s-%s-%s-%s', t.short_code, s.code, to_char(g.jour, 'YY'), lpad(g.number::text, 6, '0')),
    s.territory_id, s.id, s.reseau_id, v.id, g.jour, g.canal, g.sexe, g.age, g.statut, g.demandes, g.reponses,
    '', g.toward IS NOT NULL, 'ecran', g.suite, CASE WHEN g.suite <> '' THEN g.jour + interval '9 days' END,
    CASE WHEN g.suite <> '' THEN 'personne' ELSE '' END, g.jour + interval '10 hours'
FROM stage g JOIN territories_site s ON s.id = g.site_id JOIN territories_territory t ON t.id = s.territory_id
JOIN LATERAL (
    SELECT id FROM contacts_listversion WHERE region_id = s.region_id ORDER BY starts_on DESC LIMIT 1
) v ON true
"""
_DESTINATIONS = """
INSERT INTO contacts_fichedestination (fiche_id, region_id, origin_id, site_id, position, rdv_place, rdv_with)
SELECT g.id, s.region_id, g.site_id, g.toward, 1, '', ''
FROM stage g JOIN territories_site s ON s.id = g.site_id
WHERE g.toward IS NOT NULL
"""
_COUNTERS = """
INSERT INTO contacts_referencecounter (site_id, year, last)
SELECT site_id, extract(year FROM jour)::smallint, max(number) FROM stage GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Account:
    """One login and the scope of its mandate."""

    email: str
    site_id: int | None
    # None: the whole region.
    territory_id: int | None


@dataclass(frozen=True)
class World:
    """What the measures use: counsellors of eight sites, the biggest site's référent and coordinator, and
    who runs the region."""

    counsellors: tuple[Account, ...]
    referent: Account
    coordinator: Account
    animation: Account
    destination_id: int


def fill(place: Place, *, fiches: int, today: datetime.date, copies: int = 1, places: int = 0) -> World:
    """Write ``fiches`` fiches, their rollups and the accounts; return what the measures log in with.

    ``copies`` and ``places``: see ``national.spread``; all the copies are in one region.
    """
    with psycopg.connect(place.owner, autocommit=True) as owner:
        owner.execute(_STAGE)
        owner.execute("GRANT SELECT, INSERT ON stage TO spo_worker")
    with psycopg.connect(place.admin, dbname=place.name, autocommit=True) as connection:
        strong = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        if strong and strong[0]:
            # The generator takes its ids from the tables: a million rows need not look five parents up.
            connection.execute("SET session_replication_role = replica")
        if copies > 1 or places:
            spread(connection, copies, places=places, crowd=True)
        connection.execute("SET ROLE spo_worker")
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SELECT set_config('app.system', '1', false)")
        sites = connection.execute(
            "SELECT s.id, s.region_id, s.territory_id FROM territories_site s JOIN territories_organisation o"
            " ON o.id = s.organisation_id WHERE s.reseau_id IS NOT NULL AND NOT o.is_training_body"
            " ORDER BY s.id"
        ).fetchall()
        columns = "site_id, number, jour, canal, sexe, age, statut, demandes, reponses, toward, suite"
        with connection.cursor().copy(f"COPY stage ({columns}) FROM STDIN") as copy:
            for block in _rows(sites, fiches, today):
                copy.write(block)
        _settle(place, "stage")
        for statement in (_FICHES, _DESTINATIONS, _COUNTERS):
            connection.execute(statement)
        _settle(place, "contacts_fichecontact, contacts_fichedestination, contacts_referencecounter")
        _accounts(connection, today)
    with psycopg.connect(place.owner, autocommit=True) as owner:
        owner.execute("DROP TABLE stage")
    place.manage("rebuild_rollups", role="worker")
    _settle(place, "dashboards_rollup")
    return find(place)


def _settle(place: Place, tables: str) -> None:
    """What autovacuum does within minutes on a live server."""
    with psycopg.connect(place.owner, autocommit=True) as connection:
        connection.execute(f"VACUUM ANALYZE {tables}")


def _rows(sites: list[tuple[int, int, int]], total: int, today: datetime.date) -> Iterator[str]:
    """Lines of COPY: the first site holds a tenth of everything, the others share the rest unequally."""
    choose = random.Random(20131001)
    near: dict[int, list[int]] = {}
    for site, _, territory in sites:
        near.setdefault(territory, []).append(site)
    weights = [total * 0.1] + [1 / (1 + n % 37) for n in range(1, len(sites))]
    rest = sum(weights[1:])
    weights = [weights[0], *(total * 0.9 * w / rest for w in weights[1:])]
    first = _months_before(today.replace(day=1), MONTHS)
    days = (today - first).days
    lines: list[str] = []
    for (site, _, territory), weight in zip(sites, weights, strict=True):
        toward = [other for other in near[territory] if other != site]
        numbers: dict[int, int] = {}
        for _ in range(max(1, round(weight))):
            jour = first + datetime.timedelta(days=int(days * choose.random()))
            number = numbers[jour.year] = numbers.get(jour.year, 0) + 1
            roll = choose.random()
            sent = choose.choice(toward) if toward and roll < 0.4 else None
            demandes = sorted({choose.randint(1, 7), choose.randint(1, 7)})
            reponses = f"{choose.randint(1, 7)}" if roll > 0.3 else ""
            lines.append(
                f"{site}\t{number}\t{jour}\t{choose.choice(_CANAUX)}\t{choose.choice(_SEXES)}\t{choose.choice(_AGES)}\t"
                f"{choose.choice(_STATUTS)}\t{{{','.join(map(str, demandes))}}}\t{{{reponses}}}\t"
                f"{sent if sent else chr(92) + 'N'}\t{choose.choice(_SUITES) if sent else ''}\n"
            )
        if len(lines) > 20_000:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _months_before(month: datetime.date, months: int) -> datetime.date:
    index = month.year * 12 + month.month - 1 - months
    return datetime.date(index // 12, index % 12 + 1, 1)


def _accounts(connection: psycopg.Connection[tuple[object, ...]], today: datetime.date) -> None:
    password = make_password(PASSWORD)
    big = connection.execute(
        "SELECT site_id, territory_id FROM contacts_fichecontact"
        " GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1"
    ).fetchone()
    assert big is not None
    site_id, territory_id = big
    desks = connection.execute(
        "SELECT s.id, s.territory_id FROM territories_site s"
        " JOIN territories_organisation o ON o.id = s.organisation_id"
        " WHERE s.region_id = (SELECT region_id FROM territories_site WHERE id = %s)"
        " AND s.reseau_id IS NOT NULL AND NOT o.is_training_body AND s.id <> %s ORDER BY s.id LIMIT 8",
        [site_id, site_id],
    ).fetchall()
    plan = [("conseiller", site, territory) for site, territory in desks[:8]]
    plan += [("referent", site_id, territory_id), ("coordinateur", None, territory_id)]
    plan += [("animation", None, None)]
    for number, (role, site, territory) in enumerate(plan, 1):
        user = connection.execute(
            "INSERT INTO territories_user (password, is_superuser, email, display_name, is_active, is_demo)"
            " VALUES (%s, false, %s, %s, true, false) RETURNING id",
            [password, f"mesure{number}@exemple.example", f"Mesure {number}"],
        ).fetchone()
        assert user is not None
        connection.execute(
            "INSERT INTO territories_membership"
            " (user_id, role, region_id, territory_id, site_id, scope_label, starts_on)"
            " SELECT %s, %s, t.region_id, %s, %s, t.name, %s FROM territories_territory t WHERE t.id = %s",
            [user[0], role, territory, site, today - datetime.timedelta(days=30), territory_id],
        )


def find(place: Place) -> World:
    """The accounts of a database filled before."""
    with psycopg.connect(place.worker, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.system', '1', false)")
        rows = connection.execute(
            "SELECT m.role, u.email, m.site_id, m.territory_id FROM territories_membership m"
            " JOIN territories_user u ON u.id = m.user_id WHERE u.email LIKE 'mesure%%' ORDER BY u.id"
        ).fetchall()
        if "animation" not in {row[0] for row in rows}:
            raise RuntimeError("Cette base vient d’une version d’avant : relancez sans --reprendre.")
        accounts = [(role, Account(email, site, territory)) for role, email, site, territory in rows]
        counsellors = tuple(account for role, account in accounts if role == "conseiller")
        destination = connection.execute(
            "SELECT s.id FROM territories_site s JOIN territories_organisation o ON o.id = s.organisation_id"
            " WHERE s.region_id = (SELECT region_id FROM territories_site WHERE id = %s)"
            " AND s.reseau_id IS NOT NULL"
            " AND s.active AND NOT o.is_training_body AND NOT s.id = ANY(%s) ORDER BY s.id DESC LIMIT 1",
            [counsellors[0].site_id, [account.site_id for account in counsellors]],
        ).fetchone()
    assert destination is not None
    by_role = dict(accounts)
    return World(
        counsellors, by_role["referent"], by_role["coordinateur"], by_role["animation"], int(destination[0])
    )
