"""Everything a file holds, read once for a screen: texts, place, criteria, progress, partners, files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from labelling.enums_ami import CriterionAnswer
from labelling.models import (
    AmiApplication,
    AmiAttachment,
    AmiContribution,
    AmiCriterion,
    AmiCriterionAnswer,
    AmiPlace,
    AmiProgressLine,
    AmiSection,
)
from labelling.services.budget import budget_of
from labelling.services.budget_rules import Budget
from territories import hours
from territories.access import Actor
from territories.services.hours import ordinary_of


@dataclass(frozen=True)
class Line:
    """One criterion of the call with the porteur's answer, if any."""

    criterion: AmiCriterion
    answer: AmiCriterionAnswer | None = None

    @property
    def words(self) -> str:
        return CriterionAnswer(self.answer.answer).label if self.answer else "Sans réponse"


@dataclass(frozen=True)
class Place:
    """The place as a reader sees it, whether it is one of the directory or a new one."""

    row: AmiPlace
    week: hours.Week

    @property
    def existing(self) -> bool:
        return self.row.site_id is not None

    def _of(self, name: str) -> str:
        return str(getattr(self.row.site if self.row.site else self.row, name) or "")

    @property
    def name(self) -> str:
        return self._of("name")

    @property
    def address(self) -> str:
        return self._of("address")

    @property
    def complement(self) -> str:
        return self._of("complement")

    @property
    def postcode(self) -> str:
        return self._of("postcode")

    @property
    def city(self) -> str:
        if self.row.site:
            return self.row.site.city
        return self.row.commune.name if self.row.commune else ""

    @property
    def phone(self) -> str:
        return self._of("phone")

    @property
    def email(self) -> str:
        return self._of("email")

    @property
    def website(self) -> str:
        return self._of("website")

    @property
    def accessibility(self) -> str:
        return self._of("accessibility")


@dataclass(frozen=True)
class Material:
    """A file and its parts, as one reader may see them."""

    application: AmiApplication
    sections: dict[str, AmiSection] = field(default_factory=dict)
    place: Place | None = None
    criteria: Sequence[Line] = ()
    progress: Sequence[AmiProgressLine] = ()
    contributions: Sequence[AmiContribution] = ()
    attachments: Sequence[AmiAttachment] = ()
    budget: Budget = field(default_factory=lambda: Budget.of(()))

    def text(self, key: str) -> str:
        found = self.sections.get(str(key))
        return found.text if found else ""


def week_from(slots: Any) -> hours.Week:
    """The week kept as [[weekday, start, end, walk_in], …]; one that can't be read is no hours at all."""
    try:
        return hours.Week(tuple(hours.Slot(int(d), int(s), int(e), bool(w)) for d, s, e, w in slots))
    except (TypeError, ValueError):
        return hours.Week()


def slots_of(week: hours.Week) -> list[list[object]]:
    """The week as it is kept with a place proposed; closures belong to places that are open."""
    return [[slot.weekday, slot.start, slot.end, slot.walk_in] for slot in week.slots]


def place_of(by: Actor, application: AmiApplication) -> Place | None:
    """The place proposed; an existing one brings its address, and its own hours until others are written."""
    row = (
        AmiPlace.objects.visible_to(by)
        .select_related("site", "site__territory", "commune")
        .prefetch_related("site__slots")
        .filter(application=application)
        .first()
    )
    if row is None:
        return None
    week = week_from(row.slots)
    if row.site is not None and not week.slots:
        week = ordinary_of(row.site)
    return Place(row, week)


def material_of(*, by: Actor, application: AmiApplication) -> Material:
    """Read the whole file. The query count does not grow with it."""
    mine = {"application": application}
    answers = {
        answer.criterion_id: answer
        for answer in AmiCriterionAnswer.objects.visible_to(by)
        .filter(**mine)
        .select_related("attachment")
        .defer("attachment__content")
    }
    criteria = (
        AmiCriterion.objects.visible_to(by).filter(call_id=application.call_id).order_by("position", "pk")
    )
    return Material(
        application=application,
        sections={row.key: row for row in AmiSection.objects.visible_to(by).filter(**mine)},
        place=place_of(by, application),
        criteria=[Line(one, answers.get(one.pk)) for one in criteria],
        progress=list(AmiProgressLine.objects.visible_to(by).filter(**mine).order_by("position", "pk")),
        contributions=list(AmiContribution.objects.visible_to(by).filter(**mine)),
        attachments=list(AmiAttachment.objects.visible_to(by).filter(**mine).defer("content")),
        budget=budget_of(by, application),
    )
