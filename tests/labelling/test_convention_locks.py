"""Attacks in SQL on the conventions, as the web’s role: nothing foreign is read, nobody signs for another."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from tests.factories import World, system
from tests.kernel.tenancy_convention_rows import make_convention_rows
from tests.labelling.convention_world import MAILS, Signed, form, make_convention
from tests.labelling.lock_world import without_row_security, without_trigger
from tests.labelling.mails import drain

pytestmark = pytest.mark.django_db
TABLES = ("conventiontext", "conventionparty", "conventionsignatory", "conventionsignature", "conventionstep")
CIO, MISSION = MAILS


@pytest.fixture
def made(world: World) -> Signed:
    made = make_convention(world)
    Client().post(made.url(CIO), form(made, CIO))
    drain()
    with system():
        make_convention_rows(world.niort_site)
    return made


def act(made: Signed, key: str) -> None:
    if key == "anonyme":
        apply(NOBODY)
    elif key.startswith("lien:"):
        apply(Scope(token=str(made.signatory(key.removeprefix("lien:")).token_hash)))
    else:
        made.world.actor(key)


def run(made: Signed, key: str, sql: str, **ids: object) -> int:
    """Rows touched by ``sql`` as ``key``."""
    known = {"convention": made.convention.pk, "sha": made.now().sha256, "text": made.now().text_number}
    known |= {"cio": made.signatory(CIO).pk, "mission": made.signatory(MISSION).pk}
    act(made, key)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, known | ids)
        touched = cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return touched


def seen(made: Signed, key: str, table: str) -> int:
    pk = made.convention.pk
    column = "id" if table == "convention" else "convention_id"
    act(made, key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM labelling_{table} WHERE {column} = %s", [pk])
        return int(cursor.fetchone()[0])


def refused(work: Callable[[], int]) -> bool:
    """Refused outright, or no row reached."""
    try:
        with transaction.atomic():
            return work() == 0
    except DatabaseError:
        return True


OUTSIDERS = (
    "anonyme",
    "conseiller_douai",
    "coordinateur_douai",
    "animation_niort",
    "administrateur",
)
READERS = (
    "coordinateur",
    "charge_mission",
    "animateur_etat",
    "referent",
    "animation",
    "region",
    "prefecture",
)


@pytest.mark.parametrize("key", OUTSIDERS)
def test_no_outsider_reads_or_writes_a_row(made: Signed, key: str) -> None:
    for table in ("convention", *TABLES):
        assert seen(made, key, table) == 0, table
        column = "id" if table == "convention" else "convention_id"
        for verb in (f"UPDATE labelling_{table} SET {column} = {column}", f"DELETE FROM labelling_{table}"):
            sql = f"{verb} WHERE {column} = %(convention)s"
            assert refused(lambda: run(made, key, sql)), sql  # noqa: B023 - called at once


def test_twin_those_who_should_do_read(made: Signed) -> None:
    for key in READERS:
        for table in ("convention", "conventiontext", "conventionparty", "conventionsignature"):
            assert seen(made, key, table) > 0, (key, table)


def test_a_link_reads_its_convention_and_its_own_line_alone(made: Signed) -> None:
    key = f"lien:{MISSION}"
    assert seen(made, key, "convention") == 1
    assert seen(made, key, "conventionparty") == 2
    assert seen(made, key, "conventionsignatory") == 1
    assert seen(made, key, "conventionsignature") == 0, "the answers of the others"
    assert seen(made, f"lien:{CIO}", "conventionsignature") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM labelling_convention")
        assert cursor.fetchone()[0] == 1
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labelling_conventionsignatory SET expires_at = now() - interval '1 second'"
            " WHERE convention_id = %s",
            [made.convention.pk],
        )
    assert seen(made, key, "convention") == 0
    assert seen(made, key, "conventionsignatory") == 1


SIGN = (
    "INSERT INTO labelling_conventionsignature (convention_id, signatory_id, territory_id, answer, sha256,"
    " nonce, name, function, reason, address_hash) SELECT s.convention_id, s.id, s.territory_id, 'signe',"
    " {sha}, 9, 'x', 'x', '', repeat('0', 64) FROM labelling_conventionsignatory s WHERE s.id = %({who})s"
)
LINK = f"lien:{MISSION}"
# Who tries what; the rule of the table that refuses it, or nothing when row security does.
ATTACKS: dict[str, tuple[str, str, str, str]] = {
    "a_stale_text_is_signed": (
        LINK,
        SIGN.format(sha="repeat('0', 64)", who="mission"),
        "conventionsignature",
        "signature_holds",
    ),
    "the_coordinator_signs_for_a_party": (
        "coordinateur",
        SIGN.format(sha="%(sha)s", who="mission"),
        "conventionsignature",
        "",
    ),
    "a_link_moves_the_text": (
        LINK,
        "UPDATE labelling_convention SET title = 'x' WHERE id = %(convention)s",
        "convention",
        "",
    ),
    "a_link_changes_its_address": (
        LINK,
        "UPDATE labelling_conventionsignatory SET email = 'x@x.example' WHERE id = %(mission)s",
        "conventionsignatory",
        "",
    ),
    "the_coordinator_says_it_is_signed": (
        "coordinateur",
        "UPDATE labelling_convention SET state = 'signee', completed_at = now() WHERE id = %(convention)s",
        "convention",
        "convention_moves",
    ),
    "the_coordinator_brings_its_own_document": (
        "coordinateur",
        "UPDATE labelling_convention SET pdf = 'x', pdf_sha256 = encode(sha256('x'), 'hex'),"
        " state = 'signee', completed_at = now() WHERE id = %(convention)s",
        "convention",
        "convention_moves, convention_document",
    ),
    "a_text_changes_under_the_signatures": (
        "coordinateur",
        "UPDATE labelling_convention SET text = 'Autre', sha256 = encode(sha256('Autre'), 'hex') WHERE id ="
        " %(convention)s",
        "convention",
        "convention_moves",
    ),
    "a_chargé_de_mission_writes": (
        "charge_mission",
        "UPDATE labelling_convention SET title = 'x' WHERE id = %(convention)s",
        "convention",
        "",
    ),
    "the_date_of_a_signatory_changes": (
        "coordinateur",
        "UPDATE labelling_conventionsignatory SET added_at = now() - interval '9 days' WHERE id = %(cio)s",
        "conventionsignatory",
        "part_is_open",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_in_sql_wins_nothing(made: Signed, name: str) -> None:
    who, sql, _, _ = ATTACKS[name]
    assert refused(lambda: run(made, who, sql))


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack[3]])
def test_twin_without_its_rule_the_attack_wins(made: Signed, name: str) -> None:
    who, sql, table, rules = ATTACKS[name]
    with without_trigger(f"labelling_{table}", *rules.split(", ")):
        assert run(made, who, sql) == 1


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if not attack[3]])
def test_twin_without_row_security_the_attack_wins(made: Signed, name: str) -> None:
    who, sql, table, _ = ATTACKS[name]
    with without_row_security(f"labelling_{table}"), without_row_security("labelling_conventionsignatory"):
        assert run(made, who, sql) == 1


def test_what_was_said_stays_said(made: Signed) -> None:
    for table in ("conventiontext", "conventionsignature", "conventionstep"):
        with system(), connection.cursor() as cursor:
            for sql in (
                f"UPDATE labelling_{table} SET territory_id = territory_id",
                f"DELETE FROM labelling_{table}",
            ):
                with pytest.raises(DatabaseError, match="stays said"), transaction.atomic():
                    cursor.execute(sql)


def test_a_signed_convention_never_changes(made: Signed) -> None:
    Client().post(made.url(MISSION), form(made, MISSION))
    drain()
    assert made.now().pdf is not None
    for change in ("title = 'x'", "pdf = 'x', pdf_sha256 = encode(sha256('x'), 'hex')", "ends_on = now()"):
        with system(), connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"UPDATE labelling_convention SET {change} WHERE id = %s", [made.convention.pk])
    with system(), connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE labelling_conventionsignatory SET email = 'x@x.example'")


def test_the_clock_and_the_link_of_a_signature_are_the_databases(made: Signed) -> None:
    sql = (
        SIGN.format(sha="%(sha)s", who="mission")
        .replace("address_hash)", "address_hash, at)")
        .replace("repeat('0', 64) FROM", "repeat('0', 64), '2020-01-01' FROM")
    )
    assert run(made, LINK, sql) == 1
    kept = made.answers()[-1]
    assert kept.at.year > 2020
    assert kept.nonce == made.signatory(MISSION).nonce


def test_a_link_that_ended_reads_its_own_party_alone(made: Signed) -> None:
    """Removed or expired, it still says for whom it was, and nothing of the other organisations."""
    for change in ("expires_at = now() - interval '1 second'", "removed_at = now(), removed_reason = 'x'"):
        with transaction.atomic():
            with system(), connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE labelling_conventionsignatory SET {change} WHERE id = %s",
                    [made.signatory(MISSION).pk],
                )
            assert seen(made, LINK, "conventionparty") == 1, change
            assert seen(made, LINK, "convention") == 0, change
            transaction.set_rollback(True)
