"""The procedure of the annual report: its table, its rights, its constraints, and what nothing can change."""

import datetime
import hashlib
import itertools

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction

from dashboards.enums_report import SIGNED, ReportState
from dashboards.models import AnnualReport, ReportComment, ReportVersion
from dashboards.services import report as service
from dashboards.services import report_annexes as annexes
from dashboards.services.report_comments import save_comment
from dashboards.services.report_freeze import content_mark, prepare_signature
from dashboards.workflows import report as flow
from spo_portal.kernel.errors import Conflict, Refused
from tests.dashboards.report_rows import make_rows
from tests.dashboards.report_world import MEETING, OPINION, YEAR, completed, png, write_all
from tests.factories import World, acting_as_role, system

pytestmark = pytest.mark.django_db


def sql(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def refused(statement: str, *values: object) -> bool:
    try:
        with transaction.atomic():
            return sql(statement, *values) == 0
    except DatabaseError:
        return True


def make_version(report: AnnualReport, number: int = 1, parent: int | None = None) -> ReportVersion:
    """A version with true fingerprints, as the worker stores it."""
    pdf, book, data = b"%PDF-" + bytes([number]), b"PK", "{}"
    return ReportVersion.objects.create(
        report=report, number=number, parent_id=parent, reason="Erreur de chiffre" if parent else "", pdf=pdf,
        pages=1, workbook=book, data=data, pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        workbook_sha256=hashlib.sha256(book).hexdigest(),
        data_sha256=hashlib.sha256(data.encode()).hexdigest(),
        meeting_on=MEETING, frozen_at=datetime.datetime.now(datetime.UTC), frozen_by_label="Coordinateur",
    )  # fmt: skip


def sign_by_hand(report: AnnualReport, number: int = 1, parent: int | None = None) -> ReportVersion:
    """What the worker does at the signature, without its document."""
    with system():
        version = make_version(report, number, parent)
        sql(
            "UPDATE dashboards_annualreport SET state = 'signe', version_id = %s, meeting_on = %s, "
            "signed_at = now(),"
            " signed_by_label = 'Coordinateur', correction_reason = '' WHERE id = %s",
            version.pk, MEETING, report.pk,
        )  # fmt: skip
    return version


def test_the_whole_way_with_dates_and_roles(world: World) -> None:
    by = world.actor("coordinateur")
    report = write_all(by, world.lille)
    assert report.opened_by_label == by.label
    report = service.move(by=by, report=report, key="completer")
    assert (report.state, report.completed_by_label) == (ReportState.COMPLETE, by.label)
    sign_by_hand(report)
    by = world.actor("coordinateur")
    report = service.move(by=by, report=report, key="transmettre")
    assert (report.state, report.transmitted_by_label) == (ReportState.TRANSMIS, by.label)
    by = world.actor("animation")
    assert service.mark_synthesised(by=by, reports=[report.pk], now=report.changed_at) == 1
    report.refresh_from_db()
    assert report.state == ReportState.SYNTHETISE


def test_a_report_is_started_once_and_only_at_home(world: World) -> None:
    by = world.actor("coordinateur")
    first = service.open_report(by=by, territory=world.lille, year=YEAR)
    assert service.open_report(by=by, territory=world.lille, year=YEAR).pk == first.pk
    with pytest.raises(Refused):
        service.open_report(by=by, territory=world.douai, year=YEAR)
    with pytest.raises(Refused):
        service.open_report(by=by, territory=world.lille, year=2050)


@pytest.mark.parametrize(
    "key", ["charge_mission", "animateur_etat", "animation", "region", "conseiller", "prefecture"]
)
def test_only_the_coordinator_writes_and_moves(world: World, key: str) -> None:
    report = completed(world.actor("coordinateur"), world.lille)
    by = world.actor(key)
    for act in (
        lambda: service.open_report(by=by, territory=world.lille, year=YEAR),
        lambda: service.move(by=by, report=report, key="rouvrir"),
        lambda: save_comment(by=by, report=report, section="annee", text="x", seen=0),
        lambda: prepare_signature(by=by, report=report, meeting_on=MEETING, opinion=OPINION, seen=0),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_a_move_twice_is_a_conflict_and_changes_nothing(world: World) -> None:
    by = world.actor("coordinateur")
    report = completed(by, world.lille)
    with pytest.raises(Conflict):
        service.move(by=by, report=report, key="completer")
    assert service.move(by=by, report=report, key="rouvrir").completed_at is None


def test_required_comments_are_asked_for_by_name(world: World) -> None:
    by = world.actor("coordinateur")
    report = service.open_report(by=by, territory=world.lille, year=YEAR)
    with pytest.raises(Refused, match="L’année en bref"):
        service.move(by=by, report=report, key="completer")


def test_the_database_knows_the_same_table_of_moves(world: World) -> None:
    """Every pair of states tried in SQL: those of the table pass the trigger, no other does."""
    by = world.actor("coordinateur")
    report = service.open_report(by=by, territory=world.lille, year=YEAR)
    allowed = flow.pairs()
    found = set()
    with system(), acting_as_role("spo_owner"):
        sql("SELECT set_config('app.system', '1', true)")
        version, other = make_version(report), None
        for source, target in itertools.permutations(ReportState.values, 2):
            other = other or make_version(report, 2, version.pk)
            with transaction.atomic():
                sql("SET CONSTRAINTS ALL IMMEDIATE")
                sql("ALTER TABLE dashboards_annualreport DISABLE TRIGGER report_moves")
                sql(_as(source, version.pk), report.pk)
                sql("ALTER TABLE dashboards_annualreport ENABLE TRIGGER report_moves")
                new = other.pk if target == "signe" and source == "complete" else version.pk
                if not refused(_as(target, new if source not in ("ouvert",) else version.pk), report.pk):
                    found.add((source, target))
                transaction.set_rollback(True)
    assert found == allowed


def _as(state: str, version: int) -> str:
    """Put the report in a state with all its dates: only the move itself may be refused."""

    def when(step: str, states: tuple[str, ...]) -> str:
        on = state in states
        return f"{step}_at = {'now()' if on else 'NULL'}, {step}_by_label = '{'x' if on else ''}'"

    signed = tuple(SIGNED)
    return (
        f"UPDATE dashboards_annualreport SET state = '{state}', version_id = {version},"
        f" correction_reason = '{'' if state in signed else 'motif'}',"
        f" meeting_on = {'now()' if state in signed else 'NULL'}, {when('completed', ('complete', *signed))},"
        f" {when('signed', signed)}, {when('transmitted', ('transmis', 'synthetise'))},"
        f" {when('synthesised', ('synthetise',))} WHERE id = %s"
    )


@pytest.mark.parametrize("role", ["spo_web", "spo_worker", "spo_owner"])
def test_a_version_can_never_change(world: World, role: str) -> None:
    """As each role, with every right of the system: neither UPDATE nor DELETE, of any column."""
    by = world.actor("coordinateur")
    version = sign_by_hand(completed(by, world.lille))
    with system(), acting_as_role(role):
        sql("SELECT set_config('app.system', '1', true)")
        for statement in (
            "UPDATE dashboards_reportversion SET pdf = '\\x00' WHERE id = %s",
            "UPDATE dashboards_reportversion SET frozen_by_label = 'autre' WHERE id = %s",
            "DELETE FROM dashboards_reportversion WHERE id = %s",
        ):
            assert refused(statement, version.pk), statement
    with system():
        assert bytes(ReportVersion.objects.for_system().get(pk=version.pk).pdf) == b"%PDF-\x01"


def test_twin_without_the_trigger_the_owner_changes_a_version(world: World) -> None:
    version = sign_by_hand(completed(world.actor("coordinateur"), world.lille))
    with system(), acting_as_role("spo_owner"), transaction.atomic():
        sql("SELECT set_config('app.system', '1', true)")
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("ALTER TABLE dashboards_reportversion DISABLE TRIGGER never_changes")
        assert not refused("UPDATE dashboards_reportversion SET pages = 9 WHERE id = %s", version.pk)
        transaction.set_rollback(True)


def test_the_web_can_neither_write_a_version_nor_sign(world: World) -> None:
    by = world.actor("coordinateur")
    report = completed(by, world.lille)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        make_version(report)
    assert refused(_as("signe", 0).replace("version_id = 0,", ""), report.pk)


def test_a_false_fingerprint_is_refused_by_the_database(world: World) -> None:
    report = completed(world.actor("coordinateur"), world.lille)
    with system():
        good = make_version(report)
        for column, value in (("pdf_sha256", "0" * 64), ("data", '{"a":1}'), ("workbook_sha256", "0" * 64)):
            names = [
                f.column
                for f in ReportVersion._meta.fields
                if f.column not in ("id", column, "number", "parent_id", "reason")
            ]
            statement = (
                f"INSERT INTO dashboards_reportversion ({', '.join(names)}, {column}, number, "
                "parent_id, reason)"
                f" SELECT {', '.join(names)}, %s, 2, id, 'motif' FROM dashboards_reportversion WHERE id = %s"
            )
            assert refused(statement, value, good.pk), column


def test_texts_and_annexes_stop_when_the_report_is_completed(world: World) -> None:
    """The service says so, and so does the database; the opinion of the committee alone may still come."""
    by = world.actor("coordinateur")
    report = completed(by, world.lille)
    with pytest.raises(Conflict):
        save_comment(by=by, report=report, section="annee", text="Autre.", seen=1)
    assert refused("UPDATE dashboards_reportcomment SET text = 'x' WHERE report_id = %s", report.pk)
    assert refused(
        "INSERT INTO dashboards_reportcomment (report_id, section, text, version, saved_by_label)"
        " VALUES (%s, 'plan2', 'x', 1, '')", report.pk,
    )  # fmt: skip
    save_comment(by=by, report=report, section="avis", text=OPINION, seen=0)
    sign_by_hand(report)
    by = world.actor("coordinateur")
    with pytest.raises(Conflict):
        save_comment(by=by, report=report, section="avis", text="Autre avis.", seen=1)
    assert refused("UPDATE dashboards_reportcomment SET text = 'x' WHERE report_id = %s", report.pk)
    assert ReportComment.objects.visible_to(by).get(report=report, section="avis").text == OPINION


def test_a_correction_keeps_the_version_and_asks_why(world: World) -> None:
    by = world.actor("coordinateur")
    report = completed(by, world.lille)
    first = sign_by_hand(report)
    by = world.actor("coordinateur")
    for reason in ("", "x", "Appeler le 06 12 34 56 78"):
        with pytest.raises(Refused):
            service.move(by=by, report=report, key="corriger", reason=reason)
    report = service.move(by=by, report=report, key="corriger", reason="Un lieu manquait.")
    assert (report.state, report.version_id, report.corrects) == (ReportState.OUVERT, first.pk, True)
    report = service.move(by=by, report=report, key="completer")
    second = sign_by_hand(report, 2, first.pk)
    report = AnnualReport.objects.visible_to(world.actor("coordinateur")).get(pk=report.pk)
    assert (report.version_id, report.correction_reason, second.parent_id) == (second.pk, "", first.pk)


def test_the_meeting_is_a_real_day_and_what_was_read_is_what_is_signed(world: World) -> None:
    by = world.actor("coordinateur")
    report = completed(by, world.lille)
    for day in (None, datetime.date(2024, 5, 1), datetime.date(2126, 1, 1)):
        with pytest.raises(Refused):
            prepare_signature(by=by, report=report, meeting_on=day, opinion=OPINION, seen=0)
    with pytest.raises(Refused):
        prepare_signature(by=by, report=report, meeting_on=MEETING, opinion=" ", seen=0)
    day, mark = prepare_signature(by=by, report=report, meeting_on=MEETING, opinion=OPINION, seen=0)
    assert (day, mark) == (MEETING, content_mark(by=by, report=report))
    reopened = service.move(by=by, report=report, key="rouvrir")
    save_comment(by=by, report=reopened, section="annee", text="Autre texte.", seen=1)
    assert content_mark(by=by, report=reopened) != mark


KEYS = {
    "report_own_version": "UPDATE dashboards_annualreport SET version_id = {other_version}"
    " WHERE id = {report}",
    "reportversion_same_report": "UPDATE dashboards_reportversion SET parent_id = {other_version}, "
    "number = 2,"
    " reason = 'motif' WHERE id = {version}",
    "synthesis_own_version": "UPDATE dashboards_synthesis SET version_id = {other_made}, "
    "correction_reason = 'motif'"
    " WHERE id = {synthesis}",
    "synthesisversion_same_synthesis": "UPDATE dashboards_synthesisversion SET parent_id = {other_made}, "
    "number = 2,"
    " reason = 'motif' WHERE id = {made}",
}


@pytest.mark.parametrize("name", KEYS)
def test_without_the_triggers_the_composite_keys_still_hold(world: World, name: str) -> None:
    """A version, a parent or a region of someone else's is refused by the key itself."""
    with system():
        mine, other = make_rows(world.lille), make_rows(world.niort)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    statement = KEYS[name].format(
        region=world.other_region.pk, report=mine.report.pk, version=mine.version.pk,
        other_version=other.version.pk,
        synthesis=mine.synthesis.pk, made=mine.synthesis_version.pk, other_made=other.synthesis_version.pk,
    )  # fmt: skip
    table = statement.split()[1]
    if table == "dashboards_annualreport" and "version_id" in statement:
        statement = statement.replace(" WHERE", ", correction_reason = 'motif' WHERE")
    with acting_as_role("spo_owner"), transaction.atomic():
        sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        sql("SELECT set_config('app.system', '1', true)")
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            sql(statement)
        transaction.set_rollback(True)


def test_a_signed_annex_is_set_aside_and_never_lost(world: World) -> None:
    """Once a version exists, an annex can't be deleted, by the service or by SQL; its content never
    changes.
    """
    with system():
        rows = make_rows(world.douai)
        sql("UPDATE dashboards_reportannex SET title = 'Autre' WHERE id = %s", rows.annex.pk)
        assert refused(
            "UPDATE dashboards_reportannex SET content = 'x', size = 1, sha256 = 'y' WHERE id = %s",
            rows.annex.pk,
        )
    by = world.actor("coordinateur")
    report = write_all(by, world.lille)
    annex = annexes.add_annex(by=by, report=report, title="Plan", name="plan.png", content=png())
    first = sign_by_hand(service.move(by=by, report=report, key="completer"))
    by = world.actor("coordinateur")
    report = AnnualReport.objects.visible_to(by).get(pk=report.pk)
    report = service.move(by=by, report=report, key="corriger", reason="Un lieu manquait.")
    assert report.version_id == first.pk
    assert refused("DELETE FROM dashboards_reportannex WHERE id = %s", annex.pk)
    annexes.remove_annex(by=by, annex=annex)
    annex.refresh_from_db()
    assert annex.removed
    assert bytes(annex.content) == png()
