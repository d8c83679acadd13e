"""After a decision, the partenaires associés follow it: noted when a place became one, ended when labelled.

The préfet's act is recorded by an account that keeps no partner; the worker does it after (outbox
``labelling.label_partners``), with the motive and the direction of the dossier. A place that can't be a
partner (a training body) is left to the coordinator, whose list of partners says so.
"""

from collections.abc import Sequence

from django.utils import timezone

from labelling.enums_label import DossierState, PlaceOutcome
from labelling.models import AssociatedPartner, LabelDecision, LabelDossier, LabelPlace
from labelling.services.partner.keeping import Terms, add_partner, end_partner
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.tenancy.scope import Scope
from territories.access import Actor
from territories.enums import PartnerDirection

DECIDED = "labelling.label_partners"


def on_decided(events: Sequence[outbox.Event]) -> None:
    """Note or end the partnerships of one dossier. System scope (worker); safe to run twice."""
    for event in events:
        key = event.payload.get("dossier")
        rows = LabelDossier.objects.for_system().filter(state=DossierState.ACCORDE)
        dossier = rows.select_related("territory").filter(pk=key).first() if isinstance(key, int) else None
        if dossier is not None:
            follow(dossier)


def follow(dossier: LabelDossier) -> None:
    act = LabelDecision.objects.for_system().defer("content").get(dossier=dossier)
    today = timezone.localdate()
    by = Actor(
        scope=Scope(system=True, wide=(dossier.region_id,), tenant=(dossier.territory_id,)),
    )
    places = LabelPlace.objects.for_system().filter(dossier=dossier).exclude(outcome="")
    held = {
        row.site_id: row
        for row in AssociatedPartner.objects.for_system().in_force(today).filter(territory=dossier.territory)
    }
    for place in places.select_related("site"):
        row = held.get(place.site_id)
        try:
            if place.outcome == PlaceOutcome.ASSOCIE and row is None:
                terms = Terms(direction=place.direction or str(PartnerDirection.DESTINATAIRE))
                since = min(act.starts_on or today, today)
                add_partner(by=by, site=place.site, terms=terms, since=since)
            elif place.outcome == PlaceOutcome.LABELLISE and row is not None:
                end_partner(by=by, partner=row, on=today, reason=f"Lieu labellisé, acte {act.number}.")
        except PortalError:
            # Of no fault of the decision: the list of partners tells the coordinator what is left to note.
            continue
