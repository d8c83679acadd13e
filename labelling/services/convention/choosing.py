"""Organisations one may add to a convention, by network, and what « toutes » and « aucune » tick."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from labelling.models import Convention
from territories.access import Actor
from territories.models import Organisation, Reseau, Site

ALL = "tout"
OUTSIDE = "hors"
OUTSIDE_NAME = "Hors réseau"


@dataclass(frozen=True, slots=True)
class Choice:
    organisation: Organisation
    ticked: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Organisations of one network on the territory; ``key`` names it in the form."""

    key: str
    name: str
    choices: tuple[Choice, ...]

    @property
    def ticked(self) -> int:
        return sum(one.ticked for one in self.choices)


def groups_of(
    by: Actor, convention: Convention, known: Sequence[Organisation], ticked: Collection[str] = ()
) -> list[Group]:
    """By the order of the networks, those of none last; an organisation of several is under the first.

    ``known``: organisations that may join (``parties.may_join``); two statements, whatever their number.
    """
    here = Site.objects.visible_to(by).for_territory(convention.territory_id).open_to_public()
    rows = here.filter(organisation__in=known).values_list("organisation_id", "reseau_id").distinct()
    networks = {one.pk: one for one in Reseau.objects.filter(region_id=convention.region_id)}
    order = {pk: rank for rank, pk in enumerate(sorted(networks, key=lambda pk: _rank(networks[pk])))}
    first: dict[int, int] = {}
    for organisation, network in rows:
        if network in order:
            held = first.get(organisation, network)
            first[organisation] = min(held, network, key=order.__getitem__)
    found = []
    for network in [*order, None]:
        mine = [one for one in known if first.get(one.pk) == network]
        if mine:
            choices = tuple(Choice(one, str(one.pk) in ticked) for one in mine)
            key, name = (str(network), networks[network].name) if network else (OUTSIDE, OUTSIDE_NAME)
            found.append(Group(key, name, choices))
    return found


def after(groups: Iterable[Group], *, tick: str = "", untick: str = "") -> set[str]:
    """Keys ticked once « toutes » (``tick``) or « aucune » (``untick``) of a group, or of all, is pressed."""
    kept = set()
    for group in groups:
        for one in group.choices:
            key = str(one.organisation.pk)
            held = one.ticked or tick in {ALL, group.key}
            if held and untick not in {ALL, group.key}:
                kept.add(key)
    return kept


def _rank(network: Reseau) -> tuple[int, str]:
    return network.order, network.code
