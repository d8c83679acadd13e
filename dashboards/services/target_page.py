"""What the page « Cibles » shows and saves: each indicator, its figure, the default and its own target."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from dashboards import indicators
from dashboards.computing import Figure, figure
from dashboards.indicators import Indicator
from dashboards.permissions import Perm
from dashboards.services.places import territory_facts
from dashboards.services.release import territory_release
from dashboards.services.targets import (
    FIRST_YEAR,
    TargetState,
    TargetValue,
    every_target,
    last_year,
    set_target,
    state,
)
from labelling.services.tables import has_label
from spo_portal.kernel.errors import Conflict
from spo_portal.kernel.typography import counted
from territories.access import Actor, can
from territories.models import Region, Territory


@dataclass(frozen=True)
class TargetLine:
    """One indicator: its sheet, its figure of the year, the target shown and the region's default."""

    sheet: Indicator
    figure: Figure | None
    own: TargetValue | None
    default: TargetValue | None

    @property
    def in_force(self) -> TargetValue | None:
        return self.own or self.default

    @property
    def state(self) -> TargetState | None:
        return state(self.figure, self.in_force) if self.figure and self.in_force else None


@dataclass(frozen=True)
class TargetPage:
    """The page of one area and year. ``territory`` None: the region's defaults."""

    region: Region
    territory: Territory | None
    year: int
    lines: list[TargetLine]
    may_edit: bool
    may_open_above: bool

    @property
    def name(self) -> str:
        return self.territory.name if self.territory else self.region.name

    @property
    def sheets(self) -> list[Indicator]:
        return [line.sheet for line in self.lines]

    @property
    def years(self) -> range:
        """Years offered, the newest first."""
        return range(last_year(), max(FIRST_YEAR, timezone.localdate().year - 10) - 1, -1)

    @property
    def mine(self) -> dict[str, Decimal | None]:
        """Targets of the area itself: what the fields hold."""
        return {line.sheet.key: line.own.value if line.own else None for line in self.lines}

    @property
    def mark(self) -> str:
        """Short mark of what is shown: two people who change it at once can't overwrite each other."""
        text = ";".join(f"{key}={value}" for key, value in self.mine.items())
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def initial(self) -> dict[str, object]:
        values = {key: value and value.normalize() for key, value in self.mine.items()}
        plain = {key: value if value is None else Decimal(f"{value:f}") for key, value in values.items()}
        return {**plain, "annee": self.year, "vu": self.mark}

    def saved_words(self, changed: int) -> str:
        if not changed:
            return "Rien n’a changé : les cibles étaient déjà celles-là."
        done = counted(changed, "cible enregistrée", "cibles enregistrées")
        return f"{done} pour {self.year}. Les tableaux de bord s’y comparent dès maintenant."


def read(*, by: Actor, territory: Territory | None, year: int) -> TargetPage:
    """Everything the page shows; figures only for a territory, whose release the actor reads."""
    region = territory.region if territory else by.region
    if region is None:
        raise ValueError("a page of targets needs a region")
    found = every_target(by=by, region=region, year=year)
    own = (
        {key: value for key, value in found[territory.pk].items() if value.own} if territory else found[None]
    )
    default = found.get(None, {})
    sheets = [s for s in indicators.with_target() if s.key != "lieux_labellises" or has_label(region)]
    figures = _figures(by, territory, year, sheets) if territory else {}
    lines = [
        TargetLine(s, figures.get(s.key), own.get(s.key), default.get(s.key) if territory else None)
        for s in sheets
    ]
    may_edit = can(by, Perm.SET_TARGETS) and (territory is not None or region.pk in by.scope.lead)
    above = territory is not None or can(by, Perm.READ_REGION)
    return TargetPage(region, territory, year, lines, may_edit, above)


def _figures(by: Actor, territory: Territory, year: int, sheets: list[Indicator]) -> dict[str, Figure]:
    """Figures of the year; facts about places are those of today, shown for this year only."""
    today = timezone.localdate()
    release = territory_release(by=by, territory=territory, year=year)
    facts = (
        territory_facts(by=by, territory=territory, day=today, silence=True) if year == today.year else None
    )
    return {sheet.key: figure(sheet.key, release, facts=facts) for sheet in sheets}


def save(*, by: Actor, page: TargetPage, values: Mapping[str, Decimal | None], seen: str) -> int:
    """Save what differs, all or nothing; returns how many changed. Raises ``Conflict`` and ``Refused``."""
    if seen != page.mark:
        raise Conflict(
            "Quelqu’un d’autre vient de changer ces cibles. Rechargez la page pour les voir, "
            "puis refaites vos changements."
        )
    changed = {key: value for key, value in values.items() if value != page.mine[key]}
    with transaction.atomic():
        for key, value in changed.items():
            set_target(
                by=by, indicator=key, year=page.year, value=value,
                region=page.region, territory=page.territory,
            )  # fmt: skip
    return len(changed)
