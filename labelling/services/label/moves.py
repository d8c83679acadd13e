"""The one way a label dossier changes its state: the table of ``labelling.workflows.label``, with its trace.

Each move locks the dossier, checks the right and the table, changes the state, leaves a step (date, author’s
role, comment), an audit event and an outbox event ``labelling.label_moved`` (mails hang on it). The dates of
the moves are written by the database’s clock (trigger).
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.models import LabelComplement, LabelDossier, LabelStep
from labelling.services import clock
from labelling.services.moves import check_comment
from labelling.workflows import label as flow
from spo_portal.kernel import audit, outbox
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, require

MOVED = "labelling.label_moved"

# What the database says when a rule is broken there, in the words of the reader.
RULES: Mapping[str, str] = {
    "labeldossier_one_open": "Un dossier est déjà ouvert pour ce territoire : reprenez celui-là.",
    "labeldossier_moves": "Ce dossier a changé d’étape entre-temps. Rechargez la page.",
    "labeldossier_suspended": "Un complément est attendu : le délai est suspendu jusqu’à sa réponse.",
    "labeldossier_part_closed": "Cette partie du dossier n’est plus ouverte à la saisie.",
    "labeldossier_avis_written": "Écrivez l’avis avant de l’enregistrer.",
    "labeldossier_act": "Joignez l’acte signé, son numéro et sa date.",
    "labelcomplement_one_open": "Un complément est déjà demandé sur ce dossier.",
    "labelcomplement_stays": "Cette demande est déjà répondue ou close.",
    "labelcomplement_asked": "Ce dossier n’attend pas de complément à cette étape.",
    "labelact_stays": "Un acte enregistré ne change plus.",
    "labelwithdrawal_one_open": "Un retrait est déjà engagé pour ce lieu.",
    "labelwithdrawal_moves": "Ce retrait a changé d’étape entre-temps. Rechargez la page.",
    "labelwithdrawal_thirty_days": "Le lieu a encore le temps de présenter ses observations.",
    "labelwithdrawal_label": "Ce lieu n’a pas de label en cours : il n’y a rien à retirer.",
    "labelwithdrawal_observations": "Le temps des observations est passé.",
    "labelwithdrawal_ends": "Le label prend fin au plus tôt le jour de la notification.",
    "labelavis_thirty_days": "L’instance régionale a encore le temps de répondre.",
    "labelplace_decided_by_state": "Le préfet décide de chaque lieu, une fois l’avis rendu.",
}


def rule_broken(error: IntegrityError) -> Refused:
    """The sentence of the rule the database named; the error itself when it is none of ours."""
    diagnostic = getattr(error.__cause__, "diag", None)
    sentence = RULES.get(getattr(diagnostic, "constraint_name", "") or "")
    if sentence is None:
        raise error
    return Refused(sentence)


def lock(by: Actor, dossier: LabelDossier) -> LabelDossier:
    """The dossier, held until the end of the transaction; ``Conflict`` when it can't be seen any more."""
    rows = LabelDossier.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("territory", "region").filter(pk=dossier.pk).first()
    if found is None:
        raise Conflict("Ce dossier n’est plus dans votre périmètre.")
    return found


def open_complement(by: Actor, dossier: LabelDossier) -> LabelComplement | None:
    """The complement still waited for, which suspends the clock; None when it runs."""
    rows = LabelComplement.objects.visible_to(by)
    return rows.filter(dossier=dossier, answered_at=None, closed_at=None).first()


def move(*, by: Actor, dossier: LabelDossier, key: str, comment: str = "") -> LabelDossier:
    """Make one move of the table. Raises ``Conflict`` when the state changed, ``Refused`` by a rule."""
    chosen = flow.MOVES[key]
    require(by, chosen.permission)
    said = check_comment(comment, wanted=chosen.needs_comment)
    try:
        # A savepoint: a rule broken in the database leaves the rest of the request alive.
        with transaction.atomic():
            locked = lock(by, dossier)
            if locked.state not in chosen.sources:
                raise Conflict(f"Ce dossier est déjà à l’étape « {locked.get_state_display()} ».")
            if chosen.clock and open_complement(by, locked) is not None:
                raise Refused(RULES["labeldossier_suspended"])
            before = locked.state
            locked.state = chosen.target
            locked.changed_at = timezone.now()
            if chosen is flow.DEPOSER:
                locked.submitted_by_label = by.label or "Système"
            # Dates and number come from the database (trigger).
            locked.save(update_fields=["state", "changed_at", "submitted_by_label"])
            leave_step(by=by, dossier=locked, key=key, comment=said, before=before)
    except IntegrityError as error:
        raise rule_broken(error) from error
    locked.refresh_from_db()
    return locked


def leave_step(
    *, by: Actor, dossier: LabelDossier, key: str, comment: str = "", before: str | None = None
) -> LabelStep:
    """One line of the timeline, with its audit and outbox events. No ``before``: the state is the same."""
    step = LabelStep(
        dossier=dossier,
        key=key,
        from_state=dossier.state if before is None else before,
        to_state=dossier.state,
        # The clock of the database: its triggers compare this moment with their own.
        at=clock.now(),
        by_id=by.user_id,
        by_label=by.label or "Système",
        comment=comment,
    )
    step.save(force_insert=True)
    audit.record(
        f"labelling.label_{key}",
        by=by,
        object_type="labeldossier",
        object_id=dossier.pk,
        tenant_id=dossier.territory_id,
        data={"etat": dossier.state},
    )
    outbox.emit(
        MOVED,
        tenant_id=dossier.territory_id,
        payload={"dossier": dossier.pk, "step": step.pk, "key": key},
    )
    return step
