"""Background work of the fiches: the daily purge."""

from celery import shared_task

from contacts.services import purge


@shared_task(name="contacts.purge")
def purge_expired() -> dict[str, int]:
    """Erase what is past its term (domain § 10); run by beat several times a day, safe to run twice."""
    return purge.run()
