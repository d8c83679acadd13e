"""Sample rows for the tests. No natural person anywhere: accounts are called by their role."""

import datetime
import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from contacts.models import FicheContact, ListVersion, OrientationRule
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.access import Actor
from territories.enums import Role
from territories.models import (
    Commune,
    Membership,
    OpeningSlot,
    Organisation,
    Region,
    Reseau,
    Site,
    Territory,
    User,
)
from territories.scopes import open_for

PASSWORD = "un long mot de passe de test"
_numbers = itertools.count(1)

LISTS = {
    "statut": [
        "scolarise",
        "etudiant",
        "salarie",
        "stagiaire_fc",
        "de_inscrit",
        "de_non_inscrit",
        "fonctionnaire",
        "alternant",
        "actif_non_salarie",
        "autre",
    ],
    "demande": ["metier", "formation", "emploi", "vae", "financement", "creation_reprise", "autre"],
    "reponse": ["metier", "formation", "emploi", "vae", "financement", "creation_reprise", "autre"],
}


@contextmanager
def acting_as_role(name: str) -> Iterator[None]:
    """Become another database role for a block (inside the test's transaction when there is one)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute(f"SET ROLE {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {before}")


@contextmanager
def system() -> Iterator[None]:
    """As the worker under the system scope: sees and writes every row."""
    with transaction.atomic(), acting_as_role("spo_worker"), scoped(SYSTEM):
        yield


def make_region(code: str = "A31", *, regime: str = "spo", **fields: object) -> Region:
    n = next(_numbers)
    defaults: dict[str, object] = {
        "code": code,
        "slug": f"region-{code.lower()}",
        "name": f"Région {code}",
        "regime": regime,
        "portal_name": "Orientation pour tous",
        "service_name": "Service public de l’orientation",
        "service_short": "SPO",
        "territory_word": "zone d’emploi formation",
        "territory_word_plural": "zones d’emploi formation",
        "body_name": "CCREFP",
        "animation_name": "C2RP",
        "brand_primary": "#0e5159",
        "brand_accent": "#bf5a1c",
        "public_site": f"orientation-{n}.example",
        "resources": [
            {
                "titre": "Découvrir un métier",
                "liens": [{"nom": "Métiers en région", "url": "metiers.example"}],
            }
        ],
        "logo_svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
        '<path d="M0 0h8v8H0z" fill="#0e5159"/></svg>',
    }
    return Region.objects.create(**(defaults | fields))


def make_lists(
    region: Region, number: int = 1, starts_on: datetime.date = datetime.date(2013, 10, 1)
) -> ListVersion:
    items = {
        kind: [
            {"n": i, "code": code, "label": code.replace("_", " ").capitalize()}
            for i, code in enumerate(codes, 1)
        ]
        for kind, codes in LISTS.items()
    }
    return ListVersion.objects.create(region=region, number=number, starts_on=starts_on, items=items)


def make_territory(region: Region, name: str, short_code: str = "", **fields: object) -> Territory:
    n = next(_numbers)
    return Territory.objects.create(
        region=region,
        kind="zone_emploi",
        system="TEST",
        code=str(9000 + n),
        reference_id=f"T-{n}",
        name=name,
        short_code=short_code or name[:3].upper(),
        # A small column: the counter of a long run goes past it.
        order=n % 30_000,
        latitude=50.63,
        longitude=3.06,
        **fields,
    )


def make_site(
    territory: Territory, name: str, reseau: Reseau | None, code: str = "", **fields: object
) -> Site:
    n = next(_numbers)
    organisation = fields.pop("organisation", None) or Organisation.objects.create(
        region_id=territory.region_id,
        name=f"Organisation {n}",
        is_training_body=bool(fields.pop("training", False)),
    )
    defaults: dict[str, object] = {
        "address": "1 rue de l’Exemple",
        "postcode": "59000",
        "city": territory.name,
        "phone": f"03 53 01 {n // 100 % 100:02d} {n % 100:02d}",
        "email": f"lieu{n}@exemple.example",
        # Within 5 km of the commune, whatever the number of places made before.
        "latitude": 50.63 + n % 40 / 1000,
        "longitude": 3.06,
    }
    return Site.objects.create(
        region_id=territory.region_id,
        territory=territory,
        organisation=organisation,
        reseau=reseau,
        name=name,
        reference_id=f"S-{n}",
        code=code or f"S{n}",
        **(defaults | fields),
    )


def open_week(site: Site, *, walk_in: bool = True, start: int = 540, end: int = 1020) -> None:
    OpeningSlot.objects.bulk_create(
        OpeningSlot(site=site, region_id=site.region_id, weekday=day, start=start, end=end, walk_in=walk_in)
        for day in range(5)
    )


def make_user(label: str) -> User:
    n = next(_numbers)
    return User.objects.create_user(f"compte{n}@exemple.example", PASSWORD, display_name=label)


def make_membership(user: User, role: Role, **scope: object) -> Membership:
    site, territory = scope.get("site"), scope.get("territory")
    if isinstance(site, Site):
        scope |= {"territory_id": site.territory_id, "region_id": site.region_id}
    elif isinstance(territory, Territory):
        scope |= {"region_id": territory.region_id}
    label = str(next(iter(scope.values()), "Plateforme"))
    return Membership.objects.create(
        user=user,
        role=role,
        scope_label=label,
        starts_on=timezone.localdate() - datetime.timedelta(days=1),
        **scope,
    )


def make_fiche(site: Site, version: ListVersion, **fields: object) -> FicheContact:
    """A fiche written straight into the table: for lists and figures. Services have their own tests."""
    n = next(_numbers)
    defaults: dict[str, object] = {
        "cle_idempotence": uuid.uuid4(),
        "reference": f"TST-{n:06d}",
        "jour": timezone.localdate(),
        "canal": "sur_place",
        "statut": 1,
        "demandes": [1],
        "reponses": [],
    }
    return FicheContact.objects.create(
        site=site,
        territory_id=site.territory_id,
        reseau_id=site.reseau_id,
        list_version=version,
        **(defaults | fields),
    )


@dataclass
class World:
    """What ``make_world`` made. ``users`` and ``memberships`` are keyed by role, on the home scope of the
    first region."""

    region: Region
    other_region: Region
    lille: Territory
    douai: Territory
    niort: Territory
    lists: ListVersion
    other_lists: ListVersion
    cio: Site
    mission: Site
    douai_site: Site
    niort_site: Site
    reseaux: dict[str, Reseau]
    users: dict[str, User] = field(default_factory=dict)
    memberships: dict[str, Membership] = field(default_factory=dict)

    def actor(self, key: str) -> Actor:
        """Actor of an account, with its scope set for the rest of the test's transaction."""
        return open_for(self.users[key], self.memberships[key].pk)


