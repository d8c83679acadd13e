"""What the sweep walks with: every identity, and for every address its own, foreign and missing arguments.

An address with an argument and no entry in ``ARGUMENTS`` fails the sweep: nobody forgets what is foreign.
"""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.test import Client
from django.utils import timezone

from contacts.models import FicheContact, FicheDestination, ImportFile, OrientationRule
from dashboards.models import ApiToken
from spo_portal.kernel.jobs import sign
from spo_portal.kernel.models import Job
from territories.enums import Role
from territories.models import Brochure, Commission, Invitation, Membership, Site, User
from tests.dashboards.releases import make_release
from tests.dashboards.report_rows import Rows, make_rows
from tests.factories import World, make_fiche, make_membership, make_user, system
from tests.kernel.jobs_by_hand import finished_job
from tests.permissions.ami_places_accounts import arguments_accounts
from tests.permissions.ami_places_after import arguments_after
from tests.permissions.ami_places_application import arguments_application
from tests.permissions.ami_places_budget import arguments_budget
from tests.permissions.ami_places_calls import arguments_calls
from tests.permissions.ami_places_decision import arguments_decision
from tests.permissions.ami_places_instruction import arguments_instruction
from tests.permissions.ami_places_sessions import arguments_sessions
from tests.permissions.convention_places import arguments_convention
from tests.permissions.exchange_places import arguments_exchange
from tests.permissions.kit_places import arguments_kit
from tests.permissions.label_coverage_places import arguments_label_coverage
from tests.permissions.label_places import arguments_label
from tests.permissions.label_procedure_places import arguments_label_procedure
from tests.permissions.partner_places import arguments_partners
from tests.permissions.public_places import arguments_public
from tests.permissions.record_places import arguments_record
from tests.permissions.report_places import report_arguments

TOKEN = "jeton-d-invitation"
MISSING = 987_654_321
HUGE = 10**24


@dataclass
class Identity:
    """Someone who knocks: an account (or nobody) and the role that acts (or none)."""

    key: str
    user: User | None = None
    membership: Membership | None = None

    @property
    def logged_in(self) -> bool:
        return self.user is not None and self.user.is_active

    @property
    def role(self) -> Role | None:
        return Role(self.membership.role) if self.logged_in and self.membership else None


@dataclass
class Place:
    """The world of the tests, with a row of each kind on both sides of each border."""

    world: World
    identities: dict[str, Identity] = field(default_factory=dict)
    fiches: dict[str, FicheContact] = field(default_factory=dict)
    papers: dict[str, FicheContact] = field(default_factory=dict)
    imports: dict[str, ImportFile] = field(default_factory=dict)
    rules: dict[str, OrientationRule] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    tokens: dict[str, ApiToken] = field(default_factory=dict)
    commissions: dict[str, Commission] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    reports: dict[str, Rows] = field(default_factory=dict)
    token: str = TOKEN

    @property
    def demo(self) -> User:
        """The account that the demonstration's login page may open."""
        return self.world.users["demo"]

    def job_of(self, user: User | None) -> Job:
        """A finished job of that account, with its file (of nobody's when nobody is logged in)."""
        person = user.pk if user else 0
        if person not in self.jobs:
            with system():
                self.jobs[person] = finished_job(person)
        return self.jobs[person]

    @property
    def sites(self) -> dict[str, Site]:
        w = self.world
        return {"cio": w.cio, "mission": w.mission, "douai": w.douai_site, "niort": w.niort_site}


@dataclass(frozen=True)
class Targets:
    """Arguments of one address for one identity. ``own`` empty: the identity has none of these."""

    own: tuple[dict[str, object], ...] = ()
    foreign: tuple[dict[str, object], ...] = ()
    missing: tuple[dict[str, object], ...] = ()


