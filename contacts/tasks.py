"""Background work of the fiches: the daily purge, the paper lines undone."""

from celery import shared_task

from contacts.services import purge
from contacts.services.paper import WITHDRAWN, remove_withdrawn
from spo_portal.kernel.outbox import subscribe

# Loaded by the worker, which is the process that handles the outbox.
subscribe(WITHDRAWN, remove_withdrawn)


@shared_task(name="contacts.purge")
def purge_expired() -> dict[str, int]:
    """Erase what is past its term (domain § 10); run by beat several times a day, safe to run twice."""
    return purge.run()
