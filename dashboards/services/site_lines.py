"""The places of a territory: who they are, how they open, what label they hold, when they last wrote."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dashboards.coverage import NetworkShare, network_shares, uncovered
from dashboards.models import SiteState
from dashboards.services.places import Facts
from labelling.enums import LabelStatus
from labelling.models import Labellisation
from labelling.services.tables import has_label
from territories import hours
from territories.access import Actor
from territories.models import OpeningSlot, Site, Territory


@dataclass(frozen=True)
class SiteLine:
    """A place as its territory's page knows it. ``reseau`` is the network's key in releases."""

    pk: int
    name: str
    reseau: str
    active: bool
    week: hours.Week
    label: str = ""
    last_day: datetime.date | None = None

    @property
    def share(self) -> Fraction | None:
        return hours.walk_in_share(self.week)

    @property
    def member(self) -> bool:
        """An existing place: open, member of a network."""
        return self.active and self.reseau != "0"


def site_lines(
    *, by: Actor, territory: Territory, day: datetime.date, site: Site | None = None
) -> list[SiteLine]:
    """Places of a territory by name (or one of them), closed ones included; four queries whatever their
    number."""
    mine: dict[str, object] = {"territory": territory}
    theirs = dict(mine)
    if site is not None:
        mine, theirs = mine | {"pk": site.pk}, mine | {"site": site}
    sites = Site.objects.visible_to(by).filter(**mine).order_by("name", "pk")
    rows = OpeningSlot.objects.visible_to(by).filter(**{f"site__{k}": v for k, v in mine.items()})
    slots: dict[int, list[hours.Slot]] = {}
    for pk, *slot in rows.values_list("site_id", "weekday", "start", "end", "walk_in"):
        slots.setdefault(pk, []).append(hours.Slot(*slot))
    held = Labellisation.objects.visible_to(by).in_force(day).filter(**theirs)
    labels = dict(held.values_list("site_id", "status"))
    states = SiteState.objects.visible_to(by).filter(**theirs)
    last = dict(states.values_list("site_id", "last_jour"))
    return [
        SiteLine(
            pk=pk,
            name=name,
            reseau=str(reseau or 0),
            active=active,
            week=hours.Week(tuple(slots.get(pk, ()))),
            label=labels.get(pk, ""),
            last_day=last.get(pk),
        )
        for pk, name, reseau, active in sites.values_list("pk", "name", "reseau_id", "active")
    ]


def facts_of(lines: Iterable[SiteLine], territory: Territory) -> Facts:
    """The same facts as ``dashboards.services.places``, from lines already read."""
    members = [line for line in lines if line.member]
    weeks: dict[int, list[hours.Week]] = {}
    for line in members:
        weeks.setdefault(int(line.reseau), []).append(line.week)
    every = [line.week for line in members]
    labelled = sum(line.label == LabelStatus.LABELLISE for line in members)
    return Facts(
        existing=len(members),
        labelled=labelled if has_label(territory.region) else None,
        coverage=uncovered(every),
        shares=network_shares(weeks),
        walk_in=hours.share_of(every),
    )


def share_of(facts: Facts, reseau: str) -> NetworkShare | None:
    return facts.shares.get(int(reseau)) if reseau.isdecimal() else None
