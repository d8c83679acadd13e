"""Background work of the calls for interest."""

from celery import shared_task

from labelling.services import record_reminders, reminders


@shared_task(name="labelling.remind")
def remind() -> dict[str, int]:
    """Reminders of the morning; run by beat once a day, safe to run twice or late."""
    return reminders.run() | record_reminders.run()
