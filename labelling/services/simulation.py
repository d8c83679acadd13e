"""What the scenarios of a call cost and cover, and the one the portal proposes: reading only.

A mean is used only where the reader knows the notes (``services.notes``) and the instruction is closed, so
that neither a sum nor an order tells a note before its time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labelling.enums_ami import ApplicationState, Opinion, Outcome
from labelling.models import (
    AmiApplication,
    AmiCall,
    AmiDecision,
    AmiProposal,
    AmiScenario,
    AmiScenarioLine,
    Avis,
)
from labelling.services.coverage import Coverage, coverage_of
from labelling.services.envelope import Envelope, envelope_of, share_limit
from labelling.services.notes import NONE, Notes, mean_of, notes_of
from spo_portal.kernel.typography import counted
from territories.access import Actor

S = ApplicationState
FREE = (S.RECEVABLE, S.INSTRUITE, S.AVIS_RENDU)
IN_PLAY = (*FREE, S.DECIDEE, S.RETENUE, S.CONVENTIONNEE, S.OUVERTE)


@dataclass(frozen=True)
class File:
    """One file of the call as the simulator shows it. ``notes`` only once its instruction is closed."""

    application: AmiApplication
    notes: Notes
    opinion: str = ""
    proposed: int | None = None
    decided_outcome: str = ""
    decided_amount: int = 0

    @property
    def decided(self) -> bool:
        return self.application.state not in FREE

    @property
    def most(self) -> int:
        """What it may be given at most, the envelope apart."""
        return min(self.application.region_asked, share_limit(self.application))

    @property
    def usual(self) -> int:
        """The amount a scenario starts with: what is proposed, or what is asked."""
        return min(self.proposed, self.most) if self.proposed else self.most


@dataclass(frozen=True)
class View:
    """A scenario and what it makes of the call. ``lines``: undecided files it keeps, in centimes."""

    scenario: AmiScenario
    lines: dict[int, int]
    cost: int
    left: int
    covered: int
    missing: tuple[str, ...]
    files: int
    mean: int | None
    unknown: int

    @property
    def over(self) -> bool:
        return self.left < 0


@dataclass(frozen=True)
class Board:
    """The whole page: the call, its envelope, the files in play, the scenarios side by side."""

    call: AmiCall
    envelope: Envelope
    files: tuple[File, ...]
    coverage: Coverage
    scenarios: tuple[View, ...]


@dataclass(frozen=True)
class Proposed:
    """What the portal proposes: amounts by application, and how it got there in words."""

    lines: dict[int, int]
    words: str


def board_of(by: Actor, call: AmiCall) -> Board:
    """Read everything once; the query count does not grow with files or scenarios."""
    rows = AmiApplication.objects.visible_to(by).filter(call=call, state__in=IN_PLAY)
    applications = list(
        rows.select_related("territory", "organisation", "commission").order_by(
            "territory__order", "territory__name", "number"
        )
    )
    closed = [one for one in applications if one.state != S.RECEVABLE]
    notes = notes_of(by, closed)
    opinions = dict(
        Avis.objects.visible_to(by).filter(application__in=closed).values_list("application_id", "opinion")
    )
    proposed = dict(
        AmiProposal.objects.visible_to(by)
        .filter(application__call=call)
        .values_list("application_id", "amount")
    )
    decided = {
        key: (outcome, amount)
        for key, outcome, amount in AmiDecision.objects.visible_to(by)
        .filter(call=call, superseded_at=None)
        .values_list("application_id", "outcome", "amount")
    }
    files = tuple(
        File(
            one,
            notes.get(one.pk, Notes(NONE)),
            opinions.get(one.pk, ""),
            proposed.get(one.pk),
            *decided.get(one.pk, ("", 0)),
        )
        for one in applications
    )
    coverage = coverage_of(by, call)
    envelope = envelope_of(by, call)
    return Board(call, envelope, files, coverage, _views(by, call, files, coverage, envelope))


def _views(
    by: Actor, call: AmiCall, files: Sequence[File], coverage: Coverage, envelope: Envelope
) -> tuple[View, ...]:
    kept: dict[int, dict[int, int]] = {}
    rows = AmiScenarioLine.objects.visible_to(by).filter(call=call)
    for scenario, key, amount in rows.values_list("scenario_id", "application_id", "amount"):
        kept.setdefault(scenario, {})[key] = amount
    scenarios = AmiScenario.objects.visible_to(by).filter(call=call)
    return tuple(
        view_of(scenario, kept.get(scenario.pk, {}), files, coverage, envelope) for scenario in scenarios
    )


def view_of(
    scenario: AmiScenario,
    lines: dict[int, int],
    files: Iterable[File],
    coverage: Coverage,
    envelope: Envelope,
) -> View:
    """Cost, rest, bassins and mean of one scenario; decided files count at their decided amount."""
    files = list(files)
    free = {one.application.pk: one for one in files if not one.decided}
    mine = {key: amount for key, amount in lines.items() if key in free}
    chosen = [one for one in files if one.application.pk in mine or one.decided_outcome == Outcome.RETENUE]
    places = {one.application.territory_id for one in chosen}
    missing = [b.name for b in coverage.bassins if not b.covered and b.territory.pk not in places]
    means = [one.notes.mean for one in chosen if one.notes.mean is not None]
    cost = envelope.committed + sum(mine.values())
    return View(
        scenario=scenario,
        lines=mine,
        cost=cost,
        left=envelope.total - cost,
        covered=coverage.total - len(missing),
        missing=tuple(missing),
        files=len(chosen),
        mean=mean_of(means),
        unknown=len(chosen) - len(means),
    )


def propose(board: Board) -> Proposed:
    """One project per bassin first, the best noted of each; then the others by note, as the envelope allows.

    A file without a known mean, or with an unfavourable avis, is left to people. Equal means: the smaller
    amount first, then the number. The amount is what is proposed, or else what is asked.
    """
    ranked = sorted(
        (
            one
            for one in board.files
            if not one.decided
            and one.notes.mean is not None
            and one.opinion != Opinion.DEFAVORABLE
            and one.proposed != 0
            and one.usual > 0
        ),
        key=lambda one: (-(one.notes.mean or 0), one.usual, one.application.number),
    )
    covered = {b.territory.pk for b in board.coverage.bassins if b.covered}
    left, lines = board.envelope.left, {}
    for first in (True, False):
        for one in ranked:
            key, place = one.application.pk, one.application.territory_id
            if key in lines or (first and place in covered) or one.usual > left:
                continue
            lines[key] = one.usual
            covered.add(place)
            left -= one.usual
    aside = sum(not one.decided for one in board.files) - len(ranked)
    words = "Proposé par le portail d’après les notes."
    if aside:
        words += f" Laissés de côté : {counted(aside, 'dossier')} sans note connue ou à l’avis défavorable."
    return Proposed(lines, words)
