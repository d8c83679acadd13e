"""Open data: figures of closed years that anyone may read, masked for all (cells of 1 to 10 are hidden).

Releases are read under the scope of nobody: row-level security alone decides what is public. Names of places
and words of the lists are public reference, read apart.
"""

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from dashboards import indicators
from dashboards.enums import Dimension
from dashboards.models import Release as StoredRelease
from dashboards.services.labels import Labels, labels
from dashboards.services.published import NO_RESEAU, is_published
from spo_portal.kernel.privacy import OUTSIDE
from spo_portal.kernel.tables import BOM, csv_line
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply, scoped
from territories.access import Actor
from territories.models import Region, Reseau, Territory

# Changes when a column or the meaning of one does: a file kept by a reader is then read again.
FORMAT = "1"
WITHOUT_RESEAU = "SANS_RESEAU"
# A place is smaller than what is opened here; delays are a median, not a count.
LEFT_OUT = {Dimension.DESTINATION_SITE, Dimension.DELAI}
# Word of the column « decoupage » and axis of a release.
CUTS = {"annee": "y", "mois": "m", "reseau": "r"}
DIMENSIONS = tuple(name for name in Dimension if name not in LEFT_OUT)


@dataclass(frozen=True)
class Field:
    """One column: its name never changes; ``kind`` is a type of Table Schema."""

    name: str
    kind: str
    what: str
    example: str
    required: bool = True
    values: tuple[str, ...] = ()


FIELDS = (
    Field("annee", "year", "Année civile, heure de Paris.", "2025"),
    Field("code_region", "string", "Code de la région dans le portail.", "A31"),
    Field("region", "string", "Nom de la région.", "Nord-Pas de Calais"),
    Field("zonage", "string", "Système de zonage du territoire.", "ZE2010"),
    Field("code_territoire", "string", "Code du territoire dans ce zonage.", "3122"),
    Field("territoire", "string", "Nom du territoire.", "Lille"),
    Field("dimension", "string", "Ce qui est compté.", "demande", values=tuple(DIMENSIONS)),
    Field("valeur", "string", "Code de la valeur ; vide pour une case non remplie.", "2", required=False),
    Field("libelle", "string", "La valeur en mots.", "Formation", required=False),
    Field(
        "decoupage",
        "string",
        "Le nombre vaut pour l’année, pour un mois ou pour un réseau.",
        "mois",
        values=("annee", "mois", "reseau"),
    ),
    Field("mois", "yearmonth", "Mois, si le découpage est « mois ».", "2025-10", required=False),
    Field("reseau", "string", "Code du réseau, si le découpage est « reseau ».", "CIO", required=False),
    Field("nombre", "integer", "Nombre de fiches ; vide s’il est masqué.", "128", required=False),
    Field("masque", "boolean", "Vrai si le nombre est masqué.", "false"),
)
NAMES = tuple(field.name for field in FIELDS)


@dataclass(frozen=True)
class Issue:
    """One yearly publication of a region: how many territories, and when their figures were filled."""

    region: Region
    year: int
    territories: int
    filled_at: datetime.datetime
    etag: str


def issues(*, region: Region | None = None, year: int | None = None) -> list[Issue]:
    """What anyone may download, newest year first; nothing of a year that is not closed."""
    rows = StoredRelease.objects.for_public().filter(territory__isnull=False, site__isnull=True)
    if region is not None:
        rows = rows.filter(region=region)
    if year is not None:
        rows = rows.filter(year=year)
    found: dict[tuple[int, int], list[tuple[int, datetime.datetime]]] = {}
    for region_id, of_year, territory_id, filled_at in rows.order_by("territory_id").values_list(
        "region_id", "year", "territory_id", "filled_at"
    ):
        found.setdefault((region_id, of_year), []).append((territory_id, filled_at))
    regions = {row.pk: row for row in Region.objects.filter(pk__in={pk for pk, _ in found})}
    made = [
        Issue(regions[pk], of_year, len(held), max(at for _, at in held), _etag(regions[pk], held))
        for (pk, of_year), held in found.items()
    ]
    return sorted(made, key=lambda issue: (issue.region.name, -issue.year))


def _etag(region: Region, held: list[tuple[int, datetime.datetime]]) -> str:
    mark = repr((FORMAT, region.reference_version, settings.OPEN_DATA_LICENCE, held))
    return f'"{hashlib.sha256(mark.encode()).hexdigest()[:32]}"'


def csv_chunks(issue: Issue) -> Iterator[str]:
    """The publication as CSV: « ; », UTF-8 with its mark, a block per territory."""
    yield BOM + csv_line(NAMES)
    for rows in _by_territory(issue):
        yield "".join(csv_line(_text(row[name]) for name in NAMES) for row in rows)


def json_chunks(issue: Issue) -> Iterator[str]:
    """The same rows as one JSON document, a block per territory; a field left empty is null."""
    head = json.dumps(_about(issue), ensure_ascii=False)[:-1]
    yield f'{head}, "donnees": ['
    mark = "\n"
    for rows in _by_territory(issue):
        for row in rows:
            yield mark + json.dumps(row, ensure_ascii=False)
            mark = ",\n"
    yield "\n]}\n"


