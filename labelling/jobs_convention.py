"""The signed document of a convention, drawn by the worker when the last signature lands, then frozen.

It can run twice: a document already there is not drawn again.
"""

import hashlib
from collections.abc import Sequence

from labelling.documents.multipartite import multipartite_pdf
from labelling.enums_convention import ConventionState
from labelling.models import Convention
from labelling.services.convention import acts, events, mails, state
from spo_portal.kernel import outbox
from territories.access import SYSTEM_ACTOR


def on_completed(events_: Sequence[outbox.Event]) -> None:
    """Draw the document, keep it with its fingerprint, and tell those who signed and who coordinate."""
    for event in events_:
        rows = Convention.objects.for_system().select_for_update(of=("self",))
        found = rows.select_related("region", "territory").filter(pk=event.payload.get("convention")).first()
        if found is None or found.pdf is not None or found.state != ConventionState.SIGNEE:
            continue
        progress = state.board(SYSTEM_ACTOR, found)
        content = multipartite_pdf(found, progress)
        found.pdf, found.pdf_sha256 = content, hashlib.sha256(content).hexdigest()
        found.save(update_fields=["pdf", "pdf_sha256"])
        words = f"{found.name} signée par toutes les parties"
        acts.leave(SYSTEM_ACTOR, found, "signee", words, at=found.completed_at)
        for user_id in sorted(mails.coordinators(found)):
            events.notify(found, "signee", user=user_id)
        for line in progress.lines:
            events.notify(found, "signee", signatory=line.signatory.pk)
