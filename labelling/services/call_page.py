"""A call as its readers see it: the same reading for the public page, the inside page and the PDF."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from labelling.enums_ami import CallState
from labelling.models import (
    AmiCall,
    AmiCallCommission,
    AmiCriterion,
    AmiErratum,
    AmiExtension,
    AmiGridCriterion,
    AmiQuestion,
)
from labelling.services import moments
from labelling.services.call_questions import may_ask
from labelling.services.clock import now
from spo_portal.kernel.tenancy.scope import Scope, scoped
from spo_portal.kernel.typography import plain_date
from territories.access import Actor
from territories.models import Region, Territory


@dataclass(frozen=True)
class Phase:
    """Where a call stands at one moment. ``takes_files``: a file may be submitted now."""

    key: str
    label: str
    kind: str
    sentence: str
    takes_files: bool = False


def phase_of(call: AmiCall, at: datetime.datetime) -> Phase:
    """Read on the clock given: a call closes by itself, no row says so."""
    if call.state == CallState.BROUILLON:
        return Phase("brouillon", "En préparation", "plain", "Cet appel n’est pas encore publié.")
    if call.state == CallState.ANNULE:
        when = plain_date(moments.in_paris(call.cancelled_at)) if call.cancelled_at else ""
        return Phase("annule", "Annulé", "error", f"Appel annulé le {when}.")
    if call.state == CallState.PUBLIE:
        when = plain_date(moments.in_paris(call.results_at)) if call.results_at else ""
        return Phase("publie", "Résultats publiés", "info", f"Résultats publiés le {when}.")
    if call.opens_at is None or call.closes_at is None:
        return Phase("brouillon", "En préparation", "plain", "Cet appel n’a pas encore de dates.")
    until = moments.to_the_second(call.closes_at)
    if at < call.opens_at:
        opens = moments.to_the_second(call.opens_at)
        return Phase("a_venir", "Dépôts à venir", "info", f"Les dépôts ouvrent le {opens}.")
    left = moments.time_left(call.closes_at, at)
    if not left:
        return Phase("clos", "Clos", "plain", f"Les dépôts sont clos depuis le {until}.")
    near = moments.end_of(call.closes_at) - at < datetime.timedelta(days=7)
    return Phase(
        "ouvert",
        "Ouvert",
        "warn" if near else "ok",
        f"Dépôts ouverts jusqu’au {until}. Temps restant : {left}.",
        takes_files=True,
    )


@dataclass(frozen=True)
class Block:
    """A paragraph, or a list when ``items`` is not empty."""

    words: str = ""
    items: tuple[str, ...] = ()


def blocks_of(text: str) -> list[Block]:
    """The paragraphs and lists of a text typed plainly: a line that starts with a dash is an item."""
    blocks: list[Block] = []
    items: list[str] = []
    for raw in text.split("\n"):
        line = raw.strip()
        if line[:2] in ("- ", "– ", "• "):
            items.append(line[2:].strip())
            continue
        if items:
            blocks.append(Block(items=tuple(items)))
            items = []
        if line:
            blocks.append(Block(line))
    if items:
        blocks.append(Block(items=tuple(items)))
    return blocks


@dataclass(frozen=True)
class Section:
    number: int
    title: str
    blocks: list[Block]
    criteria: list[AmiCriterion]

    @property
    def ident(self) -> str:
        return f"partie-{self.number}"


@dataclass(frozen=True)
class Concerned:
    """A commission the call concerns, with its bassins."""

    pk: int
    name: str
    bassins: list[str]


@dataclass(frozen=True)
class CallPage:
    """All that a reader may read of one call, at one moment."""

    call: AmiCall
    at: datetime.datetime
    phase: Phase
    sections: list[Section]
    criteria: list[AmiCriterion]
    grid: list[AmiGridCriterion]
    commissions: list[Concerned]
    errata: list[AmiErratum]
    extensions: list[AmiExtension]
    questions: list[AmiQuestion]
    waiting: list[AmiQuestion] = field(default_factory=list)

    @property
    def deadline(self) -> str:
        return moments.to_the_second(self.call.closes_at) if self.call.closes_at else ""

    @property
    def opening(self) -> str:
        return moments.to_the_second(self.call.opens_at) if self.call.opens_at else ""

    @property
    def questions_end(self) -> str:
        return moments.to_the_second(self.call.questions_until) if self.call.questions_until else ""

    @property
    def takes_questions(self) -> bool:
        return may_ask(self.call, self.at)

    @property
    def weights(self) -> int:
        return sum(line.weight for line in self.grid)

    @property
    def bassins_count(self) -> int:
        return sum(len(one.bassins) for one in self.commissions)

    def origin(self, criterion: AmiCriterion) -> str:
        """Title of the section a criterion comes from."""
        titles = {section.number: section.title for section in self.sections}
        return titles.get(criterion.section, "")


def read_call(by: Actor, call: AmiCall) -> CallPage:
    """Read the call for its reader. Lists are read here and now, within the reader's scope."""
    at = now()
    criteria = list(AmiCriterion.objects.visible_to(by).filter(call=call))
    sections = [
        Section(place, str(part["titre"]), blocks_of(str(part["texte"])), _of(criteria, place))
        for place, part in enumerate(call.sections, 1)
    ]
    questions = list(AmiQuestion.objects.visible_to(by).filter(call=call).order_by("-answered_at", "-pk"))
    return CallPage(
        call=call,
        at=at,
        phase=phase_of(call, at),
        sections=sections,
        criteria=criteria,
        grid=list(AmiGridCriterion.objects.visible_to(by).filter(call=call)),
        commissions=_commissions(by, call),
        errata=list(AmiErratum.objects.visible_to(by).filter(call=call)),
        extensions=list(AmiExtension.objects.visible_to(by).filter(call=call)),
        questions=[one for one in questions if one.answered_at],
        waiting=sorted((one for one in questions if not one.answered_at), key=lambda one: one.asked_at),
    )


