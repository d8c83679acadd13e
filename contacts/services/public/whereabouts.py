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
# Read before the best are kept: a village named with the word comes before a town that has its letters.
_READ = 40
# « Lille (59) »: how a chosen commune is written in the field.
_WITH_DEPARTEMENT = re.compile(r"(.+?)\s*\(([0-9][0-9AB][0-9]?)\)")
_ARTICLE = re.compile(r"^(le|la|les|l) ")
_CLOSE = 0.35


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The commune found; or those to choose from; ``close`` says that none bears the name typed: the others
    are near it and are offered, never taken for it.

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
    name, departement = (exact[1], exact[2]) if exact else (asked.where, "")
    found = search_communes(by=by, text=name, limit=_READ)
    well = [one for one in found if _fits(one, fold(name)) and departement in ("", one.departement)]
    same = [one for one in well if fold(one.name) == fold(name)]
    if len(same or well) == 1:
        return Whereabouts(find_commune(by=by, code=(same or well)[0].code))
    if well:
        return Whereabouts(choices=tuple((same or well)[:CHOICES]))
    found.sort(key=lambda one: not _word_begins(one, fold(name)))
    known = {one.code for one in found[:CHOICES]}
    near = (*found[:CHOICES], *(one for one in _close(by, name) if one.code not in known))[:CHOICES]
    return Whereabouts(choices=near, close=bool(near), lost=not near)


def _fits(one: Found, typed: str) -> bool:
    """What was typed names the commune: its postcode, its name, the words it begins with, an old name.

    « Le Touquet » is the commune « Le Touquet-Paris-Plage »; « Paris » and « Lyon » are not « Le
    Touquet-Paris-Plage » and « Lyons »: somebody who means another town would be sent away without a word.
    """
    if typed.isdigit():
        return True
    bare = _ARTICLE.sub("", typed) or typed
    name = _ARTICLE.sub("", fold(one.name))
    return f"{name} ".startswith(f"{bare} ") or bool(one.former and fold(one.former) == typed)


def _word_begins(one: Found, typed: str) -> bool:
    """« Paris » begins a word of « Le Touquet-Paris-Plage », not of « Cormeparis »."""
    return any(f" {fold(name)}".find(f" {typed}") >= 0 for name in (one.name, one.former))


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
