"""« À faire »: places and networks the nightly check found under 50 % without an appointment."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse

from labelling.models import LabelShareCheck
from labelling.services.share_check import name_of, share_words
from labelling.services.todo import MOST, Item, register
from spo_portal.kernel.typography import capital
from territories.access import Actor
from territories.enums import Role

GROUP = "Règle des 50 %"


@register
def shares(by: Actor) -> Iterable[Item]:
    """The référent's own place, the coordinator's territory; nothing once the share is back."""
    if by.role not in (Role.REFERENT, Role.COORDINATEUR):
        return
    rows = LabelShareCheck.objects.visible_to(by).fallen().select_related("site", "reseau", "territory")
    for row in rows.order_by("fell_on", "pk")[:MOST]:
        yield Item(
            what=f"Revenir à 50 % sans rendez-vous : {share_words(row)} la semaine qui vient",
            about=capital(name_of(row)),
            url=_url(by, row),
            group=GROUP,
        )


def _url(by: Actor, row: LabelShareCheck) -> str:
    if row.site_id is None:
        wanted = urlencode({"territoire": row.territory_id, "reseau": row.reseau_id})
        return f"{reverse('annuaire')}?{wanted}"
    if by.role == Role.REFERENT:
        return reverse("horaires")
    return reverse("lieu", args=[row.site_id])
