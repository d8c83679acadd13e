"""One reader per CSV of the reference: rows accepted, lines refused. ``reader`` crosses the files."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from territories.reference import fields as f
from territories.reference.csvfile import Record, records
from territories.reference.rows import (
    CommissionRow,
    CommuneRow,
    CommuneZoneRow,
    FormerCommuneRow,
    HistoryRow,
    PlaceRow,
    Read,
    RegionRow,
    ReseauRow,
    TerritoryRow,
)
from territories.reference.svg import read_svg

T = TypeVar("T")
Cells = Mapping[str, str]

YES_NO = {"": "", "0": "", "1": "1"}
DIRECTIONS = {"": "", "DESTINATAIRE": "destinataire", "PRESCRIPTEUR": "prescripteur", "LES_DEUX": "les_deux"}
KINDS = {"ANTENNE": "antenne", "PERMANENCE": "permanence"}
ACCESSIBILITY = {
    "": "",
    "ACC": "Accessible en fauteuil",
    "DEM": "Accessible en fauteuil sur demande",
    "NAC": "Non accessible en fauteuil",
}
TRAINING_BODY = "ORGANISME_FORMATION"


def _parse(
    file: str,
    lines: Iterable[Record],
    parse: Callable[[Cells], T],
    key: Callable[[T], Hashable],
    read: Read[T],
) -> Read[T]:
    seen: dict[Hashable, int] = {}
    for line, cells in lines:
        try:
            row = parse(cells)
        except f.BadField as bad:
            read.refuse(file, line, str(bad))
            continue
        first = seen.setdefault(key(row), line)
        if first != line:
            read.refuse(file, line, f"déjà présent à la ligne {first}")
            continue
        read.take(line, row)
    return read


def _file(path: Path, required: str, parse: Callable[[Cells], T], key: Callable[[T], Hashable]) -> Read[T]:
    read: Read[T] = Read()
    return _parse(path.name, records(path, frozenset(required.split()), read.refusals), parse, key, read)


def read_regions(path: Path) -> Read[RegionRow]:
    def parse(c: Cells) -> RegionRow:
        code = f.matching(c, "cle", f.KEY, 8)
        return RegionRow(code, f.label(c, "nom", 60, required=True), bool(f.choice(c, "pilote", YES_NO)))

    return _file(path, "cle nom pilote", parse, lambda row: row.code)


def read_territories(path: Path) -> Read[TerritoryRow]:
    def parse(c: Cells) -> TerritoryRow:
        latitude, longitude = f.point(c)
        return TerritoryRow(
            reference_id=f.matching(c, "territoire_id", f.KEY, 24),
            order=f.ordinal(c, "ordre"),
            region=f.matching(c, "cle_region", f.KEY, 8),
            name=f.label(c, "nom", 80, required=True),
            system=f.matching(c, "systeme", f.CODE, 16),
            code=f.matching(c, "code_zone", f.KEY, 8),
            coordinating_network=f.matching(c, "reseau_coordinateur", f.CODE, 24, required=False),
            departments=f.many(c, "departements", f.DEPARTMENT, required=False),
            population=f.integer(c, "population", 20_000_000),
            latitude=latitude,
            longitude=longitude,
        )

    columns = "territoire_id ordre cle_region nom systeme code_zone population lat lon"
    read = _file(path, columns, parse, lambda row: row.reference_id)
    return _without_twins(
        path.name, read, lambda row: (row.system, row.code), "ce zonage et ce code sont déjà pris"
    )


def read_communes(path: Path) -> Read[CommuneRow]:
    def parse(c: Cells) -> CommuneRow:
        code = f.matching(c, "code_insee", f.INSEE, 5)
        department = f.matching(c, "departement", f.DEPARTMENT, 3)
        if not code.startswith(department):
            raise f.BadField(f"le code INSEE {code} n’est pas du département {department}")
        latitude, longitude = f.point(c)
        return CommuneRow(
            code_insee=code,
            name=f.label(c, "nom", 80, required=True),
            postcodes=f.many(c, "codes_postaux", f.POSTCODE),
            department=department,
            population=f.integer(c, "population", 20_000_000),
            latitude=latitude,
            longitude=longitude,
        )

    columns = "code_insee nom codes_postaux departement population lat lon"
    return _file(path, columns, parse, lambda row: row.code_insee)


def read_former_communes(path: Path) -> Read[FormerCommuneRow]:
    def parse(c: Cells) -> FormerCommuneRow:
        return FormerCommuneRow(
            f.matching(c, "ancien_code", f.INSEE, 5),
            f.label(c, "ancien_nom", 80, required=True),
            f.matching(c, "code_actuel", f.INSEE, 5),
        )

    return _file(path, "ancien_code ancien_nom code_actuel", parse, lambda row: row.former_code)


def read_commune_zones(path: Path) -> Read[CommuneZoneRow]:
    def parse(c: Cells) -> CommuneZoneRow:
        return CommuneZoneRow(
            f.matching(c, "code_insee", f.INSEE, 5), f.matching(c, "territoire_id", f.KEY, 24)
        )

    return _file(path, "code_insee territoire_id", parse, lambda row: row.code_insee)


PLACE_COLUMNS = "id nom adresse code_postal ville commune_insee territoire_id telephone horaires_osm lat lon"


def _place(c: Cells, *, reseau: str, partner_kind: str, direction: str) -> PlaceRow:
    latitude, longitude = f.point(c)
    subtype = f.matching(c, "sous_type", f.CODE, 24, required=False)
    week, walk_in = f.integer(c, "minutes_semaine", 10_080), f.integer(c, "minutes_sans_rdv", 10_080)
    if week is not None and walk_in is not None and walk_in > week:
        raise f.BadField("minutes_sans_rdv dépasse minutes_semaine")
    return PlaceRow(
        reference_id=f.matching(c, "id", f.KEY, 80),
        territory=f.matching(c, "territoire_id", f.KEY, 24),
        commune=f.matching(c, "commune_insee", f.INSEE, 5),
        reseau=reseau,
        subtype=subtype,
        kind=KINDS.get(subtype, "siege"),
        partner_kind=partner_kind,
        direction=direction,
        name=f.label(c, "nom", 200, required=True),
        address=f.label(c, "adresse", 200),
        complement=f.label(c, "complement", 200),
        postcode=f.matching(c, "code_postal", f.POSTCODE, 5, required=False),
        city=f.label(c, "ville", 80),
        phone=f.matching(c, "telephone", f.PHONE, 14, required=False),
        email=f.matching(c, "courriel", f.EMAIL, 254, required=False),
        website=f.matching(c, "site_web", f.WEB, 200, required=False),
        latitude=latitude,
        longitude=longitude,
        accessibility=f.choice(c, "accessibilite", ACCESSIBILITY),
        hours_osm=f.text(c, "horaires_osm", 400),
        hours_note=f.label(c, "horaires_note", 400),
        week_minutes=week,
        walk_in_minutes=walk_in,
    )


def site_of(cells: Cells) -> PlaceRow:
    """A place of a network."""
    return _place(cells, reseau=f.matching(cells, "reseau", f.CODE, 24), partner_kind="", direction="")


def partner_of(cells: Cells) -> PlaceRow:
    """A partner. A training body may be known, never associated (GUIDE p. 21)."""
    kind = f.matching(cells, "nature", f.CODE, 40)
    direction = f.choice(cells, "sens_guide", DIRECTIONS)
    if kind == TRAINING_BODY and direction:
        raise f.BadField("un organisme de formation ne peut pas être partenaire associé")
    return _place(cells, reseau="", partner_kind=kind, direction=direction)


def read_sites(path: Path) -> Read[PlaceRow]:
    return _file(path, f"{PLACE_COLUMNS} reseau", site_of, lambda row: row.reference_id)


def read_partners(path: Path) -> Read[PlaceRow]:
    return _file(path, f"{PLACE_COLUMNS} nature sens_guide", partner_of, lambda row: row.reference_id)


def parse_places(file: str, cells: Iterable[Cells], parse: Callable[[Cells], PlaceRow]) -> Read[PlaceRow]:
    """Rows drawn by a function go through the same checks as a file; their rank stands for the line."""
    return _parse(file, enumerate(map(dict, cells), start=1), parse, lambda row: row.reference_id, Read())


def read_reseaux(path: Path) -> Read[ReseauRow]:
    def parse(c: Cells) -> ReseauRow:
        logo = f.matching(c, "logo", f.KEY, 60, required=False)
        return ReseauRow(
            region=f.matching(c, "region", f.KEY, 8),
            code=f.matching(c, "code", f.CODE, 24),
            name=f.label(c, "nom", 80, required=True),
            short_name=f.label(c, "nom_court", 40, required=True),
            paper_name=f.label(c, "nom_papier", 24, required=True),
            order=f.ordinal(c, "ordre"),
            logo_svg=read_svg(path.parent / "logos" / logo) if logo else "",
        )

    return _file(
        path, "region code nom nom_court nom_papier ordre", parse, lambda row: (row.region, row.code)
    )


def read_commissions(path: Path) -> Read[CommissionRow]:
    def parse(c: Cells) -> CommissionRow:
        territories = f.many(c, "territoires", f.KEY)
        if len(territories) > 3:
            raise f.BadField("une commission couvre de 1 à 3 bassins")
        return CommissionRow(
            region=f.matching(c, "region", f.KEY, 8),
            order=f.ordinal(c, "ordre"),
            name=f.label(c, "nom", 80, required=True),
            territories=territories,
            example=bool(f.choice(c, "exemple", YES_NO)),
        )

    return _file(path, "region ordre nom territoires", parse, lambda row: (row.region, row.order))


def read_history(path: Path) -> Read[HistoryRow]:
    def parse(c: Cells) -> HistoryRow:
        labelled = f.integer(c, "lieux_labellises", 99_999, required=True) or 0
        existing = f.integer(c, "lieux_existants", 99_999, required=True) or 0
        if labelled > existing:
            raise f.BadField("plus de lieux labellisés que de lieux existants")
        return HistoryRow(
            region=f.matching(c, "region", f.KEY, 8),
            reseau=f.matching(c, "reseau", f.CODE, 24),
            labelled=labelled,
            existing=existing,
            counted_on=f.day(c.get("arrete_le"), "arrete_le"),
            source=f.label(c, "source", 200),
        )

    return _file(
        path,
        "region reseau lieux_labellises lieux_existants arrete_le",
        parse,
        lambda row: (row.region, row.reseau, row.counted_on),
    )


def _without_twins(file: str, read: Read[T], key: Callable[[T], Hashable], reason: str) -> Read[T]:
    kept: Read[T] = Read(refusals=read.refusals)
    seen: set[Hashable] = set()
    for line, row in zip(read.lines, read.rows, strict=True):
        if key(row) in seen:
            kept.refuse(file, line, reason)
        else:
            seen.add(key(row))
            kept.take(line, row)
    return kept
