"""All the files of a call, for those who read them, and what the notes say of each.

One set of rows feeds the screen and the exports (``files_filter`` chooses among them). A mean, a spread or a
rank is there only where the reader may know every given note of the file (``ranking``).
A draft is a line without content. Five queries, whatever the number of files.
"""

from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count, Q

from labelling.enums_ami import ApplicationState, AssignmentState, Opinion
from labelling.models import AmiApplication, AmiAssignment, AmiCall, Avis
from labelling.services import moves
from labelling.services.next_step import NEXT_PAGES
from labelling.services.ranking import Mark, Place, marks_of_call, ranks_of
from territories.access import Actor

S = ApplicationState


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
