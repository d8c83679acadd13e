"""The worker makes the certificates of the labels just granted: one event, one place, one file kept."""

from collections.abc import Sequence

from labelling.documents.certificate import certificate_pdf
from labelling.services.label import certificates
from spo_portal.kernel import outbox


def on_certify(events: Sequence[outbox.Event]) -> None:
    """Draw and keep the certificate of each label named. System scope (worker); safe to run twice."""
    for event in events:
        label = certificates.wanted(event.payload.get("label"))
        if label is None:
            continue
        code = certificates.new_code()
        pdf = certificate_pdf(certificates.facts_of(label, code), region=label.region)
        certificates.keep(label, code, pdf)
