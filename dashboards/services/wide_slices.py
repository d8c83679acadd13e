"""One question asked to many territories: what their summaries publish for it, and sums of what they show.

A summary holds less than a release (``dashboards.services.build.SUMMARY``): nothing else is asked from it, as
an absent dimension would read as a zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dashboards import indicators
from dashboards.computing import FROM_RELEASE, NOT_CROSSED, Figure, Where, figure, from_cells
from dashboards.enums import AWAITED, REORIENTED, Dimension
from dashboards.services.release import Release
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.privacy.masking import DERIVED

LOOPS = "boucles_fermees"
Parts = tuple[Cell, Cell | None]


@dataclass(frozen=True)
class Question:
    """What is asked: a year or one of its months, or for the year a network, a demande or both.

    ``closed`` is the number of closed months of the year; ``running`` says that the year is in progress.
    """

    year: int
    month: int | None = None
    reseau: str = ""
    demande: str = ""
    compare: bool = True
    running: bool = False
    closed: int = 12

    @property
    def where(self) -> Where:
        return Where(self.month, self.reseau or None)

    @property
    def plain(self) -> bool:
        """Neither network nor demande: yearly targets hold."""
        return not self.reseau and not self.demande


@dataclass(frozen=True)
class Change:
    """Change of the contacts in a year, in percent; None when it can't be said, with the reason."""

    value: Fraction | None = None
    masked: bool = False
    now: int = 0
    before: int = 0


KEYS = ("contacts", "reorientes", LOOPS)


def parts_of(key: str, release: Release, asked: Question) -> Parts | None:
    """The published counts behind an indicator for the question; None for a crossing not published."""
    if not asked.demande:
        return FROM_RELEASE[key](release, asked.where)
    if key == "contacts":
        return release.cell(Dimension.DEMANDE, asked.demande, reseau=asked.reseau or None), None
    return None


def shown(key: str, parts: Parts | None) -> Figure:
    indicator = indicators.get(key)
    if parts is None:
        return Figure(indicator, None, reason=NOT_CROSSED)
    return from_cells(indicator, *parts)


def sum_of(key: str, cells: Iterable[tuple[str, Parts | None]]) -> Figure:
    """Sum of what is shown; the territories whose cells are hidden are named."""
    parts = wholes = 0
    rate, left_out, nothing = key != "contacts", [], True
    for name, found in cells:
        if found is None:
            continue
        part, whole = found
        if part.masked or (whole is not None and whole.masked):
            left_out.append(name)
            continue
        nothing = False
        parts += part.value or 0
        wholes += (whole.value or 0) if whole is not None else 0
    indicator, names = indicators.get(key), tuple(left_out)
    if nothing or (rate and not wholes):
        return Figure(indicator, None, masked=bool(names), reason="", left_out=names)
    value = Fraction(100 * parts, wholes) if rate else Fraction(parts)
    return Figure(indicator, value, part=parts, whole=wholes if rate else None, left_out=names)


def delay_of(release: Release, asked: Question) -> Figure:
    if asked.demande:
        return Figure(indicators.get("delai_arrivee"), None, reason="Ce chiffre n’est pas publié par demande")
    return figure("delai_arrivee", release, month=asked.month, reseau=asked.reseau or None)


def months_of(release: Release) -> list[int | None]:
    """Contacts of the twelve months as the summary holds them (negative: hidden), None before the first one.

    Read without a ``Cell`` each: a page of a region holds thousands of months.
    """
    held = release.cells.get("m", {}).get(Dimension.CONTACTS, {})
    first = release.first_month
    return [None if month < first else held.get(str(month), _NONE).get("", 0) for month in range(1, 13)]


def loops_reach(release: Release, month: int, goal: Fraction) -> bool | None:
    """Whether the closed loops of a month reach a goal in percent; None when hidden or without a base."""
    months, key = release.cells.get("m", {}), str(month)
    sent = months.get(Dimension.ISSUE, {}).get(key, _NONE).get(REORIENTED, 0)
    awaited = months.get(Dimension.SUITE, {}).get(key, _NONE).get(AWAITED, 0)
    if sent <= 0 or awaited < 0:
        return None
    return 100 * (sent - awaited) >= goal * sent


_NONE: dict[str, int] = {}
_HIDDEN = Cell(None, True, DERIVED)


def change_of(now: Release, before: Release, asked: Question) -> Change:
    """This period against the same one a year before; a year in progress counts its closed months only.

    A month hidden on one side is left out of both; with half of them left out nothing is said.
    """
    if not asked.compare or before.empty or now.filled_at is None:
        return Change()
    counts = [_counts(release, asked) for release in (now, before)]
    pairs = list(zip(*counts, strict=True)) if all(counts) else []
    if not pairs or any(count is None for pair in pairs for count in pair):
        return Change()
    both = [(one, other) for one, other in pairs if (one or 0) >= 0 and (other or 0) >= 0]
    if 2 * len(both) <= len(pairs):
        return Change(masked=True)
    after, earlier = sum(one or 0 for one, _ in both), sum(other or 0 for _, other in both)
    return Change(Fraction(100 * (after - earlier), earlier) if earlier else None, False, after, earlier)


def _counts(release: Release, asked: Question) -> list[int | None]:
    """The counts to add up and compare: the closed months of a year in progress, or the one figure asked."""
    if asked.month:
        return months_of(release)[asked.month - 1 : asked.month] if asked.plain else []
    if asked.running:
        return months_of(release)[: asked.closed] if asked.plain else []
    parts = parts_of("contacts", release, asked)
    if parts is None:
        return []
    return [-1 if parts[0].masked else parts[0].value]


def change_of_all(changes: Iterable[Change]) -> Change:
    """Change of the whole, over the territories for which both years are shown."""
    known = [change for change in changes if change.value is not None]
    now, before = sum(change.now for change in known), sum(change.before for change in known)
    return Change(Fraction(100 * (now - before), before) if before else None, False, now, before)


def twelve_months(now: Release, before: Release, asked: Question) -> list[Cell | int | None]:
    """Twelve months in a row: those of the year, or the last twelve closed ones of a year in progress."""
    if not asked.plain:
        return []
    after = months_of(now) if now.filled_at else [None] * 12
    if asked.running:
        earlier = months_of(before) if before.filled_at else [None] * 12
        after = earlier[asked.closed :] + after[: asked.closed]
    return [_HIDDEN if count is not None and count < 0 else count for count in after]
