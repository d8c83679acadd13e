"""The one way an application changes its state: the table of ``labelling.workflows.ami``, with its trace.

Each move locks the file, checks the right and the table, changes the state, leaves a step (date, author's
role, comment), an audit event and an outbox event ``labelling.moved`` (mails hang on it). What a move needs
besides (dates, budget, notes, avis, amount) is checked by its service, and by the database again.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiStep
from labelling.services import clock
from labelling.workflows import ami as flow
from spo_portal.kernel import audit, outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require
from territories.enums import Role

COMMENT_MAX = 2000
MOVED = "labelling.moved"

# What the database says when a rule is broken there, in the words of the reader.
RULES: Mapping[str, str] = {
    "amiapplication_deadline": "L’appel est clos : le dossier n’est pas déposé. Votre brouillon est gardé.",
    "amiapplication_moves": "Ce dossier a changé d’étape entre-temps. Rechargez la page.",
    "amiapplication_part_closed": "Cette partie du dossier n’est plus ouverte à la saisie.",
    "amiapplication_balance": "Le budget n’est pas équilibré : les charges et les produits diffèrent.",
    "amiapplication_80_percent": "La part de la Région dépasse 80 % des charges prévisionnelles.",
    "amiapplication_notes": "Des notes sont encore attendues, ou ont déjà été données.",
    "amiapplication_avis": "Aucune décision sans avis de la commission.",
    "amiapplication_one_per_bassin": "Votre organisation a déjà un dossier pour ce bassin dans cet appel.",
    "amidecision_asked": "Le montant dépasse ce qui est demandé.",
    "amidecision_80_percent": "Le montant dépasse 80 % des charges prévisionnelles.",
    "amidecision_envelope": "Le montant dépasse ce qui reste sur l’enveloppe.",
    "amicall_frozen": "Cet appel est publié : son texte ne change plus. Ajoutez un rectificatif.",
    "amisession_frozen": "Le procès-verbal est approuvé : la séance ne change plus.",
    "amisession_one_to_three_bassins": "Une commission couvre un à trois bassins : corrigez-la d’abord.",
    "amisession_moves": "Cette séance a changé d’étape entre-temps. Rechargez la page.",
    "amisessionitem_instructed": "Ce dossier n’est pas, ou plus, à l’étape « Instruite ».",
    "amisessionitem_voted": "Un avis est enregistré sur ce point : reprenez-le d’abord.",
    "avis_session": "Un avis se rend pendant une séance convoquée.",
    "avis_quorum": "Le quorum n’est pas atteint sur ce point : il est reporté.",
    "avis_votes": "Les votes doivent être ceux des votants : présents, moins récusés.",
    "avis_frozen": "Le procès-verbal est approuvé, ou l’avis est publié : il ne change plus.",
    "amisheet_final": "Cette note est donnée : elle ne change plus.",
    "amisheet_complete": "Donnez une note à chaque ligne de la grille.",
    "amisheet_expected": "Aucune note n’est attendue de vous sur ce dossier.",
    "amiassignment_open": "Ce dossier n’est pas à noter : pas encore recevable, ou instruction close.",
    "amiassignment_moves": "Cette affectation a changé entre-temps. Rechargez la page.",
    "amieligibility_open": "Ce dossier n’attend plus d’examen de recevabilité.",
    "amiapplication_criteria": "Chaque critère doit être rempli, ou admis avec son motif.",
    "amiapplication_refusal": "Un dossier est irrecevable pour un critère non rempli au moins.",
    "amicomplement_stays": "Cette demande est déjà répondue ou close.",
    "amicomplement_late": "L’échéance de cette demande est passée.",
    "amicomplement_one_open": "Une demande de complément est déjà ouverte sur ce dossier.",
    "amiconvention_payments": "La somme des versements doit être le montant décidé.",
}


def rule_broken(error: IntegrityError) -> Refused:
    """The sentence of the rule the database named; the error itself when it is none of ours."""
    diagnostic = getattr(error.__cause__, "diag", None)
    sentence = RULES.get(getattr(diagnostic, "constraint_name", "") or "")
    if sentence is None:
        raise error
    return Refused(sentence)


def lock(by: Actor, application: AmiApplication) -> AmiApplication:
    """The file, held until the end of the transaction; ``Conflict`` when it can't be seen any more."""
    rows = AmiApplication.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("call", "territory", "organisation").filter(pk=application.pk).first()
    if found is None:
        raise Conflict("Ce dossier n’est plus dans votre périmètre.")
    return found


