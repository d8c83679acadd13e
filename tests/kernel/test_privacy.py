"""Small counts that can't be worked out, personal-looking text refused, text cleaned."""

from __future__ import annotations

import itertools
import time
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spo_portal.kernel.privacy import (
    INSIDE,
    OUTSIDE,
    TOTAL,
    Cell,
    TextRefused,
    clean_text,
    explain,
    mask_list,
    mask_part,
    mask_share,
    mask_table,
    personal_looking,
)

SMALL = "entre"


def possible(
    table: dict[tuple, Cell], members: list[tuple], threshold: int, most: int
) -> dict[tuple, set[int]]:
    """Every value each masked cell can take for a reader who knows the rule: plain enumeration."""
    width = len(members[0])
    totals = [key for key in table if TOTAL in key]
    hidden = [key for key in members if table[key].masked]

    def choices(key: tuple) -> range:
        return range(1, threshold + 1) if SMALL in table[key].reason else range(threshold + 1, most + 1)

    found: dict[tuple, set[int]] = {key: set() for key in table if table[key].masked}
    for guess in itertools.product(*map(choices, hidden)):
        value = {key: table[key].value for key in members} | dict(zip(hidden, guess, strict=True))
        sums = {
            total: sum(
                value[key]
                for key in members
                if all(total[i] is TOTAL or total[i] == key[i] for i in range(width))
            )
            for total in totals
        }
        if all(
            (1 <= sums[t] <= threshold if SMALL in table[t].reason else True)
            if table[t].masked
            else table[t].value == sums[t]
            for t in totals
        ):
            for key in found:
                found[key].add(sums[key] if key in sums else value[key])
    return found


def check(counts: dict[tuple, int], threshold: int, most: int) -> None:
    table = mask_table(counts, threshold=threshold)
    assert not any(1 <= (cell.value or 0) <= threshold for cell in table.values())
    assert all(not cell.masked for key, cell in table.items() if key in counts and counts[key] == 0)
    for key, values in possible(table, list(counts), threshold, most).items():
        if SMALL in table[key].reason:
            assert set(range(1, threshold + 1)) <= values, (counts, key)
        true = sum(
            count
            for member, count in counts.items()
            if all(part in (TOTAL, member[place]) for place, part in enumerate(key))
        )
        assert true in values
        assert len(values) > 1 or true > threshold, (counts, key)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=5))
def test_no_small_count_of_a_line_can_be_worked_out(line: list[int]) -> None:
    check({(place,): count for place, count in enumerate(line)}, 2, 10)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=2), min_size=2, max_size=3))
def test_no_small_count_of_a_table_can_be_worked_out(rows: list[list[int]]) -> None:
    counts = {(a, b): count for a, row in enumerate(rows) for b, count in enumerate(row)}
    check(counts, 2, 8)


@pytest.mark.parametrize("line", [[4, 4], [3, 3], [1, 1, 1, 1], [1, 5], [1], [4, 9, 9], [1, 0, 0], [2, 1]])
def test_lines_that_a_single_second_cell_would_betray(line: list[int]) -> None:
    check({(place,): count for place, count in enumerate(line)}, INSIDE, 24)


def test_large_tables_hide_no_line_with_one_masked_cell_and_answer_fast() -> None:
    counts = {(a, b): (a * 7 + b * 5) % 23 for a in range(44) for b in range(10)}
    started = time.process_time()
    table = mask_table(counts, threshold=OUTSIDE)
    assert time.process_time() - started < 5
    for row in range(44):
        assert sum(table[(row, b)].masked for b in (*range(10), TOTAL)) != 1
    for column in range(10):
        assert sum(table[(a, column)].masked for a in (*range(44), TOTAL)) != 1
    assert table[(TOTAL, TOTAL)].value == sum(counts.values())


def test_a_masked_cell_says_why() -> None:
    line = mask_list({"a": 3, "b": 40, "c": 12, "d": 0}, threshold=INSIDE, unit="dossiers")
    assert line.cells["a"] == Cell(None, True, "Masqué\u00a0: entre 1 et 4\u00a0dossiers")
    assert line.cells["c"] == Cell(None, True, "Masqué pour protéger la case voisine")
    assert line.cells["b"] == Cell(40)
    assert line.cells["d"] == Cell(0)
    assert line.total == Cell(55)
    assert "de 1 à 4 dossiers" in explain(INSIDE, "dossiers")


def test_counts_at_the_threshold_and_just_over() -> None:
    assert mask_list({"a": INSIDE, "b": 90}, threshold=INSIDE).cells["a"].masked
    assert not mask_list({"a": INSIDE + 1, "b": 90}, threshold=INSIDE).cells["a"].masked
    assert mask_list({"a": OUTSIDE, "b": 90}, threshold=OUTSIDE).cells["a"].masked
    assert not mask_list({"a": 1, "b": 90}, threshold=0).cells["a"].masked


