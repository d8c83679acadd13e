"""Run what waits in the outbox inside the transaction of a test, as the worker does."""

from django.core import mail
from django.core.mail import EmailMessage

from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from tests.factories import acting_as_role, system


def drain() -> list[EmailMessage]:
    """Handle every pending event, those they leave included; return the mails sent since the last call."""
    mail.outbox.clear()
    with scoped(NOBODY), acting_as_role("spo_worker"):
        for _ in range(200):
            if not outbox.drain():
                break
    return list(mail.outbox)


def stuck() -> list[tuple[str, str]]:
    """Events that failed: kind and error."""
    from spo_portal.kernel.models import OutboxEvent

    with system():
        return list(OutboxEvent.objects.filter(done_at=None).values_list("kind", "error"))
