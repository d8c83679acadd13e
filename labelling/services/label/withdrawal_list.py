"""Lists of the withdrawals: those begun, and the labels that may be withdrawn, filtered."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import Labellisation, LabelWithdrawal
from labelling.services.label.withdrawal import OPEN, withdrawals
from territories.access import Actor
from territories.models import Reseau, Territory

MAX_QUERY = 80


@dataclass(frozen=True, slots=True)
class Asked:
    territory: int | None = None
    network: int | None = None
    query: str = ""

    @property
    def any(self) -> bool:
        return bool(self.territory or self.network or self.query)


@dataclass(frozen=True, slots=True)
class Choices:
    """Territories and networks that hold a label one may begin to withdraw, and how many labels in all."""

    territories: list[Territory]
    networks: list[Reseau]
    total: int


def asked(data: Mapping[str, str]) -> Asked:
    """What the address asks; what can't be read is left out."""
    return Asked(
        territory=_number(data.get("territoire", "")),
        network=_number(data.get("reseau", "")),
        query=" ".join(data.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
    )


def begun(by: Actor) -> QuerySet[LabelWithdrawal]:
    """Withdrawals the actor reads, the open ones first, then the latest."""
    rank = Case(When(state__in=OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    return withdrawals(by).order_by(rank, "-started_at", "-pk")


def may_begin(by: Actor, wanted: Asked | None = None) -> QuerySet[Labellisation]:
    """Labels in force without a withdrawal under way, by territory then place."""
    under_way = LabelWithdrawal.objects.visible_to(by).filter(label=OuterRef("pk"), state__in=OPEN)
    rows = Labellisation.objects.visible_to(by).in_force(timezone.localdate())
    rows = rows.filter(~Exists(under_way), status=LabelStatus.LABELLISE, region_id__in=by.scope.seal)
    if wanted is not None and wanted.territory is not None:
        rows = rows.filter(territory_id=wanted.territory)
    if wanted is not None and wanted.network is not None:
        rows = rows.filter(site__reseau_id=wanted.network)
    for word in wanted.query.split() if wanted is not None else ():
        rows = rows.filter(
            Q(site__name__unaccent__icontains=word)
            | Q(site__city__unaccent__icontains=word)
            | Q(site__organisation__name__unaccent__icontains=word)
        )
    return rows.select_related("site", "site__reseau", "territory").order_by(
        "territory__order", "territory__name", "site__name", "pk"
    )


def choices(by: Actor) -> Choices:
    """What the filters offer: only what they would find."""
    rows = may_begin(by).order_by()
    territories = Territory.objects.visible_to(by).filter(pk__in=rows.values("territory_id"))
    networks = Reseau.objects.filter(region_id__in=by.scope.seal, pk__in=rows.values("site__reseau_id"))
    return Choices(
        list(territories.order_by("order", "name")), list(networks.order_by("order", "code")), rows.count()
    )


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None
