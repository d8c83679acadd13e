"""Yearly reports of a funded project: expected, written by the porteur, read by the Region (domain § 7).

The rows come with the convention: one a year it covers, due the month it says, the year after. A report is
written until it is handed in; what the portal's figures said that day is frozen with it.
"""

import calendar
import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Sum
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import BudgetSide, FollowUpState
from labelling.models import (
    AmiApplication,
    AmiBudgetLine,
    AmiConvention,
    AmiFollowUp,
    AmiProgressLine,
    AmiProgressReport,
    AmiSpending,
)
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.figures import figures_of
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.texts import Saved, TextConflict
from territories.access import Actor, require
from territories.models import Site

OPEN = (FollowUpState.ATTENDU, FollowUpState.A_REPRENDRE)
TEXTS = {"activity": 6000, "partners": 4000, "difficulties": 4000}
NOTE_MAX, WORD_MAX, PROGRESS_NOTE_MAX = 200, 1000, 400
HANDED, VALIDATED, SENT_BACK = "bilan_remis", "bilan_valide", "bilan_a_reprendre"


def due_dates(convention: AmiConvention) -> list[tuple[int, datetime.date]]:
    """(year, day due): each year the convention covers, at the end of its month a year later."""
    years = range(convention.starts_on.year, convention.ends_on.year + 1)
    month = convention.follow_up_month
    return [(year, datetime.date(year + 1, month, calendar.monthrange(year + 1, month)[1])) for year in years]


def expect(*, by: Actor, application: AmiApplication, convention: AmiConvention) -> int:
    """Write the reports the convention asks for; run twice, writes nothing more. Returns how many are new."""
    require(by, Perm.FUND)
    have = set(
        AmiFollowUp.objects.visible_to(by).filter(application=application).values_list("year", flat=True)
    )
    new = [
        AmiFollowUp(application=application, year=year, due_on=due_on)
        for year, due_on in due_dates(convention)
        if year not in have
    ]
    AmiFollowUp.objects.bulk_create(new)
    return len(new)


@dataclass(frozen=True)
class Spent:
    """A budget line and what it became; ``gap`` in hundredths of a percent of what was planned."""

    line: AmiBudgetLine
    actual: int | None
    note: str = ""

    @property
    def difference(self) -> int | None:
        return None if self.actual is None else self.actual - self.line.amount

    @property
    def gap(self) -> float | None:
        """Difference over what was planned, in percent; none without plan or without figure."""
        if self.difference is None or not self.line.amount:
            return None
        return 100 * self.difference / self.line.amount


@dataclass(frozen=True)
class Reached:
    line: AmiProgressLine
    reached: int | None
    note: str = ""


@dataclass(frozen=True)
class Totals:
    """Planned and actual sums of one side, in centimes."""

    side: BudgetSide
    lines: tuple[Spent, ...]

    @property
    def planned(self) -> int:
        return sum(spent.line.amount for spent in self.lines)

    @property
    def told(self) -> bool:
        """One line at least says what it became: before, a total of zero would say that nothing was spent."""
        return any(spent.actual is not None for spent in self.lines)

    @property
    def actual(self) -> int:
        return sum(spent.actual or 0 for spent in self.lines)

    @property
    def difference(self) -> int:
        return self.actual - self.planned


def spending_of(by: Actor, report: AmiFollowUp) -> list[Totals]:
    """Charges then produits, each line with what it became."""
    said = {row.line_id: row for row in AmiSpending.objects.visible_to(by).filter(follow_up=report)}
    lines = AmiBudgetLine.objects.visible_to(by).filter(application_id=report.application_id)
    found = [
        Spent(
            line,
            said[line.pk].actual if line.pk in said else None,
            said[line.pk].note if line.pk in said else "",
        )
        for line in lines
    ]
    sides = (BudgetSide.CHARGE, BudgetSide.PRODUIT, BudgetSide.VALORISATION)
    totals = [Totals(side, tuple(spent for spent in found if spent.line.side == side)) for side in sides]
    return [total for total in totals if total.lines]


def progress_of(by: Actor, report: AmiFollowUp) -> list[Reached]:
    said = {row.line_id: row for row in AmiProgressReport.objects.visible_to(by).filter(follow_up=report)}
    lines = AmiProgressLine.objects.visible_to(by).filter(application_id=report.application_id)
    return [
        Reached(
            line,
            said[line.pk].reached if line.pk in said else None,
            said[line.pk].note if line.pk in said else "",
        )
        for line in lines
    ]


def may_write(by: Actor, report: AmiFollowUp) -> bool:
    """Its own organisation writes it, until it is handed in."""
    return report.application.organisation_id in by.scope.body and report.state in OPEN


def _lock(by: Actor, report: AmiFollowUp) -> AmiFollowUp:
    rows = AmiFollowUp.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("application", "application__site").filter(pk=report.pk).first()
    if found is None:
        raise Conflict("Ce bilan n’est plus dans votre périmètre.")
    return found


def _writable(by: Actor, report: AmiFollowUp) -> AmiFollowUp:
    require(by, Perm.WRITE_FOLLOW_UP)
    locked = _lock(by, report)
    if not may_write(by, locked):
        raise Refused("Ce bilan est remis : il ne change plus, sauf si la Région vous le renvoie.")
    return locked


