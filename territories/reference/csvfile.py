"""Reads a CSV nobody vouched for: one line is one record, a bad line costs that line and nothing else."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from territories.reference.rows import Refusal

MAX_BYTES = 20_000_000
MAX_LINES = 200_000
MAX_LINE_BYTES = 20_000
MAX_REFUSALS = 500
BIDI = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\ufeff")

Record = tuple[int, dict[str, str]]


def read_bytes(path: Path) -> bytes | Refusal:
    """The file's bytes, or why it can't be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Refusal(path.name, 0, f"le fichier dépasse {MAX_BYTES // 1_000_000} Mo")
        return path.read_bytes()
    except OSError:
        return Refusal(path.name, 0, "le fichier ne peut pas être lu")


def records(path: Path, required: frozenset[str], refusals: list[Refusal]) -> Iterator[Record]:
    """Yield (line number, columns) of each readable line; write the others to ``refusals``.

    UTF-8 (a byte order mark is accepted), comma, one line per record, header required. Unknown columns are
    left to the caller to ignore. Never raises on content.
    """
    content = read_bytes(path)
    if isinstance(content, Refusal):
        refusals.append(content)
        return
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    header = _cells(lines[0])
    problem = _header_problem(header, required)
    if problem or isinstance(header, str):
        refusals.append(Refusal(path.name, 1, problem or str(header)))
        return
    refused = 0
    for number, raw in enumerate(lines[1:], start=2):
        if not raw.strip():
            continue
        cells = _cells(raw)
        if isinstance(cells, list) and len(cells) != len(header):
            cells = f"{len(cells)} colonnes au lieu de {len(header)}"
        if isinstance(cells, list):
            yield number, dict(zip(header, cells, strict=True))
            continue
        refusals.append(Refusal(path.name, number, cells))
        refused += 1
        if refused >= MAX_REFUSALS or number > MAX_LINES:
            refusals.append(Refusal(path.name, number, "lecture arrêtée ici : trop de lignes refusées"))
            return


def _cells(raw: bytes) -> list[str] | str:
    """Cells of one line, stripped and in Unicode NFC, or the reason why it can't be read."""
    if len(raw) > MAX_LINE_BYTES:
        return "ligne trop longue"
    if b"\x00" in raw:
        return "caractère nul interdit"
    try:
        text = raw.rstrip(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        return "le texte n’est pas en UTF-8"
    if any(_forbidden(c) for c in text):
        return "caractère de contrôle interdit"
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error:
        return "guillemets mal placés, ou champ sur plusieurs lignes"
    return [unicodedata.normalize("NFC", cell).strip() for cell in rows[0]] if rows else []


def _forbidden(char: str) -> bool:
    """Control characters but the tab, and the marks that reverse or hide text on screen."""
    return char in BIDI or (unicodedata.category(char) == "Cc" and char != "\t")


def _header_problem(header: list[str] | str, required: frozenset[str]) -> str:
    if isinstance(header, str):
        return header
    if len(header) == 1 and ";" in header[0]:
        return "séparateur « ; » : la virgule est attendue"
    if len(set(header)) != len(header):
        return "une colonne porte deux fois le même nom"
    missing = sorted(required - set(header))
    return f"colonnes manquantes : {', '.join(missing)}" if missing else ""
