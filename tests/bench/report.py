"""What a run says: each figure beside its floor, the ratio, the aim, and whether this run met it."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

NBSP = "\u00a0"


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the values fall (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def words(value: float) -> str:
    """Three meaningful digits, as written in French."""
    if value >= 100:
        text = f"{value:,.0f}".replace(",", "\u202f")
    else:
        text = f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return text.replace(".", ",")


@dataclass(frozen=True)
class Row:
    """One figure: ``ratio`` is to the floor; ``met`` is None when nothing is aimed at."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None

    def text(self) -> str:
        parts = [f"  {self.name:34} {words(self.value):>9} {self.unit:8}"]
        parts.append(f"plancher {words(self.floor):>9}" if self.floor is not None else " " * 18)
        parts.append(f"× {words(self.ratio):>5}" if self.ratio is not None else " " * 7)
        if self.aim:
            parts.append(f"visé {self.aim:14} {'tenu' if self.met else 'MANQUÉ'}")
        return "  ".join(parts).rstrip()


@dataclass
class Report:
    """Prints as it goes: a run that is stopped leaves what it had measured."""

    quiet: bool = False
    rows: list[tuple[str, Row]] = field(default_factory=list)
    _title: str = ""
    _started: float = field(default_factory=time.monotonic)

    def title(self, text: str) -> None:
        self._title = text
        self.say(f"\n{text}")

    def say(self, text: str) -> None:
        if not self.quiet:
            print(text, flush=True)

    def note(self, text: str) -> None:
        self.say(f"    {text}")

    def step(self, text: str) -> None:
        self.say(f"· {time.monotonic() - self._started:6.1f} s  {text}")

    def row(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        floor: float | None = None,
        most_ratio: float | None = None,
        most: float | None = None,
        least_ratio: float | None = None,
    ) -> None:
        """Add a figure. Aims: at most ``most_ratio`` times the floor, at most ``most``, at least
        ``least_ratio``."""
        ratio = value / floor if floor else None
        aim, met = "", None
        if most_ratio is not None and ratio is not None:
            aim, met = f"≤ × {words(most_ratio)}", ratio <= most_ratio
        elif least_ratio is not None and ratio is not None:
            aim, met = f"≥ × {words(least_ratio)}", ratio >= least_ratio
        elif most is not None:
            aim, met = f"≤ {words(most)} {unit}", value <= most
        row = Row(name, value, unit, floor, ratio, aim, met)
        self.rows.append((self._title, row))
        self.say(row.text())

    def missed(self) -> list[str]:
        return [f"{title} : {row.name}" for title, row in self.rows if row.met is False]
