"""Reader of the grid of services: three niveaux, blocks, items (GUIDE, « Niveaux de service SPO »).

Two files hold the same shape: ``grille.json``, by Region, and the ``niveaux_de_service`` of ``guide.json``,
which every Region of the SPO follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from territories.reference import fields as f
from territories.reference.documents import _Object, _regions
from territories.reference.rows import Read

LEVELS = {"ACCUEIL": "accueil", "INFORMATION": "information", "CONSEIL": "conseil"}
BLOCK = re.compile(r"[A-Z][A-Z0-9_]*\Z")
MOST_ITEMS = 40


@dataclass(frozen=True, slots=True)
class GridItemRow:
    """One service of the grid. ``code`` is « INF_FI-3 »: the block and the rank of the item in it."""

    region: str
    level: str
    block: str
    block_name: str
    block_note: str
    code: str
    name: str
    order: int


def parse_grid(region: str, value: object) -> list[GridItemRow]:
    """Items of one grid, in the order of the document; raises ``BadField`` on the first thing amiss."""
    rows: list[GridItemRow] = []
    blocks: set[str] = set()
    for n, line in enumerate(_Object(value, "niveaux de service").array("lignes", 10), start=1):
        level = _Object(line, f"niveau {n}")
        code = level.choice("code", LEVELS)
        for m, part in enumerate(level.array("blocs", 20), start=1):
            block = _Object(part, f"niveau {n}, bloc {m}")
            name = block.form("code", BLOCK, 16)
            if name in blocks:
                raise f.BadField(f"le bloc {name} est donné deux fois")
            blocks.add(name)
            rows += _items(region, code, name, block, len(rows))
    if not rows:
        raise f.BadField("la grille est vide")
    return rows


def _items(region: str, level: str, code: str, block: _Object, before: int) -> Iterable[GridItemRow]:
    for rank, text in enumerate(block.array("items", MOST_ITEMS), start=1):
        yield GridItemRow(
            region=region,
            level=level,
            block=code,
            block_name=block.text("nom", 200),
            block_note=block.text("chapeau", 300, required=False),
            code=f"{code}-{rank}",
            name=_Object({"item": text}, f"bloc {code}").text("item", 300),
            order=before + rank,
        )


def read_grids(path: Path) -> Read[GridItemRow]:
    """``grille.json``: one grid by Region."""
    read: Read[GridItemRow] = Read()
    for region, value in _regions(path, read).items():
        _take(read, path, region, value)
    return read


def read_guide_grid(path: Path, regions: Iterable[str]) -> Read[GridItemRow]:
    """The grid of the GUIDE, for each of ``regions``; a document without one gives none."""
    read: Read[GridItemRow] = Read()
    value = _regions(path, read).get("niveaux_de_service")
    for region in regions if value is not None else ():
        _take(read, path, region, value)
    return read


def _take(read: Read[GridItemRow], path: Path, region: str, value: object) -> None:
    try:
        for row in parse_grid(region, value):
            read.take(0, row)
    except f.BadField as bad:
        read.refuse(path.name, 0, f"{f.shown(region)} : {bad}")