def test_a_small_total_is_masked_too() -> None:
    line = mask_list({"a": 3, "b": 0}, threshold=INSIDE)
    assert line.total.masked
    assert mask_list({}, threshold=INSIDE).total == Cell(0)
    assert mask_table({}, threshold=INSIDE) == {}


def test_several_answers_per_thing_leave_the_total_alone_unless_it_betrays() -> None:
    free = mask_list({"a": 3, "b": 40, "c": 30}, 50, threshold=INSIDE, exclusive=False)
    assert (free.cells["a"].masked, free.cells["c"].value, free.total.value) == (True, 30, 50)
    # 50 things, each in one place at least: the shown 47 would tell that the small one is 3 or 4.
    tight = mask_list({"a": 3, "b": 47}, 50, threshold=INSIDE, exclusive=False)
    assert tight.cells["b"].masked
    assert mask_list({"a": 2}, 2, threshold=INSIDE, exclusive=False).total.masked


def test_cells_hidden_elsewhere_stay_hidden_here() -> None:
    line = mask_list({"a": 30, "b": 40, "c": 50}, threshold=INSIDE, hidden=["b"])
    assert line.cells["b"].masked
    assert sum(cell.masked for cell in line.cells.values()) == 2


def test_only_the_published_margins_bind() -> None:
    counts = {("x", "m"): 3, ("x", "f"): 20, ("y", "m"): 30, ("y", "f"): 40}
    table = mask_table(counts, threshold=INSIDE, margins=(1,))
    assert {key for key, cell in table.items() if cell.masked} == {("x", "m"), ("x", "f")}
    assert ("x", TOTAL) in table
    assert (TOTAL, "m") not in table
    assert sum(cell.masked for cell in mask_table(counts, threshold=INSIDE, margins=()).values()) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: mask_table({(1,): -1}, threshold=4),
        lambda: mask_table({(1,): 1.5}, threshold=4),  # type: ignore[dict-item]
        lambda: mask_table({(1,): 1, (1, 2): 1}, threshold=4),
        lambda: mask_table({(TOTAL,): 1}, threshold=4),
        lambda: mask_table({(1, 2, 3): 1}, threshold=4),
        lambda: mask_table({(1,): 1}, threshold=-1),
        lambda: mask_list({"a": 1}, 2, threshold=4),
        lambda: mask_list({"a": 1}, threshold=4, exclusive=False),
        lambda: mask_part(3, 2, threshold=4),
    ],
)
def test_tables_that_make_no_sense_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        call()  # type: ignore[operator]


def test_a_share_never_gives_a_masked_count_back() -> None:
    part, whole = mask_part(61, 100, threshold=INSIDE)
    assert mask_share(part, whole).value == Fraction(61, 100)
    part, whole = mask_part(97, 100, threshold=INSIDE)
    assert part.masked
    assert mask_share(part, whole).masked
    assert mask_share(Cell(0), Cell(0)).value is None


