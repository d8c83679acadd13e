"""The few big figures of a page, each compared with last year, the region and its target."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dashboards import indicators
from dashboards.computing import Figure, figure
from dashboards.enums import Dimension
from dashboards.services.places import Facts
from dashboards.services.release import Release
from dashboards.services.slices import Slice
from dashboards.services.targets import TargetValue, state
from spo_portal.kernel.privacy import Cell, mask_share
from spo_portal.kernel.typography import MINUS, MONTHS, NBSP, counted, number, percent

RATES = ("reorientes", "boucles_fermees", "delai_arrivee")


@dataclass(frozen=True)
class Big:
    """A figure, what it is, what it is compared with, and the sheet that defines it."""

    text: str
    what: str
    versus: tuple[str, ...] = ()
    key: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Others:
    """What a page compares with; None: not asked for, or nothing published."""

    before: Release | None = None
    region: Release | None = None
    targets: Mapping[str, TargetValue] | None = None


def bigs(asked: Slice, others: Others, facts: Facts | None, today: datetime.date) -> list[Big]:
    """The figures at the top of a territory's, a network's or a place's page."""
    found = [_contacts(asked, others, today)]
    if asked.demande:
        return [*found, _share_of_demande(asked, others)] if asked.published(Dimension.ISSUE) else found
    found += [_rate(key, asked, others) for key in RATES]
    if facts is not None:
        found += [
            _place_figure(key, facts, asked.release, others) for key in ("sans_rdv_lieu", "lieux_labellises")
        ]
    return [big for big in found if big.text]


def _contacts(asked: Slice, others: Others, today: datetime.date) -> Big:
    cell = asked.whole()
    what = "contacts avec cette demande" if asked.demande else "contacts"
    versus = [compared] if (compared := growth(asked, others.before, today)) else []
    target = (others.targets or {}).get("contacts")
    if target is not None and asked.axis == {} and not asked.demande:
        versus.append(state(figure("contacts", asked.release), target).words)
    return Big(_count(cell), what, tuple(versus), "contacts", cell.reason)


def _count(cell: Cell) -> str:
    return "masqué" if cell.masked else number(cell.value or 0)


def growth(asked: Slice, before: Release | None, today: datetime.date) -> str:
    """« + 8 % en un an », over the same months of both years when the year is not over.

    Only months shown in both years are added; a month in progress is not compared with a whole one.
    """
    if before is None:
        return ""
    year, month = asked.release.year, asked.shown_month
    if year == today.year and month == today.month:
        return "mois en cours"
    if month is not None or year < today.year:
        now, then, said = asked.whole(), asked.of(before).whole(), "en un an"
        return _change(now.value, then.value, said) if not (now.masked or then.masked) else ""
    mine, theirs = asked.months(), asked.of(before).months()
    if mine is None or theirs is None:
        return ""
    both = [
        (place, mine[place].value, theirs[place].value)
        for place in range(today.month - 1)
        if mine[place].value is not None and theirs[place].value is not None
    ]
    said = "en un an, " + _months([place for place, *_ in both]) if both else ""
    return _change(sum(now or 0 for _, now, _ in both), sum(then or 0 for *_, then in both), said)


def _months(places: Sequence[int]) -> str:
    if len(places) == 1:
        return f"en {MONTHS[places[0]]}"
    said = f"de {MONTHS[places[0]]} à {MONTHS[places[-1]]}"
    missing = places[-1] - places[0] + 1 - len(places)
    if missing:
        said += f" hors {missing}{NBSP}mois masqué{'s' if missing > 1 else ''}"
    return said.replace("de avril", "d’avril").replace("de août", "d’août").replace("de octobre", "d’octobre")


def _change(now: int | None, then: int | None, said: str) -> str:
    """A percentage from a hundred on, fiches under it: « + 300 % » of two fiches says nothing."""
    if now is None or not then or not said:
        return ""
    gap = now - then
    if not gap:
        return f"autant {said}"
    sign = "+" if gap > 0 else MINUS
    if then < 100:
        return f"{sign}{NBSP}{counted(abs(gap), 'fiche')} {said}"
    rounded = abs(Fraction(100 * gap, then))
    return f"{sign}{NBSP}{percent(float(rounded), 0 if rounded >= 1 else 1)} {said}"


def _rate(key: str, asked: Slice, others: Others) -> Big:
    axis = asked.axis
    found = figure(key, asked.release, **axis)  # type: ignore[arg-type]
    sheet = indicators.get(key)
    versus = []
    if found.part is not None and found.whole:
        versus.append(counted(found.part, "fiche"))
    if others.before is not None and (then := figure(key, others.before, **axis)).known:  # type: ignore[arg-type]
        versus.append(f"l’an dernier {then.text}")
    if others.region is not None:
        wide = {name: value for name, value in axis.items() if name != "site"}
        around = figure(key, others.region, **wide)  # type: ignore[arg-type]
        if around.known:
            versus.append(f"région {around.text}")
    target = (others.targets or {}).get(key)
    if target is not None and not asked.sliced:
        versus.append(state(found, target).words)
    return Big(_said(found), WHAT.get(key, sheet.label), tuple(versus), key, found.reason)


WHAT = {
    "reorientes": "de personnes réorientées",
    "boucles_fermees": "de boucles fermées",
    "delai_arrivee": "entre la fiche et l’accueil suivant",
    "sans_rdv_lieu": "d’ouverture sans rendez-vous",
    "lieux_labellises": "de lieux labellisés",
}


def _said(found: Figure) -> str:
    if found.known or found.masked:
        return found.text
    return "sans objet" if found.reason else "–"


def _share_of_demande(asked: Slice, others: Others) -> Big:
    part, whole = asked.reoriented(), asked.whole()
    share = mask_share(part, whole)
    versus = []
    for name, release in (("l’an dernier", others.before), ("région", others.region)):
        if release is None:
            continue
        other = asked.of(release)
        found = mask_share(other.reoriented(), other.whole())
        if found.value is not None:
            versus.append(f"{name} {percent(float(found.value) * 100)}")
    text = "masqué" if share.masked else "sans objet"
    if share.value is not None:
        text = percent(float(share.value) * 100)
    return Big(text, "de personnes réorientées", tuple(versus), "reorientes", share.reason)


def _place_figure(key: str, facts: Facts, release: Release, others: Others) -> Big:
    found = figure(key, release, facts=facts)
    if not found.known:
        return Big("", "")
    versus = []
    if key == "lieux_labellises":
        versus.append(f"{number(found.part or 0)} sur {counted(found.whole or 0, 'lieu', 'lieux')}")
    elif facts.under_half:
        versus.append(f"{counted(facts.under_half, 'réseau', 'réseaux')} sous {percent(50)}")
    target = (others.targets or {}).get(key)
    if target is not None:
        versus.append(state(found, target).words)
    return Big(found.text, WHAT[key], tuple(versus), key)
