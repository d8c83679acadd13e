"""Closed months that were corrected later: the figures moved, and the page says so (domain § 8)."""

from django.utils import timezone

from dashboards.services.fill import closes_on
from dashboards.services.release import Correction, Release
from spo_portal.kernel.typography import NBSP, capital, counted, month_and_year, plain_date

SHOWN = 3


def corrections_in_words(release: Release) -> list[str]:
    """« Octobre 2026, clos le 10 novembre 2026, a été corrigé le 14 novembre 2026 (2 changements) », last
    first."""
    found = sorted(release.corrections, key=lambda one: one.at, reverse=True)
    said = [_words(one) for one in found[:SHOWN]]
    if len(found) > SHOWN:
        more = len(found) - SHOWN
        said.append(f"{more}{NBSP}autre{'s' if more > 1 else ''} mois clos aussi")
    return said


def _words(one: Correction) -> str:
    day = timezone.localtime(one.at).date() if timezone.is_aware(one.at) else one.at.date()
    month, changes = capital(month_and_year(one.month)), counted(one.changes, "changement")
    return f"{month}, clos le {plain_date(closes_on(one.month))}, corrigé le {plain_date(day)} ({changes})"
