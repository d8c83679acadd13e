"""Tables of a territory's networks and places: what they received beside how they open and what they hold."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from dashboards.enums import REORIENTED, Dimension
from dashboards.services.labels import Labels
from dashboards.services.places import Facts
from dashboards.services.site_lines import SiteLine, share_of
from dashboards.services.slices import Slice
from dashboards.services.tables import BarOf, Column, Kind, Row, State, Table, Value, WalkIn
from labelling.enums import LabelStatus
from spo_portal.kernel.privacy import Cell, mask_share
from spo_portal.kernel.typography import NBSP, counted, percent, plain_date, short_date

HALF = 50.0
SILENT_AFTER = 14
NO_HOURS = "horaires inconnus"
# Columns a reader may sort the places by, with how a line is ordered.
Sorter = Callable[["Line"], tuple[object, ...]]


class Line:
    """A place with its published figures, ready to sort and to show."""

    def __init__(self, site: SiteLine, contacts: Cell, reoriented: Cell, day: datetime.date) -> None:
        self.site, self.contacts, self.reoriented = site, contacts, reoriented
        self.silent = None if site.last_day is None else (day - site.last_day).days


SORTS: dict[str, Sorter] = {
    "lieu": lambda line: (),
    # A masked count sorts as zero: the order tells nothing of it.
    "fiches": lambda line: (line.contacts.value or 0,),
    "sans_rdv": lambda line: (line.site.share if line.site.share is not None else Fraction(-1),),
    "saisie": lambda line: (line.site.last_day or datetime.date.min,),
}


def network_table(asked: Slice, labels: Labels, facts: Facts, lines: Sequence[SiteLine]) -> Table:
    """Networks of the territory: places, contacts, part re-oriented (year), walk-in share, label."""
    release, yearly = asked.release, asked.month is None
    members: dict[str, list[SiteLine]] = {}
    for line in lines:
        members.setdefault(line.reseau, []).append(line)
    shown = [key for key in labels.reseaux if key in members or key in release.keys("r")]
    columns = [Column("Lieux"), Column("Fiches")]
    columns += [Column("Réorientées", Kind.SHARE)] if yearly else []
    columns += [
        Column("Barre", Kind.BAR),
        Column("Sans rendez-vous", Kind.SHARE),
        Column("Situation", Kind.STATE),
    ]
    rows = []
    for key in shown:
        contacts = release.cell(Dimension.CONTACTS, month=asked.month, reseau=key)
        found = share_of(facts, key)
        share = found.share if found is not None else None
        places = [line for line in members.get(key, []) if line.active]
        values: list[Value] = [len(places), contacts]
        if yearly:
            values.append(mask_share(release.cell(Dimension.ISSUE, REORIENTED, reseau=key), contacts))
        told = NO_HOURS if share is None else WalkIn(share)
        values += [_walk_in_bar(share), told, _situation(key, share, places)]
        rows.append((contacts.value or 0, Row(labels.reseaux[key], tuple(values))))
    rows.sort(key=lambda row: -row[0])
    return Table(
        "reseaux", "Réseaux du territoire", "Réseau", tuple(columns), [row for _, row in rows],
        definition="sans_rdv_reseau",
    )  # fmt: skip


def _walk_in_bar(share: Fraction | None) -> BarOf:
    return BarOf(None if share is None else share * 100, 100, HALF)


def _situation(key: str, share: Fraction | None, places: Sequence[SiteLine]) -> State | str:
    labelled = sum(line.label == LabelStatus.LABELLISE for line in places)
    if key != "0" and share is not None and share < Fraction(1, 2):
        return State(f"Sous {percent(50)}", "warn")
    if labelled and labelled == len(places):
        return State("Labellisé", "ok")
    if labelled:
        return State(f"{labelled} sur {len(places)} labellisés", "info")
    if key == "0" or any(line.label == LabelStatus.ASSOCIE for line in places):
        return State("Partenaire associé", "info")
    return ""


def site_table(
    asked: Slice, labels: Labels, lines: Iterable[SiteLine], *, day: datetime.date,
    address: Callable[[int], str], sort: str = "",
) -> Table:  # fmt: skip
    """Places of the territory: contacts, part re-oriented (year), walk-in share, label, last contact."""
    release, yearly = asked.release, asked.month is None
    with_figures = set(release.keys("s"))
    chosen = [
        line
        for line in lines
        if (line.active or str(line.pk) in with_figures) and (not asked.reseau or line.reseau == asked.reseau)
    ]
    found = [
        Line(
            line,
            _contacts(asked, line.pk),
            release.cell(Dimension.ISSUE, REORIENTED, site=line.pk),
            day,
        )
        for line in chosen
    ]
    name = sort.removeprefix("-")
    if name in SORTS:
        found.sort(key=SORTS[name], reverse=sort.startswith("-"))
        if name == "lieu" and sort.startswith("-"):
            found.reverse()
    columns = [Column("Fiches", sort="fiches")]
    share_of_year = yearly and not asked.demande
    columns += [Column("Réorientées", Kind.SHARE)] if share_of_year else []
    columns += [
        Column("Sans rendez-vous", Kind.SHARE, sort="sans_rdv"),
        Column("Situation", Kind.STATE),
        Column("Dernier contact", Kind.STATE, sort="saisie"),
    ]
    rows = []
    for line in found:
        values: list[Value] = [line.contacts]
        if share_of_year:
            values.append(mask_share(line.reoriented, line.contacts))
        share = line.site.share
        values += [NO_HOURS if share is None else WalkIn(share), _label(line.site), _last(line, day)]
        note = labels.reseaux.get(line.site.reseau, "") + ("" if line.site.active else ", fermé")
        rows.append(Row(line.site.name, tuple(values), url=address(line.site.pk), note=note))
    return Table("lieux", "Lieux du territoire", "Lieu", tuple(columns), rows, sort="lieu")


def _contacts(asked: Slice, pk: int) -> Cell:
    if asked.demande:
        return asked.release.cell(Dimension.DEMANDE, asked.demande, site=pk)
    return asked.release.cell(Dimension.CONTACTS, month=asked.month, site=pk)


def _label(site: SiteLine) -> State | str:
    if site.label == LabelStatus.LABELLISE:
        return State("Labellisé", "ok")
    return (
        State("Partenaire associé", "info") if site.label == LabelStatus.ASSOCIE or site.reseau == "0" else ""
    )


def _last(line: Line, day: datetime.date) -> State | str:
    """The day of the last contact; a warning after two weeks of silence of a place that is open."""
    last = line.site.last_day
    if last is None:
        return State("Jamais de fiche", "warn") if line.site.member else ""
    if line.silent is not None and line.silent >= SILENT_AFTER and line.site.member:
        return State(f"Silencieux depuis {counted(line.silent, 'jour')}", "warn")
    return short_date(last) if last.year == day.year else plain_date(last).replace(" ", NBSP)
