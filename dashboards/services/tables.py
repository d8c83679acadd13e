"""Tables of figures as declared things: the screen, the printed page and the exports draw the same ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from spo_portal.kernel.privacy import Cell, Share
from spo_portal.kernel.typography import capital


class Kind(StrEnum):
    """How a column reads. A bar is drawn beside a figure with a column of its own: exports leave it out."""

    WORDS = "words"
    COUNT = "count"
    SHARE = "share"
    BAR = "bar"
    HEAT = "heat"
    STATE = "state"


@dataclass(frozen=True)
class BarOf:
    """A bar: its value, the value of a full bar, and where a line stands (None: no line)."""

    value: Cell | Fraction | None
    whole: float
    mark: float | None = None


@dataclass(frozen=True)
class State:
    """A word and a shape: kind ok, warn, error, info or nothing."""

    word: str
    kind: str = ""


@dataclass(frozen=True)
class WalkIn:
    """A share of opening time without appointment: written by its own rule, never as 50 % when under it."""

    value: Fraction


Value = Cell | Share | Fraction | BarOf | State | WalkIn | str | int | None


@dataclass(frozen=True)
class Column:
    """``sort`` is the key of the address that orders lines by this column; empty: it does not sort."""

    title: str
    kind: Kind = Kind.COUNT
    sort: str = ""


@dataclass(frozen=True)
class Row:
    """One line: its label, one value by column, the page it opens, a note under the label."""

    label: str
    values: tuple[Value, ...]
    url: str = ""
    note: str = ""
    total: bool = False


@dataclass
class Table:
    """``key`` names it in addresses and exports; ``head`` is the title of the first column (labels).

    ``sort`` is the key that orders lines by their label. ``definition`` is a dimension or an indicator.
    """

    key: str
    title: str
    head: str
    columns: tuple[Column, ...] = ()
    rows: list[Row] = field(default_factory=list)
    note: str = ""
    definition: str = ""
    hidden_zeros: int = 0
    sort: str = ""

    @property
    def masked(self) -> bool:
        return any(is_masked(value) for row in self.rows for value in row.values)

    @property
    def why(self) -> list[str]:
        """Reasons of hidden cells other than the ordinary ones, each once: said under the table."""
        cells = [v for row in self.rows for v in row.values if isinstance(v, Cell) and v.masked]
        return sorted({cell.reason for cell in cells if not cell.reason.startswith("Masqué")} - {""})


def is_masked(value: Value) -> bool:
    if isinstance(value, BarOf):
        value = value.value
    return isinstance(value, Cell | Share) and value.masked


def shade(value: Value, top: int) -> int:
    """Step 0 to 4 of a heat cell in its table, by its part of the greatest shown count; masked: none."""
    count = value.value if isinstance(value, Cell) else None
    if not count or not top or not isinstance(count, int):
        return 0
    return min(4, 1 + (4 * count - 1) // top)


def greatest(cells: Iterable[Cell]) -> int:
    """The greatest shown count: scale of the bars and of the shades."""
    return max((cell.value or 0 for cell in cells), default=0)


def ranked(words: dict[str, str], cells: dict[str, Cell]) -> list[str]:
    """Keys of a list by decreasing count; masked ones sort as zero: the order tells nothing of them."""
    order = {key: place for place, key in enumerate(words)}
    return sorted(words, key=lambda key: (-(cells.get(key, Cell(0)).value or 0), order[key]))


def used(words: dict[str, str], *cells: dict[str, Cell]) -> dict[str, str]:
    """Words of the values that are shown or masked somewhere, then the values without a word of their own."""
    keys = {key for found in cells for key, cell in found.items() if cell.masked or cell.value}
    known = {key: word for key, word in words.items() if key in keys}
    return known | {key: capital(key.replace("_", " ")) for key in sorted(keys - known.keys())}


def gone(words: dict[str, str], kept: Sequence[str]) -> int:
    """How many values are left out of a table because nobody is in them."""
    return len(words.keys() - set(kept))
