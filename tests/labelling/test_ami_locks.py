"""Attacks in SQL, as the web's role with each scope: nothing foreign is read or written (domain § 7)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from tests.factories import World, system
from tests.labelling.lock_world import Locks, make_locks, without_row_security, without_trigger

pytestmark = pytest.mark.django_db

# Every table that says something of one file.
PARTS = (
    "amisection", "amiplace", "amiattachment", "amicriterionanswer", "amiprogressline", "amibudgetline",
    "amicontribution", "amicomplement", "amieligibility", "amiassignment", "amiscoresheet", "amisessionitem",
    "avis", "amidecision", "amiletter", "amiconvention", "amiinstalment", "amifollowup", "amispending",
    "amiprogressreport", "amipublicityproof", "amiproposal", "amiopinionnote", "amicowriter",
)  # fmt: skip


@pytest.fixture
def locks(world: World) -> Locks:
    return make_locks(world)


def parts_seen(locks: Locks, key: str, file: str) -> list[str]:
    """Tables of which ``key`` reads a row of ``file``."""
    return [
        table
        for table in PARTS
        if locks.seen(key, f"SELECT count(*) FROM labelling_{table} WHERE application_id = %({file})s")
    ]


OUTSIDERS = {
    "draft": (
        "region", "animation", "administrateur", "coordinateur", "charge_mission", "autre_porteur", "membre",
        "region_voisine", "noteur", "anonyme", "lien",
    ),
    "mine": (
        "animation", "administrateur", "coordinateur", "charge_mission", "autre_porteur", "membre_ailleurs",
        "region_voisine", "noteur", "coredacteur", "anonyme",
    ),
    "decided": (
        "porteur", "animation", "administrateur", "coordinateur", "noteur_retire", "noteur_recuse",
        "membre_ailleurs", "region_voisine", "coredacteur", "anonyme", "lien",
    ),
    "foreign": (
        "region", "animation", "administrateur", "porteur", "membre", "noteur", "coordinateur",
        "anonyme", "lien",
    ),
}  # fmt: skip
# A scorer knows that a file was once its own, and no more of it.
KNOWN = {("noteur_retire", "amiassignment"), ("noteur_recuse", "amiassignment")}


@pytest.mark.parametrize("file", OUTSIDERS)
def test_no_outsider_reads_a_part_of_a_file(locks: Locks, file: str) -> None:
    for key in OUTSIDERS[file]:
        seen = {(key, table) for table in parts_seen(locks, key, file)} - KNOWN
        assert seen == set(), key


@pytest.mark.parametrize("file", OUTSIDERS)
def test_no_outsider_writes_a_file_or_a_part_of_it(locks: Locks, file: str) -> None:
    for key in OUTSIDERS[file]:
        for table in (*PARTS, "amiapplication"):
            column = "id" if table == "amiapplication" else "application_id"
            for verb in ("UPDATE labelling_{0} SET {1} = {1}", "DELETE FROM labelling_{0}"):
                sql = verb.format(table, column) + f" WHERE {column} = %({file})s"
                # Refused outright when the role lacks the verb.
                assert refused(lambda: locks.run(key, sql)), (key, sql)  # noqa: B023 - called at once


def test_twin_those_who_should_do_read(locks: Locks) -> None:
    assert "amibudgetline" in parts_seen(locks, "porteur", "draft")
    assert "amibudgetline" in parts_seen(locks, "coredacteur", "draft")
    assert "amibudgetline" in parts_seen(locks, "region", "mine")
    assert "amibudgetline" in parts_seen(locks, "membre", "mine")
    assert "amibudgetline" in parts_seen(locks, "noteur", "decided")
    assert {"avis", "amidecision", "amiletter"} <= set(parts_seen(locks, "region_voisine", "foreign"))


def test_a_share_that_ended_opens_nothing(locks: Locks) -> None:
    for change in (
        "until = now() - interval '1 s', granted_at = now() - interval '1 d'",
        "withdrawn_at = now()",
    ):
        with transaction.atomic():
            with system(), connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE territories_share SET {change} WHERE user_id = %(coredacteur_id)s", locks.ids
                )
                assert cursor.rowcount == 1
            assert parts_seen(locks, "coredacteur", "draft") == []
            transaction.set_rollback(True)


def test_before_publication_a_porteur_learns_nothing(locks: Locks) -> None:
    """Avis, decision, letters, notes, session: none before, avis and decision and letter after."""
    hidden = {
        "avis",
        "amidecision",
        "amiletter",
        "amiscoresheet",
        "amisessionitem",
        "amiassignment",
        "amieligibility",
    }
    assert hidden.isdisjoint(parts_seen(locks, "porteur_voisin", "foreign"))
    assert locks.seen("porteur_voisin", "SELECT count(*) FROM labelling_amisession") == 0
    steps = "SELECT count(*) FROM labelling_amistep WHERE application_id = %(foreign)s AND told_at IS NULL"
    assert locks.seen("porteur_voisin", steps) == 0
    assert locks.seen("porteur_voisin", "SELECT count(*) FROM labelling_amicoverage") == 0
    assert locks.seen("anonyme", RESULTS) == 0
    with system(), connection.cursor() as cursor:
        for table in ("avis", "amidecision", "amiletter"):
            cursor.execute(f"UPDATE labelling_{table} SET published_at = now()")
        cursor.execute(
            "INSERT INTO labelling_amistep (application_id, key, from_state, to_state, by_label, at,"
            " comment, told_at)"
            " VALUES (%(foreign)s, 'x', 'decidee', 'retenue', 'Région', clock_timestamp(), '',"
            " clock_timestamp());"
            "UPDATE labelling_amiapplication SET state = 'retenue' WHERE id = %(foreign)s",
            locks.ids,
        )
    after = set(parts_seen(locks, "porteur_voisin", "foreign"))
    assert after & hidden == {"avis", "amidecision", "amiletter"}
    assert locks.seen("anonyme", RESULTS) == 1


RESULTS = "SELECT count(*) FROM labelling_amicall c, labelling_public_results(c.id)"


def test_notes_are_read_once_ones_own_is_given(locks: Locks) -> None:
    """By a scorer, the Region, the commission: no note, no count of notes, before its time."""
    for table in ("amiscoresheet", "amiscore"):
        sql = f"SELECT count(*) FROM labelling_{table}"
        for key in ("noteur_second", "noteur_recuse", "noteur_retire", "region", "membre", "autre_porteur"):
            assert locks.seen(key, sql) == 0, (key, table)
        assert locks.seen("noteur", sql) > 0
    with without_row_security("labelling_amiscoresheet"):
        assert locks.seen("noteur_second", "SELECT count(*) FROM labelling_amiscoresheet") == 2


@dataclass(frozen=True)
class Attack:
    """What ``who`` tries in SQL; ``rule``: the trigger or the locked table that refuses it."""

    who: str
    sql: str
    table: str
    trigger: tuple[str, ...] = ()


APP = "labelling_amiapplication"
STEP = (
    "INSERT INTO labelling_amistep (application_id, key, from_state, to_state, by_id, by_label, comment, at)"
    " VALUES (%({file})s, 'x', '{a}', '{b}', %({who}_id)s, 'x', '', clock_timestamp() + interval '1 s');"
    " UPDATE labelling_amiapplication SET state = '{b}' WHERE id = %({file})s"
)
ATTACKS = {
    "a_porteur_admits_its_own_file": Attack(
        "porteur", STEP.format(file="mine", a="deposee", b="recevable", who="porteur"), APP,
        ("who_moves", "admission_holds"),
    ),
    "a_porteur_submits_earlier": Attack(
        "porteur", f"UPDATE {APP} SET submitted_at = submitted_at - interval '1 day' WHERE id ="
        f" %(mine)s", APP,
        ("who_moves",),
    ),
    "a_co_writer_withdraws_the_file": Attack(
        "coredacteur", STEP.format(file="draft", a="brouillon", b="retiree", who="coredacteur"), APP,
        ("who_moves",),
    ),
    "a_porteur_hides_what_it_asks": Attack(
        "porteur", f"UPDATE {APP} SET region_asked = 0 WHERE id = %(mine)s", APP, ("budget_holds",)
    ),
    "a_porteur_answers_for_its_partner": Attack(
        "porteur",
        "UPDATE labelling_amicontribution SET state = 'confirmee', answered_at = now(), answered_as"
        " = 'Directrice'"
        " WHERE application_id = %(mine)s",
        "labelling_amicontribution", ("who_answers",),
    ),
    "a_link_rewrites_what_was_proposed": Attack(
        "lien", "UPDATE labelling_amicontribution SET state = 'confirmee', answered_at = now(), text"
        " = 'Rien.'",
        "labelling_amicontribution", ("who_answers",),
    ),
    "a_scorer_says_its_note_is_given": Attack(
        "noteur_second",
        "UPDATE labelling_amiassignment SET state = 'donnee', settled_at = now() WHERE id ="
        " %(work_noteur_second)s",
        "labelling_amiassignment", ("assignment_holds",),
    ),
    "a_scorer_takes_another_file": Attack(
        "noteur_second",
        "UPDATE labelling_amiassignment SET application_id = %(mine)s WHERE id = %(work_noteur_second)s",
        "labelling_amiassignment", ("assignment_holds",),
    ),
    "a_withdrawn_scorer_comes_back": Attack(
        "noteur_retire",
        "UPDATE labelling_amiassignment SET state = 'attendue', settled_at = NULL WHERE id ="
        " %(work_noteur_retire)s",
        "labelling_amiassignment",
    ),
    "the_region_takes_a_note_over": Attack(
        "region",
        "UPDATE labelling_amiassignment SET scorer_id = %(region_id)s WHERE id = %(work_noteur_second)s",
        "labelling_amiassignment", ("assignment_holds",),
    ),
    "the_region_shares_a_draft_with_itself": Attack(
        "region",
        "INSERT INTO territories_share (content_type_id, object_id, user_id, permission, until,"
        " granted_by_id,"
        " region_id, territory_id, organisation_id) SELECT t.id, a.id::text, %(region_id)s,"
        " 'view_amiapplication',"
        " now() + interval '1 day', 0, a.region_id, a.territory_id, a.organisation_id"
        " FROM labelling_amiapplication a, django_content_type t WHERE a.id = %(draft)s AND t.model"
        " = 'amiapplication'",
        "territories_share",
    ),
    "the_region_submits_a_draft": Attack(
        "region", f"UPDATE {APP} SET title = 'x' WHERE id = %(draft)s", APP
    ),
    "the_animation_keeps_a_scenario": Attack(
        "animation",
        "INSERT INTO labelling_amiscenario (region_id, call_id, name, note, created_by_label, version)"
        " SELECT c.region_id, c.id, 'x', '', 'x', 1 FROM labelling_amicall c LIMIT 1",
        "labelling_amiscenario",
    ),
    "the_animation_publishes_a_decision": Attack(
        "animation", "UPDATE labelling_amidecision SET published_at = now()", "labelling_amidecision"
    ),
    "a_member_changes_the_quorum": Attack(
        "membre_ailleurs", "UPDATE labelling_amisession SET quorum = 5 WHERE id = %(session)s",
        "labelling_amisession", ("who_approves",),
    ),
    "a_member_says_it_was_there": Attack(
        "membre_ailleurs",
        "UPDATE labelling_amisessionmember SET presence = 'present' WHERE session_id = %(session)s",
        "labelling_amisessionmember", ("who_attends",),
    ),
    "a_porteur_speaks_as_the_region": Attack(
        "porteur",
        "INSERT INTO labelling_amistep (application_id, key, from_state, to_state, by_id, by_label, comment)"
        " VALUES (%(mine)s, 'x', 'deposee', 'deposee', %(region_id)s, 'Région', '')",
        "labelling_amistep",
    ),
    "the_region_signs_before_the_decision_is_out": Attack(
        "region_voisine",
        "INSERT INTO labelling_amiconvention (application_id, number, amount, starts_on, ends_on,"
        " follow_up_month,"
        " made_by_label, signed_noted_by_label, pdf_sha256) VALUES (%(foreign)s, 'C1', 1, '2027-01-01',"
        " '2028-01-01', 3, 'x', '', '')",
        "labelling_amiconvention",
    ),
}  # fmt: skip


def refused(work: Callable[[], int]) -> bool:
    """Refused outright, or no row reached."""
    try:
        return work() == 0
    except DatabaseError:
        return True


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_in_sql_wins_nothing(locks: Locks, name: str) -> None:
    attack = ATTACKS[name]
    assert refused(lambda: locks.run(attack.who, attack.sql))


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.trigger])
def test_twin_without_its_rule_the_attack_wins(locks: Locks, name: str) -> None:
    attack = ATTACKS[name]
    with without_trigger(attack.table, *attack.trigger):
        assert locks.run(attack.who, attack.sql) == 1


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if not attack.trigger])
def test_twin_without_row_security_the_attack_wins(locks: Locks, name: str) -> None:
    attack = ATTACKS[name]
    with without_row_security(attack.table), without_trigger(attack.table, "USER"):
        assert locks.run(attack.who, attack.sql) >= 1


def test_a_call_is_copied_from_its_own_region(locks: Locks) -> None:
    foreign = locks.files["foreign"].call_id
    with system(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="amicall_copied_same_region"), transaction.atomic():
            cursor.execute("UPDATE labelling_amicall SET copied_from_id = %s", [foreign])


def test_a_link_out_of_date_reads_nothing(locks: Locks) -> None:
    assert locks.seen("lien", "SELECT count(*) FROM labelling_amicontribution") == 1
    with system(), connection.cursor() as cursor:
        cursor.execute("UPDATE labelling_amicontribution SET expires_at = now() - interval '1 second'")
    assert locks.seen("lien", "SELECT count(*) FROM labelling_amicontribution") == 0
