"""Reads a whole reference, from a directory or built in, and keeps only rows that point at accepted rows.

``read_reference()`` is the built-in reference. ``read_reference(directory)`` takes each file the directory
has and the built-in one for those it lacks (a data delivery has no words, lists or rules). Nothing raises on
content: what is not taken is in ``Reference.refusals``, with file, line and reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from territories.reference import documents, tables
from territories.reference.demo import demo_partners, demo_structures
from territories.reference.grid import read_grids, read_guide_grid
from territories.reference.outlines import OutlineRow, fingerprint, outline_files, read_outlines
from territories.reference.rows import (
    CommissionRow,
    CommuneRow,
    CommuneZoneRow,
    FormerCommuneRow,
    PlaceRow,
    Read,
    Reference,
    Refusal,
    RuleRow,
    TerritoryRow,
)

T = TypeVar("T")

BUILTIN = Path(__file__).parent / "integre"
FILES = (
    "regions.csv",
    "territoires.csv",
    "communes.csv",
    "communes_zones.csv",
    "communes_anciennes.csv",
    "structures.csv",
    "partenaires.csv",
    "reseaux.csv",
    "commissions.csv",
    "historique_2013.csv",
    "listes.json",
    "vocabulaire.json",
    "regles.json",
    "grille.json",
    "guide.json",
)
# Absent from a directory, these stay empty: real towns never get invented places.
GUIDE = "guide.json"
DATA_ONLY = frozenset({"communes_anciennes.csv", "structures.csv", "partenaires.csv", GUIDE})
Where = Callable[[str], Path | None]


def read_reference(directory: Path | None = None) -> Reference:
    """The reference of ``directory`` completed by the built-in one, or the latter and its invented places."""
    reference = Reference()

    def where(name: str) -> Path | None:
        if directory is not None and (directory / name).is_file():
            return directory / name
        if name in DATA_ONLY if directory is not None else name == GUIDE:
            return None
        reference.builtin_files.append(name)
        return BUILTIN / name

    _geography(reference, where)
    _words(reference, where)
    _places(reference, where, invent=directory is None)
    if directory is not None:
        _outlines(reference, directory)
    reference.version = _version(directory)
    return reference


def _geography(reference: Reference, where: Where) -> None:
    regions = _open(reference, where, "regions.csv", tables.read_regions)
    territories = _open(reference, where, "territoires.csv", tables.read_territories)
    # A list of Regions may be longer than what runs here: kept are the pilots cut into territories.
    cut = {row.region for row in territories.rows}
    reference.regions = [row for row in regions.rows if row.pilot and row.code in cut]
    codes = {row.code for row in reference.regions}

    def of_region(row: TerritoryRow) -> str:
        return "" if row.region in codes else f"région inconnue ou non retenue : {row.region}"

    reference.territories = _keep(reference, "territoires.csv", territories, of_region)
    _communes(reference, where)


def _communes(reference: Reference, where: Where) -> None:
    known = {row.reference_id for row in reference.territories}
    communes = _open(reference, where, "communes.csv", tables.read_communes)
    codes = {row.code_insee for row in communes.rows}

    def zone_is_known(row: CommuneZoneRow) -> str:
        if row.code_insee not in codes:
            return f"commune inconnue : {row.code_insee}"
        return "" if row.territory in known else f"territoire inconnu : {row.territory}"

    zones = _open(reference, where, "communes_zones.csv", tables.read_commune_zones)
    zoned = _keep(reference, "communes_zones.csv", zones, zone_is_known)
    territory_of = {row.code_insee: row.territory for row in zoned}

    def has_zone(row: CommuneRow) -> str:
        return "" if row.code_insee in territory_of else f"commune sans territoire : {row.code_insee}"

    kept = _keep(reference, "communes.csv", communes, has_zone)
    codes = {row.code_insee for row in kept}

    def successor_is_known(row: FormerCommuneRow) -> str:
        return "" if row.code_insee in codes else f"commune actuelle inconnue : {row.code_insee}"

    former = _open(reference, where, "communes_anciennes.csv", tables.read_former_communes)
    names: dict[str, list[str]] = {}
    for row in _keep(reference, "communes_anciennes.csv", former, successor_is_known):
        names.setdefault(row.code_insee, []).append(row.former_name)
    reference.communes = [
        replace(
            row, territory=territory_of[row.code_insee], former_names=tuple(names.get(row.code_insee, ()))
        )
        for row in kept
    ]


def _words(reference: Reference, where: Where) -> None:
    reference.reseaux = _of_regions(reference, where, "reseaux.csv", tables.read_reseaux)
    reference.lists = _of_regions(reference, where, "listes.json", documents.read_lists)
    reference.vocabularies = _of_regions(reference, where, "vocabulaire.json", documents.read_vocabularies)
    networks = {(row.region, row.code) for row in reference.reseaux}
    commissions = _of_regions(reference, where, "commissions.csv", tables.read_commissions)
    reference.commissions = _whole_commissions(reference, commissions)
    history = _of_regions(reference, where, "historique_2013.csv", tables.read_history)
    reference.history = [row for row in history if (row.region, row.reseau) in networks]
    rules = _of_regions(reference, where, "regles.json", documents.read_rules)
    reference.rules = [row for row in rules if _rule_stands(reference, row, networks)]
    _grid(reference, where)
    for region in reference.regions:
        for name, rows in (
            ("vocabulaire.json", reference.vocabularies),
            ("listes.json", reference.lists),
            ("reseaux.csv", reference.reseaux),
        ):
            if not any(row.region == region.code for row in rows):
                _refuse(reference, name, 0, f"rien pour la région {region.code}")


def _grid(reference: Reference, where: Where) -> None:
    """The GUIDE's own grid, where its document is given, stands for the Regions of the SPO."""
    grid = _of_regions(reference, where, "grille.json", read_grids)
    spo = [v.region for v in reference.vocabularies if v.regime == "spo"]
    guide = _open(reference, where, GUIDE, lambda path: read_guide_grid(path, spo))
    given = {row.region for row in guide.rows}
    reference.grid = [row for row in grid if row.region not in given] + guide.rows


