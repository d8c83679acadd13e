"""The préfet decides: the act, what becomes of each place, the Labellisation rows that follow (R. 6111-5).

One transaction: decision, outcomes, rows, step. The dossier is locked first, so of two officers one wins and
the other is told what was decided. Certificates are made after, by the worker.
"""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.enums_ami import FileKind
from labelling.enums_label import DossierState, PlaceOutcome, PlaceProposal
from labelling.models import LabelDecision, LabelDossier, Labellisation, LabelPlace
from labelling.permissions import Perm
from labelling.services import clock, recording
from labelling.services.attachments import prove
from labelling.services.label import effects, moves, partners
from labelling.services.label.effects import Effect, Outcome
from labelling.workflows import label as flow
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, require

CERTIFY = "labelling.label_certify"
NUMBER_MAX, REASONS_MAX, REASON_MAX = 40, 4000, 600
EVE = datetime.timedelta(days=1)
# No act is older than the law of 24 November 2009, which created the label.
FIRST_ACT = datetime.date(2009, 11, 24)
Out = PlaceOutcome


@dataclass(frozen=True)
class Act:
    """What the préfet signs. ``outcomes``: by key of ``LabelPlace``; a place left out stays as it is."""

    granted: bool
    number: str
    decided_on: datetime.date
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None
    reasons: str = ""
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    file_name: str = ""
    content: bytes = b""


class AlreadyDecided(Conflict):
    """Another officer decided first: ``decision`` is what was recorded."""

    def __init__(self, decision: LabelDecision) -> None:
        super().__init__(f"Ce dossier vient d’être décidé : acte {decision.number}.")
        self.decision = decision


def decision_of(by: Actor, dossier: LabelDossier) -> LabelDecision | None:
    """The act of a dossier, without the bytes of its file."""
    return LabelDecision.objects.visible_to(by).filter(dossier=dossier).defer("content").first()


def places_of(by: Actor, dossier: LabelDossier) -> list[LabelPlace]:
    rows = LabelPlace.objects.visible_to(by).filter(dossier=dossier)
    return list(
        rows.select_related("site", "site__organisation", "site__reseau").order_by(
            "site__reseau__order", "site__name", "pk"
        )
    )


def preview(*, by: Actor, dossier: LabelDossier, act: Act) -> list[Effect]:
    """What the act would change, place by place; raises ``Refused`` for what could not be recorded."""
    require(by, Perm.DECIDE_LABEL)
    places = places_of(by, dossier)
    check_dates(act)
    _check_outcomes(dossier, places, act)
    return effects.effects_of(by=by, dossier=dossier, places=places, act=act)


def decide(*, by: Actor, dossier: LabelDossier, act: Act) -> LabelDossier:
    """Record the act and all that follows from it. Raises ``AlreadyDecided``, ``Conflict`` or ``Refused``."""
    require(by, Perm.DECIDE_LABEL)
    number, reasons = _words(act)
    check_dates(act)
    proved = prove(act.file_name, act.content)
    if proved.kind != FileKind.PDF:
        raise Refused("Joignez l’acte signé en PDF.", "fichier")
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            _must_wait_for_decision(by, locked)
            places = places_of(by, locked)
            outcomes = _check_outcomes(locked, places, act)
            LabelDecision(
                dossier=locked,
                granted=act.granted,
                number=number,
                decided_on=act.decided_on,
                starts_on=act.starts_on if act.granted else None,
                ends_on=act.ends_on if act.granted else None,
                reasons=reasons,
                file_name=proved.name,
                content=proved.content,
                sha256=hashlib.sha256(proved.content).hexdigest(),
                recorded_by_label=by.label or "Système",
            ).save(force_insert=True)
            _write_outcomes(by, places, outcomes)
            if act.granted:
                planned = effects.effects_of(by=by, dossier=locked, places=places, act=act)
                _record(by, locked, act, number, planned)
                payload: dict[str, object] = {"dossier": locked.pk}
                outbox.emit(partners.DECIDED, tenant_id=locked.territory_id, payload=payload)
            key = flow.ACCORDER.key if act.granted else flow.REFUSER.key
            return moves.move(by=by, dossier=locked, key=key)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _must_wait_for_decision(by: Actor, dossier: LabelDossier) -> None:
    if dossier.state == DossierState.AVIS_RENDU:
        if moves.open_complement(by, dossier) is not None:
            raise Refused(moves.RULES["labeldossier_suspended"])
        return
    found = decision_of(by, dossier)
    if found is not None:
        raise AlreadyDecided(found)
    raise Conflict(
        f"Ce dossier est à l’étape « {dossier.get_state_display()} » : il n’attend pas de décision."
    )


def _words(act: Act) -> tuple[str, str]:
    number = " ".join(act.number.split())
    if not number:
        raise Refused("Écrivez le numéro de l’acte.", "numero")
    if len(number) > NUMBER_MAX:
        raise Refused(f"Gardez {NUMBER_MAX} caractères au plus.", "numero")
    try:
        reasons = clean_text(act.reasons, multiline=True, max_length=REASONS_MAX)
    except TextRefused as error:
        raise Refused(str(error), "motifs") from None
    if not act.granted and len(reasons) < 5:
        raise Refused("Un refus dit pourquoi : écrivez les motifs de l’acte.", "motifs")
    return number, reasons


