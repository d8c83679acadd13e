"""The pile of paper fiches: date and channel once, then lines, undone or corrected within 24 hours."""

import datetime
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.utils import timezone

from contacts.enums import Entry
from contacts.events import FICHE_CHANGED
from contacts.models import FicheContact
from contacts.permissions import Perm
from contacts.querysets import FicheQuerySet
from contacts.services.fiches import FicheData, correct_fiche, correctable_until, record_fiche
from contacts.services.purge import erase
from spo_portal.kernel import audit, outbox
from spo_portal.kernel.errors import Refused
from territories.access import Actor, require

# payload: {"fiche": id}. The web role may not delete a fiche: it asks, the worker checks again and does it.
WITHDRAWN = "contacts.paper_withdrawn"


def record_paper(*, by: Actor, data: FicheData, cle_idempotence: uuid.UUID) -> tuple[FicheContact, bool]:
    """Record one line of the pile (the référent types the site's paper fiches, domain § 3)."""
    require(by, Perm.PAPER_PILE)
    return record_fiche(by=by, data=data, cle_idempotence=cle_idempotence, entry=Entry.PAPIER)


def correct_paper(*, by: Actor, fiche: FicheContact, data: FicheData, seen_at: str = "") -> FicheContact:
    """Correct a line of the pile within 24 hours, like any fiche."""
    require(by, Perm.PAPER_PILE)
    return correct_fiche(by=by, fiche=fiche, data=data, seen_at=seen_at)


def lines_of_pile(by: Actor, *, jour: datetime.date, canal: str) -> FicheQuerySet:
    """Lines of this pile still open to correction, the last one first."""
    since = timezone.now() - datetime.timedelta(hours=settings.CORRECTION_HOURS)
    return (
        FicheContact.objects.visible_to(by)
        .filter(site_id=by.site_id, entry=Entry.PAPIER, jour=jour, canal=canal, created_at__gt=since)
        .order_by("-id")
    )


def withdraw_paper(*, by: Actor, fiche: FicheContact) -> None:
    """Undo a line typed by mistake, within 24 hours: the fiche disappears and is counted no more."""
    require(by, Perm.PAPER_PILE)
    if fiche.entry != Entry.PAPIER:
        raise Refused("Seule une ligne de la pile papier peut être annulée.")
    if timezone.now() > correctable_until(fiche):
        raise Refused("Le délai de correction de 24 heures est passé.")
    if fiche.suite:
        raise Refused("La structure a déjà répondu : cette ligne ne peut plus être annulée.")
    audit.record(
        "contacts.paper_withdrawn",
        by=by,
        object_type="fiche",
        object_id=fiche.pk,
        tenant_id=fiche.territory_id,
        unit_id=fiche.site_id,
    )
    outbox.emit(WITHDRAWN, tenant_id=fiche.territory_id, payload={"fiche": fiche.pk})


def remove_withdrawn(events: Sequence[outbox.Event]) -> None:
    """Handler of ``contacts.paper_withdrawn``: erase the line if it still may be, count its month again."""
    ids = [int(str(event.payload["fiche"])) for event in events]
    with connection.cursor() as cursor:
        # Twice the delay: an outbox that was late must not turn an accepted undo into nothing.
        cursor.execute(
            "SELECT id, territory_id, site_id, date_trunc('month', jour)::date FROM contacts_fichecontact"
            " WHERE id = ANY(%s) AND entry = 'papier' AND suite = ''"
            " AND created_at > now() - make_interval(hours => %s) FOR UPDATE",
            [ids, 2 * settings.CORRECTION_HOURS],
        )
        rows = cursor.fetchall()
        erase(cursor, [row[0] for row in rows])
    for territory, site, month in sorted({row[1:] for row in rows}):
        outbox.emit(FICHE_CHANGED, tenant_id=territory, payload={"site": site, "month": month.isoformat()})
