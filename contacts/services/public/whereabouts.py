"""The commune a visitor means: its name, its postcode or an old name; when several fit, one is chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.postgres.search import TrigramSimilarity

from contacts.services.public.asking import Asked
from contacts.services.suggestions import Point, point_of
from territories.access import Actor
from territories.models import Commune
from territories.services.search import Found, departement_of, find_commune, fold, search_communes

CHOICES = 8
# « Lille (59) »: how a chosen commune is written in the field.
_WITH_DEPARTEMENT = re.compile(r"(.+?)\s*\(([0-9][0-9AB][0-9]?)\)")
_CLOSE = 0.35


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The commune found; or those to choose from; ``close`` says that none bears the name typed.

    ``lost``: something was typed, and nothing is like it.
    """

    commune: Commune | None = None
    choices: tuple[Found, ...] = ()
    close: bool = False
    lost: bool = False

    @property
    def label(self) -> str:
        return written(self.commune) if self.commune else ""

    @property
    def origin(self) -> Point | None:
        return point_of(self.commune) if self.commune else None


def written(commune: Commune) -> str:
    """A commune as the field shows it and reads it back."""
    return f"{commune.name} ({departement_of(commune.pk)})"


def locate(by: Actor, asked: Asked) -> Whereabouts:
    """Find the commune of a search."""
    if asked.commune:
        known = find_commune(by=by, code=asked.commune)
        return Whereabouts(known, lost=known is None)
    if len(asked.where) < 2:
        return Whereabouts()
    exact = _WITH_DEPARTEMENT.fullmatch(asked.where)
    name = exact[1] if exact else asked.where
    found = search_communes(by=by, text=name, limit=CHOICES)
    if exact:
        found = [one for one in found if one.departement == exact[2]] or found
    same = [one for one in found if fold(one.name) == fold(name)]
    chosen = same if len(same) == 1 else found if len(found) == 1 else []
    if chosen:
        return Whereabouts(find_commune(by=by, code=chosen[0].code))
    if found:
        return Whereabouts(choices=tuple((same or found)[:CHOICES]))
    near = _close(by, name)
    return Whereabouts(choices=near, close=bool(near), lost=not near)


def _close(by: Actor, name: str) -> tuple[Found, ...]:
    folded = fold(name)
    if len(folded) < 3 or folded.isdigit():
        return ()
    rows = (
        Commune.objects.visible_to(by)
        .select_related("territory")
        .annotate(close=TrigramSimilarity("search_name", folded))
        .filter(close__gte=_CLOSE)
        .order_by("-close", "name", "pk")[:5]
    )
    return tuple(
        Found(c.pk, c.name, ", ".join(c.postcodes[:3]), departement_of(c.pk), c.territory.name) for c in rows
    )
