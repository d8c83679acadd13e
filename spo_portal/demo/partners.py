"""Partenaires associés of the demonstration: most are noted with a convention, some wait, one is over."""

import datetime
import random

from django.db import transaction
from django.utils import timezone

from labelling.models import AssociatedPartner
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.enums import PartnerDirection, SitePublic
from territories.models import Site, Territory

LABEL = "Coordinateur"
# True of any partner: a condition of one kind of body would be absurd for another.
CONDITIONS = ("", "Sur rendez-vous.", "Sur inscription.", "Habitants de la commune.")


def partners(*, seed: int, territories: list[Territory]) -> int:
    """Note the partnerships of places of no network that have none; return how many.

    One in five is left to be noted. A second run notes nothing more.
    """
    today = timezone.localdate()
    with transaction.atomic():
        apply(SYSTEM)
        noted = AssociatedPartner.objects.for_system().values("site_id")
        sites = (
            Site.objects.for_system()
            .filter(
                territory__in=territories,
                reseau=None,
                active=True,
                shared_place=False,
                organisation__is_training_body=False,
            )
            .exclude(pk__in=noted)
            .select_related("territory")
            .order_by("reference_id")
        )
        rows = [row for site in sites if (row := _row(seed, site, today)) is not None]
        AssociatedPartner.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _row(seed: int, site: Site, today: datetime.date) -> AssociatedPartner | None:
    rng = random.Random(f"{seed}:partenaire:{site.reference_id}")  # noqa: S311 - a demonstration
    if rng.random() < 0.2:
        return None
    since = today - datetime.timedelta(rng.randrange(200, 1500))
    row = AssociatedPartner(
        region_id=site.region_id,
        territory_id=site.territory_id,
        site=site,
        direction=site.direction,
        motive="hors_reseau",
        publics=rng.sample(SitePublic.values[1:], rng.randrange(1, 3))
        if site.direction != PartnerDirection.PRESCRIPTEUR
        else [],
        conditions=rng.choice(CONDITIONS),
        since=since,
        saved_by_label=f"{LABEL} · {site.territory.name}"[:240],
    )
    if rng.random() < 0.7:
        row.signed_on = since
        row.convention_number = f"PA-{since:%Y}-{rng.randrange(1, 90):02d}"
        row.convention_ends_on = since + datetime.timedelta(3 * 365)
    return row
