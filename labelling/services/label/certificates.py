"""Certificates: one per label granted, kept as the bytes that were made, with a code anybody may check.

Made by the worker after the decision is recorded (outbox ``labelling.label_certify``), one place at a time,
once: asked twice, the certificate already kept is the answer.
"""

import datetime
import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import LabelCertificate, Labellisation
from spo_portal.kernel import audit
from spo_portal.kernel.tenancy.scope import Scope, scoped
from territories.access import SYSTEM_ACTOR

# Neither 0 nor O, 1 nor I nor L: read aloud, or copied from a wall.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 12


@dataclass(frozen=True)
class CertificateFacts:
    """All a certificate says, ready to be laid out. Plain text."""

    place: str
    address: str
    organisation: str
    network: str
    territory: str
    service: str
    number: str
    decided_on: datetime.date | None
    starts_on: datetime.date
    ends_on: datetime.date | None
    code: str
    url: str

    @property
    def grouped(self) -> str:
        return grouped(self.code)


def grouped(code: str) -> str:
    """« 7K3M 9QXP 2VHT »: four by four."""
    return " ".join(code[n : n + 4] for n in range(0, len(code), 4))


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def cleaned_code(typed: str) -> str:
    """What was typed, without spaces nor dashes, in capitals; empty when it can't be a code."""
    code = "".join(character for character in typed.upper() if character.isalnum())
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else ""


def wanted(label_id: object) -> Labellisation | None:
    """The label to certify; None when it is no label, or is certified. System scope (worker)."""
    if not isinstance(label_id, int):
        return None
    rows = Labellisation.objects.for_system().filter(
        pk=label_id, status=LabelStatus.LABELLISE, certificate__isnull=True
    )
    return rows.select_related("site", "site__organisation", "site__reseau", "territory", "region").first()


def facts_of(label: Labellisation, code: str) -> CertificateFacts:
    site = label.site
    return CertificateFacts(
        place=site.name,
        address=", ".join(line for line in (site.address, f"{site.postcode} {site.city}".strip()) if line),
        organisation=site.organisation.name,
        network=site.reseau.name if site.reseau else "",
        territory=label.territory.name,
        service=label.region.service_name,
        number=label.decision_number,
        decided_on=label.decided_on,
        starts_on=label.starts_on,
        ends_on=label.ends_on,
        code=code,
        url=settings.BASE_URL + reverse("label_verifier", args=[code]),
    )


def keep(label: Labellisation, code: str, pdf: bytes) -> LabelCertificate:
    """Store the certificate of a label, once. System scope (worker)."""
    with transaction.atomic():
        locked = Labellisation.objects.for_system().select_for_update().get(pk=label.pk)
        found = LabelCertificate.objects.for_system().filter(label=locked).first()
        if found is not None:
            return found
        made = LabelCertificate(
            region_id=label.region_id,
            territory_id=label.territory_id,
            site_id=label.site_id,
            label=label,
            code=code,
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
        )
        made.save(force_insert=True)
        audit.record(
            "labelling.label_certificate",
            by=SYSTEM_ACTOR,
            object_type="labelcertificate",
            object_id=made.pk,
            tenant_id=label.territory_id,
            unit_id=label.site_id,
            data={"decision": label.decision_number},
        )
    return made


@dataclass(frozen=True)
class Verified:
    """What anybody learns of a code: the place, the act, its dates. Nothing of a person."""

    place: str
    city: str
    network: str
    territory: str
    region_name: str
    region_slug: str
    number: str
    decided_on: datetime.date | None
    starts_on: datetime.date
    ends_on: datetime.date | None
    code: str
    today: datetime.date
    # The label the place holds today by a later decision, when this certificate is of an earlier one.
    replaced: bool = False
    until: datetime.date | None = None

    @property
    def valid(self) -> bool:
        return self.starts_on <= self.today and (self.ends_on is None or self.ends_on >= self.today)

    @property
    def to_come(self) -> bool:
        return self.starts_on > self.today

    @property
    def grouped(self) -> str:
        return grouped(self.code)


def verify(code: str) -> Verified | None:
    """What a code certifies; None when no certificate bears it. Nobody needs to be logged in."""
    with scoped(Scope(token=code)):
        found = LabelCertificate.objects.by_token(code).defer("pdf").first()
        if found is None:
            return None
    # The directory of the region is public: its label and its place are read as the directory reads them.
    with scoped(Scope(wide=(found.region_id,))):
        label = (
            Labellisation.objects.for_territory(found.territory_id)
            .filter(pk=found.label_id)
            .select_related("site", "site__reseau", "territory", "region")
            .first()
        )
        if label is None:
            return None
        site, today = label.site, timezone.localdate()
        rows = Labellisation.objects.for_territory(found.territory_id).in_force(today)
        later = rows.filter(site_id=site.pk, status=LabelStatus.LABELLISE).exclude(pk=label.pk).first()
        return Verified(
            place=site.name,
            city=site.city,
            network=site.reseau.name if site.reseau else "",
            territory=label.territory.name,
            region_name=label.region.name,
            region_slug=label.region.slug,
            number=label.decision_number,
            decided_on=label.decided_on,
            starts_on=label.starts_on,
            ends_on=label.ends_on,
            code=found.code,
            today=today,
            replaced=later is not None and label.starts_on < later.starts_on,
            until=later.ends_on if later else None,
        )
