"""A session of a commission: prepared, changed, its agenda, cancelled, closed (AMI §4; domain § 7)."""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.db.utils import IntegrityError

from labelling.enums_ami import ApplicationState, CallState, SessionState
from labelling.models import AmiApplication, AmiCall, AmiSession, AmiSessionItem, AmiSessionMember, Avis
from labelling.permissions import Perm
from labelling.services import clock
from labelling.services.moves import rule_broken
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require
from territories.enums import Role
from territories.models import Commission, Membership

STILL_OPEN = (SessionState.PREPAREE, SessionState.CONVOQUEE)
LONGEST = 600
# A session may begin a little before its time: presence is noted from then on, not weeks ahead.
EARLY = datetime.timedelta(hours=12)


@dataclass(frozen=True)
class SessionData:
    """What an officer writes of a session. ``quorum`` 0: the one proposed."""

    starts_at: datetime.datetime
    minutes_long: int
    place: str
    quorum: int = 0
    agenda: str = ""


def proposed_quorum(members: int) -> int:
    """More than half of the members with a vote: half, rounded down, and one."""
    return members // 2 + 1


def said(text: str, field: str, most: int, *, multiline: bool = False) -> str:
    """A text cleaned; ``Refused`` on its field when it is not text or is too long."""
    try:
        return clean_text(text, multiline=multiline, max_length=most)
    except TextRefused as error:
        raise Refused(str(error), field) from None


def sitting(*, by: Actor, commission: Commission) -> list[Membership]:
    """Mandates of members in force in a commission, one by account."""
    found = Membership.objects.visible_to(by).in_force().filter(role=Role.MEMBRE_COMMISSION)
    rows = found.filter(commission=commission, user__is_active=True).select_related("user").order_by("pk")
    return list({row.user_id: row for row in rows}.values())


def lock(by: Actor, session: AmiSession, *states: SessionState) -> AmiSession:
    """The session, held until the end of the transaction; ``Conflict`` when it is at another step."""
    rows = AmiSession.objects.visible_to(by).defer("minutes_pdf").select_for_update(of=("self",))
    found = rows.select_related("commission", "call").filter(pk=session.pk).first()
    if found is None:
        raise Conflict("Cette séance n’est plus dans votre périmètre.")
    if states and found.state not in states:
        raise Conflict(f"Cette séance est « {found.get_state_display().lower()} ».")
    return found


def unchanged(row: AmiSession | AmiSessionItem, seen: int | None) -> None:
    """``Conflict`` when somebody saved since the screen was read; ``None`` for system work."""
    if seen is not None and row.version != seen:
        raise Conflict(
            "Quelqu’un a enregistré cette page entre-temps. Votre saisie est gardée ci-dessous :"
            " comparez-la à ce qui est enregistré, puis enregistrez de nouveau."
        )


def leave_trace(by: Actor, session: AmiSession, what: str, **data: object) -> None:
    audit.record(
        f"labelling.session_{what}",
        by=by,
        object_type="amisession",
        object_id=session.pk,
        data={"commission": session.commission_id, **data},
    )


def _checked(data: SessionData, members: int) -> dict[str, object]:
    place = said(data.place, "lieu", 200)
    if not place:
        raise Refused("Écrivez où la commission se réunit.", "lieu")
    if not 15 <= data.minutes_long <= LONGEST:
        raise Refused("Donnez une durée entre 15 minutes et 10 heures.", "duree")
    quorum = data.quorum or proposed_quorum(members)
    if quorum < 1 or (members and quorum > members):
        raise Refused(f"Le quorum va de 1 à {max(members, 1)}, le nombre de membres.", "quorum")
    return {
        "starts_at": data.starts_at,
        "minutes_long": data.minutes_long,
        "place": place,
        "quorum": quorum,
        "agenda": said(data.agenda, "ordre_du_jour", 2000, multiline=True),
    }


def prepare(
    *, by: Actor, call: AmiCall, commission: Commission, data: SessionData, all_waiting: bool = True
) -> AmiSession:
    """Prepare a session: its members in force are listed, and the files that wait put on its agenda.

    Raises ``Refused`` for a commission without one to three bassins (AMI §4), or foreign to the call.
    """
    require(by, Perm.HOLD_SESSION)
    if call.state == CallState.BROUILLON:
        raise Refused("L’appel n’est pas encore publié.", "appel")
    if not call.commission_rows.filter(commission=commission).exists():
        raise Refused("Cet appel ne concerne pas cette commission.", "commission")
    members = sitting(by=by, commission=commission)
    fields = _checked(data, len(members))
    try:
        with transaction.atomic():
            session = AmiSession(
                region_id=call.region_id,
                commission=commission,
                call=call,
                created_by_label=by.label or "Système",
                **fields,
            )
            session.save(force_insert=True)
            for mandate in members:
                _sit(session, mandate)
            for number, file in enumerate(waiting(by=by, session=session) if all_waiting else (), 1):
                _put(session, file, number)
            leave_trace(by, session, "prepared")
    except IntegrityError as error:
        raise rule_broken(error) from error
    return session


