"""The model of an import file: its columns, what each accepts, and the two files people fill in."""

from collections.abc import Sequence
from dataclasses import dataclass

from contacts.models import ListVersion
from contacts.resources import HEADERS
from spo_portal.kernel.tables import BOM, csv_line, workbook

_EXAMPLES = (
    ("12/11/2026", "sur place", "F", "-26", "6", "2,3", "2", "", "CAP cuisine", "A-101"),
    ("12/11/2026", "téléphone", "", "+26", "5", "5", "", "", "", "A-102"),
)


@dataclass(frozen=True, slots=True)
class Guide:
    """One column of the model: its name, whether it must be there, what it accepts."""

    name: str
    required: bool
    accepts: str


def guide() -> list[Guide]:
    accepts = {
        "date": "Jour du contact, comme 24/11/2026.",
        "canal": "sur place, téléphone ou courriel.",
        "sexe": "F, H, ou rien.",
        "age": "-26 (moins de 26 ans), +26 (26 ans et plus), ou rien.",
        "statut": "Un seul numéro de la liste des statuts, ou son libellé.",
        "demandes": "Un ou plusieurs numéros de la liste des demandes, séparés par une virgule.",
        "reponses": "Aucun, un ou plusieurs numéros de la liste des réponses.",
        "vers": "Sigles des structures vers qui la personne a été réorientée ; rien si c’est résolu sur "
        "place.",
        "precisions": "200 caractères au plus, rien qui permette de reconnaître la personne.",
        "numero": "Numéro de la fiche dans votre ancien outil : il évite d’importer deux fois la même. Il "
        "n’est pas gardé.",
    }
    return [Guide(name, name in {"date", "canal", "statut", "demandes"}, accepts[name]) for name in HEADERS]


def model_csv() -> str:
    """The columns and two sample lines to replace."""
    rows = [";".join(_plain(cell) for cell in line) for line in _EXAMPLES]
    return BOM + csv_line(HEADERS) + "\n".join(rows) + "\n"


def _plain(cell: str) -> str:
    # Not `csv_line`: « -26 » must stay as people type it, and these cells are ours.
    return cell


def model_xlsx(version: ListVersion, structures: Sequence[tuple[str, str]]) -> bytes:
    """The same as a workbook, all cells in text format, with the codes explained on a second sheet."""
    notes: list[tuple[str, str]] = [("Colonne", "Ce qu’elle accepte")]
    notes += [
        (f"{column.name}{' (obligatoire)' if column.required else ''}", column.accepts) for column in guide()
    ]
    for title, items in (
        ("Statuts", version.statuts),
        ("Demandes", version.demandes),
        ("Réponses", version.reponses),
    ):
        notes += [("", ""), (title, "")] + [(str(item.n), item.label) for item in items]
    notes += [("", ""), ("Structures", "Sigle à écrire dans la colonne « vers »"), *structures]
    widths = (12, 12, 8, 8, 8, 12, 12, 22, 40, 14)
    return workbook([("Fiches", HEADERS, _EXAMPLES, widths), ("Lisez-moi", [], notes, (26, 90))], text_rows=1)
