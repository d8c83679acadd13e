"""What the regional synthesis is made from, read once: outside figures, facts about places, reports."""

import datetime
from dataclasses import dataclass

from dashboards.models import AnnualReport, ReportVersion
from dashboards.services.labels import Labels, labels
from dashboards.services.places import Facts, region_facts
from dashboards.services.release import Release
from dashboards.services.report_material import last_day, outside_releases
from labelling.services.tables import LabelTable, label_table
from territories.access import Actor
from territories.models import Region, Territory


@dataclass(frozen=True)
class Whole:
    """What the synthesis is made from: outside figures of each territory, facts about places, reports."""

    region: Region
    year: int
    day: datetime.date
    territories: tuple[Territory, ...]
    now: dict[int, Release]
    before: dict[int, Release]
    facts: dict[int, Facts]
    label: LabelTable
    words: Labels
    reports: dict[int, AnnualReport]
    versions: dict[int, ReportVersion]

    def named(self, before: bool = False) -> list[tuple[str, Release]]:
        found = self.before if before else self.now
        return [(t.name, found[t.pk]) for t in self.territories]


def gather(*, by: Actor, region: Region, year: int) -> Whole:
    territories = list(Territory.objects.visible_to(by).filter(region=region))
    day = last_day(year)
    reports = {
        r.territory_id: r for r in AnnualReport.objects.visible_to(by).filter(region=region, year=year)
    }
    wanted = [r.version_id for r in reports.values() if r.version_id]
    versions = ReportVersion.objects.visible_to(by).filter(pk__in=wanted).defer("pdf", "workbook", "data")
    return Whole(
        region,
        year,
        day,
        tuple(territories),
        outside_releases(by=by, territories=territories, year=year),
        outside_releases(by=by, territories=territories, year=year - 1),
        region_facts(by=by, region=region, day=day),
        label_table(by=by, region=region, day=day),
        labels(by=by, region=region, year=year),
        reports,
        {version.report_id: version for version in versions},
    )
