"""What the pages of a record share: the row its keeper may write, its head and its mark."""

import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from territories.access import Actor, can, get_visible_or_404
from territories.enums import AccessFeature, Regime, SitePublic
from territories.models import Site
from territories.permissions import Perm
from territories.services.record.edit import keeps, precision_of
from territories.services.record.overview import has_grid
from territories.services.record.score import Quality, measure, quality_of
from territories.services.record.services import given_by, items_of, levels_of
from territories.services.standing import Standing, standing_of


def kept_or_404(actor: Actor, pk: int) -> Site:
    """A place of one's own perimeter; any other is the 404 of a place that does not exist."""
    mine = Q(pk__in=actor.scope.unit) | Q(territory_id__in=actor.scope.tenant)
    rows = (
        Site.objects.visible_to(actor)
        .filter(mine)
        .select_related("reseau", "territory", "organisation", "commune__territory", "parent")
    )
    return get_visible_or_404(rows, actor, pk=pk)


def head_context(actor: Actor, site: Site, current: str) -> dict[str, Any]:
    """Trail, tabs and mark of one record."""
    tabs = [("fiche", "Fiche", "lieu_fiche"), ("services", "Services", "lieu_services")]
    if not can(actor, Perm.KEEP_RECORD):
        tabs = []
    return {
        "site": site,
        "onglets": [*tabs, ("historique", "Historique", "lieu_historique")],
        "onglet": current,
        "may_check": can(actor, Perm.CHECK_RECORD) and site.territory_id in actor.scope.tenant,
        "may_keep": can(actor, Perm.KEEP_RECORD),
        "own": actor.site_id == site.pk,
    }


def quality_for(actor: Actor, site: Site) -> Quality:
    return quality_of(site, grid=has_grid(actor))


def place_context(actor: Actor, site: Site) -> dict[str, Any]:
    """The record on the page of a place: services by level, access, publics, label; its marks for who follows
    it. The site comes with its region."""
    items = items_of(actor, site)
    given = given_by(actor, site)
    mine = keeps(actor, site)
    may_keep = mine and can(actor, Perm.KEEP_RECORD)
    may_read = mine and can(actor, Perm.READ_HISTORY)
    levels = [level for level in levels_of(items, given) if level.count]
    quality = None
    if may_read:
        quality = measure(site, services=len(given), has_hours=len(site.slots.all()) > 0, grid=bool(items))
    today = timezone.localdate()
    standing = standing_of(by=actor, site=site, day=today)
    return {
        "site": site,
        "label": standing,
        "label_etat": "" if standing is None else _state(standing, today),
        "label_ici": site.region.regime == Regime.SPO and site.reseau_id is not None,
        "levels": levels,
        "grid": bool(items),
        "quality": quality,
        "features": [AccessFeature(value).label for value in site.access_features],
        "precision": precision_of(site),
        "publics": [SitePublic(value).label for value in site.publics],
        "staff": f"{site.staff_tenths / 10:g}".replace(".", ",") if site.staff_tenths is not None else "",
        "may_keep": may_keep,
        "may_check": mine and can(actor, Perm.CHECK_RECORD),
        "may_read": may_read,
        "own": actor.site_id == site.pk,
    }


def _state(standing: Standing, today: datetime.date) -> str:
    if standing.holds(today):
        return "en_vigueur"
    return "fini" if standing.is_over(today) else "a_venir"
