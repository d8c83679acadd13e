"""What French typography asks of numbers, dates and lists, said once for screens, mails and documents."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spo_portal.kernel import typography as t

N, B = t.NNBSP, t.NBSP


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0, None, "0"),
        (999, None, "999"),
        (1284, None, f"1{N}284"),
        (1_234_567, None, f"1{N}234{N}567"),
        (-3000, None, f"−3{N}000"),
        (48.6, None, "48,6"),
        (Decimal("79.50"), None, "79,50"),
        (12.0, None, "12"),
        (48.65, 1, "48,7"),
        (0.5, 0, "1"),
        ("1284", None, f"1{N}284"),
    ],
)
def test_numbers(value: object, decimals: int | None, expected: str) -> None:
    assert t.number(value, decimals) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "abc", "NaN", "inf", None])
def test_what_is_not_a_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        t.number(value)  # type: ignore[arg-type]


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_number_reads_back(value: int) -> None:
    assert int(t.number(value).replace(N, "").replace(t.MINUS, "-")) == value


def test_percentages_and_amounts() -> None:
    assert t.percent(61) == f"61{N}%"
    assert t.percent(79.47, 1) == f"79,5{N}%"
    assert t.euros(6040000) == f"60{N}400{N}€"
    assert t.euros(6040050) == f"60{N}400,50{N}€"
    assert t.euros(5) == f"0,05{N}€"
    assert t.amount(-6040000) == f"{t.MINUS}60{N}400"


def test_hours_and_durations() -> None:
    assert t.hour(time(10, 42)) == f"10{B}h{B}42"
    assert t.hour(time(18)) == f"18{B}h"
    assert t.hour(datetime(2026, 11, 24, 9, 5)) == f"9{B}h{B}05"  # noqa: DTZ001 - naive on purpose
    assert t.duration(45) == f"45{B}min"
    assert t.duration(420) == f"7{B}h"
    assert t.duration(1050) == f"17{B}h{B}30"


def test_dates() -> None:
    day = date(2026, 11, 24)
    assert t.long_date(day) == f"mardi 24{B}novembre 2026"
    assert t.plain_date(date(2026, 12, 1)) == f"1er{B}décembre 2026"
    assert t.short_date(date(2026, 12, 1)) == "1er\u00a0déc."
    assert t.day_and_month(day) == f"mardi 24{B}novembre"
    assert t.month_and_year(day) == "novembre 2026"
    assert t.moment(datetime(2026, 11, 24, 10, 42)) == f"mardi 24{B}novembre 2026, 10{B}h{B}42"  # noqa: DTZ001 - naive on purpose


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 12, 24), date(2026, 12, 24), f"le 24{B}décembre 2026"),
        (date(2026, 12, 1), date(2026, 12, 31), f"du 1er au 31{B}décembre 2026"),
        (date(2026, 11, 30), date(2026, 12, 4), f"du 30{B}novembre au 4{B}décembre 2026"),
        (date(2026, 12, 24), date(2027, 1, 2), f"du 24{B}décembre 2026 au 2{B}janvier 2027"),
    ],
)
def test_periods(first: date, last: date, expected: str) -> None:
    assert t.period(first, last) == expected


def test_lists() -> None:
    assert t.join([]) == ""
    assert t.join(["formation"]) == "formation"
    assert t.join(["formation", "emploi"]) == "formation et emploi"
    assert t.join(["formation", "emploi", "VAE"]) == "formation, emploi et VAE"
    assert t.join("ABC", "ou") == "A, B ou C"


def test_agreement_keeps_the_singular_below_two() -> None:
    assert [t.agree(n, "page") for n in (0, 1, 1.5, 2)] == ["page", "page", "page", "pages"]
    assert t.agree(3, "réseau", "réseaux") == "réseaux"
    assert t.counted(1284, "page") == f"1{N}284{B}pages"


def test_of() -> None:
    names = ["Arras", "Lille", "Étaples", "Le Mans", "Les Ulis", ""]
    assert [t.of(n) for n in names] == ["d’Arras", "de Lille", "d’Étaples", "du Mans", "des Ulis", "de "]


def test_sentences() -> None:
    assert t.no_break("Est-elle venue ?") == f"Est-elle venue{N}?"
    assert t.no_break("l'accueil : « bonjour »") == f"l’accueil{B}: «{B}bonjour{B}»"
    assert t.no_break("1 284 pages à 10 h 42, 61 %") == f"1{N}284 pages à 10{B}h{B}42, 61{N}%"
    assert t.no_break("https://exemple.fr à 10:42") == "https://exemple.fr à 10:42"
    assert t.no_break("rendez-vous à 18 h") == f"rendez-vous à 18{B}h"


@given(st.text())
def test_a_sentence_is_settled_once(text: str) -> None:
    assert t.no_break(t.no_break(text)) == t.no_break(text)


def test_small_things() -> None:
    assert t.capital("mardi 24 Novembre") == "Mardi 24 Novembre"
    assert t.capital("") == ""
    assert [t.distance(d) for d in (0.01, 0.62, 0.98, 2.14, 34.6)] == [
        f"50{B}m",
        f"600{B}m",
        f"1,0{B}km",
        f"2,1{B}km",
        f"35{B}km",
    ]
    assert t.phone("0353010203") == f"03{B}53{B}01{B}02{B}03"
    assert t.phone("+33353010203") == f"03{B}53{B}01{B}02{B}03"
    assert t.phone("3949") == f"39{B}49"
    assert t.phone("voir l’accueil") == "voir l’accueil"
    assert t.file_size(240_000) == f"240{B}Ko"
    assert t.file_size(1_400_000) == f"1,4{B}Mo"
