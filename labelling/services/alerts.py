"""What is late after the selection, and said to those who must act: the proof of publicity (domain § 7).

Reports and payments have their own lines in ``deadlines`` and ``todo``; the proof is due three months after
the signature, whatever else was handed in.
"""

import datetime
from collections.abc import Iterable, Iterator

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import ProofState
from labelling.models import AmiApplication, AmiConvention, AmiPublicityProof
from labelling.services import deadlines, publicity, recipients
from labelling.services.todo import MOST, Item, day, register
from territories.access import Actor
from territories.enums import Role

GROUP = "Conventions et suivi"


def _lacking(
    rows: QuerySet[AmiConvention], proofs: QuerySet[AmiPublicityProof]
) -> Iterator[tuple[AmiConvention, datetime.date]]:
    """Signed conventions in force whose file lacks a proof, even one waiting to be checked."""
    found = rows.filter(signed_on__isnull=False, application__state__in=publicity.FUNDED).defer("pdf")
    found = found.select_related("application", "application__territory")
    for convention in found.prefetch_related(
        Prefetch("application__proofs", queryset=proofs.defer("content"))
    ):
        application = convention.application
        have = publicity.shown(list(application.proofs.all()), ProofState.ACCEPTEE, ProofState.DEPOSEE)
        if not set(publicity.wanted(application)) <= have and convention.signed_on is not None:
            yield convention, publicity.due_on(convention.signed_on)


@deadlines.register("publicite")
def proofs_due(
    first: datetime.date, last: datetime.date, keys: deadlines.Keys
) -> Iterator[deadlines.Deadline]:
    """Proofs due three months after the signature: the porteur's accounts. System scope (worker)."""
    rows = AmiConvention.objects.for_system()
    rows = rows if keys is None else rows.filter(application_id__in=keys)
    for convention, due in _lacking(rows, AmiPublicityProof.objects.for_system()):
        if first <= due <= last:
            application = convention.application
            yield deadlines.Deadline(
                about=f"publicite:{application.pk}",
                region_id=application.region_id,
                due_on=due,
                what=f"Prouver la publicité des financements de « {application.title} »",
                people=frozenset(
                    recipients.holders(Role.PORTEUR, organisation_id=application.organisation_id)
                ),
                page="ami_publicite",
                key=application.pk,
            )


@register
def proofs_to_give(by: Actor) -> Iterable[Item]:
    """Proofs the porteur has still to give; for the Region, how many are late."""
    if by.role == Role.PORTEUR:
        own = AmiApplication.objects.of_body(by)
        rows = AmiConvention.objects.visible_to(by).filter(application__in=own)
        for convention, due in list(_lacking(rows, AmiPublicityProof.objects.visible_to(by)))[:MOST]:
            yield Item(
                what="Prouver la publicité des financements, par une photo ou un fichier",
                about=convention.application.title,
                url=reverse("ami_publicite", args=[convention.application_id]),
                due=day(due),
                group="Vos dossiers",
            )
    elif by.role == Role.REGION:
        late = [
            (convention, due)
            for convention, due in _lacking(
                AmiConvention.objects.visible_to(by), AmiPublicityProof.objects.visible_to(by)
            )
            if due < timezone.localdate()
        ]
        for convention, due in late[:MOST]:
            yield Item(
                what="Relancer le porteur : preuve de publicité en retard",
                about=convention.application.title,
                url=reverse("ami_publicite", args=[convention.application_id]),
                due=day(due),
                group=GROUP,
            )
