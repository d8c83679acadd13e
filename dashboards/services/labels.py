"""Words of the values that figures are counted by: one place for screens, reports and exports."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contacts.enums import Age, Canal, ListKind, Sexe, Suite
from contacts.models import ListVersion
from dashboards.enums import AWAITED, LATE, ON_THE_SPOT, ON_TIME, REORIENTED, Dimension
from dashboards.services.published import NO_RESEAU
from territories.access import Actor
from territories.models import Region, Reseau, Site, Territory

FIXED: dict[str, dict[str, str]] = {
    Dimension.CONTACTS: {"": "Contacts"},
    Dimension.ISSUE: {REORIENTED: "Réorientés", ON_THE_SPOT: "Résolus sur place"},
    Dimension.AGE: {**{value: str(label) for value, label in Age.choices}, "": "Âge non dit"},
    Dimension.SEXE: {Sexe.FEMME.value: "Femmes", Sexe.HOMME.value: "Hommes", "": "Non dit"},
    Dimension.CANAL: {value: str(label) for value, label in Canal.choices},
    Dimension.SAISIE: {ON_TIME: "Saisies à temps", LATE: "Saisies en retard"},
    Dimension.SUITE: {
        **{value: str(label) for value, label in Suite.choices},
        AWAITED: "Pas encore de suite",
    },
}
NO_RESEAU_NAME = "Partenaires associés"


@dataclass
class Labels:
    """French words by dimension and value, each dictionary in the order to show."""

    lists: dict[str, dict[str, str]] = field(default_factory=dict)
    reseaux: dict[str, str] = field(default_factory=dict)
    reseau_codes: dict[str, str] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    # Boxes of the lists in force at the end of the year; the others stand on older versions only.
    in_force: dict[str, frozenset[str]] = field(default_factory=dict)

    def current(self, dimension: str) -> dict[str, str]:
        """Words in force of a dimension: a zero there says something."""
        words = self.of(dimension)
        kept = self.in_force.get(dimension, words.keys())
        return {value: word for value, word in words.items() if value in kept}

    def of(self, dimension: str) -> dict[str, str]:
        """Words of a dimension; a crossed one (« 3:moins_26 ») reads « Salarié · Moins de 26 ans »."""
        if dimension in self.lists:
            return self.lists[dimension]
        if dimension in FIXED:
            return FIXED[Dimension(dimension)]
        if dimension == Dimension.DESTINATION:
            return self.reseau_codes
        if dimension == Dimension.DESTINATION_SITE:
            return self.sites
        if dimension == Dimension.DELAI:
            return {}
        first, second = (self.of(part) for part in str(dimension).split("_"))
        return {f"{a}:{b}": f"{x} · {y}" for a, x in first.items() for b, y in second.items()}

    def word(self, dimension: str, value: str) -> str:
        return self.of(dimension).get(value, value)


def labels(*, by: Actor, region: Region, year: int, territory: Territory | None = None) -> Labels:
    """Words in force at the end of ``year``. A number of a list means the same in every version."""
    versions = ListVersion.objects.visible_to(by).filter(region=region, starts_on__year__lte=year)
    known = list(versions.order_by("starts_on"))
    found = Labels(lists=words_of_lists(known))
    for version in known[-1:]:
        found.in_force = {
            kind: frozenset(str(i.n) for i in version.of(ListKind(kind))) for kind in found.lists
        }
    for reseau in Reseau.objects.filter(region=region).order_by("order"):
        found.reseaux[str(reseau.pk)] = reseau.short_name
        found.reseau_codes[reseau.code] = reseau.short_name
    found.reseaux[NO_RESEAU] = NO_RESEAU_NAME
    found.reseau_codes["autre"] = "Autres structures"
    if territory is not None:
        sites = Site.objects.visible_to(by).filter(region=region)
        found.sites = {str(pk): name for pk, name in sites.order_by("name").values_list("pk", "name")}
    return found


def words_of_lists(versions: Sequence[ListVersion]) -> dict[str, dict[str, str]]:
    """Statuts, demandes and réponses, the newest words and order winning."""
    lists: dict[str, dict[str, str]] = {}
    for kind in (ListKind.STATUT, ListKind.DEMANDE, ListKind.REPONSE):
        older = {str(item.n): item.short for version in versions for item in version.of(kind)}
        newest = [str(item.n) for version in versions[-1:] for item in version.of(kind)]
        lists[kind.value] = {n: older[n] for n in [*newest, *(n for n in older if n not in newest)]}
    return lists
