"""What a transaction may see: set once per transaction, read by row-level security, gone at commit.

Axes are neutral; the application gives them their meaning: ``person`` the account, ``wide`` shared reference
it may read, ``lead`` wide areas it runs, ``award`` wide areas whose grants it decides, ``seal`` wide areas
whose recognitions it decides, ``tenant`` operational rows it may read, ``unit`` rows it may read and write,
``body`` legal bodies it acts for, ``board`` deliberating groups it sits in, ``token`` proof in a link.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from spo_portal.kernel.rows import prepared

_NAMES = ("person", "wide", "lead", "award", "seal", "tenant", "unit", "body", "board", "token", "system")
_SET = "SELECT " + ", ".join(f"set_config('app.{name}', %s, true)" for name in _NAMES)
_READ = "SELECT " + ", ".join(f"current_setting('app.{name}', true)" for name in _NAMES)


@dataclass(frozen=True, slots=True)
class Scope:
    """Axes of one transaction. An empty scope sees no tenant row at all."""

    person: int | None = None
    wide: tuple[int, ...] = ()
    lead: tuple[int, ...] = ()
    award: tuple[int, ...] = ()
    seal: tuple[int, ...] = ()
    tenant: tuple[int, ...] = ()
    unit: tuple[int, ...] = ()
    body: tuple[int, ...] = ()
    board: tuple[int, ...] = ()
    token: str = ""
    # Honoured by PostgreSQL for the worker and owner roles only: the web role gains nothing by setting it.
    system: bool = False

    def settings(self) -> list[str]:
        def array(ids: tuple[int, ...]) -> str:
            return "{" + ",".join(map(str, ids)) + "}" if ids else ""

        return [
            str(self.person or ""),
            array(self.wide),
            array(self.lead),
            array(self.award),
            array(self.seal),
            array(self.tenant),
            array(self.unit),
            array(self.body),
            array(self.board),
            self.token,
            "1" if self.system else "",
        ]


NOBODY = Scope()
SYSTEM = Scope(system=True)


def apply(scope: Scope) -> None:
    """Set ``scope`` for the rest of the transaction only: a pooled connection keeps nothing."""
    if not connection.in_atomic_block:
        raise RuntimeError("A scope is set inside a transaction, or it would outlive its request.")
    with prepared() as cursor:
        cursor.execute(_SET, scope.settings())


@contextmanager
def scoped(scope: Scope) -> Iterator[None]:
    """Run a block in its own transaction (or savepoint) under ``scope``; the outer scope comes back after it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_READ)
            before = [value or "" for value in cursor.fetchone()]
        apply(scope)
        yield
        with connection.cursor() as cursor:
            cursor.execute(_SET, before)
