"""Which orientation rule speaks for a person: one reading for the desk and for the preview of the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from contacts.models import OrientationRule

# A network (its id), else a kind of partner.
Target = tuple[int | None, str]


def best_rules(
    rules: Iterable[OrientationRule], *, statut: int | None, age: str, demandes: Collection[int]
) -> dict[Target, OrientationRule]:
    """The rule that speaks for each target: the heaviest, then the one that answers most of the requests.

    Targets come in that order too, then in the order the rules were written in (domain § 4). What is not
    known yet (no status, no request) holds nothing back; an age left empty only meets rules that admit it
    (« » in their ages). Rules out of force say nothing.
    """
    wanted = frozenset(demandes)
    best: dict[Target, OrientationRule] = {}
    for rule in sorted(rules, key=lambda r: (-r.weight, -len(wanted & set(r.demandes)), r.pk)):
        if rule.active and _fits(rule, statut, age, wanted):
            best.setdefault((rule.reseau_id, rule.partner_kind), rule)
    return best


def _fits(rule: OrientationRule, statut: int | None, age: str, wanted: frozenset[int]) -> bool:
    return (
        (not rule.statuts or statut is None or statut in rule.statuts)
        and (not rule.ages or age in rule.ages)
        and (not rule.demandes or not wanted or not wanted.isdisjoint(rule.demandes))
    )
