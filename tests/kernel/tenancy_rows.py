"""One row at least in every tenant table, on both sides of each border."""

import datetime
import uuid

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from contacts.models import CodeRetour, FicheDestination, ImportFile, OrientationRule, ReferenceCounter
from dashboards.models import (
    ApiToken,
    CellState,
    FillState,
    Finding,
    Release,
    ReleaseMark,
    Rollup,
    SiteState,
    Target,
)
from labelling.models import CoverageFigures, LabelCount, Labellisation, LabelShareCheck
from territories.enums import Role
from territories.models import (
    Brochure,
    Closure,
    Commission,
    Contour,
    Invitation,
    Region,
    Reseau,
    Season,
    SeasonSlot,
    ServiceItem,
    Share,
    Site,
    SiteChange,
    SiteService,
    Territory,
)
from tests.dashboards.report_rows import make_rows
from tests.factories import World, make_fiche, make_membership, make_user, system
from tests.kernel.jobs_by_hand import finished_job
from tests.kernel.tenancy_ami_rows import make_ami_rows
from tests.kernel.tenancy_convention_rows import make_convention_rows
from tests.kernel.tenancy_exchange_rows import make_exchange_rows
from tests.kernel.tenancy_label_rows import join_convention, make_label_rows

MONTH = datetime.date(2026, 3, 1)


def fill_every_table(world: World) -> None:
    """Give each of the four sites of ``world`` a row in every table that hangs on it."""
    with system():
        for site, version in (
            (world.cio, world.lists),
            (world.mission, world.lists),
            (world.douai_site, world.lists),
            (world.niort_site, world.other_lists),
        ):
            _site_rows(site, version, _neighbour(world, site))
        for region, territory in ((world.region, world.lille), (world.other_region, world.niort)):
            commission = Commission.objects.create(region=region, code="C1", name="Commission")
            Territory.objects.filter(pk=territory.pk).update(commission=commission)
            OrientationRule.objects.create(
                region=region, partner_kind="cap_emploi", weight=5, reason="Handicap."
            )
            Brochure.objects.create(
                region=region, name="plaquette.pdf", content=b"%PDF-", sha256="0" * 64, pages=1
            )
            _region_targets(region)
            _grid(region, places_of(world, region))
            member = make_user("Membre")
            make_membership(member, Role.MEMBRE_COMMISSION, region=region, commission=commission)
            organisation = world.cio.organisation if region == world.region else world.niort_site.organisation
            make_membership(make_user("Porteur"), Role.PORTEUR, region=region, organisation=organisation)
            place = world.cio if region == world.region else world.niort_site
            make_ami_rows(place, commission, (make_user("Noteur"), member))
            make_label_rows(place)
            join_convention(make_convention_rows(place))
            make_exchange_rows(place)
            _invited(region, Role.PORTEUR, organisation=organisation)
            _invited(region, Role.MEMBRE_COMMISSION, commission=commission)
        Site.objects.filter(pk=world.cio.pk).update(commune_id="59350")
        for key in ("conseiller", "conseiller_mission", "conseiller_niort"):
            finished_job(world.users[key].pk)
        for territory in (world.lille, world.niort):
            make_rows(territory)
        for territory in (world.lille, world.douai, world.niort):
            Contour.objects.create(
                territory=territory, region_id=territory.region_id, path="M0 0l9 0 0 9z",
                frame=[1.0, 49.0, 4.0, 51.0], label_x=4, label_y=4, room=5, source="Essai",
            )  # fmt: skip
            CoverageFigures.objects.create(
                territory=territory, region_id=territory.region_id, day=MONTH,
                own={}, far_door=[], far_label=[],
            )  # fmt: skip
            FillState.objects.create(territory=territory, filled_at=timezone.now())
            ReleaseMark.objects.create(territory=territory, year=2026, changed_at=timezone.now())
            for audience in ("inside", "outside"):
                _release(territory, audience)
        for key in ("conseiller", "animation", "animation_niort"):
            ApiToken.objects.create(
                user=world.users[key], membership=world.memberships[key], name="Tableur",
                token_hash=uuid.uuid4().hex * 2, prefix="ofp_xxxx",
                expires_at=timezone.now() + datetime.timedelta(30),
            )  # fmt: skip


def _invited(region: Region, role: Role, **scope: object) -> None:
    Invitation.objects.create(
        email=f"{role}{region.pk}@exemple.example", display_name="Invité", role=role, region=region,
        scope_label=region.name, token_hash=uuid.uuid4().hex * 2,
        expires_at=timezone.now() + datetime.timedelta(7), **scope,
    )  # fmt: skip


def places_of(world: World, region: Region) -> list[Site]:
    places = (world.cio, world.mission, world.douai_site, world.niort_site)
    return [place for place in places if place.region_id == region.pk]


def _grid(region: Region, sites: list[Site]) -> None:
    item = ServiceItem.objects.create(
        region=region, level="accueil", block="ACC", block_name="Accueil", code="ACC-1", name="Écouter"
    )
    for site in sites:
        SiteService.objects.create(region=region, site=site, item=item, mode="sur_place")
        SiteChange.objects.create(region=region, site=site, kind="services", by_label="Référent")
    Site.objects.filter(pk=sites[0].pk).update(parent=sites[-1] if len(sites) > 1 else _twin(sites[0]))


