"""Labels and targets of the demonstration, by the services: labels as loaded, targets by the animation."""

import datetime
import random
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from dashboards.models import Target
from dashboards.services.targets import set_target
from labelling.enums import LabelStatus
from labelling.models import LabelCount, Labellisation
from labelling.services.recording import record_labellisation
from labelling.services.tables import has_label
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.access import SYSTEM_ACTOR, Actor
from territories.enums import Role
from territories.models import Membership, Region, Site, Territory
from territories.scopes import open_for_membership

# Part of the places labelled when no published count says it, and of the others that are associated partners.
USUAL_SHARE, ASSOCIATED = 0.7, 0.3
# A label given 58 months ago ends in two: some end within the year.
OLDEST_MONTHS, NEWEST_MONTHS = 58, 3
DEFAULTS = {
    "boucles_fermees": Decimal(75),
    "jamais_venue": Decimal(10),
    "delai_arrivee": Decimal(7),
    "saisie_tardive": Decimal(15),
    "sans_rdv_lieu": Decimal(50),
    "lieux_silencieux": Decimal(1),
}


def labels_and_targets(*, seed: int, territories: list[Territory]) -> None:
    """Label the places of every region that knows the label, set targets; a second run adds nothing."""
    for region in {t.region_id: t.region for t in territories}.values():
        with transaction.atomic():
            apply(SYSTEM)
            mandate = Membership.objects.for_system().filter(role=Role.ANIMATION, region=region).first()
            shares = _shares(region)
            places = _places(region) if has_label(region) else {}
            known = set(Labellisation.objects.for_system().values_list("site_id", flat=True))
            done = Target.objects.for_system().filter(region=region).exists()
            if mandate is None:
                continue
            for rank, (territory_id, sites) in enumerate(sorted(places.items()), 1):
                rng = random.Random(f"{seed}:label:{territory_id}")  # noqa: S311 - a demonstration
                # Decided before the portal: loaded, as a reference is.
                wanted = [site for site in sites if site.pk not in known]
                _label(SYSTEM_ACTOR, rng, rank, wanted, shares)
            by = open_for_membership(mandate.pk, mandate.user_id)
            if not done:
                _targets(by, region, [t for t in territories if t.region_id == region.pk], seed)


def _shares(region: Region) -> dict[int, float]:
    """Labelled part of each network, as last published."""
    counts = LabelCount.objects.for_system().filter(region=region, existing__gt=0).order_by("counted_on")
    return {count.reseau_id: count.labelled / count.existing for count in counts}


def _places(region: Region) -> dict[int, list[Site]]:
    found: dict[int, list[Site]] = {}
    sites = Site.objects.for_region(region.pk).filter(active=True, reseau__isnull=False)
    for site in sites.select_related("region").order_by("pk"):
        found.setdefault(site.territory_id, []).append(site)
    return found


def _label(by: Actor, rng: random.Random, rank: int, sites: list[Site], shares: dict[int, float]) -> None:
    """One decision for the places of a territory: the convention is the territory's (domain § 6)."""
    today = timezone.localdate()
    months = rng.randint(NEWEST_MONTHS, OLDEST_MONTHS)
    starts_on = (today - datetime.timedelta(days=months * 30)).replace(day=1)
    for site in sites:
        draw = rng.random()
        share = shares.get(site.reseau_id or 0, USUAL_SHARE)
        if draw >= share + (1 - share) * ASSOCIATED:
            continue
        labelled = draw < share
        record_labellisation(
            by=by,
            site=site,
            status=LabelStatus.LABELLISE if labelled else LabelStatus.ASSOCIE,
            starts_on=starts_on,
            decision_number=f"{starts_on.year}-{rank:03d}",
            decided_on=starts_on - datetime.timedelta(days=12),
            source="Décision préfectorale de démonstration" if labelled else "Décision de démonstration",
        )


def _targets(by: Actor, region: Region, territories: list[Territory], seed: int) -> None:
    """The region's defaults for this year and the last; a number of contacts for one territory in two."""
    year = timezone.localdate().year
    for asked in (year - 1, year):
        for key, value in DEFAULTS.items():
            set_target(by=by, indicator=key, year=asked, value=value, region=region)
    if has_label(region):
        set_target(by=by, indicator="lieux_labellises", year=year, value=Decimal(70), region=region)
    rng = random.Random(f"{seed}:targets:{region.code}")  # noqa: S311 - a demonstration
    for territory in territories[::2]:
        contacts = Decimal(50 * rng.randint(8, 60))
        set_target(by=by, indicator="contacts", year=year, value=contacts, region=region, territory=territory)