def check_dates(act: Act) -> None:
    """The dates of the act hold together (LABEL-3: five years by default, another end may be written)."""
    today = timezone.localdate(clock.now())
    if act.decided_on > today:
        raise Refused("Un acte se note une fois signé : choisissez un jour passé.", "decide_le")
    if act.decided_on < FIRST_ACT:
        raise Refused("Aucun acte n’est aussi ancien : relisez l’année.", "decide_le")
    if not act.granted:
        return
    if act.starts_on is None or act.ends_on is None:
        raise Refused("Choisissez le premier et le dernier jour du label.", "debut")
    if act.starts_on < act.decided_on:
        raise Refused(
            f"Le label ne commence pas avant l’acte, daté du {plain_date(act.decided_on)}.", "debut"
        )
    if act.ends_on <= act.starts_on:
        raise Refused("La fin est avant le début : corrigez l’une des deux dates.", "fin")
    if act.ends_on > recording.end_of_label(act.starts_on):
        longest = plain_date(recording.end_of_label(act.starts_on))
        raise Refused(f"Le label dure cinq ans au plus : jusqu’au {longest}.", "fin")


def _check_outcomes(dossier: LabelDossier, places: Sequence[LabelPlace], act: Act) -> dict[int, Outcome]:
    """Outcome of each place, cleaned; ``Refused`` names the field of the place that is wrong."""
    if not act.granted:
        reason = "Le label est refusé au territoire : lisez les motifs de l’acte."
        return {row.pk: Outcome(Out.REFUSE, reason) for row in places if row.proposal == PlaceProposal.LABEL}
    found: dict[int, Outcome] = {}
    for row in places:
        wanted = act.outcomes.get(row.pk, Outcome(Out.NONE))
        found[row.pk] = _checked(row, wanted)
    if not any(one.kind in (Out.LABELLISE, Out.FIN, Out.ASSOCIE) for one in found.values()):
        raise Refused("Aucun lieu ne change : choisissez la situation d’un lieu au moins, ou refusez.")
    amends = dossier.parent_id is not None and dossier.kind == "modification"
    if not amends and not any(one.kind == Out.LABELLISE for one in found.values()):
        raise Refused("Accorder le label demande un lieu labellisé au moins ; sinon, refusez.")
    return found


def _checked(row: LabelPlace, wanted: Outcome) -> Outcome:
    name = row.site.name
    if wanted.kind not in Out.values:
        raise Refused(f"{name} : choisissez dans la liste.", f"decision-{row.pk}")
    if wanted.kind == Out.NONE and row.proposal != PlaceProposal.ECARTE:
        raise Refused(f"{name} : dites ce qui est décidé de ce lieu.", f"decision-{row.pk}")
    if wanted.kind == Out.LABELLISE:
        why = effects.why_not_labelled(row)
        if why:
            raise Refused(f"{name} : {why}", f"decision-{row.pk}")
    try:
        reason = clean_text(wanted.reason, max_length=REASON_MAX)
    except TextRefused as error:
        raise Refused(f"{name} : {error}", f"motif-{row.pk}") from None
    if wanted.kind in (Out.REFUSE, Out.FIN) and len(reason) < 5:
        raise Refused(f"{name} : écrivez le motif, que le lieu lira.", f"motif-{row.pk}")
    return Outcome(wanted.kind, reason if wanted.kind else "")


def _write_outcomes(by: Actor, places: Sequence[LabelPlace], outcomes: Mapping[int, Outcome]) -> None:
    changed = []
    for row in places:
        decided = outcomes.get(row.pk)
        if decided is not None and decided.kind:
            row.outcome, row.outcome_reason = decided.kind, decided.reason
            changed.append(row)
    LabelPlace.objects.visible_to(by).bulk_update(changed, ["outcome", "outcome_reason"])


def _record(by: Actor, dossier: LabelDossier, act: Act, number: str, planned: Sequence[Effect]) -> None:
    """Labellisation rows of the effects that change something, then the request for their certificates."""
    assert act.starts_on is not None  # noqa: S101 - check_dates
    assert act.ends_on is not None  # noqa: S101 - check_dates
    for effect in planned:
        site = effect.place.site
        try:
            if effect.ends_on is not None:
                recording.end_labellisation(
                    by=by, site=site, on=effect.ends_on, reason=effect.place.outcome_reason
                )
            elif effect.status is not None:
                row = recording.record_labellisation(
                    by=by,
                    site=site,
                    status=effect.status,
                    starts_on=act.starts_on,
                    ends_on=act.ends_on,
                    decision_number=number,
                    decided_on=act.decided_on,
                    source=f"Décision {number}",
                )
                if effect.status == LabelStatus.LABELLISE:
                    _certify(row)
        except Refused as refusal:
            field_name = f"decision-{effect.place.pk}"
            raise Refused(f"{site.name} : {refusal}", field_name) from refusal


def _certify(row: Labellisation) -> None:
    outbox.emit(CERTIFY, tenant_id=row.territory_id, payload={"label": row.pk})
