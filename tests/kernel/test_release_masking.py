"""A publication of linked tables masked at once holds against a reader who solves it whole."""

from __future__ import annotations

import pytest

from spo_portal.kernel.privacy import INSIDE, OUTSIDE, Cell, Cover, Sum, mask_list, mask_release, mask_table
from spo_portal.kernel.privacy.masking import NEIGHBOUR
from tests.kernel.attacker import Attacker, narrowed
from tests.kernel.publications import YEAR, Plan, Publication, publish


def masked(publication: Publication, threshold: int) -> dict:
    return mask_release(
        publication.counts,
        sums=publication.sums,
        covers=publication.covers,
        threshold=threshold,
        unit="actes",
    )


def check(publication: Publication, threshold: int) -> dict:
    shown = masked(publication, threshold)
    assert set(shown) == set(publication.counts)
    for name, cell in shown.items():
        count = publication.counts[name]
        assert cell.masked or cell.value == count
        assert cell.masked or not 1 <= count <= threshold
        assert not (cell.masked and "entre" in cell.reason) or 1 <= count <= threshold
    assert narrowed(publication, shown, threshold) == {}
    return shown


SHAPES = {
    "three records": Plan(3, months=12, groups=3, places=5, fine=False),
    "six records": Plan(6, months=3, groups=2, places=3, fine=False),
    "sparse": Plan(40, months=4, groups=2, places=5, fine=False),
    "ordinary": Plan(250, months=4, groups=3, places=6, fine=False),
    "dense": Plan(1500, months=3, groups=2, places=4, fine=False),
    "equal": Plan(200, months=4, groups=2, places=4, fine=False, skew=0.0),
    "one month": Plan(80, months=1, groups=2, places=5, fine=False),
    "one group": Plan(80, months=3, groups=1, places=4, fine=False),
    "one place": Plan(60, months=4, groups=1, places=1, fine=False),
    "one place each": Plan(90, months=3, groups=4, places=4, fine=False),
    "no place": Plan(150, months=6, groups=0, places=0, fine=False),
    "crossed": Plan(120, months=2, groups=0, places=0),
    "crossed, few": Plan(12, months=2, groups=0, places=0),
}


@pytest.mark.parametrize("threshold", [INSIDE, OUTSIDE])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_small_count_can_be_narrowed(shape: str, threshold: int) -> None:
    for seed in range(2):
        check(publish(SHAPES[shape], seed), threshold)


def line(values: dict[str, int], total: str = "all") -> Publication:
    return Publication({total: sum(values.values()), **values}, [Sum(total, tuple(values))], [])


@pytest.mark.parametrize("threshold", [INSIDE, OUTSIDE])
@pytest.mark.parametrize(
    "values",
    [[4, 4], [9, 1], [3], [1, 1, 1, 1], [1, 5], [4, 9, 9], [10, 10, 10], [1, 0, 0], [40, 3], [2, 2, 90]],
)
def test_lines_that_a_single_second_cell_would_betray(values: list[int], threshold: int) -> None:
    check(line({f"v{place}": value for place, value in enumerate(values)}), threshold)


def test_a_total_and_its_only_part_are_one_count() -> None:
    counts = {"year": 30, "month": 30, "a": 27, "b": 3, "a in month": 27, "b in month": 3}
    sums = [Sum("year", ("month",)), Sum("a", ("a in month",)), Sum("b", ("b in month",))]
    sums += [Sum("year", ("a", "b")), Sum("month", ("a in month", "b in month"))]
    shown = check(Publication(counts, sums, []), INSIDE)
    assert shown["year"] == Cell(30) == shown["month"]
    assert shown["a"].masked
    assert shown["a in month"].masked


def test_several_answers_that_nearly_fill_the_whole_do_not_betray() -> None:
    counts = {"whole": 50, "a": 3, "b": 47}
    cover = Cover("whole", ("a", "b"), full=True)
    check(Publication(counts, [], [cover]), INSIDE)
    check(
        Publication({"whole": 5, "a": 3, "b": 1, "c": 2}, [], [Cover("whole", ("a", "b", "c"), True)]), INSIDE
    )


