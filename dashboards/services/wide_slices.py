"""One question asked to many territories: what their summaries publish for it, and sums of what they show.

A summary holds less than a release (``dashboards.services.build.SUMMARY``): nothing else is asked from it, as
an absent dimension would read as a zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dashboards import indicators
from dashboards.computing import FROM_RELEASE, NOT_CROSSED, Figure, Where, figure, from_cells
from dashboards.enums import Dimension
from dashboards.services.release import Release
from spo_portal.kernel.privacy import Cell

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


def month_of(release: Release, asked: Question, month: int) -> Cell | None:
    """Contacts of one month; None under a filter, as summaries hold no month of a network or a demande."""
    if not asked.plain:
        return None
    return Cell(None) if month < release.first_month else release.cell(Dimension.CONTACTS, month=month)


def change_of(now: Release, before: Release, asked: Question) -> Change:
    """This period against the same one a year before; a year in progress counts its closed months only."""
    if not asked.compare or before.empty or now.filled_at is None:
        return Change()
    if asked.running and not asked.month:
        months: list[int | None] = list(range(1, asked.closed + 1))
    else:
        months = [asked.month]
    pairs = [(_one(now, asked, month), _one(before, asked, month)) for month in months]
    cells = [cell for pair in pairs for cell in pair]
    if any(cell is not None and cell.masked for cell in cells):
        return Change(masked=True)
    if not cells or any(cell is None or cell.value is None for cell in cells):
        return Change()
    after, earlier = (sum(pair[side].value for pair in pairs) for side in (0, 1))  # type: ignore[union-attr, misc]
    return Change(Fraction(100 * (after - earlier), earlier) if earlier else None, False, after, earlier)


def _one(release: Release, asked: Question, month: int | None) -> Cell | None:
    if month is not None:
        return month_of(release, asked, month)
    parts = parts_of("contacts", release, asked)
    return parts[0] if parts else None


def change_of_all(changes: Iterable[Change]) -> Change:
    """Change of the whole, over the territories for which both years are shown."""
    known = [change for change in changes if change.value is not None]
    now, before = sum(change.now for change in known), sum(change.before for change in known)
    return Change(Fraction(100 * (now - before), before) if before else None, False, now, before)


def twelve_months(now: Release, before: Release, asked: Question) -> list[Cell]:
    """Twelve months in a row: those of the year, or the last twelve closed ones of a year in progress."""
    if not asked.running:
        places = [(now, month) for month in range(1, 13)]
    else:
        places = [(before, month) for month in range(asked.closed + 1, 13)]
        places += [(now, month) for month in range(1, asked.closed + 1)]
    return [
        Cell(None) if release.filled_at is None else month_of(release, asked, month) or Cell(None)
        for release, month in places
    ]
