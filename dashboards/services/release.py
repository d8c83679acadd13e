"""The one way to read figures: releases, masked once for all their readers (domain § 8).

A release holds what is published for an area and a calendar year: every value of every dimension for the
year, and by month, by network (réseau) or by site; contacts also by month and network, or month and site.
No other crossing is published: two things asked of a fiche crossed with each other (statut and âge, demande
and réponse, demande and statut) and places sent to come for the year only, delays as medians, and ways from a
site to another without counts (``measures``). All its cells were masked together, so that no filter, period,
total or export gives a hidden one back. Sums over several territories add up shown cells only (``total_of``):
they can't say more than these cells do.

Shape of ``Release.cells`` (model): ``{"y": {dimension: {value: n}}, "m": {dimension: {"1": {value: n}}},
"r": {dimension: {reseau pk: {value: n}}}, "s": {dimension: {site pk: {value: n}}}, "mr": {"1": {reseau pk:
n}}, "ms": {"1": {site pk: n}}}``. ``n`` is the count shown, or when hidden SMALL, NEIGHBOUR, UNDER (slice too
small for its detail: ``build_floor``) or LEFT_OUT (no such detail); an absent cell is a shown zero.
``summary`` has the same shape, fewer dimensions. A site of no network counts under the key NO_RESEAU.

Shape of ``Release.measures``: ``first_month`` and ``last_month`` with figures (1 to 12), ``corrections`` of
closed months (``[month, changes, ISO time]``), ``trajets``: ways often taken (``build_flows``), ``delai``:
median days to the next reception (``{"y": days, "r": {reseau pk: days}, "s": {site pk: days}}``, where more
outcomes than the threshold are known). Inside releases: ``last_jour``, day of the last contact, and
``sites``, the same by site. The region's: ``left_out``, ``{dimension: {value: [territory pk]}}``, the
territories whose cell of the year is hidden, and ``partial``, ``[[axis, dimension, key, [value]]]``, every
sum that lacks a territory.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from contacts.events import FICHE_CHANGED
from dashboards.enums import Audience, Dimension
from dashboards.models import Release as StoredRelease
from dashboards.models import ReleaseMark
from dashboards.services.published import (
    FLOOR_TIMES,
    LEFT_OUT,
    NOT_PUBLISHED,
    PARTIAL,
    PARTIAL_REASON,
    SMALL,
    THRESHOLDS,
    UNDER,
    UNDER_REASON,
    UNIT,
    is_published,
    why_masked,
)
from spo_portal.kernel.models import OutboxEvent
from spo_portal.kernel.privacy import Cell, small_reason
from spo_portal.kernel.privacy.masking import NEIGHBOUR as NEIGHBOUR_REASON
from territories.access import Actor
from territories.models import Region, Site, Territory

_NONE: dict[str, Any] = {}


class _Unpublished(dict[str, Cell]):
    """Values of a crossing that is not published: none is known, and none is a zero."""

    def get(self, key: str, default: object = None) -> Cell:  # type: ignore[override]
        return Cell(None, True, NOT_PUBLISHED)

    def __missing__(self, key: str) -> Cell:
        return self.get(key)


@dataclass(frozen=True)
class Correction:
    """A closed month that was corrected later: how many times, and when last."""

    month: datetime.date
    changes: int
    at: datetime.datetime


@dataclass
class Release:
    """Published figures of one area and year. Every count is a ``Cell``; nothing hidden is in here."""

    year: int
    audience: Audience
    cells: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)
    filled_at: datetime.datetime | None = None
    corrections: tuple[Correction, ...] = ()
    pending: bool = False

    @property
    def threshold(self) -> int:
        return THRESHOLDS[self.audience]

    @property
    def empty(self) -> bool:
        return self.cell(Dimension.CONTACTS).value == 0

    @property
    def first_month(self) -> int:
        """First month of the year that has figures (1 to 12); before it there is nothing to count."""
        return int(self.measures.get("first_month", 1))

    @property
    def why_masked(self) -> str:
        return why_masked(self.threshold)

    def cell(
        self,
        dimension: str,
        value: str = "",
        *,
        month: int | None = None,
        reseau: int | str | None = None,
        site: int | None = None,
    ) -> Cell:
        """One published count: for the year, or for one month, one network or one site.

        Contacts may be asked by month and network, or month and site. A crossing that is not published reads
        as masked; asking for two axes at once of anything but contacts raises LookupError.
        """
        if not self._published(str(dimension), month, reseau, site):
            return Cell(None, True, NOT_PUBLISHED)
        return self._shown(self._slice(str(dimension), month, reseau, site).get(value, 0))

    def values(
        self,
        dimension: str,
        *,
        month: int | None = None,
        reseau: int | str | None = None,
        site: int | None = None,
    ) -> dict[str, Cell]:
        """Every value of a dimension that is not a shown zero."""
        if not self._published(str(dimension), month, reseau, site):
            return _Unpublished()
        found = self._slice(str(dimension), month, reseau, site)
        return {value: self._shown(count) for value, count in found.items()}

    def months(self, dimension: str = Dimension.CONTACTS, value: str = "") -> list[Cell]:
        """The twelve months of the year; those before the first fiche have no figure at all."""
        return [
            Cell(None) if month < self.first_month else self.cell(dimension, value, month=month)
            for month in range(1, 13)
        ]

    def keys(self, axis: str) -> list[str]:
        """Networks (``"r"``) or sites (``"s"``) that have contacts in the year, shown or masked."""
        return list(self.cells.get(axis, {}).get(Dimension.CONTACTS, {}))

    @property
    def masked(self) -> bool:
        """True when some cell of the release is hidden."""
        return _any_hidden(self.cells)

    def _published(
        self, dimension: str, month: int | None, reseau: int | str | None, site: int | None
    ) -> bool:
        # Spelled out: a page of a region asks tens of thousands of times.
        if month is None and reseau is None and site is None:
            return is_published(dimension, "y")
        return (
            (month is None or is_published(dimension, "m"))
            and (reseau is None or is_published(dimension, "r"))
            and (site is None or is_published(dimension, "s"))
        )

    def _slice(
        self, dimension: str, month: int | None, reseau: int | str | None, site: int | None
    ) -> Mapping[str, int]:
        if month is None and reseau is None and site is None:
            return self.cells.get("y", _NONE).get(dimension, _NONE)
        asked = [name for name, key in (("m", month), ("r", reseau), ("s", site)) if key is not None]
        if len(asked) == 1:
            key = next(key for key in (month, reseau, site) if key is not None)
            return self.cells.get(asked[0], {}).get(dimension, {}).get(str(key), {})
        if month is None or len(asked) > 2 or dimension != Dimension.CONTACTS:
            raise LookupError(f"{dimension} is not published by {asked}")
        key = reseau if reseau is not None else site
        line = self.cells.get("m" + asked[1], {}).get(str(month), {})
        return {"": line[str(key)]} if str(key) in line else {}

    def _shown(self, count: int) -> Cell:
        if count >= 0:
            return Cell(count)
        if count == SMALL:
            return Cell(None, True, small_reason(self.threshold, UNIT))
        if count == PARTIAL:
            return Cell(None, True, PARTIAL_REASON)
        if count == UNDER:
            return Cell(None, True, UNDER_REASON.format(self.threshold * FLOOR_TIMES))
        if count == LEFT_OUT:
            return Cell(None, True, NOT_PUBLISHED)
        return Cell(None, True, NEIGHBOUR_REASON)


@dataclass(frozen=True)
class Sum:
    """Sum of shown cells; ``left_out`` names the areas whose cell is hidden, to be said beside the figure."""

    value: int
    left_out: tuple[str, ...] = ()

    @property
    def cell(self) -> Cell:
        return Cell(self.value)


def total_of(cells: Iterable[tuple[str, Cell]]) -> Sum:
    """Add the shown cells of several areas (name, cell): « 8 674 fiches, hors Maubeuge (masqué) »."""
    total, left_out = 0, []
    for name, cell in cells:
        if cell.masked:
            left_out.append(name)
        else:
            total += cell.value or 0
    return Sum(total, tuple(left_out))


def territory_release(*, by: Actor, territory: Territory, year: int, beside: bool = False) -> Release:
    """Figures of a territory: the inside release for an actor in charge of it, the outside one otherwise.

    ``beside``: read to compare with only, it does not say whether it is behind its figures (``pending``).
    """
    audience = Audience.INSIDE if territory.pk in by.scope.tenant else Audience.OUTSIDE
    rows = StoredRelease.objects.visible_to(by).filter(territory=territory, site__isnull=True)
    mark = _stale(by, audience, year).filter(territory=territory, site__isnull=True)
    return _read(rows.filter(audience=audience), year, audience, None if beside else mark)


def site_release(*, by: Actor, site: Site, year: int) -> Release:
    """Figures of a site for its own staff. Territory staff read the site in their territory's release."""
    rows = StoredRelease.objects.visible_to(by).filter(site=site)
    mark = _stale(by, Audience.INSIDE, year).filter(site=site)
    return _read(rows, year, Audience.INSIDE, mark)


