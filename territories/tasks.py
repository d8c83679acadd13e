"""Background work of the accounts and of the directory."""

from celery import shared_task

from territories.services import retention, search_weeks


@shared_task(name="territories.retention")
def retain_accounts() -> dict[str, int]:
    """Warn and anonymise unused accounts, clear weeks without place; daily by beat, safe to run twice."""
    return {**retention.run(), "weeks": search_weeks.clear()}
