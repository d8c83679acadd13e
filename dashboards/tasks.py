"""Background work of the figures: releases built at each tick."""

from celery import shared_task

from dashboards.services import build_all, checking


@shared_task(name="dashboards.build_releases")
def build_releases() -> int:
    """Build the releases that are behind their figures; run by beat every two seconds, safe to run twice."""
    return build_all.build_stale()


@shared_task(name="dashboards.check_rules")
def check_rules() -> int:
    """Judge the validation rules of every territory; run each night, safe to run twice."""
    return sum(checking.evaluate_all())
