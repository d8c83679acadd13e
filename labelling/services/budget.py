"""The budget of an application: read, what keeps it from being submitted, save of all its lines at once.

The rules are ``budget_rules``; the database holds them again (triggers ``part_is_open``, ``budget_sums`` and
``budget_holds``).
"""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import NATURES, ApplicationState, BudgetNature, BudgetSide, PartKey
from labelling.models import AmiApplication, AmiBudgetLine
from labelling.services import budget_rules, moves
from labelling.services.budget_rules import LABEL_MAX, LINES_MAX, Budget, Line
from labelling.services.parts import require_part
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.money import MAX_CENTIMES
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import euros
from territories.access import Actor

SIDE_ORDER = {side: rank for rank, side in enumerate(BudgetSide)}
PART = str(PartKey.FONCTIONNEMENT)


class BudgetConflict(Conflict):
    """Somebody saved the budget in between; ``stored`` is what is in the file now."""

    def __init__(self, stored: Budget) -> None:
        super().__init__(
            "Le budget a été enregistré entre-temps, par une autre personne ou dans un autre onglet. "
            "Rien n’est perdu : comparez les deux versions."
        )
        self.stored = stored


def budget_of(by: Actor, application: AmiApplication) -> Budget:
    """The lines the actor may read, in the order of the screen; no line for who may not read the file."""
    return Budget.of(_line(row) for row in _rows(by, application))


def problems(by: Actor, application: AmiApplication) -> list[str]:
    """What keeps the budget from being submitted: by how much, which line. Empty when it holds."""
    return budget_rules.sentences(budget_of(by, application))


def must_hold(application: AmiApplication) -> bool:
    """Past the draft (in a complement), no save may leave the budget unbalanced or over the ceiling."""
    return application.state not in (ApplicationState.BROUILLON, ApplicationState.RETIREE)


def save_lines(*, by: Actor, application: AmiApplication, lines: Sequence[Line], seen: str) -> Budget:
    """Replace the whole budget by ``lines``, in their order; an unbalanced draft is kept as it is.

    ``seen``: fingerprint of the budget the writer started from. Raises ``BudgetConflict`` when it changed
    since, ``Refused`` when a line is wrong, the part closed, or a submitted budget would not hold.
    """
    require_part(by, application, PART)
    wanted = Budget.of(sorted(map(check_line, lines), key=lambda line: SIDE_ORDER[line.side]))
    for side in BudgetSide:
        if len(wanted.side(side)) > LINES_MAX:
            raise Refused(f"{side.label} : {LINES_MAX} lignes au plus. Regroupez-en quelques-unes.")
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            require_part(by, locked, PART)
            rows = _rows(by, locked)
            stored = Budget.of(map(_line, rows))
            if stored == wanted:
                return stored
            if seen != stored.fingerprint:
                raise BudgetConflict(stored)
            if must_hold(locked) and (found := budget_rules.sentences(wanted)):
                raise Refused(" ".join(found))
            _write(by, locked, rows, wanted)
            AmiApplication.objects.visible_to(by).filter(pk=locked.pk).update(changed_at=timezone.now())
            with connection.cursor() as cursor:
                # The rule speaks here, where its sentence can be told, not at the commit.
                cursor.execute("SET CONSTRAINTS budget_holds IMMEDIATE")
                cursor.execute("SET CONSTRAINTS budget_holds DEFERRED")
            audit.record(
                "labelling.ami_budget",
                by=by,
                object_type="amiapplication",
                object_id=locked.pk,
                tenant_id=locked.territory_id,
                data={"charges": wanted.charges, "produits": wanted.products, "region": wanted.region},
            )
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return wanted


def check_line(line: Line) -> Line:
    """One line as it may be kept; raises ``Refused``."""
    if line.nature not in NATURES[line.side]:
        raise Refused(f"La nature « {line.nature.label} » n’est pas de cette colonne.")
    try:
        label = clean_text(line.label, max_length=LABEL_MAX)
    except TextRefused as error:
        raise Refused(str(error)) from None
    if type(line.amount) is not int or not 0 <= line.amount <= MAX_CENTIMES:
        raise Refused(f"Un montant va de 0 à {euros(MAX_CENTIMES)}.")
    return Line(line.side, line.nature, label, line.amount)


def _rows(by: Actor, application: AmiApplication) -> list[AmiBudgetLine]:
    rows = AmiBudgetLine.objects.visible_to(by).filter(application=application)
    return sorted(rows, key=lambda row: (SIDE_ORDER[BudgetSide(row.side)], row.position, row.pk))


def _line(row: AmiBudgetLine) -> Line:
    return Line(BudgetSide(row.side), BudgetNature(row.nature), row.label, row.amount)


def _write(by: Actor, application: AmiApplication, rows: list[AmiBudgetLine], wanted: Budget) -> None:
    """Change, add and remove as few rows as the new budget asks for: a line keeps its row by its place."""
    for side in BudgetSide:
        before = [row for row in rows if row.side == side]
        after = wanted.side(side)
        extra = [row.pk for row in before[len(after) :]]
        if extra:
            AmiBudgetLine.objects.visible_to(by).filter(pk__in=extra).delete()
        for position, line in enumerate(after, 1):
            row = before[position - 1] if position <= len(before) else AmiBudgetLine(application=application)
            if row.pk and _line(row) == line and row.position == position:
                continue
            row.side, row.nature, row.label = line.side, line.nature, line.label
            row.amount, row.position = line.amount, position
            row.save()
