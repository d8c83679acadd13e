"""Activity of a place from the portal's own figures: asked of the app above, which says what may be read.

This app knows no figure: whoever holds them registers a provider in its ``apps.py``.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from territories.access import Actor
from territories.models import Site


@dataclass(frozen=True)
class Line:
    """One figure as its reader may see it: « masqué » and why, when it may not be shown."""

    label: str
    value: str
    why: str = ""


@dataclass(frozen=True)
class Figures:
    """Figures of one place and year; ``filled_at`` is when they were counted, None when there are none."""

    lines: tuple[Line, ...] = ()
    filled_at: datetime.datetime | None = None

    def stored(self) -> dict[str, Any]:
        """As they are kept with the report, the day it is handed in."""
        return {
            "lignes": [[line.label, line.value, line.why] for line in self.lines],
            "au": self.filled_at.isoformat() if self.filled_at else "",
        }


Provider = Callable[[Actor, Site, int], Figures]
_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Say who knows the figures; the last one that registers answers."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def figures_of(*, by: Actor, site: Site | None, year: int) -> Figures:
    """Figures of a place as ``by`` may read them; none without a place."""
    return _providers[-1](by, site, year) if site is not None and _providers else Figures()


def from_stored(kept: dict[str, Any]) -> Figures:
    """Figures frozen with a report."""
    lines = tuple(Line(*line) for line in kept.get("lignes", ()))
    at = kept.get("au")
    return Figures(lines, datetime.datetime.fromisoformat(at) if at else None)
