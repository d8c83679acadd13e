"""Facts about places that no fiche tells: labels, walk-in shares, hours without a door, silent sites.

They are public facts of the directory: nothing is masked (domain §§ 5 and 6).
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from dashboards.coverage import Coverage, NetworkShare, network_shares, uncovered
from dashboards.services.missing import Silence, missing_returns, silent_sites
from labelling.services.tables import Places, counts_by_territory, has_label
from territories import hours
from territories.access import Actor
from territories.models import Region, Site, Territory
from territories.services.hours import ordinary_of


@dataclass(frozen=True)
class Facts:
    """What the places of an area are on one day. ``labelled`` is None where no label exists."""

    existing: int = 0
    labelled: int | None = None
    coverage: Coverage | None = None
    shares: dict[int, NetworkShare] = field(default_factory=dict)
    walk_in: Fraction | None = None
    silent: int | None = None
    targets_reached: int | None = None
    targets_set: int = 0

    @property
    def under_half(self) -> int:
        """Networks under 50 % without appointment."""
        return sum(share.under_half for share in self.shares.values())


def weeks_by_territory(*, by: Actor, region: Region) -> dict[int, list[tuple[Site, hours.Week]]]:
    """Active sites of the networks with their week, by territory: three queries for the whole region."""
    sites = (
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(region=region, reseau__isnull=False)
        .order_by("territory_id", "name", "pk")
        .prefetch_related("slots")
    )
    found: dict[int, list[tuple[Site, hours.Week]]] = {}
    for site in sites:
        found.setdefault(site.territory_id, []).append((site, ordinary_of(site)))
    return found


def region_facts(*, by: Actor, region: Region, day: datetime.date, silence: bool = False) -> dict[int, Facts]:
    """Facts of every territory of the region, by its id; a territory without places is absent.

    ``silence`` also counts the silent sites of the territories the actor steers (four more queries).
    """
    labels = counts_by_territory(by=by, region=region, day=day)
    known = has_label(region)
    silent = silent_sites(by=by, region=region, day=day) if silence else {}
    return {
        territory_id: replace(
            _facts(weeks, [places for (pk, _), places in labels.items() if pk == territory_id], known),
            silent=silent.get(territory_id),
        )
        for territory_id, weeks in weeks_by_territory(by=by, region=region).items()
    }


def territory_facts(*, by: Actor, territory: Territory, day: datetime.date, silence: bool = False) -> Facts:
    """Facts of one territory on ``day``; ``silence`` as in ``region_facts``."""
    sites = (
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(territory=territory, reseau__isnull=False)
        .prefetch_related("slots")
    )
    labels = counts_by_territory(by=by, region=territory.region, day=day)
    mine = [places for (pk, _), places in labels.items() if pk == territory.pk]
    found = _facts([(site, ordinary_of(site)) for site in sites], mine, has_label(territory.region))
    if not silence or territory.pk not in by.scope.tenant:
        return found
    quiet = missing_returns(by=by, territory=territory, day=day)
    return replace(found, silent=sum(line.kind != Silence.MONTH for line in quiet))


def _facts(weeks: list[tuple[Site, hours.Week]], labels: Iterable[Places], known: bool) -> Facts:
    by_reseau: dict[int, list[hours.Week]] = {}
    for site, week in weeks:
        by_reseau.setdefault(site.reseau_id or 0, []).append(week)
    places = list(labels)
    every = [week for _, week in weeks]
    return Facts(
        existing=len(weeks),
        labelled=sum(p.labelled for p in places) if known else None,
        coverage=uncovered(every),
        shares=network_shares(by_reseau),
        walk_in=hours.share_of(every),
    )
