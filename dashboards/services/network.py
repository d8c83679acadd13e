"""One network over all the territories of its region: what it receives, where it sends, how it opens."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import F, Q, Sum

from dashboards.computing import Figure
from dashboards.enums import Dimension
from dashboards.services import tables
from dashboards.services.release import Release, total_of
from dashboards.services.summaries import past_contacts, summaries
from dashboards.services.wide_slices import (
    KEYS,
    LOOPS,
    Change,
    Parts,
    Question,
    change_of,
    change_of_all,
    parts_of,
    shown,
    sum_of,
)
from labelling.services.tables import Places, counts_by_territory, has_label
from spo_portal.kernel.privacy import Cell, Share, mask_share
from spo_portal.kernel.typography import agree, counted, join, number
from territories import hours
from territories.access import Actor
from territories.models import OpeningSlot, Region, Reseau, Territory

# More territories than this are counted, not named.
MOST_NAMED = 4


@dataclass(frozen=True)
class NetworkLine:
    """The network on one territory. ``walk_in`` is None when no hours are known."""

    territory: Territory
    contacts: Figure
    part: Share
    change: Change
    reoriented: Figure
    closed: Figure
    places: Places
    walk_in: Fraction | None

    @property
    def under_half(self) -> bool:
        """Under 50 % without appointment a network is an associated partner there (domain § 5)."""
        return self.walk_in is not None and self.walk_in < hours.HALF


@dataclass
class NetworkFigures:
    """The page of a network; every figure is fit to publish."""

    reseau: Reseau
    lines: list[NetworkLine]
    contacts: Figure
    whole: Figure
    change: Change
    reoriented: Figure
    closed: Figure
    demandes: tables.Table
    has_label: bool
    filled_at: datetime.datetime | None
    address: Callable[[Territory], str] = lambda territory: ""

    @property
    def part(self) -> Share:
        if (
            self.contacts.value is None
            or not self.whole.value
            or self.whole.left_out
            or self.contacts.left_out
        ):
            return Share(None)
        return Share(Fraction(self.contacts.value, self.whole.value))

    @property
    def masked(self) -> bool:
        return any(f.masked for line in self.lines for f in (line.contacts, line.reoriented, line.closed))

    @property
    def existing(self) -> int:
        return sum(line.places.existing for line in self.lines)

    @property
    def labelled(self) -> int:
        return sum(line.places.labelled for line in self.lines)

    @property
    def under_half(self) -> list[str]:
        return [line.territory.name for line in self.lines if line.under_half]

    @property
    def absent(self) -> list[str]:
        """Territories where the network has no place open to the public."""
        return [line.territory.name for line in self.lines if not line.places.existing]


def network_figures(
    *,
    by: Actor,
    region: Region,
    reseau: Reseau,
    territories: Sequence[Territory],
    asked: Question,
    words: dict[str, str],
    day: datetime.date,
    address: Callable[[Territory], str] = lambda territory: "",
) -> NetworkFigures:
    """Figures of a network by territory, for a year. ``words`` are those of the demandes; ``address``
    gives the page of a territory.
    """
    ids = [territory.pk for territory in territories]
    now = summaries(by=by, territory_ids=ids, year=asked.year)
    before = past_contacts(by=by, territory_ids=ids, year=asked.year - 1)
    places = counts_by_territory(by=by, region=region, day=day)
    walk_in = walk_in_shares(by=by, reseau=reseau)
    cells: dict[str, list[tuple[str, Parts | None]]] = {key: [] for key in KEYS}
    whole: list[tuple[str, Parts | None]] = []
    lines = []
    for territory in territories:
        release = now[territory.pk]
        found = {key: parts_of(key, release, asked) for key in KEYS}
        for key, parts in found.items():
            cells[key].append((territory.name, parts))
        received = found["contacts"]
        everyone = release.cell(Dimension.CONTACTS)
        whole.append((territory.name, (everyone, None)))
        lines.append(
            NetworkLine(
                territory,
                shown("contacts", received),
                mask_share(received[0], everyone) if received else Share(None),
                change_of(release, before[territory.pk], asked),
                shown("reorientes", found["reorientes"]),
                shown(LOOPS, found[LOOPS]),
                places.get((territory.pk, reseau.pk), Places(0, 0, 0)),
                walk_in.get(territory.pk),
            )
        )
    return NetworkFigures(
        reseau=reseau,
        lines=lines,
        contacts=sum_of("contacts", cells["contacts"]),
        whole=sum_of("contacts", whole),
        change=change_of_all(line.change for line in lines),
        reoriented=sum_of("reorientes", cells["reorientes"]),
        closed=sum_of(LOOPS, cells[LOOPS]),
        demandes=_demandes(reseau, [(t.name, now[t.pk]) for t in territories], words),
        has_label=has_label(region),
        filled_at=min((r.filled_at for r in now.values() if r.filled_at), default=None),
        address=address,
    )


def walk_in_shares(*, by: Actor, reseau: Reseau) -> dict[int, Fraction]:
    """Part of the opening hours that is walk-in, by territory: one sum, as slots never overlap."""
    minutes = F("end") - F("start")
    rows = (
        OpeningSlot.objects.visible_to(by)
        .filter(site__reseau=reseau, site__active=True)
        .order_by()
        .values_list("site__territory_id")
        .annotate(every=Sum(minutes), free=Sum(minutes, filter=Q(walk_in=True)))
    )
    return {pk: Fraction(free or 0, every) for pk, every, free in rows if every}


def _demandes(reseau: Reseau, releases: Sequence[tuple[str, Release]], words: dict[str, str]) -> tables.Table:
    """What the network is asked for: sums of what its territories show, with what each sum leaves out."""
    found = {
        key: total_of(
            (name, release.cell(Dimension.DEMANDE, key, reseau=reseau.pk)) for name, release in releases
        )
        for key in words
    }
    top = max((total.value for total in found.values()), default=0)
    rows = [
        tables.Row(
            words[key],
            (total.cell, tables.BarOf(total.cell, max(top, 1))),
            note=_without(total.left_out, len(releases)),
        )
        for key, total in sorted(found.items(), key=lambda pair: -pair[1].value)
        if total.value or total.left_out
    ]
    columns = (tables.Column("Fiches"), tables.Column("Barre", tables.Kind.BAR))
    return tables.Table("demandes", f"Demandes, {reseau.name}", "Demande", columns, rows)


def _without(names: Sequence[str], count: int) -> str:
    """« hors Calais et Cambrai, masqués »; from half of the territories on, how few of them are added."""
    if not names:
        return ""
    if 2 * len(names) < count and len(names) <= MOST_NAMED:
        return f"hors {join(names)}, {agree(len(names), 'masqué', 'masqués')}"
    return f"{counted(count - len(names), 'territoire')} sur {number(count)}, les autres sont masqués"


def network_table(figures: NetworkFigures) -> tables.Table:
    """The table of the screen, and of its export."""
    kinds = tables.Kind
    columns = [
        tables.Column("Fiches"),
        tables.Column("Part du territoire", kinds.SHARE),
        tables.Column("Réorientées", kinds.SHARE),
        tables.Column("Boucles fermées", kinds.SHARE),
        tables.Column("Lieux"),
        *([tables.Column("Labellisés")] if figures.has_label else []),
        tables.Column("Sans rendez-vous", kinds.SHARE),
        tables.Column("Seuil de 50 %", kinds.STATE),
    ]
    rows = []
    for line in figures.lines:
        values: list[tables.Value] = [
            _count(line.contacts),
            line.part,
            _rate(line.reoriented),
            _rate(line.closed),
            line.places.existing,
            *([line.places.labelled] if figures.has_label else []),
            Share(None) if line.walk_in is None else tables.WalkIn(line.walk_in),
            _half(line),
        ]
        rows.append(tables.Row(line.territory.name, tuple(values), figures.address(line.territory)))
    return tables.Table("reseau", f"{figures.reseau.name} par territoire", "Territoire", tuple(columns), rows)


def _half(line: NetworkLine) -> tables.State:
    if not line.places.existing:
        return tables.State("Aucun lieu", "")
    if line.walk_in is None:
        return tables.State("Horaires inconnus", "plain")
    return tables.State("Sous 50 %", "warn") if line.under_half else tables.State("Tenu", "ok")


def _count(figure: Figure) -> Cell | None:
    if figure.masked:
        return Cell(None, True, figure.reason)
    return None if figure.value is None else Cell(int(figure.value))


def _rate(figure: Figure) -> Share:
    if figure.masked:
        return Share(None, True, figure.reason)
    return Share(None if figure.value is None else figure.value / 100)
