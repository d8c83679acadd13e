"""« Tout est à jour », and the coordinator's check: who said that a record is right, and when."""

from django.db import transaction
from django.utils import timezone

from spo_portal.kernel.errors import Refused
from territories.access import Actor, require
from territories.enums import SiteChangeKind
from territories.models import Site
from territories.permissions import Perm
from territories.services.record.edit import keeps, lock
from territories.services.record.note import LABEL_MAX, note


def confirm(*, by: Actor, site: Site) -> Site:
    """The keeper says that everything is right today; once more the same day changes nothing.

    A place that is closed has nothing to confirm.
    """
    require(by, Perm.KEEP_RECORD)
    return _say(by, site, SiteChangeKind.CONFIRMED, "confirmed")


def check(*, by: Actor, site: Site) -> Site:
    """The coordinator says that the record was checked, whoever keeps it."""
    require(by, Perm.CHECK_RECORD)
    if site.territory_id not in by.scope.tenant:
        raise Refused("Ce lieu n’est pas de votre territoire.")
    return _say(by, site, SiteChangeKind.CHECKED, "checked")


def _say(by: Actor, site: Site, kind: SiteChangeKind, what: str) -> Site:
    if not keeps(by, site):
        raise Refused("Ce lieu n’est pas de votre périmètre.")
    today, label = timezone.localdate(), by.label[:LABEL_MAX]
    with transaction.atomic():
        locked = lock(by, site)
        if not locked.active:
            raise Refused("Ce lieu est fermé : rouvrez-le avant de dire que sa fiche est juste.")
        said = (getattr(locked, f"{what}_on"), getattr(locked, f"{what}_by_label"))
        if said == (today, label):
            return locked
        setattr(locked, f"{what}_on", today)
        setattr(locked, f"{what}_by_label", label)
        locked.save(update_fields=[f"{what}_on", f"{what}_by_label"])
        note(by=by, site=locked, kind=kind)
    return locked