def check_comment(text: str, *, wanted: bool = False) -> str:
    """A comment of a step: at most 2,000 characters; required where the table says so."""
    try:
        cleaned = clean_text(text, multiline=True)
    except TextRefused as error:
        raise Refused(str(error), "commentaire") from None
    if len(cleaned) > COMMENT_MAX:
        raise Refused("Gardez 2 000 caractères au plus.", "commentaire")
    if wanted and len(cleaned) < 5:
        raise Refused("Écrivez pourquoi : ce motif reste au dossier.", "commentaire")
    return cleaned


def move(
    *, by: Actor, application: AmiApplication, key: str, comment: str = "", told: bool | None = None
) -> AmiApplication:
    """Make one move of the table. Raises ``Conflict`` when the state changed, ``Refused`` by a rule.

    ``told``: override of whether the porteur reads this step at once.
    """
    chosen = flow.MOVES[key]
    require(by, chosen.permission)
    said = check_comment(comment, wanted=chosen.needs_comment)
    try:
        # A savepoint: a rule broken in the database leaves the rest of the request alive.
        with transaction.atomic():
            locked = lock(by, application)
            if locked.state not in chosen.sources:
                raise Conflict(f"Ce dossier est déjà « {state_words(by, locked).lower()} ».")
            before = locked.state
            locked.state = chosen.target
            if chosen.told if told is None else told:
                # A date the porteur may read: a step it is not told must not show in it.
                locked.changed_at = timezone.now()
            if chosen is flow.DEPOSER:
                locked.submitted_by_label = by.label or "Système"
                # Date and number come from the database (trigger); these only satisfy the model.
                locked.submitted_at, locked.number = timezone.now(), ""
            if chosen is flow.DECIDER:
                locked.decided_at = timezone.now()
            locked.save(
                update_fields=["state", "changed_at", "submitted_by_label", "submitted_at", "decided_at"]
            )
            leave_step(
                by=by,
                application=locked,
                key=key,
                comment=said,
                told=chosen.told if told is None else told,
                before=before,
            )
    except IntegrityError as error:
        raise rule_broken(error) from error
    locked.refresh_from_db(fields=["number", "submitted_at", "state"])
    return locked


def leave_step(
    *,
    by: Actor,
    application: AmiApplication,
    key: str,
    comment: str = "",
    told: bool,
    before: str | None = None,
) -> AmiStep:
    """One line of the timeline, with its audit and outbox events. No ``before``: the state is the same."""
    # The clock of the database: its triggers compare this moment with their own.
    moment = clock.now()
    step = AmiStep(
        application=application,
        key=key,
        from_state=application.state if before is None else before,
        to_state=application.state,
        at=moment,
        by_id=by.user_id,
        by_label=by.label or "Système",
        comment=comment,
        told_at=moment if told else None,
    )
    step.save(force_insert=True)
    audit.record(
        f"labelling.ami_{key}",
        by=by,
        object_type="amiapplication",
        object_id=application.pk,
        tenant_id=application.territory_id,
        data={"etat": application.state},
    )
    outbox.emit(
        MOVED,
        tenant_id=application.territory_id,
        payload={"application": application.pk, "step": step.pk, "key": key},
    )
    return step


def told_state(by: Actor, application: AmiApplication) -> ApplicationState:
    """The state as the reader may know it: a porteur learns of avis and decision at their publication."""
    state = ApplicationState(application.state)
    return state if _instructs(by, application) else flow.TOLD_STATE.get(state, state)


def _instructs(by: Actor, application: AmiApplication) -> bool:
    """Its own Region and commission: a member of another one, named co-writer, is told as a porteur."""
    if by.scope.system:
        return True
    if by.role == Role.REGION:
        return application.region_id in by.scope.lead
    return by.role == Role.MEMBRE_COMMISSION and application.commission_id in by.scope.board


def state_words(by: Actor, application: AmiApplication) -> str:
    """Its label; « En instruction » for who is not told more."""
    state = told_state(by, application)
    if state == ApplicationState.RECEVABLE and application.state != ApplicationState.RECEVABLE:
        return "En instruction"
    return str(state.label)
