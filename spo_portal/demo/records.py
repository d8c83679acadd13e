"""Records of the places of the demonstration: services, access, publics, confirmations of every age."""

import datetime
import random
from collections import defaultdict

from django.db import transaction
from django.utils import timezone

from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.enums import AccessFeature, Role, ServiceMode, SiteChangeKind, SiteKind, SitePublic
from territories.models import ServiceItem, Site, SiteChange, SiteService, Territory

STOPS = ("place du Modèle", "rue de l’Exemple", "gare", "hôtel de ville", "centre", "lycée")
WHO = {
    "CIO": "psychologues de l’orientation",
    "EIF": "documentalistes",
    "MISSION_LOCALE": "conseillers en insertion",
    "PIJ": "informateurs jeunesse",
    "POLE_EMPLOI": "conseillers en emploi",
    "UNIVERSITE": "chargés d’orientation",
    "FONGECIF": "conseillers en évolution",
}
PUBLICS = {
    "CIO": (SitePublic.TOUS, SitePublic.SCOLAIRES, SitePublic.ETUDIANTS),
    "MISSION_LOCALE": (SitePublic.JEUNES, SitePublic.DEMANDEURS),
    "PIJ": (SitePublic.TOUS, SitePublic.JEUNES),
    "POLE_EMPLOI": (SitePublic.DEMANDEURS, SitePublic.ALTERNANTS),
    "UNIVERSITE": (SitePublic.ETUDIANTS,),
    "FONGECIF": (SitePublic.SALARIES,),
}
# Part of the grid a place fills, by level: everybody welcomes, few give the whole of the advice.
SHARE = {"accueil": 1.0, "information": 0.8, "conseil": 0.7}
MODES = (ServiceMode.SUR_PLACE,) * 5 + (ServiceMode.RENDEZ_VOUS,) * 3 + tuple(ServiceMode.values[2:])
# Days since the last confirmation: most are fresh, some are old, some never came.
AGES = (*range(3, 170, 12), 190, 215, 260, 330, 420, 560, 720, 800, None, None)


def records(*, seed: int, territories: list[Territory]) -> int:
    """Fill the records that hold no service yet; return how many. A second run fills nothing."""
    with transaction.atomic():
        apply(SYSTEM)
        grids: dict[int, list[ServiceItem]] = defaultdict(list)
        for item in ServiceItem.objects.for_system().filter(active=True):
            grids[item.region_id].append(item)
        filled = SiteService.objects.for_system().values("site_id")
        sites = list(
            Site.objects.for_system()
            .filter(territory__in=territories, active=True, confirmed_on=None, staff_tenths=None)
            .exclude(pk__in=filled)
            .select_related("reseau", "territory")
            .order_by("reference_id")
        )
        sieges = {(s.territory_id, s.reseau_id): s for s in sites if s.kind == SiteKind.SIEGE}
        services: list[SiteService] = []
        history: list[SiteChange] = []
        for site in sites:
            rng = random.Random(f"{seed}:fiche:{site.reference_id}")  # noqa: S311 - a demonstration
            given = _services(rng, site, grids[site.region_id])
            services += given
            _record(rng, site, sieges)
            history += _past(rng, site, SiteChangeKind.SERVICES if given else SiteChangeKind.EDITED)
        columns = ("transport", "access_features", "publics", "staff_tenths", "parent")
        dates = ("changed_at", "confirmed_on", "confirmed_by_label", "checked_on", "checked_by_label")
        Site.objects.for_system().bulk_update(sites, [*columns, *dates], batch_size=200)
        SiteService.objects.bulk_create(services, batch_size=2000)
        SiteChange.objects.bulk_create(history, batch_size=2000)
    return len(sites)


def _network(site: Site) -> str:
    return site.reseau.code if site.reseau else ""


def _services(rng: random.Random, site: Site, grid: list[ServiceItem]) -> list[SiteService]:
    """A partner tells little of the grid, and one place in twelve has not begun."""
    if rng.random() < 1 / 12:
        return []
    keen = 1.0 if site.reseau_id else 0.4
    return [
        SiteService(
            region_id=site.region_id,
            site=site,
            item=item,
            mode=rng.choice(MODES),
            who=WHO.get(_network(site), "équipe d’accueil") if rng.random() < 0.5 else "",
        )
        for item in grid
        if rng.random() < SHARE[item.level] * keen
    ]


def _record(rng: random.Random, site: Site, sieges: dict[tuple[int, int | None], Site]) -> None:
    if rng.random() < 0.7:
        site.transport = f"Bus {rng.randint(1, 14)}, arrêt {rng.choice(STOPS)}"
    site.access_features = [value for value in AccessFeature.values if rng.random() < 0.25]
    if rng.random() < 0.85:
        site.publics = [value.value for value in PUBLICS.get(_network(site), (SitePublic.TOUS,))]
    if rng.random() < 0.8:
        site.staff_tenths = rng.randrange(5, 65, 5)
    if site.kind != SiteKind.SIEGE and site.reseau_id:
        site.parent = sieges.get((site.territory_id, site.reseau_id))


def _past(rng: random.Random, site: Site, first: SiteChangeKind) -> list[SiteChange]:
    """When the record was changed, confirmed, checked: by roles, never by somebody."""
    now, age = timezone.now(), rng.choice(AGES)
    keeper = f"{Role.REFERENT.label} · {site.name}"[:240]
    steering = f"{Role.COORDINATEUR.label} · {site.territory.name}"[:240]
    if age is None:
        site.changed_at = now - datetime.timedelta(days=rng.randrange(30, 150))
        return []
    at_work = datetime.time(rng.randrange(9, 17), rng.randrange(0, 60, 5))
    day = timezone.localdate(now) - datetime.timedelta(days=age)
    said = timezone.make_aware(datetime.datetime.combine(day, at_work))
    site.changed_at = said - datetime.timedelta(days=1)
    site.confirmed_on, site.confirmed_by_label = timezone.localdate(said), keeper
    acts = [(site.changed_at, first, keeper), (said, SiteChangeKind.CONFIRMED, keeper)]
    if rng.random() < 0.6:
        checked = min(now, said + datetime.timedelta(days=rng.randrange(1, 20)))
        site.checked_on, site.checked_by_label = timezone.localdate(checked), steering
        acts.append((checked, SiteChangeKind.CHECKED, steering))
    return [
        SiteChange(region_id=site.region_id, site=site, kind=kind, at=at, by_label=label)
        for at, kind, label in acts
    ]
