"""Convene the members of a session, tell them what changes, and take their answers.

A mail with its calendar object leaves from the worker, one outbox event for each member: what was sent to one
is not sent again because another failed.
"""

import datetime
from collections.abc import Sequence
from email.mime.text import MIMEText
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import Answer, Presence, SessionState
from labelling.models import AmiSession, AmiSessionMember
from labelling.permissions import Perm
from labelling.services import clock, ics
from labelling.services.sessions import STILL_OPEN, leave_trace, lock, said
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.mail import plain_address
from spo_portal.kernel.typography import counted, moment
from territories.access import Actor, require

CONVENED = "labelling.session_convened"
MEMBERS_MAX = 80
SUBJECTS = {
    "convocation": "Convocation : {name}, {when}",
    "changement": "Changement : {name}, {when}",
    "annulation": "Annulation : {name}, {when}",
}


def convene(*, by: Actor, session: AmiSession) -> AmiSession:
    """Send the invitation to every member. Needs a date to come, one member with a vote and one file."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, session, SessionState.PREPAREE)
        if locked.starts_at <= clock.now():
            raise Refused("La date de la séance est passée : changez-la avant de convoquer.")
        voting = locked.members.filter(voting=True).count()
        if locked.quorum > voting:
            raise Refused(
                f"Le quorum est de {locked.quorum} et {voting} membres ont une voix : ajoutez des membres"
                " ou changez le quorum."
            )
        if not locked.items.exists():
            raise Refused("L’ordre du jour ne compte aucun dossier : ajoutez-en un avant de convoquer.")
        locked.state = SessionState.CONVOQUEE
        locked.convened_at = clock.now()
        locked.version += 1
        locked.save(update_fields=["state", "convened_at", "version"])
        tell_members(session=locked, what="convocation")
        leave_trace(by, locked, "convened", membres=locked.members.count())
    return locked


def cancel(*, by: Actor, session: AmiSession, reason: str) -> AmiSession:
    """Cancel a session that was not held; members that were convened are told why. Its files wait again."""
    require(by, Perm.HOLD_SESSION)
    why = said(reason, "motif", 400)
    if len(why) < 5:
        raise Refused("Écrivez pourquoi la séance est annulée : les membres le liront.", "motif")
    with transaction.atomic():
        locked = lock(by, session, *STILL_OPEN)
        if locked.items.filter(avis__isnull=False).exists():
            raise Refused("Des avis sont déjà enregistrés : reprenez-les avant d’annuler la séance.")
        told = locked.state == SessionState.CONVOQUEE
        locked.state = SessionState.ANNULEE
        locked.cancelled_at = clock.now()
        locked.cancel_reason = why
        locked.ics_sequence += 1
        locked.version += 1
        locked.save(update_fields=["state", "cancelled_at", "cancel_reason", "ics_sequence", "version"])
        if told:
            tell_members(session=locked, what="annulation")
        leave_trace(by, locked, "cancelled")
    return locked


def tell_members(*, session: AmiSession, what: str, only: AmiSessionMember | None = None) -> None:
    """One event for each member with an address: ids and codes only."""
    rows = [only] if only is not None else session.members.exclude(email="")
    for member in rows:
        outbox.emit(
            CONVENED,
            tenant_id=None,
            payload={
                "session": session.pk,
                "member": member.pk,
                "what": what,
                "sequence": session.ics_sequence,
            },
        )


def answer(*, by: Actor, session: AmiSession, word: Answer, excuse: str = "") -> AmiSessionMember:
    """A member announces its presence or its absence; it may change its mind until the session."""
    require(by, Perm.READ_SESSION)
    note = said(excuse, "mot", 200)
    with transaction.atomic():
        locked = lock(by, session, SessionState.CONVOQUEE)
        rows = AmiSessionMember.objects.visible_to(by).select_for_update(of=("self",))
        mine = rows.filter(session=locked, user_id=by.user_id).first()
        if mine is None:
            raise Refused("Vous n’êtes pas convoqué à cette séance.")
        if mine.presence == Presence.PRESENT:
            raise Conflict("Votre présence est déjà notée par la Région.")
        mine.answer = word
        mine.answered_at = clock.now()
        mine.presence = Presence.EXCUSE if word == Answer.EXCUSE else Presence.CONVOQUE
        mine.excuse = note if word == Answer.EXCUSE else ""
        mine.save(update_fields=["answer", "answered_at", "presence", "excuse"])
        leave_trace(by, locked, "answered", reponse=word.value)
    return mine


def add_member(
    *, by: Actor, session: AmiSession, label: str, email: str = "", voting: bool = False
) -> AmiSessionMember:
    """Convene somebody who holds no mandate in the commission, by function; told at once if convened."""
    require(by, Perm.HOLD_SESSION)
    name, mail = said(label, "nom", 240), email.strip().lower()
    if not name:
        raise Refused("Écrivez la fonction de la personne invitée.", "nom")
    if mail:
        try:
            plain_address(mail)
        except ValidationError as error:
            raise Refused("Écrivez une seule adresse, comme prenom@exemple.fr", "courriel") from error
    with transaction.atomic():
        locked = lock(by, session, *STILL_OPEN)
        if locked.members.count() >= MEMBERS_MAX:
            raise Refused(f"Une séance réunit {MEMBERS_MAX} personnes au plus.", "nom")
        if mail and locked.members.filter(email=mail).exists():
            raise Refused("Cette adresse est déjà convoquée.", "courriel")
        if locked.members.filter(label__iexact=name).exists():
            raise Refused("Cette personne est déjà dans la liste.", "nom")
        member = AmiSessionMember(session=locked, label=name, email=mail, voting=voting)
        member.save(force_insert=True)
        if mail and locked.state == SessionState.CONVOQUEE:
            tell_members(session=locked, what="convocation", only=member)
        leave_trace(by, locked, "member_added", voix=voting)
    return member


def remove_member(*, by: Actor, member: AmiSessionMember) -> None:
    """Take somebody off the list before the session is convened."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, member.session, SessionState.PREPAREE)
        AmiSessionMember.objects.visible_to(by).filter(pk=member.pk, session=locked).delete()
        leave_trace(by, locked, "member_removed")


