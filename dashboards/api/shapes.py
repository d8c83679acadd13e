"""JSON of the answers: a hidden figure is null, says that it is masked, and why; never a number."""

import base64
import binascii
import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Model, QuerySet

from dashboards.api.declared import PAGE
from dashboards.api.problems import Problem
from dashboards.enums import Dimension
from dashboards.services.labels import Labels
from dashboards.services.published import is_published
from dashboards.services.release import Release, total_of
from spo_portal.kernel.privacy import Cell
from territories.models import Territory

# Shown elsewhere: the number of contacts has its own key, delays are a median.
APART = {Dimension.CONTACTS, Dimension.DELAI}


def cell(value: Cell) -> dict[str, Any]:
    if value.masked:
        return {"valeur": None, "masque": True, "motif": value.reason}
    return {"valeur": value.value, "masque": False}


def contacts(release: Release, *, month: int | None = None, reseau: str | None = None) -> Cell:
    """Contacts of the question; no figure at all, rather than a zero, before the first one was counted."""
    if release.filled_at is None or (month or 12) < release.first_month:
        return Cell(None)
    return release.cell(Dimension.CONTACTS, month=month, reseau=reseau)


def total(cells: Sequence[tuple[str, Cell]]) -> dict[str, Any]:
    """A sum of shown figures; ``hors`` names the areas it leaves out. Masked when it has nothing to add."""
    found = total_of(cells)
    hidden = len(found.left_out) == len(cells) > 0
    return {
        "valeur": None if hidden else found.value,
        "masque": hidden,
        "hors": list(found.left_out),
    }


def moment(value: datetime.datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None


def dimension(name: str, words: dict[str, str], value_of: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return {
        "dimension": name,
        "libelle": str(Dimension(name).label),
        "valeurs": [
            {"valeur": value, "libelle": word, "nombre": value_of(value)} for value, word in words.items()
        ],
    }


def breakdowns(
    release: Release, labels: Labels, *, month: int | None, reseau: str | None
) -> list[dict[str, Any]]:
    """Every dimension published for the year, the month or the network; values at zero are left out."""
    found = []
    axis = "m" if month is not None else "r" if reseau is not None else "y"
    for name in Dimension.values:
        if name in APART or not is_published(name, axis):
            continue
        cells = {
            value: shown
            for value, shown in release.values(name, month=month, reseau=reseau).items()
            if shown.masked or shown.value
        }
        words = _in_order(labels.of(name), cells)
        found.append(dimension(name, words, lambda value, cells=cells: cell(cells[value])))  # type: ignore[misc]
    return found


def _in_order(words: dict[str, str], cells: Iterable[str]) -> dict[str, str]:
    used = set(cells)
    known = {value: word for value, word in words.items() if value in used}
    return known | {value: value for value in sorted(used - known.keys())}


def territory(row: Territory) -> dict[str, Any]:
    return {
        "id": row.pk,
        "zonage": row.system,
        "code": row.code,
        "nom": row.name,
        "commission": row.commission.name if row.commission else None,
        "population": row.population,
    }


def page(
    rows: QuerySet[Any], asked: dict[str, Any], shape: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """One page in the order of the ids; ``suite`` is the cursor of the next one, null on the last."""
    limit = asked["limite"] or PAGE
    rows = rows.order_by("pk")
    if asked["curseur"]:
        rows = rows.filter(pk__gt=_after(asked["curseur"]))
    found: list[Model] = list(rows[: limit + 1])
    more = len(found) > limit
    kept = found[:limit]
    return {
        "donnees": [shape(row) for row in kept],
        "suite": _cursor(kept[-1].pk) if more else None,
    }


def _cursor(pk: int) -> str:
    return base64.urlsafe_b64encode(f"apres:{pk}".encode()).decode().rstrip("=")


def _after(text: str) -> int:
    try:
        mark, _, number = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
        if mark != "apres" or not number.isascii() or not number.isdecimal() or len(number) > 18:
            raise ValueError
        return int(number)
    except (ValueError, binascii.Error):
        raise Problem(
            "parametre_refuse", "« curseur » ne vient pas de « suite » d’une page précédente."
        ) from None
