"""The only import of django-import-export: rows of a table become checked values, each refusal tied to its
cell.

Resources declare their columns with ``Column`` and a function that reads one cell; nothing here writes to the
database. import-export does the walk (one row, several fields, all errors of the row together); writing is
the business of a bulk service, which import-export's own savers are twenty times slower than.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from import_export import fields, resources, widgets
from tablib import Dataset

from spo_portal.kernel.errors import Refused
from spo_portal.kernel.sheets import Sheet, looks_like_formula

Reader = Callable[[str], Any]


class _Cell(widgets.Widget):
    """Reads one cell; a ``ValueError`` (or a refusal) becomes the error of that cell."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        text = str(value or "")
        if looks_like_formula(text):
            raise ValueError("Cette cellule contient une formule. Tapez une valeur.")
        try:
            return self.reader(text)
        except Refused as refused:
            raise ValueError(str(refused)) from None


def Column(name: str, reader: Reader, *, attribute: str = "") -> fields.Field:
    """Declare the column ``name`` of a file, read by ``reader`` into ``attribute`` of the row."""
    return fields.Field(
        attribute=attribute or name, column_name=name, widget=_Cell(reader), saves_null_values=True
    )


class Row:
    """One row being read: ``line`` is its number in the file, the rest its columns."""

    line: int

    def __repr__(self) -> str:
        return f"<Row {getattr(self, 'line', '?')}>"


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong, where: the line people see in their file, the column, a sentence."""

    line: int
    column: str
    message: str


@dataclass(slots=True)
class Reading:
    """Result of a dry run: the rows that can be kept and every error, in the order of the file."""

    rows: list[Row] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    total: int = 0


class Resource(resources.Resource):
    """Base of the portal's imports: never writes, never opens a transaction of its own."""

    class Meta:
        use_transactions = False
        skip_diff = True
        skip_html_diff = True
        report_skipped = False
        store_instance = False
        instance_loader_class = lambda *args: None  # noqa: E731 - import-export calls it with (resource, dataset)
        import_id_fields: list[str] = []

    #: Columns a file must have.
    required: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kept: list[Row] = []
        self._lines: list[int] = []

    def init_instance(self, row: Any = None) -> Row:
        return Row()

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Row, bool]:
        return self.init_instance(row), True

    def after_init_instance(self, instance: Row, new: bool, row: Any, **kwargs: Any) -> None:
        instance.line = self._lines[kwargs["row_number"] - 1]

    def validate_instance(self, instance: Row, import_validation_errors: Any = None, **kwargs: Any) -> None:
        from django.core.exceptions import ValidationError

        errors = dict(import_validation_errors or {})
        if not errors:
            try:
                self.check_row(instance)
            except Refused as refused:
                errors[refused.field or "ligne"] = str(refused)
        if errors:
            raise ValidationError(errors)

    def check_row(self, row: Row) -> None:
        """Rules between the columns of one row; raise ``Refused`` naming the column."""

    def save_instance(self, instance: Row, is_create: bool, row: Any, **kwargs: Any) -> None:
        self.kept.append(instance)

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        result = super().import_row(row, instance_loader, **kwargs)
        if result.errors:
            # A bug of ours must not be reported to people as a fault of their file.
            raise result.errors[0].error
        return result

    def columns(self) -> tuple[str, ...]:
        return tuple(declared.column_name for declared in self.fields.values())

    def read(self, sheet: Sheet) -> Reading:
        """Dry run: check the columns, then every row; all the errors of a file are told at once."""
        self._check_columns(sheet.headers)
        self.kept, self._lines = [], [line for line, _ in sheet.rows]
        result = self.import_data(
            Dataset(*(cells for _, cells in sheet.rows), headers=list(sheet.headers)),
            # Saving collects rows, nothing more: import-export would open a transaction only to undo it.
            dry_run=False,
            use_transactions=False,
            raise_errors=False,
        )
        if result.base_errors:
            raise result.base_errors[0].error
        titles = {declared.attribute: declared.column_name for declared in self.fields.values()}
        errors = [
            CellError(self._lines[invalid.number - 1], titles.get(column, column), message)
            for invalid in result.invalid_rows
            for column, messages in invalid.error_dict.items()
            for message in messages
        ]
        return Reading(self.kept, errors, len(sheet.rows))

    def _check_columns(self, headers: Iterable[str]) -> None:
        known = self.columns()
        unknown = [name for name in headers if name not in known]
        if unknown:
            raise Refused(
                f"Colonne inconnue : « {unknown[0][:40]} ». Retirez-la : seules les colonnes du modèle sont "
                "lues.",
                "fichier",
            )
        missing = [name for name in self.required if name not in headers]
        if missing:
            raise Refused(
                f"Il manque la colonne « {missing[0]} ». Partez du modèle proposé sur cette page.", "fichier"
            )


__all__ = ["CellError", "Column", "Reading", "Resource", "Row"]
