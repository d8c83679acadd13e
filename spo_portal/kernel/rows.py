"""Rows of models read by a statement written once.

The ORM composes its SQL anew at each call, which costs several times the reading of one row: the three or four rows
that every request needs (session, account, mandates, lists) are read this way, everything else through querysets.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


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