def make_place(world: World) -> Place:
    place = Place(world)
    with system():
        for key, site in place.sites.items():
            lists = world.other_lists if key == "niort" else world.lists
            place.fiches[key] = make_fiche(site, lists, reoriented=True)
            place.papers[key] = make_fiche(site, lists, entry="papier")
            place.imports[key] = ImportFile.objects.create(
                site=site, name="fiches.csv", content=_model_file(), sha256="0" * 64, rows=1
            )
            place.invitations[key] = _invitation(Role.CONSEILLER, site=site)
        FicheDestination.objects.create(
            fiche=place.fiches["cio"], region=world.region, origin=world.cio, site=world.mission, position=1
        )
        world.users["demo"] = make_user("Démonstration")
        User.objects.filter(pk=world.users["demo"].pk).update(is_demo=True)
        for key, region in (("home", world.region), ("abroad", world.other_region)):
            place.rules[key] = OrientationRule.objects.create(
                region=region,
                partner_kind="cap_emploi",
                weight=5,
                reason="Handicap : ce partenaire accompagne.",
            )
            content = b"%PDF-1.4\n%%EOF\n"
            Brochure.objects.create(
                region=region, name="plaquette.pdf", content=content, sha256="0" * 64, pages=1
            )
        place.invitations["coordinateur"] = _invitation(Role.COORDINATEUR, territory=world.lille)
        place.invitations["coordinateur_niort"] = _invitation(Role.COORDINATEUR, territory=world.niort)
        place.invitations["region"] = _invitation(Role.REGION, region=world.region)
        for key in ("coordinateur", "animation", "region", "animation_niort"):
            place.tokens[key] = ApiToken.objects.create(
                user=world.users[key], membership=world.memberships[key], name="Tableur",
                token_hash=uuid.uuid4().hex * 2, prefix="ori_abcd",
                expires_at=timezone.now() + datetime.timedelta(30),
            )  # fmt: skip
        make_release(world.lille, year=2025, audience="outside", public=True)
        place.reports = {"lille": make_rows(world.lille), "niort": make_rows(world.niort)}
        _identities(place)
    return place


def _model_file() -> bytes:
    from contacts.forms_desk.model_file import model_csv

    content = model_csv()
    return content if isinstance(content, bytes) else content.encode()


def _invitation(role: Role, **scope: object) -> Invitation:
    from territories.services.accounts import token_hash

    site, territory, region = scope.get("site"), scope.get("territory"), scope.get("region")
    if isinstance(site, Site):
        scope |= {"territory_id": site.territory_id, "region_id": site.region_id}
    elif territory is not None:
        scope |= {"region_id": territory.region_id}  # type: ignore[attr-defined]
    first = role == Role.COORDINATEUR and not Invitation.objects.for_system().filter(role=role).exists()
    return Invitation.objects.create(
        email="invite@exemple.example", display_name="Invité", role=role,
        scope_label=str(site or territory or region),
        token_hash=token_hash(TOKEN) if first else uuid.uuid4().hex * 2,
        expires_at=timezone.now() + datetime.timedelta(days=7), **scope,
    )  # fmt: skip


def _identities(place: Place) -> None:
    """Every role on its home scope, then the states an account may be in."""
    world, found = place.world, place.identities
    found["anonyme"] = Identity("anonyme")
    for role in Role:
        if role.value in world.users:
            found[role.value] = Identity(role.value, world.users[role.value], world.memberships[role.value])
    commission = Commission.objects.create(region=world.region, code="C1", name="Commission")
    abroad = Commission.objects.create(region=world.other_region, code="C1", name="Commission")
    place.commissions |= {"home": commission, "abroad": abroad}
    for role, scope in (
        (Role.MEMBRE_COMMISSION, {"commission": commission}),
        (Role.PORTEUR, {"organisation": world.cio.organisation}),
    ):
        user = make_user(role.label)
        membership = make_membership(user, role, region=world.region, **scope)
        found[role.value] = Identity(role.value, user, membership)
    found["sans_mandat"] = Identity("sans_mandat", world.users["sans_mandat"])
    today = timezone.localdate()
    for key, dates in (
        (
            "mandat_fini",
            {"starts_on": today - datetime.timedelta(9), "ends_on": today - datetime.timedelta(1)},
        ),
        ("mandat_futur", {"starts_on": today + datetime.timedelta(1)}),
    ):
        user = make_user(key)
        membership = make_membership(user, Role.REFERENT, site=world.cio)
        Membership.objects.for_system().filter(pk=membership.pk).update(**dates)
        found[key] = Identity(key, user)
    gone = make_user("desactive")
    make_membership(gone, Role.REFERENT, site=world.cio)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    gone.is_active = False
    found["desactive"] = Identity("desactive", gone)
    several = make_user("plusieurs_roles")
    make_membership(several, Role.COORDINATEUR, territory=world.douai)
    found["plusieurs_roles"] = Identity(
        "plusieurs_roles", several, make_membership(several, Role.REFERENT, site=world.cio)
    )


def ids(*rows: object, name: str = "pk", attribute: str = "pk") -> tuple[dict[str, object], ...]:
    return tuple({name: getattr(row, attribute)} for row in rows)


def no_row(name: str = "pk") -> tuple[dict[str, object], ...]:
    return ({name: MISSING}, {name: HUGE})


