"""Every six months, one mail asks the keepers of each place whether its record is still right.

Asked of the référents of the place, or of the coordinators of its territory when it has none. Once a period
and an account: what was asked is a row. The link of the mail is personal, signed, good for a month; it opens
the page with the button, and reading it changes nothing.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Sequence

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from labelling.models import AmiReminder
from labelling.services import notices, recipients
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.enums import Role
from territories.models import Membership, Site
from territories.services.record.links import LINK_DAYS, link_for
from territories.services.record.score import FRESH_MONTHS, months_after

ASKED = "labelling.record_asked"
ABOUT = "fiche"
# Places told one by one in a mail; past this, the list says the rest.
MOST_TOLD = 20


def period(site: Site, today: datetime.date) -> datetime.date | None:
    """First day of the period that runs: six months after the last confirmation, then every six months.

    A record nobody ever confirmed counts from its last change; None while nothing is to be asked.
    """
    anchor = site.confirmed_on or timezone.localdate(site.changed_at)
    months, found = FRESH_MONTHS, None
    while (start := months_after(anchor, months)) <= today:
        found, months = start, months + FRESH_MONTHS
    return found


def run(*, today: datetime.date | None = None) -> dict[str, int]:
    """Write down who must be asked about which places, and ask for the mails. System scope (worker)."""
    today = today or timezone.localdate()
    wanted: dict[int, list[tuple[Site, datetime.date]]] = defaultdict(list)
    with transaction.atomic():
        apply(SYSTEM)
        sites = due_sites(today)
        keepers = keepers_of(sites)
        for site in sites:
            start = period(site, today)
            if start is not None:
                for user_id in keepers[site.pk]:
                    wanted[user_id].append((site, start))
        asked = sum(_ask(user_id, rows) for user_id, rows in sorted(wanted.items()))
    return {"records_asked": asked}


def due_sites(today: datetime.date, keys: Collection[int] | None = None) -> list[Site]:
    """Places open to the public whose record was not confirmed for six months or so; ``period`` is exact."""
    # The shortest six months there are.
    before = today - datetime.timedelta(days=180)
    rows = Site.objects.for_system().filter(
        Q(confirmed_on__lte=before) | Q(confirmed_on=None, changed_at__date__lte=before), active=True
    )
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    columns = ("name", "city", "region_id", "territory_id", "confirmed_on", "changed_at")
    return list(rows.only(*columns).order_by("pk"))


def keepers_of(sites: Sequence[Site]) -> dict[int, set[int]]:
    """Accounts to ask about each place: its référents, or the coordinators of its territory."""
    rows = (
        Membership.objects.for_system()
        .in_force()
        .filter(user__is_active=True, role__in=[Role.REFERENT, Role.COORDINATEUR])
        .values_list("role", "site_id", "territory_id", "user_id")
    )
    of_site: dict[int, set[int]] = defaultdict(set)
    of_territory: dict[int, set[int]] = defaultdict(set)
    for role, site_id, territory_id, user_id in rows:
        if role == Role.REFERENT:
            of_site[site_id].add(user_id)
        else:
            of_territory[territory_id].add(user_id)
    return {site.pk: of_site.get(site.pk) or of_territory.get(site.territory_id, set()) for site in sites}


def _ask(user_id: int, rows: Sequence[tuple[Site, datetime.date]]) -> int:
    """New questions of one account in one event; what was already asked this period writes nothing."""
    keys = []
    for site, start in rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO labelling_amireminder (region_id, about, days, due_on, user_id)"
                " VALUES (%s, %s, 0, %s, %s) ON CONFLICT (about, days, due_on, user_id) DO NOTHING"
                " RETURNING id",
                [site.region_id, f"{ABOUT}:{site.pk}", start, user_id],
            )
            row = cursor.fetchone()
        if row is not None:
            keys.append(row[0])
    if keys:
        outbox.emit(ASKED, tenant_id=None, payload={"user": user_id, "reminders": keys})
    return len(keys)


def on_asked(events: Sequence[outbox.Event]) -> None:
    """One mail with the places still to confirm. System scope (worker), one event at a time."""
    for event in events:
        keys, user_id = event.payload.get("reminders"), event.payload.get("user")
        user = recipients.address_of(user_id) if isinstance(user_id, int) else None
        if user is None or not isinstance(keys, list):
            continue
        asked = AmiReminder.objects.for_system().filter(pk__in=keys).values_list("about", "due_on")
        starts = {int(about.partition(":")[2]): due_on for about, due_on in asked}
        today = timezone.localdate()
        sites = due_sites(today, starts.keys())
        keepers = keepers_of(sites)
        # Confirmed meanwhile, or kept by somebody else: not asked any more.
        still = [s for s in sites if user.pk in keepers[s.pk] and period(s, today) == starts[s.pk]]
        if still:
            _send(user.email, user.pk, still)


def _send(address: str, user_id: int, sites: Sequence[Site]) -> None:
    told = sites[:MOST_TOLD]
    lines = [
        {
            "name": site.name,
            "city": site.city,
            "confirmed_on": site.confirmed_on,
            "link": settings.BASE_URL
            + reverse("lieu_a_confirmer", args=[link_for(user_id=user_id, site_id=site.pk)]),
        }
        for site in told
    ]
    subject = f"La fiche de « {sites[0].name} » est-elle à jour ?"
    if len(sites) > 1:
        subject = f"Les fiches de {len(sites)} lieux sont-elles à jour ?"
    context = {
        "lines": lines,
        "count": len(sites),
        "more": len(sites) - len(told),
        "days": LINK_DAYS,
        "list": settings.BASE_URL + reverse("lieux_suivi"),
    }
    notices.send(address, subject, "fiche_a_confirmer", context)
