"""Releases written by hand: what a territory publishes, without a database."""

from collections.abc import Mapping

from dashboards.enums import Audience
from dashboards.services.labels import Labels
from dashboards.services.release import Release

SMALL, NEIGHBOUR = -1, -2
MONTHLY = {str(month): 100 for month in range(1, 13)}
LABELS = Labels(
    lists={
        "demande": {"1": "Métier", "2": "Formation", "3": "Emploi"},
        "statut": {"1": "Scolarisé", "5": "Demandeur d’emploi inscrit"},
    },
    reseaux={"7": "CIO", "8": "Mission locale", "0": "Partenaires associés"},
)


def release(
    year: int = 2026,
    *,
    months: Mapping[str, int] | None = None,
    shares: Mapping[str, Mapping[str, float]] | None = None,
    by_reseau: Mapping[str, Mapping[str, int]] | None = None,
    total: int | None = None,
    measures: Mapping[str, object] | None = None,
    audience: Audience = Audience.INSIDE,
) -> Release:
    """A year whose months hold these contacts, each dimension spread over them by its shares.

    A negative month is masked, and so is everything in it. ``by_reseau``: contacts by month and network.
    """
    counts = dict(MONTHLY if months is None else months)
    whole = sum(n for n in counts.values() if n > 0) if total is None else total
    year_cells: dict[str, dict[str, int]] = {"contacts": {"": whole}} if whole else {}
    month_cells: dict[str, dict[str, dict[str, int]]] = {"contacts": {m: {"": n} for m, n in counts.items()}}
    for dimension, values in (shares or {}).items():
        year_cells[dimension] = {value: round(max(whole, 0) * part) for value, part in values.items()}
        month_cells[dimension] = {
            m: {value: n if n < 0 else round(n * part) for value, part in values.items()}
            for m, n in counts.items()
        }
    cells: dict[str, object] = {"y": year_cells, "m": month_cells}
    if by_reseau:
        cells["mr"] = by_reseau
        sums: dict[str, int] = {}
        for line in by_reseau.values():
            for key, n in line.items():
                sums[key] = sums.get(key, 0) + n
        cells["r"] = {"contacts": {key: {"": n} for key, n in sums.items()}}
    return Release(year, audience, cells, dict(measures or {}))
