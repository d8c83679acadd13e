"""Background work of the accounts."""

from celery import shared_task

from territories.services import retention


@shared_task(name="territories.retention")
def retain_accounts() -> dict[str, int]:
    """Warn and anonymise unused accounts; run by beat once a day, safe to run twice."""
    return retention.run()
