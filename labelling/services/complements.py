"""Requests for complements: the parts named open again, and only those, until a date (domain § 7).

One request at a time. Its text, parts and date never change: to give more time, it is closed and asked again.
Deadlines are the last second of a day, Europe/Paris; the database counts it (``amicomplement_late``).
"""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState, AssignmentState, PartKey
from labelling.models import AmiApplication, AmiAssignment, AmiComplement
from labelling.permissions import Perm
from labelling.services import clock, moves
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

TEXT_MAX = 2000
LONGEST = datetime.timedelta(days=366)
ASKED, CLOSED = "complement_demande", "complement_clos"
MAY_ASK = (ApplicationState.DEPOSEE, ApplicationState.RECEVABLE)


def history(by: Actor, application: AmiApplication) -> list[AmiComplement]:
    """Every request made on the file, the latest first, with its answer."""
    return list(
        AmiComplement.objects.visible_to(by).filter(application=application).order_by("-asked_at", "-pk")
    )


def waiting(requests: Sequence[AmiComplement]) -> AmiComplement | None:
    """The one request neither answered nor closed, its date passed or not."""
    return next((r for r in requests if r.answered_at is None and r.closed_at is None), None)


def is_late(request: AmiComplement, now: datetime.datetime) -> bool:
    """Its last second has passed: the parts are closed though nobody answered."""
    return now >= request.deadline.replace(microsecond=0) + datetime.timedelta(seconds=1)


def end_of_day(day: datetime.date) -> datetime.datetime:
    """23:59:59 of the day, Europe/Paris."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(23, 59, 59)))


def why_not(by: Actor, application: AmiApplication) -> str:
    """Why nothing can be asked on this file now; empty when it can."""
    if application.state not in MAY_ASK:
        return "Un complément se demande sur un dossier déposé ou recevable, avant la fin de l’instruction."
    # The Region knows how many notes are given, never which: this tells nothing more.
    if application.state == ApplicationState.RECEVABLE and _notes_given(by, application):
        return (
            "Une note a déjà été donnée sur ce dossier : il ne change plus avant l’avis. "
            "La décision pourra demander de le compléter."
        )
    return ""


def _notes_given(by: Actor, application: AmiApplication) -> bool:
    given = AmiAssignment.objects.visible_to(by).filter(
        application=application, state=AssignmentState.DONNEE
    )
    return given.exists()


def ask(
    *, by: Actor, application: AmiApplication, parts: Sequence[str], text: str, day: datetime.date
) -> AmiComplement:
    """Ask for complements: the parts named open to those who write the file until ``day`` included.

    Raises ``Refused`` (field ``parties``, ``texte`` or ``jour``). A former request whose date has passed
    unanswered is closed by this one.
    """
    require(by, Perm.INSTRUCT)
    said = _text(text)
    wanted = [key for key in PartKey.values if key in set(parts)]
    if not wanted or set(parts) - set(wanted):
        raise Refused("Choisissez au moins une partie à rouvrir.", "parties")
    now = clock.now()
    deadline = end_of_day(day)
    if not now < deadline <= now + LONGEST:
        raise Refused("Choisissez un jour à venir, dans un an au plus.", "jour")
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            reason = why_not(by, locked)
            if reason:
                raise Refused(reason)
            before = waiting(history(by, locked))
            if before is not None:
                if not is_late(before, now):
                    raise Conflict(moves.RULES["amicomplement_one_open"])
                _close(before, now)
            made = AmiComplement(
                application=locked,
                parts=wanted,
                text=said,
                asked_at=now,
                asked_by_label=by.label or "Système",
                deadline=deadline,
            )
            made.save(force_insert=True)
            moves.leave_step(by=by, application=locked, key=ASKED, comment=said, told=True)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return made


def close(*, by: Actor, application: AmiApplication, request: AmiComplement) -> None:
    """Close a request before its answer: the parts are no longer open."""
    require(by, Perm.INSTRUCT)
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            current = waiting(history(by, locked))
            if current is None or current.pk != request.pk:
                raise Conflict(moves.RULES["amicomplement_stays"])
            _close(current, clock.now())
            moves.leave_step(by=by, application=locked, key=CLOSED, told=True)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _close(request: AmiComplement, now: datetime.datetime) -> None:
    request.closed_at = now
    request.save(update_fields=["closed_at"])


def _text(text: str) -> str:
    try:
        said = clean_text(text, multiline=True, max_length=TEXT_MAX)
    except TextRefused as error:
        raise Refused(str(error), "texte") from None
    if len(said) < 10:
        raise Refused("Écrivez ce qui est attendu : le porteur ne lit que ce texte.", "texte")
    return said
