"""Background work of the calls for interest."""

from celery import shared_task

from labelling.services import record_reminders, reminders, share_check


@shared_task(name="labelling.remind")
def remind() -> dict[str, int]:
    """Reminders of the morning; run by beat once a day, safe to run twice or late."""
    return reminders.run() | record_reminders.run()


@shared_task(name="labelling.check_shares")
def check_shares() -> dict[str, int]:
    """Shares of the coming week; run by beat once a night, safe to run twice or late."""
    return share_check.run()
