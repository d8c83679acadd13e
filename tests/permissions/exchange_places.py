"""Arguments of the directory's files, for the sweep."""

from collections.abc import Callable
from typing import Any

FORMATS = ("csv", "xlsx", "ods", "data-inclusion", "hsds")


def arguments_exchange(targets: Callable[..., Any], missing: int) -> dict[str, Callable[..., Any]]:
    """Files of the region: the format is the only thing one chooses."""
    return {
        "annuaire_export": lambda place, who: targets(
            tuple({"fmt": fmt} for fmt in ("csv", "data-inclusion", "hsds")), (), ({"fmt": "xml"},)
        ),
        "annuaire_ouvert": lambda place, who: targets(
            tuple({"region": place.world.region.slug, "fmt": fmt} for fmt in FORMATS),
            (),
            ({"region": "ailleurs", "fmt": "csv"}, {"region": place.world.region.slug, "fmt": "xml"}),
        ),
    }
