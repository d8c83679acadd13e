"""How far a record can be relied on: what it tells, and how long ago somebody said that it is right.

Completeness is the weight of what is filled, out of 100. Freshness is full for six months after the last
confirmation and falls to nothing at twenty-four, as the public schema of places counts it. The whole is two
thirds of the first and one third of the second. One function, for the screens, the exports and the coverage.
"""

import calendar
import datetime
from dataclasses import dataclass

from django.utils import timezone

from territories.models import Site

FRESH_MONTHS, STALE_MONTHS = 6, 24
FICHE, SERVICES, HOURS = "fiche", "services", "horaires"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing a record must tell. ``where`` is the page that holds it, ``anchor`` its field there."""

    name: str
    label: str
    weight: int
    where: str
    anchor: str


CRITERIA = (
    Criterion("address", "L’adresse", 8, FICHE, "id_adresse"),
    Criterion("commune", "La commune", 4, FICHE, "commune_q"),
    Criterion("point", "Le point sur la carte", 4, FICHE, "id_latitude"),
    Criterion("phone", "Le téléphone", 12, FICHE, "id_telephone"),
    Criterion("email", "Le courriel", 8, FICHE, "id_courriel"),
    Criterion("website", "Le site internet", 4, FICHE, "id_site_web"),
    Criterion("transport", "Les transports en commun", 6, FICHE, "id_transports"),
    Criterion("wheelchair", "L’accès en fauteuil", 10, FICHE, "id_fauteuil"),
    Criterion("publics", "Les publics reçus", 8, FICHE, "id_publics"),
    Criterion("staff", "Le nombre d’agents d’accueil", 4, FICHE, "id_agents"),
    Criterion("services", "La grille des services", 14, SERVICES, "grille"),
    Criterion("hours", "Les horaires", 18, HOURS, ""),
)
# From that many points on, in words.
OVERALL = ((85, "Très fiable"), (65, "Fiable"), (40, "À compléter"), (0, "Peu fiable"))


@dataclass(frozen=True, slots=True)
class Quality:
    """Marks of one record, each from 0 to 100, and what it lacks."""

    completeness: int
    freshness: int
    missing: tuple[Criterion, ...]
    confirmed_on: datetime.date | None
    due_on: datetime.date | None

    @property
    def overall(self) -> int:
        return round((2 * self.completeness + self.freshness) / 3)

    @property
    def words(self) -> str:
        return next(words for least, words in OVERALL if self.overall >= least)

    @property
    def kind(self) -> str:
        """Kind of badge."""
        return {"Très fiable": "ok", "Fiable": "ok", "À compléter": "warn", "Peu fiable": "error"}[self.words]

    @property
    def freshness_words(self) -> str:
        if self.confirmed_on is None:
            return "jamais confirmée"
        if self.freshness == 100:
            return "à jour"
        return "à confirmer" if self.freshness else "périmée"

    @property
    def must_confirm(self) -> bool:
        """Six months have passed since somebody said that everything is right."""
        return self.freshness < 100


def months_after(day: datetime.date, months: int) -> datetime.date:
    """The same day, so many months later; the last of the month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def freshness_of(confirmed_on: datetime.date | None, today: datetime.date) -> int:
    """100 until six months have passed, then straight down to 0 at twenty-four."""
    if confirmed_on is None:
        return 0
    due, over = months_after(confirmed_on, FRESH_MONTHS), months_after(confirmed_on, STALE_MONTHS)
    if today < due:
        return 100
    return max(0, min(99, round(100 * (over - today).days / (over - due).days)))


def due_on(confirmed_on: datetime.date | None) -> datetime.date | None:
    """The day the record must be confirmed again."""
    return None if confirmed_on is None else months_after(confirmed_on, FRESH_MONTHS)


def measure(
    site: Site, *, services: int, has_hours: bool, grid: bool = True, today: datetime.date | None = None
) -> Quality:
    """Completeness and freshness of one record. ``services``: how many items of the grid the place gives.

    A Region without a grid (``grid`` false) asks nothing of it: the rest then weighs the whole.
    """
    today = today or timezone.localdate()
    told = {
        "address": bool(site.address),
        "commune": bool(site.commune_id),
        "point": site.latitude is not None and site.longitude is not None,
        "phone": bool(site.phone),
        "email": bool(site.email),
        "website": bool(site.website),
        "transport": bool(site.transport),
        "wheelchair": bool(site.wheelchair),
        "publics": bool(site.publics),
        "staff": site.staff_tenths is not None,
        "services": services > 0,
        "hours": has_hours or bool(site.hours_note),
    }
    asked = [one for one in CRITERIA if grid or one.name != "services"]
    filled = sum(one.weight for one in asked if told[one.name])
    return Quality(
        completeness=100 * filled // sum(one.weight for one in asked),
        freshness=freshness_of(site.confirmed_on, today),
        missing=tuple(one for one in asked if not told[one.name]),
        confirmed_on=site.confirmed_on,
        due_on=due_on(site.confirmed_on),
    )


def quality_of(site: Site, *, grid: bool = True, today: datetime.date | None = None) -> Quality:
    """The same, from a row whose ``services`` and ``slots`` are prefetched: no query."""
    return measure(
        site, services=len(site.services.all()), has_hours=len(site.slots.all()) > 0, grid=grid, today=today
    )
