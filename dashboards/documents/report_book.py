"""The tables of a report as a workbook that can be edited: the same values, the same masking."""

import datetime
import io

from django.utils import timezone

from dashboards.report_blocks import Document, Value
from dashboards.report_blocks import Table as DrawnTable
from dashboards.services.published import why_masked
from spo_portal.kernel.privacy import OUTSIDE
from spo_portal.kernel.tables import Column, Kind, Table, ods_file, readme, xlsx_file
from spo_portal.kernel.typography import plain_date

_KINDS: dict[str, Kind] = {"count": "count", "percent": "share", "ratio": "decimal", "days": "decimal"}
LICENCE = "Chiffres destinés à l’instance régionale : citez le territoire, l’année et la date des chiffres."


def report_tables(document: Document) -> list[Table]:
    """Every table of the document, one per sheet, in its order."""
    tables = []
    for place, found in enumerate(document.tables(), 1):
        columns = [
            Column(column.label, _KINDS.get(column.kind, "text"), 34 if at == 0 else 16)
            for at, column in enumerate(found.columns)
        ]
        tables.append(Table(f"{place} {found.key}", found.title, columns, _rows(found)))
    return tables


def _rows(table: DrawnTable) -> list[list[object]]:
    kinds = [column.kind for column in table.columns]
    return [[_plain(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in table.rows]


def _plain(value: Value, kind: str) -> object:
    if kind == "percent" and isinstance(value, int | float):
        return value / 100
    return value


def workbook(document: Document, *, ods: bool = False) -> bytes:
    """XLSX (or ODS) of every table, with a sheet that says what it holds."""
    filled = datetime.datetime.fromisoformat(document.filled_at) if document.filled_at else None
    version = document.signature.get("version")
    notes = readme(
        source=f"{document.place}, rapport d’activité {document.year}, {document.region}",
        filters=f"Année {document.year}, tous les lieux et réseaux",
        masking=f"« n.c. » : non communiqué. {why_masked(OUTSIDE)}",
        licence=LICENCE,
        made_at=timezone.localtime(),
        filled_at=timezone.localtime(filled) if filled else None,
        more=[
            (
                "Version",
                f"Version {version}, signée"
                if version
                else f"Projet du {plain_date(timezone.localdate())}, non signé",
            )
        ],
    )
    target = io.BytesIO()
    (ods_file if ods else xlsx_file)(report_tables(document), notes, target)
    return target.getvalue()
