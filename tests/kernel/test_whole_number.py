"""Keys and counts as a form sends them."""

import pytest

from spo_portal.kernel.http import whole_number


@pytest.mark.parametrize("text", ["", None, "²", "٣", "-1", "1.0", " 1", "9" * 19, "9" * 5000, "1e3"])
def test_what_is_no_key_is_zero(text: str | None) -> None:
    assert whole_number(text) == 0


def test_a_key_is_itself() -> None:
    assert whole_number("0042") == 42
    assert whole_number("9" * 18) < 2**63
