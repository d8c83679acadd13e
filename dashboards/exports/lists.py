"""Files of the lists: places of the map, what to verify, targets of a year."""

import datetime
from collections.abc import Mapping, Sequence

from dashboards.exports.convert import LABEL_WIDTH, NUMBER_WIDTH, WORD_WIDTH
from dashboards.exports.pages import Export, about
from dashboards.indicators import Unit
from dashboards.services.cartography import Place
from dashboards.services.check_page import Odd
from dashboards.services.missing import Missing
from dashboards.services.published import why_masked
from dashboards.services.target_page import TargetPage
from labelling.services.tables import LabelRow, LabelTable
from spo_portal.kernel.privacy import INSIDE, Cell
from spo_portal.kernel.tables import Column, Table
from spo_portal.kernel.typography import month_and_year
from territories.models import Region, Territory

OPEN = "Aucun : ce sont des informations publiques sur des lieux."
BANDS = "Un constat ne donne jamais un petit nombre : il dit une tranche."


def cartography_export(
    places: Sequence[Place],
    table: LabelTable,
    names: Mapping[int, str],
    words: Sequence[str],
    region: Region,
) -> Export:
    """Every place of the list, all its pages, then labelled and existing places per network."""
    found = Export(
        f"cartographie_{region.name}_{table.day.isoformat()}",
        about(region, "Cartographie des lieux", words, masking=OPEN),
        "region",
        region.pk,
    )
    found.add("lieux", _places(places, names, table.has_label))
    found.add("reseaux", labels_sheet(table))
    return found


def _places(places: Sequence[Place], names: Mapping[int, str], has_label: bool) -> Table:
    columns = [
        Column("Lieu", "text", LABEL_WIDTH),
        Column("Ville", "text", WORD_WIDTH),
        Column("Territoire", "text", WORD_WIDTH),
        Column("Réseau", "text", WORD_WIDTH),
        *([Column("Label", "text", 20), Column("Jusqu’au", "date", NUMBER_WIDTH)] if has_label else []),
        Column("En ce moment", "text", WORD_WIDTH),
        Column("Latitude", "decimal", NUMBER_WIDTH),
        Column("Longitude", "decimal", NUMBER_WIDTH),
    ]
    rows = [
        [
            place.name,
            place.city,
            place.territory,
            names.get(place.reseau_id, ""),
            *([_label(place), place.until] if has_label else []),
            "Sans rendez-vous" if place.open_now else "Pas d’accueil sans rendez-vous",
            place.latitude,
            place.longitude,
        ]
        for place in places
    ]
    return Table("Lieux", "Lieux d’accueil", columns, rows)


def _label(place: Place) -> str:
    if place.labelled:
        return "Labellisé"
    return "Partenaire associé" if place.associated else "Non labellisé"


def labels_sheet(table: LabelTable) -> Table:
    """« Lieux labellisés / lieux existants » per network, with the counts published before (GUIDE p. 24)."""
    columns = [
        Column("Réseau", "text", LABEL_WIDTH),
        *([Column("Labellisés", "int", NUMBER_WIDTH)] if table.has_label else []),
        Column("Existants", "int", NUMBER_WIDTH),
        *([Column("Part labellisée", "share", NUMBER_WIDTH)] if table.has_label else []),
    ]
    for day in table.dates:
        columns += [
            Column(f"Labellisés en {month_and_year(day)}", "int", 22),
            Column(f"Existants en {month_and_year(day)}", "int", 22),
        ]
    rows = [_label_row(row, table) for row in (*table.rows, table.total)]
    name = "Lieux labellisés et existants" if table.has_label else "Lieux par réseau"
    return Table(name, name, columns, rows, [("Sens", table.sentence)])


def _label_row(row: LabelRow, table: LabelTable) -> list[object]:
    found: list[object] = [row.name]
    found += [row.now.labelled] if table.has_label else []
    found.append(row.now.existing)
    found += [row.now.share] if table.has_label else []
    for day in table.dates:
        before = row.history.get(day)
        found += [before.labelled, before.existing] if before else [None, None]
    return found


