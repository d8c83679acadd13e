"""One row at least in every table of the convention multipartite, in one territory (system scope).

The first convention has been signed; a project of avenant follows it, so that « parent » is filled.
"""

import datetime
import hashlib

from django.utils import timezone

from labelling.models import (
    Convention,
    ConventionParty,
    ConventionSignatory,
    ConventionSignature,
    ConventionStep,
    ConventionText,
)
from territories.models import Site

TEXT = "Article 1 – Objet\n\nLes organisations accueillent tout public."


def make_convention_rows(site: Site) -> Convention:
    """A convention signed by the organisation of ``site``, and a project of avenant."""
    where = {"territory_id": site.territory_id}
    region = {"region_id": site.region_id}
    convention = Convention.objects.create(
        **where, **region, kind="convention", number=1, title="Convention", created_by_label="Coordination"
    )
    party = ConventionParty.objects.create(
        convention=convention, **where, **region, organisation=site.organisation, name="Organisation"
    )
    signatory = ConventionSignatory.objects.create(
        convention=convention, party=party, **where, **region, capacity="elu", function="Présidence",
        email="presidence@exemple.example", nonce=1,
        token_hash=hashlib.sha256(str(site.pk).encode()).hexdigest(),
        invited_at=timezone.now(), expires_at=timezone.now() + datetime.timedelta(30),
    )  # fmt: skip
    show(convention, TEXT)
    ConventionSignature.objects.create(
        convention=convention, signatory=signatory, **where, answer="signe", sha256=convention.sha256,
        nonce=1, name="Signataire", function="Présidence", address_hash="0" * 64,
    )  # fmt: skip
    ConventionStep.objects.create(
        convention=convention, **where, key="signee", words="Signée", by_label="Système"
    )
    content = f"%PDF-1.7 {site.pk}".encode()
    Convention.objects.for_system().filter(pk=convention.pk).update(
        pdf=content, pdf_sha256=hashlib.sha256(content).hexdigest()
    )
    Convention.objects.create(
        **where, **region, kind="avenant", number=1, rank=1, parent=convention, title="Avenant",
        created_by_label="Coordination",
    )  # fmt: skip
    convention.refresh_from_db()
    return convention


def show(convention: Convention, text: str) -> None:
    """Show a text for signature, written straight."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    kept = ConventionText.objects.create(
        convention=convention, territory_id=convention.territory_id, number=convention.text_number + 1,
        text=text, sha256=sha256, parties=[], reason="Erreur" if convention.text_number else "",
        by_label="Coordination",
    )  # fmt: skip
    convention.text, convention.sha256, convention.text_number = text, sha256, kept.number
    convention.state, convention.opened_at = "signature", timezone.now()
    convention.save()
