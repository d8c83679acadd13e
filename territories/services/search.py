"""Find a commune or a place of the Region by what people type: a name, a postcode, an old name.

A postcode may straddle two territories (64 of 623 do in the reference): a search gives communes to choose
from, and never derives one (domain § 2).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.db.models import Case, CharField, F, Func, IntegerField, Q, Value, When

from territories.access import Actor
from territories.models import Commune, Site

QUERY_MAX = 80
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_SAINT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
# Words that tell nothing apart when looking for a place.
_EMPTY = {"de", "du", "des", "la", "le", "les", "l", "d", "et", "a"}


@dataclass(frozen=True, slots=True)
class Found:
    """A commune to choose: its postcodes, département and territory tell homonyms apart.

    ``former`` is the old name that matched, if one did.
    """

    code: str
    name: str
    postcodes: str
    departement: str
    territory: str
    former: str = ""

    @property
    def where(self) -> str:
        """« 59000, 59160 et 2 autres »: enough to tell homonyms apart without filling the line."""
        return self.postcodes or self.departement


def fold(text: str) -> str:
    """The form names are compared in: lower case, no accent, one space between words, « St » read « Saint ».

    What a reference load writes in ``Commune.search_name`` and ``former_search`` (old names joined by « | »).
    """
    lowered = unicodedata.normalize("NFKD", text.lower().translate(_LIGATURES))
    plain = "".join(c for c in lowered if not unicodedata.combining(c))
    return " ".join(_SAINT.get(word, word) for word in _NOT_A_LETTER.sub(" ", plain).split())


def departement_of(code_insee: str) -> str:
    """Département of an INSEE code: two characters, three overseas."""
    return code_insee[:3] if code_insee.startswith(("97", "98")) else code_insee[:2]


def search_communes(*, by: Actor, text: str, limit: int = 12) -> list[Found]:
    """Communes of the actor's region for a name, the start of a postcode or an old name; best first.

    At most ``limit`` + 1 rows: one more than shown says that the list goes on.
    """
    folded = fold(text[:QUERY_MAX])
    if len(folded) < 2:
        return []
    communes = Commune.objects.visible_to(by).select_related("territory")
    if folded.isdigit():
        bars = Func(F("postcodes"), Value("|"), function="array_to_string", output_field=CharField())
        chosen = (
            communes.filter(postcodes__contains=[folded])
            if len(folded) == 5
            else communes.annotate(bars=bars).filter(
                Q(bars__startswith=folded) | Q(bars__contains=f"|{folded}")
            )
        ).order_by("-population", "name", "pk")
    else:
        old = (
            Q(former_search=folded)
            | Q(former_search__startswith=f"{folded} |")
            | Q(former_search__endswith=f"| {folded}")
            | Q(former_search__contains=f"| {folded} |")
        )
        rank = Case(
            When(search_name=folded, then=Value(0)),
            When(search_name__startswith=folded, then=Value(1)),
            When(old, then=Value(2)),
            When(search_name__contains=folded, then=Value(3)),
            default=Value(4),
            output_field=IntegerField(),
        )
        chosen = (
            communes.filter(Q(search_name__contains=folded) | Q(former_search__contains=folded))
            .annotate(rank=rank)
            .order_by("rank", F("population").desc(nulls_last=True), "name", "pk")
        )
    return [_found(commune, folded) for commune in chosen[: limit + 1]]


def _found(commune: Commune, folded: str) -> Found:
    former = ""
    if not folded.isdigit() and folded not in fold(commune.name):
        former = next((name for name in commune.former_names if folded in fold(name)), "")
    codes = [code for code in commune.postcodes if folded.isdigit() and code.startswith(folded)]
    codes += [code for code in commune.postcodes if code not in codes]
    more = len(codes) - 3
    shown = ", ".join(codes[:3]) + (f" et {more} autre{'s' if more > 1 else ''}" if more > 0 else "")
    return Found(commune.pk, commune.name, shown, departement_of(commune.pk), commune.territory.name, former)


def find_commune(*, by: Actor, code: str) -> Commune | None:
    """The commune of an INSEE code in the actor's region, or None: the commune decides, not the postcode."""
    if not re.fullmatch(r"[0-9][0-9AB][0-9]{3}", code):
        return None
    return Commune.objects.visible_to(by).select_related("territory").filter(pk=code).first()


def search_places(*, by: Actor, text: str, limit: int = 8) -> list[int]:
    """Ids of the places that may be suggested whose name, town or network holds every word typed; best first.

    A region has a few hundred places: they are compared here, in folded form, in one light query.
    """
    words = [word for word in fold(text[:QUERY_MAX]).split() if word not in _EMPTY]
    if not words or max(map(len, words)) < 2:
        return []
    rows = (
        Site.objects.visible_to(by)
        .can_be_suggested()
        .values_list(
            "id",
            "name",
            "city",
            "commune__name",
            "postcode",
            "reseau__name",
            "reseau__short_name",
            "partner_kind",
        )
    )
    kept = []
    for pk, name, city, commune, *others in rows:
        title, town = fold(name), fold(f"{city} {commune or ''}")
        everything = f"{title} {town} {fold(' '.join(other or '' for other in others))}"
        if all(word in everything for word in words):
            score = sum(2 * (word in title.split()) + (word in town.split()) for word in words)
            kept.append((-score, title, pk))
    return [pk for _, _, pk in sorted(kept)[:limit]]
