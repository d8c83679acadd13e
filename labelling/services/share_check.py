"""Each night, the walk-in share of every labelled place and of its network: a fall is told once (domain § 5).

The week looked at is the one that begins: each of the seven days counts with the week of its season, without
closures nor bank holidays, which are no rule of a place. It tells; a person decides of the label.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import Labellisation, LabelShareCheck
from labelling.services import notices, recipients
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from spo_portal.kernel.typography import agree
from territories import hours
from territories.enums import Role
from territories.models import Site
from territories.services.hours import WITH_HOURS, week_of

FALLEN = "labelling.share_fell"
_LOCK = 5_350_001
Key = tuple[int, int | None, int | None]


@dataclass(frozen=True)
class Measure:
    """Minutes of the coming week; ``opening`` is never 0: what is closed all week is not measured."""

    region_id: int
    walk_in: int
    opening: int

    @property
    def under_half(self) -> bool:
        return 2 * self.walk_in < self.opening


def run(*, today: datetime.date | None = None) -> dict[str, int]:
    """Compute, keep, and ask for the mails of new falls. System scope (worker); safe to run twice or late."""
    today = today or timezone.localdate()
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        concerned, measures = _measures(today)
        rows = {
            (row.territory_id, row.site_id, row.reseau_id): row
            for row in LabelShareCheck.objects.for_system()
        }
        gone = [row.pk for key, row in rows.items() if key not in concerned]
        LabelShareCheck.objects.for_system().filter(pk__in=gone).delete()
        fallen, closed = [], 0
        for key, measure in sorted(measures.items(), key=lambda item: str(item[0])):
            row = rows.get(key) or LabelShareCheck(
                region_id=measure.region_id, territory_id=key[0], site_id=key[1], reseau_id=key[2]
            )
            closed += row.fell_on is not None and not measure.under_half
            if _keep(row, measure, today):
                fallen.append(row)
        told = _ask(fallen)
    return {"checked": len(measures), "fallen": len(fallen), "closed": closed + len(gone), "told": told}


def _measures(today: datetime.date) -> tuple[set[Key], dict[Key, Measure]]:
    """Every place with a label in force and its network on the territory; what is measured of them."""
    labels = Labellisation.objects.for_system().in_force(today).filter(status=LabelStatus.LABELLISE)
    labelled = set(labels.values_list("site_id", flat=True))
    sites = Site.objects.for_system().open_to_public().filter(pk__in=labelled)
    pairs = set(sites.values_list("territory_id", "reseau_id"))
    networks = {pair for pair in pairs if pair[1]}
    around = (
        Site.objects.for_system()
        .open_to_public()
        .filter(territory_id__in={territory for territory, _ in pairs})
        .prefetch_related(*WITH_HOURS)
    )
    totals: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    regions: dict[Key, int] = {}
    for site in around.iterator(chunk_size=500):
        walk_in, opening = hours.coming_minutes(week_of(site), today)
        keys: list[Key] = [(site.territory_id, site.pk, None)] if site.pk in labelled else []
        if (site.territory_id, site.reseau_id) in networks:
            keys.append((site.territory_id, None, site.reseau_id))
        for key in keys:
            regions[key] = site.region_id
            totals[key][0] += walk_in
            totals[key][1] += opening
    found = {key: Measure(regions[key], *minutes) for key, minutes in totals.items() if minutes[1]}
    return set(totals), found


def _keep(row: LabelShareCheck, measure: Measure, today: datetime.date) -> bool:
    """Write what was computed; True when the share has fallen since the last time."""
    fell = measure.under_half and row.fell_on is None
    row.week_from, row.checked_at = today, timezone.now()
    row.walk_in_minutes, row.opening_minutes = measure.walk_in, measure.opening
    if not measure.under_half:
        row.fell_on = row.alerted_at = None
    elif fell:
        row.fell_on, row.alerted_at = today, timezone.now()
    row.save()
    return fell


def _ask(fallen: Iterable[LabelShareCheck]) -> int:
    """One event for each person, whatever the number of falls of the night."""
    by_person: dict[int, list[int]] = defaultdict(list)
    for row in fallen:
        for user_id in _people(row):
            by_person[user_id].append(row.pk)
    for user_id, keys in sorted(by_person.items()):
        outbox.emit(FALLEN, tenant_id=None, payload={"user": user_id, "checks": keys})
    return len(by_person)


def _people(row: LabelShareCheck) -> set[int]:
    """Coordinators of the territory, and référents of the place or of the network's places there."""
    of_places = (
        {"site_id": row.site_id}
        if row.site_id
        else {"site__territory_id": row.territory_id, "site__reseau_id": row.reseau_id}
    )
    return recipients.holders(Role.COORDINATEUR, territory_id=row.territory_id) | recipients.holders(
        Role.REFERENT, **of_places
    )


def on_fallen(events: Sequence[outbox.Event]) -> None:
    """One mail with what is still under 50 %. System scope (worker), one event at a time."""
    for event in events:
        keys, user_id = event.payload.get("checks"), event.payload.get("user")
        user = recipients.address_of(user_id) if isinstance(user_id, int) else None
        if user is None or not isinstance(keys, list):
            continue
        rows = (
            LabelShareCheck.objects.for_system()
            .fallen()
            .filter(pk__in=keys)
            .select_related("site", "reseau", "territory")
        )
        still = [row for row in rows if user.pk in _people(row)]
        if still:
            _send(user.email, still)


def _send(address: str, rows: Sequence[LabelShareCheck]) -> None:
    lines = [
        {"name": name_of(row), "share": share_words(row), "place": row.site_id is not None} for row in rows
    ]
    subject = f"Sous 50 % sans rendez-vous : {lines[0]['name']}"
    if len(lines) > 1:
        subject = f"Sous 50 % sans rendez-vous : {len(lines)} {agree(len(lines), 'alerte')}"
    context = {"lines": lines, "link": settings.BASE_URL + reverse("ami_a_faire")}
    notices.send(address, subject, "part_sous_50", context)


def name_of(row: LabelShareCheck) -> str:
    """« CIO de Lille », or « réseau CIO, Lille »."""
    if row.site is not None:
        return row.site.name
    short = row.reseau.short_name if row.reseau else ""
    return f"réseau {short}, {row.territory.name}"


def share_words(row: LabelShareCheck) -> str:
    """The share that was computed, written as everywhere."""
    return hours.share_words(Fraction(row.walk_in_minutes, row.opening_minutes))
