"""First figures of a territory, a site or a region: read from the rollups, masked once, ready to show.

Nothing here counts a fiche: every number comes from ``dashboards_rollup`` (domain § 8).
"""

import datetime
from collections import defaultdict
from collections.abc import Sequence

from django.db import connection

from contacts.enums import Age, ListKind, Suite
from contacts.models import ListVersion
from dashboards.enums import ON_THE_SPOT, REORIENTED, Dimension
from dashboards.models import FillState
from dashboards.services.reading import COLUMNS, YEAR, Reading
from dashboards.services.shapes import Figures, Line, Pair, Point, TerritoryLine
from spo_portal.kernel.privacy import Cell, MaskedList, mask_share
from territories.access import Actor
from territories.models import Reseau, Site, Territory

AGES = {Age.MOINS_26.value: Age.MOINS_26.label, Age.PLUS_26.value: Age.PLUS_26.label, "": "Âge non dit"}
MONTHS_SHOWN = 12

# The month asked for and the whole of its calendar year: the year's figure is the same whatever the month
# shown, so that
# two pages subtracted do not give a month away.
_SUMS = """
SELECT dimension, value, CASE WHEN dimension = 'contacts' THEN reseau_id END,
       coalesce(sum(count) FILTER (WHERE month = %(month)s), 0),
       sum(count)
FROM dashboards_rollup
WHERE {where} AND month BETWEEN %(year)s AND %(december)s
GROUP BY 1, 2, 3
"""
_SERIES = """
SELECT month, sum(count) FROM dashboards_rollup
WHERE {where} AND dimension = 'contacts' AND month BETWEEN %(first)s AND %(december)s
GROUP BY 1
"""
_BY_TERRITORY = """
SELECT territory_id, dimension, value, CASE WHEN dimension = 'contacts' THEN reseau_id END,
       coalesce(sum(count) FILTER (WHERE month = %(month)s), 0),
       sum(count)
FROM dashboards_rollup
WHERE territory_id = ANY(%(ids)s) AND month BETWEEN %(year)s AND %(december)s
  AND dimension IN ('contacts', 'issue', 'statut', 'age')
GROUP BY 1, 2, 3, 4
"""
_SERIES_BY_TERRITORY = """
SELECT territory_id, month, sum(count) FROM dashboards_rollup
WHERE territory_id = ANY(%(ids)s) AND dimension = 'contacts' AND month BETWEEN %(year)s AND %(december)s
GROUP BY 1, 2
"""


def month_before(month: datetime.date, months: int) -> datetime.date:
    index = month.year * 12 + month.month - 1 - months
    return datetime.date(index // 12, index % 12 + 1, 1)


def period(month: datetime.date) -> dict[str, object]:
    """Bounds of a page: the month, its calendar year, and the first January the series needs."""
    january = month.replace(month=1)
    return {
        "month": month,
        "year": january,
        "december": month.replace(month=12),
        "first": january.replace(year=january.year - 2),
    }


def territory_figures(*, by: Actor, territory: Territory, month: datetime.date) -> Figures:
    """Figures of one territory for ``month`` and its calendar year."""
    return _figures(by, _read("territory_id = %(id)s", {"id": territory.pk}, month), month, territory)


def site_figures(*, by: Actor, site: Site, month: datetime.date) -> Figures:
    """Figures of one site: the smallest unit there is (no counsellor's own statistics, domain § 2)."""
    return _figures(by, _read("site_id = %(id)s", {"id": site.pk}, month), month, site.territory)


def _read(where: str, parameters: dict[str, object], month: datetime.date) -> Reading:
    parameters = parameters | period(month)
    read = Reading()
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(where=where), parameters)
        for dimension, value, reseau_id, in_month, in_year in cursor.fetchall():
            read.note(dimension, value, reseau_id, (int(in_month), int(in_year)))
        cursor.execute(_SERIES.format(where=where), parameters)
        read.series = {row[0]: int(row[1]) for row in cursor.fetchall()}
    return read.shut_for(month.year)


