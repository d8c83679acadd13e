"""Rebuild and check the rollups: every figure again from the fiches."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from contacts.services.purge import first_countable_month
from dashboards.services.fill import _COUNT, fill_cell, stamp
from spo_portal.kernel.tenancy.scope import SYSTEM, apply

Cell = tuple[int, datetime.date]

_CELLS = """
SELECT DISTINCT site_id, date_trunc('month', jour)::date FROM contacts_fichecontact WHERE jour >= %(since)s
UNION
SELECT DISTINCT site_id, month FROM dashboards_rollup WHERE month >= %(since)s
ORDER BY 1, 2
"""
_STORED = (
    "SELECT dimension, value, count FROM dashboards_rollup WHERE site_id = %(site)s AND month = %(month)s"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what a recount gives."""

    site_id: int
    month: datetime.date
    dimension: str
    value: str
    stored: int
    counted: int


def cells(today: datetime.date) -> list[Cell]:
    """Every (site, month) that can still be counted. Older months keep their figures: their rows are gone."""
    since = first_countable_month(today)
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute(_CELLS, {"since": since})
            return [(site, month) for site, month in cursor.fetchall()]


def rebuild(todo: list[Cell]) -> Iterator[int]:
    """Recount each cell in its own transaction; yields how many are done. Safe beside a running worker."""
    for number, (site_id, month) in enumerate(todo, 1):
        with transaction.atomic():
            apply(SYSTEM)
            fill_cell(site_id, month)
            stamp([site_id])
        yield number


def differences(cell: Cell) -> list[Difference]:
    """Compare one cell with a recount from the fiches, in one snapshot."""
    site_id, month = cell
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        apply(SYSTEM)
        parameters = {"site": site_id, "month": month}
        with connection.cursor() as cursor:
            cursor.execute(_STORED, parameters)
            stored = {(d, v): n for d, v, n in cursor.fetchall()}
            cursor.execute(_COUNT + "SELECT dimension, value, n FROM counted", parameters)  # noqa: S608 - our own constants
            counted = {(d, v): n for d, v, n in cursor.fetchall()}
    return [
        Difference(site_id, month, d, v, stored.get((d, v), 0), counted.get((d, v), 0))
        for d, v in sorted(stored.keys() | counted.keys())
        if stored.get((d, v), 0) != counted.get((d, v), 0)
    ]
