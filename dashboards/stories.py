"""The sentences « ce qui a changé » may say, one function by theme, each with how surprising it is.

A sentence quotes shown figures only, over the same months on both sides.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from contacts.enums import Age, Canal, Suite
from dashboards.comparing import WHOLE_YEAR, Pair, Span, days, open_loops, part_of, rate, surprise
from dashboards.computing import median_delay
from dashboards.enums import LATE, REORIENTED, Dimension
from dashboards.services.labels import Labels
from dashboards.services.published import NO_RESEAU
from dashboards.services.release import Release
from spo_portal.kernel.typography import MINUS, NBSP, NNBSP, counted, number, percent

# A gap is told from two points and 1.64 standard deviations up (one chance in ten of being noise).
LEAST_POINTS, LEAST_SURPRISE = 0.02, 1.64
LEAST_DAYS = 2
COLON = f"{NBSP}: "
# (rises, falls, above the region, below it)
Endings = tuple[str, str, str, str]
_CANAUX = {
    Canal.SUR_PLACE.value: "L’accueil sur place",
    Canal.TELEPHONE.value: "Le téléphone",
    Canal.COURRIEL.value: "Le courriel",
}
_ISSUE = (
    "On réoriente plus souvent",
    "On réoriente moins souvent",
    "On réoriente plus ici",
    "On réoriente moins ici",
)
_SAISIE = (
    "La saisie prend du retard",
    "La saisie rattrape son retard",
    "La saisie est plus tardive ici",
    "La saisie est plus rapide ici",
)


@dataclass(frozen=True)
class Sentence:
    """One sentence: ``strong`` says the fact, ``text`` goes on (it brings its own space or sign)."""

    strong: str
    text: str
    theme: str = ""
    surprise: float = 0.0

    @property
    def whole(self) -> str:
        return self.strong + self.text


@dataclass(frozen=True)
class Compared:
    """What is compared: the area now, the same months a year before, the region; and the words."""

    now: Release
    past: Release | None
    region: Release | None
    span: Span
    labels: Labels

    @property
    def past_span(self) -> Span:
        return Span(self.span.year - 1, self.span.months)

    @property
    def with_region(self) -> Span:
        """The span read beside the region's: all of the year so far unless one month was asked."""
        return self.span if len(self.span.months) == 1 else Span(self.span.year, WHOLE_YEAR)


def candidates(c: Compared) -> Iterator[Sentence]:
    """Every sentence the figures allow, several by theme at times."""
    yield from _volume(c)
    yield from _shares(c)
    yield from _loops(c)
    yield from _delay(c)


def _volume(c: Compared) -> Iterator[Sentence]:
    if c.past is None:
        return
    old_span = c.past_span
    new = c.span.count(c.now, Dimension.CONTACTS)
    old = old_span.count(c.past, Dimension.CONTACTS)
    if new is None or old is None:
        return
    if not old or not new:
        if new:
            yield Sentence(
                f"Premières fiches {c.span.words}",
                f"{COLON}{number(new)}, aucune un an plus tôt.",
                "volume",
                math.sqrt(new),
            )
        elif old:
            text = f" {c.span.words}, contre {number(old)} un an plus tôt."
            yield Sentence("Aucune fiche", text, "volume", math.sqrt(old))
        return
    gap = new - old
    size = abs(gap) / math.sqrt(new + old)
    if not gap:
        text = f" {_than(old_span)}{COLON}{number(new)}."
        yield Sentence("Exactement autant de fiches", text, "volume", size)
        return
    strong = f"{counted(abs(gap), 'fiche')} de {'plus' if gap > 0 else 'moins'}"
    text = f" {_than(old_span)}, {_growth(new, old)}.{_driver(c, gap)}"
    yield Sentence(strong, text, "volume", size)


def _than(span: Span) -> str:
    """« qu’en octobre 2025 », « que de janvier à octobre 2025 »."""
    return f"qu’{span.words}" if span.words.startswith("en ") else f"que {span.words}"


def _growth(new: int, old: int) -> str:
    """« soit + 8 % »; a figure that doubles is told by its two values."""
    if new >= 2 * old:
        return f"{number(new)} contre {number(old)}"
    value = 100 * abs(new - old) / old
    return f"soit {'+' if new > old else MINUS}{NNBSP}{percent(value, 0 if value >= 1 else 1)}"


def _driver(c: Compared, gap: int) -> str:
    """« La hausse vient surtout de … »: the network that explains more than half of the gap."""
    gaps: dict[str, int] = {}
    for key in c.labels.reseaux if c.past else ():
        new, old = _by_reseau(c, c.now, key), _by_reseau(c, c.past, key)
        if new is None or old is None:
            return ""
        gaps[key] = new - old
    same_way = {key: value for key, value in gaps.items() if value * gap > 0}
    if not same_way or len(gaps) < 2:
        return ""
    top = max(same_way, key=lambda key: (abs(same_way[key]), key))
    if abs(same_way[top]) * 2 <= abs(gap):
        return ""
    word = "hausse" if gap > 0 else "baisse"
    whom = "des partenaires associés" if top == NO_RESEAU else f"du réseau {c.labels.reseaux[top]}"
    return f" La {word} vient surtout {whom}."


def _by_reseau(c: Compared, release: Release | None, key: str) -> int | None:
    if release is None:
        return None
    if len(c.span.months) == 12:
        return release.cell(Dimension.CONTACTS, reseau=key).value
    cells = [release.cell(Dimension.CONTACTS, month=m, reseau=key) for m in c.span.months]
    return None if any(cell.masked for cell in cells) else sum(cell.value or 0 for cell in cells)