def no_key(name: str) -> tuple[dict[str, object], ...]:
    return ({name: uuid.UUID(int=7)},)


def _own_fiche(place: Place, who: Identity) -> Targets:
    f = place.fiches
    return Targets(
        ids(f["cio"], name="uuid", attribute="uuid"),
        ids(f["mission"], f["douai"], f["niort"], name="uuid", attribute="uuid"),
        no_key("uuid"),
    )


def _own_paper(place: Place, who: Identity) -> Targets:
    p = place.papers
    return Targets(
        ids(p["cio"], name="cle", attribute="uuid"),
        ids(p["mission"], p["douai"], p["niort"], name="cle", attribute="uuid"),
        no_key("cle"),
    )


def _own_import(place: Place, who: Identity) -> Targets:
    i = place.imports
    return Targets(
        ids(i["cio"], name="cle", attribute="uuid"),
        ids(i["mission"], i["douai"], i["niort"], name="cle", attribute="uuid"),
        no_key("cle"),
    )


def _steered_territory(place: Place, who: Identity) -> Targets:
    w = place.world
    if who.role in {Role.ANIMATION, Role.REGION}:
        return Targets(ids(w.lille, w.douai), ids(w.niort), no_row())
    return Targets(ids(w.lille), ids(w.douai, w.niort), no_row())


def _own_site(place: Place, who: Identity) -> Targets:
    w = place.world
    return Targets(ids(w.cio), ids(w.mission, w.douai_site, w.niort_site), no_row())


def _readable_site(place: Place, who: Identity) -> Targets:
    """The référent's own place; every place of the territories whose figures are read."""
    w = place.world
    if who.role in {Role.ANIMATION, Role.REGION}:
        return Targets(ids(w.cio, w.mission, w.douai_site), ids(w.niort_site), no_row())
    if who.role in {Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT}:
        return Targets(ids(w.cio, w.mission), ids(w.douai_site, w.niort_site), no_row())
    return _own_site(place, who)


def _site_of_region(place: Place, who: Identity) -> Targets:
    w = place.world
    return Targets(ids(w.cio, w.douai_site), ids(w.niort_site), no_row())


def _rule(place: Place, who: Identity) -> Targets:
    return Targets(ids(place.rules["home"]), ids(place.rules["abroad"]), no_row())


def _invitation_of_area(place: Place, who: Identity) -> Targets:
    i = place.invitations
    own, foreign = {
        Role.REFERENT: (["cio"], ["mission", "douai", "niort", "coordinateur", "region"]),
        Role.COORDINATEUR: (["cio"], ["douai", "niort", "coordinateur_niort", "region"]),
        Role.ANIMATION: (["coordinateur"], ["niort", "coordinateur_niort"]),
        Role.ADMINISTRATEUR: (["region"], []),
    }.get(who.role, (["cio"], []))  # type: ignore[call-overload]
    return Targets(ids(*(i[k] for k in own)), ids(*(i[k] for k in foreign)), no_row())


def _mandate_of_area(place: Place, who: Identity) -> Targets:
    m = place.world.memberships
    own, foreign = {
        Role.REFERENT: (
            ["conseiller"],
            ["conseiller_mission", "conseiller_douai", "conseiller_niort", "region"],
        ),
        Role.COORDINATEUR: (["conseiller"], ["conseiller_douai", "conseiller_niort", "animation"]),
        Role.ANIMATION: (["coordinateur"], ["conseiller_niort", "animation_niort", "administrateur"]),
        Role.ADMINISTRATEUR: (["region"], []),
    }.get(who.role, (["conseiller"], []))  # type: ignore[call-overload]
    return Targets(ids(*(m[k] for k in own)), ids(*(m[k] for k in foreign)), no_row())


def _reseau_of_region(place: Place, who: Identity) -> Targets:
    return Targets(ids(place.world.reseaux["CIO"]), ids(place.world.niort_site.reseau), no_row())


def _commission_of_region(place: Place, who: Identity) -> Targets:
    return Targets(ids(place.commissions["home"]), ids(place.commissions["abroad"]), no_row())


def _own_token(place: Place, who: Identity) -> Targets:
    mine = place.tokens.get(who.role.value if who.role else "")
    others = [token for token in place.tokens.values() if token is not mine]
    return Targets(ids(mine) if mine else ids(others[0]), ids(*others) if mine else (), no_row())


