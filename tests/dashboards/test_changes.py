"""« Ce qui a changé »: always three sentences, plain and exact, never from a hidden figure."""

import datetime
import re

import pytest

from dashboards.changes import Sentence, changes
from dashboards.services.release import Release
from spo_portal.kernel.typography import no_break
from tests.dashboards.by_hand import LABELS, MONTHLY, NEIGHBOUR, SMALL, release

TODAY = datetime.date(2026, 11, 21)
LOOPS = {"issue": {"reoriente": 0.6, "sur_place": 0.4}, "suite": {"attendue": 0.15, "recue": 0.45}}
PUBLIC = {
    "demande": {"1": 0.3, "2": 0.4, "3": 0.3},
    "statut": {"1": 0.2, "5": 0.5},
    "age": {"moins_26": 0.4, "plus_26": 0.6},
    "canal": {"sur_place": 0.8, "telephone": 0.2},
    "saisie": {"a_temps": 0.9, "tardive": 0.1},
}
USUAL = {**PUBLIC, **LOOPS}


def told(
    now: Release, before: Release | None = None, region: Release | None = None, **more: object
) -> list[Sentence]:
    return changes(now, before, region, **({"labels": LABELS, "today": TODAY} | more))  # type: ignore[arg-type]


def words(*args: object, **more: object) -> list[str]:
    return [sentence.whole.replace("\u00a0", " ").replace("\u202f", " ") for sentence in told(*args, **more)]  # type: ignore[arg-type]


def monthly(**changed: int) -> dict[str, int]:
    return MONTHLY | {name.removeprefix("m"): n for name, n in changed.items()}


def test_a_month_is_compared_with_the_same_month_a_year_before() -> None:
    now = release(2026, months=monthly(m10=1284), shares=USUAL)
    before = release(2025, months=monthly(m10=1190), shares=USUAL)
    said = words(now, before, month=10)
    assert said[0] == "94 fiches de plus qu’en octobre 2025, soit + 8 %."
    assert len(said) == 3


def test_a_year_in_progress_compares_its_complete_months_only() -> None:
    """November is not over: it is on neither side."""
    now = release(2026, months=monthly(m11=1, m12=0), shares=USUAL)
    before = release(2025, months=MONTHLY | {"10": 50}, shares=USUAL)
    assert words(now, before)[0].startswith("50 fiches de plus que de janvier à octobre 2025, soit + 5 %.")


def test_a_month_in_progress_is_read_within_the_year_so_far() -> None:
    now, before = release(2026, shares=USUAL), release(2025, months=MONTHLY | {"1": 90}, shares=USUAL)
    assert words(now, before, month=11) == words(now, before)


def test_a_past_year_is_compared_whole() -> None:
    now, before = release(2025, months=MONTHLY | {"5": 40}), release(2024)
    assert words(now, before)[0] == "60 fiches de moins qu’en 2024, soit − 5 %."


def test_equal_figures_say_so() -> None:
    said = words(release(2026, shares=USUAL), release(2025, shares=USUAL), month=10)
    assert said[0] == "Exactement autant de fiches qu’en octobre 2025 : 100."
    whole = words(release(2026), release(2025))
    assert whole[0] == "Exactement autant de fiches que de janvier à octobre 2025 : 1 000."
    assert said[1] == "Le public change peu : aucun écart net avec l’an dernier."


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (1, 0, "Premières fiches en octobre 2026 : 1, aucune un an plus tôt."),
        (0, 12, "Aucune fiche en octobre 2026, contre 12 un an plus tôt."),
        (11, 10, "1 fiche de plus qu’en octobre 2025, soit + 10 %."),
        (300, 100, "200 fiches de plus qu’en octobre 2025, 300 contre 100."),
        (999, 1000, "1 fiche de moins qu’en octobre 2025, soit − 0,1 %."),
    ],
)
def test_the_volume_agrees_and_stays_readable(now: int, before: int, expected: str) -> None:
    said = words(release(2026, months=monthly(m10=now)), release(2025, months=monthly(m10=before)), month=10)
    assert said[0] == expected


def test_the_network_behind_a_rise_is_named_when_it_explains_most_of_it() -> None:
    now = release(2026, months=monthly(m10=200), by_reseau={"10": {"7": 60, "8": 140}})
    before = release(2025, months=monthly(m10=100), by_reseau={"10": {"7": 50, "8": 50}})
    assert words(now, before, month=10)[0].endswith("La hausse vient surtout du réseau Mission locale.")
    fallen = release(2026, months=monthly(m10=50), by_reseau={"10": {"7": 45, "8": 5}})
    assert words(fallen, before, month=10)[0].endswith("La baisse vient surtout du réseau Mission locale.")


def test_no_network_is_named_when_one_of_them_is_hidden() -> None:
    now = release(2026, months=monthly(m10=200), by_reseau={"10": {"7": SMALL, "8": NEIGHBOUR}})
    before = release(2025, months=monthly(m10=100), by_reseau={"10": {"7": 50, "8": 50}})
    assert "surtout" not in words(now, before, month=10)[0]


def test_a_demande_that_rises_is_told_with_both_shares() -> None:
    risen = USUAL | {"demande": {"1": 0.25, "2": 0.6, "3": 0.15}}
    said = words(release(2026, shares=risen), release(2025, shares=USUAL))
    assert "La demande « Formation » monte : 60 % des fiches, contre 40 % un an plus tôt." in said
    assert len([s for s in said if "demande «" in s]) == 1, "one sentence by theme"


