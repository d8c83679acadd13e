"""The Region decides of a file: proposal, agreements, decision, decision taken back (domain § 7).

No decision without an avis; an amount within what is asked, 80 % of the charges and the envelope. Nothing of
it is told to the porteur before the publication.
"""

import datetime
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.utils import IntegrityError

from labelling.enums_ami import ApplicationState, Outcome, PartKey
from labelling.models import (
    AmiApplication,
    AmiCall,
    AmiComplement,
    AmiDecision,
    AmiOpinionNote,
    AmiProposal,
    Avis,
)
from labelling.permissions import Perm
from labelling.services import clock, moves
from labelling.services.envelope import ceiling_of, check_amount, envelope_of
from labelling.services.notes import recused
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

S = ApplicationState
REASONS_MAX, NOTE_MAX, OPINION_MAX = 2000, 400, 600
DISCUSSED = (S.RECEVABLE, S.INSTRUITE, S.AVIS_RENDU, S.DECIDEE)
PROPOSED = (S.RECEVABLE, S.INSTRUITE, S.AVIS_RENDU)
LONGEST_COMPLEMENT = datetime.timedelta(days=180)
CHANGED = "Un autre agent a enregistré entre-temps. Relisez la fiche, puis recommencez."


def lock_call(by: Actor, call_id: int) -> AmiCall:
    """The call, held first by whoever decides or publishes: everyone queues in the same order."""
    found = AmiCall.objects.visible_to(by).select_for_update().filter(pk=call_id).first()
    if found is None:
        raise Conflict("Cet appel n’est plus dans votre périmètre.")
    return found


def _text(value: str, field: str, most: int, *, least: int = 0, ask: str = "") -> str:
    try:
        cleaned = clean_text(value, multiline=True)
    except TextRefused as error:
        raise Refused(str(error), field) from None
    if len(cleaned) > most:
        raise Refused(f"Gardez {most} caractères au plus.", field)
    if len(cleaned) < least:
        raise Refused(ask, field)
    return cleaned


def _not_recused(by: Actor, application: AmiApplication) -> None:
    if recused(by, application):
        raise PermissionDenied(
            "Vous êtes récusé sur ce dossier : une autre personne de la Région s’en charge."
        )


@transaction.atomic
def set_proposal(
    *, by: Actor, application: AmiApplication, amount: int, note: str = "", seen: int = 0, scenario: str = ""
) -> AmiProposal:
    """Propose an amount for a file, in centimes; 0 proposes not to select it. ``seen``: version read."""
    require(by, Perm.DECIDE)
    locked = moves.lock(by, application)
    _not_recused(by, locked)
    if locked.state not in PROPOSED:
        raise Refused("Ce dossier est décidé : la proposition ne change plus.")
    if amount < 0:
        raise Refused("Un montant ne peut pas être négatif.", "propose")
    if amount:
        check = ceiling_of(locked, envelope_of(by, locked.call))
        over = [said for said in check.problems(amount) if "enveloppe" not in said]
        if over:
            raise Refused(" ".join(over), "propose")
    words = _text(note, "note", NOTE_MAX)
    values = {
        "amount": amount,
        "note": words,
        "scenario_name": scenario,
        "set_by_label": by.label or "Système",
    }
    rows = AmiProposal.objects.visible_to(by).filter(application=locked)
    found = rows.select_for_update().first()
    if found is None:
        if seen:
            raise Conflict(CHANGED)
        return AmiProposal.objects.create(region_id=locked.region_id, application=locked, **values)
    if found.version != seen:
        raise Conflict(CHANGED)
    rows.update(version=F("version") + 1, set_at=Now(), **values)
    found.refresh_from_db()
    return found


@transaction.atomic
def note_opinion(*, by: Actor, application: AmiApplication, agrees: bool, text: str = "") -> AmiOpinionNote:
    """Say that one agrees, or not and why; a later word replaces the earlier one. Read by the Region only."""
    require(by, Perm.DECIDE)
    locked = moves.lock(by, application)
    _not_recused(by, locked)
    if locked.state not in DISCUSSED:
        raise Refused("La décision de ce dossier est publiée : les accords ne changent plus.")
    least = 0 if agrees else 5
    words = _text(text, "avis_note", OPINION_MAX, least=least, ask="Dites pourquoi vous n’êtes pas d’accord.")
    name = by.user.display_name if by.user else by.label
    said, _ = AmiOpinionNote.objects.visible_to(by).update_or_create(
        application=locked,
        author_id=by.user_id,
        defaults={"agrees": agrees, "text": words, "author_label": name, "noted_at": Now()},
        create_defaults={
            "agrees": agrees,
            "text": words,
            "author_label": name,
            "region_id": locked.region_id,
        },
    )
    audit.record(
        "labelling.ami_opinion",
        by=by,
        object_type="amiapplication",
        object_id=locked.pk,
        tenant_id=locked.territory_id,
        data={"accord": agrees},
    )
    return said


