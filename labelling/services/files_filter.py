"""Filters, order and search over the files of a call, as an address asks for them.

The order follows what is shown, nothing else: a file whose notes the reader may not know has no place in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from labelling.enums_ami import ApplicationState, Opinion
from labelling.permissions import Perm
from labelling.services.files_list import Row
from territories.access import Actor, can
from territories.services.search import fold

S = ApplicationState
PARAMETERS = ("q", "etat", "commission", "bassin", "notes", "tri")
MINE = "a-noter"
EXPECTED = "attendues"
READY = "pretes"
WIDE = "ecart"
NOTES: dict[str, str] = {
    MINE: "À noter par moi",
    EXPECTED: "Notes attendues",
    READY: "Prêts à clore",
    WIDE: "Écart important",
}
SORTS = ("numero", "bassin", "porteur", "demande", "part", "etat", "notes", "moyenne", "rang", "avis")
_STATES = {str(state): rank for rank, state in enumerate(S)}
_OPINIONS = {str(opinion): rank for rank, opinion in enumerate(Opinion)}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows; empty means everything. ``notes`` is one of ``NOTES``."""

    q: str = ""
    etat: str = ""
    commission: int | None = None
    bassin: int | None = None
    notes: str = ""
    tri: str = "numero"
    ignored: tuple[str, ...] = field(default=(), compare=False)

    def query(self, **changes: object) -> str:
        shown = replace(self, **changes)  # type: ignore[arg-type]
        values = {name: getattr(shown, name) for name in PARAMETERS}
        if values["tri"] == "numero":
            values["tri"] = ""
        return urlencode({name: str(value) for name, value in values.items() if value not in (None, "")})

    @property
    def any(self) -> bool:
        return bool(self.q or self.etat or self.commission or self.bassin or self.notes)


def notes_choices(by: Actor) -> dict[str, str]:
    """Filters on the notes that mean something to the reader: a commission expects none of its own."""
    if can(by, Perm.INSTRUCT):
        return NOTES
    return {MINE: NOTES[MINE]} if can(by, Perm.SCORE) else {WIDE: NOTES[WIDE]}


def read_filters(given: Mapping[str, str], rows: Sequence[Row], by: Actor) -> Filters:
    """Read an address someone may have typed: what means nothing here is ignored, and the page says so."""
    ignored: list[str] = []

    def one_of(name: str, allowed: Mapping[str, object] | set[str]) -> str:
        value = given.get(name, "").strip()
        if value and value not in allowed:
            ignored.append(name)
            return ""
        return value

    commissions = {str(row.commission_id) for row in rows}
    bassins = {str(row.bassin_id) for row in rows}
    commission, bassin = one_of("commission", commissions), one_of("bassin", bassins)
    tri = given.get("tri", "").strip()
    if tri.removeprefix("-") not in SORTS:
        if tri:
            ignored.append("tri")
        tri = "numero"
    return Filters(
        q=given.get("q", "").replace("\x00", "").strip()[:80],
        etat=one_of("etat", set(_STATES)),
        commission=int(commission) if commission else None,
        bassin=int(bassin) if bassin else None,
        notes=one_of("notes", notes_choices(by)),
        tri=tri,
        ignored=tuple(ignored),
    )


def choose(rows: Sequence[Row], filters: Filters) -> list[Row]:
    """The rows of a list, in its order."""
    kept = [row for row in rows if _keeps(row, filters)]
    name = filters.tri.removeprefix("-")
    keyed = [(_key(row, name), row) for row in kept]
    known = [pair for pair in keyed if pair[0] is not None]
    # Stable: equal rows, and those nothing is known of, keep the order of their numbers, whatever the way.
    known.sort(key=lambda pair: pair[0], reverse=filters.tri.startswith("-"))  # type: ignore[arg-type, return-value]
    return [row for _, row in known] + [row for key, row in keyed if key is None]


def _keeps(row: Row, filters: Filters) -> bool:
    if filters.etat and row.state != filters.etat:
        return False
    if filters.commission is not None and row.commission_id != filters.commission:
        return False
    if filters.bassin is not None and row.bassin_id != filters.bassin:
        return False
    if filters.notes == MINE and not row.mine_expected:
        return False
    if filters.notes == EXPECTED and not (row.state == S.RECEVABLE and row.expected):
        return False
    if filters.notes == READY and not row.ready:
        return False
    if filters.notes == WIDE and not (row.mark and row.mark.wide):
        return False
    if not filters.q:
        return True
    words = fold(f"{row.number} {row.title} {row.bassin} {row.porteur} {row.commission}")
    return all(part in words for part in fold(filters.q).split())


def _key(row: Row, name: str) -> object:
    """What a row is sorted by; None for what the reader does not know."""
    if name == "moyenne":
        return row.mark.mean if row.mark else None
    if name == "rang":
        return (row.commission, row.place.rank, row.number) if row.place else None
    if name == "avis":
        return _OPINIONS[row.avis] if row.avis else None
    if name == "notes":
        return None if row.draft else (row.given, -row.expected)
    if name == "demande":
        return row.asked
    if name == "part":
        return row.share
    if name == "etat":
        return _STATES[row.state]
    if name == "bassin":
        return fold(row.bassin)
    if name == "porteur":
        return fold(row.porteur)
    return (row.draft, row.number)
