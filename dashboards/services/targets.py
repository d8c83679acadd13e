"""Yearly targets: set by who steers the territory or by the region, with the region's default behind.

One target per indicator, territory and year; a territory without its own follows the region's default.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from dashboards import indicators
from dashboards.computing import FROM_RELEASE, Figure, figure, written
from dashboards.indicators import Direction, Indicator, Unit
from dashboards.models import Target
from dashboards.permissions import Perm
from dashboards.services.places import Facts
from dashboards.services.release import Release
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import NBSP, counted, number
from territories.access import Actor, require
from territories.models import Region, Territory

FIRST_YEAR, YEARS_AHEAD = 2013, 5
LARGEST = Decimal("9999999")


@dataclass(frozen=True)
class TargetValue:
    """A target in force: its value, whether it is the territory's own, who set it (role) and when."""

    indicator: Indicator
    value: Decimal
    own: bool
    set_by: str
    set_at: datetime

    @property
    def text(self) -> str:
        return written(self.indicator.unit, Fraction(self.value))


@dataclass(frozen=True)
class TargetState:
    """Where a figure stands against its target. ``kind``: atteinte, proche, loin or inconnue."""

    kind: str
    words: str

    @property
    def reached(self) -> bool:
        return self.kind == "atteinte"


def last_year() -> int:
    """Last year for which a target may be set."""
    return timezone.localdate().year + YEARS_AHEAD


def set_target(
    *,
    by: Actor,
    indicator: str,
    year: int,
    value: Decimal | None,
    region: Region,
    territory: Territory | None = None,
) -> None:
    """Set, change or (None) remove a target; the same value again changes nothing and leaves no trace.

    A coordinator sets those of the own territory; the region those of its territories and the default
    (``territory`` None). Raises ``Refused`` outside the bounds of the unit.
    """
    require(by, Perm.SET_TARGETS)
    _check_area(by, region, territory)
    sheet = _check_value(indicator, year, value)
    with transaction.atomic():
        rows = Target.objects.for_system() if by.scope.system else Target.objects.visible_to(by)
        rows = rows.filter(region=region, territory=territory, indicator=indicator, year=year)
        row = rows.select_for_update().first()
        before = row.value if row else None
        if before == value:
            return
        if value is None:
            rows.delete()
        elif row is None:
            Target.objects.create(
                region=region,
                territory=territory,
                indicator=indicator,
                year=year,
                value=value,
                **_author(by),
            )
        else:
            rows.update(value=value, **_author(by))
        audit.record(
            "dashboards.target_set",
            by=by,
            object_type="target",
            object_id=sheet.key,
            tenant_id=territory.pk if territory else None,
            data={
                "region": region.code,
                "annee": year,
                "avant": None if before is None else str(before),
                "apres": None if value is None else str(value),
            },
        )


def _author(by: Actor) -> dict[str, object]:
    return {"set_by_id": by.user_id, "set_by_label": by.label or "Reprise", "set_at": timezone.now()}


def _check_area(by: Actor, region: Region, territory: Territory | None) -> None:
    if by.scope.system:
        return
    if territory is None and region.pk not in by.scope.lead:
        raise Refused("La cible de toute la région se fixe à la région.")
    if territory is not None and (territory.region_id != region.pk or territory.pk not in by.scope.tenant):
        raise Refused("Vous fixez les cibles de votre territoire seulement.")


def _check_value(key: str, year: int, value: Decimal | None) -> Indicator:
    try:
        sheet = indicators.get(key)
    except KeyError:
        raise Refused("Cet indicateur n’existe pas.") from None
    if not sheet.target:
        raise Refused(f"« {sheet.label} » ne se fixe pas de cible.", key)
    if not FIRST_YEAR <= year <= last_year():
        raise Refused(f"Choisissez une année de {FIRST_YEAR} à {last_year()}.", "annee")
    if value is None:
        return sheet
    if value < 0 or value > (sheet.ceiling or LARGEST):
        top = number(sheet.ceiling or LARGEST)
        raise Refused(f"{sheet.label} : écrivez un nombre de 0 à {top}.", key)
    if value != round(value, 1) or (sheet.unit in WHOLE and value != int(value)):
        allowed = "un nombre entier" if sheet.unit in WHOLE else "un chiffre au plus après la virgule"
        raise Refused(f"{sheet.label} : écrivez {allowed}.", key)
    return sheet


