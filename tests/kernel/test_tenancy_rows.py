"""SQL attacks under the web role: each tenant table, each verb, each way round. 0 row, 0 effect (goal I5)."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from contacts.models import FicheContact
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from tests.factories import World, acting_as_role, make_fiche, system
from tests.kernel.tenancy_rows import fill_every_table
from tests.kernel.test_tenancy_catalog import BY_PERSON, BY_REGION, rows, tenant_tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(world: World) -> World:
    fill_every_table(world)
    return world


@contextmanager
def undone() -> Iterator[None]:
    """A savepoint that is always rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def locked_tables() -> list[str]:
    return [*tenant_tables(), *BY_REGION, *BY_PERSON, "kernel_auditevent", "kernel_outboxevent"]


def desk(world: World) -> Scope:
    """The scope of a counsellor at the CIO of Lille."""
    return world.actor("conseiller").scope


def keys(table: str) -> list[str]:
    """Identity of every row, read as the system."""
    with system():
        return [ctid for (ctid,) in rows(f"SELECT ctid::text FROM {table}")]


def foreign(table: str, scope: Scope) -> list[str]:
    """Rows of ``table`` that ``scope`` can't see."""
    everything = keys(table)
    apply(scope)
    mine = {ctid for (ctid,) in rows(f"SELECT ctid::text FROM {table}")}
    return [key for key in everything if key not in mine]


def test_without_a_scope_no_table_shows_a_row(full: World) -> None:
    for table in locked_tables():
        assert keys(table), f"{table} has no row: nothing is proved"
        apply(NOBODY)
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table


def test_twin_without_row_security_every_row_shows(full: World) -> None:
    with undone(), acting_as_role("spo_owner"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE contacts_fichecontact DISABLE ROW LEVEL SECURITY")
        cursor.execute("SET ROLE spo_web")
        apply(NOBODY)
        assert rows("SELECT count(*) FROM contacts_fichecontact") == [(4,)]


def test_no_verb_reaches_a_foreign_row(full: World) -> None:
    """SELECT by id, UPDATE, DELETE, and by join, on every row the scope must not see."""
    for table in locked_tables():
        hidden = foreign(table, desk(full))
        assert hidden, f"{table} holds no foreign row: nothing is proved"
        column = rows("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", table)[
            0
        ][0]
        for sql in (
            f"SELECT * FROM {table} WHERE ctid = ANY (%s::tid[])",
            f"SELECT t.* FROM unnest(%s::tid[]) AS k(id) JOIN {table} t ON t.ctid = k.id",
            f"UPDATE {table} SET {column} = {column} WHERE ctid = ANY (%s::tid[])",
            f"DELETE FROM {table} WHERE ctid = ANY (%s::tid[])",
        ):
            apply(desk(full))
            with undone(), connection.cursor() as cursor:
                try:
                    with transaction.atomic():
                        cursor.execute(sql, [hidden])
                        assert cursor.rowcount == 0, sql
                except ProgrammingError as error:
                    # The role lacks the verb altogether: stronger still.
                    if "permission denied" not in str(error):
                        raise


def test_a_foreign_row_can_be_neither_copied_in_nor_upserted(full: World) -> None:
    """Every row of the other site, inserted again as it is or with ``ON CONFLICT DO UPDATE``: refused."""
    for table in locked_tables():
        hidden = foreign(table, desk(full))
        with system():
            [(row,)] = rows(
                f"SELECT to_jsonb(t)::text FROM {table} t WHERE ctid = ANY (%s::tid[]) LIMIT 1", hidden
            )
        if table.startswith("kernel_"):
            continue  # anyone may write to the trail and to the outbox: nobody reads them back
        apply(desk(full))
        for conflict in ("", " ON CONFLICT DO NOTHING"):
            with undone(), connection.cursor() as cursor:
                try:
                    with transaction.atomic():
                        cursor.execute(
                            f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table},"
                            f" %s::jsonb)).*{conflict}",
                            [row],
                        )
                except DatabaseError as error:
                    # For want of a right, whoever says so: a policy, a grant, a mandate asked by a trigger.
                    # A rule of the trade (23001, 23514…) would speak of a row that is not the writer's.
                    if getattr(error.__cause__, "sqlstate", "") != "42501":
                        raise
                else:
                    pytest.fail(f"{table}: a foreign row was accepted{conflict}")


def test_copy_out_gives_own_rows_only(full: World) -> None:
    apply(desk(full))
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY contacts_fichecontact (precisions) TO STDOUT") as copy,
    ):
        lines = [bytes(line).decode().strip() for line in copy]
    assert lines == [f"ligne de {full.cio.pk}"]


