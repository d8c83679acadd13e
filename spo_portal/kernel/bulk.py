"""Many rows at once, under the same locks as one: row-level security and every constraint apply."""

from collections.abc import Mapping, Sequence

from django.db import connection

BATCH = 2000


def insert_rows(
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[tuple[object, ...]],
    *,
    returning: str = "",
    ignore: bool = False,
) -> list[tuple[object, ...]]:
    """Insert ``rows`` in their order, one statement per batch; ``columns`` maps each name to its SQL type.

    One array per column goes to the server instead of a parameter per cell: several times faster than the
    ORM. A column whose type is an array travels as text (« {1,2} »). ``ignore`` skips rows that meet a
    conflict.
    """
    names = ", ".join(columns)
    arrays = ", ".join(f"%s::{'text' if kind.endswith('[]') else kind}[]" for kind in columns.values())
    values = ", ".join(f"r.{name}::{kind}" for name, kind in columns.items())
    statement = (
        f"INSERT INTO {table} ({names}) SELECT {values}"  # noqa: S608 - names given by code, never by people
        f" FROM unnest({arrays}) WITH ORDINALITY AS r({names}, rank) ORDER BY r.rank"
        f"{' ON CONFLICT DO NOTHING' if ignore else ''}{f' RETURNING {returning}' if returning else ''}"
    )
    answer: list[tuple[object, ...]] = []
    with connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            cursor.execute(statement, [list(column) for column in zip(*batch, strict=True)])
            if returning:
                answer += cursor.fetchall()
    return answer
