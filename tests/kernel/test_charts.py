"""Charts written on the server: well formed, accessible, safe with hostile names, honest when masked."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spo_portal.kernel.charts import (
    Bar,
    bars,
    cell_bar,
    month_bars,
    month_line,
    sparkline,
    stacked,
    ticks,
)
from spo_portal.kernel.privacy import INSIDE, Cell, mask_list

HOSTILE = '"><script>alert(1)</script>&\x00\x0b\ud800\' onload="x'
MASKED = Cell(None, True, "Masqué")
MONTHS = ["nov.", "déc.", "janv."]


def tree(svg: str) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)
    assert "style" not in {name for node in root.iter() for name in node.attrib}
    assert "script" not in {node.tag for node in root.iter()}
    assert not re.search(r"#[0-9a-f]{3,6}\b|nan|inf\b|onload=\"", svg)
    return root


def picture(svg: str) -> ElementTree.Element:
    root = tree(svg)
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == ["title", "desc"]
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    assert root[0].text
    assert root[1].text
    return root


def tips(root: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in root.iter("title")][1:]


def classes(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [node for node in root.iter() if node.get("class") == name]


NAMES = st.text(max_size=30)
VALUES = (
    st.none()
    | st.integers(0, 10**12)
    | st.floats(0, 10**9)
    | st.just(MASKED)
    | st.builds(Cell, st.integers(0, 99))
)


@given(st.lists(st.tuples(NAMES, VALUES, VALUES), max_size=70), st.none() | st.integers(0, 10**7), NAMES)
def test_any_months_give_a_well_formed_picture(rows: list[tuple], goal: float | None, title: str) -> None:
    names, values, previous = ([row[place] for row in rows] for place in range(3))
    for draw in (month_line, month_bars):
        root = ElementTree.fromstring(
            draw(names, values, ident="c", title=title, previous=previous, goal=goal, goal_text=title)
        )
        assert len(classes(root, "masked")) == values.count(MASKED)
    ElementTree.fromstring(sparkline(values))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=30), NAMES)
def test_any_rows_give_a_well_formed_picture(rows: list[tuple], title: str) -> None:
    root = ElementTree.fromstring(bars([Bar(*row) for row in rows], ident="c", title=title, unit=title))
    assert len(classes(root, "masked")) == [value for _, value in rows].count(MASKED)
    ElementTree.fromstring(stacked(rows, ident="c", title=title))


def test_the_figures_are_in_the_words_of_the_picture() -> None:
    root = picture(
        month_line(MONTHS, [912, 690, 1284], ident="m", title="Par mois", previous=[860, 655, 980])
    )
    assert "janv.\u00a0: 1\u202f284" in (root[1].text or "")
    assert "Un an avant, nov.\u00a0: 860" in (root[1].text or "")
    assert tips(root) == ["nov.\u00a0: 912", "déc.\u00a0: 690", "janv.\u00a0: 1\u202f284"]
    assert "1\u202f284" in [node.text for node in classes(root, "lab")]
    assert len(classes(root, "l1")) == len(classes(root, "l2")) == len(classes(root, "area")) == 1


def test_bars_say_their_value_and_their_comparison() -> None:
    rows = [Bar("Formation", 41, 38), Bar("Emploi", 33.5)]
    root = picture(bars(rows, ident="b", title="Parts", unit="%", mark_name="région"))
    assert tips(root) == [
        "Formation\u00a0: 41\u202f%",
        "région\u00a0: 38\u202f%",
        "Emploi\u00a0: 33,5\u202f%",
    ]
    assert "région\u00a0: Formation\u00a0: 38\u202f%" in (root[1].text or "")


@pytest.mark.parametrize("draw", [month_line, month_bars])
def test_a_masked_month_is_a_gap_and_never_a_zero(draw: object) -> None:
    root = picture(draw(MONTHS, [20, MASKED, 30], ident="m", title="T"))  # type: ignore[operator]
    assert "déc.\u00a0: masqué" in tips(root)
    assert "déc.\u00a0: masqué" in (root[1].text or "")
    assert len(classes(root, "hatch")) == 1
    assert not any("déc." in tip and "0" in tip for tip in tips(root))
    assert len(classes(root, "l1")) == 0  # Nothing joins one side of the gap to the other.


def test_the_drawing_of_a_masked_count_does_not_depend_on_it() -> None:
    drawn = []
    for small in (1, 4):
        line = mask_list({"a": small, "b": 40, "c": 10 - small + 4, "d": 60}, threshold=INSIDE)
        names, cells = list(line.cells), list(line.cells.values())
        rows = list(zip(names, cells, strict=True))
        drawn.append(
            month_line(names, cells, ident="c", title="T")
            + bars([Bar(*row) for row in rows], ident="c", title="T")
            + stacked(rows, ident="c", title="T")
            + sparkline(cells)
        )
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("count", [0, 1, 2, 60])
def test_any_number_of_months_stays_inside_the_picture(count: int) -> None:
    names = [f"mois {place}" for place in range(count)]
    for draw in (month_line, month_bars):
        root = picture(draw(names, [place * 10**7 for place in range(count)], ident="m", title="T"))
        width, height = map(float, (root.get("viewBox") or "").split()[2:])
        for node in root.iter():
            for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
                assert 0 <= float(node.get(name, 0)) <= most
        texts = [node.text or "" for node in root.iter("text")]
        assert sum(text.startswith("mois") for text in texts) <= 12
        assert ("Aucune donnée" in texts) == (count == 0)


def test_names_are_escaped() -> None:
    svgs = [
        month_line([HOSTILE], [3], ident="a", title=HOSTILE, desc=HOSTILE, goal=3, goal_text=HOSTILE),
        month_bars([HOSTILE], [MASKED], ident="a", title=HOSTILE),
        bars([Bar(HOSTILE, 3, 4)], ident="a", title=HOSTILE, unit=HOSTILE, mark_name=HOSTILE),
        stacked([(HOSTILE, 3), (HOSTILE, MASKED)], ident="a", title=HOSTILE),
    ]
    for svg in svgs:
        root = ElementTree.fromstring(svg)
        assert "<script" not in svg
        assert not any(name.startswith("on") for node in root.iter() for name in node.attrib)


@pytest.mark.parametrize("ident", ["", "1a", 'a"b', "a b", "é"])
def test_an_ident_that_would_break_the_page_is_refused(ident: str) -> None:
    with pytest.raises(ValueError, match="ident"):
        bars([], ident=ident, title="T")


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True])
def test_what_is_no_length_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="draw"):
        cell_bar(value, 10)


def test_series_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one value for each name"):
        month_line(MONTHS, [1, 2], ident="m", title="T")


def test_the_bar_of_a_cell_is_the_one_of_the_tables() -> None:
    svg = cell_bar(41, 50, 38)
    assert tree(svg).get("aria-hidden") == "true"
    assert '<rect class="fill" y="1" width="82" height="8"/>' in svg
    assert '<path class="goal" d="M76.0 0V10"/>' in svg
    assert classes(tree(cell_bar(MASKED, 50)), "fill") == []
    assert classes(tree(cell_bar(90, 0)), "fill")[0].get("width") == "0"


def test_shares_of_a_stacked_bar() -> None:
    root = picture(stacked([("Moins de 26 ans", 30), ("Plus", 90)], ident="s", title="Âge"))
    assert tips(root) == ["Moins de 26 ans\u00a0: 30 (25\u202f%)", "Plus\u00a0: 90 (75\u202f%)"]
    hidden = picture(stacked([("a", MASKED), ("b", 90)], ident="s", title="Âge"))
    assert tips(hidden) == ["b\u00a0: 90", "a\u00a0: masqué"]


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (1284, [0, 500, 1000, 1500]),
        (90, [0, 25, 50, 75, 100]),
        (4_000_000, [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000]),
    ],
)
def test_graduations_are_round(maximum: float, expected: list[int]) -> None:
    assert ticks(maximum) == expected


@given(st.floats(0.001, 10**14))
def test_graduations_reach_the_greatest_value(maximum: float) -> None:
    found = ticks(maximum)
    assert found[-1] >= maximum
    assert 2 <= len(found) <= 6
    assert len({b - a for a, b in pairwise(found)}) == 1
