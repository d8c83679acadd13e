"""What the pages after the selection share: the file, its head, its four tabs."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiConvention
from labelling.permissions import Perm
from labelling.services.conventions import FUNDED
from labelling.views.dossier_head import head_context
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from territories.access import Actor, can, get_visible_or_404

S = ApplicationState
# A project that gave up keeps its convention and its reports readable.
AFTER = (*FUNDED, S.RETIREE)


TABS = (
    ("ami_dossier", "Le dossier", Perm.READ_APPLICATION),
    ("ami_decision", "Fiche de décision", Perm.DECIDE),
    ("ami_convention", "Convention", Perm.READ_FOLLOW_UP),
    ("ami_ouverture", "Lieu", Perm.READ_FOLLOW_UP),
    ("ami_suivi", "Bilans", Perm.READ_FOLLOW_UP),
    ("ami_publicite", "Publicité", Perm.READ_FOLLOW_UP),
)


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    current: bool


def one(actor: Actor, pk: int) -> AmiApplication:
    """A selected file, for whoever reads it."""
    rows = AmiApplication.objects.readable_by(actor).filter(state__in=AFTER)
    rows = rows.select_related("call__region", "territory", "organisation", "commission")
    return get_visible_or_404(rows, actor, pk=pk)


def tabs_of(actor: Actor, application: AmiApplication, current: str) -> list[Tab]:
    """From the file to the pages after its selection; none before, none for who does not follow places."""
    if not can(actor, Perm.READ_FOLLOW_UP) or application.state not in AFTER:
        return []
    if application.state == S.RETIREE:
        rows = AmiConvention.objects.visible_to(actor).filter(application=application)
        if not rows.exists():
            return []
    return [
        Tab(label, reverse(name, args=[application.pk]), name == current)
        for name, label, right in TABS
        if can(actor, right)
    ]


def context(actor: Actor, application: AmiApplication, current: str, title: str) -> dict[str, Any]:
    """Context of ``_entete_dossier.html`` and ``_apres_onglets.html``."""
    return head_context(actor, application, current) | {
        "titre": title,
        "apres_onglets": tabs_of(actor, application, current),
        "finance": can(actor, Perm.FUND),
        "porteur": application.organisation_id in actor.scope.body,
    }


def refuse(form: forms.Form, refusal: PortalError) -> int:
    """Put the sentence on its field when the form has it; the status to answer."""
    field = refusal.field if isinstance(refusal, Refused) else None
    form.add_error(field if field in form.fields else None, str(refusal))
    return 409 if isinstance(refusal, Conflict) else 422
