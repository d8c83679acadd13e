"""Arguments of the partenaires associés, for the sweep."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from labelling.models import AssociatedPartner
from territories.enums import Role
from territories.models import Organisation, Site
from tests.factories import make_site, system

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place

PAPER = b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\nstartxref\n9\n%%EOF\n"
_made: dict[int, dict[str, AssociatedPartner]] = {}


def partners(place: "Place") -> dict[str, AssociatedPartner]:
    """A partner of each territory, made once for a place."""
    w = place.world
    if w.region.pk not in _made:
        with system():
            _made[w.region.pk] = {
                key: _partner(make_site(territory, f"CCAS {key}", None, direction="prescripteur"))
                for key, territory in (("lille", w.lille), ("douai", w.douai), ("niort", w.niort))
            }
    return _made[w.region.pk]


def _partner(site: Site) -> AssociatedPartner:
    today = timezone.localdate()
    return AssociatedPartner.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, direction="prescripteur",
        motive="hors_reseau", since=today, signed_on=today, content=PAPER, sha256="0" * 64,
        file_name="convention.pdf", saved_by_label="Coordination",
    )  # fmt: skip


def arguments_partners(targets: Callable[..., Any], missing: int) -> dict[str, Callable[..., Any]]:
    """The region reads the partners, the coordinator writes those of its territory."""
    nowhere = ({"pk": missing}, {"pk": 10**24})

    def read(place: "Place", who: "Identity") -> Any:
        rows = partners(place)
        return targets(
            ({"pk": rows["lille"].pk}, {"pk": rows["douai"].pk}), ({"pk": rows["niort"].pk},), nowhere
        )

    def kept(place: "Place", who: "Identity") -> Any:
        rows = partners(place)
        return targets(
            ({"pk": rows["lille"].pk},), ({"pk": rows["douai"].pk}, {"pk": rows["niort"].pk}), nowhere
        )

    def body(place: "Place", who: "Identity") -> Any:
        w = place.world
        here: Organisation = w.cio.organisation
        there = w.niort_site.organisation
        if who.role == Role.ADMINISTRATEUR:
            return targets(({"pk": here.pk}, {"pk": there.pk}), (), nowhere)
        return targets(({"pk": here.pk},), ({"pk": there.pk},), nowhere)

    return {
        "partenaire": read,
        "partenaire_convention": read,
        "partenaire_modifier": kept,
        "partenaire_finir": kept,
        "organisme": body,
    }
