"""Missing returns: open sites that enter nothing, and whom to ask. Asked by role; nobody is watched."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from dashboards.enums import Dimension
from dashboards.models import SiteState
from dashboards.services.checking import last_closed
from dashboards.services.release import Release, territory_release
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import counted, month_and_year, of, plain_date
from territories import hours
from territories.access import Actor
from territories.enums import Role
from territories.models import Membership, Region, Site, Territory
from territories.services.hours import weeks_of_sites

# Longer than any closure that a place announces: a season comes back within a year.
LOOKED_BACK = datetime.timedelta(days=400)


class Silence(StrEnum):
    """What is missing, the most urgent first."""

    NEVER = "jamais saisi"
    SILENT = "silencieux"
    MONTH = "mois sans fiche"


@dataclass(frozen=True)
class Ask:
    """Whom to ask about a place: its référent (or the coordination), by role, with the mails of accounts."""

    who: str
    mails: tuple[str, ...] = ()
    phone: str = ""

    @property
    def reachable(self) -> bool:
        return bool(self.mails or self.phone)


@dataclass(frozen=True)
class Missing:
    """One site that sent nothing: since when, or in which closed month."""

    site: Site
    kind: Silence
    last: datetime.date | None
    days: int | None
    words: str
    ask: Ask


def missing_returns(
    *,
    by: Actor,
    day: datetime.date,
    territory: Territory | None = None,
    region: Region | None = None,
    sites: Iterable[Site] | None = None,
) -> list[Missing]:
    """Active sites of the networks that never entered a fiche, are silent, or missed the last closed month.

    Days of an exceptional closure, or of a season in which the place is closed, do not count as silence; a
    place closed all that time or all the month is not asked. For a region (no territory) closed months are
    left to the territories. Never more than nine queries, however many sites.
    """
    found = list(sites) if sites is not None else _sites(by, territory, region)
    states = {
        state.site_id: state.last_jour
        for state in SiteState.objects.visible_to(by).filter(site_id__in=[site.pk for site in found])
    }
    month = last_closed(day, 1)[0]
    weeks = weeks_of_sites(by, [site.pk for site in found], day - LOOKED_BACK)
    release = territory_release(by=by, territory=territory, year=month.year) if territory else None
    asks = people_to_ask(by=by, sites=found)
    lines = []
    for site in found:
        last = states.get(site.pk)
        line = _line(site, last, weeks[site.pk], day, asks[site.pk])
        if line is None and release is not None and _nothing_in(release, month, site.pk):
            if _shut_all(weeks[site.pk], month):
                continue
            words = f"aucune fiche en {month_and_year(month)}, mois clos"
            line = Missing(site, Silence.MONTH, last, None, words, asks[site.pk])
        if line is not None:
            lines.append(line)
    order = list(Silence)
    return sorted(lines, key=lambda m: (order.index(m.kind), -(m.days or 0), m.site.name, m.site.pk))


def silent_sites(*, by: Actor, region: Region, day: datetime.date) -> dict[int, int]:
    """How many sites never entered or are silent, by territory id (only territories the actor steers)."""
    steered = set(by.scope.tenant)
    counts: dict[int, int] = dict.fromkeys(steered, 0)
    for line in missing_returns(by=by, region=region, day=day):
        if line.kind != Silence.MONTH and line.site.territory_id in steered:
            counts[line.site.territory_id] += 1
    return counts


def _sites(by: Actor, territory: Territory | None, region: Region | None) -> list[Site]:
    rows = Site.objects.visible_to(by).open_to_public().filter(reseau__isnull=False)
    if territory is not None:
        rows = rows.filter(territory=territory)
    else:
        rows = rows.filter(region=region, territory_id__in=by.scope.tenant)
    return list(rows.select_related("territory", "reseau").order_by("territory__order", "name", "pk"))


def _line(
    site: Site, last: datetime.date | None, week: hours.Week, day: datetime.date, ask: Ask
) -> Missing | None:
    """Silence is counted in days on which the place was not shut, as far as they are looked back at."""
    start = day - LOOKED_BACK if last is None else max(last, day - LOOKED_BACK)
    days = [start + datetime.timedelta(days=n + 1) for n in range((day - start).days)]
    if sum(not _shut(week, one) for one in days) < settings.SILENT_SITE_DAYS:
        return None
    if last is None:
        return Missing(site, Silence.NEVER, None, None, "aucune fiche reçue de ce lieu", ask)
    since = (day - last).days
    words = f"dernière fiche le {plain_date(last)}, il y a {counted(since, 'jour')}"
    return Missing(site, Silence.SILENT, last, since, words, ask)


def _shut(week: hours.Week, day: datetime.date) -> bool:
    """An exceptional closure, or a season without hours: not the days on which it never opens."""
    season = week.season_on(day)
    return week.closure_on(day) is not None or (season is not None and not season.slots)


def _shut_all(week: hours.Week, month: datetime.date) -> bool:
    """Whether the place was shut on each day of a month on which it would have opened, one at least."""
    days = [month + datetime.timedelta(days=n) for n in range(31)]
    days = [day for day in days if day.month == month.month]
    return any(_shut(week, day) for day in days) and not any(hours.slots_on(week, day) for day in days)


def _nothing_in(release: Release, month: datetime.date, site_id: int) -> bool:
    """True when the published figure of the closed month is a shown zero."""
    if release.empty or month.month < release.first_month:
        return False
    return release.cell(Dimension.CONTACTS, month=month.month, site=site_id) == Cell(0)


def people_to_ask(*, by: Actor, sites: Iterable[Site]) -> dict[int, Ask]:
    """The référents of each site by role, with their mails; the place itself when nobody has an account."""
    found = list(sites)
    rows = (
        Membership.objects.visible_to(by)
        .in_force()
        .filter(role=Role.REFERENT, site_id__in=[site.pk for site in found], user__is_active=True)
        .order_by("pk")
        .values_list("site_id", "user__email")
    )
    mails: dict[int, list[str]] = {}
    for site_id, mail in rows:
        mails.setdefault(site_id, []).append(mail)
    return {site.pk: _ask(site, mails.get(site.pk, [])) for site in found}


def _ask(site: Site, mails: list[str]) -> Ask:
    if mails:
        return Ask(f"le référent {of(site.name)}", tuple(dict.fromkeys(mails)), site.phone)
    own = (site.email,) if site.email else ()
    return Ask("le lieu, aucun référent inscrit", own, site.phone)


def coordination(*, by: Actor, territory: Territory) -> Ask:
    """The coordination of a territory, by role, with the mails of its accounts."""
    rows = (
        Membership.objects.visible_to(by)
        .in_force()
        .filter(role=Role.COORDINATEUR, territory=territory, user__is_active=True)
        .order_by("pk")
        .values_list("user__email", flat=True)
    )
    return Ask(f"la coordination {of(territory.name)}", tuple(dict.fromkeys(rows)))
