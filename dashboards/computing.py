"""From a release and facts about places to the figure of an indicator, fit to show as it is.

Only shown cells are used: a figure made of a hidden one is hidden too, and says why.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from django.conf import settings

from contacts.enums import Suite
from dashboards import indicators
from dashboards.enums import AWAITED, LATE, ON_THE_SPOT, REORIENTED, Dimension
from dashboards.indicators import Indicator, Unit
from dashboards.services.places import Facts
from dashboards.services.release import Release
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.privacy.masking import DERIVED
from spo_portal.kernel.typography import NBSP, counted, number, percent

NOTHING = "Pas de fiche : rien à rapporter"
NOT_CROSSED = "Ce chiffre n’est pas publié pour ce croisement"
UNKNOWN = "Pas encore connu"
WORDS = {
    Unit.FICHES: ("fiche", "fiches"),
    Unit.DAYS: ("jour", "jours"),
    Unit.SITES: ("lieu", "lieux"),
    Unit.NETWORKS: ("réseau", "réseaux"),
    Unit.HOURS: ("heure", "heures"),
    Unit.TARGETS: ("cible", "cibles"),
}


@dataclass(frozen=True)
class Figure:
    """Value of an indicator in its unit (percent: 0 to 100), or None with the reason.

    ``part`` and ``whole`` are the published counts of a rate; ``left_out`` names areas with hidden cells.
    """

    indicator: Indicator
    value: Fraction | None
    masked: bool = False
    reason: str = ""
    part: int | None = None
    whole: int | None = None
    left_out: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return self.value is not None

    @property
    def text(self) -> str:
        """« 1 284 », « 61 % », « 4 jours », « masqué », « – » when there is nothing to say."""
        if self.value is None:
            return "masqué" if self.masked else "–"
        return written(self.indicator.unit, self.value)


def written(unit: Unit, value: Fraction) -> str:
    """A value with its unit. Fiches stand bare: the label beside says what is counted."""
    rounded = round(float(value), 1)
    if unit == Unit.PERCENT:
        return percent(rounded, 0 if rounded == int(rounded) or rounded >= 10 else 1)
    if unit == Unit.FICHES:
        return number(int(value))
    shown = int(rounded) if rounded == int(rounded) else rounded
    if unit == Unit.HOURS and isinstance(shown, float):
        hours, minutes = divmod(round(float(value) * 60), 60)
        return f"{hours}{NBSP}h{NBSP}{minutes:02d}"
    return counted(shown, *WORDS[unit])


@dataclass(frozen=True)
class Where:
    """The slice of a release a figure is asked for."""

    month: int | None = None
    reseau: int | str | None = None
    site: int | None = None


Parts = Callable[[Release, Where], tuple[Cell, Cell | None]]


def _cell(release: Release, dimension: Dimension, value: str, where: Where) -> Cell:
    return release.cell(dimension, value, month=where.month, reseau=where.reseau, site=where.site)


def _contacts(release: Release, where: Where) -> tuple[Cell, Cell | None]:
    return _cell(release, Dimension.CONTACTS, "", where), None


def _rate(dimension: Dimension, value: str) -> Parts:
    def parts(release: Release, where: Where) -> tuple[Cell, Cell | None]:
        return _cell(release, dimension, value, where), _cell(release, Dimension.CONTACTS, "", where)

    return parts


def _minus(whole: Cell, part: Cell) -> Cell:
    if whole.masked or part.masked:
        return Cell(None, True, DERIVED)
    return Cell((whole.value or 0) - (part.value or 0))


def _closed(release: Release, where: Where) -> tuple[Cell, Cell | None]:
    sent = _cell(release, Dimension.ISSUE, REORIENTED, where)
    return _minus(sent, _cell(release, Dimension.SUITE, AWAITED, where)), sent


def _never_came(release: Release, where: Where) -> tuple[Cell, Cell | None]:
    closed, _ = _closed(release, where)
    return _cell(release, Dimension.SUITE, Suite.JAMAIS_VENUE.value, where), closed


FROM_RELEASE: dict[str, Parts] = {
    "contacts": _contacts,
    "reorientes": _rate(Dimension.ISSUE, REORIENTED),
    "sur_place": _rate(Dimension.ISSUE, ON_THE_SPOT),
    "boucles_fermees": _closed,
    "jamais_venue": _never_came,
    "saisie_tardive": _rate(Dimension.SAISIE, LATE),
}


def _ratio(part: int | None, whole: int) -> Fraction | None:
    return None if part is None or not whole else Fraction(100 * part, whole)


def _hours(facts: Facts) -> Fraction | None:
    return None if facts.coverage is None else Fraction(facts.coverage.minutes, 60)


def _count(value: int | None) -> Fraction | None:
    return None if value is None else Fraction(value)


FROM_FACTS: dict[str, Callable[[Facts], Fraction | None]] = {
    "lieux_labellises": lambda facts: _ratio(facts.labelled, facts.existing),
    "sans_rdv_lieu": lambda facts: None if facts.walk_in is None else facts.walk_in * 100,
    "sans_rdv_reseau": lambda facts: _count(facts.under_half if facts.shares else None),
    "heures_sans_porte": _hours,
    "lieux_silencieux": lambda facts: _count(facts.silent),
    "cibles_atteintes": lambda facts: _count(facts.targets_reached),
}


def figure(
    key: str,
    release: Release,
    *,
    month: int | None = None,
    reseau: int | str | None = None,
    site: int | None = None,
    facts: Facts | None = None,
) -> Figure:
    """The figure of an indicator that is one number. A breakdown has no single figure: ``ValueError``.

    ``facts`` are needed for indicators about places; without them the figure is unknown.
    """
    indicator = indicators.get(key)
    where = Where(month, reseau, site)
    if key in FROM_RELEASE:
        return _from_release(indicator, release, where)
    if key == "delai_arrivee":
        return _delay(indicator, release, where)
    if key in FROM_FACTS:
        return _from_facts(indicator, facts)
    raise ValueError(f"{key} is a breakdown: read its cells in the release")


def _from_release(indicator: Indicator, release: Release, where: Where) -> Figure:
    try:
        part, whole = FROM_RELEASE[indicator.key](release, where)
    except LookupError:
        return Figure(indicator, None, reason=NOT_CROSSED)
    return from_cells(indicator, part, whole)


def from_cells(indicator: Indicator, part: Cell, whole: Cell | None) -> Figure:
    """A count, or the rate of two counts, hidden as soon as one of them is."""
    for cell in filter(None, (part, whole)):
        if cell.masked:
            reason = cell.reason if whole is None else DERIVED
            return Figure(indicator, None, True, reason)
    if part.value is None:
        return Figure(indicator, None, reason=UNKNOWN)
    if whole is None:
        return Figure(indicator, Fraction(part.value), part=part.value)
    if not whole.value:
        return Figure(indicator, None, reason=NOTHING, part=part.value, whole=whole.value)
    return Figure(indicator, Fraction(100 * part.value, whole.value), part=part.value, whole=whole.value)


def _delay(indicator: Indicator, release: Release, where: Where) -> Figure:
    """Median of days: published for the year, whole, by network or by site."""
    if where.month is not None:
        return Figure(indicator, None, reason="Le délai se lit sur l’année")
    found = median_delay(release, reseau=where.reseau, site=where.site)
    if found is None:
        return Figure(indicator, None, reason="Trop peu de suites datées pour donner un délai")
    return Figure(indicator, found)


def median_delay(
    release: Release, *, reseau: int | str | None = None, site: int | str | None = None
) -> Fraction | None:
    """Median days to the next reception over the year, as the release publishes it; None when it does not."""
    published = release.measures.get("delai", {})
    if reseau is not None:
        value = published.get("r", {}).get(str(reseau))
    elif site is not None:
        value = published.get("s", {}).get(str(site))
    else:
        value = published.get("y")
    return None if value is None else Fraction(str(value))


def _from_facts(indicator: Indicator, facts: Facts | None) -> Figure:
    value = None if facts is None else FROM_FACTS[indicator.key](facts)
    made = Figure(indicator, value, reason="" if value is not None else UNKNOWN)
    if facts is not None and indicator.key == "lieux_labellises":
        return replace(made, part=facts.labelled, whole=facts.existing)
    if facts is not None and indicator.key == "cibles_atteintes":
        return replace(made, part=facts.targets_reached, whole=facts.targets_set)
    return made


def figure_over(key: str, releases: Iterable[tuple[str, Release]], *, month: int | None = None) -> Figure:
    """The same indicator over several areas (commission, region): sums of shown cells only.

    An area whose cells are hidden is left out of both part and whole, and named.
    """
    indicator = indicators.get(key)
    if key not in FROM_RELEASE:
        raise ValueError(f"{key} does not add up over areas")
    parts, wholes, added, rate = 0, 0, 0, False
    left_out: list[str] = []
    for name, release in releases:
        part, whole = FROM_RELEASE[key](release, Where(month))
        rate = whole is not None
        if part.masked or (whole is not None and whole.masked):
            left_out.append(name)
            continue
        added += 1
        parts += part.value or 0
        wholes += (whole.value or 0) if whole is not None else 0
    names = tuple(left_out)
    if left_out and not added:
        return Figure(indicator, None, True, DERIVED, left_out=names)
    if not rate:
        return Figure(indicator, Fraction(parts), part=parts, left_out=names)
    if not wholes:
        return Figure(indicator, None, reason=NOTHING, left_out=names)
    return Figure(indicator, Fraction(100 * parts, wholes), part=parts, whole=wholes, left_out=names)


def closed_months(year: int, today: datetime.date) -> int:
    """How many months of ``year`` are closed on ``today``: a month closes on the 10th of the next one."""
    over = (today.year - year) * 12 + today.month - 1
    return max(0, min(12, over if today.day >= settings.MONTH_CLOSES_ON else over - 1))
