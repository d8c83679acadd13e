"""Named ways of spending an envelope, compared side by side before deciding. None of them binds anybody.

A scenario keeps files with an amount each. What is already decided counts in every scenario, at its decided
amount. Two officers who write the same scenario meet on its version: the second reads again, nothing is lost.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.db.utils import IntegrityError

from labelling.models import AmiApplication, AmiCall, AmiProposal, AmiScenario, AmiScenarioLine
from labelling.permissions import Perm
from labelling.services import decisions
from labelling.services.envelope import Ceiling, share_limit
from labelling.services.notes import recused
from labelling.services.simulation import board_of, propose
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

NAME_MAX, NOTE_MAX = 80, 400
AT_MOST = 8
CHANGED = (
    "Un autre agent a enregistré ce scénario entre-temps. Le sien est affiché ; le vôtre est gardé dessous."
)
PROPOSAL = "Un projet par bassin, le mieux noté d’abord"


def _name(text: str) -> str:
    try:
        name = clean_text(text)
    except TextRefused as error:
        raise Refused(str(error), "nom") from None
    if not name:
        raise Refused("Donnez un nom à ce scénario.", "nom")
    if len(name) > NAME_MAX:
        raise Refused(f"{NAME_MAX} caractères au plus.", "nom")
    return name


def _lock(by: Actor, scenario: AmiScenario) -> AmiScenario:
    require(by, Perm.DECIDE)
    rows = AmiScenario.objects.visible_to(by).select_for_update(of=("self",)).select_related("call__region")
    found = rows.filter(pk=scenario.pk).first()
    if found is None:
        raise Conflict("Ce scénario a été supprimé par un autre agent.")
    return found


def _same_name(error: IntegrityError) -> Refused:
    diagnostic = getattr(error.__cause__, "diag", None)
    if getattr(diagnostic, "constraint_name", "") == "amiscenario_name":
        return Refused("Un scénario de cet appel porte déjà ce nom.", "nom")
    raise error


def create_scenario(
    *, by: Actor, call: AmiCall, name: str, lines: Mapping[int, int] | None = None, note: str = ""
) -> AmiScenario:
    """Add a scenario to a call, empty or with ``lines`` (application id to centimes)."""
    require(by, Perm.DECIDE)
    wanted = _name(name)
    try:
        with transaction.atomic():
            decisions.lock_call(by, call.pk)
            if AmiScenario.objects.visible_to(by).filter(call=call).count() >= AT_MOST:
                raise Refused(f"{AT_MOST} scénarios au plus pour un appel : supprimez-en un d’abord.", "nom")
            made = AmiScenario.objects.create(
                region_id=call.region_id,
                call=call,
                name=wanted,
                note=note[:NOTE_MAX],
                created_by_label=by.label or "Système",
            )
            _write(made, lines or {})
    except IntegrityError as error:
        raise _same_name(error) from error
    return made


def _write(scenario: AmiScenario, lines: Mapping[int, int]) -> None:
    AmiScenarioLine.objects.bulk_create(
        AmiScenarioLine(
            region_id=scenario.region_id,
            scenario=scenario,
            call_id=scenario.call_id,
            application_id=key,
            amount=amount,
        )
        for key, amount in lines.items()
    )


def copy_scenario(*, by: Actor, scenario: AmiScenario, name: str) -> AmiScenario:
    """The same lines under another name."""
    kept = AmiScenarioLine.objects.visible_to(by).filter(scenario=scenario)
    lines = dict(kept.values_list("application_id", "amount"))
    return create_scenario(by=by, call=scenario.call, name=name, lines=lines, note=scenario.note)


def rename_scenario(*, by: Actor, scenario: AmiScenario, name: str, seen: int) -> AmiScenario:
    """Change the name; ``Conflict`` when another officer saved it since ``seen``."""
    wanted = _name(name)
    try:
        with transaction.atomic():
            locked = _lock(by, scenario)
            if locked.version != seen:
                raise Conflict(CHANGED)
            rows = AmiScenario.objects.visible_to(by).filter(pk=locked.pk)
            rows.update(name=wanted, version=F("version") + 1)
    except IntegrityError as error:
        raise _same_name(error) from error
    locked.refresh_from_db()
    return locked


@transaction.atomic
def delete_scenario(*, by: Actor, scenario: AmiScenario, seen: int) -> None:
    """Remove a scenario nobody changed since ``seen``. It bound nobody: nothing else moves."""
    locked = _lock(by, scenario)
    if locked.version != seen:
        raise Conflict(CHANGED)
    audit.record("labelling.ami_scenario_removed", by=by, object_type="amiscenario", object_id=locked.pk)
    AmiScenario.objects.visible_to(by).filter(pk=locked.pk).delete()


@transaction.atomic
def save_lines(*, by: Actor, scenario: AmiScenario, lines: Mapping[int, int], seen: int) -> AmiScenario:
    """Replace what the scenario keeps: application id to centimes.

    Each amount is within what is asked and 80 % of the charges; the whole may exceed the envelope, and the
    screen says by how much: a scenario is there to be tried.
    """
    locked = _lock(by, scenario)
    if locked.version != seen:
        raise Conflict(CHANGED)
    board = board_of(by, locked.call)
    free = {one.application.pk: one.application for one in board.files if not one.decided}
    unknown = set(lines) - set(free)
    if unknown:
        raise Refused("Un de ces dossiers n’est plus à décider. Rechargez la page.")
    for key, amount in lines.items():
        one = free[key]
        problems = Ceiling(one.region_asked, share_limit(one), left=amount).problems(amount)
        if problems:
            raise Refused(f"{one.number} : {problems[0]}", f"montant_{key}")
    AmiScenarioLine.objects.visible_to(by).filter(scenario=locked).delete()
    _write(locked, lines)
    AmiScenario.objects.visible_to(by).filter(pk=locked.pk).update(version=F("version") + 1)
    locked.refresh_from_db()
    return locked


@transaction.atomic
def save_proposal(*, by: Actor, call: AmiCall) -> AmiScenario:
    """Keep what the portal computes as a new scenario, « un projet par bassin, le mieux noté d’abord »."""
    require(by, Perm.DECIDE)
    board = board_of(by, call)
    found = propose(board)
    if not found.lines:
        raise Refused("Aucun dossier noté n’est encore à décider : il n’y a rien à proposer.")
    names = {view.scenario.name for view in board.scenarios}
    name = next(n for n in (PROPOSAL, *(f"{PROPOSAL} ({i})" for i in range(2, 99))) if n not in names)
    return create_scenario(by=by, call=call, name=name, lines=found.lines, note=found.words)


@transaction.atomic
def adopt_scenario(*, by: Actor, scenario: AmiScenario, seen: int) -> int:
    """Take a scenario's amounts as the amounts proposed by the instruction; returns how many files.

    Files it does not keep are proposed at 0. Nothing is decided by this; decided files are left alone.
    """
    locked = _lock(by, scenario)
    if locked.version != seen:
        raise Conflict(CHANGED)
    board = board_of(by, locked.call)
    lines = next(view.lines for view in board.scenarios if view.scenario.pk == locked.pk)
    free = [one.application for one in board.files if not one.decided]
    # One order for all: two adoptions at the same time wait, and never lock each other out.
    rows = AmiApplication.objects.visible_to(by).select_for_update(of=("self",)).order_by("pk")
    held = {row.pk: row for row in rows.filter(pk__in=[one.pk for one in free])}
    kept = {
        row.application_id: row for row in AmiProposal.objects.visible_to(by).filter(application__in=held)
    }
    adopted = 0
    for application in held.values():
        if application.state not in decisions.PROPOSED or recused(by, application):
            continue
        before = kept.get(application.pk)
        decisions.set_proposal(
            by=by,
            application=application,
            amount=lines.get(application.pk, 0),
            note=before.note if before else "",
            seen=before.version if before else 0,
            scenario=locked.name,
        )
        adopted += 1
    audit.record(
        "labelling.ami_scenario_adopted",
        by=by,
        object_type="amiscenario",
        object_id=locked.pk,
        data={"dossiers": adopted, "retenus": len(lines)},
    )
    return adopted
