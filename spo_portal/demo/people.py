"""Demonstration accounts, called by their role: no natural person anywhere."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from territories.access import SYSTEM_ACTOR
from territories.enums import Role
from territories.models import Commission, Membership, Organisation, Region, Site, Territory, User
from territories.services.accounts import name_member

PASSWORD = "orientation-demo-2026"  # noqa: S105 - public on purpose: the demonstration
DOMAIN = "demo.example"
# Organisations that answer a call for interest.
BODIES = 12

# Feminine and masculine take turns, as in life.
TITLES: dict[Role, tuple[str, str]] = {
    Role.CONSEILLER: ("Conseillère", "Conseiller"),
    Role.REFERENT: ("Référent", "Référente"),
    Role.COORDINATEUR: ("Coordinatrice", "Coordinateur"),
    Role.CHARGE_MISSION: ("Chargé de mission Région", "Chargée de mission Région"),
    Role.ANIMATEUR_ETAT: ("Animatrice de l’État", "Animateur de l’État"),
    Role.ANIMATION: ("Animation régionale", "Animation régionale"),
    Role.PREFECTURE: ("Préfecture", "Préfecture"),
    Role.REGION: ("Région, instruction", "Région, instruction"),
    Role.MEMBRE_COMMISSION: ("Membre de commission", "Membre de commission"),
    Role.PORTEUR: ("Porteuse", "Porteur"),
    Role.ADMINISTRATEUR: ("Administratrice de la plateforme", "Administrateur de la plateforme"),
}


@dataclass(frozen=True)
class Account:
    """One line of ``demo_accounts.json``."""

    email: str
    password: str
    role: str
    scope: str
    region: str
    label: str


@dataclass(frozen=True)
class Post:
    """A role on one scope, with the words that make its e-mail address."""

    role: Role
    slug: str
    place: str
    region: Region | None
    scope: dict[str, object]


def posts(territories: list[Territory], sites: dict[int, list[Site]]) -> Iterator[Post]:
    """Site staff for the first sites of each territory, then the staff of territories and regions."""
    for territory in territories:
        region, code = territory.region, territory.short_code.lower()
        for site in sites.get(territory.pk, [])[:3]:
            slug = f"{code}.{site.code.lower()}"
            yield Post(Role.CONSEILLER, slug, site.name, region, {"site": site})
            yield Post(Role.REFERENT, slug, site.name, region, {"site": site})
        for role in (Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT):
            yield Post(role, code, territory.name, region, {"territory": territory})
    for region in {t.region_id: t.region for t in territories}.values():
        yield from _region_posts(region)
        if region.regime == "spro":
            yield from _ami_posts(region)
    yield Post(Role.ADMINISTRATEUR, "1", "", None, {})
    yield Post(Role.ADMINISTRATEUR, "2", "", None, {})


def _region_posts(region: Region) -> Iterator[Post]:
    for role in (Role.ANIMATION, Role.PREFECTURE, Role.REGION):
        yield Post(role, "1", region.name, region, {"region": region})
    for commission in Commission.objects.for_region(region.pk).order_by("code")[:2]:
        yield Post(
            Role.MEMBRE_COMMISSION,
            commission.code.lower(),
            commission.name,
            region,
            {"commission": commission},
        )
    bodies = Organisation.objects.for_region(region.pk).filter(
        is_training_body=False, site__reseau__isnull=False
    )
    for number, organisation in enumerate(bodies.distinct().order_by("id")[:2], 1):
        yield Post(Role.PORTEUR, str(number), organisation.name, region, {"organisation": organisation})


def _ami_posts(region: Region) -> Iterator[Post]:
    """For the calls for interest, in the whole region: every commission has a member, the largest one enough
    to sit, and twelve bassins an organisation that answers."""
    bassins = list(Territory.objects.for_region(region.pk).order_by("order", "pk"))
    size = Counter(t.commission_id for t in bassins)
    known = list(Commission.objects.for_region(region.pk).order_by("code"))
    fullest = sorted(known, key=lambda one: -size[one.pk])[:1]
    for commission in known:
        # The first two by code have their first member with the other accounts of the region.
        wanted = [] if commission in known[:2] else [""]
        wanted += [".2", ".3", ".4"] if commission in fullest else []
        for suffix in wanted:
            slug = f"{commission.code.lower()}{suffix}"
            place = f"{commission.name}, siège {suffix[1:]}" if suffix else commission.name
            yield Post(Role.MEMBRE_COMMISSION, slug, place, region, {"commission": commission})
    found = Site.objects.for_region(region.pk).can_be_suggested().filter(reseau__isnull=False)
    here = list(found.select_related("organisation").order_by("reseau__order", "id"))
    taken: set[int] = set()
    # Those of the commission that sits in number first, so that several of its files are heard.
    for bassin in sorted(bassins, key=lambda t: t.commission_id not in {one.pk for one in fullest}):
        free = (s for s in here if s.territory_id == bassin.pk and s.organisation_id not in taken)
        site = next(free, None)
        if site is not None and len(taken) < BODIES:
            taken.add(site.organisation_id)
            scope: dict[str, object] = {"organisation": site.organisation}
            yield Post(Role.PORTEUR, bassin.short_code.lower(), site.organisation.name, region, scope)


def create_accounts(territories: list[Territory], sites: dict[int, list[Site]]) -> list[Account]:
    """Open the accounts that are missing; return all of them. One person holds several roles."""
    accounts: list[Account] = []
    known = {u.email: u for u in User.objects.filter(is_demo=True)}
    hashed = ""
    for number, post in enumerate(posts(territories, sites)):
        domain = f"{post.region.slug}.{DOMAIN}" if post.region else DOMAIN
        email = f"{post.role.value.replace('_', '-')}.{post.slug}@{domain}"
        title = TITLES[post.role][number % 2]
        label = f"{title}, {post.place}"[:80] if post.place else title
        user = known.get(email)
        if user is None:
            user = User(email=email, display_name=label, is_demo=True)
            # One hash for all: hashing is slow on purpose, the password is public here.
            if not hashed:
                user.set_password(PASSWORD)
                hashed = user.password
            user.password = hashed
            user.save(force_insert=True)
            _name(user, post)
        accounts.append(
            Account(
                email,
                PASSWORD,
                post.role,
                post.place or "plateforme",
                post.region.code if post.region else "",
                label,
            )
        )
    _several_roles(accounts)
    return accounts


def _name(user: User, post: Post) -> None:
    if post.role in (Role.MEMBRE_COMMISSION, Role.PORTEUR):
        name_member(by=SYSTEM_ACTOR, user=user, role=post.role, region=post.region, **post.scope)
    else:
        name_member(by=SYSTEM_ACTOR, user=user, role=post.role, **post.scope)  # type: ignore[arg-type]


def _several_roles(accounts: list[Account]) -> None:
    """The first référent also counsels at the desk and coordinates the territory: one person, three roles."""
    first = next(a for a in accounts if a.role == Role.REFERENT)
    user = User.objects.get(email=first.email)
    mandates = list(Membership.objects.of_user(user.pk).select_related("site__territory"))
    site = mandates[0].site
    if len(mandates) == 1 and site is not None:
        name_member(by=SYSTEM_ACTOR, user=user, role=Role.CONSEILLER, site=site)
        name_member(by=SYSTEM_ACTOR, user=user, role=Role.COORDINATEUR, territory=site.territory)