def checks_export(
    missing: Sequence[Missing],
    odd: Sequence[Odd],
    *,
    territory: Territory | None,
    region: Region,
    day: datetime.date,
) -> Export:
    """What to verify, all pages. Whom to ask is a role: mail addresses stay on the screen."""
    name = territory.name if territory else region.name
    found = Export(
        f"a-verifier_{name}_{day.isoformat()}",
        about(region, f"À vérifier, {name}", [], masking=BANDS),
        "territory" if territory else "region",
        territory.pk if territory else region.pk,
        territory.pk if territory else None,
    )
    place = (Column("Lieu", "text", LABEL_WIDTH), Column("Territoire", "text", WORD_WIDTH))
    ask = Column("À qui demander", "text", WORD_WIDTH)
    found.add(
        "manques",
        Table(
            "Retours manquants",
            "Lieux dont rien ne remonte",
            [
                *place,
                Column("Constat", "text", 20),
                Column("Depuis", "date"),
                Column("En mots", "text", 48),
                ask,
            ],
            [[m.site.name, m.site.territory.name, m.kind.value, m.last, m.words, m.ask.who] for m in missing],
        ),
    )
    found.add(
        "ecarts",
        Table(
            "Chiffres à regarder",
            "Chiffres à regarder",
            [
                *place, Column("Importance", "text", 16), Column("Contrôle", "text", WORD_WIDTH),
                Column("Mois", "text", 16), Column("Constaté", "text", 16), Column("Attendu", "text", 16),
                Column("Message", "text", 60), Column("Constaté le", "date"), ask,
            ],
            [
                [
                    line.where, line.finding.territory.name, str(line.rule.importance), line.rule.title,
                    line.when, line.finding.left, line.finding.right, line.finding.message,
                    line.finding.found_at, line.ask.who,
                ]
                for line in odd
            ],
        ),
    )  # fmt: skip
    return found


def targets_export(page: TargetPage) -> Export:
    """Targets of a year: the figure, the region's default, one's own, how far one is."""
    territory = page.territory
    found = Export(
        f"cibles_{page.name}_{page.year}",
        about(page.region, f"Cibles, {page.name}", [str(page.year)], masking=why_masked(INSIDE)),
        "territory" if territory else "region",
        territory.pk if territory else page.region.pk,
        territory.pk if territory else None,
    )
    columns = [
        Column("Indicateur", "text", LABEL_WIDTH),
        Column("Unité", "text", 16),
        *(
            [Column(f"Chiffre {page.year}", "decimal"), Column("Cible de la région", "decimal")]
            if territory
            else []
        ),
        Column("Cible du territoire" if territory else "Cible de la région", "decimal"),
        Column("Où l’on en est", "text", 48),
        Column("Fixée par", "text", WORD_WIDTH),
        Column("Fixée le", "date"),
    ]
    rows: list[list[object]] = []
    for line in page.lines:
        held = line.in_force
        figures: list[object] = []
        if territory:
            masked = line.figure is not None and line.figure.masked
            value = line.figure.value if line.figure else None
            figures = [
                Cell(None, True) if masked else _rounded(value, line.sheet.unit),
                line.default.value if line.default else None,
            ]
        rows.append(
            [
                line.sheet.label,
                str(line.sheet.unit),
                *figures,
                line.own.value if line.own else None,
                line.state.words if line.state else "",
                held.set_by if held else "",
                held.set_at if held else None,
            ]
        )
    found.add("cibles", Table("Cibles", f"Cibles {page.year}", columns, rows))
    return found


def _rounded(value: object, unit: Unit) -> object:
    """As exact as the screen: whole fiches, one decimal for the rest."""
    if value is None:
        return None
    return int(value) if unit == Unit.FICHES else round(float(value), 1)  # type: ignore[call-overload, arg-type]