def make_world() -> World:
    """Region A (territories Lille, Douai), region B (Niort); CIO and Mission locale in Lille; accounts of
    every role.

    Keys of accounts: the role on the home scope (``conseiller`` at the CIO of Lille…), ``conseiller_mission``
    (other site, same territory), ``conseiller_douai`` (other territory), ``conseiller_niort`` (other region),
    ``coordinateur_douai``, ``animation_niort``, ``sans_mandat``.
    """
    with system():
        region, other = (
            make_region("A31"),
            make_region(
                "A54",
                regime="spro",
                portal_name="Orientation en Poitou-Charentes",
                body_name="CREFOP",
                service_short="SPRO",
            ),
        )
        reseaux = {
            code: Reseau.objects.create(
                region=region, code=code, name=code, short_name=code, paper_name=code[:24], order=i
            )
            for i, code in enumerate(("CIO", "MISSION_LOCALE", "POLE_EMPLOI"))
        }
        other_reseau = Reseau.objects.create(
            region=other, code="CIO", name="CIO", short_name="CIO", paper_name="CIO"
        )
        lille, douai, niort = (
            make_territory(region, "Lille"),
            make_territory(region, "Douai"),
            make_territory(other, "Niort"),
        )
        world = World(
            region=region,
            other_region=other,
            lille=lille,
            douai=douai,
            niort=niort,
            lists=make_lists(region),
            other_lists=make_lists(other),
            cio=make_site(lille, "CIO de Lille", reseaux["CIO"], "CIO"),
            mission=make_site(lille, "Mission locale de Lille", reseaux["MISSION_LOCALE"], "ML"),
            douai_site=make_site(douai, "CIO de Douai", reseaux["CIO"], "CIO"),
            niort_site=make_site(niort, "CIO de Niort", other_reseau, "CIO"),
            reseaux=reseaux,
        )
        for site in (world.cio, world.mission, world.douai_site, world.niort_site):
            open_week(site)
        for territory, insee, name in (
            (lille, "59350", "Lille"),
            (douai, "59178", "Douai"),
            (niort, "79191", "Niort"),
        ):
            Commune.objects.create(
                code_insee=insee,
                region_id=territory.region_id,
                territory=territory,
                name=name,
                search_name=name.lower(),
                postcodes=[insee[:2] + "000"],
                latitude=50.63,
                longitude=3.06,
            )
        OrientationRule.objects.create(
            region=region,
            reseau=reseaux["MISSION_LOCALE"],
            ages=["moins_26"],
            weight=30,
            reason="Moins de 26 ans : ce réseau accompagne emploi et formation ensemble.",
        )
        OrientationRule.objects.create(
            region=region, reseau=reseaux["CIO"], weight=20, reason="Question sur un métier ou une formation."
        )
        _people(world)
    return world


def _people(world: World) -> None:
    plan: list[tuple[str, Role, dict[str, object]]] = [
        ("conseiller", Role.CONSEILLER, {"site": world.cio}),
        ("referent", Role.REFERENT, {"site": world.cio}),
        ("coordinateur", Role.COORDINATEUR, {"territory": world.lille}),
        ("charge_mission", Role.CHARGE_MISSION, {"territory": world.lille}),
        ("animateur_etat", Role.ANIMATEUR_ETAT, {"territory": world.lille}),
        ("animation", Role.ANIMATION, {"region": world.region}),
        ("prefecture", Role.PREFECTURE, {"region": world.region}),
        ("region", Role.REGION, {"region": world.region}),
        ("administrateur", Role.ADMINISTRATEUR, {}),
        ("conseiller_mission", Role.CONSEILLER, {"site": world.mission}),
        ("referent_mission", Role.REFERENT, {"site": world.mission}),
        ("conseiller_douai", Role.CONSEILLER, {"site": world.douai_site}),
        ("coordinateur_douai", Role.COORDINATEUR, {"territory": world.douai}),
        ("conseiller_niort", Role.CONSEILLER, {"site": world.niort_site}),
        ("animation_niort", Role.ANIMATION, {"region": world.other_region}),
    ]
    for key, role, scope in plan:
        world.users[key] = make_user(f"{role.label} {key}")
        world.memberships[key] = make_membership(world.users[key], role, **scope)
    world.users["sans_mandat"] = make_user("Compte sans mandat")