def test_the_region_is_compared_when_last_year_tells_nothing() -> None:
    here = USUAL | {"age": {"moins_26": 0.55, "plus_26": 0.45}}
    wide = release(2026, months=dict.fromkeys(MONTHLY, 1000), shares=USUAL)
    said = words(release(2026, shares=here), None, wide)
    assert "Les moins de 26 ans sont plus présents ici : 55 % des fiches, contre 40 % dans la région." in said


def test_open_loops_are_told_with_the_region_s() -> None:
    wide = release(2026, months=dict.fromkeys(MONTHLY, 1000), shares=USUAL | {"suite": {"attendue": 0.3}})
    said = words(release(2026, shares=USUAL), release(2025, shares=USUAL), wide)
    assert (
        "25 boucles sur 100 restent ouvertes, contre 50 dans la région : 180 fiches réorientées"
        " sans suite connue." in said
    )


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (0.0, "Toutes les boucles sont fermées : 720 réorientations, autant de suites."),
        (0.6, "Aucune boucle n’est fermée : 720 réorientations sans suite connue."),
        (0.001, "Presque toutes les boucles sont fermées : 1 fiche réorientée sans suite connue."),
        (0.006, "1 boucle sur 100 reste ouverte : 7 fiches réorientées sans suite connue."),
    ],
)
def test_loops_agree(waiting: float, expected: str) -> None:
    assert expected in words(release(2026, shares=USUAL | {"suite": {"attendue": waiting}}))


def test_the_delay_is_told_when_it_changes_by_two_days() -> None:
    quick, slow = {"delai": {"y": 4}}, {"delai": {"y": 9.5}}
    said = words(release(2026, measures=quick), release(2025, measures=slow))
    assert "L’accueil suivant arrive plus vite : 4 jours en médiane, contre 9,5 jours en 2025." in said
    assert not any(
        "médiane" in s for s in words(release(2026, measures=quick), release(2025, measures=quick))
    )


def test_a_new_territory_has_three_sentences_and_no_comparison() -> None:
    said = words(Release(2026, release().audience))
    assert said == [
        "Aucune fiche de janvier à octobre 2026 : la saisie n’a pas commencé, ou rien n’est encore remonté.",
        "Pas encore de public à décrire : les demandes et les statuts s’afficheront avec les premières "
        "fiches.",
        "Aucune réorientation de janvier à octobre 2026 : pas de boucle à suivre.",
    ]


def test_january_has_nothing_complete_to_compare() -> None:
    said = words(release(2026, months={"1": 12}), release(2025), today=datetime.date(2026, 1, 20))
    assert said[0] == "12 fiches depuis le 1er janvier 2026 : pas de chiffre comparable un an plus tôt."
    assert len(said) == 3


def test_all_masked_says_nothing_but_that() -> None:
    hidden = dict.fromkeys(MONTHLY, SMALL)
    said = words(
        release(2026, months=hidden, shares=USUAL, total=SMALL), release(2025, months=hidden, total=SMALL)
    )
    assert said == [
        "Des nombres de fiches sont masqués de janvier à octobre 2026 : "
        "le total ne se compare pas à celui de l’an dernier.",
        "Le public ne se compare pas encore : les nombres sont trop petits pour être montrés, "
        "ou rien n’est comparable.",
        "Les suites ne se comparent pas encore : les réorientations sont trop peu nombreuses, "
        "ou en partie masquées.",
    ]


def test_a_portal_opened_in_the_middle_of_last_year_is_not_compared() -> None:
    opened = release(2025, months={str(m): 50 for m in range(6, 13)}, measures={"first_month": 6})
    assert "comparable" in words(release(2026), opened, month=3)[0]
    assert words(release(2026), opened, month=8)[0].startswith(
        "50 fiches de plus qu’en août 2025, 100 contre 50"
    )


def test_the_most_surprising_are_kept_and_the_order_is_always_the_same() -> None:
    before = release(2025, shares=USUAL)
    bent = USUAL | {
        "demande": {"1": 0.3, "2": 0.45, "3": 0.25},
        "canal": {"sur_place": 0.5, "telephone": 0.5},
        "saisie": {"a_temps": 0.5, "tardive": 0.5},
    }
    said = told(release(2026, shares=bent), before)
    assert [s.theme for s in said] == ["canal", "boucles", "saisie"]
    assert said == told(release(2026, shares=bent), before)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_figures_three_sentences_and_no_hidden_one(seed: int) -> None:
    """Months hidden here and there: no number of a sentence may come from a span with a hidden part."""
    import random

    rng = random.Random(seed)

    def some(year: int) -> Release:
        months = {m: rng.choice([0, 3, 8, 40, 900, SMALL, NEIGHBOUR]) for m in MONTHLY}
        shares = {
            d: {v: rng.random() * 0.5 for v in values} for d, values in USUAL.items() if rng.random() < 0.9
        }
        return release(year, months=months, shares=shares)

    said = told(some(2026), rng.choice([some(2025), None]), rng.choice([some(2026), None]),
                month=rng.choice([None, 4, 11]))  # fmt: skip
    assert len(said) == 3
    assert len({s.theme for s in said}) == 3
    for sentence in said:
        text = sentence.whole
        assert text.endswith("."), text
        assert "None" not in text
        assert "-1" not in text
        assert "-2" not in text
        assert text == no_break(text), f"spaces of {text!r}"
        assert not re.search(r"\b1 (fiches|boucles|réorientations)\b", text.replace("\u00a0", " "))
