"""A place shared by the networks of a bassin enters the directory (AMI §2).

A place of the directory keeps its network and bears the Region's sign besides. A new one is of no network: it
is a partner in both directions (« les deux »): the networks send people there, and it sends people to them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from territories import hours
from territories.access import Actor
from territories.enums import PartnerDirection, SiteKind
from territories.models import Commune, Organisation, Site, Territory
from territories.services.codes import site_code
from territories.services.hours import Rows, week_of, write_week

KIND = "LIEU_MUTUALISE"


@dataclass(frozen=True)
class NewPlace:
    """What the directory tells of a place."""

    name: str
    address: str
    postcode: str
    commune: Commune
    complement: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    accessibility: str = ""


def open_shared_place(
    *,
    by: Actor,
    territory: Territory,
    organisation: Organisation,
    place: Site | NewPlace,
    slots: Sequence[hours.Slot] = (),
) -> Site:
    """Put the place in the directory, with its sign and its hours. Hours given replace the place's own.

    Raises ``Refused`` outside the actor's territories, or for a place of another bassin.
    """
    if territory.pk not in by.scope.tenant:
        raise Refused("Ce bassin n’est pas dans votre périmètre.")
    with transaction.atomic():
        if isinstance(place, Site):
            site = _held(by, place, territory)
        else:
            site = _made(by, place, territory, organisation)
        if slots:
            _set_hours(by, site, slots)
        audit.record(
            "territories.shared_place_opened",
            by=by,
            object_type="site",
            object_id=site.pk,
            tenant_id=site.territory_id,
            unit_id=site.pk,
            data={"new": not isinstance(place, Site), "slots": len(slots)},
        )
    return site


def _held(by: Actor, place: Site, territory: Territory) -> Site:
    found = Site.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=place.pk).first()
    if found is None or found.territory_id != territory.pk:
        raise Refused("Ce lieu n’est pas, ou n’est plus, dans l’annuaire de ce bassin.")
    found.shared_place = found.active = True
    found.save(update_fields=["shared_place", "active"])
    return found


def _made(by: Actor, place: NewPlace, territory: Territory, organisation: Organisation) -> Site:
    codes = Site.objects.visible_to(by).filter(territory=territory).values_list("code", flat=True)
    site = Site(
        region_id=territory.region_id,
        territory=territory,
        organisation=organisation,
        commune=place.commune,
        # A name of its own: places read from the Region's files keep theirs.
        reference_id=f"mutualise-{uuid.uuid4()}",
        code=site_code(KIND, set(codes)),
        kind=SiteKind.SIEGE,
        direction=PartnerDirection.BOTH,
        partner_kind=KIND,
        name=place.name,
        address=place.address,
        complement=place.complement,
        postcode=place.postcode,
        city=place.commune.name[:80],
        phone=place.phone,
        email=place.email,
        website=place.website,
        latitude=place.commune.latitude,
        longitude=place.commune.longitude,
        accessibility=place.accessibility,
        shared_place=True,
    )
    try:
        site.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Refused(f"Ce lieu ne peut pas entrer dans l’annuaire : {' '.join(error.messages)}") from None
    site.save(force_insert=True)
    return site


def _set_hours(by: Actor, site: Site, slots: Sequence[hours.Slot]) -> None:
    """The ordinary week is the new one; seasons written for the hours of before go with them."""
    kept = week_of(site)
    write_week(site, hours.Week(tuple(slots), kept.closures, kept.holidays_off), rows=Rows(by))