PERSONAL = {
    "email": [
        "jean@example.org",
        "nom (at) domaine point fr",
        "untel [at] gmail.com",
        "untel arobase gmail point com",
        "untel chez orange.fr",
    ],
    "phone": [
        "06 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "06,12,34,56,78",
        "+33 6 12 34 56 78",
        "0033612345678",
        "+33(0)6 12 34 56 78",
        "0 6 1 2 3 4 5 6 7 8",
        "o6 12 34 56 78",
        "０６１２３４５６７８",
        "06\u200b12\u200b34\u200b56\u200b78",
        "06\u00a012\u202f34\u00a056\u00a078",
        "٠٦١٢٣٤٥٦٧٨",
        "06 1234 5678",
        "03 20 12 34 56 poste 2",
        "zéro six douze trente-quatre",
        "06 2034 2056",
        "0612 34 2026",
    ],
    "digits": ["123456", "12 34 56", "n° 12345678A", "6 12 34 56 78"],
    "nir": ["2 84 02 59 123 456 78", "284022A12345678"],
    "name": [
        "Mme Untel",
        "M. Untel",
        "monsieur Untel",
        "Madame de La Tour",
        "s'appelle Untel",
        "nom : Untel",
    ],
    "address": [
        "12 rue des Lilas",
        "3 bis avenue Foch",
        "5 place de la République",
        "habite rue des Lilas",
        "BP 1234",
    ],
    "birth": ["née le 12 avril", "né en 1987", "le 12/04/1987", "le 12 avril 1987", "12/04/87", "DDN : 1987"],
    "handle": ["facebook.com/untel", "snap : untel", "@pseudo_59"],
}
ORDINARY = [
    "Souhaite un CAP cuisine en 2027",
    "niveau 4",
    "rentrée 2026-2027",
    "BTS 1re année",
    "35 h",
    "permis B",
    "3 à 6 mois",
    "CACES 1-3-5",
    "CACES 1-2-3-4-5-6",
    "2 500 €",
    "budget 120 000 €",
    "entre 4 000 - 6 000 €",
    "rentrée 09/2026",
    "rentrée le 01/09/2026",
    "du 30/06/2026-31/12/2026",
    "rentrée 2026-2027 35 h",
    "18-25 ans",
    "8h30-12h30 et 13h30-17h30",
    "08:30-12:30",
    "RNCP 38676",
    "code ROME K1304",
    "2024-2025-2026",
    "59000 Lille",
    "Madame souhaite un CAP",
    "demande le master M2",
    "1 place en crèche",
    "2 cours par semaine",
    "1 607 h",
    "cherche une place de stage",
    "n'a pas le bac",
    "bac pro 2012-2015",
    "RDV @ 14 h",
    "quai de la gare",
    "né à Lille",
    "BP coiffure 2 ans",
    "rendez-vous le 24 novembre 2026 à 10 h",
    "MADAME SOUHAITE UN CAP",
    "accompagnement chez un artisan",
    "niveau A2/B1",
    "2 x 35 h",
    "VAE, 3 ans d’expérience",
    "",
]
DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in PERSONAL.items() for text in texts]
)
def test_what_leads_to_a_person_is_refused(kind: str, text: str) -> None:
    found = personal_looking(f"Souhaite un CAP, {text} si possible", today=DAY)
    assert kind in {finding.kind for finding in found}
    assert personal_looking(text, today=DAY)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_remarks_pass(text: str) -> None:
    assert personal_looking(text, today=DAY) == []


def test_the_message_says_what_to_remove_and_why_without_repeating_it() -> None:
    found = personal_looking("Rappeler Mme Untel au 06 12 34 56 78", kept="la note gardée", today=DAY)
    assert [finding.kind for finding in found] == ["name", "phone"]
    assert found[1].message == (
        "Retirez le numéro de téléphone («\u00a006…\u00a0»)\u00a0: "
        "la note gardée ne contient aucune coordonnée."
    )
    assert all("Untel" not in finding.message and "78" not in finding.message for finding in found)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1 ",
        "0",
        "a@",
        "(",
        "Mme ",
        "12 ",
        "a.a.",
        " ",
        "né ",
        "1-",
        "habite ",
        "M. ",
        "é",
        "12,",
        "a at b ",
        "1b, ",
        "\u0300",
        "01/01/",
        "1234 ",
        "zero ",
        "nom : ",
    ],
)
def test_a_hostile_length_takes_no_more_than_its_share_of_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    personal_looking(text, today=DAY)
    assert time.process_time() - started < 2


@given(st.text(max_size=80))
def test_any_text_is_looked_at_without_a_crash(text: str) -> None:
    for finding in personal_looking(text, today=DAY):
        assert finding.message.startswith("Retirez")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\x00b", "commande"),
        ("a\x1bb", "commande"),
        ("a\x7fb", "commande"),
        ("a\uffffb", "commande"),
        ("a\ud800b", "abîmé"),
        ("a\u202eb", "sens de lecture"),
        ("a\u2066b", "sens de lecture"),
        ("e" + "\u0301" * 8, "empile"),
        ("a" * 11, "10 au plus"),
    ],
)
def test_what_is_not_text_is_refused(text: str, words: str) -> None:
    with pytest.raises(TextRefused, match=words):
        clean_text(text, max_length=10)


@pytest.mark.parametrize(
    ("text", "multiline", "cleaned"),
    [
        ("  CAP  cuisine ", False, "CAP cuisine"),
        ("a\r\nb\rc\u2028d", False, "a b c d"),
        ("a\r\n  b\n\nc", True, "a\nb\n\nc"),
        ("e\u0301te\u0301", False, "été"),
        ("06\u200b12\ufeff", False, "0612"),
        ("2\u00a0500\u202f€", False, "2\u00a0500\u202f€"),
        ("", False, ""),
    ],
)
def test_text_is_cleaned(text: str, multiline: bool, cleaned: str) -> None:
    assert clean_text(text, multiline=multiline) == cleaned


@given(st.text(max_size=60), st.booleans())
def test_cleaning_twice_changes_nothing_more(text: str, multiline: bool) -> None:
    try:
        once = clean_text(text, multiline=multiline)
    except TextRefused:
        return
    assert clean_text(once, multiline=multiline) == once
    once.encode()
