"""Tables that leave the portal: CSV, XLSX and ODS that no spreadsheet will run, in constant memory."""

from .answer import CONTENT_TYPES, FORMATS, Format, download, extension, file_chunks
from .model import MASKED, Column, Kind, Note, Table, TooManyRows, plain, readme
from .names import file_stem
from .ods import ods_file
from .safety import is_formula, legal, safe_cell, safe_sql
from .text import BOM, SEPARATOR, csv_chunks, csv_line, csv_zip
from .xlsx import workbook, xlsx_file

__all__ = [
    "BOM",
    "CONTENT_TYPES",
    "FORMATS",
    "MASKED",
    "SEPARATOR",
    "Column",
    "Format",
    "Kind",
    "Note",
    "Table",
    "TooManyRows",
    "csv_chunks",
    "csv_line",
    "csv_zip",
    "download",
    "extension",
    "file_chunks",
    "file_stem",
    "is_formula",
    "legal",
    "ods_file",
    "plain",
    "readme",
    "safe_cell",
    "safe_sql",
    "workbook",
    "xlsx_file",
]