def _whole_commissions(reference: Reference, rows: list[CommissionRow]) -> list[CommissionRow]:
    """A territory belongs to one commission at most, of its own Region (domain §2, AMI §4)."""
    region_of = {row.reference_id: row.region for row in reference.territories}
    taken: set[str] = set()
    kept = []
    for row in rows:
        problem = ""
        if any(region_of.get(t) != row.region for t in row.territories):
            problem = f"territoire inconnu dans la région {row.region}"
        elif taken & set(row.territories):
            problem = "un territoire est déjà dans une autre commission"
        if problem:
            _refuse(reference, "commissions.csv", 0, f"{row.name} : {problem}")
        else:
            taken |= set(row.territories)
            kept.append(row)
    return kept


def _rule_stands(reference: Reference, row: RuleRow, networks: Collection[tuple[str, str]]) -> bool:
    version = next((v for v in reference.lists if v.region == row.region), None)
    problem = ""
    if row.reseau and (row.region, row.reseau) not in networks:
        problem = f"réseau inconnu : {row.reseau}"
    elif version is None or not set(row.statuts) <= {i.code for i in version.statuts}:
        problem = "statut absent de la liste"
    elif not set(row.demandes) <= {i.code for i in version.demandes}:
        problem = "demande absente de la liste"
    if problem:
        _refuse(reference, "regles.json", 0, f"{row.region} : {problem} (« {row.reason[:40]} »)")
    return not problem


def _places(reference: Reference, where: Where, *, invent: bool) -> None:
    region_of = {row.reference_id: row.region for row in reference.territories}
    communes = {row.code_insee for row in reference.communes}
    networks = {(row.region, row.code) for row in reference.reseaux}

    def stands(row: PlaceRow) -> str:
        if row.territory not in region_of:
            return f"territoire inconnu : {row.territory}"
        if row.commune not in communes:
            return f"commune inconnue : {row.commune}"
        if row.reseau and (region_of[row.territory], row.reseau) not in networks:
            return f"réseau inconnu dans la région {region_of[row.territory]} : {row.reseau}"
        return ""

    if invent:
        drawn = demo_structures(reference.territories, reference.communes)
        sites = tables.parse_places("structures.csv", drawn, tables.site_of)
        drawn = demo_partners(reference.territories, reference.communes)
        partners = tables.parse_places("partenaires.csv", drawn, tables.partner_of)
        reference.refusals += sites.refusals + partners.refusals
    else:
        sites = _open(reference, where, "structures.csv", tables.read_sites)
        partners = _open(reference, where, "partenaires.csv", tables.read_partners)
    reference.sites = _keep(reference, "structures.csv", sites, stands)
    reference.partners = _keep(reference, "partenaires.csv", partners, stands)


def _outlines(reference: Reference, directory: Path) -> None:
    """Outlines of accepted territories, one each; nothing built in replaces the missing ones."""
    region_of = {row.reference_id: row.region for row in reference.territories}
    taken: set[str] = set()

    def stands(row: OutlineRow) -> str:
        if region_of.get(row.territory) != row.region:
            return f"territoire inconnu dans la région {row.region} : {row.territory}"
        if row.territory in taken:
            return f"le contour de {row.territory} est déjà donné par un autre fichier"
        taken.add(row.territory)
        return ""

    for path in outline_files(directory):
        found = read_outlines(path)
        reference.refusals += found.refusals
        reference.outlines += _keep(reference, path.name, found, stands)


def _open(reference: Reference, where: Where, name: str, read: Callable[[Path], Read[T]]) -> Read[T]:
    path = where(name)
    if path is None:
        return Read()
    found = read(path)
    reference.refusals += found.refusals
    return found


def _of_regions(reference: Reference, where: Where, name: str, read: Callable[[Path], Read[T]]) -> list[T]:
    """Rows of the Regions kept. The built-in rows of other Regions are simply not needed."""
    codes = {row.code for row in reference.regions}
    path = where(name)
    found: Read[T] = read(path) if path else Read()
    reference.refusals += found.refusals
    if path and path.parent == BUILTIN:
        return [row for row in found.rows if getattr(row, "region", "") in codes]

    def known(row: T) -> str:
        region = getattr(row, "region", "")
        return "" if region in codes else f"région inconnue ou non retenue : {region}"

    return _keep(reference, name, found, known)


def _keep(reference: Reference, name: str, read: Read[T], problem: Callable[[T], str]) -> list[T]:
    kept = []
    for line, row in zip(read.lines, read.rows, strict=True):
        if reason := problem(row):
            _refuse(reference, name, line, reason)
        else:
            kept.append(row)
    return kept


def _refuse(reference: Reference, name: str, line: int, reason: str) -> None:
    reference.refusals.append(Refusal(name, line, reason))


def _version(directory: Path | None) -> str:
    """A fingerprint of the files read: the same files give the same version."""
    digest = hashlib.sha256()
    for name in FILES:
        for folder in filter(None, (directory, BUILTIN)):
            path = folder / name
            if path.is_file():
                digest.update(f"{name}:{hashlib.sha256(path.read_bytes()).hexdigest()};".encode())
                break
    for path in outline_files(directory) if directory else ():
        digest.update(f"{path.name}:{fingerprint(path)};".encode())
    return digest.hexdigest()[:16]
