"""A share without appointment is written one way everywhere: nearest tenth, never « 50 % » under half."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.exports.convert import written
from dashboards.services.tables import WalkIn
from labelling.models import LabelShareCheck
from labelling.services import share_check
from labelling.services.label.eligibility import percent_of
from spo_portal.templatetags import _words, tableaux
from territories.hours import HALF, share_words, shown_percent, shown_share


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ((0, 2280), "0 %"),
        # 3 h of 38 h: 7,894… %.
        ((180, 2280), "7,9 %"),
        ((1, 3), "33,3 %"),
        ((2, 3), "66,7 %"),
        ((4996, 10000), "49,9 %"),
        ((4994, 10000), "49,9 %"),
        ((9999, 20000), "49,9 %"),
        ((1, 2), "50 %"),
        ((5004, 10000), "50 %"),
        ((5005, 10000), "50,1 %"),
        ((1, 10000), "0,1 %"),
        ((9999, 10000), "99,9 %"),
        ((2280, 2280), "100 %"),
    ],
)
def test_every_writer_says_the_same(minutes: tuple[int, int], words: str) -> None:
    """The page of the hours, the dossier, the nightly alert, the dashboards and their files."""
    share, told = Fraction(*minutes), words.replace(" %", "\u202f%")
    row = LabelShareCheck(walk_in_minutes=minutes[0], opening_minutes=minutes[1])
    assert share_words(share) == told
    assert _words.part(share) == told
    assert percent_of(minutes) == told
    assert share_check.share_words(row) == told
    assert tableaux.shown(WalkIn(share)) == told
    assert written(WalkIn(share)) == shown_share(share)
    assert shown_percent(share) == float(words.removesuffix(" %").replace(",", "."))


def test_no_hours_is_no_share() -> None:
    assert share_words(None) == _words.part(None) == percent_of((0, 0)) == ""
    assert shown_percent(None) is None


@given(st.fractions(min_value=0, max_value=1, max_denominator=10080))
def test_what_is_shown_is_near_and_on_the_same_side_of_half(share: Fraction) -> None:
    shown = shown_share(share)
    assert abs(shown - share) < Fraction(1, 1000)
    assert (shown < HALF) == (share < HALF)
    assert (shown == 0) == (share == 0)
    assert (shown == 1) == (share == 1)
