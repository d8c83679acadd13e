"""Who scores what: files confided to accounts of the Region and to chargés de mission, with their workload.

A file is confided while it is recevable, before its notes open: nobody who could have read the notes is asked
for one afterwards (trigger ``assignment_holds``). A conflict of interest found keeps the file from the
account; what is found by address alone is shown, and a person decides.
"""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState, AssignmentState
from labelling.models import AmiApplication, AmiAssignment
from labelling.permissions import Perm
from labelling.services import clock, moves
from labelling.services.complements import end_of_day
from labelling.services.conflicts import conflicts_of, strong
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, holders, require
from territories.models import Membership

CONFIDED, WITHDRAWN, RECUSED = "noteur_confie", "noteur_retire", "recusation"
REASON_MAX = 400
LONGEST = datetime.timedelta(days=366)
S = AssignmentState


@dataclass(frozen=True)
class Scorer:
    """An account that may score: its shown name, and for which mandate."""

    user_id: int
    label: str
    scope: str

    @property
    def words(self) -> str:
        return f"{self.label} ({self.scope})" if self.scope and self.scope not in self.label else self.label


@dataclass(frozen=True)
class Load:
    """Files confided to one account: notes expected, of which late, notes given, abstentions and recusals."""

    expected: int = 0
    late: int = 0
    given: int = 0
    aside: int = 0

    @property
    def total(self) -> int:
        return self.expected + self.given


def candidates(by: Actor) -> list[Scorer]:
    """Accounts of the region whose mandate in force may score, by name; one line per account."""
    rows = (
        Membership.objects.visible_to(by)
        .in_force()
        .filter(
            region_id=by.region_id,
            role__in=[role.value for role in holders(Perm.SCORE)],
            user__is_active=True,
        )
        .order_by("user__display_name", "user_id", "pk")
        .values_list("user_id", "user__display_name", "scope_label")
    )
    found: dict[int, Scorer] = {}
    for user_id, name, scope in rows:
        found.setdefault(user_id, Scorer(user_id, name, scope))
    return list(found.values())


def workload(by: Actor, *, call_id: int | None = None) -> dict[int, Load]:
    """Notes expected and given, per account; of one call, or of every call of the region. One query."""
    rows = AmiAssignment.objects.visible_to(by).filter(region_id=by.region_id)
    if call_id is not None:
        rows = rows.filter(application__call_id=call_id)
    now = clock.now()
    counted = (
        rows.order_by()
        .values("scorer_id")
        .annotate(
            expected=Count("pk", filter=Q(state=S.ATTENDUE)),
            late=Count("pk", filter=Q(state=S.ATTENDUE, due_at__lt=now)),
            given=Count("pk", filter=Q(state=S.DONNEE)),
            aside=Count("pk", filter=Q(state__in=[S.ABSTENTION, S.RECUSEE])),
        )
    )
    return {
        row["scorer_id"]: Load(row["expected"], row["late"], row["given"], row["aside"]) for row in counted
    }


def assign(
    *, by: Actor, application: AmiApplication, user_id: int, due_on: datetime.date | None = None
) -> AmiAssignment:
    """Confide a file to an account until a day; raises ``Refused`` for a strong conflict of interest."""
    require(by, Perm.INSTRUCT)
    scorer = _candidate(by, user_id)
    due_at = due_at_end_of(due_on)
    found = strong(conflicts_of(by=by, user_ids=[user_id], applications=[application]).get(
        (user_id, application.pk), []
    ))
    if found:
        raise Refused(f"{scorer.label} ne peut pas noter ce dossier. {found[0].sentence}", "noteur")
    return _write(by, application, scorer, S.ATTENDUE, due_at=due_at)


def recuse(*, by: Actor, application: AmiApplication, user_id: int, reason: str = "") -> AmiAssignment:
    """Set an account aside for one file, asked or not: it reads neither the file nor its notes.

    Without a ``reason``, the conflict found is the reason; without either, ``Refused``.
    """
    require(by, Perm.INSTRUCT)
    scorer = _candidate(by, user_id)
    said = _reason(reason)
    if not said:
        found = conflicts_of(by=by, user_ids=[user_id], applications=[application])
        links = found.get((user_id, application.pk), [])
        said = " ".join(link.sentence for link in links)[:REASON_MAX]
    if len(said) < 5:
        raise Refused("Dites quel conflit d’intérêts écarte ce noteur.", "motif")
    return _write(by, application, scorer, S.RECUSEE, reason=said)


