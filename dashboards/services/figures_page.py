"""A page of figures of a territory or a place: everything it shows, from releases only (domain § 8)."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from dashboards.changes import Sentence, changes
from dashboards.enums import Dimension
from dashboards.services import blocks
from dashboards.services.headline import Big, Others, bigs
from dashboards.services.labels import Labels
from dashboards.services.places import Facts
from dashboards.services.release import Release
from dashboards.services.slices import Slice
from dashboards.services.tables import Table
from dashboards.services.targets import TargetValue
from spo_portal.kernel.charts import month_line
from spo_portal.kernel.typography import MONTHS_SHORT

NO_CHART = SafeString("")


@dataclass
class FiguresPage:
    """What a page shows, block by block; a block that is not published for the question is None or empty."""

    asked: Slice
    release: Release
    told: list[Sentence] = field(default_factory=list)
    bigs: list[Big] = field(default_factory=list)
    months: Table | None = None
    chart: SafeString = NO_CHART
    demandes: Table | None = None
    reponses: Table | None = None
    statuts: Table | None = None
    matrix: Table | None = None
    suites: Table | None = None
    small: list[Table] = field(default_factory=list)
    flows: Table | None = None
    site_flows: Table | None = None
    networks: Table | None = None
    places: Table | None = None
    facts: Facts | None = None
    # A monthly goal is drawn; the region stands beside.
    goal: bool = False
    compared: bool = False

    def tables(self) -> Iterator[Table]:
        """Every table of the page, in the order of the screen: what an export writes."""
        named = (self.months, self.demandes, self.networks, self.statuts, self.matrix, self.reponses)
        after = (self.suites, self.flows, self.site_flows, *self.small, self.places)
        yield from (table for table in (*named, *after) if table is not None)

    @property
    def masked(self) -> bool:
        return any(table.masked for table in self.tables()) or any(big.reason for big in self.bigs)


@dataclass(frozen=True)
class Around:
    """What the page stands beside: releases of the year before and of the region (None: not published)."""

    before: Release | None = None
    region: Release | None = None
    targets: Mapping[str, TargetValue] = field(default_factory=dict)

    def kept(self, *, compare: bool, with_region: bool) -> "Around":
        """What the reader asked to compare with."""
        return Around(self.before if compare else None, self.region if with_region else None, self.targets)


def released(release: Release) -> Release | None:
    """A release to compare with, or None when it holds nothing."""
    return None if release.empty else release


def compose(
    asked: Slice,
    labels: Labels,
    *,
    around: Around,
    shown: Around,
    facts: Facts | None,
    today: datetime.date,
    name: str,
) -> FiguresPage:
    """Everything but the networks and the places. ``around`` feeds the sentences, ``shown`` the columns."""
    release = asked.release
    page = FiguresPage(asked, release, facts=facts)
    page.bigs = bigs(asked, Others(shown.before, shown.region, shown.targets), facts, today)
    until = today.month if release.year == today.year else 12
    page.months = blocks.months_table(asked, shown.before, until)
    if page.months is not None:
        page.goal = "contacts" in shown.targets and not (asked.sliced or asked.demande)
        page.chart = _chart(asked, shown, until, name, goal=page.goal)
    before, region = shown.before, shown.region
    page.compared = region is not None
    if asked.demande:
        if asked.published(Dimension.STATUT):
            page.statuts = blocks.statut_age(asked, labels)
        if asked.published(Dimension.REPONSE):
            page.reponses = blocks.reponses(asked, labels, before, region)
        return page
    if not asked.sliced:
        page.told = changes(
            release, around.before, around.region, month=asked.month, labels=labels, today=today
        )
        page.flows = blocks.network_flows(release, labels) if asked.month is None else None
    page.demandes = blocks.demandes(asked, labels, before, region)
    page.statuts = blocks.statut_age(asked, labels)
    if asked.published(Dimension.DEMANDE_REPONSE):
        page.matrix = blocks.asked_answered(asked, labels)
    page.reponses = blocks.reponses(asked, labels, before, region)
    page.suites = blocks.suites(asked, labels)
    page.small = blocks.small(asked, labels, before)
    if asked.month is None and not asked.reseau:
        page.site_flows = blocks.site_flows(release, labels, site=asked.site)
    return page


def _chart(asked: Slice, shown: Around, until: int, name: str, *, goal: bool) -> SafeString:
    previous = asked.of(shown.before).months() if shown.before is not None else None
    return month_line(
        list(MONTHS_SHORT),
        asked.months(until) or [],
        previous=previous,
        ident="mois",
        title=f"Contacts par mois en {asked.release.year}, {name}",
        goal=round(shown.targets["contacts"].value / 12) if goal else None,
        goal_text="cible mensuelle",
    )
