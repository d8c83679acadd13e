"""The shared places followed in one's bassins: money, reports, publicity and what is late (domain § 7).

The committee that runs a bassin reads how its places live; five queries, whatever their number.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, Q
from django.utils import timezone

from labelling.enums_ami import ApplicationState, FollowUpState, ProofState
from labelling.models import AmiApplication, AmiConvention, AmiFollowUp, AmiInstalment, AmiPublicityProof
from labelling.permissions import Perm
from labelling.services import publicity
from labelling.services.conventions import FUNDED
from labelling.services.follow_ups import OPEN
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, can
from territories.models import Site

HANDED = (FollowUpState.REMIS, FollowUpState.VALIDE)


@dataclass(frozen=True)
class Followed:
    """One project: ``alerts`` are sentences with the page that says more; ``report`` the last handed in."""

    file: AmiApplication
    site: Site | None
    convention: AmiConvention | None
    report: AmiFollowUp | None
    expected: AmiFollowUp | None
    proof: str
    proof_tone: str
    alerts: tuple[tuple[str, str], ...]


def followed_places(by: Actor, *, today: datetime.date | None = None) -> list[Followed]:
    """Selected projects the actor reads, by bassin; one that gave up stays while it has a convention."""
    day = today or timezone.localdate()
    chosen = Q(state__in=FUNDED) | Q(state=ApplicationState.RETIREE, convention__isnull=False)
    files = (
        AmiApplication.objects.readable_by(by)
        .filter(chosen)
        .select_related("territory", "organisation", "site", "convention")
        .defer("convention__pdf")
        .prefetch_related(
            Prefetch("follow_ups", AmiFollowUp.objects.visible_to(by).order_by("year")),
            Prefetch("instalments", AmiInstalment.objects.visible_to(by).order_by("due_on", "pk")),
            Prefetch("proofs", AmiPublicityProof.objects.visible_to(by).defer("content")),
        )
        .order_by("territory__name", "title", "pk")
    )
    return [_followed(by, one, day) for one in files]


def _followed(by: Actor, file: AmiApplication, day: datetime.date) -> Followed:
    convention = getattr(file, "convention", None)
    reports, proofs = list(file.follow_ups.all()), list(file.proofs.all())
    opened = [row for row in reports if row.state in OPEN]
    words, tone, late = _proof(file, convention, proofs, day)
    alerts: list[tuple[str, str]] = []
    if file.state != ApplicationState.RETIREE:
        alerts += [
            (f"Bilan {row.year} attendu le {plain_date(row.due_on)}", "ami_suivi")
            for row in opened
            if row.due_on < day
        ]
        if late is not None:
            alerts.append((f"Preuve de publicité attendue le {plain_date(late)}", "ami_publicite"))
        if can(by, Perm.FUND):
            alerts += _payments(file.instalments.all(), convention, day)
    return Followed(
        file=file,
        site=file.site if file.state == ApplicationState.OUVERTE else None,
        convention=convention,
        report=max((row for row in reports if row.state in HANDED), key=lambda row: row.year, default=None),
        expected=opened[0] if opened else None,
        proof=words,
        proof_tone=tone,
        alerts=tuple(alerts),
    )


def _payments(
    rows: Iterable[AmiInstalment], convention: AmiConvention | None, day: datetime.date
) -> list[tuple[str, str]]:
    """Payments due and not noted: the Region's own work, told to nobody else."""
    if convention is None or convention.signed_on is None:
        return []
    return [
        (f"« {row.label} » prévu le {plain_date(row.due_on)}, non versé", "ami_convention")
        for row in rows
        if row.paid_on is None and row.due_on < day
    ]


def _proof(
    file: AmiApplication,
    convention: AmiConvention | None,
    proofs: list[AmiPublicityProof],
    day: datetime.date,
) -> tuple[str, str, datetime.date | None]:
    """(words, tone, day it was due when late)."""
    if convention is None or convention.signed_on is None:
        return "", "", None
    wanted = set(publicity.wanted(file))
    if wanted <= publicity.shown(proofs, ProofState.ACCEPTEE):
        return "Prouvée", "ok", None
    if wanted <= publicity.shown(proofs, ProofState.ACCEPTEE, ProofState.DEPOSEE):
        return "À vérifier", "info", None
    due = publicity.due_on(convention.signed_on)
    return ("En retard", "error", due) if due < day else (f"Attendue le {plain_date(due)}", "", None)
