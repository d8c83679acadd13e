"""Events of the conventions, and the mails that hang on them: one event, one mail, ids only in the queue."""

from labelling.models import Convention
from spo_portal.kernel import outbox

ANSWERED = "labelling.convention_answered"
COMPLETED = "labelling.convention_completed"
LINK_ASKED = "labelling.convention_link_asked"
NOTICE = "labelling.convention_notice"


def notify(
    convention: Convention,
    template: str,
    *,
    user: int | None = None,
    signatory: int | None = None,
    about: int | None = None,
    nonce: int | None = None,
) -> None:
    """Ask for one mail, to an account or to a signatory; ``about``: the answer it tells of."""
    outbox.emit(
        NOTICE,
        tenant_id=convention.territory_id,
        payload={
            "convention": convention.pk,
            "template": template,
            "user": user,
            "signatory": signatory,
            "about": about,
            "nonce": nonce,
        },
    )


def completed(convention: Convention) -> None:
    """All have signed: the worker draws the document and tells everybody."""
    outbox.emit(COMPLETED, tenant_id=convention.territory_id, payload={"convention": convention.pk})
