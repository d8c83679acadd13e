"""Means of the notes, only where the reader may know them (domain § 7: no score seen before one's own).

Everything starts from ``AmiScoreSheet.objects.visible_to``. A reader who still owes a note, or who is
recused, is told so and nothing else: neither mean, nor count, nor spread.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from labelling.enums_ami import AssignmentState
from labelling.models import AmiApplication, AmiAssignment, AmiGridCriterion, AmiScore, AmiScoreSheet
from labelling.services.ranking import half_up
from territories.access import Actor

OWED, RECUSED, NONE, KNOWN = "votre_note", "recuse", "aucune", "connue"


@dataclass(frozen=True)
class GridMean:
    """One line of the grid: its weight in percent of the whole, the mean of its notes in hundredths."""

    label: str
    weight: int
    share: float
    mean: int | None


@dataclass(frozen=True)
class Notes:
    """What one reader may know of the notes of one file. Means are in hundredths of a note, out of 500."""

    state: str = NONE
    mean: int | None = None
    low: int | None = None
    high: int | None = None
    given: int = 0
    recused: int = 0
    abstained: int = 0
    expected: int = 0
    comments: tuple[str, ...] = ()
    grid: tuple[GridMean, ...] = field(default=())

    @property
    def known(self) -> bool:
        return self.state == KNOWN

    @property
    def spread(self) -> int | None:
        """Distance between the highest and the lowest note."""
        return None if self.low is None or self.high is None else self.high - self.low

    @property
    def words(self) -> str:
        """What is said in place of a mean."""
        return {
            OWED: "Votre note d’abord",
            RECUSED: "Vous êtes récusé",
            NONE: "Pas encore noté",
            KNOWN: "",
        }[self.state]


def mean_of(values: Iterable[int]) -> int | None:
    """Mean of whole hundredths, halves up; None without any."""
    found = list(values)
    return half_up(Fraction(sum(found), len(found))) if found else None


def notes_of(by: Actor, applications: Iterable[AmiApplication]) -> dict[int, Notes]:
    """The mean and the spread of each file, in two queries whatever their number."""
    keys = [application.pk for application in applications]
    sheets: dict[int, list[AmiScoreSheet]] = {}
    rows = AmiScoreSheet.objects.visible_to(by).filter(application__in=keys, given_at__isnull=False)
    for sheet in rows.only("application_id", "weighted", "comment"):
        sheets.setdefault(sheet.application_id, []).append(sheet)
    states: dict[int, list[tuple[int, str]]] = {}
    assigned = AmiAssignment.objects.visible_to(by).filter(application__in=keys)
    for key, scorer, state in assigned.values_list("application_id", "scorer_id", "state"):
        states.setdefault(key, []).append((scorer, state))
    return {key: _notes(by, sheets.get(key, []), states.get(key, [])) for key in keys}


def _notes(by: Actor, sheets: list[AmiScoreSheet], states: list[tuple[int, str]]) -> Notes:
    mine = {state for scorer, state in states if scorer == by.user_id}
    if AssignmentState.RECUSEE in mine:
        return Notes(RECUSED)
    if AssignmentState.ATTENDUE in mine:
        return Notes(OWED)
    found = [state for _, state in states]
    if not sheets:
        return Notes(NONE, expected=found.count(AssignmentState.ATTENDUE))
    values = [sheet.weighted or 0 for sheet in sheets]
    return Notes(
        KNOWN,
        mean=mean_of(values),
        low=min(values),
        high=max(values),
        given=len(values),
        recused=found.count(AssignmentState.RECUSEE),
        abstained=found.count(AssignmentState.ABSTENTION),
        expected=found.count(AssignmentState.ATTENDUE),
        comments=tuple(sheet.comment for sheet in sheets if sheet.comment),
    )


def notes_with_grid(by: Actor, application: AmiApplication) -> Notes:
    """The notes of one file with the mean of each line of the grid."""
    notes = notes_of(by, [application])[application.pk]
    grid = list(AmiGridCriterion.objects.visible_to(by).filter(call_id=application.call_id))
    total = sum(line.weight for line in grid) or 1
    values: dict[int, list[int]] = {}
    if notes.known:
        rows = AmiScore.objects.visible_to(by).filter(
            sheet__application=application, sheet__given_at__isnull=False
        )
        for key, value in rows.values_list("grid_id", "value"):
            values.setdefault(key, []).append(value * 100)
    lines = tuple(
        GridMean(line.label, line.weight, 100 * line.weight / total, mean_of(values.get(line.pk, [])))
        for line in sorted(grid, key=lambda line: (line.position, line.pk))
    )
    return Notes(**{**notes.__dict__, "grid": lines})


def recused(by: Actor, application: AmiApplication) -> bool:
    """The reader left this file: it gives no note, no agreement and no decision on it."""
    rows = AmiAssignment.objects.visible_to(by).filter(application=application, scorer_id=by.user_id)
    return rows.filter(state=AssignmentState.RECUSEE).exists()