def _about(issue: Issue) -> dict[str, Any]:
    return {
        "region": issue.region.name,
        "annee": issue.year,
        "arrete_le": issue.filled_at.isoformat(timespec="seconds"),
        "licence": settings.OPEN_DATA_LICENCE,
        "seuil": OUTSIDE,
        "schema": f"{settings.BASE_URL}/donnees-ouvertes/schema.json",
    }


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _by_territory(issue: Issue) -> Iterator[Iterator[dict[str, Any]]]:
    region = issue.region
    with scoped(Scope(wide=(region.pk,))):
        reader = Actor(region=region, scope=Scope(wide=(region.pk,)))
        words = labels(by=reader, region=region, year=issue.year)
        codes = {str(pk): code for pk, code in Reseau.objects.filter(region=region).values_list("pk", "code")}
        places = {place.pk: place for place in Territory.objects.visible_to(reader).filter(region=region)}
    codes[NO_RESEAU] = WITHOUT_RESEAU
    apply(NOBODY)
    rows = StoredRelease.objects.for_public().filter(
        region=region, year=issue.year, territory__isnull=False, site__isnull=True
    )
    for territory_id, cells, measures in rows.order_by("territory_id").values_list(
        "territory_id", "cells", "measures"
    ):
        yield _rows(issue, places[territory_id], cells, int(measures.get("first_month", 1)), words, codes)


def _rows(
    issue: Issue,
    place: Territory,
    cells: Mapping[str, Any],
    first_month: int,
    words: Labels,
    codes: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """A line for every count that is not zero; contacts have a line for each month that has figures."""
    start = {
        "annee": issue.year,
        "code_region": issue.region.code,
        "region": issue.region.name,
        "zonage": place.system,
        "code_territoire": place.code,
        "territoire": place.name,
    }

    def lines(name: str, found: Mapping[str, int], **cut: object) -> Iterator[dict[str, Any]]:
        known = words.of(name)
        order = [value for value in known if value in found]
        for value in [*order, *sorted(found.keys() - known.keys())]:
            count = found[value]
            yield start | {
                "dimension": str(name),
                "valeur": value or None,
                "libelle": known.get(value),
                "decoupage": "annee",
                "mois": None,
                "reseau": None,
                **cut,
                "nombre": count if count >= 0 else None,
                "masque": count < 0,
            }

    for name in DIMENSIONS:
        yield from lines(name, cells.get("y", {}).get(name, {}))
        by_month = cells.get("m", {}).get(name, {})
        for month in range(first_month, 13) if is_published(name, "m") else ():
            found = by_month.get(str(month), {})
            if name == Dimension.CONTACTS:
                found = found or {"": 0}
            yield from lines(name, found, decoupage="mois", mois=f"{issue.year}-{month:02d}")
        for key, found in cells.get("r", {}).get(name, {}).items():
            yield from lines(name, found, decoupage="reseau", reseau=codes.get(key, key))


def schema() -> dict[str, Any]:
    """Table Schema of the files (specs.frictionlessdata.io/table-schema)."""
    fields = []
    for field in FIELDS:
        rules: dict[str, Any] = {"required": True} if field.required else {}
        if field.values:
            rules["enum"] = list(field.values)
        fields.append(
            {"name": field.name, "type": field.kind, "description": field.what, "example": field.example}
            | ({"constraints": rules} if rules else {})
        )
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": "contacts-orientation",
        "title": "Contacts des lieux du service public de l’orientation",
        "version": f"{FORMAT}.0.0",
        "dialect": {"delimiter": ";", "encoding": "utf-8", "header": True},
        "fields": fields,
        "missingValues": [""],
        "primaryKey": [
            "annee", "zonage", "code_territoire", "dimension", "valeur", "decoupage", "mois", "reseau"
        ],
    }  # fmt: skip


def dimensions() -> list[tuple[str, str, str, str]]:
    """Dimensions: name in the file, French label, what it counts, cuts it is published by."""
    sheets = {**indicators.breakdowns(), Dimension.CONTACTS: indicators.get("contacts")}
    sheets.setdefault(Dimension.SAISIE, indicators.get("saisie_tardive"))
    return [
        (
            str(name),
            str(name.label),
            sheets[name].what if name in sheets else str(name.label),
            ", ".join(cut for cut, axis in CUTS.items() if is_published(name, axis)),
        )
        for name in DIMENSIONS
    ]


def dictionary_csv() -> str:
    """Dictionary of the columns, then of the dimensions."""
    lines = [BOM, csv_line(("champ", "type", "obligatoire", "description", "exemple"))]
    lines += [csv_line((f.name, f.kind, "oui" if f.required else "non", f.what, f.example)) for f in FIELDS]
    lines += [
        csv_line((f"dimension={name}", "", "", f"{word} : {what} Découpages : {cuts}.", ""))
        for name, word, what, cuts in dimensions()
    ]
    return "".join(lines)
