"""Scoring: a grid filled in, kept as a draft, then given once; abstention; recusal (domain § 7).

A scorer reads no other note before giving theirs. The weighted note is a sum of integers in hundredths,
halves up; the database weighs it again when it is given (trigger ``sheet_holds``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState, AssignmentState
from labelling.models import AmiApplication, AmiAssignment, AmiGridCriterion, AmiScore, AmiScoreSheet
from labelling.models.call import NOTE_MAX
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.conflicts import Found, conflicts_of, strong
from labelling.services.ranking import words
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

GIVEN, ABSTAINED, RECUSED = "note_donnee", "abstention", "recusation"
COMMENT_MAX, NOTE_COMMENT_MAX, REASON_MAX = 2000, 600, 400
S = AssignmentState


@dataclass(frozen=True)
class Note:
    """One note of the grid as typed: a level from 0 to 5, or none yet."""

    value: int | None
    comment: str = ""


@dataclass(frozen=True)
class Total:
    """The weighted note so far, in hundredths: over what is noted, and how much of the weight that is."""

    noted: int
    wanted: int
    weight: int
    weight_wanted: int
    hundredths: int | None

    @property
    def complete(self) -> bool:
        return self.noted == self.wanted

    @property
    def words(self) -> str:
        return "–" if self.hundredths is None else words(self.hundredths)


def grid_of(by: Actor, application: AmiApplication) -> list[AmiGridCriterion]:
    return list(
        AmiGridCriterion.objects.visible_to(by)
        .filter(call_id=application.call_id)
        .order_by("position", "pk")
    )


def total_of(grid: Sequence[AmiGridCriterion], values: Mapping[int, int | None]) -> Total:
    """Weighted note over the lines noted: 200 points for each note and weight, rounded half up."""
    noted = [(line.weight, values[line.pk]) for line in grid if values.get(line.pk) is not None]
    weight = sum(part for part, _ in noted)
    points = sum(part * (value or 0) for part, value in noted)
    return Total(
        len(noted),
        len(grid),
        weight,
        sum(line.weight for line in grid),
        (200 * points + weight) // (2 * weight) if weight else None,
    )


def own_sheet(by: Actor, application: AmiApplication) -> AmiScoreSheet | None:
    rows = AmiScoreSheet.objects.visible_to(by).filter(application=application, scorer_id=by.user_id)
    return rows.order_by("pk").first()


def notes_of(by: Actor, sheet: AmiScoreSheet | None) -> dict[int, AmiScore]:
    """Notes of a sheet by line of the grid."""
    if sheet is None:
        return {}
    return {score.grid_id: score for score in AmiScore.objects.visible_to(by).filter(sheet=sheet)}


def other_sheets(by: Actor, application: AmiApplication) -> list[AmiScoreSheet]:
    """The others' given sheets the actor may read, with their notes: none before one's own is given."""
    return list(
        AmiScoreSheet.objects.visible_to(by)
        .filter(application=application, given_at__isnull=False)
        .exclude(scorer_id=by.user_id)
        # Not by the assignment, which only its own scorer and the Region read.
        .select_related("scorer")
        .prefetch_related("scores")
        .order_by("given_at", "pk")
    )


def own_conflicts(by: Actor, application: AmiApplication) -> list[Found]:
    """What links the actor to the file, as far as the actor's own rows tell."""
    if by.user_id is None:
        return []
    found = conflicts_of(by=by, user_ids=[by.user_id], applications=[application])
    return found.get((by.user_id, application.pk), [])


def save_draft(
    *, by: Actor, application: AmiApplication, notes: Mapping[int, Note], comment: str
) -> AmiScoreSheet:
    """Keep what is noted so far; nobody else reads it. A line without note loses the one it had."""
    require(by, Perm.SCORE)
    try:
        with transaction.atomic():
            assignment = _expected(by, application)
            return _save(by, application, assignment, notes, comment)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def give(
    *, by: Actor, application: AmiApplication, notes: Mapping[int, Note], comment: str
) -> AmiScoreSheet:
    """Give the notes, once and for all: from then on the others' are read, and neither changes.

    Raises ``Refused`` when a line has no note (field ``note-<line>``) or a strong conflict is found.
    """
    require(by, Perm.SCORE)
    grid = grid_of(by, application)
    for line in grid:
        note = notes.get(line.pk)
        if note is None or note.value is None:
            raise Refused(f"Donnez une note à « {line.label} ».", f"note-{line.pk}")
    links = strong(own_conflicts(by, application))
    if links:
        raise Refused(f"Vous ne pouvez pas noter ce dossier : déclarez le conflit. {links[0].sentence}")
    try:
        with transaction.atomic():
            assignment = _expected(by, application)
            sheet = _save(by, application, assignment, notes, comment)
            sheet.given_at = timezone.now()
            sheet.weighted = total_of(grid, {pk: note.value for pk, note in notes.items()}).hundredths
            sheet.save(update_fields=["given_at", "weighted"])
            _settle(by, application, assignment, S.DONNEE, GIVEN)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    sheet.refresh_from_db(fields=["given_at", "weighted"])
    return sheet


