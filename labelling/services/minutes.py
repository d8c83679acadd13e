"""The minutes of a session: what they say, and their approval, after which nothing changes (domain § 7)."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import CoverLevel, Opinion, Presence, SessionState
from labelling.models import (
    AmiCoverage,
    AmiSession,
    AmiSessionItem,
    AmiSessionMember,
    AmiSessionRecusal,
    Avis,
)
from labelling.permissions import Perm
from labelling.services import clock
from labelling.services.moves import rule_broken
from labelling.services.presence import rooms
from labelling.services.sessions import leave_trace, lock
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import moment
from territories.access import Actor, require
from territories.models import Territory


@dataclass(frozen=True)
class Sitter:
    """One line of the list of those convened."""

    label: str
    presence: str
    voting: bool
    excuse: str = ""


@dataclass(frozen=True)
class Point:
    """One file, as the minutes tell it. ``opinion`` empty: the point is postponed, ``postponed`` says why."""

    number: str
    title: str
    bassin: str
    porteur: str
    asked: int
    charges: int
    presentation: str
    recusals: tuple[tuple[str, str], ...]
    present: int = 0
    recused: int = 0
    votes_for: int = 0
    votes_against: int = 0
    abstentions: int = 0
    opinion: str = ""
    opinion_label: str = ""
    text: str = ""
    postponed: str = ""

    @property
    def voters(self) -> int:
        return self.present - self.recused


@dataclass(frozen=True)
class Minutes:
    """All that the document prints; nothing else is read when it is drawn."""

    session_id: int
    commission: str
    call: str
    region: str
    when: str
    place: str
    quorum: int
    state: str
    agenda: str
    opening: str
    sitters: tuple[Sitter, ...]
    voting: int
    present: int
    points: tuple[Point, ...]
    coverage: tuple[tuple[str, str, int], ...]
    approved: str = ""
    approved_by: str = ""

    @property
    def draft(self) -> bool:
        return not self.approved


def compose(*, by: Actor, session: AmiSession) -> Minutes:
    """Read the minutes of a session that is held, or being held."""
    members = list(
        AmiSessionMember.objects.visible_to(by).filter(session=session).order_by("-voting", "label", "pk")
    )
    names = {member.pk: member.label for member in members}
    recusals: dict[int, list[tuple[str, str]]] = {}
    for row in AmiSessionRecusal.objects.visible_to(by).filter(session=session).order_by("pk"):
        recusals.setdefault(row.item_id, []).append((names[row.member_id], row.reason))
    given = {avis.item_id: avis for avis in Avis.objects.visible_to(by).filter(item__session=session)}
    rows = AmiSessionItem.objects.visible_to(by).filter(session=session)
    found = rows.select_related("application__territory", "application__organisation")
    room = rooms(by=by, session=session)
    return Minutes(
        session_id=session.pk,
        commission=session.title,
        call=session.call.title,
        region=session.call.region.name,
        when=moment(timezone.localtime(session.starts_at)),
        place=session.place,
        quorum=session.quorum,
        state=session.state,
        agenda=session.agenda,
        opening=session.opening,
        sitters=tuple(Sitter(m.label, str(Presence(m.presence).label), m.voting, m.excuse) for m in members),
        voting=room[0].members,
        present=room[0].present,
        points=tuple(
            _point(item, given.get(item.pk), tuple(recusals.get(item.pk, ())))
            for item in found.order_by("position", "pk")
        ),
        coverage=_coverage(by, session),
        approved=moment(timezone.localtime(session.approved_at)) if session.approved_at else "",
        approved_by=session.approved_by_label,
    )


def _point(item: AmiSessionItem, avis: Avis | None, recusals: tuple[tuple[str, str], ...]) -> Point:
    file = item.application
    common = {
        "number": file.number,
        "title": file.title,
        "bassin": file.territory.name,
        "porteur": file.organisation.name,
        "asked": file.region_asked,
        "charges": file.charges,
        "presentation": item.presentation,
        "recusals": recusals,
    }
    if avis is None:
        return Point(**common, postponed=item.postponed or "Point non encore examiné.")
    return Point(
        **common,
        present=avis.present,
        recused=avis.recused,
        votes_for=item.votes_for or 0,
        votes_against=item.votes_against or 0,
        abstentions=item.abstentions or 0,
        opinion=avis.opinion,
        opinion_label=str(Opinion(avis.opinion).label),
        text=avis.text,
    )


def _coverage(by: Actor, session: AmiSession) -> tuple[tuple[str, str, int], ...]:
    """How far each bassin of the commission is in the call: name, level, files submitted."""
    rows = AmiCoverage.objects.visible_to(by).filter(call_id=session.call_id)
    levels = {row.territory_id: row for row in rows}
    found = []
    bassins = Territory.objects.visible_to(by).filter(commission_id=session.commission_id)
    for bassin in bassins.order_by("order", "name"):
        row = levels.get(bassin.pk)
        level = CoverLevel(row.level) if row else CoverLevel.AUCUN
        found.append((bassin.name, str(level.label), row.applications if row else 0))
    return tuple(found)


def mark_of(minutes: Minutes) -> str:
    """Short mark of what is said: what a member read is what it approves."""
    content = asdict(minutes)
    # The coverage goes on living after the session; the rest is what the commission said.
    for key in ("coverage", "approved", "approved_by"):
        content.pop(key)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]


def may_approve(*, by: Actor, session: AmiSession) -> bool:
    """A member of the commission with a vote who was present."""
    rows = AmiSessionMember.objects.visible_to(by).filter(session=session, user_id=by.user_id)
    return bool(by.user_id) and rows.filter(voting=True, presence=Presence.PRESENT).exists()


def ready(*, by: Actor, session: AmiSession, mark: str) -> tuple[AmiSession, Minutes]:
    """Lock a session whose minutes this member approves; the caller draws them, then ``approve`` keeps them.

    Raises ``Refused`` for a member who was not there, ``Conflict`` when the minutes are no longer those read.
    """
    require(by, Perm.APPROVE_MINUTES)
    locked = lock(by, session, SessionState.TENUE)
    if not may_approve(by=by, session=locked):
        raise Refused("Le procès-verbal est approuvé par un membre qui était présent, avec une voix.")
    minutes = compose(by=by, session=locked)
    if mark_of(minutes) != mark:
        raise Conflict("Le procès-verbal a changé depuis votre lecture : relisez-le, puis approuvez-le.")
    return locked, minutes


def approve(*, by: Actor, session: AmiSession, pdf: bytes) -> AmiSession:
    """Keep the drawn minutes and their SHA-256: nothing of the session changes any more (trigger)."""
    require(by, Perm.APPROVE_MINUTES)
    try:
        with transaction.atomic():
            locked = lock(by, session, SessionState.TENUE)
            if not may_approve(by=by, session=locked):
                raise Refused("Le procès-verbal est approuvé par un membre qui était présent, avec une voix.")
            locked.state = SessionState.APPROUVEE
            locked.approved_at = clock.now()
            locked.approved_by_label = by.label
            locked.minutes_pdf = pdf
            locked.minutes_sha256 = hashlib.sha256(pdf).hexdigest()
            locked.save(
                update_fields=["state", "approved_at", "approved_by_label", "minutes_pdf", "minutes_sha256"]
            )
            leave_trace(by, locked, "approved", empreinte=locked.minutes_sha256[:12])
    except IntegrityError as error:
        raise rule_broken(error) from error
    return locked


def approved_now(minutes: Minutes, *, by: Actor) -> Minutes:
    """The minutes as the kept document prints them: approved, when and by whom."""
    return replace(minutes, approved=moment(timezone.localtime(clock.now())), approved_by=by.label)
