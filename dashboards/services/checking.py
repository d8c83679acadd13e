"""Evaluate the validation rules of a territory, keep what does not hold, close what holds again.

Worker only. Figures come from the release made for the teams of the territory; raw checks count fiches of the
last sixty days and are told by bands. A finding names a site or the territory, never an agent.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from contacts.enums import ListKind
from contacts.models import ListVersion
from dashboards.models import Finding, SiteState
from dashboards.rules import RULES, Check, Context, Rule
from dashboards.services.fill import closes_on
from dashboards.services.release import Release, territory_release
from spo_portal.kernel.tenancy.scope import SYSTEM, Scope, apply
from spo_portal.kernel.typography import capital, no_break
from territories.access import Actor
from territories.models import OpeningSlot, Site, Territory

RAW_DAYS = 60
# Closed months judged beside the year: an older one has been looked at already.
MONTHS_JUDGED = 3
OTHER = "autre"

_RAW = """
SELECT f.site_id,
    count(*) FILTER (WHERE f.reoriented AND NOT EXISTS (
        SELECT FROM contacts_fichedestination d WHERE d.fiche_id = f.id)),
    count(*) FILTER (WHERE cardinality(f.demandes) = 0 AND cardinality(f.reponses) > 0),
    count(*) FILTER (WHERE f.canal = 'sur_place'
        AND EXISTS (SELECT FROM territories_openingslot o WHERE o.site_id = f.site_id)
        AND (NOT EXISTS (SELECT FROM territories_openingslot o
                WHERE o.site_id = f.site_id AND o.weekday = extract(isodow FROM f.jour) - 1)
            AND NOT EXISTS (SELECT FROM territories_seasonslot z
                WHERE z.site_id = f.site_id AND z.weekday = extract(isodow FROM f.jour) - 1)
            OR EXISTS (SELECT FROM territories_closure c
                WHERE c.site_id = f.site_id AND f.jour BETWEEN c.first_day AND c.last_day)))
FROM contacts_fichecontact f
WHERE f.territory_id = %s AND f.jour > %s
GROUP BY 1
"""

Key = tuple[int | None, str, datetime.date | None]


@dataclass(frozen=True)
class Outcome:
    """What an evaluation changed: findings opened and closed, and how many are open now."""

    opened: int
    closed: int
    open: int


def evaluate(territory_id: int, *, today: datetime.date | None = None) -> Outcome:
    """Judge every rule of one territory in one system transaction; a second run changes nothing."""
    day = today or timezone.localdate()
    with transaction.atomic():
        apply(SYSTEM)
        # Two evaluations of one territory wait for each other; fills and readers do not wait.
        rows = Territory.objects.for_system().select_for_update(no_key=True)
        territory = rows.filter(pk=territory_id).first()
        return Outcome(0, 0, 0) if territory is None else _keep(territory, _judge(territory, day))


def evaluate_all(*, today: datetime.date | None = None) -> Iterator[int]:
    """Every territory in turn, each in its own transaction; yields how many findings are open in each."""
    with transaction.atomic():
        apply(SYSTEM)
        ids = list(Territory.objects.for_system().order_by("pk").values_list("pk", flat=True))
    for pk in ids:
        yield evaluate(pk, today=today).open


def _judge(territory: Territory, day: datetime.date) -> dict[Key, tuple[Rule, str, str]]:
    reader = Actor(scope=Scope(system=True, wide=(territory.region_id,), tenant=(territory.pk,)))
    releases = {
        year: territory_release(by=reader, territory=territory, year=year)
        for year in range(day.year - 2, day.year + 1)
    }
    found: dict[Key, tuple[Rule, str, str]] = {}
    for context in _contexts(territory, releases, day):
        for rule in RULES:
            if rule.monthly != (context.month is not None):
                continue
            sides = rule.broken(context)
            if sides:
                month = datetime.date(context.release.year, context.month, 1) if context.month else None
                found[(context.site, rule.key, month)] = (rule, *sides)
    return found


def _contexts(territory: Territory, releases: dict[int, Release], day: datetime.date) -> Iterator[Context]:
    """One context per site, for the year so far, then one per closed month judged."""
    sites = list(Site.objects.for_territory(territory).filter(active=True).values_list("pk", flat=True))
    with_hours = set(
        OpeningSlot.objects.for_system().filter(site_id__in=sites).values_list("site_id", flat=True)
    )
    since = day - datetime.timedelta(days=RAW_DAYS)
    recent = set(
        SiteState.objects.for_territory(territory)
        .filter(last_jour__gt=since)
        .values_list("site_id", flat=True)
    )
    raw = _raw_counts(territory, since)
    other = _numbers_of_other(territory)
    for pk in sites:
        yield Context(
            releases[day.year],
            releases[day.year - 1],
            site=pk,
            raw=raw.get(pk, dict.fromkeys(Check, 0)),
            other=other,
            has_hours=pk in with_hours,
            has_fiches=pk in recent,
        )
        for month in last_closed(day, MONTHS_JUDGED):
            now, past = releases[month.year], releases.get(month.year - 1)
            yield Context(now, past, site=pk, month=month.month)


def last_closed(day: datetime.date, count: int) -> list[datetime.date]:
    """First days of the last ``count`` closed months on ``day``, the newest first."""
    months: list[datetime.date] = []
    month = day.replace(day=1)
    while len(months) < count:
        month = (month - datetime.timedelta(days=1)).replace(day=1)
        if closes_on(month) <= day:
            months.append(month)
    return months


def _raw_counts(territory: Territory, since: datetime.date) -> dict[int, dict[Check, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_RAW, [territory.pk, since])
        return {site: dict(zip(Check, counts, strict=True)) for site, *counts in cursor.fetchall()}


def _numbers_of_other(territory: Territory) -> frozenset[str]:
    versions = ListVersion.objects.for_system().filter(region_id=territory.region_id)
    return frozenset(
        str(item.n) for version in versions for item in version.of(ListKind.DEMANDE) if item.code == OTHER
    )


def _keep(territory: Territory, found: dict[Key, tuple[Rule, str, str]]) -> Outcome:
    now = timezone.now()
    known = {
        (row.site_id, row.rule, row.month): row
        for row in Finding.objects.for_territory(territory).filter(resolved_at__isnull=True)
    }
    added, changed = [], []
    for key, (rule, left, right) in found.items():
        message = no_break(capital(rule.message.format(left=left, right=right)))
        row = known.get(key)
        if row is None:
            site_id, _, month = key
            added.append(
                Finding(
                    territory=territory, site_id=site_id, rule=rule.key, month=month,
                    left=left, right=right, message=message, found_at=now,
                )
            )  # fmt: skip
        elif (row.left, row.right, row.message) != (left, right, message):
            row.left, row.right, row.message = left, right, message
            changed.append(row)
    gone = [row.pk for key, row in known.items() if key not in found]
    rows = Finding.objects.for_territory(territory)
    Finding.objects.bulk_create(added)
    if changed:
        rows.bulk_update(changed, ["left", "right", "message"])
    rows.filter(pk__in=gone).update(resolved_at=now)
    return Outcome(len(added), len(gone), len(found))
