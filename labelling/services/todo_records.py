"""What waits for a référent and a coordinator in the records of their places (every six months)."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone

from labelling.services.todo import Item, day, register
from spo_portal.kernel.typography import counted
from territories.access import Actor
from territories.enums import Role
from territories.models import Site
from territories.services.record.score import due_on, freshness_of

RECORDS = "Fiches des lieux"


@register
def own_record(by: Actor) -> Iterable[Item]:
    """The référent's own place, six months after its last confirmation."""
    if by.role != Role.REFERENT or by.site_id is None:
        return
    site = Site.objects.visible_to(by).filter(pk=by.site_id, active=True).first()
    if site is None or freshness_of(site.confirmed_on, timezone.localdate()) == 100:
        return
    due = due_on(site.confirmed_on)
    yield Item(
        what="Confirmer que la fiche du lieu est à jour",
        about=site.name,
        url=reverse("lieu", args=[site.pk]),
        due=day(due) if due else None,
        group=RECORDS,
    )


@register
def records(by: Actor) -> Iterable[Item]:
    """The coordinator's territory: records to have confirmed, records to check, one line each."""
    if by.role != Role.COORDINATEUR:
        return
    today = timezone.localdate()
    rows = Site.objects.visible_to(by).filter(territory_id__in=by.scope.tenant, active=True)
    dates = list(rows.values_list("confirmed_on", "checked_on", "changed_at"))
    stale = sum(freshness_of(confirmed, today) < 100 for confirmed, _, _ in dates)
    unchecked = sum(checked is None or timezone.localdate(changed) > checked for _, checked, changed in dates)
    for count, what, state in (
        (stale, "Faire confirmer", "a_confirmer"),
        (unchecked, "Vérifier", "non_verifies"),
    ):
        if count:
            yield Item(
                what=f"{what} {counted(count, 'fiche')}",
                about="Les lieux de votre territoire",
                url=f"{reverse('lieux_suivi')}?etat={state}",
                group=RECORDS,
            )
