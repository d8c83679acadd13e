"""What a reference file holds once read: one frozen row per line, and the lines refused with their reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from territories.reference.grid import GridItemRow
    from territories.reference.outlines import OutlineRow

T = TypeVar("T")
# Ages a rule may name: "" is an age not given.
AGES = ("moins_26", "plus_26", "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not taken. ``line`` counts from 1; 0 when no single line is at fault."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.file}, ligne {self.line} : {self.reason}" if self.line else f"{self.file} : {self.reason}"
        )


@dataclass(slots=True)
class Read(Generic[T]):
    """Rows of one file and, in the same order, the line each comes from."""

    rows: list[T] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, file: str, line: int, reason: str) -> None:
        self.refusals.append(Refusal(file, line, reason))

    def take(self, line: int, row: T) -> None:
        self.rows.append(row)
        self.lines.append(line)


@dataclass(frozen=True, slots=True)
class RegionRow:
    code: str  # A31: the key, never the bare INSEE code (31 is also a department)
    name: str
    pilot: bool


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    reference_id: str
    order: int
    region: str
    name: str
    system: str
    code: str
    coordinating_network: str
    departments: tuple[str, ...]
    population: int | None
    latitude: float | None
    longitude: float | None

    @property
    def kind(self) -> str:
        """ZE* zonings are zones d'emploi (GUIDE), BASSIN* are bassins d'emploi (AMI §2)."""
        return "bassin_emploi" if self.system.startswith("BASSIN") else "zone_emploi"


@dataclass(frozen=True, slots=True)
class CommuneRow:
    code_insee: str
    name: str
    postcodes: tuple[str, ...]
    department: str
    population: int | None
    latitude: float | None
    longitude: float | None
    territory: str = ""
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormerCommuneRow:
    former_code: str
    former_name: str
    code_insee: str


@dataclass(frozen=True, slots=True)
class CommuneZoneRow:
    code_insee: str
    territory: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place of a network, or of a partner when ``partner_kind`` is filled.

    ``hours_osm`` is the raw opening-hours text; ``walk_in_minutes`` what the source says, None if unknown.
    """

    reference_id: str
    territory: str
    commune: str
    reseau: str
    subtype: str
    kind: str  # siege | antenne | permanence
    partner_kind: str
    direction: str  # "" | destinataire | prescripteur | les_deux
    name: str
    address: str
    complement: str
    postcode: str
    city: str
    phone: str
    email: str
    website: str
    latitude: float | None
    longitude: float | None
    accessibility: str
    hours_osm: str
    hours_note: str
    week_minutes: int | None
    walk_in_minutes: int | None

    @property
    def is_training_body(self) -> bool:
        """Never a partner, never suggested: independence of any prescription (GUIDE p. 21)."""
        return self.partner_kind == "ORGANISME_FORMATION"


@dataclass(frozen=True, slots=True)
class ReseauRow:
    region: str
    code: str
    name: str
    short_name: str
    paper_name: str
    order: int
    logo_svg: str


@dataclass(frozen=True, slots=True)
class CommissionRow:
    """``example``: the composition is not known from any source; the Region replaces it."""

    region: str
    order: int
    name: str
    territories: tuple[str, ...]
    example: bool


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """Lieux labellisés / lieux existants of one network on one date (GUIDE p. 24: 260 / 384)."""

    region: str
    reseau: str
    labelled: int
    existing: int
    counted_on: date
    source: str


@dataclass(frozen=True, slots=True)
class ListItem:
    """One box of the fiche. ``n`` is what a fiche stores and never changes meaning within a version."""

    n: int
    code: str
    label: str
    short: str
    paper: str


@dataclass(frozen=True, slots=True)
class ListVersionRow:
    region: str
    number: int
    starts_on: date
    statuts: tuple[ListItem, ...]
    demandes: tuple[ListItem, ...]
    reponses: tuple[ListItem, ...]
    # Words of the référentiel accueil (GUIDE p. 15) to the boxes of the fiche (p. 16).
    referentiel_statuts: dict[str, tuple[str, ...]]
    referentiel_demandes: dict[str, tuple[str, ...]]

    def numbers_of(self, items: tuple[ListItem, ...], codes: tuple[str, ...]) -> list[int]:
        """Codes of a rule as the stable numbers a fiche and a stored rule hold, in the order of the list."""
        return [item.n for item in items if item.code in codes]

    def items(self) -> dict[str, list[dict[str, object]]]:
        """The JSON a list version stores."""
        lists = {"statut": self.statuts, "demande": self.demandes, "reponse": self.reponses}
        return {
            name: [
                {"n": i.n, "code": i.code, "label": i.label, "short": i.short, "paper": i.paper}
                for i in values
            ]
            for name, values in lists.items()
        }


@dataclass(frozen=True, slots=True)
class ResourceRow:
    category: str
    name: str
    url: str
    checked_on: date | None
    example: bool

    @property
    def printable(self) -> bool:
        """An address goes on paper once checked; the ``.example`` ones show where real ones will be."""
        return self.example or self.checked_on is not None


@dataclass(frozen=True, slots=True)
class VocabularyRow:
    region: str
    name: str
    slug: str
    regime: str
    portal_name: str
    service_name: str
    service_short: str
    territory_word: str
    territory_word_plural: str
    territory_gender: str  # masculin | feminin
    territory_short: str
    territory_short_plural: str
    body_name: str
    body_long: str
    animation_name: str
    animation_long: str
    brand_primary: str
    brand_accent: str
    logo_svg: str
    public_site: str
    welcome_sentence: str
    resources: tuple[ResourceRow, ...]

    def printed_resources(self) -> list[dict[str, object]]:
        """The verso list, grouped by category in the order of the file."""
        groups: dict[str, list[dict[str, str]]] = {}
        for link in self.resources:
            if link.printable:
                groups.setdefault(link.category, []).append({"nom": link.name, "url": link.url})
        return [{"titre": title, "liens": links} for title, links in groups.items()]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Who to suggest, and why, in French. An empty list means « all »; the age "" is an age not given."""

    region: str
    statuts: tuple[str, ...]
    ages: tuple[str, ...]
    demandes: tuple[str, ...]
    reseau: str
    partner_kind: str
    weight: int
    reason: str

    @property
    def destination(self) -> str:
        return self.reseau or self.partner_kind


@dataclass(slots=True)
class Reference:
    """Everything read, already cross-checked: each row points at rows that were accepted."""

    regions: list[RegionRow] = field(default_factory=list)
    territories: list[TerritoryRow] = field(default_factory=list)
    communes: list[CommuneRow] = field(default_factory=list)
    reseaux: list[ReseauRow] = field(default_factory=list)
    commissions: list[CommissionRow] = field(default_factory=list)
    sites: list[PlaceRow] = field(default_factory=list)
    partners: list[PlaceRow] = field(default_factory=list)
    lists: list[ListVersionRow] = field(default_factory=list)
    vocabularies: list[VocabularyRow] = field(default_factory=list)
    rules: list[RuleRow] = field(default_factory=list)
    grid: list[GridItemRow] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)
    outlines: list[OutlineRow] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    builtin_files: list[str] = field(default_factory=list)
    version: str = ""
