"""All the files of a call, for those who read them: filters, order, search, and what the notes say of each.

One set of rows feeds the screen and the exports. A mean, a spread or a rank is there only where the reader
may know every given note of the file (``ranking``); the order follows what is shown, nothing else.
A draft is a line without content. Five queries, whatever the number of files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from urllib.parse import urlencode

from django.db.models import Count, Q

from labelling.enums_ami import ApplicationState, AssignmentState, Opinion
from labelling.models import AmiApplication, AmiAssignment, AmiCall, Avis
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.next_step import NEXT_PAGES
from labelling.services.ranking import Mark, Place, marks_of_call, ranks_of
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
class Row:
    """One file as the reader may know it. ``asked`` and ``charges`` in centimes; both None for a draft."""

    pk: int
    number: str
    title: str
    bassin_id: int
    bassin: str
    commission_id: int
    commission: str
    porteur: str
    state: str
    state_words: str
    asked: int | None
    charges: int | None
    expected: int
    given: int
    mine: str
    mark: Mark | None
    place: Place | None
    avis: str

    @property
    def draft(self) -> bool:
        return self.state == S.BROUILLON

    @property
    def next_page(self) -> str:
        """The address where the Region takes the file up again; none for one that waits for its scorers."""
        return NEXT_PAGES.get(self.state, "")

    @property
    def share(self) -> Fraction | None:
        """The Region's share of the forecast charges."""
        return Fraction(self.asked or 0, self.charges) if self.charges else None

    @property
    def percent(self) -> float | None:
        return None if self.share is None else float(self.share * 100)

    @property
    def total_notes(self) -> int:
        return self.given + self.expected

    @property
    def avis_words(self) -> str:
        return str(Opinion(self.avis).label) if self.avis else ""

    @property
    def ready(self) -> bool:
        """Its instruction may be closed: at least one note given, none expected."""
        return self.state == S.RECEVABLE and self.given > 0 and self.expected == 0

    @property
    def mine_expected(self) -> bool:
        return self.state == S.RECEVABLE and self.mine == AssignmentState.ATTENDUE


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


def rows_of(by: Actor, call: AmiCall) -> list[Row]:
    """Every file of the call the actor may know of, by number, drafts last; five queries."""
    visible = AmiApplication.objects.visible_to(by).filter(call=call)
    found = list(
        visible.order_by("number", "pk").values_list(
            "pk",
            "number",
            "title",
            "territory_id",
            "territory__name",
            "commission_id",
            "commission__name",
            "organisation__name",
            "state",
            "region_asked",
            "charges",
        )
    )
    marks = marks_of_call(by, call.pk)
    work = _work(by, call)
    avis = dict(
        Avis.objects.visible_to(by).filter(application__call=call).values_list("application_id", "opinion")
    )
    places = ranks_of(marks, ((row[0], row[5]) for row in found))
    told = {key: _told(by, call, *key) for key in {(row[8], row[5]) for row in found}}
    rows = []
    for (
        pk,
        number,
        title,
        bassin_id,
        bassin,
        commission_id,
        commission,
        porteur,
        state,
        asked,
        charges,
    ) in found:
        draft = state == S.BROUILLON
        expected, given, mine = work.get(pk, (0, 0, ""))
        rows.append(
            Row(
                pk,
                number,
                "" if draft else title,
                bassin_id,
                bassin,
                commission_id,
                commission,
                porteur,
                *told[state, commission_id],
                None if draft else asked,
                None if draft else charges,
                expected,
                given,
                mine,
                marks.get(pk),
                places.get(pk),
                avis.get(pk, ""),
            )
        )
    return sorted(rows, key=lambda row: (row.draft, row.number, row.bassin, row.pk))


def _told(by: Actor, call: AmiCall, state: str, commission_id: int) -> tuple[str, str]:
    """The state the reader may know, and its words."""
    alike = AmiApplication(state=state, region_id=call.region_id, commission_id=commission_id)
    return str(moves.told_state(by, alike)), moves.state_words(by, alike)


def _work(by: Actor, call: AmiCall) -> dict[int, tuple[int, int, str]]:
    """Notes expected and given of each file, and the actor's own part in it, from the rows it may read."""
    A = AssignmentState
    counted = (
        AmiAssignment.objects.visible_to(by)
        .filter(application__call=call)
        .order_by()
        .values("application_id")
        .annotate(
            expected=Count("pk", filter=Q(state=A.ATTENDUE)),
            given=Count("pk", filter=Q(state=A.DONNEE)),
        )
        .values_list("application_id", "expected", "given")
    )
    mine = dict(
        AmiAssignment.objects.visible_to(by)
        .filter(application__call=call, scorer_id=by.user_id)
        .values_list("application_id", "state")
    )
    return {pk: (expected, given, mine.get(pk, "")) for pk, expected, given in counted}


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
