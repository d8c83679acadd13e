"""The avis of the instance régionale on a dossier, as its minutes give it (R. 6111-4; domain § 6).

Recorded by the regional animation or by the préfecture, once. « Non rendu » is written once its thirty days,
suspended days apart, have passed: the préfet may then decide without it.
"""

import datetime

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_label import DossierState, LabelAvisSense
from labelling.models import LabelAvis, LabelDossier
from labelling.permissions import Perm
from labelling.services import clock
from labelling.services.label import calendar, moves
from labelling.workflows import label as flow
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, require

TEXT_MAX = 4000
SAYS_WHY = (LabelAvisSense.RESERVES, LabelAvisSense.DEFAVORABLE)


def avis_of(by: Actor, dossier: LabelDossier) -> LabelAvis | None:
    return LabelAvis.objects.visible_to(by).filter(dossier=dossier).first()


def record_avis(
    *, by: Actor, dossier: LabelDossier, sense: str, given_on: datetime.date, text: str = ""
) -> LabelDossier:
    """Write the avis and pass the dossier on to the préfet's decision.

    Raises ``Refused`` (field ``sens``, ``rendu_le`` or ``texte``), ``Conflict`` when it is recorded already.
    """
    require(by, Perm.RECORD_LABEL_AVIS)
    if sense not in LabelAvisSense.values:
        raise Refused("Choisissez le sens de l’avis.", "sens")
    said = checked_text(text, sense)
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            if locked.state != DossierState.TRANSMIS:
                raise Conflict(f"Ce dossier est déjà à l’étape « {locked.get_state_display()} ».")
            if moves.open_complement(by, locked) is not None:
                raise Refused(moves.RULES["labeldossier_suspended"])
            _check_day(by, locked, sense, given_on)
            LabelAvis(
                dossier=locked,
                sense=sense,
                given_on=given_on,
                text=said,
                recorded_by_label=by.label or "Système",
            ).save(force_insert=True)
            return moves.move(by=by, dossier=locked, key=flow.RENDRE_AVIS.key)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def checked_text(text: str, sense: str) -> str:
    """The text of an avis; reservations and refusals say why."""
    try:
        said = clean_text(text, multiline=True, max_length=TEXT_MAX)
    except TextRefused as error:
        raise Refused(str(error), "texte") from None
    if sense in SAYS_WHY and len(said) < 5:
        raise Refused("Écrivez les réserves ou les motifs de cet avis.", "texte")
    return said


def _check_day(by: Actor, dossier: LabelDossier, sense: str, given_on: datetime.date) -> None:
    today = timezone.localdate(clock.now())
    assert dossier.transmitted_at is not None  # noqa: S101 - constraint of the state
    first = timezone.localdate(dossier.transmitted_at)
    if given_on > today:
        raise Refused("Un avis se note une fois rendu : choisissez un jour passé.", "rendu_le")
    if given_on < first:
        raise Refused(f"Le dossier a été transmis le {plain_date(first)} : l’avis vient après.", "rendu_le")
    if sense == LabelAvisSense.NON_RENDU:
        step = calendar.due_of_move(calendar.calendar_of(by, dossier, today=today), flow.RENDRE_AVIS.key)
        if step is None or step.due is None or today <= step.due:
            until = f" jusqu’au {plain_date(step.due)}" if step is not None and step.due else ""
            raise Refused(f"L’instance régionale peut encore répondre{until}.", "sens")