def decide(
    *,
    by: Actor,
    application: AmiApplication,
    outcome: str,
    reasons: str,
    amount: int = 0,
    parts: Sequence[str] = (),
    deadline: datetime.datetime | None = None,
) -> AmiDecision:
    """Write the decision down; it waits for its publication.

    Raises ``Refused`` by a rule, ``Conflict`` when the file was decided in between.
    """
    require(by, Perm.DECIDE)
    try:
        # A savepoint: a rule broken in the database leaves the rest of the request alive.
        with transaction.atomic():
            return _decide(by, application, Outcome(outcome), reasons, amount, parts, deadline)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _decide(
    by: Actor,
    application: AmiApplication,
    outcome: Outcome,
    reasons: str,
    amount: int,
    parts: Sequence[str],
    deadline: datetime.datetime | None,
) -> AmiDecision:
    call = lock_call(by, application.call_id)
    locked = moves.lock(by, application)
    _not_recused(by, locked)
    avis = _avis(by, locked)
    why = _text(
        reasons,
        "motifs",
        REASONS_MAX,
        least=20,
        ask="Écrivez les motifs, en une phrase au moins : ils figurent dans la lettre au porteur.",
    )
    if outcome == Outcome.RETENUE:
        check_amount(amount, ceiling_of(locked, envelope_of(by, call, without=locked.pk)))
    else:
        amount = 0
    asked: list[str] = []
    if outcome == Outcome.A_COMPLETER:
        asked = check_parts(parts)
        deadline = check_deadline(deadline)
    else:
        deadline = None
    decision = AmiDecision(
        application=locked,
        call=call,
        avis=avis,
        outcome=outcome,
        amount=amount,
        reasons=why,
        parts=asked,
        deadline=deadline,
        decided_at=clock.now(),
        decided_by_label=by.label or "Système",
    )
    decision.save(force_insert=True)
    moves.move(by=by, application=locked, key="decider")
    audit.record(
        "labelling.ami_decision",
        by=by,
        object_type="amiapplication",
        object_id=locked.pk,
        tenant_id=locked.territory_id,
        data={"sens": str(outcome), "centimes": amount},
    )
    return decision


def _avis(by: Actor, locked: AmiApplication) -> Avis:
    if locked.state in (S.DECIDEE, S.RETENUE, S.NON_RETENUE, S.CONVENTIONNEE, S.OUVERTE):
        raise Conflict("Ce dossier est déjà décidé : un autre agent l’a fait entre-temps. Rouvrez sa fiche.")
    avis = Avis.objects.visible_to(by).filter(application=locked).first()
    if locked.state != S.AVIS_RENDU or avis is None:
        raise Refused("Aucune décision sans avis de la commission.")
    waiting = AmiComplement.objects.visible_to(by).filter(
        application=locked, answered_at=None, closed_at=None, deadline__gt=Now()
    )
    if waiting.exists():
        raise Refused(
            "Un complément est attendu du porteur : décidez après sa réponse, ou après son échéance."
        )
    return avis


def check_parts(parts: Sequence[str]) -> list[str]:
    """Parts of the file the porteur will complete, in the order of the file; one at least."""
    wanted = set(parts)
    if not wanted or not wanted <= set(PartKey.values):
        raise Refused("Cochez les parties à compléter, une au moins.", "parties")
    return [str(key) for key in PartKey if key in wanted]


def check_deadline(deadline: datetime.datetime | None) -> datetime.datetime:
    """A day to come, six months away at most (database clock)."""
    now = clock.now()
    if deadline is None or deadline <= now:
        raise Refused("Indiquez jusqu’à quand le porteur complète son dossier : un jour à venir.", "echeance")
    if deadline > now + LONGEST_COMPLEMENT:
        raise Refused("Six mois au plus pour compléter un dossier.", "echeance")
    return deadline


@transaction.atomic
def withdraw_decision(*, by: Actor, application: AmiApplication, reason: str) -> AmiApplication:
    """Take back a decision that is not published: the file waits for another one. The trace stays."""
    require(by, Perm.DECIDE)
    call = lock_call(by, application.call_id)
    locked = moves.lock(by, application)
    _not_recused(by, locked)
    if locked.state != S.DECIDEE:
        raise Conflict("Cette décision est publiée ou déjà retirée : rouvrez la fiche du dossier.")
    moved = moves.move(by=by, application=locked, key="retirer_decision", comment=reason)
    AmiDecision.objects.visible_to(by).filter(
        application=locked, call=call, superseded_at=None, published_at=None
    ).update(superseded_at=Now())
    return moved


def decision_of(by: Actor, application: AmiApplication) -> AmiDecision | None:
    """The decision in force, as far as the reader may know it."""
    rows = AmiDecision.objects.visible_to(by).filter(application=application, superseded_at=None)
    return rows.select_related("avis").first()
