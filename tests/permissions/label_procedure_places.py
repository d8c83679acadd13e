"""Addresses of the label's procedure: in each territory a dossier decided, its act, certificate, withdrawal.

Written straight, rules aside: the territories already have dossiers open, and labels of today.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from labelling.enums_label import DossierState
from labelling.models import (
    LabelAvis,
    LabelCertificate,
    LabelComplement,
    LabelDecision,
    LabelDossier,
    Labellisation,
    LabelWithdrawal,
)
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.enums import Role
from territories.models import Site
from tests.factories import acting_as_role
from tests.permissions.label_places import label_rows

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\nstartxref\n9\n%%EOF\n"
OLD = datetime.date(2015, 1, 1)
REGION_WIDE = {Role.ANIMATION, Role.REGION, Role.PREFECTURE}
_made: dict[int, "list[Rows]"] = {}


@dataclass(frozen=True)
class Rows:
    """What one place has."""

    site: Site
    dossier: LabelDossier
    asked: LabelComplement
    certificate: LabelCertificate
    withdrawal: LabelWithdrawal


@contextmanager
def _rules_aside() -> Iterator[None]:
    tables = ("labeldossier", "labelcomplement", "labelavis", "labeldecision", "labelwithdrawal")
    with acting_as_role("spo_owner"), scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            cursor.execute(f"ALTER TABLE labelling_{table} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            cursor.execute(f"ALTER TABLE labelling_{table} ENABLE TRIGGER USER")


def procedure_rows(place: "Place") -> list[Rows]:
    """Made once for a place: Lille, Douai, and Niort of the other region."""
    w = place.world
    if w.region.pk not in _made:
        label_rows(place)  # a draft is refused where a label is granted already
        with _rules_aside():
            _made[w.region.pk] = [_rows(site) for site in (w.cio, w.douai_site, w.niort_site)]
    return _made[w.region.pk]


def _rows(site: Site) -> Rows:
    where = {"region_id": site.region_id, "territory_id": site.territory_id}
    now = timezone.now()
    mark = hashlib.sha256(PDF).hexdigest()
    dossier = LabelDossier.objects.create(
        **where, kind="initiale", state=DossierState.ACCORDE, number=f"LAB-{site.pk}",
        created_by_label="Coordination", submitted_at=now, submitted_by_label="Coordination",
        complete_at=now, transmitted_at=now, avis_at=now, decided_at=now,
    )  # fmt: skip
    asked = LabelComplement.objects.create(
        dossier=dossier, parts=["pieces"], text="Joignez la carte.", asked_by_label="Préfecture",
        deadline=OLD, closed_at=now,
    )  # fmt: skip
    LabelAvis.objects.create(dossier=dossier, sense="favorable", given_on=OLD, recorded_by_label="Animation")
    LabelDecision.objects.create(
        dossier=dossier, granted=True, number=f"A-{site.pk}", decided_on=OLD, starts_on=OLD,
        ends_on=OLD.replace(year=2019), file_name="acte.pdf", content=PDF, sha256=mark,
        recorded_by_label="Préfecture",
    )  # fmt: skip
    label = Labellisation.objects.create(
        **where, site=site, status="labellise", starts_on=OLD, ends_on=OLD.replace(year=2019),
        decision_number=f"A-{site.pk}", source="essai",
    )  # fmt: skip
    certificate = LabelCertificate.objects.create(
        **where, site=site, label=label, code=_code(site.pk), pdf=PDF, sha256=mark
    )
    withdrawal = LabelWithdrawal.objects.create(
        **where, site=site, label=label, motive="Horaires réduits.", started_by_label="Préfecture"
    )
    return Rows(site, dossier, asked, certificate, withdrawal)


def _code(key: int) -> str:
    """Twelve signs of the alphabet of the codes."""
    return "".join("ABCDEFGHJK"[int(digit)] for digit in f"{key:012d}")


def _readable(place: "Place", who: "Identity", *, of_site: bool) -> tuple[list[Rows], list[Rows]]:
    """(what the identity reads, what it must not learn of). ``of_site``: a référent reads its place alone."""
    rows = procedure_rows(place)
    w, mandate = place.world, who.membership
    if mandate is None:
        return [], rows
    if who.role in REGION_WIDE:
        own = [one for one in rows if one.site.region_id == mandate.region_id]
    elif who.role == Role.REFERENT and of_site:
        own = [one for one in rows if one.site.pk == mandate.site_id]
    else:
        territory = mandate.territory_id
        if mandate.site_id == w.cio.pk:
            territory = w.lille.pk
        own = [one for one in rows if one.site.territory_id == territory]
    return own, [one for one in rows if one not in own]


def arguments_label_procedure(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``, the State's side."""

    def maker(of: Callable[[Rows], dict[str, object]], none: dict[str, object], *, of_site: bool) -> Maker:
        def one(place: "Place", who: "Identity") -> "Targets":
            own, foreign = _readable(place, who, of_site=of_site)
            return targets(tuple(of(row) for row in own), tuple(of(row) for row in foreign), (none,))

        return one

    by_dossier = maker(lambda row: {"pk": row.dossier.pk}, {"pk": missing}, of_site=False)

    def checked(place: "Place", who: "Identity") -> "Targets":
        return targets(tuple({"code": row.certificate.code} for row in procedure_rows(place)))

    def closing(place: "Place", who: "Identity") -> "Targets":
        own, foreign = _readable(place, who, of_site=False)
        return targets(
            tuple({"pk": row.dossier.pk, "demande": row.asked.pk} for row in own),
            tuple({"pk": row.dossier.pk, "demande": row.asked.pk} for row in foreign),
            ({"pk": missing, "demande": missing}, *({"pk": r.dossier.pk, "demande": missing} for r in own)),
        )

    pages = (
        "label_procedure", "label_complet", "label_transmettre", "label_complement", "label_avis",
        "label_decider", "label_decision", "label_acte",
    )  # fmt: skip
    return {
        **dict.fromkeys(pages, by_dossier),
        "label_complement_clore": closing,
        "label_certificat": maker(lambda row: {"pk": row.certificate.pk}, {"pk": missing}, of_site=True),
        "label_retrait": maker(lambda row: {"pk": row.withdrawal.pk}, {"pk": missing}, of_site=True),
        "label_retrait_nouveau": maker(lambda row: {"site": row.site.pk}, {"site": missing}, of_site=False),
        "label_verifier": checked,
    }