def _twin(site: Site) -> Site:
    """Another place of the same region, for a place that has no neighbour."""
    return Site.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, organisation_id=site.organisation_id,
        reseau_id=site.reseau_id, reference_id=f"{site.reference_id}-siege", code="SIEGE", name="Siège",
    )  # fmt: skip


def _neighbour(world: World, site: Site) -> Site:
    return {world.cio.pk: world.mission, world.mission.pk: world.cio, world.douai_site.pk: world.cio}.get(
        site.pk, site
    )


def _region_targets(region: Region) -> None:
    Target.objects.create(
        region=region,
        indicator="contacts",
        year=2026,
        value=100,
        set_by_label="Région",
        set_at=timezone.now(),
    )
    reseau = Reseau.objects.filter(region=region).first()
    LabelCount.objects.create(region=region, reseau=reseau, counted_on=MONTH, labelled=1, existing=2)


def _label_and_finding(site: Site) -> None:
    Labellisation.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, status="associe",
        starts_on=MONTH, source="arrêté",
    )  # fmt: skip
    LabelShareCheck.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, week_from=MONTH,
        walk_in_minutes=1, opening_minutes=3, fell_on=MONTH,
    )  # fmt: skip
    LabelShareCheck.objects.get_or_create(
        region_id=site.region_id, territory_id=site.territory_id, reseau_id=site.reseau_id,
        defaults={"week_from": MONTH, "walk_in_minutes": 2, "opening_minutes": 3},
    )  # fmt: skip
    Finding.objects.create(
        territory_id=site.territory_id, site=site, rule="sans_age", left="50 %", right="40 %",
        message="Trop d’âges non dits.", found_at=timezone.now(),
    )  # fmt: skip
    Target.objects.get_or_create(
        region_id=site.region_id, territory_id=site.territory_id, indicator="contacts", year=2026,
        defaults={"value": 10, "set_by_label": "Territoire", "set_at": timezone.now()},
    )  # fmt: skip


def _site_rows(site: Site, version: object, other: Site) -> None:
    fiche = make_fiche(site, version, reoriented=True, precisions=f"ligne de {site.pk}")  # type: ignore[arg-type]
    FicheDestination.objects.create(
        fiche=fiche, region_id=site.region_id, origin=site, site=other, position=1
    )
    CodeRetour.objects.create(
        fiche=fiche,
        origin=site,
        code_hash=uuid.uuid4().bytes * 2,
        expires_at=timezone.now() + datetime.timedelta(90),
    )
    ReferenceCounter.objects.create(site=site, year=2026, last=1)
    ImportFile.objects.create(site=site, name="fiches.csv", content=b"", sha256="0" * 64)
    Closure.objects.create(site=site, region_id=site.region_id, first_day=MONTH, last_day=MONTH)
    season = Season.objects.create(site=site, region_id=site.region_id, first_md=701, last_md=831)
    SeasonSlot.objects.create(
        season=season, site=site, region_id=site.region_id, weekday=0, start=540, end=720
    )
    _label_and_finding(site)
    Rollup.objects.create(
        territory_id=site.territory_id,
        site=site,
        reseau_id=site.reseau_id,
        month=MONTH,
        dimension="contacts",
        value="",
        count=1,
    )
    now = timezone.now()
    CellState.objects.create(territory_id=site.territory_id, site=site, month=MONTH, filled_at=now)
    SiteState.objects.create(territory_id=site.territory_id, site=site, filled_at=now)
    ReleaseMark.objects.create(territory_id=site.territory_id, site=site, year=2026, changed_at=now)
    _release(site.territory, "inside", site)
    Invitation.objects.create(
        email=f"invite{site.pk}@exemple.example",
        display_name="Invité",
        role=Role.CONSEILLER,
        region_id=site.region_id,
        territory_id=site.territory_id,
        site=site,
        scope_label=site.name,
        token_hash=uuid.uuid4().hex * 2,
        expires_at=timezone.now() + datetime.timedelta(7),
    )
    Share.objects.create(
        region_id=site.region_id,
        territory_id=site.territory_id,
        user=make_user("Invité"),
        object_id=str(site.pk),
        content_type=ContentType.objects.get_for_model(Site),
        permission="change_site",
        granted_by_id=1,
        organisation_id=site.organisation_id,
        until=timezone.now() + datetime.timedelta(7),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_auditevent (action, object_type, object_id, tenant_id, unit_id,"
            " acting_role, data)"
            " VALUES ('test', 'site', %s, %s, %s, '', '{}')",
            [str(site.pk), site.territory_id, site.pk],
        )
        cursor.execute(
            "INSERT INTO kernel_outboxevent (kind, tenant_id, payload) VALUES ('test', %s, '{}')",
            [site.territory_id],
        )


def _release(territory: Territory, audience: str, site: Site | None = None) -> None:
    Release.objects.create(
        region_id=territory.region_id, territory=territory, site=site, year=2026, audience=audience,
        cells={}, summary={}, filled_at=timezone.now(),
    )  # fmt: skip
