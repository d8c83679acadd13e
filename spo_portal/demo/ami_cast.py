"""Who plays the calls for interest of the demonstration: accounts of one region, by what they do."""

from dataclasses import dataclass, field

from django.db import transaction

from spo_portal.demo.ami_files import Carrier
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.enums import Role
from territories.models import Membership, Region, Site, Territory

SCORERS, FILES = 2, 12


@dataclass
class Cast:
    """Accounts of one region. ``carriers``: porteurs, those of the fullest commission first."""

    region: Region
    officer: Membership
    scorers: list[Membership]
    members: dict[int, list[Membership]]
    carriers: list[Carrier]
    criteria: list[int] = field(default_factory=list)


def cast_of(region: Region) -> Cast | None:
    """The demonstration's accounts of a region; ``None`` without an officer of the Region."""
    with transaction.atomic():
        apply(SYSTEM)
        rows = Membership.objects.for_system().in_force().filter(region=region, user__is_demo=True)
        people = list(rows.select_related("user", "organisation").order_by("pk"))
        officer = next((m for m in people if m.role == Role.REGION), None)
        if officer is None:
            return None
        members: dict[int, list[Membership]] = {}
        for mandate in people:
            if mandate.role == Role.MEMBRE_COMMISSION and mandate.commission_id:
                members.setdefault(mandate.commission_id, []).append(mandate)
        carriers: list[Carrier] = []
        taken: set[int] = set()
        for mandate in people:
            site = _place_of(mandate, taken) if mandate.role == Role.PORTEUR else None
            if site is not None:
                carriers.append(Carrier(mandate, site))
                taken.add(site.territory_id)
        bassins = Territory.objects.for_region(region.pk).filter(commission__isnull=False)
        seats = {bassin.pk: len(members.get(bassin.commission_id or 0, ())) for bassin in bassins}
        carriers = [one for one in carriers if seats.get(one.site.territory_id)]
        carriers.sort(key=lambda one: (-seats[one.site.territory_id], one.site.territory_id))
        officers = [m for m in people if m.role == Role.CHARGE_MISSION][: SCORERS - 1]
        return Cast(region, officer, [officer, *officers], members, carriers[:FILES])


def _place_of(mandate: Membership, taken: set[int]) -> Site | None:
    """A place of the organisation, in a bassin nobody else of the demonstration answers for."""
    rows = Site.objects.for_region(mandate.region_id or 0).open_to_public()
    found = rows.filter(organisation=mandate.organisation).exclude(territory_id__in=taken)
    return found.select_related("territory").order_by("pk").first()
