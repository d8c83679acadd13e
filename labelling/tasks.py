"""Background work of the calls for interest."""

from celery import shared_task

from labelling.services import record_reminders, reminders, share_check
from labelling.services.label_coverage import keeping


@shared_task(name="labelling.remind")
def remind() -> dict[str, int]:
    """Reminders of the morning; run by beat once a day, safe to run twice or late."""
    return reminders.run() | record_reminders.run()


@shared_task(name="labelling.check_shares")
def check_shares() -> dict[str, int]:
    """Shares of the coming week; run by beat once a night, safe to run twice or late."""
    return share_check.run()


@shared_task(name="labelling.keep_coverage")
def keep_coverage() -> int:
    """Figures of the coverage that are behind; run by beat every five seconds, safe to run twice."""
    return keeping.run()