def abstain(*, by: Actor, application: AmiApplication, reason: str) -> AmiAssignment:
    """Give no note, and say why. The others' are read with everybody, once the instruction is closed."""
    return _stand_aside(by, application, S.ABSTENTION, ABSTAINED, reason)


def declare_conflict(*, by: Actor, application: AmiApplication, reason: str) -> AmiAssignment:
    """Declare a conflict of interest: the account leaves the file, its text and its notes."""
    return _stand_aside(by, application, S.RECUSEE, RECUSED, reason)


def _stand_aside(
    by: Actor, application: AmiApplication, state: AssignmentState, key: str, reason: str
) -> AmiAssignment:
    require(by, Perm.SCORE)
    said = _clean(reason, REASON_MAX, "motif")
    if len(said) < 5:
        raise Refused("Dites pourquoi : ce motif reste au dossier.", "motif")
    try:
        with transaction.atomic():
            assignment = _expected(by, application)
            _settle(by, application, assignment, state, key, said)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return assignment


def _expected(by: Actor, application: AmiApplication) -> AmiAssignment:
    """The actor's own assignment, held; ``Conflict`` when no note is expected of it any more."""
    row = (
        AmiAssignment.objects.visible_to(by)
        .filter(application=application, scorer_id=by.user_id)
        .select_for_update(of=("self",))
        .first()
    )
    state = AmiApplication.objects.visible_to(by).filter(pk=application.pk).values_list("state", flat=True)
    if row is None or row.state != S.ATTENDUE or state.first() != ApplicationState.RECEVABLE:
        raise Conflict(moves.RULES["amisheet_expected"])
    return row


def _save(
    by: Actor,
    application: AmiApplication,
    assignment: AmiAssignment,
    notes: Mapping[int, Note],
    comment: str,
) -> AmiScoreSheet:
    lines = {line.pk for line in grid_of(by, application)}
    if set(notes) - lines:
        raise Refused("Cette grille n’est pas celle de l’appel. Rechargez la page.")
    said = _clean(comment, COMMENT_MAX, "appreciation", multiline=True)
    sheet = own_sheet(by, application) or AmiScoreSheet(
        region_id=application.region_id,
        application=application,
        assignment=assignment,
        scorer_id=by.user_id,
    )
    sheet.comment, sheet.saved_at = said, timezone.now()
    sheet.save()
    empty = [pk for pk in notes if notes[pk].value is None]
    AmiScore.objects.visible_to(by).filter(sheet=sheet, grid_id__in=empty).delete()
    kept = []
    for pk, note in notes.items():
        if note.value is None:
            continue
        if not 0 <= note.value <= NOTE_MAX:
            raise Refused("Une note va de 0 à 5.", f"note-{pk}")
        text = _clean(note.comment, NOTE_COMMENT_MAX, f"commentaire-{pk}")
        kept.append(AmiScore(sheet=sheet, grid_id=pk, value=note.value, comment=text))
    if kept:
        AmiScore.objects.bulk_create(
            kept,
            update_conflicts=True,
            unique_fields=["sheet", "grid"],
            update_fields=["value", "comment"],
        )
    return sheet


def _settle(
    by: Actor,
    application: AmiApplication,
    assignment: AmiAssignment,
    state: AssignmentState,
    key: str,
    reason: str = "",
) -> None:
    """The step first: a recused account no longer sees the file it would be left on."""
    comment = f"{assignment.scorer_label}. {reason}" if reason else assignment.scorer_label
    moves.leave_step(by=by, application=application, key=key, comment=comment, told=False)
    assignment.state, assignment.reason = state, reason
    assignment.settled_at, assignment.settled_by_label = timezone.now(), by.label or "Système"
    assignment.save(update_fields=["state", "reason", "settled_at", "settled_by_label"])
    audit.record(
        f"labelling.noteur_{state}",
        by=by,
        object_type="amiassignment",
        object_id=assignment.pk,
        data={"dossier": application.pk, "compte": assignment.scorer_id, "etat": str(state)},
    )


def _clean(text: str, limit: int, field: str, *, multiline: bool = False) -> str:
    try:
        return clean_text(text, multiline=multiline, max_length=limit)
    except TextRefused as error:
        raise Refused(str(error), field) from None