def save_texts(*, by: Actor, report: AmiFollowUp, texts: Mapping[str, str], seen: int) -> AmiFollowUp:
    """Save the three texts; raises ``TextConflict`` when somebody else saved after ``seen``."""
    cleaned = {name: _text(texts.get(name, ""), name, most) for name, most in TEXTS.items()}
    with transaction.atomic():
        locked = _writable(by, report)
        held = {name: getattr(locked, name) for name in TEXTS}
        if held == cleaned:
            return locked
        if locked.version != seen:
            both = "\n\n".join(held[name] for name in TEXTS if held[name] != cleaned[name])
            raise TextConflict(Saved(both, locked.version, locked.saved_at), "", "Ce bilan")
        rows = AmiFollowUp.objects.visible_to(by).filter(pk=locked.pk)
        rows.update(**cleaned, version=F("version") + 1, saved_at=timezone.now())
        locked.refresh_from_db()
    return locked


def save_tables(
    *,
    by: Actor,
    report: AmiFollowUp,
    spending: Mapping[int, tuple[int, str]],
    progress: Mapping[int, tuple[int, str]],
) -> None:
    """Save what the lines became (centimes, remark) and what was reached (percent, where one stands)."""
    with transaction.atomic():
        locked = _writable(by, report)
        for total in spending_of(by, locked):
            for spent in total.lines:
                if spent.line.pk in spending:
                    actual, note = spending[spent.line.pk]
                    _save(
                        by,
                        AmiSpending,
                        locked,
                        spent.line.pk,
                        actual=actual,
                        note=_text(note, "remarque", NOTE_MAX),
                    )
        for one in progress_of(by, locked):
            if one.line.pk in progress:
                reached, note = progress[one.line.pk]
                if not 0 <= reached <= 100:
                    raise Refused("L’avancement va de 0 à 100 %.", "progres")
                said = _text(note, "progres", PROGRESS_NOTE_MAX)
                _save(by, AmiProgressReport, locked, one.line.pk, reached=reached, note=said)


def _save(
    by: Actor,
    model: type[AmiSpending] | type[AmiProgressReport],
    report: AmiFollowUp,
    line_id: int,
    **values: object,
) -> None:
    rows = model.objects.visible_to(by).filter(follow_up=report, line_id=line_id)
    if not rows.update(**values):
        model(application_id=report.application_id, follow_up=report, line_id=line_id, **values).save(
            force_insert=True
        )


def lacking(by: Actor, report: AmiFollowUp) -> list[str]:
    """What a report needs before it is handed in."""
    lacks = [] if report.activity.strip() else ["Racontez l’activité de l’année."]
    if any(spent.actual is None for total in spending_of(by, report) for spent in total.lines):
        lacks.append(
            "Indiquez ce que chaque ligne du budget est devenue ; 0 si rien n’a été dépensé ou reçu."
        )
    if any(one.reached is None for one in progress_of(by, report)):
        lacks.append("Indiquez où en est chaque ligne du tableau de progrès.")
    return lacks


def hand_in(*, by: Actor, report: AmiFollowUp) -> AmiFollowUp:
    """Hand the report in: the portal's figures of the place are frozen with it."""
    with transaction.atomic():
        locked = _writable(by, report)
        lacks = lacking(by, locked)
        if lacks:
            raise Refused(" ".join(lacks))
        site: Site | None = locked.application.site
        locked.figures = figures_of(by=by, site=site, year=locked.year).stored()
        locked.state, locked.handed_at = FollowUpState.REMIS, timezone.now()
        locked.handed_by_label = by.label
        locked.save(update_fields=["figures", "state", "handed_at", "handed_by_label"])
        moves.leave_step(
            by=by, application=locked.application, key=HANDED, comment=f"Bilan {locked.year}.", told=True
        )
    return locked


def check(*, by: Actor, report: AmiFollowUp, valid: bool, word: str) -> AmiFollowUp:
    """The Region validates a report, or sends it back with a word that says what to change."""
    require(by, Perm.FUND)
    said = _text(word, "mot", WORD_MAX)
    if not valid and len(said) < 5:
        raise Refused("Écrivez ce qui est à reprendre : le porteur lira ce mot.", "mot")
    try:
        with transaction.atomic():
            locked = _lock(by, report)
            if locked.state != FollowUpState.REMIS:
                raise Conflict(f"Ce bilan est « {locked.get_state_display().lower()} ».")
            locked.state = FollowUpState.VALIDE if valid else FollowUpState.A_REPRENDRE
            locked.checked_at, locked.checked_by_label, locked.check_note = timezone.now(), by.label, said
            locked.save(update_fields=["state", "checked_at", "checked_by_label", "check_note"])
            key = VALIDATED if valid else SENT_BACK
            words = f"Bilan {locked.year}. {said}".strip()
            moves.leave_step(by=by, application=locked.application, key=key, comment=words, told=True)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return locked


def spent_total(by: Actor, application: AmiApplication) -> int:
    """Charges of all the reports of a project, in centimes."""
    rows = AmiSpending.objects.visible_to(by).filter(application=application, line__side=BudgetSide.CHARGE)
    return rows.aggregate(total=Sum("actual"))["total"] or 0


def _text(text: str, field: str, most: int) -> str:
    try:
        cleaned = clean_text(text, multiline=True)
    except TextRefused as error:
        raise Refused(str(error), field) from None
    if len(cleaned) > most:
        raise Refused(f"Gardez {most} caractères au plus.", field)
    return cleaned
