"""Partnerships follow the préfet's decision: a labelled place is a partner no more, an associated one is.

Run by the worker once the decision is written; what the territory has noted already stays as it is.
"""

import datetime
from collections.abc import Iterable, Sequence

from django.utils import timezone

from labelling.enums_label import AssociationMotive, DossierState, PlaceOutcome
from labelling.models import AssociatedPartner, LabelDossier, LabelPlace
from labelling.services.partner.keeping import motive_of, turn
from spo_portal.kernel.outbox import Event
from territories.access import SYSTEM_ACTOR
from territories.enums import PartnerDirection

LABEL = "Décision du préfet"


def on_label_moved(events: Sequence[Event]) -> None:
    """Subscribed to the moves of the label's dossiers; a second run changes nothing."""
    for event in events:
        dossier = LabelDossier.objects.for_system().filter(pk=event.payload["dossier"]).first()
        if dossier is not None and dossier.state == DossierState.ACCORDE:
            follow_decision(dossier)


def follow_decision(dossier: LabelDossier) -> None:
    """Bring the partnerships of the dossier's places in step with what was decided of each."""
    places = LabelPlace.objects.for_system().filter(dossier=dossier)
    follow_places(places.select_related("site__organisation", "site__reseau").order_by("pk"))


def follow_places(places: Iterable[LabelPlace]) -> None:
    """The same for places whose outcome is known, each with its site."""
    today = timezone.localdate()
    for place in places:
        if place.outcome == PlaceOutcome.LABELLISE:
            _end(place, today)
        elif place.outcome == PlaceOutcome.ASSOCIE:
            _begin(place, today)


def _end(place: LabelPlace, today: datetime.date) -> None:
    row = AssociatedPartner.objects.for_system().in_force(today).filter(site=place.site, until=None).first()
    if row is None:
        return
    row.until, row.end_reason = today, "Lieu labellisé par décision du préfet."
    row.version += 1
    row.saved_at, row.saved_by_id, row.saved_by_label = timezone.now(), None, LABEL
    row.save()
    turn(SYSTEM_ACTOR, place.site, PartnerDirection.NONE, row.end_reason)


def _begin(place: LabelPlace, today: datetime.date) -> None:
    site = place.site
    if site.organisation.is_training_body or site.shared_place:
        return
    if AssociatedPartner.objects.for_system().in_force(today).filter(site=site).exists():
        return
    direction = place.direction or site.direction or PartnerDirection.BOTH
    AssociatedPartner(
        region_id=site.region_id,
        territory_id=site.territory_id,
        site=site,
        direction=direction,
        motive=AssociationMotive(place.motive) if place.motive else motive_of(site),
        publics=list(site.publics),
        since=today,
        saved_by_label=LABEL,
    ).save(force_insert=True)
    turn(SYSTEM_ACTOR, site, direction, "Partenaire associé par décision du préfet.")
