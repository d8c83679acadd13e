"""Tables of the coverage that leave the portal: same objects as the screen."""

from collections.abc import Iterator

from labelling.services.label_coverage.page import CoveragePage
from spo_portal.kernel.tables import Column, Note, Table, readme
from territories.models import Region


def coverage_tables(page: CoveragePage) -> list[Table]:
    """By territory and network, hours without a door, communes out of reach, radar."""
    return [_cells(page), _gaps(page), _far(page), _radar(page)]


def notes_of(page: CoveragePage) -> list[Note]:
    where = page.territory.name if page.territory else page.region.name
    source = "annuaire et labels" if page.grid.has_label else "annuaire"
    return readme(
        source=f"{page.region.portal_name}, {source} au {page.day:%d/%m/%Y}",
        filters=f"{where} ; communes à plus de {page.asked.radius} km",
        masking="Aucun : ces chiffres comptent des lieux, pas des personnes.",
        licence="Usage interne au service public de l’orientation.",
    )


def file_name(region: Region, page: CoveragePage) -> str:
    return f"couverture {page.territory.name if page.territory else region.name} {page.day:%Y-%m-%d}"


def _cells(page: CoveragePage) -> Table:
    def rows() -> Iterator[tuple[object, ...]]:
        for row in page.grid.rows:
            for reseau, cell in zip(page.grid.reseaux, row.cells, strict=True):
                yield (
                    row.territory.name if row.territory else "",
                    reseau.name,
                    cell.existing,
                    *([cell.labelled] if page.grid.has_label else []),
                    cell.associated,
                    cell.words,
                )

    return Table(
        "Couverture",
        "Lieux par territoire et par réseau",
        [
            Column("Territoire", width=28),
            Column("Réseau", width=30),
            Column("Lieux existants", "int"),
            *([Column("Lieux labellisés", "int")] if page.grid.has_label else []),
            Column("Partenaires associés", "int"),
            Column("Situation", width=24),
        ],
        rows(),
    )


def _gaps(page: CoveragePage) -> Table:
    return Table(
        "Heures",
        "Heures de la semaine sans porte ouverte sans rendez-vous, de 8 h à 19 h, du lundi au samedi",
        [
            Column("Territoire", width=28),
            Column("Lieux ouverts sans rendez-vous", "int"),
            Column("Minutes sans porte", "int"),
            Column("Quand", width=80),
        ],
        (
            (row.territory.name if row.territory else "", found.doors, found.minutes, found.sentence)
            for row, found in page.rows
        ),
    )


def _far(page: CoveragePage) -> Table:
    return Table(
        "Communes",
        f"Communes à plus de {page.asked.radius} km d’{page.far.words}",
        [
            Column("Code INSEE", width=12),
            Column("Commune", width=28),
            Column("Territoire", width=28),
            Column("Habitants", "int"),
            Column("Distance (km)", "decimal"),
            Column("Lieu le plus proche", width=48),
        ],
        (
            (
                commune.code,
                commune.name,
                territory.name,
                commune.population,
                None if commune.km is None else round(commune.km, 1),
                site.name if site else "",
            )
            for commune, territory, site in page.far_lines
        ),
    )


def _radar(page: CoveragePage) -> Table:
    return Table(
        "Radar",
        "Ce qui demande attention",
        [Column("Gravité", width=20), Column("Territoire", width=28), Column("Constat", width=80)],
        ((one.words, one.territory.name, one.what) for one in page.signals),
    )