def _figures(by: Actor, read: Reading, month: datetime.date, territory: Territory) -> Figures:
    versions = _versions(by, territory, month)
    issue = [_issue(read, column) for column in COLUMNS]
    # Outcomes known or awaited add up to the re-orientations: hidden there, their total is hidden here.
    suites = [_suites(read, column, shut=issue[column].cells[REORIENTED].masked) for column in COLUMNS]
    contacts = Pair(issue[0].total, issue[1].total)
    figures = Figures(
        month=month,
        contacts=contacts,
        reoriented=Pair(issue[0].cells[REORIENTED], issue[1].cells[REORIENTED]),
        reoriented_share=mask_share(issue[0].cells[REORIENTED], contacts.month),
        reoriented_share_year=mask_share(issue[1].cells[REORIENTED], contacts.year),
        answered=Pair(suites[0].cells["connue"], suites[1].cells["connue"]),
        answered_share_year=mask_share(suites[1].cells["connue"], suites[1].total),
    )
    figures.demandes = _demandes(read, versions, contacts)
    figures.statuts = _exclusive(read, Dimension.STATUT, _labels(versions, ListKind.STATUT), contacts)
    figures.ages = _exclusive(read, Dimension.AGE, AGES, contacts)
    figures.reseaux = _reseaux(by, read, contacts)
    figures.series = _series(read, month)
    state = FillState.objects.visible_to(by).filter(territory=territory).first()
    figures.filled_at = state.filled_at if state else None
    figures.pending = _pending(territory.pk)
    figures.masked = _any_masked(figures)
    return figures


def _versions(by: Actor, territory: Territory, month: datetime.date) -> list[ListVersion]:
    """Lists in force at the end of the year shown and before, the oldest first."""
    mine = ListVersion.objects.visible_to(by).filter(region_id=territory.region_id)
    return list(mine.filter(starts_on__lt=month.replace(year=month.year + 1, month=1)).order_by("starts_on"))


def _labels(versions: Sequence[ListVersion], kind: ListKind) -> dict[str, str]:
    """Words by number, the newest ones. A number means the same in every version: the load sees to it."""
    return {str(item.n): item.short for version in versions for item in version.of(kind)}


def _issue(read: Reading, column: int) -> MaskedList[str]:
    counts = {value: read.count(Dimension.ISSUE, value, column) for value in (REORIENTED, ON_THE_SPOT)}
    return read.mask(counts, column)


def _suites(read: Reading, column: int, *, shut: bool) -> MaskedList[str]:
    known = sum(read.count(Dimension.SUITE, value, column) for value in Suite.values)
    waiting = read.count(Dimension.SUITE, "attendue", column)
    return read.mask({"connue": known, "attendue": waiting}, column, shut=shut)


def _lines(labels: dict[str, str], month: MaskedList[str], year: MaskedList[str], whole: Cell) -> list[Line]:
    """Lines by decreasing year; a masked figure sorts as zero, so that the order betrays nothing."""
    top = max((cell.value or 0 for cell in year.cells.values()), default=0)
    lines = [
        Line(
            label,
            month.cells[key],
            year.cells[key],
            mask_share(year.cells[key], whole),
            round(100 * (year.cells[key].value or 0) / top) if top else 0,
        )
        for key, label in labels.items()
    ]
    return sorted(lines, key=lambda line: -(line.year.value or 0))


def _demandes(read: Reading, versions: Sequence[ListVersion], contacts: Pair) -> list[Line]:
    """Every box of the list in force, and those of older lists that were ticked in the year."""
    current = {str(item.n) for version in versions[-1:] for item in version.of(ListKind.DEMANDE)}
    labels = {
        key: label
        for key, label in _labels(versions, ListKind.DEMANDE).items()
        if key in current or (Dimension.DEMANDE, key) in read.sums
    }
    if not labels:
        return []
    month, year = (
        read.mask_several({key: read.count(Dimension.DEMANDE, key, column) for key in labels}, column)
        for column in COLUMNS
    )
    return _lines(labels, month, year, contacts.year)