def _shares(c: Compared) -> Iterator[Sentence]:
    for value, word in c.labels.lists.get("demande", {}).items():
        what = f"La demande «{NBSP}{word}{NBSP}»"
        ends = ("monte", "recule", "est plus fréquente ici", "est plus rare ici")
        yield from _share(c, "demande", Dimension.DEMANDE, value, _said(what, ends))
    for value, word in c.labels.lists.get("statut", {}).items():
        what = f"Le statut «{NBSP}{word}{NBSP}»"
        ends = ("monte", "recule", "est plus fréquent ici", "est plus rare ici")
        yield from _share(c, "statut", Dimension.STATUT, value, _said(what, ends))
    ends = ("plus présents", "moins présents", "plus présents ici", "moins présents ici")
    young = _said("Les moins de 26 ans sont", ends)
    yield from _share(c, "age", Dimension.AGE, Age.MOINS_26.value, young)
    for canal, what in _CANAUX.items():
        ends = ("monte", "recule", "compte plus ici", "compte moins ici")
        yield from _share(c, "canal", Dimension.CANAL, canal, _said(what, ends))
    yield from _share(c, "issue", Dimension.ISSUE, REORIENTED, _ISSUE)
    yield from _share(c, "saisie", Dimension.SAISIE, LATE, _SAISIE, of="des fiches saisies en retard")


def _share(
    c: Compared, theme: str, dimension: str, value: str, words: Endings, *, of: str = "des fiches"
) -> Iterator[Sentence]:
    """Compare a part of all fiches with last year's, and with the region's."""
    others = (
        (c.span, c.past, c.past_span, 0, "un an plus tôt"),
        (c.with_region, c.region, c.with_region, 2, "dans la région"),
    )
    for here, release, there, first, ending in others:
        mine = part_of(c.now, here, dimension, value)
        other = part_of(release, there, dimension, value) if release else None
        if mine is None or other is None:
            continue
        gap, size = surprise(mine, other)
        if abs(gap) < LEAST_POINTS or size < LEAST_SURPRISE:
            continue
        strong = words[first] if gap > 0 else words[first + 1]
        text = f"{COLON}{rate(mine)} {of}, contre {rate(other)} {ending}."
        yield Sentence(strong, text, theme, size)


def _loops(c: Compared) -> Iterator[Sentence]:
    mine = open_loops(c.now, c.with_region)
    if mine is None:
        return
    other = open_loops(c.region, c.with_region)
    size = surprise(mine, other)[1] if other else 0.0
    # An open loop is work to do: the more there are, the sooner it is told.
    size = max(size, mine[0] / math.sqrt(mine[1]), 0 if mine[0] else 2.0)
    yield Sentence(*_loop_words(mine, other), "boucles", size)
    yield from _never(c)


def _loop_words(mine: Pair, other: Pair | None) -> tuple[str, str]:
    waiting, sent = mine
    if not waiting:
        return (
            "Toutes les boucles sont fermées",
            f"{COLON}{counted(sent, 'réorientation')}, autant de suites.",
        )
    if waiting == sent:
        return "Aucune boucle n’est fermée", f"{COLON}{counted(sent, 'réorientation')} sans suite connue."
    share = round(100 * waiting / sent)
    region = round(100 * other[0] / other[1]) if other else share
    compared = f", contre {region} dans la région" if region != share and share else ""
    fiches = counted(waiting, "fiche réorientée", "fiches réorientées")
    text = f"{compared}{COLON}{fiches} sans suite connue."
    if not share:
        return "Presque toutes les boucles sont fermées", text
    ends = "reste ouverte" if share < 2 else "restent ouvertes"
    return f"{counted(share, 'boucle')} sur 100 {ends}", text


def _never(c: Compared) -> Iterator[Sentence]:
    """People who never came, among known outcomes, against last year."""
    pairs = []
    for release, span in ((c.now, c.span), (c.past, c.past_span)):
        loops = open_loops(release, span)
        never = span.count(release, Dimension.SUITE, Suite.JAMAIS_VENUE.value) if release else None
        if loops is None or never is None or not 0 <= never <= loops[1] - loops[0] or loops[0] == loops[1]:
            return
        pairs.append((never, loops[1] - loops[0]))
    gap, size = surprise(*pairs)
    if abs(gap) >= LEAST_POINTS and size >= LEAST_SURPRISE:
        strong = f"Les «{NBSP}jamais venues{NBSP}» {'augmentent' if gap > 0 else 'reculent'}"
        text = f"{COLON}{rate(pairs[0])} des suites connues, contre {rate(pairs[1])} un an plus tôt."
        yield Sentence(strong, text, "jamais", size)


def _delay(c: Compared) -> Iterator[Sentence]:
    """The median is published for years only: told when a year is read."""
    if c.past is None or len(c.span.months) == 1:
        return
    mine, other = median_delay(c.now), median_delay(c.past)
    if mine is None or other is None or abs(mine - other) < LEAST_DAYS:
        return
    strong = f"L’accueil suivant arrive plus {'vite' if mine < other else 'tard'}"
    text = f"{COLON}{days(mine)} en médiane, contre {days(other)} en {c.past.year}."
    yield Sentence(strong, text, "delai", float(3 * abs(mine - other) / max(other, 1)))


def _said(what: str, ends: Endings) -> Endings:
    rises, falls, above, below = (f"{what} {end}" for end in ends)
    return rises, falls, above, below