def _sit(session: AmiSession, mandate: Membership) -> None:
    user = mandate.user
    label = user.display_name or user.email
    AmiSessionMember(session=session, user=user, label=label, email=user.email).save(force_insert=True)


def _put(session: AmiSession, application: AmiApplication, position: int) -> AmiSessionItem:
    item = AmiSessionItem(
        session=session,
        application=application,
        commission_id=session.commission_id,
        position=position,
    )
    item.save(force_insert=True)
    return item


def change(*, by: Actor, session: AmiSession, data: SessionData, seen: int | None) -> tuple[AmiSession, bool]:
    """Change date, place, quorum, agenda. Return the session and whether members must be told: a convened
    session that moves gives a new number to its invitation (RFC 5545, SEQUENCE)."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, session, *STILL_OPEN)
        unchanged(locked, seen)
        members = locked.members.filter(voting=True).count()
        before = (locked.starts_at, locked.minutes_long, locked.place)
        for name, value in _checked(data, members).items():
            setattr(locked, name, value)
        moved = locked.state == SessionState.CONVOQUEE and before != (
            locked.starts_at,
            locked.minutes_long,
            locked.place,
        )
        if moved:
            locked.ics_sequence += 1
        locked.version += 1
        locked.save(
            update_fields=[
                "starts_at",
                "minutes_long",
                "place",
                "quorum",
                "agenda",
                "ics_sequence",
                "version",
            ]
        )
        leave_trace(by, locked, "changed", numero=locked.ics_sequence)
    return locked, moved


def waiting(*, by: Actor, session: AmiSession) -> list[AmiApplication]:
    """Files of the commission's bassins, instructed, that no open session has on its agenda."""
    elsewhere = AmiSessionItem.objects.visible_to(by).filter(session__state__in=STILL_OPEN)
    rows = AmiApplication.objects.visible_to(by).filter(
        call_id=session.call_id, commission_id=session.commission_id, state=ApplicationState.INSTRUITE
    )
    return list(
        rows.exclude(pk__in=elsewhere.values("application_id"))
        .select_related("territory", "organisation")
        .order_by("territory__order", "number")
    )


def add_item(*, by: Actor, session: AmiSession, application: AmiApplication) -> AmiSessionItem:
    """Put one more file on the agenda; one that is already heard elsewhere is refused."""
    require(by, Perm.HOLD_SESSION)
    try:
        with transaction.atomic():
            locked = lock(by, session, *STILL_OPEN)
            if application.pk not in {file.pk for file in waiting(by=by, session=locked)}:
                raise Refused("Ce dossier n’attend pas l’avis de cette commission.", "dossier")
            last = locked.items.aggregate(last=Max("position"))["last"] or 0
            item = _put(locked, application, last + 1)
            leave_trace(by, locked, "item_added", dossier=application.pk)
    except IntegrityError as error:
        raise rule_broken(error) from error
    return item


def remove_item(*, by: Actor, item: AmiSessionItem) -> None:
    """Take a file off the agenda, while no avis was given on it: it waits for another session."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, item.session, *STILL_OPEN)
        if Avis.objects.visible_to(by).filter(item=item).exists():
            raise Refused("Un avis est enregistré sur ce point : reprenez-le d’abord.")
        AmiSessionItem.objects.visible_to(by).filter(pk=item.pk).delete()
        leave_trace(by, locked, "item_removed", dossier=item.application_id)


def move_item(*, by: Actor, item: AmiSessionItem, up: bool) -> None:
    """One rank up or down on the agenda."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, item.session, *STILL_OPEN)
        rows = list(locked.items.order_by("position", "pk"))
        at = next((n for n, row in enumerate(rows) if row.pk == item.pk), None)
        other = None if at is None else at - 1 if up else at + 1
        if at is None or other is None or not 0 <= other < len(rows):
            return
        rows[at], rows[other] = rows[other], rows[at]
        for position, row in enumerate(rows, 1):
            AmiSessionItem.objects.visible_to(by).filter(pk=row.pk).update(position=position)


def check_day(session: AmiSession, now: datetime.datetime | None = None) -> None:
    """Presence and votes are noted when the session is held, not before its day."""
    if (now or clock.now()) < session.starts_at - EARLY:
        raise Refused("La séance n’est pas commencée : présences et votes se notent le jour même.")
