"""Arguments of the directory's files, for the sweep."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from territories.enums import Role
from territories.models import DirectoryImport, Site
from tests.factories import system

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place

FORMATS = ("csv", "xlsx", "ods", "data-inclusion", "hsds")
_made: dict[int, dict[str, DirectoryImport]] = {}


def waiting(place: "Place") -> dict[str, DirectoryImport]:
    """A waiting file of each territory and of each region, made once for a place."""
    w = place.world
    if w.region.pk not in _made:
        with system():
            _made[w.region.pk] = {
                "lille": _file(w.cio, w.lille.pk),
                "douai": _file(w.douai_site, w.douai.pk),
                "niort": _file(w.niort_site, w.niort.pk),
                "region": _file(w.cio, None),
                "abroad": _file(w.niort_site, None),
            }
    return _made[w.region.pk]


def _file(site: Site, territory: int | None) -> DirectoryImport:
    rows = [[2, [site.reference_id, site.territory.short_code, site.name]]]
    content = json.dumps([["identifiant", "territoire", "nom"], rows]).encode()
    return DirectoryImport.objects.create(
        region_id=site.region_id, territory_id=territory, name="lieux.csv", content=content, sha256="0" * 64,
        rows=1, uploaded_by_label="Coordination",
    )  # fmt: skip


def arguments_exchange(targets: Callable[..., Any], missing: int) -> dict[str, Callable[..., Any]]:
    """Files of the region: one chooses the format; a waiting file is its territory's or its region's."""

    def own_file(place: "Place", who: "Identity") -> Any:
        files = waiting(place)
        own, foreign = {
            Role.ANIMATION: (("region", "lille", "douai"), ("niort", "abroad")),
        }.get(who.role, (("lille",), ("douai", "niort", "region", "abroad")))  # type: ignore[call-overload]
        return targets(
            tuple({"pk": files[key].pk} for key in own),
            tuple({"pk": files[key].pk} for key in foreign),
            ({"pk": missing}, {"pk": 10**24}),
        )

    return {
        "annuaire_export": lambda place, who: targets(
            tuple({"fmt": fmt} for fmt in ("csv", "data-inclusion", "hsds")), (), ({"fmt": "xml"},)
        ),
        "annuaire_ouvert": lambda place, who: targets(
            tuple({"region": place.world.region.slug, "fmt": fmt} for fmt in FORMATS),
            (),
            ({"region": "ailleurs", "fmt": "csv"}, {"region": place.world.region.slug, "fmt": "xml"}),
        ),
        "annuaire_import_modele": lambda place, who: targets(
            ({"fmt": "csv"}, {"fmt": "xlsx"}), (), ({"fmt": "ods"},)
        ),
        "annuaire_import_essai": own_file,
        "annuaire_import_abandonner": own_file,
    }
