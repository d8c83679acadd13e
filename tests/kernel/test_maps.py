"""Maps written on the server: shared borders, no overlap, words for every figure, honest when masked."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spo_portal.kernel.maps import (
    Frame,
    Ground,
    Kind,
    Shape,
    Spot,
    choropleth,
    draw,
    label_spot,
    outlined,
    path_of,
    points_map,
    rings_of,
    schematic,
    simplify,
)
from spo_portal.kernel.maps import classes as c
from spo_portal.kernel.maps.labels import SIZE, placed, width_of
from spo_portal.kernel.privacy import Cell, Share

HOSTILE = '"><script>alert(1)</script>&\x00\x0b\ud800\' onload="x'
MASKED = Cell(None, True, "Masqué : entre 1 et 4 fiches")
FRAME = Frame(0.0, 45.0, 2.0, 47.0)


def tree(html: str) -> ElementTree.Element:
    """The picture and its key, well formed, without script, style or colour of their own."""
    root = ElementTree.fromstring(f"<div>{html}</div>")
    for node in root.iter():
        assert node.tag not in {"script", "style", "pattern"}
        assert not {"style", "fill", "stroke"} & set(node.attrib) - {"fill"}
        assert not any(name.startswith("on") for name in node.attrib)
    assert not re.search(r"#[0-9a-f]{6}\b|\bnan\b|\binf\b|onload=\"", html)
    return root


def svg_of(root: ElementTree.Element) -> ElementTree.Element:
    return next(root.iter("svg"))


def with_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [node for node in svg_of(root).iter() if name in (node.get("class") or "").split()]


def squares(names: list[str], side: int = 200) -> Ground:
    """Neighbouring squares in a row."""
    shapes = []
    for rank, name in enumerate(names):
        ring = [(rank * side, 0), ((rank + 1) * side, 0), ((rank + 1) * side, side), (rank * side, side)]
        shapes.append(Shape(name, name, path_of([ring]), *label_spot([ring])))
    return outlined(shapes, FRAME)


# ---- Simplification


def wavy(start: tuple[float, float], end: tuple[float, float], steps: int = 60) -> list[tuple[float, float]]:
    """A border full of small bends."""
    (ax, ay), (bx, by) = start, end
    return [
        (ax + (bx - ax) * n / steps + (n % 3) * 0.4, ay + (by - ay) * n / steps + (n % 2) * 0.6)
        for n in range(steps + 1)
    ]


def test_a_shared_border_stays_the_same_on_both_sides() -> None:
    border = wavy((100, 0), (100, 300))
    left = [(0, 0), *border, (0, 300), (0, 0)]
    right = [*border, (200, 300), (200, 0), border[0]]
    drawn = simplify({"left": [left], "right": [right[::-1]]}, 2.0)
    kept = [set(itertools.pairwise([*ring, ring[0]])) for ring in (drawn["left"][0], drawn["right"][0])]
    edges = [{frozenset(edge) for edge in side} for side in kept]
    on_border = [{edge for edge in side if all(95 < x < 105 for x, _ in edge)} for side in edges]
    assert on_border[0] == on_border[1]
    assert 1 <= len(on_border[0]) < 20


def test_no_tear_where_three_places_meet() -> None:
    spokes = [wavy((150, 150), end) for end in ((150, 0), (300, 300), (0, 300))]
    rings = {
        "east": [[*spokes[0], (300, 0), *spokes[1][::-1]]],
        "west": [[*spokes[2], (0, 0), *spokes[0][::-1]]],
        "south": [[*spokes[1], *spokes[2][::-1]]],
    }
    drawn = simplify(rings, 3.0)
    count: dict[frozenset, int] = {}
    for ring in (ring for found in drawn.values() for ring in found):
        for edge in itertools.pairwise([*ring, ring[0]]):
            count[frozenset(edge)] = count.get(frozenset(edge), 0) + 1
    inner = [edge for edge in count if any(0 < x < 300 and 0 < y < 300 for x, y in edge)]
    assert inner
    assert all(count[edge] == 2 for edge in inner)


@given(
    st.lists(
        st.lists(st.tuples(st.floats(-50, 1500), st.floats(-50, 1500)), min_size=4, max_size=40),
        min_size=1,
        max_size=4,
    ),
    st.floats(0, 50),
)
@settings(max_examples=60)
def test_any_rings_give_rings_that_can_be_written_and_read(rings: list, tolerance: float) -> None:
    drawn = simplify({rank: [ring] for rank, ring in enumerate(rings)}, tolerance)
    for found in drawn.values():
        for ring in found:
            assert len(ring) >= 3
        assert rings_of(path_of(found)) == found
        if found:
            assert len(label_spot(found)) == 3


def test_an_island_and_a_flat_ring() -> None:
    island = [(10, 10), (30, 10), (30, 30), (10, 30), (10, 10)]
    drawn = simplify({"a": [island], "flat": [[(5.1, 5.1), (5.2, 5.2), (5.3, 5.1), (5.1, 5.1)]]}, 1.0)
    assert sorted(drawn["a"][0]) == [(10, 10), (10, 30), (30, 10), (30, 30)]
    assert drawn["flat"] == []


def test_a_label_stands_inside() -> None:
    ring = [(0, 0), (100, 0), (100, 20), (20, 20), (20, 200), (0, 200)]
    x, y, room = label_spot([ring])
    assert (0 < x < 100 and 0 < y < 20) or (0 < x < 20 and 0 < y < 200)
    assert room > 15


# ---- Schematic ground


PLACES = st.lists(
    st.tuples(st.text(min_size=1, max_size=12), st.none() | st.floats(41, 51), st.none() | st.floats(-5, 9)),
    min_size=1,
    max_size=80,
)


@given(PLACES)
@settings(max_examples=60)
def test_tiles_never_overlap_and_stay_inside(places: list) -> None:
    rows = [(rank, name, lat, lon) for rank, (name, lat, lon) in enumerate(places)]
    ground = schematic(rows)
    assert ground == schematic(rows)
    assert [shape.key for shape in ground] == [row[0] for row in rows]
    assert ground.schematic
    width, height = ground.tile
    for one in ground:
        assert width / 2 <= one.x <= ground.width - width / 2 + 1e-6
        assert height / 2 <= one.y <= ground.height - height / 2 + 1e-6
    for one, other in itertools.combinations(ground, 2):
        assert abs(one.x - other.x) >= width - 1e-6 or abs(one.y - other.y) >= height - 1e-6


def test_tiles_keep_north_up_and_west_left() -> None:
    ground = schematic(
        [
            ("n", "Nord", 51.0, 2.5),
            ("s", "Sud", 49.5, 2.5),
            ("e", "Est", 50.2, 4.2),
            ("o", "Ouest", 50.2, 1.6),
        ]
    )
    at = {shape.key: shape for shape in ground}
    assert at["n"].y < at["s"].y
    assert at["o"].x < at["e"].x


def test_a_crowd_has_small_tiles_without_names() -> None:
    ground = schematic([(n, f"Lieu {n}", 49 + n % 20 / 10, 2 + n // 20 / 10) for n in range(340)])
    html = draw(ground, {n: Cell(n + 5) for n in range(340)}, ident="m", title="Carte").svg
    root = tree(html)
    assert "map-wide" in (svg_of(root).get("class") or "")
    assert len(with_class(root, "value")) == 340
    assert all((node.text or "") != "Lieu 3" for node in root.iter("text"))
    assert "340" in (svg_of(root)[1].text or "")


# ---- Classes


@given(st.lists(st.floats(0, 10**6), max_size=60), st.integers(1, 4), st.integers(0, 1))
def test_each_figure_is_in_the_class_its_written_form_says(
    figures: list, classes: int, decimals: int
) -> None:
    written = [round(value, decimals) for value in figures]
    cuts = c.bounds(written, classes, decimals)
    assert cuts == sorted(set(cuts))
    assert len(cuts) < max(classes, 1)
    assert len(c.labels(cuts, "%", decimals)) == (len(cuts) + 1 if cuts else 0)
    ranks = [c.rank(value, cuts) for value in sorted(written)]
    assert ranks == sorted(ranks)
    assert all(0 <= rank <= 3 for rank in ranks)


def test_classes_are_round_and_said_without_a_gap() -> None:
    cuts = c.bounds([58, 61, 66, 68, 69, 71, 72, 74, 75, 76, 77, 79, 80, 81, 83], 4, 0)
    assert len(cuts) == 3
    said = c.labels([65, 70, 75], "%", 0)
    assert said == ["moins de 65\u202f%", "65 à 69\u202f%", "70 à 74\u202f%", "75\u202f% et plus"]
    assert c.labels([64, 65], "", 0) == ["moins de 64", "64", "65 et plus"]


# ---- Choropleth


def test_the_picture_names_every_figure() -> None:
    values = {"Lille": Share(Fraction(74, 100)), "Douai": Share(None, True, "x"), "Calais": Share(None)}
    html = choropleth(squares(["Lille", "Douai", "Calais"]), values, ident="m", title="Boucles fermées")
    root = tree(html)
    svg = svg_of(root)
    assert svg.get("role") == "img"
    assert [node.tag for node in svg[:2]] == ["title", "desc"]
    assert svg.get("aria-labelledby") == "m-t m-d"
    assert (
        svg[1].text == "Lille\u00a0: 74\u202f%\u202f; Douai\u00a0: masqué\u202f; Calais\u00a0: aucune donnée"
    )
    assert len(with_class(root, "hatch")) == 1
    assert len(with_class(root, "none")) == 1
    key = root.find("p")
    assert key is not None
    assert {"masqué", "aucune donnée", "74\u202f%"} <= {"".join(span.itertext()) for span in key}
    assert "carte schématique" not in html


def test_a_masked_place_is_hatched_inside_its_outline_and_never_coloured() -> None:
    ground = squares(["a", "b"])
    root = tree(draw(ground, {"a": MASKED, "b": Cell(40)}, ident="m", title="Fiches").svg)
    (hatch,) = with_class(root, "hatch")
    points = [int(n) for n in re.findall(r"-?\d+", hatch.get("d") or "")]
    assert points
    assert all(-1 <= x <= 201 for x in points[::2])
    assert all(-1 <= y <= 201 for y in points[1::2])
    assert len(with_class(root, "masked")) == 1


def test_with_links_the_picture_is_a_list_of_named_links() -> None:
    links = {"Lille": "/lille/?a=1&b=2", "Douai": "/douai/"}
    root = tree(
        draw(
            squares(["Lille", "Douai"]), {"Lille": Cell(12)}, ident="m", title="t", unit="fiches", links=links
        ).svg
    )
    svg = svg_of(root)
    assert svg.get("role") == "group"
    names = {node.get("href"): node.get("aria-label") for node in svg.iter("a")}
    assert names == {
        "/lille/?a=1&b=2": "Lille\u00a0: 12\u202ffiches",
        "/douai/": "Douai\u00a0: aucune donnée",
    }
    assert [node.get("role") for node in svg.iter("g") if node.get("role")] == [
        "list",
        "listitem",
        "listitem",
    ]


def test_one_place_is_outlined() -> None:
    root = tree(draw(squares(["a", "b"]), {}, ident="m", title="t", mark="b").svg)
    (marked,) = with_class(root, "sel")
    assert (marked.get("d") or "").startswith("M200 0")


def test_labels_never_cover_one_another() -> None:
    names = [
        "Roubaix-Tourcoing",
        "Lens-Liévin",
        "Béthune-Bruay",
        "Saint-Jean-d’Angély",
        "Un nom de territoire très très long",
    ]
    for side in (40, 70, 120, 200):
        ground = squares(names, side)
        labels, left, right = placed(ground, dict.fromkeys(names, "74\u202f%"))
        assert len(labels) == len(names)
        boxes = []
        for line in (line for label in labels for line in label.lines):
            width = width_of(line.words)
            start = {"middle": line.x - width / 2, "start": line.x, "end": line.x - width}[line.anchor]
            boxes.append((start, line.y - SIZE * 0.8, start + width, line.y + SIZE * 0.2))
            assert -left <= start
            assert start + width <= ground.width + right
        for a, b in itertools.combinations(boxes, 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (side, a, b)
    assert any(label.leader for label in placed(squares(names, 20), dict.fromkeys(names, "1 284"))[0])


def test_a_schematic_map_says_so() -> None:
    ground = schematic([("a", "Lille", 50.6, 3.0), ("b", "Calais", None, None)])
    drawn = draw(ground, {"a": Cell(12)}, ident="m", title="t")
    assert drawn.schematic
    assert "carte schématique" in drawn.key
    assert "carte schématique" in drawn.svg


def test_hostile_names_stay_text() -> None:
    ground = outlined([Shape(1, HOSTILE, "M0 0l9 0 0 9z", 5, 5, 60), Shape(2, HOSTILE, None, 90, 90)], FRAME)
    tree(str(draw(ground, {1: Cell(9), 2: MASKED}, ident="m", title=HOSTILE, unit="<b>", links={1: HOSTILE})))
    with pytest.raises(ValueError, match="ident"):
        draw(ground, {}, ident='x" onload="', title="t")
    with pytest.raises(ValueError, match="classes"):
        draw(ground, {}, ident="m", title="t", classes=5)


VALUES = (
    st.none()
    | st.just(MASKED)
    | st.builds(Cell, st.integers(0, 10**6))
    | st.builds(Share, st.fractions(0, 1))
    | st.floats(0, 10**6)
)


@given(st.lists(st.tuples(st.text(max_size=30), VALUES), max_size=70), st.integers(0, 1))
@settings(max_examples=60)
def test_any_values_give_a_well_formed_map(rows: list, decimals: int) -> None:
    ground = schematic(
        [(rank, name, 45 + rank % 7 / 3, 1 + rank % 11 / 4) for rank, (name, _) in enumerate(rows)]
    )
    drawn = draw(
        ground, {rank: row[1] for rank, row in enumerate(rows)}, ident="m", title="t", decimals=decimals
    )
    root = ElementTree.fromstring(f"<div>{drawn}</div>")
    assert len(with_class(root, "masked")) == sum(row[1] is MASKED for row in rows)


def test_a_bare_list_of_shapes_finds_its_size() -> None:
    root = tree(
        choropleth([Shape("a", "Lille", "M0 0l300 0 0 120z", 90, 40, 200)], {"a": 3}, ident="m", title="t")
    )
    view = [float(n) for n in (svg_of(root).get("viewBox") or "").split()]
    assert view[0] <= 0
    assert view[2] >= 300
    assert view[3] >= 120


# ---- Marks


def test_marks_differ_by_shape_and_letter_and_never_cover_one_another() -> None:
    kinds = [Kind(n, f"Réseau {n}", "ABCDEFGH"[n]) for n in range(8)]
    spots = [Spot(f"Lieu {n}", n % 8, 46.0, 1.0, full=n % 2 == 0, ringed=n % 3 == 0) for n in range(40)]
    html = points_map(
        spots,
        kinds,
        squares(["a", "b"]),
        ident="p",
        title="Lieux",
        full_name="labellisés",
        hollow_name="non labellisés",
        ringed_name="ouverts",
    )
    assert html == points_map(
        spots[::-1],
        kinds,
        squares(["a", "b"]),
        ident="p",
        title="Lieux",
        full_name="labellisés",
        hollow_name="non labellisés",
        ringed_name="ouverts",
    )
    root = tree(html)
    marks = with_class(root, "spot")
    assert len(marks) == 40
    assert len(with_class(root, "ring")) == 14
    assert len({(node.get("class") or "").split()[1] for node in marks}) == 8
    letters = [(float(n.get("x") or 0), float(n.get("y") or 0)) for n in svg_of(root).iter("text")]
    for (ax, ay), (bx, by) in itertools.combinations(letters, 2):
        assert (ax - bx) ** 2 + (ay - by) ** 2 > 20**2
    assert "5 lieux (5 labellisés)" in (svg_of(root)[1].text or "").replace("\u00a0", " ")


def test_marks_without_outline_are_on_a_plain_sheet() -> None:
    ground = schematic([("a", "Lille", 50.6, 3.0)])
    for spots in ([], [Spot("Seul", 1, 50.6, 3.0)]):
        root = tree(points_map(spots, [Kind(1, "CIO", "C")], ground, ident="p", title="Lieux"))
        assert "carte schématique" in "".join(root.itertext())
        assert not with_class(root, "none")
