"""Addresses of the communication kit: the places whose pieces one prints, those of others, and none."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from territories.enums import Role
from territories.models import Site
from tests.factories import system

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]


def arguments_kit(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``. The CIO of Lille is labelled: a place without a label prints nothing."""

    def pages(**more: object) -> Maker:
        def one(place: "Place", who: "Identity") -> "Targets":
            w = place.world
            labelled(w.cio)
            foreign = [w.mission, w.douai_site, w.niort_site]
            if who.role == Role.COORDINATEUR:
                foreign = [w.douai_site, w.niort_site]
            elif who.role in {Role.ANIMATION, Role.REGION, Role.PREFECTURE}:
                foreign = [w.niort_site]
            return targets(
                ({"pk": w.cio.pk} | more,),
                tuple({"pk": site.pk} | more for site in foreign),
                ({"pk": missing} | more, {"pk": 10**24} | more),
            )

        return one

    one = pages(piece="plaque")
    return {"lieu_kit": pages(), "kit_tout": pages(), "kit_fichier": one, "kit_apercu": one}


def labelled(site: Site) -> None:
    """The place has a label today, given here unless it was before."""
    today = timezone.localdate()
    with system():
        held = Labellisation.objects.for_system().filter(site=site)
        if not held.in_force(today).exists():
            Labellisation.objects.create(
                region_id=site.region_id,
                territory_id=site.territory_id,
                site=site,
                status=LabelStatus.LABELLISE,
                starts_on=today,
                ends_on=today.replace(year=today.year + 5, day=1),
                decision_number="2026-101",
                decided_on=today,
                source="essai",
            )
