"""One row at least in every table of the label's procedure, in one region: written straight (system scope).

The first dossier has gone to the end, with an avis, a decision, a certificate and a withdrawal; a draft
of renewal follows it, so that « parent » is filled, and a file given up has no parts.
"""

import datetime
import hashlib

from django.utils import timezone

from labelling.enums_label import LabelPart
from labelling.models import (
    Convention,
    LabelAttachment,
    LabelAvis,
    LabelCertificate,
    LabelComplement,
    LabelDecision,
    LabelDossier,
    Labellisation,
    LabelPlace,
    LabelSection,
    LabelStep,
    LabelWithdrawal,
    LabelWithdrawalStep,
)
from territories.models import Site

DAY = datetime.date(2026, 3, 1)
PATH = ("brouillon", "depose", "complet", "transmis", "avis_rendu", "accorde")


def make_label_rows(site: Site) -> LabelDossier:
    """A dossier decided with each of its children, for the territory of ``site``."""
    dossier = draft(site)
    LabelSection.objects.create(
        dossier=dossier, key=LabelPart.TERRITOIRE, text="…", saved_by_label="Coordination"
    )
    LabelPlace.objects.create(
        dossier=dossier, territory_id=site.territory_id, site=site, proposal="label",
        saved_by_label="Coordination",
    )  # fmt: skip
    content = f"%PDF-1.4 {site.pk}".encode()
    sha256 = hashlib.sha256(content).hexdigest()
    LabelAttachment.objects.create(
        dossier=dossier, title="Carte", name="carte.pdf", format="pdf", content=content, size=len(content),
        sha256=sha256, uploaded_by_label="Coordination",
    )  # fmt: skip
    for state in PATH[1:]:
        if state == "avis_rendu":
            LabelAvis.objects.create(
                dossier=dossier, sense="favorable", given_on=DAY, recorded_by_label="Préfecture"
            )
        if state == "accorde":
            LabelDecision.objects.create(
                dossier=dossier, granted=True, number=f"A-{site.pk}", decided_on=DAY, starts_on=DAY,
                ends_on=DAY + datetime.timedelta(1000), file_name="acte.pdf", content=content, sha256=sha256,
                recorded_by_label="Préfecture",
            )  # fmt: skip
        pass_to(dossier, state)
        if state == "depose":
            _complement(dossier)
    _label_rows(dossier, site, content)
    given_up = draft(site)
    pass_to(given_up, "abandonne")
    LabelDossier.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, kind="renouvellement", parent=dossier,
        created_by_label="Coordination",
    )  # fmt: skip
    return dossier


def join_convention(convention: Convention) -> None:
    """The draft of its territory goes with this convention."""
    drafts = LabelDossier.objects.for_system().filter(territory_id=convention.territory_id, state="brouillon")
    drafts.update(convention=convention)


def draft(site: Site) -> LabelDossier:
    """A dossier just opened for the territory of ``site``."""
    return LabelDossier.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, kind="initiale",
        created_by_label="Coordination",
    )  # fmt: skip


def pass_to(dossier: LabelDossier, state: str) -> None:
    """Change the state with its step, as the database wants it; dates and number are the trigger's."""
    LabelStep.objects.create(
        dossier=dossier, key="essai", from_state=dossier.state, to_state=state, at=timezone.now(),
        by_label="Essai",
    )  # fmt: skip
    dossier.state = state
    dossier.submitted_by_label = "Coordination"
    dossier.save(update_fields=["state", "submitted_by_label"])
    dossier.refresh_from_db()


def _complement(dossier: LabelDossier) -> None:
    row = LabelComplement.objects.create(
        dossier=dossier, parts=[LabelPart.LIEUX], text="Complétez.", asked_by_label="Préfecture",
        deadline=DAY,
    )  # fmt: skip
    row.closed_at = timezone.now()
    row.save(update_fields=["closed_at"])


def _label_rows(dossier: LabelDossier, site: Site, pdf: bytes) -> None:
    # What it was before the label: a partner, for some months.
    Labellisation.objects.filter(site=site).update(ends_on=DAY + datetime.timedelta(90))
    label = Labellisation.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, status="labellise",
        starts_on=DAY + datetime.timedelta(91), ends_on=DAY + datetime.timedelta(1900), source="arrêté",
    )  # fmt: skip
    LabelCertificate.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, label=label,
        code=f"CERTIF{site.pk}", pdf=pdf, sha256=hashlib.sha256(pdf).hexdigest(),
    )  # fmt: skip
    withdrawal = LabelWithdrawal.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, label=label,
        motive="Horaires réduits.", started_by_label="Préfecture",
    )  # fmt: skip
    LabelWithdrawalStep.objects.create(
        withdrawal=withdrawal, key="engager", to_state="observations", by_label="Préfecture"
    )