def _own_job(place: Place, who: Identity) -> Targets:
    own = ids(place.job_of(who.user), name="cle", attribute="uuid")
    foreign = ids(place.job_of(place.world.users["conseiller_mission"]), name="cle", attribute="uuid")
    return Targets(own, foreign, no_key("cle"))


def _file_token(place: Place, who: Identity) -> str:
    file = place.job_of(who.user).result
    assert file is not None
    return sign(file)


def same_for_all(*own: dict[str, object], missing: tuple[dict[str, object], ...] = ()) -> "Maker":
    return lambda place, who: Targets(own, (), missing)


Maker = Callable[[Place, Identity], Targets]

ARGUMENTS: dict[str, Maker] = {
    "region_css": lambda p, w: Targets(({"slug": p.world.region.slug},), (), ({"slug": "ailleurs"},)),
    "region_logo": lambda p, w: Targets(({"slug": p.world.region.slug},), (), ({"slug": "ailleurs"},)),
    "account_reset_password_from_key": same_for_all({"uidb36": "1", "key": "set-password"}),
    "invitation": lambda p, w: Targets(({"token": p.token},), (), ({"token": "inconnu"},)),
    "suite_publique_code": same_for_all({"code": "ABCD"}),
    "suite_publique_code_barre": same_for_all({"code": "ABCD"}),
    "suite_publique_code_capitale": same_for_all({"code": "ABCD"}),
    "fiches_import_modele": same_for_all({"format": "csv"}, {"format": "xlsx"}),
    "fiche_enregistree": _own_fiche,
    "fiche_corriger": _own_fiche,
    "fiche_imprimer": _own_fiche,
    "fiche_pdf": _own_fiche,
    "fiche_envoyer": _own_fiche,
    "pile_annuler": _own_paper,
    "fiches_import_fichier": _own_import,
    "fiches_import_abandonner": _own_import,
    "invitation_retirer": _invitation_of_area,
    "invitation_renvoyer": _invitation_of_area,
    "mandat_fin": _mandate_of_area,
    "lieu": _site_of_region,
    "regle_modifier": _rule,
    "regle_etat": _rule,
    "travail": _own_job,
    "travail_annuler": _own_job,
    "travail_relancer": _own_job,
    "travail_fichier": lambda p, w: Targets(({"jeton": _file_token(p, w)},), (), ({"jeton": "inconnu"},)),
    "territoire_tableau": _steered_territory,
    "reseau_tableau": _reseau_of_region,
    "commission_tableau": _commission_of_region,
    "territoire_cibles": _steered_territory,
    "territoire_a_verifier": _steered_territory,
    "site_tableau": _readable_site,
    "export_a_verifier": _steered_territory,
    "export_cibles": _steered_territory,
    "export_reseau": _reseau_of_region,
    "export_commission": _commission_of_region,
    "export_territoire": _steered_territory,
    "export_lieu": _readable_site,
    "jeton_revoquer": _own_token,
    "donnees_ouvertes_csv": lambda p, w: Targets(({"slug": p.world.region.slug, "annee": 2025},)),
    "donnees_ouvertes_json": lambda p, w: Targets(({"slug": p.world.region.slug, "annee": 2025},)),
    "api_territoire_chiffres": lambda p, w: Targets(ids(p.world.lille, p.world.niort), (), no_row()),
    "api_ailleurs": same_for_all({"reste": "n-existe-pas"}),
}
ARGUMENTS |= report_arguments(Targets, MISSING)
ARGUMENTS |= arguments_sessions(Targets, MISSING)
ARGUMENTS |= arguments_calls(Targets, MISSING)
ARGUMENTS |= arguments_application(Targets, MISSING)
ARGUMENTS |= arguments_instruction(Targets, MISSING)
ARGUMENTS |= arguments_accounts(Targets, MISSING)
ARGUMENTS |= arguments_after(Targets, MISSING)
ARGUMENTS |= arguments_decision(Targets, MISSING)
ARGUMENTS |= arguments_budget(Targets, MISSING)
ARGUMENTS |= arguments_exchange(Targets, MISSING)
ARGUMENTS |= arguments_record(Targets, MISSING)
ARGUMENTS |= arguments_label_coverage(Targets, MISSING)
ARGUMENTS |= arguments_label(Targets, MISSING)
ARGUMENTS |= arguments_label_procedure(Targets, MISSING)
ARGUMENTS |= arguments_public(Targets, MISSING)
ARGUMENTS |= arguments_convention(Targets, MISSING)
ARGUMENTS |= arguments_partners(Targets, MISSING)
ARGUMENTS |= arguments_kit(Targets, MISSING)
