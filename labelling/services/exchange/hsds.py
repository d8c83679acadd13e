"""The directory in the Human Services Data Specification (Open Referral), version 3.

Source: docs.openreferral.org, HSDS 3: organization, location, service, service_at_location, address, phone,
schedule, accessibility. Organizations come with their locations, then services with the locations they are
given at. Identifiers are derived from ours: the same place keeps the same one in every file.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from labelling.services.exchange.data_inclusion import describe, phone
from labelling.services.exchange.reading import Line
from territories import hours
from territories.enums import AccessFeature, SitePublic
from territories.hours.osm import APPOINTMENT
from territories.models import Organisation, Region
from territories.services.search import departement_of

FORMAT = "hsds-3"
VERSION = "3.1"
BYDAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SPACE = uuid.UUID("2b7f3f1e-9c53-5d4e-8a52-0d6f5f7a61c4")
# Places come organisation after organisation.
ORDER = ("organisation__name", "organisation_id", "name")


def key(kind: str, *parts: object) -> str:
    return str(uuid.uuid5(_SPACE, "|".join([kind, *map(str, parts)])))


def document(region: Region, read: Callable[[], Iterable[Line]]) -> Iterator[str]:
    """``{"version": …, "organizations": […], "services": […]}``; ``read`` follows ``ORDER``, twice."""
    yield f'{{"version": "{VERSION}", "organizations": ['
    yield from _array(
        organization(region, list(found))
        for _, found in groupby(read(), key=lambda line: line.site.organisation_id)
    )
    yield '\n],\n"services": ['
    yield from _array(one for line in read() for one in services(region, line))
    yield "\n]}\n"


def _array(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    mark = "\n"
    for row in rows:
        yield mark + json.dumps(row, ensure_ascii=False)
        mark = ",\n"


def organization(region: Region, lines: list[Line]) -> dict[str, Any]:
    """An organisation and the places it runs."""
    one: Organisation = lines[0].site.organisation
    return {
        "id": key("organization", region.code, one.name),
        "name": one.name,
        "description": f"Organisation qui tient des lieux d’accueil : {region.service_name}, {region.name}.",
        "locations": [location(region, line) for line in lines],
    }


def location(region: Region, line: Line) -> dict[str, Any]:
    """A place: point, address, phone, hours, access."""
    site = line.site
    ref = site.reference_id
    place: dict[str, Any] = {
        "id": key("location", ref),
        "location_type": "physical",
        "name": site.name,
        "description": describe(region, line),
        "external_identifier": ref,
        "external_identifier_type": region.portal_name,
    }
    if site.transport:
        place["transportation"] = site.transport
    if site.latitude is not None and site.longitude is not None:
        place |= {"latitude": float(site.latitude), "longitude": float(site.longitude)}
    city = site.city or (site.commune.name if site.commune else "")
    if city:
        address = {
            "id": key("address", ref),
            "address_1": site.address,
            "city": city,
            "region": region.name,
            "state_province": departement_of(site.commune_id or site.postcode),
            "postal_code": site.postcode,
            "country": "FR",
            "address_type": "physical",
        }
        if site.complement:
            address["address_2"] = site.complement
        place["addresses"] = [address]
    number = phone(site.phone)
    if number:
        place["phones"] = [{"id": key("phone", ref), "number": number, "type": "voice"}]
    access = accessibility(line)
    if access:
        place["accessibility"] = [access]
    found = schedules(line)
    if found:
        place["schedules"] = found
    return place


def accessibility(line: Line) -> dict[str, Any] | None:
    site = line.site
    words = [str(site.get_wheelchair_display())] if site.wheelchair else []
    words += [str(AccessFeature(feature).label) for feature in site.access_features]
    if not words and not site.accessibility:
        return None
    found = {"id": key("accessibility", site.reference_id)}
    if words:
        found["description"] = " ; ".join(words) + "."
    if site.accessibility:
        found["details"] = site.accessibility
    return found


def schedules(line: Line) -> list[dict[str, Any]]:
    """The ordinary week: one weekly event per time of day and way of coming, with the days it happens on.

    Times are those of the wall in Paris: an offset would be wrong half of the year, so none is given. The
    whole line in OpenStreetMap's syntax, closures included, goes with the first one.
    """
    days: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
    for slot in line.week.slots:
        days[(slot.start, slot.end, slot.walk_in)].append(slot.weekday)
    found: list[dict[str, Any]] = []
    for (start, end, walk_in), weekdays in days.items():
        event = {
            "id": key("schedule", line.site.reference_id, start, end, walk_in),
            "freq": "WEEKLY",
            "wkst": "MO",
            "byday": ",".join(BYDAY[day] for day in sorted(weekdays)),
            "opens_at": _clock(start),
            "closes_at": _clock(end),
            "description": "Sans rendez-vous" if walk_in else APPOINTMENT.capitalize(),
        }
        if not found:
            event["notes"] = f"Heure de Paris. OpenStreetMap opening_hours : {hours.write_osm(line.week)}"
        found.append(event)
    return found


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def services(region: Region, line: Line) -> Iterator[dict[str, Any]]:
    """One service per block of the grid that the place gives something of, at that place."""
    site = line.site
    for block, rows in groupby(line.services, key=lambda one: one.item.block):
        given = list(rows)
        ref = (site.reference_id, block)
        service: dict[str, Any] = {
            "id": key("service", *ref),
            "organization_id": key("organization", region.code, site.organisation.name),
            "name": given[0].item.block_name,
            "description": " ; ".join(dict.fromkeys(one.item.name for one in given)) + ".",
            "status": "active",
            "service_at_locations": [
                {
                    "id": key("service_at_location", *ref),
                    "service_id": key("service", *ref),
                    "location_id": key("location", site.reference_id),
                    "description": " ; ".join(dict.fromkeys(str(one.get_mode_display()) for one in given))
                    + ".",
                }
            ],
        }
        if site.website:
            service["url"] = site.website
        if site.email:
            service["email"] = site.email
        if site.confirmed_on:
            service["assured_date"] = site.confirmed_on.isoformat()
        eligible = [str(SitePublic(public).label) for public in site.publics] + [site.publics_note]
        if any(eligible):
            service["eligibility_description"] = " ; ".join(word for word in eligible if word) + "."
        yield service