def _of(criteria: list[AmiCriterion], section: int) -> list[AmiCriterion]:
    return [one for one in criteria if one.section == section]


def _natural(code: str) -> tuple[str, int]:
    """C2 comes before C10: the letters, then the number that follows them."""
    letters = code.rstrip("0123456789")
    return letters, int(code[len(letters) :] or 0)


def _commissions(by: Actor, call: AmiCall) -> list[Concerned]:
    links = AmiCallCommission.objects.visible_to(by).filter(call=call).select_related("commission")
    ordered = sorted((link.commission for link in links), key=lambda one: (_natural(one.code), one.name))
    bassins: dict[int, list[str]] = {}
    found = Territory.objects.visible_to(by).filter(region=call.region_id, commission__isnull=False)
    for commission, name in found.order_by("order", "name").values_list("commission_id", "name"):
        bassins.setdefault(commission, []).append(name)
    return [Concerned(one.pk, one.name, bassins.get(one.pk, [])) for one in ordered]


@contextmanager
def public_reader(region: Region) -> Iterator[Actor]:
    """Anybody, reading what the region publishes: its calls that are out and its own reference, no more."""
    scope = Scope(wide=(region.pk,))
    with scoped(scope):
        yield Actor(region=region, scope=scope)


def published_calls(by: Actor, region: Region) -> list[tuple[AmiCall, Phase]]:
    """Calls that are out, those that take files first, then the latest."""
    at = now()
    calls = AmiCall.objects.visible_to(by).filter(region=region).exclude(state=CallState.BROUILLON)
    found = [(call, phase_of(call, at)) for call in calls.order_by("-opens_at", "-pk")]
    order = {"ouvert": 0, "a_venir": 1}
    return sorted(found, key=lambda pair: order.get(pair[1].key, 2))


def current_calls(by: Actor) -> list[tuple[AmiCall, Phase]]:
    """Calls of the reader's region that still run: drafts of the Region, open or closed, not yet ended."""
    running = [CallState.BROUILLON, CallState.OUVERT]
    calls = list(AmiCall.objects.visible_to(by).filter(state__in=running).order_by("-pk")[:5])
    if not calls:
        return []
    at = now()
    return [(call, phase_of(call, at)) for call in calls]