def meeting_of(session: AmiSession, *, stamp: datetime.datetime | None = None) -> ics.Meeting:
    """The session as a calendar shows it: no file, no applicant (a calendar is often shared)."""
    link = f"{settings.BASE_URL}{reverse('ami_seance', args=[session.pk])}"
    files = session.items.count()
    return ics.Meeting(
        uid=f"seance-{session.pk}@{settings.BASE_URL.split('://')[-1].split('/')[0].split(':')[0]}",
        sequence=session.ics_sequence,
        starts_at=session.starts_at,
        minutes=session.minutes_long,
        summary=session.title,
        place=session.place,
        description=f"{session.call.title}\n{counted(files, 'dossier')} à l’ordre du jour\n{link}",
        url=link,
        stamp=stamp or clock.now(),
    )


def organizer() -> ics.Person:
    name, email = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return ics.Person(name or "Commissions orientation", email)


def send_invitations(events: Sequence[outbox.Event]) -> None:
    """Handler of ``CONVENED``: one mail with its calendar object. An older invitation than the present one is
    not sent any more."""
    for event in events:
        payload = event.payload
        rows = AmiSessionMember.objects.for_system().select_related("session__commission", "session__call")
        member = rows.filter(pk=payload["member"]).defer("session__minutes_pdf").first()
        if member is None or not member.email or member.session.ics_sequence != payload["sequence"]:
            continue
        _mail(member, str(payload["what"]))


def _mail(member: AmiSessionMember, what: str) -> None:
    session = member.session
    when = moment(timezone.localtime(session.starts_at))
    body = render_to_string(
        f"labelling/email/seance_{what}.txt",
        {
            "session": session,
            "when": when,
            "link": f"{settings.BASE_URL}{reverse('ami_seance', args=[session.pk])}",
            "items": session.items.select_related("application__territory").order_by("position", "pk"),
            "has_account": member.user_id is not None,
        },
    )
    method = ics.Method.CANCEL if what == "annulation" else ics.Method.REQUEST
    content = ics.calendar(
        meeting_of(session),
        method,
        organizer=organizer(),
        attendee=ics.Person(member.label, member.email),
    )
    message = EmailMessage(SUBJECTS[what].format(name=session.title, when=when), body, to=[member.email])
    part = MIMEText(content.decode(), "calendar", "utf-8")
    part.replace_header("Content-Type", f'text/calendar; method={method}; charset="utf-8"')
    part.add_header("Content-Disposition", "attachment", filename="convocation.ics")
    message.attach(part)
    message.send()