def test_twin_the_same_tables_masked_one_by_one_are_betrayed() -> None:
    """The attacker finds what the masking of each table alone gives away."""
    found = 0
    for seed in range(3):
        publication = publish(Plan(60, months=4, groups=0, places=0, fine=False), seed)
        shown = {name: Cell(count) for name, count in publication.counts.items()}
        for question, values in {"state": range(10), "sex": range(3), "way": range(3)}.items():
            table = mask_table(
                {
                    (value, month): publication.counts[(question, value), ("month", month)]
                    for value in values
                    for month in range(4)
                },
                threshold=INSIDE,
            )
            for (value, month), cell in table.items():
                part = ("month", month) if isinstance(month, int) else YEAR
                if isinstance(value, int):
                    shown[(question, value), part] = cell
        names = [name for name in shown if name[0][0] in ("state", "sex", "way") and shown[name].masked]
        # The screen of the year alone masks its own list, and no more.
        for question, values in {"state": range(10), "sex": range(3), "way": range(3)}.items():
            alone = mask_list(
                {value: publication.counts[(question, value), YEAR] for value in values}, threshold=INSIDE
            )
            for value, cell in alone.cells.items():
                shown[(question, value), YEAR] = cell
        found += len(narrowed(publication, shown, INSIDE, names))
    assert found


def test_twin_the_attacker_reads_a_count_that_is_left_alone() -> None:
    publication = line({"a": 3, "b": 40})
    shown = {"all": Cell(43), "a": Cell(None, True, "entre"), "b": Cell(40)}
    assert narrowed(publication, shown, INSIDE) == {"a": (3, 3)}
    shown["b"] = Cell(None, True, NEIGHBOUR)
    assert narrowed(publication, shown, INSIDE) == {}
    assert Attacker(publication, shown, INSIDE).bounds("b") == (39, 42)


def test_totals_and_large_counts_stay() -> None:
    """A year of 1,200 records over twelve months keeps every month's total and nine tenths of the rest."""
    publication = publish(Plan(1200, months=12, groups=0, places=0, fine=False))
    shown = masked(publication, INSIDE)
    assert not any(shown["all", part].masked for part in [YEAR, *(("month", month) for month in range(12))])
    large = [name for name, count in publication.counts.items() if count > INSIDE]
    assert sum(shown[name].masked for name in large) < len(large) / 8


def test_zeros_stay_shown_where_there_is_something_to_count() -> None:
    publication = publish(Plan(1200, months=12, groups=0, places=0, fine=False))
    shown = masked(publication, INSIDE)
    zeros = [name for name, count in publication.counts.items() if not count]
    assert zeros
    assert sum(shown[name].masked for name in zeros) < len(zeros) / 2


def test_the_same_counts_are_masked_the_same_way() -> None:
    publication = publish(Plan(250, months=4, groups=3, places=6, fine=False))
    assert masked(publication, INSIDE) == masked(publication, INSIDE)


def test_a_publication_too_small_shows_nothing() -> None:
    shown = mask_release({"all": 3, "a": 3}, sums=[Sum("all", ("a", "b"))], threshold=INSIDE)
    assert shown == dict.fromkeys(["all", "a", "b"], Cell(None, True, NEIGHBOUR))
    assert mask_release({}, sums=[], threshold=INSIDE) == {}


def test_a_small_count_says_its_bounds_and_an_absent_one_is_a_zero() -> None:
    sums = [Sum("all", ("a", "b", "c", "d"))]
    shown = mask_release({"all": 60, "a": 2, "b": 20, "c": 38}, sums=sums, threshold=INSIDE, unit="actes")
    assert shown["a"] == Cell(None, True, "Masqué\u00a0: entre 1 et 4\u00a0actes")
    assert shown["b"] == Cell(None, True, NEIGHBOUR)
    assert (shown["all"], shown["c"], shown["d"]) == (Cell(60), Cell(38), Cell(0))


@pytest.mark.parametrize(
    "arguments",
    [
        {"counts": {"all": 3, "a": 2}, "sums": [Sum("all", ("a",))]},
        {"counts": {"all": 3, "a": 4}, "sums": [], "covers": [Cover("all", ("a",))]},
        {"counts": {"all": 9, "a": 4}, "sums": [], "covers": [Cover("all", ("a",), full=True)]},
        {"counts": {"all": -1}, "sums": []},
        {"counts": {"all": 1.5}, "sums": []},
        {"counts": {"all": 1}, "sums": [], "threshold": -1},
    ],
)
def test_counts_that_contradict_their_rules_are_refused(arguments: dict) -> None:
    with pytest.raises(ValueError, match=r"."):
        mask_release(**{"threshold": INSIDE, **arguments})
