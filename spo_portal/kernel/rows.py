"""Rows that every request needs, read and written by statements written once.

The ORM composes its SQL anew at each call, and PostgreSQL parses and plans it anew: together several
times the work of reading one row. Session, account, mandates, lists and the save go this way; everything
else through querysets.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


@cache
def _cursor_class() -> type:
    # Not at the top: the settings' log filters lead here before the database settings are read.
    from django.db.backends.postgresql.base import ServerBindingCursor

    class PreparedCursor(ServerBindingCursor):  # type: ignore[misc, valid-type]
        """A server-side cursor that remembers its text even when the server already has the statement."""

        def execute(self, query: str, params: Any = None, **options: Any) -> Any:
            done = super().execute(query, params, **options)
            if self._query is None:
                # What Django's query log (tests that count queries) reads.
                self._query = SimpleNamespace(query=query.encode())
            return done

    return PreparedCursor


@contextmanager
def prepared() -> Iterator[CursorWrapper]:
    """A cursor whose statements PostgreSQL parses and plans once per connection.

    Parameters are bound by the server: a bare ``%s`` whose type can't be guessed from its place needs a
    cast. For a few constant texts only: each one stays in the memory of the connection.
    """
    connection.ensure_connection()
    raw = connection.connection
    usual = raw.cursor_factory
    # ORM cursors bind on the client side and are never prepared, whatever the threshold.
    raw.cursor_factory, raw.prepare_threshold = _cursor_class(), 0
    try:
        cursor = connection.cursor()
    finally:
        raw.cursor_factory = usual
    with cursor:
        yield cursor


@cache
def _fields(model: type[Model]) -> tuple[Field, ...]:
    return tuple(model._meta.concrete_fields)


@cache
def columns(model: type[Model], alias: str = "t") -> str:
    """Every column of ``model`` for a SELECT, in the order ``instance`` reads them."""
    return ", ".join(f'{alias}."{field.column}"' for field in _fields(model))


def width(model: type[Model]) -> int:
    """Number of values ``instance`` takes."""
    return len(_fields(model))


@cache
def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in _fields(model)]


@cache
def _converters(model: type[Model]) -> tuple[tuple[int, Any], ...]:
    found = ((index, getattr(field, "from_db_value", None)) for index, field in enumerate(_fields(model)))
    return tuple((index, convert) for index, convert in found if convert is not None)


def instance(model: type[M], values: Sequence[object]) -> M:
    """The model's object of one row, as a queryset would build it."""
    row = list(values)
    for index, convert in _converters(model):
        row[index] = convert(row[index], None, connection)
    return model.from_db(connection.alias, _names(model), row)
