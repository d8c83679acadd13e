"""Write many rows by natural key, and say what changed: the ground of a reference load."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Model

from territories.reference.rows import Refusal

K = TypeVar("K", bound=Hashable)
M = TypeVar("M", bound=Model)


@dataclass
class Tally:
    """Rows added, changed and left as they were, for one kind."""

    added: int = 0
    changed: int = 0
    same: int = 0


@dataclass
class Summary:
    """What a load did (or would do): tallies by kind and lines refused."""

    version: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def changes(self) -> int:
        return sum(t.added + t.changed for t in self.tallies.values())


def upsert(
    model: type[M], wanted: Mapping[K, Mapping[str, object]], existing: Mapping[K, M], tally: Tally
) -> dict[K, M]:
    """Add the missing rows, change those that differ, leave the rest; return every wanted row by key."""
    result: dict[K, M] = {}
    added: list[M] = []
    changed: list[M] = []
    names: set[str] = set()
    for key, values in wanted.items():
        row = existing.get(key)
        if row is None:
            row = model(**values)
            added.append(row)
        else:
            different = [name for name, value in values.items() if not _equal(row, name, value)]
            for name in different:
                setattr(row, name, values[name])
            if different:
                names.update(different)
                changed.append(row)
        result[key] = row
    manager = model._default_manager
    manager.bulk_create(added, batch_size=1000)
    if changed:
        manager.bulk_update(changed, sorted(names), batch_size=500)
    tally.added += len(added)
    tally.changed += len(changed)
    tally.same += len(wanted) - len(added) - len(changed)
    return result


def _equal(row: Model, name: str, value: object) -> bool:
    current = getattr(row, name)
    if isinstance(value, float):
        return current is not None and abs(float(current) - value) < 0.000005
    return bool(current == value)