def withdraw(*, by: Actor, assignment: AmiAssignment, reason: str = "") -> AmiAssignment:
    """Take a file back from an account that gave no note; it may be confided to it again."""
    require(by, Perm.INSTRUCT)
    application = AmiApplication.objects.visible_to(by).get(pk=assignment.application_id)
    scorer = Scorer(assignment.scorer_id, assignment.scorer_label, "")
    return _write(by, application, scorer, S.RETIREE, reason=_reason(reason))


def _write(
    by: Actor,
    application: AmiApplication,
    scorer: Scorer,
    state: AssignmentState,
    *,
    due_at: datetime.datetime | None = None,
    reason: str = "",
) -> AmiAssignment:
    """One assignment brought to ``state``, under the lock of its file, with its step and its audit event."""
    key = {S.ATTENDUE: CONFIDED, S.RETIREE: WITHDRAWN, S.RECUSEE: RECUSED}[state]
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            if locked.state != ApplicationState.RECEVABLE:
                raise Conflict(moves.RULES["amiassignment_open"])
            row = (
                AmiAssignment.objects.visible_to(by)
                .filter(application=locked, scorer_id=scorer.user_id)
                .select_for_update(of=("self",))
                .first()
            )
            _check_from(row, state)
            row = row or AmiAssignment(
                region_id=locked.region_id, application=locked, scorer_id=scorer.user_id
            )
            row.scorer_label, row.state, row.reason = scorer.label, state, reason
            if state == S.ATTENDUE:
                row.due_at, row.settled_at, row.settled_by_label = due_at, None, ""
                row.assigned_at, row.assigned_by_label = timezone.now(), by.label or "Système"
            else:
                row.settled_at, row.settled_by_label = timezone.now(), by.label or "Système"
                row.assigned_by_label = row.assigned_by_label or by.label or "Système"
            row.save()
            comment = f"{scorer.label}. {reason}" if reason else scorer.label
            moves.leave_step(by=by, application=locked, key=key, comment=comment, told=False)
            _audit(by, row)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return row


def _check_from(row: AmiAssignment | None, state: AssignmentState) -> None:
    now = row.state if row else ""
    if now == S.DONNEE:
        raise Refused("Ce compte a donné sa note sur ce dossier : elle ne change plus.", "noteur")
    if now == S.RECUSEE:
        raise Refused("Ce compte est récusé sur ce dossier.", "noteur")
    if state == S.ATTENDUE and now == S.ATTENDUE:
        raise Refused("Ce dossier est déjà confié à ce compte.", "noteur")
    if state == S.RETIREE and now != S.ATTENDUE:
        raise Refused("Ce dossier n’est plus confié à ce compte.", "noteur")


def _audit(by: Actor, row: AmiAssignment) -> None:
    audit.record(
        f"labelling.noteur_{row.state}",
        by=by,
        object_type="amiassignment",
        object_id=row.pk,
        data={"dossier": row.application_id, "compte": row.scorer_id, "etat": row.state},
    )


def _candidate(by: Actor, user_id: int) -> Scorer:
    found = next((scorer for scorer in candidates(by) if scorer.user_id == user_id), None)
    if found is None:
        raise Refused("Ce compte ne note pas dans votre région.", "noteur")
    return found


def due_at_end_of(day: datetime.date | None) -> datetime.datetime | None:
    if day is None:
        return None
    now = clock.now()
    due = end_of_day(day)
    if not now < due <= now + LONGEST:
        raise Refused("Choisissez un jour à venir, dans un an au plus.", "jour")
    return due


def _reason(text: str) -> str:
    try:
        return clean_text(text, max_length=REASON_MAX)
    except TextRefused as error:
        raise Refused(str(error), "motif") from None
