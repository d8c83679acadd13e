"""The partenaires associés as the page lists them: in force, ended, or in the directory and not noted."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import AssociatedPartner, Labellisation
from spo_portal.kernel.http import whole_number
from territories.access import Actor
from territories.enums import PartnerDirection, SitePublic
from territories.models import Site, Territory
from territories.querysets import SiteQuerySet

EVERYWHERE = "tous"
IN_FORCE, ENDED, UNNOTED = "en_cours", "termines", "a_noter"
STATES = {IN_FORCE: "En cours", ENDED: "Terminés", UNNOTED: "À noter"}
MAX_QUERY = 80


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; every value is checked here."""

    territory: int | None = None
    direction: str = ""
    motive: str = ""
    state: str = IN_FORCE
    query: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One partnership as shown: what its convention is worth today."""

    partner: AssociatedPartner
    convention: str
    convention_kind: str
    labelled: bool

    @property
    def publics(self) -> str:
        return ", ".join(str(SitePublic(value).label) for value in self.partner.publics)


def read_filters(data: Mapping[str, str], actor: Actor) -> Filters:
    """Filters of a query string; one's own territory first."""
    wanted = data.get("territoire", "")
    direction, motive, state = (data.get(name, "") for name in ("sens", "motif", "etat"))
    return Filters(
        territory=actor.territory_id if not wanted else whole_number(wanted) or None,
        direction=direction if direction in PartnerDirection.values else "",
        motive=motive if motive in {"hors_reseau", "lieu_non_eligible"} else "",
        state=state if state in STATES else IN_FORCE,
        query=" ".join(data.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
    )


def partners(by: Actor, filters: Filters) -> QuerySet[AssociatedPartner]:
    """Partnerships that match, by territory and name of the place."""
    today = timezone.localdate()
    rows = AssociatedPartner.objects.visible_to(by).filter(region_id=by.region_id)
    over = Q(until__lt=today)
    rows = rows.filter(over) if filters.state == ENDED else rows.exclude(over)
    if filters.territory is not None:
        rows = rows.filter(territory_id=filters.territory)
    if filters.direction:
        rows = rows.filter(direction__in={filters.direction, PartnerDirection.BOTH})
    if filters.motive:
        rows = rows.filter(motive=filters.motive)
    for word in filters.query.split():
        rows = rows.filter(
            Q(site__name__unaccent__icontains=word)
            | Q(site__city__unaccent__icontains=word)
            | Q(site__organisation__name__unaccent__icontains=word)
        )
    return (
        rows.defer("content")
        .select_related("territory", "site__organisation", "site__reseau")
        .order_by("territory__order", "site__name", "-since", "pk")
    )


def unnoted(by: Actor, filters: Filters) -> SiteQuerySet:
    """Places the directory or a decision holds for partners, of which nobody has said more.

    A training body is not one of them, nor a place shared by the networks.
    """
    today = timezone.localdate()
    noted = AssociatedPartner.objects.visible_to(by).in_force(today).filter(site=OuterRef("pk"))
    decided = (
        Labellisation.objects.visible_to(by)
        .in_force(today)
        .filter(site=OuterRef("pk"), status=LabelStatus.ASSOCIE)
    )
    places: SiteQuerySet = (
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(
            Q(reseau__isnull=True) | Exists(decided),
            ~Exists(noted),
            region_id=by.region_id,
            shared_place=False,
            organisation__is_training_body=False,
        )
    )
    if filters.territory is not None:
        places = places.filter(territory_id=filters.territory)
    if filters.direction:
        places = places.filter(direction__in=[filters.direction, PartnerDirection.BOTH])
    for word in filters.query.split():
        places = places.filter(
            Q(name__unaccent__icontains=word)
            | Q(city__unaccent__icontains=word)
            | Q(organisation__name__unaccent__icontains=word)
        )
    return places.select_related("territory", "organisation", "reseau").order_by(
        "territory__order", "name", "pk"
    )


def rows_of(by: Actor, found: list[AssociatedPartner]) -> list[Row]:
    """Rows of one page, in a constant number of statements."""
    today = timezone.localdate()
    labelled = set(
        Labellisation.objects.visible_to(by)
        .in_force(today)
        .filter(site_id__in=[row.site_id for row in found], status=LabelStatus.LABELLISE)
        .values_list("site_id", flat=True)
    )
    return [Row(row, *_convention(row, today), row.site_id in labelled) for row in found]


def _convention(row: AssociatedPartner, today: datetime.date) -> tuple[str, str]:
    """Words and kind of badge."""
    if row.signed_on is None:
        return "Sans convention", "plain"
    if row.convention_ends_on is not None and row.convention_ends_on < today:
        return "Convention échue", "warn"
    return "Convention signée", "ok"


def candidates(by: Actor) -> SiteQuerySet:
    """Places of the territories one keeps that may become partners, by name."""
    today = timezone.localdate()
    taken = AssociatedPartner.objects.visible_to(by).in_force(today).filter(site=OuterRef("pk"))
    labels = (
        Labellisation.objects.visible_to(by)
        .in_force(today)
        .filter(site=OuterRef("pk"), status=LabelStatus.LABELLISE)
    )
    return (
        Site.objects.visible_to(by)
        .filter(
            ~Exists(taken),
            ~Exists(labels),
            territory_id__in=by.scope.tenant,
            shared_place=False,
            organisation__is_training_body=False,
        )
        .select_related("reseau", "organisation")
        .order_by("name", "pk")
    )


def territories(by: Actor) -> list[Territory]:
    return list(Territory.objects.visible_to(by).filter(region_id=by.region_id).order_by("order", "name"))
