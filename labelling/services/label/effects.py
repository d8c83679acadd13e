"""What a decision changes, place by place: which Labellisation begins, which ends, what readers will see."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelling.enums import LabelStatus
from labelling.enums_label import DossierKind, PlaceOutcome, PlaceProposal
from labelling.models import LabelDossier, Labellisation, LabelPlace
from spo_portal.kernel.typography import plain_date
from territories.access import Actor

if TYPE_CHECKING:
    from labelling.services.label.decision import Act

Out = PlaceOutcome
EVE = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Outcome:
    """What is decided of one place, and why when it is refused or ended."""

    kind: str
    reason: str = ""


@dataclass(frozen=True)
class Effect:
    """One place, before and after. ``status``: what begins; ``ends_on``: last day of what is in force."""

    place: LabelPlace
    outcome: Outcome
    before: str
    after: str
    status: LabelStatus | None = None
    ends_on: datetime.date | None = None

    @property
    def changes(self) -> bool:
        return self.status is not None or self.ends_on is not None


def why_not_labelled(row: LabelPlace) -> str:
    """Why this place can't be labelled at all, in the words of the screen; empty when it can."""
    if row.site.organisation.is_training_body:
        return "un organisme de formation n’est pas labellisé (indépendance de l’orientation)."
    if row.site.reseau_id is None:
        return "ce lieu n’est membre d’aucun réseau : il ne peut être que partenaire associé."
    if not row.site.active:
        return "ce lieu est fermé dans l’annuaire."
    return ""


def standing_of(by: Actor, sites: Iterable[int], day: datetime.date) -> dict[int, Labellisation]:
    """The row in force of each place on that day."""
    rows = Labellisation.objects.visible_to(by).in_force(day).filter(site_id__in=list(sites))
    return {row.site_id: row for row in rows}


def proposed_outcome(row: LabelPlace, standing: Labellisation | None) -> Outcome:
    """What the screen proposes: the territory's own proposal, and the end of a label it no longer asks."""
    if row.proposal == PlaceProposal.LABEL and not why_not_labelled(row):
        return Outcome(Out.LABELLISE)
    if row.proposal == PlaceProposal.ASSOCIE:
        return Outcome(Out.ASSOCIE)
    if standing is not None:
        closed = "Lieu fermé." if not row.site.active else "Lieu sorti du dossier par le territoire."
        return Outcome(Out.FIN, row.note or closed)
    return Outcome(Out.NONE)


def effects_of(*, by: Actor, dossier: LabelDossier, places: Sequence[LabelPlace], act: "Act") -> list[Effect]:
    """Before and after of every place, in the order given. A refusal of the whole changes nothing."""
    first = act.starts_on or act.decided_on
    standing = standing_of(by, [row.site_id for row in places], first - EVE)
    later = standing_of(by, [row.site_id for row in places], first)
    found = []
    for row in places:
        outcome = act.outcomes.get(row.pk, Outcome(Out.NONE)) if act.granted else Outcome(Out.REFUSE)
        now = later.get(row.site_id) or standing.get(row.site_id)
        found.append(_effect(dossier, row, outcome, now, first, act))
    return found


def _effect(
    dossier: LabelDossier,
    row: LabelPlace,
    outcome: Outcome,
    now: Labellisation | None,
    first: datetime.date,
    act: "Act",
) -> Effect:
    before = words_of(now)
    keeps = f"reste : {before.lower()}" if now else "reste sans label"
    if outcome.kind == Out.FIN and now is not None:
        last = max(first - EVE, now.starts_on)
        return Effect(row, outcome, before, f"fin le {plain_date(last)}", ends_on=last)
    status = {Out.LABELLISE: LabelStatus.LABELLISE, Out.ASSOCIE: LabelStatus.ASSOCIE}.get(outcome.kind)  # type: ignore[call-overload]
    if not act.granted or status is None:
        return Effect(row, outcome, before, keeps)
    same = now is not None and now.status == status
    if same and dossier.kind == DossierKind.MODIFICATION:
        # An amendment changes the places it names; the others keep their dates.
        return Effect(row, outcome, before, keeps)
    if status == LabelStatus.ASSOCIE and row.site.reseau_id is None:
        return Effect(row, outcome, before, "partenaire associé, hors réseau")
    until = f" jusqu’au {plain_date(act.ends_on)}" if act.ends_on else ""
    words = "labellisé" if status == LabelStatus.LABELLISE else "partenaire associé"
    return Effect(row, outcome, before, f"{words} du {plain_date(first)}{until}", status=status)


def words_of(row: Labellisation | None) -> str:
    """« Labellisé jusqu’au 3 mai 2027 »."""
    if row is None:
        return "Sans label"
    until = f" jusqu’au {plain_date(row.ends_on)}" if row.ends_on else ""
    return f"{row.get_status_display()}{until}"


@dataclass(frozen=True)
class Totals:
    """How many places are labelled and partners, before and after, for the map and the figures."""

    labelled_before: int
    labelled_after: int
    partners_before: int
    partners_after: int


def totals(effects: Sequence[Effect]) -> Totals:
    """Of the places of the dossier only."""

    def count(words: str, when: str) -> int:
        return sum(getattr(one, when).lower().startswith((words, f"reste : {words}")) for one in effects)

    return Totals(
        count("labellisé", "before"),
        count("labellisé", "after"),
        count("partenaire associé", "before"),
        count("partenaire associé", "after"),
    )
