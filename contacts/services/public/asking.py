"""What a visitor asks of « Où s’adresser ? », read from the address of the page: anything else is ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from contacts.enums import Age
from labelling.enums import LabelStatus
from spo_portal.kernel.http import whole_number

RADII = (5, 10, 20, 50)
USUAL_RADIUS = 10
TEXT_MAX = 80
LAST_PAGE = 2_000
_INSEE = re.compile(r"[0-9][0-9AB][0-9]{3}")
# Ticked boxes: name in the address, name here.
BOXES = {"ouvert": "open_now", "sans_rdv": "walk_in", "samedi": "saturday", "fauteuil": "wheelchair"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One search. ``where`` is a typed commune, ``commune`` a chosen one; 0 and « » ask for nothing."""

    where: str = ""
    commune: str = ""
    text: str = ""
    demande: int = 0
    statut: int = 0
    age: str = ""
    label: str = ""
    radius: int = 0
    open_now: bool = False
    walk_in: bool = False
    saturday: bool = False
    wheelchair: bool = False
    page: int = 1

    @property
    def filtered(self) -> bool:
        """Something besides the commune, its radius and the question narrows the list."""
        boxes = self.open_now or self.walk_in or self.saturday or self.wheelchair
        return bool(self.text or self.label or self.age or self.statut or boxes)

    def without_filters(self) -> Asked:
        return Asked(where=self.where, commune=self.commune, demande=self.demande, radius=self.radius)

    def query(self, **changes: object) -> str:
        """The query string of this search, changed: what a link or a shared address carries."""
        asked = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        pairs: list[tuple[str, object]] = [
            ("commune", asked.commune),
            ("ou", "" if asked.commune else asked.where),
            ("q", asked.text),
            ("question", asked.demande),
            ("statut", asked.statut),
            ("age", asked.age),
            ("label", asked.label),
            ("rayon", asked.radius),
            *((name, int(getattr(asked, field))) for name, field in BOXES.items()),
            ("page", asked.page if asked.page > 1 else 0),
        ]
        return urlencode([(name, value) for name, value in pairs if value])


def read(data: Mapping[str, str]) -> Asked:
    """Read a query string. What is not understood is as if it were not there: never an error."""
    commune = data.get("commune", "")[:5].upper()
    radius = whole_number(data.get("rayon"))
    return Asked(
        where=_text(data.get("ou", "")),
        commune=commune if _INSEE.fullmatch(commune) else "",
        text=_text(data.get("q", "")),
        demande=_small(data.get("question")),
        statut=_small(data.get("statut")),
        age=data.get("age", "") if data.get("age") in Age.values else "",
        label=data.get("label", "") if data.get("label") in LabelStatus.values else "",
        radius=radius if radius in RADII else 0,
        page=min(max(whole_number(data.get("page")), 1), LAST_PAGE),
        **{field: data.get(name) == "1" for name, field in BOXES.items()},
    )


def _text(value: str) -> str:
    return " ".join(value.replace("\x00", " ").split())[:TEXT_MAX]


def _small(value: str | None) -> int:
    number = whole_number(value)
    return number if number < 1_000 else 0