WHOLE = frozenset({Unit.FICHES, Unit.SITES})


def targets_for(
    *, by: Actor, region: Region, year: int, territory: Territory | None = None
) -> dict[str, TargetValue]:
    """Targets in force by indicator: the territory's own first, the region's default otherwise."""
    return every_target(by=by, region=region, year=year)[territory.pk if territory else None]


class _Targets(dict[int | None, dict[str, TargetValue]]):
    """Targets by territory id; an unknown territory follows the default (key None)."""

    def __missing__(self, key: int | None) -> dict[str, TargetValue]:
        return self.get(None, {})


def every_target(*, by: Actor, region: Region, year: int) -> dict[int | None, dict[str, TargetValue]]:
    """Targets of every territory of the region in one query; key None is the region's default."""
    own: dict[int | None, dict[str, TargetValue]] = {None: {}}
    known = {sheet.key: sheet for sheet in indicators.with_target()}
    for row in Target.objects.visible_to(by).filter(region=region, year=year):
        if row.indicator in known:
            own.setdefault(row.territory_id, {})[row.indicator] = TargetValue(
                known[row.indicator], row.value, row.territory_id is not None, row.set_by_label, row.set_at
            )
    return _Targets({pk: {**own[None], **mine} for pk, mine in own.items()})


def state(figure: Figure, target: Decimal | TargetValue) -> TargetState:
    """Compare in words: « cible 75 % atteinte », « à 1 point de la cible 75 % », « manque 92 fiches ».

    Rates are compared to a tenth of a point, never rounded up to their target.
    """
    wanted = Fraction(target.value if isinstance(target, TargetValue) else target)
    unit = figure.indicator.unit
    aim = f"cible {written(unit, wanted)}"
    if figure.value is None:
        return TargetState("inconnue", f"{aim}, chiffre {'masqué' if figure.masked else 'pas encore connu'}")
    down = figure.indicator.direction == Direction.DOWN
    gap = figure.value - wanted if down else wanted - figure.value
    if gap <= 0:
        return TargetState("atteinte", f"{aim} atteinte")
    kind = "proche" if gap * 10 <= wanted else "loin"
    return TargetState(kind, _missing(unit, gap, aim, down=down) + _in_fiches(figure, gap, down=down))


def _in_fiches(figure: Figure, gap: Fraction, *, down: bool) -> str:
    """What a gap of points means at the desk: « , il manque 8 fiches »."""
    if figure.part is None or not figure.whole or figure.indicator.unit != Unit.PERCENT:
        return ""
    if figure.indicator.key not in FROM_RELEASE:
        return ""
    fiches = counted(math.ceil(gap * figure.whole / 100), "fiche")
    return f", {fiches} de trop" if down else f", il manque {fiches}"


def _missing(unit: Unit, gap: Fraction, aim: str, *, down: bool) -> str:
    if unit == Unit.PERCENT:
        points = max(round(float(gap), 1), 0.1)
        shown = number(int(points) if points == int(points) else points)
        return f"à {shown}{NBSP}{'point' if points < 2 else 'points'} de la {aim}"
    if down:
        return f"{written(unit, gap)} de trop, {aim}"
    if unit == Unit.FICHES:
        return f"manque {counted(math.ceil(gap), 'fiche')}, {aim}"
    return f"manque {written(unit, gap)}, {aim}"


def reached(
    targets: Mapping[str, TargetValue], release: Release, facts: Facts | None = None
) -> tuple[int, int]:
    """How many targets the year reaches, and how many can be judged: a hidden figure counts in neither."""
    states = [state(figure(key, release, facts=facts), target) for key, target in targets.items()]
    judged = [found for found in states if found.kind != "inconnue"]
    return sum(found.reached for found in judged), len(judged)
