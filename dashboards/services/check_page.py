"""What « À vérifier » lists: sites that sent nothing, and findings still open, each with whom to ask."""

import datetime
from dataclasses import dataclass

from dashboards.models import Finding
from dashboards.rules import BY_KEY, Importance, Rule, Who
from dashboards.services.missing import Ask, Missing, coordination, missing_returns, people_to_ask
from spo_portal.kernel.typography import month_and_year
from territories.access import Actor
from territories.models import Territory


@dataclass(frozen=True)
class Odd:
    """A finding still open, its rule and whom to ask."""

    finding: Finding
    rule: Rule
    ask: Ask

    @property
    def where(self) -> str:
        return self.finding.site.name if self.finding.site else self.finding.territory.name

    @property
    def when(self) -> str:
        return month_and_year(self.finding.month) if self.finding.month else ""


def missing(*, by: Actor, territory: Territory | None, day: datetime.date) -> list[Missing]:
    """Missing returns of a territory, or of every territory of the region the actor runs."""
    if territory is not None:
        return missing_returns(by=by, territory=territory, day=day)
    return missing_returns(by=by, region=by.region, day=day) if by.region else []


def odd_values(*, by: Actor, territory: Territory | None) -> list[Odd]:
    """Open findings, the most important first, then by place; a rule no longer declared is left out."""
    rows = Finding.objects.visible_to(by).open().select_related("site", "territory")
    if territory is not None:
        rows = rows.filter(territory=territory)
    found = [row for row in rows if row.rule in BY_KEY]
    sites = {row.site_id: row.site for row in found if row.site}
    asks = people_to_ask(by=by, sites=[site for site in sites.values() if site])
    lead: dict[int, Ask] = {}
    lines = []
    for row in found:
        rule = BY_KEY[row.rule]
        if row.site_id in asks and rule.who == Who.REFERENT:
            ask = asks[row.site_id]
        else:
            if row.territory_id not in lead:
                lead[row.territory_id] = coordination(by=by, territory=row.territory)
            ask = lead[row.territory_id]
        lines.append(Odd(row, rule, ask))
    order = list(Importance)
    return sorted(
        lines,
        key=lambda odd: (
            order.index(odd.rule.importance), odd.finding.territory.order, odd.where, odd.rule.key,
            odd.finding.pk,
        ),
    )  # fmt: skip
