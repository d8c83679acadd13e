"""The room: who is present, who leaves it for one file, and whether those left are enough (domain § 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError

from labelling.enums_ami import Presence, SessionState
from labelling.models import AmiSession, AmiSessionItem, AmiSessionMember, AmiSessionRecusal
from labelling.permissions import Perm
from labelling.services import clock
from labelling.services.conflicts import conflicts_of
from labelling.services.moves import rule_broken
from labelling.services.sessions import check_day, leave_trace, lock, said, unchanged
from spo_portal.kernel.errors import Refused
from territories.access import Actor, require


@dataclass(frozen=True)
class Room:
    """Who may vote on one file: members with a vote who are present, less those who left for it."""

    members: int
    present: int
    recused: int
    quorum: int

    @property
    def voters(self) -> int:
        return self.present - self.recused

    @property
    def reached(self) -> bool:
        return self.voters >= self.quorum

    @property
    def missing(self) -> int:
        return max(0, self.quorum - self.voters)


def rooms(*, by: Actor, session: AmiSession) -> dict[int, Room]:
    """The room of each point of the agenda, by its id; under key 0, the room before anybody leaves."""
    members = list(AmiSessionMember.objects.visible_to(by).filter(session=session))
    present = {m.pk for m in members if m.voting and m.presence == Presence.PRESENT}
    voting = sum(m.voting for m in members)
    left: dict[int, int] = {}
    for item_id, member_id in (
        AmiSessionRecusal.objects.visible_to(by).filter(session=session).values_list("item_id", "member_id")
    ):
        left[item_id] = left.get(item_id, 0) + (member_id in present)
    items = AmiSessionItem.objects.visible_to(by).filter(session=session).values_list("pk", flat=True)
    found = {pk: Room(voting, len(present), left.get(pk, 0), session.quorum) for pk in items}
    found[0] = Room(voting, len(present), 0, session.quorum)
    return found


def set_presence(
    *, by: Actor, session: AmiSession, presence: Mapping[int, Presence], seen: int | None
) -> AmiSession:
    """Note who is here, excused or absent. An avis already given keeps the room it was given in."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, session, SessionState.CONVOQUEE)
        check_day(locked)
        unchanged(locked, seen)
        for member in locked.members.all():
            wanted = presence.get(member.pk)
            if wanted is not None and wanted != member.presence:
                AmiSessionMember.objects.visible_to(by).filter(pk=member.pk).update(presence=wanted)
        locked.version += 1
        locked.save(update_fields=["version"])
        leave_trace(by, locked, "presence", presents=sum(p == Presence.PRESENT for p in presence.values()))
    return locked


def recuse(*, by: Actor, item: AmiSessionItem, member: AmiSessionMember, reason: str) -> AmiSessionRecusal:
    """A member leaves the room for one file: noted by the Region, or declared by the member itself."""
    require(by, Perm.READ_SESSION)
    own = by.user_id is not None and member.user_id == by.user_id
    if not own:
        require(by, Perm.HOLD_SESSION)
    why = said(reason, "motif", 400)
    if len(why) < 3:
        raise Refused("Écrivez le motif de la récusation : il figure au procès-verbal.", "motif")
    try:
        with transaction.atomic():
            locked = lock(by, item.session, SessionState.PREPAREE, SessionState.CONVOQUEE)
            rows = AmiSessionRecusal.objects.visible_to(by)
            if rows.filter(item=item, member=member).exists():
                raise Refused("Cette récusation est déjà notée.", "motif")
            row = AmiSessionRecusal(
                session=locked,
                item=item,
                member=member,
                reason=why,
                noted_by_label=by.label or "Système",
            )
            row.noted_at = clock.now()
            row.save(force_insert=True)
            leave_trace(by, locked, "recused", dossier=item.application_id, soi_meme=own)
    except IntegrityError as error:
        raise rule_broken(error) from error
    return row


def withdraw_recusal(*, by: Actor, recusal: AmiSessionRecusal) -> None:
    """Strike out a recusal noted by mistake, before the avis."""
    require(by, Perm.HOLD_SESSION)
    try:
        with transaction.atomic():
            locked = lock(by, recusal.session, SessionState.PREPAREE, SessionState.CONVOQUEE)
            AmiSessionRecusal.objects.visible_to(by).filter(pk=recusal.pk, session=locked).delete()
            leave_trace(by, locked, "recusal_withdrawn", dossier=recusal.item.application_id)
    except IntegrityError as error:
        raise rule_broken(error) from error


def found_conflicts(*, by: Actor, session: AmiSession) -> dict[tuple[int, int], str]:
    """Members who may have to leave the room, with why: (point, member) to a sentence.

    Those already recused are left out. A proposal: a person decides.
    """
    members = AmiSessionMember.objects.visible_to(by).filter(session=session, user__isnull=False)
    by_user = {member.user_id: member for member in members}
    rows = AmiSessionItem.objects.visible_to(by).filter(session=session)
    rows = rows.select_related("application__organisation")
    by_file = {item.application_id: item for item in rows}
    noted = set(
        AmiSessionRecusal.objects.visible_to(by).filter(session=session).values_list("item_id", "member_id")
    )
    found = conflicts_of(
        by=by,
        user_ids=[user for user in by_user if user],
        applications=[item.application for item in by_file.values()],
    )
    proposed: dict[tuple[int, int], str] = {}
    for (user_id, application_id), reasons in found.items():
        key = (by_file[application_id].pk, by_user[user_id].pk)
        if reasons and key not in noted:
            proposed[key] = " ".join(reason.sentence for reason in reasons)
    return proposed
