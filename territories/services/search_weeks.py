"""Weeks of the public search that no place has any more: cleared by night, when nobody is writing hours."""

from django.db import connection, transaction

from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.models import SearchPlace, SearchWeek


def clear() -> int:
    """How many were cleared. System scope only (worker); safe to run twice.

    The triggers that keep the weeks (migration 0018) hold the same lock, shared: while hours are being saved
    a week without place may be about to have one, and this night's clearing is left to the next.
    """
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('territories_searchweek'))")
            if cursor.fetchone() != (True,):
                return 0
        used = SearchPlace.objects.for_system().values("week_id")
        return SearchWeek.objects.for_system().exclude(pk__in=used).delete()[0]
