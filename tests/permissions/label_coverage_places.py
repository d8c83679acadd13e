"""Addresses of the coverage by the label: a region's territories are read by all who follow its labels."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets


def arguments_label_coverage(
    targets: "type[Targets]", missing: int
) -> dict[str, Callable[["Place", "Identity"], "Targets"]]:
    """Entries for ``ARGUMENTS``."""

    def territory(**more: object) -> Callable[["Place", "Identity"], "Targets"]:
        def make(place: "Place", who: "Identity") -> "Targets":
            w = place.world
            return targets(
                tuple({"pk": one.pk, **more} for one in (w.lille, w.douai)),
                ({"pk": w.niort.pk, **more},),
                ({"pk": missing, **more},),
            )

        return make

    return {
        "couverture_territoire": territory(),
        "couverture_territoire_fichier": territory(fmt="xlsx"),
        "couverture_labels_fichier": lambda place, who: targets(({"fmt": "zip"},), (), ({"fmt": "exe"},)),
    }