def test_copy_in_is_refused_altogether(full: World) -> None:
    """PostgreSQL refuses COPY FROM on a table under row security: no bulk way around the policy."""
    apply(desk(full))
    with (
        pytest.raises(psycopg.errors.FeatureNotSupported, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY contacts_referencecounter FROM STDIN") as copy,
    ):
        copy.write(f"99999\t{full.mission.pk}\t2026\t1\n")


def test_row_security_off_raises_instead_of_showing(full: World) -> None:
    for table in locked_tables():
        apply(desk(full))
        with (
            undone(),
            pytest.raises(DatabaseError, match=r"row-level security|permission denied"),
            transaction.atomic(),
        ):
            rows(f"SELECT set_config('row_security', 'off', true); SELECT count(*) FROM {table}")


def test_the_web_gains_nothing_by_calling_itself_the_system(full: World) -> None:
    apply(Scope(system=True))
    for table in locked_tables():
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table


def test_twin_the_worker_gains_everything_by_it(full: World) -> None:
    with acting_as_role("spo_worker"):
        apply(Scope(system=True))
        for table in locked_tables():
            assert rows(f"SELECT count(*) > 0 FROM {table}") == [(True,)], table


def test_the_same_idempotency_key_in_two_sites_hides_nothing(full: World) -> None:
    """A global unique key would tell that a foreign value exists, and ``DO NOTHING`` would drop the row
    silently.
    """
    key = uuid.uuid4()
    with system():
        make_fiche(full.mission, full.lists, cle_idempotence=key, reference="MEME")
    apply(desk(full))
    mine = make_fiche(full.cio, full.lists, cle_idempotence=key, reference="MEME")
    assert FicheContact.objects.visible_to(full.actor("conseiller")).filter(pk=mine.pk).exists()


def test_twin_a_global_key_drops_the_row_without_a_word(full: World) -> None:
    key = uuid.uuid4()
    with system():
        make_fiche(full.mission, full.lists, cle_idempotence=key)
    with undone(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with acting_as_role("spo_owner"):
            cursor.execute("CREATE UNIQUE INDEX too_wide ON contacts_fichecontact (cle_idempotence)")
        apply(desk(full))
        cursor.execute(
            "INSERT INTO contacts_fichecontact (uuid, cle_idempotence, reference, territory_id, site_id,"
            " list_version_id,"
            " jour, canal, sexe, age, statut, demandes, reponses, precisions, reoriented, entry, suite,"
            " suite_source)"
            " VALUES (gen_random_uuid(), %s, 'X', %s, %s, %s, '2026-03-01', 'sur_place', '', '', 1, '{1}',"
            " '{}', '',"
            " false, 'ecran', '', '') ON CONFLICT DO NOTHING",
            [key, full.lille.pk, full.cio.pk, full.lists.pk],
        )
        assert cursor.rowcount == 0


@pytest.mark.parametrize("field", ["list_version_id", "reseau_id", "suite_site_id"])
def test_a_fiche_points_at_its_own_region_only(full: World, field: str) -> None:
    """Foreign and missing parents get the same refusal: nobody learns which ids exist."""
    abroad = {
        "list_version_id": full.other_lists.pk,
        "reseau_id": full.niort_site.reseau_id,
        "suite_site_id": full.niort_site.pk,
    }[field]
    said = []
    for value in (abroad, 987_654_321):
        apply(desk(full))
        with pytest.raises(ProgrammingError, match="row-level security") as refusal, transaction.atomic():
            rows(
                f"UPDATE contacts_fichecontact SET {field} = %s, reoriented = true, suite = 'recue',"
                " suite_at = now(),"
                " suite_source = 'site' RETURNING 1",
                value,
            )
        said.append(str(refusal.value))
    assert said[0] == said[1]


def test_a_temporary_table_does_not_fool_the_definer_function(full: World) -> None:
    """The function that closes the loop runs as the owner: it must never read the caller's look-alike tables.
    """
    apply(desk(full))
    _look_alike(full)
    assert rows("SELECT contacts_say_outcome(%s, 'recue', NULL)", b"x" * 32) == [("inconnu",)]
    with system():
        assert rows("SELECT suite FROM contacts_fichecontact WHERE site_id = %s", full.mission.pk) == [("",)]


def test_twin_with_the_temporary_schema_first_it_is_fooled(full: World) -> None:
    with undone():
        rows("SET CONSTRAINTS ALL IMMEDIATE")
        rows("SET ROLE spo_owner")
        for name in ("contacts_say_outcome", "contacts_say_outcome_as_owner"):
            rows(f"ALTER FUNCTION {name} SET search_path = pg_catalog, public")
        rows("SET ROLE spo_web")
        apply(desk(full))
        _look_alike(full)
        assert rows("SELECT contacts_say_outcome(%s, 'recue', NULL)", b"x" * 32) == [("notee",)]


def _look_alike(full: World) -> None:
    with system():
        [(victim,)] = rows("SELECT id FROM contacts_fichecontact WHERE site_id = %s", full.mission.pk)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE contacts_coderetour (LIKE public.contacts_coderetour)")
        cursor.execute("GRANT ALL ON pg_temp.contacts_coderetour TO PUBLIC")
        cursor.execute(
            "INSERT INTO pg_temp.contacts_coderetour (fiche_id, origin_id, nonce, code_hash, expires_at)"
            " VALUES (%s, %s, 0, %s, now() + interval '1 day')",
            [victim, full.cio.pk, b"x" * 32],
        )