def _reseaux(by: Actor, read: Reading, contacts: Pair) -> list[Line]:
    names = {r.pk: r.short_name for r in Reseau.objects.filter(region_id=by.region_id).order_by("order")}
    labels = {str(pk): name for pk, name in names.items() if pk in read.by_reseau}
    if None in read.by_reseau:
        labels["None"] = "Partenaires associés"
    month, year = (
        read.mask(
            {key: read.by_reseau[None if key == "None" else int(key)][column] for key in labels}, column
        )
        for column in COLUMNS
    )
    return _lines(labels, month, year, contacts.year) if labels else []


def _exclusive(read: Reading, dimension: Dimension, labels: dict[str, str], contacts: Pair) -> list[Line]:
    """Lines of a dimension where each fiche falls in one value only; values never used this year are left
    out."""
    used = {key: label for key, label in labels.items() if read.count(dimension, key, YEAR)}
    month, year = (
        read.mask({key: read.count(dimension, key, column) for key in used}, column) for column in COLUMNS
    )
    return _lines(used, month, year, contacts.year) if used else []


def _series(read: Reading, month: datetime.date) -> list[Point]:
    """Twelve months beside the twelve before. Each calendar year is masked with its total, which a page
    shows."""
    cells: dict[datetime.date, Cell] = {}
    for year in range(month.year - 2, month.year + 1):
        cells.update(read.mask_months(year, month).cells)
    # A month before the first fiche is not a month without contact: it has no figure at all.
    first = min(read.series, default=month)
    cells.update({m: Cell(None) for m in cells if m < first})
    shown = [month_before(month, n) for n in range(MONTHS_SHOWN - 1, -1, -1)]
    return [Point(m, cells[m], cells[month_before(m, 12)]) for m in shown]


def _pending(territory_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM kernel_outboxevent"
            " WHERE done_at IS NULL AND failed_at IS NULL AND tenant_id = %s)",
            [territory_id],
        )
        return bool(cursor.fetchone()[0])


def _any_masked(figures: Figures) -> bool:
    cells = [figures.contacts.month, figures.contacts.year, figures.reoriented.month, figures.reoriented.year]
    tables = (*figures.demandes, *figures.reseaux, *figures.statuts, *figures.ages)
    cells += [cell for line in tables for cell in (line.month, line.year)]
    cells += [cell for point in figures.series for cell in (point.now, point.before)]
    return any(cell.masked for cell in cells)


def region_lines(*, by: Actor, month: datetime.date) -> list[TerritoryLine]:
    """Every territory of the actor's region, in the region's order. Counts are masked as in each territory.
    """
    territories = list(Territory.objects.visible_to(by).steered_by(by).order_by("order", "name"))
    parameters = {"ids": [t.pk for t in territories]} | period(month)
    found: dict[int, Reading] = defaultdict(Reading)
    with connection.cursor() as cursor:
        cursor.execute(_BY_TERRITORY, parameters)
        for territory_id, dimension, value, reseau_id, in_month, in_year in cursor.fetchall():
            found[territory_id].note(dimension, value, reseau_id, (int(in_month), int(in_year)))
        cursor.execute(_SERIES_BY_TERRITORY, parameters)
        for territory_id, day, count in cursor.fetchall():
            found[territory_id].series[day] = int(count)
    states = {s.territory_id: s.filled_at for s in FillState.objects.visible_to(by)}
    lines = []
    for territory in territories:
        read = found[territory.pk].shut_for(month.year)
        month_list, year_list = (_issue(read, column) for column in COLUMNS)
        lines.append(
            TerritoryLine(
                territory,
                month_list.total,
                year_list.total,
                mask_share(year_list.cells[REORIENTED], year_list.total),
                states.get(territory.pk),
            )
        )
    return lines
