"""Publication: avis, decisions and letters of many files become readable at one instant (domain § 7).

« Applicants see avis and decision at publication, not a minute before »: one transaction does it all, and its
outbox events make the mails leave once it is over. Letters are drawn before it, outside any lock, and bound
to their decision: a decision withdrawn meanwhile stops everything.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.db.utils import IntegrityError

from labelling.enums_ami import ApplicationState, CallState, Outcome
from labelling.models import (
    AmiApplication,
    AmiCall,
    AmiComplement,
    AmiDecision,
    AmiStep,
    Avis,
)
from labelling.permissions import Perm
from labelling.services import clock, moves
from labelling.services.decisions import lock_call
from labelling.services.letters import Drawn, keep_letter
from labelling.services.moments import end_of
from labelling.workflows import ami as flow
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, require

S = ApplicationState
MOVES: Mapping[str, str] = {
    Outcome.RETENUE: "publier_retenue",
    Outcome.NON_RETENUE: "publier_non_retenue",
    Outcome.A_COMPLETER: "publier_a_completer",
}
# Steps the porteur reads from the publication on, the latest of each. A decision taken back is never told.
TOLD_THEN = ("clore_instruction", "rendre_avis", "decider")
CHANGED = (
    "Une décision a changé depuis votre confirmation. Rien n’est publié : relisez la liste, puis recommencez."
)


@dataclass(frozen=True)
class Published:
    """What a publication did, and its instant."""

    at: datetime.datetime
    files: int


def waiting(by: Actor, call: AmiCall, commissions: Collection[int] = ()) -> list[AmiDecision]:
    """Decisions that wait for their publication, of the whole call or of these commissions."""
    rows = AmiDecision.objects.visible_to(by).filter(
        call=call, superseded_at=None, published_at=None, application__state=S.DECIDEE
    )
    if commissions:
        rows = rows.filter(application__commission_id__in=commissions)
    return list(
        rows.select_related(
            "avis",
            "application__territory",
            "application__organisation",
            "application__commission",
        ).order_by("application__territory__order", "application__number")
    )


def undecided(by: Actor, call: AmiCall, commissions: Collection[int] = ()) -> list[AmiApplication]:
    """Files still on their way to a decision: a publication leaves them where they are."""
    rows = AmiApplication.objects.visible_to(by).filter(
        call=call, state__in=[S.DEPOSEE, S.RECEVABLE, S.INSTRUITE, S.AVIS_RENDU]
    )
    if commissions:
        rows = rows.filter(commission_id__in=commissions)
    return list(rows.select_related("territory", "organisation").order_by("territory__order", "number"))


def publish(*, by: Actor, call: AmiCall, decisions: Sequence[int], letters: Mapping[int, Drawn]) -> Published:
    """Publish these decisions (ids), each with its letter, at one instant.

    All or nothing: ``Conflict`` when one changed or is published already, ``Refused`` by a rule.
    """
    require(by, Perm.PUBLISH)
    wanted = set(decisions)
    if not wanted:
        raise Refused("Aucune décision n’attend sa publication.")
    try:
        with transaction.atomic():
            return _publish(by, call, wanted, letters)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _publish(by: Actor, call: AmiCall, wanted: set[int], letters: Mapping[int, Drawn]) -> Published:
    held = lock_call(by, call.pk)
    if held.state not in (CallState.OUVERT, CallState.PUBLIE):
        raise Refused("Cet appel n’est pas publié, ou il est annulé.")
    files = AmiApplication.objects.visible_to(by).filter(call=held, decisions__in=wanted)
    list(files.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    found = [one for one in waiting(by, held) if one.pk in wanted]
    if {one.pk for one in found} != wanted or set(letters) != wanted:
        raise Conflict(CHANGED)
    # The transaction's own instant: nobody reads it before the commit, everybody who starts after it does.
    moment = clock.of_transaction()
    keys = [one.application_id for one in found]
    Avis.objects.visible_to(by).filter(application__in=keys, published_at=None).update(published_at=moment)
    rows = AmiDecision.objects.visible_to(by).filter(pk__in=wanted)
    rows.exclude(outcome=Outcome.A_COMPLETER).update(published_at=moment)
    # « À compléter » is told and leaves its place to the decision that will follow.
    rows.filter(outcome=Outcome.A_COMPLETER).update(published_at=moment, superseded_at=moment)
    _tell(by, keys, moment)
    for decision in found:
        keep_letter(
            by=by,
            application=decision.application,
            kind=decision.outcome,
            drawn=letters[decision.pk],
            decision=decision,
            at=moment,
        )
        moves.move(by=by, application=decision.application, key=MOVES[decision.outcome])
        if decision.outcome == Outcome.A_COMPLETER:
            _reopen(by, decision, moment)
    _close_call(by, held, moment)
    audit.record(
        "labelling.ami_publication",
        by=by,
        object_type="amicall",
        object_id=held.pk,
        data={"decisions": sorted(wanted), "dossiers": len(found)},
    )
    return Published(moment, len(found))


def _tell(by: Actor, keys: Sequence[int], moment: datetime.datetime) -> None:
    """Open to the porteur the latest step of each kind; what was taken back stays inside."""
    rows = AmiStep.objects.visible_to(by).filter(
        application__in=keys, key__in=TOLD_THEN, told_at=None, from_state__gt=""
    )
    latest: dict[tuple[int, str], int] = {}
    for step in rows.exclude(from_state=F("to_state")).order_by("at", "pk"):
        latest[step.application_id, step.key] = step.pk
    AmiStep.objects.visible_to(by).filter(pk__in=latest.values()).update(told_at=moment)


def _reopen(by: Actor, decision: AmiDecision, moment: datetime.datetime) -> None:
    """Open the parts named by a decision « à compléter » until its deadline."""
    if decision.deadline is None or decision.deadline <= moment:
        number = decision.application.number
        raise Refused(
            f"{number} : l’échéance du complément est passée. Retirez cette décision, puis redécidez."
        )
    rows = AmiComplement.objects.visible_to(by).filter(application=decision.application)
    rows.filter(answered_at=None, closed_at=None).update(closed_at=moment)
    AmiComplement(
        application=decision.application,
        parts=list(decision.parts),
        text=decision.reasons,
        asked_at=moment,
        asked_by_label=by.label or "Système",
        deadline=decision.deadline,
    ).save(force_insert=True)


def _close_call(by: Actor, call: AmiCall, moment: datetime.datetime) -> None:
    """Once its deadline has passed, the first publication makes the call « résultats publiés »."""
    past = call.closes_at is not None and clock.now() >= end_of(call.closes_at)
    if past and flow.call_may(call.state, CallState.PUBLIE):
        AmiCall.objects.visible_to(by).filter(pk=call.pk).update(state=CallState.PUBLIE, results_at=moment)
