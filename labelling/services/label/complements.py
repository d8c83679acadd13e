"""The préfecture asks for complements: the parts named open again, and the legal clock stands still.

One request at a time; its text, parts and date never change: to give more time it is closed and asked again.
Past its date the request still waits: only an answer or its closing sets the clock going again (domain § 6).
"""

import datetime
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_label import DossierState, LabelPart
from labelling.models import LabelComplement, LabelDossier
from labelling.permissions import Perm
from labelling.services import clock
from labelling.services.label import moves
from labelling.services.label.parts import may_write
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

TEXT_MAX = 2000
LONGEST = datetime.timedelta(days=366)
ASKED, CLOSED, ANSWERED = "complement_demande", "complement_clos", "complement_repondu"
ANSWER_MAX = 1000
MAY_ASK = (DossierState.DEPOSE, DossierState.COMPLET, DossierState.TRANSMIS, DossierState.AVIS_RENDU)


def history(by: Actor, dossier: LabelDossier) -> list[LabelComplement]:
    """Every request made on the dossier, the latest first, with its answer."""
    return list(LabelComplement.objects.visible_to(by).filter(dossier=dossier).order_by("-asked_at", "-pk"))


def waiting(requests: Sequence[LabelComplement]) -> LabelComplement | None:
    """The one request neither answered nor closed."""
    return next((one for one in requests if one.answered_at is None and one.closed_at is None), None)


def ask(
    *, by: Actor, dossier: LabelDossier, parts: Sequence[str], text: str, day: datetime.date
) -> LabelComplement:
    """Ask for complements: the parts named open to the territory, the clock stops today.

    Raises ``Refused`` (field ``parties``, ``texte`` or ``jour``), ``Conflict`` when one is already asked.
    """
    require(by, Perm.INSTRUCT_LABEL)
    said = _text(text)
    wanted = [key for key in LabelPart.values if key in set(parts)]
    if not wanted or set(parts) - set(wanted):
        raise Refused("Choisissez au moins une partie à rouvrir.", "parties")
    today = timezone.localdate(clock.now())
    if not today < day <= today + LONGEST:
        raise Refused("Choisissez un jour à venir, dans un an au plus.", "jour")
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            if locked.state not in MAY_ASK:
                raise Refused(moves.RULES["labelcomplement_asked"])
            if moves.open_complement(by, locked) is not None:
                raise Conflict(moves.RULES["labelcomplement_one_open"])
            made = LabelComplement(
                dossier=locked,
                parts=wanted,
                text=said,
                asked_by_label=by.label or "Système",
                deadline=day,
            )
            made.save(force_insert=True)
            moves.leave_step(by=by, dossier=locked, key=ASKED, comment=said)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    made.refresh_from_db()
    return made


def close(*, by: Actor, dossier: LabelDossier, request: LabelComplement) -> None:
    """Close a request before its answer: the parts close, the clock runs again from tomorrow."""
    require(by, Perm.INSTRUCT_LABEL)
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            current = moves.open_complement(by, locked)
            if current is None or current.pk != request.pk:
                raise Conflict(moves.RULES["labelcomplement_stays"])
            current.closed_at = clock.now()
            current.save(update_fields=["closed_at"])
            moves.leave_step(by=by, dossier=locked, key=CLOSED)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _text(text: str) -> str:
    try:
        said = clean_text(text, multiline=True, max_length=TEXT_MAX)
    except TextRefused as error:
        raise Refused(str(error), "texte") from None
    if len(said) < 10:
        raise Refused("Écrivez ce qui est attendu : le territoire ne lit que ce texte.", "texte")
    return said


def answer_complement(*, by: Actor, dossier: LabelDossier, answer: str) -> LabelComplement:
    """The territory sends its answer: the parts close, the clock runs again from tomorrow.

    A second click finds it sent. Raises ``Refused`` (field ``reponse``), ``Conflict`` when nothing was asked.
    What must be complete is checked by the caller's screen; past its date the answer is still received.
    """
    require(by, Perm.SUBMIT_LABEL)
    if not may_write(by, dossier):
        raise PermissionDenied("Seul le coordinateur du territoire répond pour son dossier.")
    try:
        said = clean_text(answer, multiline=True, max_length=ANSWER_MAX)
    except TextRefused as error:
        raise Refused(str(error), "reponse") from None
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            asked = moves.open_complement(by, locked)
            if asked is None:
                return _already(by, locked)
            if not said:
                raise Refused("Dites en une phrase ce que vous avez complété.", "reponse")
            asked.answered_at, asked.answered_by_label, asked.answer = clock.now(), by.label, said
            asked.save(update_fields=["answered_at", "answered_by_label", "answer"])
            moves.leave_step(by=by, dossier=locked, key=ANSWERED, comment=said)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return asked


def _already(by: Actor, dossier: LabelDossier) -> LabelComplement:
    """No open request: the last one was answered (a second click), was closed, or never was."""
    last = next(iter(history(by, dossier)), None)
    if last is None:
        raise Conflict("Aucun complément n’est demandé sur ce dossier.")
    if last.answered_at is None:
        raise Conflict("La préfecture a clos cette demande de complément.")
    return last
