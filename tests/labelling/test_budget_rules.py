"""The rules of the budget, on any lines: balance, 80 % to the centime, FSE apart, valuations outside."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelling.enums_ami import NATURES, BudgetNature, BudgetSide
from labelling.services.budget_rules import Budget, Line, sentences
from spo_portal.kernel.money import MAX_CENTIMES
from spo_portal.kernel.typography import euros

C, P, V = BudgetSide.CHARGE, BudgetSide.PRODUIT, BudgetSide.VALORISATION
N = BudgetNature


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """Any lines a budget may hold, of any amount."""
    amounts = st.one_of(st.integers(0, 2000), st.integers(0, MAX_CENTIMES))
    rows = []
    for side in draw(st.lists(st.sampled_from(list(BudgetSide)), max_size=14)):
        nature = draw(st.sampled_from(NATURES[side]))
        rows.append(Line(side, nature, draw(st.text("abé é’", max_size=6)), draw(amounts)))
    return rows


def balanced(charges: int, region: int, *more: Line) -> Budget:
    """Charges in one line, the Region and what it leaves in two."""
    return Budget.of(
        (
            Line(C, N.PERSONNEL, "Accueil", charges),
            Line(P, N.REGION, "Région", region),
            Line(P, N.AUTOFINANCEMENT, "", charges - region),
            *more,
        )
    )


@given(lines())
def test_sums_balance_and_ceiling_of_any_budget(rows: list[Line]) -> None:
    budget = Budget.of(rows)
    charges = sum(row.amount for row in rows if row.side == C)
    products = sum(row.amount for row in rows if row.side == P)
    region = sum(row.amount for row in rows if row.nature == N.REGION)
    assert (budget.charges, budget.products, budget.region) == (charges, products, region)
    assert budget.gap == charges - products
    assert budget.balanced == (charges == products > 0)
    # Exact arithmetic decides, never a rounded percentage.
    assert budget.over == (Fraction(region) > Fraction(80, 100) * charges)
    assert budget.ceiling <= Fraction(4, 5) * charges < budget.ceiling + 1
    assert budget.over == (budget.room < 0)
    assert budget.excess == max(0, -budget.room)
    assert budget.holds == (budget.balanced and not budget.over)


@given(lines())
def test_valuations_count_nowhere(rows: list[Line]) -> None:
    with_them, without = Budget.of(rows), Budget.of(row for row in rows if row.side != V)
    for name in ("charges", "products", "region", "fse", "gap", "ceiling", "room", "over", "share_words"):
        assert getattr(with_them, name) == getattr(without, name), name
    assert sentences(with_them) == sentences(without)


@given(lines())
def test_a_budget_holds_or_says_why(rows: list[Line]) -> None:
    budget = Budget.of(rows)
    said = sentences(budget)
    if budget.holds and budget.region:
        assert said == []
    else:
        assert said
        assert all(text.endswith(".") for text in said)
    if budget.charges and budget.over:
        assert any(euros(budget.excess) in text for text in said)


@given(lines())
def test_the_percentage_shown_never_hides_a_centime(rows: list[Line]) -> None:
    """Past the ceiling the share reads above 80,0; under or at it, 80,0 at most."""
    budget = Budget.of(rows)
    if not budget.charges:
        return
    shown = Decimal(budget.share_words.split("\u202f%")[0].replace(",", "."))
    assert (shown > 80) == budget.over


@given(st.integers(1, MAX_CENTIMES))
def test_the_ceiling_itself_holds_and_one_centime_more_does_not(charges: int) -> None:
    ceiling = charges * 80 // 100
    assert not balanced(charges, ceiling).over
    if ceiling < charges:
        over = balanced(charges, ceiling + 1)
        assert over.over
        assert over.excess == 1


@given(st.integers(1, MAX_CENTIMES), st.integers(0, MAX_CENTIMES))
def test_the_charges_wanted_are_the_least_that_allow_what_is_asked(charges: int, region: int) -> None:
    budget = Budget.of([Line(C, N.ACHATS, "", charges), Line(P, N.REGION, "", region)])
    wanted = budget.charges_wanted
    assert 5 * region <= 4 * wanted
    assert wanted == 0 or 5 * region > 4 * (wanted - 1)


@given(lines())
def test_the_bar_of_payers_holds_every_centime_within_its_width(rows: list[Line]) -> None:
    budget = Budget.of(rows)
    assert sum(part.amount for part in budget.parts) == budget.products
    assert all(0 <= float(part.x) + float(part.width) <= 1000.2 for part in budget.parts)
    assert 0 <= float(budget.fill) <= 1000


@given(lines(), st.randoms(use_true_random=False))
def test_any_change_of_a_line_changes_the_fingerprint(rows: list[Line], random: object) -> None:
    budget = Budget.of(rows)
    assert Budget.of(list(rows)).fingerprint == budget.fingerprint
    if rows:
        place = random.randrange(len(rows))  # type: ignore[attr-defined]
        line = rows[place]
        other = Line(line.side, line.nature, f"{line.label}x", line.amount)
        changed = [*rows[:place], other, *rows[place + 1 :]]
        assert Budget.of(changed).fingerprint != budget.fingerprint


def test_too_much_asked_says_by_how_much_and_which_line() -> None:
    [said] = sentences(balanced(7_600_000, 6_120_000))
    assert f"{euros(6_120_000)} demandés pour un plafond de {euros(6_080_000)}" in said
    assert f"Baissez la demande de {euros(40_000)} à la ligne « Région »" in said
    assert "ou ajoutez un autre financement" in said
    # 61 200 € is 80 % of 76 500 €.
    assert f"{euros(50_000)} de charges en plus" in said


def test_several_lines_of_the_region_are_all_named() -> None:
    more = Line(P, N.REGION, "Région, équipement", 200_000)
    said = " ".join(sentences(balanced(7_600_000, 5_920_000, more)))
    assert f"Baissez la demande de {euros(40_000)} au total sur ses 2\u00a0lignes" in said
    assert f"« Région » ({euros(5_920_000)}) et « Région, équipement » ({euros(200_000)})" in said


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "Le budget est vide"),
        ([Line(V, N.TEMPS, "", 500)], "Le budget est vide"),
        ([Line(P, N.REGION, "", 500)], "Aucune charge n’est chiffrée"),
        ([Line(C, N.ACHATS, "", 500)], f"Il manque {euros(500)} de produits"),
        (
            [Line(C, N.ACHATS, "", 500), Line(P, N.ETAT, "Préfecture", 900)],
            f"Les produits dépassent les charges de {euros(400)}",
        ),
        ([Line(C, N.ACHATS, "", 500), Line(P, N.ETAT, "", 500)], "Rien n’est demandé à la Région"),
    ],
)
def test_each_fault_has_its_sentence(rows: list[Line], words: str) -> None:
    assert any(words in text for text in sentences(Budget.of(rows)))


def test_one_centime_over_never_reads_as_eighty() -> None:
    budget = balanced(7_600_001, 6_080_001)
    assert budget.over
    assert budget.share_words.startswith("80,1")
    assert balanced(7_600_000, 6_080_000).share_words.startswith("80,0")
    assert balanced(7_600_000, 6_079_999).share_words.startswith("79,9")


def test_the_fse_is_told_apart_and_not_with_the_region() -> None:
    budget = balanced(7_600_000, 6_040_000, Line(P, N.FSE, "", 600_000))
    assert budget.fse == 600_000
    assert budget.region == 6_040_000
    assert budget.fse_words.startswith("7,8")
