"""A reader with a linear program: every shown figure, every equality and every reason at once."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping

import highspy
import numpy as np

from spo_portal.kernel.privacy import Cell
from tests.kernel.publications import Publication

SMALL = "entre"
ROUNDING = 1e-6


class Attacker:
    """Bounds each hidden count by solving the whole publication; hidden counts are the unknowns.

    The neutral reason is given to large counts, small ones and zeros alike: it bounds nothing.
    """

    def __init__(self, publication: Publication, shown: Mapping[Hashable, Cell], threshold: int) -> None:
        self.hidden = [name for name in publication.counts if shown[name].masked]
        self.place = {name: place for place, name in enumerate(self.hidden)}
        self.shown, self.threshold = shown, threshold
        rows: list[tuple[float, float, dict[int, float]]] = []
        for line in publication.sums:
            rows.append(self._row(line.total, line.parts, 0, 0))
        for cover in publication.covers:
            rows += [self._row(cover.whole, (part,), 0, math.inf) for part in cover.parts]
            if cover.full:
                rows.append(self._row(cover.whole, cover.parts, -math.inf, 0))
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("presolve", "off")
        self.solver.passModel(self._model([row for row in rows if row[2]], publication))
        self.objective = 0
        self.least = np.full(len(self.hidden), math.inf)
        self.most = np.full(len(self.hidden), -math.inf)

    def _row(
        self, whole: Hashable, parts: Iterable[Hashable], low: float, high: float
    ) -> tuple[float, float, dict[int, float]]:
        """low <= whole - parts <= high, what is shown moved to the sides."""
        unknown: dict[int, float] = {}
        known = 0
        for name, sign in [(whole, 1), *((part, -1) for part in parts)]:
            if name in self.place:
                unknown[self.place[name]] = unknown.get(self.place[name], 0) + sign
            else:
                known += sign * (self.shown[name].value or 0)
        return low - known, high - known, unknown

    def _model(self, rows: list, publication: Publication) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.hidden), len(rows)
        lp.col_cost_ = np.zeros(lp.num_col_)
        bounds = [self._bounds(name, publication.counts[name]) for name in self.hidden]
        lp.col_lower_ = np.array([low for low, _ in bounds], dtype=float)
        lp.col_upper_ = np.array([high for _, high in bounds], dtype=float)
        lp.row_lower_ = np.array([low for low, _, _ in rows], dtype=float)
        lp.row_upper_ = np.array([high for _, high, _ in rows], dtype=float)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        starts = np.cumsum([0, *(len(unknown) for _, _, unknown in rows)])
        lp.a_matrix_.start_ = starts.astype(np.int32)
        lp.a_matrix_.index_ = np.array([place for _, _, row in rows for place in row], dtype=np.int32)
        lp.a_matrix_.value_ = np.array([sign for _, _, row in rows for sign in row.values()], dtype=float)
        return lp

    def _bounds(self, name: Hashable, count: int) -> tuple[float, float]:
        if SMALL in self.shown[name].reason:
            return 1, self.threshold
        return 0, math.inf

    def bounds(self, name: Hashable) -> tuple[float, float]:
        """The least and the greatest whole value of a hidden count."""
        place = self.place[name]
        low, high = self._solve(place, 1.0), -self._solve(place, -1.0)
        return math.ceil(low - ROUNDING), math.floor(high + ROUNDING) if high < math.inf else math.inf

    def reads_all(self, name: Hashable) -> bool:
        """Whether this count may still be anything from 1 to the threshold; solutions met before are kept."""
        place = self.place[name]
        if self.least[place] > 1 + ROUNDING:
            self._solve(place, 1.0)
        if self.most[place] < self.threshold - ROUNDING:
            self._solve(place, -1.0)
        return self.least[place] <= 1 + ROUNDING and self.most[place] >= self.threshold - ROUNDING

    def _solve(self, place: int, cost: float) -> float:
        self.solver.changeColCost(self.objective, 0.0)
        self.solver.changeColCost(place, cost)
        self.objective = place
        self.solver.run()
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kUnbounded:
            self.most[place] = math.inf
            return -math.inf
        if status != highspy.HighsModelStatus.kOptimal:
            raise AssertionError(f"the publication can't be read: {status}")
        found = np.array(self.solver.getSolution().col_value)
        np.minimum(self.least, found, out=self.least)
        np.maximum(self.most, found, out=self.most)
        return self.solver.getObjectiveValue()


def narrowed(
    publication: Publication,
    shown: Mapping[Hashable, Cell],
    threshold: int,
    names: Iterable[Hashable] | None = None,
) -> dict[Hashable, tuple[float, float]]:
    """The small counts a reader can narrow, with the bounds found; shown small counts are (count, count)."""
    attacker = Attacker(publication, shown, threshold)
    found = {}
    for name in publication.counts if names is None else names:
        count = publication.counts[name]
        if not 1 <= count <= threshold:
            continue
        if not shown[name].masked:
            found[name] = (count, count)
        elif not attacker.reads_all(name):
            found[name] = attacker.bounds(name)
    return found
