"""The filter bar reads any address, never complains, and writes one address for one question."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.forms.filters import Choices, Filters

CHOICES = Choices(
    today=datetime.date(2026, 11, 24),
    years=(2026, 2025),
    reseaux={"3": "CIO", "0": "Partenaires associés"},
    demandes={"1": "Métier", "2": "Formation"},
    sites={"12": "CIO de Lille"},
)
DEFAULT = Filters(2026)


@pytest.mark.parametrize(
    "absurd",
    [
        {"annee": "1998"},
        {"annee": "2026; DROP"},
        {"annee": "２０２５"},
        {"mois": "13"},
        {"mois": "0"},
        {"mois": "12"},  # to come
        {"mois": "-1"},
        {"reseau": "99"},
        {"demande": "é"},
        {"lieu": "12 "},
        {"comparer": "tout"},
        {"inconnu": "1"},
    ],
)
def test_what_makes_no_sense_is_the_default(absurd: dict[str, str]) -> None:
    filters = Filters.from_get(absurd, CHOICES)
    assert filters == DEFAULT
    assert filters.query() == ""


@given(
    st.dictionaries(st.sampled_from(["annee", "mois", "reseau", "lieu", "demande", "comparer"]), st.text())
)
def test_any_address_gives_an_answer(get: dict[str, str]) -> None:
    Filters.from_get(get, CHOICES).words()


@given(
    annee=st.sampled_from(["", "2025", "2026"]),
    mois=st.sampled_from(["", *map(str, range(1, 13))]),
    reseau=st.sampled_from(["", "3", "0"]),
    lieu=st.sampled_from(["", "12"]),
    demande=st.sampled_from(["", "1"]),
    comparer=st.sampled_from(["", "an", "region", "rien"]),
)
def test_one_question_has_one_address(**get: str) -> None:
    from django.http import QueryDict

    filters = Filters.from_get(get, CHOICES)
    again = Filters.from_get(QueryDict(filters.query()), CHOICES)
    assert again == filters
    assert again.query() == filters.query()


def test_a_place_says_its_network() -> None:
    filters = Filters.from_get({"lieu": "12", "reseau": "3"}, CHOICES)
    assert (filters.site, filters.reseau) == ("12", "")


def test_it_says_itself_in_words() -> None:
    asked = {"mois": "10", "reseau": "3", "demande": "2", "comparer": "an"}
    filters = Filters.from_get(asked, CHOICES)
    assert [line.replace("\xa0", " ") for line in filters.words()] == [
        "Période : octobre 2026",
        "Réseau : CIO",
        "Demande : Formation",
        "Comparé avec : l’an dernier",
    ]
    assert DEFAULT.but(choices=CHOICES).words()[0] == "Période\xa0: 2026 (depuis le 1er janvier)"


def test_the_months_to_come_are_not_offered() -> None:
    assert [n for n, _ in Filters.from_get({}, CHOICES).months] == list(range(1, 12))
    assert len(Filters.from_get({"annee": "2025"}, CHOICES).months) == 12
    assert Filters.from_get({}, CHOICES).years[0] == (2026, "2026, en cours")
