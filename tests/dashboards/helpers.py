"""What the worker does, done at once: for tests that need figures."""

from dashboards.services.build_all import ensure_all
from spo_portal.kernel import outbox
from tests.factories import acting_as_role


def fill_now() -> None:
    """Handle every waiting event, then build every stale release, for all readers."""
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass
        ensure_all()
