"""The directory as one table: identity, hours in OpenStreetMap syntax, services, label, how fresh it is."""

from collections.abc import Iterable, Iterator, Sequence

from labelling.services.exchange.reading import Line
from spo_portal.kernel.tables import Table
from territories import hours
from territories.models import Site
from territories.services.exchange.columns import COLUMNS, SEPARATOR, PlaceColumn, table_columns
from territories.services.record.edit import precision_of
from territories.services.record.score import measure

PLAIN = (
    "reference_id", "code", "name", "kind", "direction", "partner_kind", "address", "complement", "postcode",
    "city", "latitude", "longitude", "phone", "email", "website", "transport", "wheelchair",
    "publics_note", "hours_note", "version", "active", "confirmed_on", "changed_at",
)  # fmt: skip


# What only those who keep the record read.
_KEPT_INSIDE = {"staff_tenths", "version", "filled", "partner_kind", "active"}
OPEN_COLUMNS = tuple(column for column in COLUMNS if column.key not in _KEPT_INSIDE)


def directory_table(lines: Iterable[Line], title: str, columns: Sequence[PlaceColumn] = COLUMNS) -> Table:
    """One row per place; what may be deposited again has the same columns (``territories`` reads them)."""
    return Table("lieux", title, table_columns(columns), _rows(lines, columns))


def _rows(lines: Iterable[Line], columns: Sequence[PlaceColumn]) -> Iterator[list[object]]:
    for line in lines:
        cells = _cells(line)
        yield [cells[column.key] for column in columns]


def _cells(line: Line) -> dict[str, object]:
    site, share = line.site, hours.walk_in_share(line.week)
    cells: dict[str, object] = {name: getattr(site, name) for name in PLAIN}
    return cells | {
        "accessibility": precision_of(site),
        "territory": site.territory.short_code,
        "organisation": site.organisation.name,
        "reseau": site.reseau.code if site.reseau else "",
        "parent": site.parent.reference_id if site.parent else "",
        "commune": site.commune_id or "",
        "access_features": SEPARATOR.join(site.access_features),
        "publics": SEPARATOR.join(site.publics),
        "staff_tenths": None if site.staff_tenths is None else site.staff_tenths / 10,
        "hours": line.osm,
        "services": SEPARATOR.join(f"{one.item.code}={one.mode}" for one in line.services),
        "share": None if share is None else hours.shown_share(share),
        "label": situation(line),
        "filled": measure(
            site, services=len(line.services), has_hours=bool(line.week.slots), grid=line.grid
        ).completeness
        / 100,
        "label_until": line.label.ends_on if line.label else None,
    }


def situation(line: Line) -> str:
    """« Labellisé », « Partenaire associé », or what the directory says of the place without a decision."""
    if line.label is not None:
        return str(line.label.get_status_display())
    return "Lieu mutualisé" if line.site.shared_place else _partner(line.site)


def _partner(site: Site) -> str:
    return "" if site.reseau_id else "Partenaire associé"
