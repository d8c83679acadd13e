"""Addresses of « Où s’adresser ? »: read by anybody; a place that is not shown is missing, not refused."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]


def arguments_public(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""

    def region(place: "Place", who: "Identity") -> "Targets":
        here, there = place.world.region.slug, place.world.other_region.slug
        return targets(({"region": here}, {"region": there}), (), ({"region": "ailleurs"},))

    def site(place: "Place", who: "Identity") -> "Targets":
        w = place.world
        good = {"region": w.region.slug, "pk": w.cio.pk, "slug": "cio-de-lille"}
        lost = (
            good | {"pk": missing},
            good | {"region": "ailleurs"},
            good | {"region": w.other_region.slug},
            good | {"pk": w.niort_site.pk},
        )
        return targets((good, good | {"slug": "ancien-nom"}), (), lost)

    def qr(place: "Place", who: "Identity") -> "Targets":
        w = place.world
        good = {"region": w.region.slug, "pk": w.cio.pk, "form": "svg"}
        return targets((good, good | {"form": "png"}), (), (good | {"pk": missing},))

    pages = ("ou_region", "ou_carte", "ou_integre", "ou_integre_guide")
    return {**dict.fromkeys(pages, region), "ou_lieu": site, "ou_lieu_qr": qr}
