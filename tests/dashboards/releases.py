"""Releases written straight into the table: what a reader is given is tested apart from how it is filled."""

import datetime
from typing import Any

from django.utils import timezone

from dashboards.enums import Audience
from dashboards.models import Release
from territories.models import Site, Territory
from tests.factories import system

FILLED = datetime.datetime(2026, 11, 10, 6, 30, tzinfo=datetime.UTC)
SMALL, NEIGHBOUR = -1, -2

CELLS: dict[str, Any] = {
    "y": {
        "contacts": {"": 120},
        "issue": {"reoriente": 70, "sur_place": 50},
        "demande": {"1": 90, "2": 40, "3": SMALL, "4": NEIGHBOUR},
        "age": {"moins_26": 80, "": 40},
    },
    "m": {
        "contacts": {"10": {"": 60}, "11": {"": 60}},
        "demande": {"10": {"1": 45, "3": SMALL}},
    },
}


def make_release(
    territory: Territory,
    *,
    year: int = 2026,
    audience: str = Audience.INSIDE,
    site: Site | None = None,
    cells: dict[str, Any] | None = None,
    public: bool = False,
    reseau: object = None,
) -> Release:
    """A release of a territory (or site); with ``reseau``, its contacts are all of this network too."""
    held = dict(CELLS if cells is None else cells)
    if reseau is not None:
        key = str(reseau.pk)  # type: ignore[attr-defined]
        held["r"] = {
            "contacts": {key: {"": 120}},
            "demande": {key: {"1": 90, "2": 40, "3": SMALL, "4": NEIGHBOUR}},
        }
        held["mr"] = {"10": {key: 60}, "11": {key: 60}}
    with system():
        return Release.objects.create(
            region_id=territory.region_id,
            territory=territory,
            site=site,
            year=year,
            audience=audience,
            public=public,
            cells=held,
            summary={"y": held.get("y", {}), "m": {"contacts": held.get("m", {}).get("contacts", {})}},
            measures={"first_month": 10},
            filled_at=FILLED if not public else timezone.now() - datetime.timedelta(days=2),
        )