def region_release(*, by: Actor, region: Region, year: int, beside: bool = False) -> Release:
    """Figures of the region, to compare with: sums of what its territories show to everybody.

    A sum that lacks a territory is given as masked: a share made of it would be too low, or too high.
    ``beside``: see ``territory_release``.
    """
    rows = StoredRelease.objects.visible_to(by).filter(region=region, territory__isnull=True)
    mark = _stale(by, Audience.OUTSIDE, year).filter(territory__region=region, site__isnull=True)
    release = _read(rows, year, Audience.OUTSIDE, None if beside else mark)
    for axis, dimension, key, values in release.measures.get("partial", ()):
        found = release.cells.setdefault(axis, {}).setdefault(dimension, {})
        line = found.setdefault(key, {}) if key else found
        line.update(dict.fromkeys(values, PARTIAL))
    return release


def _read(rows: QuerySet[StoredRelease], year: int, audience: Audience, mark: QuerySet | None) -> Release:
    found = rows.filter(year=year)
    fields = ["audience", "cells", "measures", "filled_at"]
    if mark is not None:
        found = found.annotate(behind=Exists(mark), waiting=_waiting())
        fields += ["behind", "waiting"]
    row = found.values_list(*fields).first()
    if row is None:
        return Release(year, audience, pending=mark is not None and mark.exists())
    stored, cells, measures, filled_at, *late = row
    release = make_release(year, Audience(stored), cells, measures, filled_at)
    release.pending = any(late)
    return release


def make_release(
    year: int,
    audience: Audience,
    cells: Mapping[str, Any],
    measures: Mapping[str, Any],
    at: datetime.datetime,
) -> Release:
    """A release from what is stored of it."""
    corrections = tuple(
        Correction(datetime.date(year, month, 1), changes, datetime.datetime.fromisoformat(when))
        for month, changes, when in measures.get("corrections", ())
    )
    return Release(year, audience, cells, measures, at, corrections)


def _waiting() -> Exists:
    """Fiches of the territory still wait to be counted. Whoever may not read the territory sees none."""
    events = OutboxEvent.objects.filter(tenant_id=OuterRef("territory_id"), kind=FICHE_CHANGED)
    return Exists(events.filter(done_at__isnull=True, failed_at__isnull=True))


def _stale(by: Actor, audience: Audience, year: int) -> QuerySet:
    """Marks of that year whose release for ``audience`` is behind its figures."""
    marks = ReleaseMark.objects.visible_to(by).filter(year=year)
    return marks.filter(**{f"{audience.value}__lt": F("version")})


def _any_hidden(cells: object) -> bool:
    if isinstance(cells, Mapping):
        return any(map(_any_hidden, cells.values()))
    return isinstance(cells, int) and cells < 0
