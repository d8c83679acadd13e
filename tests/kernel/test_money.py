"""Amounts: what is typed comes back to the centime, and nothing doubtful becomes a figure."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spo_portal.kernel import money
from spo_portal.kernel.typography import amount, euros

SPACES = [" ", "\u00a0", "\u202f", "\u2009", "\t"]


@pytest.mark.parametrize(
    ("typed", "centimes"),
    [
        ("60 400", 6040000),
        ("60 400,50", 6040050),
        ("60400.5", 6040050),
        ("60\u202f400\u00a0€", 6040000),
        (" 60400€ ", 6040000),
        ("0", 0),
        ("0,05", 5),
        ("007", 700),
        ("10 000 000 000", 10**12),
    ],
)
def test_french_amounts_are_read(typed: str, centimes: int) -> None:
    assert money.parse_amount(typed) == centimes


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", money.EMPTY),
        (" € ", money.EMPTY),
        ("1e30", money.NOT_DIGITS),
        ("NaN", money.NOT_DIGITS),
        ("inf", money.NOT_DIGITS),
        ("-inf", money.NOT_DIGITS),
        ("Infinity", money.NOT_DIGITS),
        ("douze", money.NOT_DIGITS),
        ("=1+1", money.NOT_DIGITS),
        ("+5", money.NOT_DIGITS),
        ("12 k€", money.NOT_DIGITS),
        ("5,", money.NOT_DIGITS),
        ("0x10", money.NOT_DIGITS),
        ("1_000", money.NOT_DIGITS),
        ("-5", money.NEGATIVE),
        ("\u22125", money.NEGATIVE),
        ("-0,01", money.NEGATIVE),
        ("-1e30", money.NEGATIVE),
        ("60,400", money.TOO_FINE),
        ("60.400", money.TOO_FINE),
        ("1.234,56", money.TOO_FINE),
        ("0,001", money.TOO_FINE),
        ("60 40", money.GROUPS),
        ("6 0400", money.GROUPS),
        ("60  400", money.GROUPS),
        (",50", money.GROUPS),
        ("٦٠٤٠٠", money.OTHER_DIGITS),
        ("６０４００", money.OTHER_DIGITS),
        ("5²", money.OTHER_DIGITS),
        ("10 000 000 000,01", money.TOO_BIG),
        ("9" * 39, money.TOO_BIG),
        ("9" * 41, money.TOO_LONG),
        ("9" * 100_000, money.TOO_LONG),
    ],
)
def test_what_is_no_amount_is_refused_with_its_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(money.AmountRefused) as refused:
        money.parse_amount(typed)
    assert str(refused.value) == sentence


@given(st.integers(0, money.MAX_CENTIMES), st.sampled_from(SPACES), st.booleans(), st.booleans())
def test_an_amount_written_reads_back(centimes: int, space: str, sign: bool, dot: bool) -> None:
    written = (euros if sign else amount)(centimes).replace("\u202f", space)
    assert money.parse_amount(written.replace(",", ".") if dot else written) == centimes


@given(st.text(max_size=60))
def test_any_text_is_an_amount_or_a_sentence(text: str) -> None:
    try:
        centimes = money.parse_amount(text)
    except money.AmountRefused:
        return
    assert 0 <= centimes <= money.MAX_CENTIMES


@given(st.integers(0, money.MAX_CENTIMES))
def test_a_cell_reads_back_as_number(centimes: int) -> None:
    assert money.amount_from_number(Decimal(centimes) / 100) == centimes
    if centimes < 10**11:
        assert money.amount_from_number(centimes / 100) == centimes


@given(st.one_of(st.floats(), st.integers()))
def test_any_number_is_an_amount_or_a_sentence(value: float) -> None:
    try:
        centimes = money.amount_from_number(value)
    except money.AmountRefused:
        return
    assert math.isclose(centimes / 100, value, rel_tol=1e-9, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (math.nan, money.NOT_DIGITS),
        (math.inf, money.NOT_DIGITS),
        (-math.inf, money.NOT_DIGITS),
        (1e30, money.TOO_BIG),
        (-0.01, money.NEGATIVE),
        (0.125, money.TOO_FINE),
    ],
)
def test_a_number_that_is_no_amount_is_refused(value: float, sentence: str) -> None:
    with pytest.raises(money.AmountRefused) as refused:
        money.amount_from_number(value)
    assert str(refused.value) == sentence
