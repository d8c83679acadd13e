"""The budget kept: by whom, when, all or nothing; the database refuses what the service would."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from labelling.enums_ami import BudgetNature, BudgetSide
from labelling.models import AmiBudgetLine, AmiComplement
from labelling.services import budget as service
from labelling.services.budget import BudgetConflict, budget_of, save_lines
from labelling.services.budget_rules import Budget, Line
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.models import AuditEvent
from spo_portal.kernel.money import MAX_CENTIMES
from tests.factories import World, system
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur

C, P, V = BudgetSide.CHARGE, BudgetSide.PRODUIT, BudgetSide.VALORISATION
N = BudgetNature
STAFF, RENT = Line(C, N.PERSONNEL, "Accueil", 6_000_000), Line(C, N.SERVICES_EXTERIEURS, "Loyer", 1_600_000)
REGION, OWN = Line(P, N.REGION, "Région", 6_080_000), Line(P, N.AUTOFINANCEMENT, "", 1_520_000)
AT_THE_CEILING = (STAFF, RENT, REGION, OWN)
EMPTY = Budget.of(()).fingerprint


class File:
    """A file of the first region, with the account that writes it."""

    def __init__(self, world: World, *, submitted: bool) -> None:
        self.world = world
        call = ami_world.make_call(world.region)
        self.porteur: Porteur = ami_world.make_porteur(world.region)
        if submitted:
            self.row = ami_world.ready_application(call, world.lille, self.porteur)
        else:
            self.row = ami_world.make_application(call, world.lille, self.porteur)

    def save(self, *lines: Line, seen: str | None = None) -> Budget:
        with self.porteur.acting() as by:
            found = budget_of(by, self.row).fingerprint if seen is None else seen
            return save_lines(by=by, application=self.row, lines=lines, seen=found)

    def read(self) -> Budget:
        with self.porteur.acting() as by:
            return budget_of(by, self.row)

    def sums(self) -> tuple[int, int, int, int]:
        with system():
            self.row.refresh_from_db()
        return self.row.charges, self.row.products, self.row.region_asked, self.row.fse_asked

    def ask_complement(self, *parts: str) -> None:
        with system():
            AmiComplement.objects.create(
                application=self.row,
                parts=list(parts),
                text="Revoyez le budget.",
                deadline="2099-01-01T00:00Z",
                asked_by_label="Région",
            )


@pytest.fixture
def draft(world: World) -> File:
    return File(world, submitted=False)


@pytest.fixture
def submitted(world: World) -> File:
    return File(world, submitted=True)


def test_lines_are_kept_in_order_and_summed_by_the_database(draft: File) -> None:
    fse, desk = Line(P, N.FSE, "", 100), Line(V, N.LOCAUX, "Bureau", 320_000)
    draft.save(desk, REGION, STAFF, OWN, fse, RENT)
    assert list(draft.read()) == [STAFF, RENT, REGION, OWN, fse, desk]
    assert draft.sums() == (7_600_000, 7_600_100, 6_080_000, 100)


def test_an_unbalanced_draft_is_kept_and_says_what_is_wrong(draft: File) -> None:
    draft.save(STAFF, Line(P, N.REGION, "Région", 6_000_001))
    with draft.porteur.acting() as by:
        said = service.problems(by, draft.row)
    assert len(said) == 2
    assert "dépasse" in said[1]


def test_a_save_changes_as_few_rows_as_it_must(draft: File) -> None:
    draft.save(*AT_THE_CEILING)
    with system():
        before = set(
            AmiBudgetLine.objects.for_system().filter(application=draft.row).values_list("pk", "label")
        )
    draft.save(STAFF, Line(C, N.SERVICES_EXTERIEURS, "Loyer et charges", 1_600_000), REGION)
    with system():
        after = set(
            AmiBudgetLine.objects.for_system().filter(application=draft.row).values_list("pk", "label")
        )
    assert {pk for pk, _ in after} < {pk for pk, _ in before}
    assert len(after & before) == 2


def test_a_save_leaves_one_audit_event_and_none_when_nothing_changes(draft: File) -> None:
    draft.save(*AT_THE_CEILING)
    draft.save(*AT_THE_CEILING, seen="whatever")
    with system():
        [event] = AuditEvent.objects.filter(action="labelling.ami_budget")
    assert event.data == {"charges": 7_600_000, "produits": 7_600_000, "region": 6_080_000}


def test_a_save_over_a_budget_not_seen_is_a_conflict_and_loses_nothing(draft: File) -> None:
    draft.save(*AT_THE_CEILING, seen=EMPTY)
    with pytest.raises(BudgetConflict) as conflict:
        draft.save(STAFF, seen=EMPTY)
    assert conflict.value.stored == draft.read() == Budget.of(AT_THE_CEILING)


@pytest.mark.parametrize(
    "line",
    [
        Line(C, N.REGION, "", 1),
        Line(C, N.ACHATS, "", -1),
        Line(C, N.ACHATS, "", MAX_CENTIMES + 1),
        Line(C, N.ACHATS, "", 1e30),  # type: ignore[arg-type]
        Line(C, N.ACHATS, "", float("nan")),  # type: ignore[arg-type]
        Line(C, N.ACHATS, "", True),
        Line(C, N.ACHATS, "x" * 161, 1),
        Line(C, N.ACHATS, "nul\x00", 1),
    ],
)
def test_a_wrong_line_is_refused_and_nothing_is_kept(draft: File, line: Line) -> None:
    with pytest.raises(Refused):
        draft.save(STAFF, line)
    assert not draft.read()


def test_sixty_lines_a_column_at_most(draft: File) -> None:
    draft.save(*[Line(C, N.ACHATS, "", 1)] * 60)
    with pytest.raises(Refused, match="60 lignes au plus"):
        draft.save(*[Line(C, N.ACHATS, "", 1)] * 61)


def test_a_submitted_budget_is_closed(submitted: File) -> None:
    before = submitted.read()
    with pytest.raises(Refused, match="plus ouverte"):
        submitted.save(*AT_THE_CEILING)
    submitted.ask_complement("gestion", "pieces")
    with pytest.raises(Refused, match="plus ouverte"):
        submitted.save(*AT_THE_CEILING)
    assert submitted.read() == before


def test_in_a_complement_only_a_budget_that_holds_is_kept(submitted: File) -> None:
    submitted.ask_complement("fonctionnement")
    before = submitted.read()
    with pytest.raises(Refused, match="Il manque"):
        submitted.save(STAFF, RENT, REGION)
    with pytest.raises(Refused, match="Baissez la demande de 0,01"):
        submitted.save(STAFF, RENT, Line(P, N.REGION, "Région", 6_080_001), Line(P, N.ETAT, "", 1_519_999))
    assert submitted.read() == before
    submitted.save(*AT_THE_CEILING)
    assert submitted.sums() == (7_600_000, 7_600_000, 6_080_000, 0)


def test_nobody_else_writes_it_and_the_region_reads_no_draft(draft: File, world: World) -> None:
    draft.save(*AT_THE_CEILING)
    stranger = ami_world.make_porteur(world.region)
    with stranger.acting() as by, pytest.raises((PermissionDenied, Conflict)):
        save_lines(by=by, application=draft.row, lines=(), seen=EMPTY)
    with stranger.acting() as by:
        assert not budget_of(by, draft.row)
    region = world.actor("region")
    assert not budget_of(region, draft.row)
    with pytest.raises(PermissionDenied):
        save_lines(by=region, application=draft.row, lines=(), seen=EMPTY)
    assert draft.read() == Budget.of(AT_THE_CEILING)


# What follows goes round the services: plain SQL, as the web role and under the porteur's scope.


def run(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == "spo_web"
        cursor.execute(statement, values)
        return cursor.rowcount


ADD = (
    "INSERT INTO labelling_amibudgetline (application_id, side, nature, label, amount, position)"
    " VALUES (%s, %s, %s, '', %s, 1)"
)
OPEN = "UPDATE labelling_amibudgetline SET amount = %s WHERE application_id = %s AND nature = %s"


@transaction.atomic
def committed(*statements: tuple[object, ...]) -> None:
    """The statements, then what a commit checks."""
    for statement, *values in statements:
        run(str(statement), *values)
    run("SET CONSTRAINTS ALL IMMEDIATE")


def refused(by_rule: str, *statements: tuple[object, ...], file: File) -> None:
    """The statements, then the commit, are refused by that rule."""
    with file.porteur.acting(), pytest.raises(IntegrityError) as error:
        committed(*statements)
    assert error.value.__cause__.diag.constraint_name == by_rule  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE labelling_amibudgetline SET amount = 1 WHERE application_id = %s",
        "DELETE FROM labelling_amibudgetline WHERE application_id = %s",
        "INSERT INTO labelling_amibudgetline (application_id, side, nature, label, amount, position)"
        " VALUES (%s, 'charge', 'achats', '', 1, 9)",
    ],
)
def test_sql_changes_no_line_of_a_closed_part(submitted: File, statement: str) -> None:
    refused("amiapplication_part_closed", (statement, submitted.row.pk), file=submitted)


def test_sql_is_refused_one_centime_over_the_ceiling(submitted: File) -> None:
    submitted.ask_complement("fonctionnement")
    submitted.save(*AT_THE_CEILING)
    pk = submitted.row.pk
    refused(
        "amiapplication_80_percent",
        (OPEN, 6_080_001, pk, "region"),
        (OPEN, 1_519_999, pk, "autofinancement"),
        file=submitted,
    )


def test_sql_is_refused_an_imbalance_and_an_empty_budget(submitted: File) -> None:
    submitted.ask_complement("fonctionnement")
    pk = submitted.row.pk
    refused("amiapplication_balance", (OPEN, 1, pk, "region"), file=submitted)
    refused("amiapplication_balance", (ADD, pk, "charge", "achats", 1), file=submitted)
    refused(
        "amiapplication_balance",
        ("DELETE FROM labelling_amibudgetline WHERE application_id = %s", pk),
        file=submitted,
    )


@pytest.mark.parametrize("column", ["charges", "products", "region_asked", "fse_asked"])
def test_sql_hides_no_sum(submitted: File, column: str) -> None:
    """The sums beside the file are those of its lines, whoever writes them."""
    refused(
        "amiapplication_balance",
        (f"UPDATE labelling_amiapplication SET {column} = {column} + 1 WHERE id = %s", submitted.row.pk),
        file=submitted,
    )


def test_sql_submits_no_draft_that_does_not_hold(draft: File) -> None:
    draft.save(STAFF, RENT, Line(P, N.REGION, "", 6_080_001), Line(P, N.ETAT, "", 1_519_999))
    step = (
        "INSERT INTO labelling_amistep (application_id, key, from_state, to_state, by_id, by_label,"
        " comment, told_at) VALUES (%s, 'deposer', 'brouillon', 'deposee', %s, 'Porteur', '', now())"
    )
    go = (
        "UPDATE labelling_amiapplication"
        " SET state = 'deposee', submitted_at = now(), submitted_by_label = 'P' WHERE id = %s"
    )
    pk, user = draft.row.pk, draft.porteur.user.pk
    refused("amiapplication_80_percent", (step, pk, user), (go, pk), file=draft)


@pytest.mark.parametrize(
    ("side", "nature", "amount", "rule"),
    [
        ("charge", "achats", -1, "amibudget_amount"),
        ("charge", "achats", MAX_CENTIMES + 1, "amibudget_amount"),
        ("charge", "region", 1, "amibudget_nature"),
        ("produit", "locaux", 1, "amibudget_nature"),
    ],
)
def test_sql_keeps_no_line_that_makes_no_sense(
    draft: File, side: str, nature: str, amount: int, rule: str
) -> None:
    refused(rule, (ADD, draft.row.pk, side, nature, amount), file=draft)


def test_sql_writes_no_line_in_somebody_else_s_file(draft: File, world: World) -> None:
    stranger = ami_world.make_porteur(world.region)
    with stranger.acting(), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        run(ADD, draft.row.pk, "charge", "achats", 1)
    draft.save(*AT_THE_CEILING)
    with stranger.acting():
        assert run(OPEN, 1, draft.row.pk, "region") == 0
    assert draft.read() == Budget.of(AT_THE_CEILING)


def test_the_file_keeps_the_moment_of_the_save(draft: File) -> None:
    with system():
        draft.row.refresh_from_db()
        old = draft.row.changed_at
    draft.save(STAFF)
    draft.sums()
    assert draft.row.changed_at > old
