"""Orientation rules of the files applied to one demand: nobody is left without a door.

Written a second time, apart from ``contacts.services.matching``, which reads the rules of the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from territories.reference.rows import AGES, ListVersionRow, RuleRow

MINIMUM = 2


def applies(rule: RuleRow, *, statut: str, age: str, demandes: Iterable[str]) -> bool:
    """A rule applies when it accepts the status, the age ("" is an age not given) and one demand at least."""
    return (
        (not rule.statuts or statut in rule.statuts)
        and (not rule.ages or age in rule.ages)
        and (not rule.demandes or bool(set(demandes) & set(rule.demandes)))
    )


def best_rules(rules: Sequence[RuleRow], *, statut: str, age: str, demandes: Sequence[str]) -> list[RuleRow]:
    """The strongest rule of each network or kind of partner, strongest first.

    Equal weights stay equal: the caller orders them by distance or by name, not by who wrote the rule first.
    """
    best: dict[str, RuleRow] = {}
    for rule in rules:
        if not applies(rule, statut=statut, age=age, demandes=demandes):
            continue
        kept = best.get(rule.destination)
        if kept is None or rule.weight > kept.weight:
            best[rule.destination] = rule
    return sorted(best.values(), key=lambda rule: -rule.weight)


def coverage(rules: Sequence[RuleRow], lists: ListVersionRow) -> list[tuple[str, str, str, int]]:
    """Each (statut, demande, age) with fewer than two destinations, and how many it has."""
    gaps = []
    for statut, demande, age in product(lists.statuts, lists.demandes, AGES):
        found = len(best_rules(rules, statut=statut.code, age=age, demandes=[demande.code]))
        if found < MINIMUM:
            gaps.append((statut.code, demande.code, age, found))
    return gaps
