"""Return codes: what a tired reader gets wrong is caught, and nothing can be guessed from what is stored."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts import codes

KEY = b"a key used by the tests only, 32"
bodies = st.text(alphabet=codes.ALPHABET, min_size=codes.BODY, max_size=codes.BODY)
whole = bodies.map(lambda body: body + codes.check_character(body))


def test_alphabet_is_prime_and_unambiguous() -> None:
    assert len(codes.ALPHABET) == len(set(codes.ALPHABET)) == 23
    assert not set(codes.ALPHABET) & set("0O1IL2Z5S8BUV")


@given(whole, st.integers(0, codes.BODY), st.sampled_from(codes.ALPHABET))
def test_one_wrong_character_is_caught(code: str, place: int, other: str) -> None:
    changed = code[:place] + other + code[place + 1 :]
    assert codes.is_valid(changed) is (changed == code)


@given(whole, st.integers(0, codes.BODY - 1))
def test_swapped_neighbours_are_caught(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert codes.is_valid(swapped) is (swapped == code)


@given(whole)
def test_display_is_read_back(code: str) -> None:
    shown = codes.display(code)
    assert shown.count("\u00a0") == 2
    assert " " not in shown
    for typed in (shown, shown.lower(), code[:4] + "-" + code[4:], f" {code[:4]}.{code[4:8]} – {code[8]} \n"):
        assert codes.normalise(typed) == code
        assert codes.is_valid(typed)
    assert codes.hint(shown) == ""


@given(st.uuids(), st.integers(0, 2**32))
def test_derivation_is_stable_and_valid(fiche: UUID, nonce: int) -> None:
    code = codes.derive(KEY, fiche, nonce)
    assert code == codes.derive(KEY, fiche, nonce)
    assert codes.is_valid(code)
    assert len(code) == codes.LENGTH
    assert code != codes.derive(KEY, fiche, nonce + 1)
    assert code != codes.derive(KEY + b"!", fiche, nonce)


def test_known_code_never_changes() -> None:
    """A sheet printed last month must still be recognised: the derivation is frozen."""
    assert codes.derive(KEY, UUID(int=1), 0) == "D69D3WWT7"


def test_symbols_are_evenly_spread() -> None:
    """Chi-square over 8 x 6,000 symbols: 22 degrees of freedom, 48.3 is the 0.1 % point."""
    seen = Counter(symbol for i in range(6000) for symbol in codes.derive(KEY, UUID(int=i), 0)[: codes.BODY])
    expected = 6000 * codes.BODY / 23
    assert sum((seen[symbol] - expected) ** 2 / expected for symbol in codes.ALPHABET) < 48.3


def test_no_collision_in_a_year_of_codes() -> None:
    assert len({codes.derive(KEY, UUID(int=i), 0) for i in range(20_000)}) == 20_000


def test_hash_is_keyed_and_apart_from_the_derivation() -> None:
    code = codes.derive(KEY, UUID(int=7), 0)
    digest = codes.code_hash(KEY, code)
    assert len(digest) == 32
    assert digest == codes.code_hash(KEY, codes.display(code).lower())
    assert digest != codes.code_hash(KEY + b"!", code)
    with pytest.raises(ValueError, match="malformed"):
        codes.code_hash(KEY, code[:-1])


def test_empty_key_is_refused() -> None:
    with pytest.raises(ValueError, match="empty key"):
        codes.derive(b"", UUID(int=1), 0)
    with pytest.raises(ValueError, match="empty key"):
        codes.code_hash(b"", codes.derive(KEY, UUID(int=1), 0))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0KPM3XWR4", "« 0 »"),
        ("K7P", "il en manque"),
        ("K7PM3XWR4KKK", "il y en a trop"),
        ("é7PM3XWR4", "« É »"),
        ("K7PM3XWR3", "mal lu"),
    ],
)
def test_hint_is_plain_french(typed: str, said: str) -> None:
    assert said in codes.hint(typed)
    assert not codes.is_valid(typed)


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    assert codes.is_valid(text) in (True, False)
    assert isinstance(codes.hint(text), str)


def test_a_megabyte_is_cut_at_once() -> None:
    assert len(codes.normalise("A" * 1_000_000)) < 100
    assert not codes.is_valid("A" * 1_000_000)
