"""Demonstration contacts: drawn with a fixed seed, plausible by season and age; nobody in particular."""

import datetime
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contacts.enums import Age, Canal, Sexe, Suite
from contacts.models import ListVersion
from territories.models import Site

# Share of a year's contacts by month: autumn and January are busy, August is quiet.
SEASON = (10, 9, 10, 8, 8, 9, 6, 3, 11, 12, 9, 5)
# How often each box is ticked, by code of the list; a code a Region does not have is skipped.
STATUTS = {
    "scolarise": 14,
    "etudiant": 12,
    "salarie": 17,
    "stagiaire_fc": 4,
    "de_inscrit": 27,
    "de_non_inscrit": 11,
    "fonctionnaire": 3,
    "alternant": 4,
    "actif_non_salarie": 3,
    "autre": 5,
}
YOUNG = {
    "scolarise": 0.99,
    "etudiant": 0.93,
    "alternant": 0.85,
    "de_non_inscrit": 0.6,
    "salarie": 0.12,
    "de_inscrit": 0.34,
}
DEMANDES = {
    "metier": 26,
    "formation": 40,
    "emploi": 32,
    "vae": 8,
    "financement": 19,
    "creation_reprise": 5,
    "autre": 6,
}
SUITES = (
    (Suite.RECUE, 52),
    (Suite.RENDEZ_VOUS, 18),
    (Suite.REORIENTEE, 7),
    (Suite.NE_CONVIENT_PAS, 4),
    (Suite.JAMAIS_VENUE, 6),
)
PRECISIONS = (
    "",
    "",
    "",
    "",
    "",
    "Souhaite une formation courte.",
    "Hésite entre deux métiers.",
    "Cherche une alternance pour la rentrée.",
    "Veut connaître ses droits à la formation.",
    "Dossier de VAE à préparer.",
    "Projet de reprise d’un commerce.",
)


@dataclass(frozen=True)
class Drawn:
    """One contact to record: when, what was ticked, where to, and what became of it."""

    at: datetime.datetime
    canal: str
    sexe: str
    age: str
    statut: int
    demandes: tuple[int, ...]
    reponses: tuple[int, ...]
    precisions: str
    destination_ids: tuple[int, ...]
    suite: str
    suite_after_days: int


def share_out(rng: random.Random, sites: Sequence[Site], total: int) -> dict[int, int]:
    """How many of ``total`` contacts each site gets: unequal, as places are, and exact in sum.

    Twice as many places share the same inhabitants: they receive more in all, each a little less.
    """
    places = Counter(site.territory_id for site in sites)
    weights = {
        site.pk: rng.lognormvariate(0, 0.8)
        * float(site.territory.population or 100_000)
        / math.sqrt(places[site.territory_id])
        for site in sites
    }
    whole = sum(weights.values())
    counts = {pk: int(total * weight / whole) for pk, weight in weights.items()}
    for pk in sorted(weights, key=lambda pk: -weights[pk])[: total - sum(counts.values())]:
        counts[pk] += 1
    return counts


def draw(
    rng: random.Random,
    version: ListVersion,
    destinations: Sequence[Site],
    count: int,
    now: datetime.datetime,
    months: int,
) -> Iterator[Drawn]:
    """``count`` contacts of one site over the last ``months`` months, in the order of time."""
    statuts = {item.code: item.n for item in version.statuts}
    demandes = {item.code: item.n for item in version.demandes}
    moments = sorted(_moment(rng, now, months) for _ in range(count))
    for at in moments:
        code = (
            _pick(rng, {c: w for c, w in STATUTS.items() if c in statuts})
            if rng.random() < 0.98
            else rng.choice(list(statuts))
        )
        asked = _several(rng, demandes)
        reoriented = bool(destinations) and rng.random() < 0.6
        chosen = (
            tuple(
                s.pk
                for s in rng.sample(list(destinations), k=min(len(destinations), 1 + (rng.random() < 0.25)))
            )
            if reoriented
            else ()
        )
        answered = reoriented and (now - at).days > 3 and rng.random() < 0.72
        yield Drawn(
            at=at,
            canal=_pick(rng, {Canal.SUR_PLACE: 78, Canal.TELEPHONE: 16, Canal.COURRIEL: 6}),
            sexe=_pick(rng, {Sexe.FEMME: 51, Sexe.HOMME: 44, "": 5}),
            age=_age(rng, code),
            statut=statuts.get(code, next(iter(statuts.values()))),
            demandes=asked,
            reponses=asked if not reoriented else (asked[:1] if rng.random() < 0.4 else ()),
            precisions=rng.choice(PRECISIONS),
            destination_ids=chosen,
            suite=_pick(rng, dict(SUITES)) if answered else "",
            suite_after_days=rng.randint(0, 12),
        )


def _age(rng: random.Random, statut: str) -> str:
    if rng.random() < 0.04:
        return ""
    return Age.MOINS_26 if rng.random() < YOUNG.get(statut, 0.2) else Age.PLUS_26


def _several(rng: random.Random, demandes: dict[str, int]) -> tuple[int, ...]:
    weights = {n: DEMANDES.get(code, 3) for code, n in demandes.items()}
    first = _pick(rng, weights)
    picked = {first}
    if rng.random() < 0.35:
        picked.add(_pick(rng, weights))
    return tuple(sorted(picked))


def _pick(rng: random.Random, weights: dict):  # type: ignore[type-arg,no-untyped-def]
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def _moment(rng: random.Random, now: datetime.datetime, months: int) -> datetime.datetime:
    """A working moment of the period, more often in busy months, never after ``now``."""
    while True:
        at = now - datetime.timedelta(days=rng.random() * months * 30.4)
        if at.weekday() > 4 or rng.random() * 12 > SEASON[at.month - 1]:
            continue
        at = at.replace(
            hour=rng.choice((9, 9, 10, 10, 11, 14, 14, 15, 15, 16, 17)),
            minute=rng.randint(0, 59),
            second=rng.randint(0, 59),
        )
        if at <= now:
            return at
