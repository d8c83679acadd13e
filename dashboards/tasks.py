"""Background work of the figures: releases built at each tick, figures and rules checked each night."""

from celery import shared_task
from django.utils import timezone

from dashboards.services import build_all, checking
from dashboards.services.check import check_figures
from dashboards.services.tokens import purge_tokens


@shared_task(name="dashboards.build_releases")
def build_releases() -> int:
    """Build the releases that are behind their figures; run by beat every two seconds, safe to run twice."""
    return build_all.build_stale()


@shared_task(name="dashboards.check_rules")
def check_rules() -> int:
    """Judge the validation rules of every territory; run each night, safe to run twice."""
    return sum(checking.evaluate_all())


@shared_task(name="dashboards.check_figures")
def check_nightly() -> int:
    """Recount a sample of the figures and open the year just closed; returns the number of differences."""
    year = timezone.localdate().year
    build_all.open_closed_years([year - 2, year - 1])
    return len(check_figures().found)


@shared_task(name="dashboards.purge_tokens")
def erase_tokens() -> int:
    """Erase the tokens that have long ended; run each night, safe to run twice."""
    return purge_tokens(now=timezone.now())
