"""The one-click accounts of the demonstration, read before anyone has logged in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from spo_portal.kernel.tenancy.scope import Scope, scoped
from territories.enums import Role
from territories.models import Membership, Region, User

WORK: dict[str, str] = {
    Role.CONSEILLER: "Remplit les fiches, note les arrivées",
    Role.REFERENT: "Tient la fiche, les horaires et l’équipe du lieu, saisit la pile papier",
    Role.COORDINATEUR: "Suit les chiffres et les lieux du territoire, invite les équipes",
    Role.CHARGE_MISSION: "Lit le territoire",
    Role.ANIMATEUR_ETAT: "Lit le territoire",
    Role.ANIMATION: "Compare les territoires, prépare les exports",
    Role.PREFECTURE: "Lit l’annuaire ; les labels s’ouvriront plus tard",
    Role.REGION: "Lit les chiffres de la région",
    Role.MEMBRE_COMMISSION: "Compte prêt ; les dossiers s’ouvriront plus tard",
    Role.PORTEUR: "Compte prêt ; les dossiers s’ouvriront plus tard",
    Role.ADMINISTRATEUR: "Tient les comptes, ne lit aucune fiche",
}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    user_id: int
    label: str
    work: str


@dataclass(slots=True)
class DemoGroup:
    """The accounts of one Region, or of the platform (``region`` is None)."""

    region: Region | None
    accounts: list[DemoAccount] = field(default_factory=list)
    # Shown first: one account of each role, and a second counsellor, the one who receives.
    first: list[DemoAccount] = field(default_factory=list)
    others: list[DemoAccount] = field(default_factory=list)


def demo_groups() -> list[DemoGroup]:
    """Demonstration accounts by Region, in the order of the roles. Demo mode only: the caller checks it."""
    users = {user.pk: user for user in User.objects.filter(is_demo=True, is_active=True)}
    if not users:
        return []
    regions = list(Region.objects.all())
    with scoped(Scope(lead=tuple(region.pk for region in regions))):
        memberships = _mandates(list(users))
    for user_id in users.keys() - {m.user_id for m in memberships}:
        with scoped(Scope(person=user_id)):
            memberships += _mandates([user_id])
    shown: dict[int | None, Counter[str]] = {}
    groups = {region.pk: DemoGroup(region) for region in regions} | {None: DemoGroup(None)}
    for user_id, mine in _by_user(memberships).items():
        first = mine[0]
        work = WORK.get(first.role, "")
        if len(mine) > 1:
            work = f"{work} ; tient {len(mine)} rôles"
        group, account = groups[first.region_id], DemoAccount(user_id, first.label, work)
        group.accounts.append(account)
        roles = shown.setdefault(first.region_id, Counter())
        roles[first.role] += 1
        few = 2 if first.role == Role.CONSEILLER else 1
        (group.first if roles[first.role] <= few else group.others).append(account)
    return [group for group in groups.values() if group.accounts]


def _mandates(user_ids: Sequence[int]) -> list[Membership]:
    return list(Membership.objects.for_system().in_force().filter(user_id__in=user_ids))


def _by_user(memberships: Sequence[Membership]) -> dict[int, list[Membership]]:
    order = list(Role.values)
    found: dict[int, list[Membership]] = {}
    for membership in sorted(memberships, key=lambda m: (order.index(m.role), m.pk)):
        found.setdefault(membership.user_id, []).append(membership)
    return found
