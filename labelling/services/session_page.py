"""What the screens of a session show: its points, its members, what the actor may do next."""

from dataclasses import dataclass, field

from django.db.models import Count, Q

from labelling.enums_ami import Answer, ApplicationState, CallState, Presence, SessionState
from labelling.models import (
    AmiApplication,
    AmiCall,
    AmiSession,
    AmiSessionItem,
    AmiSessionMember,
    AmiSessionRecusal,
    Avis,
)
from labelling.permissions import Perm
from labelling.services.presence import Room, found_conflicts, rooms
from labelling.services.ranking import Mark, marks_of, words
from labelling.services.sessions import STILL_OPEN
from territories.access import Actor, can
from territories.models import Commission

TONES = {
    SessionState.PREPAREE: "info",
    SessionState.CONVOQUEE: "info",
    SessionState.TENUE: "warn",
    SessionState.APPROUVEE: "ok",
    SessionState.ANNULEE: "",
}
OPINION_TONES = {"favorable": "ok", "reserve": "warn", "defavorable": "error"}


@dataclass
class Line:
    """One point of the agenda as the screens show it. ``mark`` is a mean, never who gave what."""

    item: AmiSessionItem
    room: Room
    number: int
    mark: str = ""
    notes: int = 0
    avis: Avis | None = None
    recusals: list[AmiSessionRecusal] = field(default_factory=list)
    proposed: list[tuple[AmiSessionMember, str]] = field(default_factory=list)

    @property
    def tone(self) -> str:
        return OPINION_TONES.get(self.avis.opinion, "") if self.avis else ""


@dataclass
class Page:
    session: AmiSession
    lines: list[Line]
    members: list[AmiSessionMember]
    room: Room
    mine: AmiSessionMember | None
    holds: bool

    @property
    def tone(self) -> str:
        return TONES[SessionState(self.session.state)]

    @property
    def editable(self) -> bool:
        return self.holds and self.session.state in STILL_OPEN

    @property
    def coming(self) -> int:
        return sum(m.voting and m.answer == Answer.VIENT for m in self.members)

    @property
    def excused(self) -> int:
        return sum(m.voting and m.presence == Presence.EXCUSE for m in self.members)

    @property
    def given(self) -> int:
        return sum(line.avis is not None for line in self.lines)

    @property
    def proposals(self) -> int:
        return sum(len(line.proposed) for line in self.lines)


def page_of(*, by: Actor, session: AmiSession) -> Page:
    """Everything the page of one session needs, in a constant number of queries."""
    holds = can(by, Perm.HOLD_SESSION)
    members = list(
        AmiSessionMember.objects.visible_to(by).filter(session=session).order_by("-voting", "label", "pk")
    )
    names = {member.pk: member for member in members}
    rows = AmiSessionItem.objects.visible_to(by).filter(session=session)
    items = list(
        rows.select_related("application__territory", "application__organisation").order_by("position", "pk")
    )
    files = AmiApplication.objects.visible_to(by).filter(pk__in=[item.application_id for item in items])
    marks: dict[int, Mark] = marks_of(by, files)
    given = {avis.item_id: avis for avis in Avis.objects.visible_to(by).filter(item__session=session)}
    recusals: dict[int, list[AmiSessionRecusal]] = {}
    for row in AmiSessionRecusal.objects.visible_to(by).filter(session=session).order_by("pk"):
        row.member = names[row.member_id]
        recusals.setdefault(row.item_id, []).append(row)
    proposed: dict[int, list[tuple[AmiSessionMember, str]]] = {}
    if holds and session.state in STILL_OPEN:
        for (item_id, member_id), why in sorted(found_conflicts(by=by, session=session).items()):
            proposed.setdefault(item_id, []).append((names[member_id], why))
    room = rooms(by=by, session=session)
    lines = []
    for number, item in enumerate(items, 1):
        mark = marks.get(item.application_id)
        lines.append(
            Line(
                item,
                room[item.pk],
                number,
                words(mark.mean) if mark else "",
                mark.count if mark else 0,
                given.get(item.pk),
                recusals.get(item.pk, []),
                proposed.get(item.pk, []),
            )
        )
    mine = next((m for m in members if m.user_id is not None and m.user_id == by.user_id), None)
    return Page(session, lines, members, room[0], mine, holds)


def sessions_for(by: Actor) -> list[AmiSession]:
    """Sessions the actor knows, the next first, with their counts."""
    return list(
        AmiSession.objects.visible_to(by)
        .defer("minutes_pdf")
        .select_related("commission", "call")
        .annotate(
            points=Count("items", distinct=True),
            voting=Count("members", filter=Q(members__voting=True), distinct=True),
            coming=Count("members", filter=Q(members__answer=Answer.VIENT), distinct=True),
            excused=Count("members", filter=Q(members__presence=Presence.EXCUSE), distinct=True),
        )
        .order_by("-starts_at", "-pk")
    )


@dataclass(frozen=True)
class Waiting:
    """Files of one commission that no open session hears."""

    call: AmiCall
    commission: Commission
    files: int


def waiting_for(by: Actor) -> list[Waiting]:
    """By call and commission, how many instructed files wait for a session."""
    heard = AmiSessionItem.objects.visible_to(by).filter(session__state__in=STILL_OPEN)
    rows = (
        AmiApplication.objects.visible_to(by)
        .filter(state=ApplicationState.INSTRUITE)
        .exclude(pk__in=heard.values("application_id"))
        .values("call_id", "commission_id")
        .annotate(files=Count("pk"))
    )
    counts = {(row["call_id"], row["commission_id"]): row["files"] for row in rows}
    calls = AmiCall.objects.visible_to(by).in_bulk({call for call, _ in counts})
    commissions = Commission.objects.visible_to(by).in_bulk({commission for _, commission in counts})
    found = [Waiting(calls[c], commissions[k], n) for (c, k), n in counts.items()]
    return sorted(found, key=lambda row: (row.call.title, row.commission.code))


def choices_for(by: Actor) -> tuple[object, object]:
    """Calls a session may be prepared for, and the commissions they concern."""
    calls = AmiCall.objects.visible_to(by).filter(state__in=[CallState.OUVERT, CallState.PUBLIE])
    commissions = Commission.objects.visible_to(by).filter(amicallcommission__call__in=calls).distinct()
    return calls, commissions.order_by("code")
