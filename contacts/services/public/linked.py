"""The page of a place as linked data (schema.org): what the page shows, nothing more."""

from __future__ import annotations

from typing import Any

from contacts.services.public.place import PlacePage
from territories.enums import Wheelchair


def linked_data(page: PlacePage) -> dict[str, Any]:
    """The place for search engines, a ``GovernmentOffice`` of schema.org."""
    site = page.site
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentOffice",
        "@id": page.address,
        "url": page.address,
        "name": site.name,
        "isAccessibleForFree": True,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": ", ".join(part for part in (site.address, site.complement) if part),
            "postalCode": site.postcode,
            "addressLocality": site.city,
            "addressCountry": "FR",
        },
        "parentOrganization": {"@type": "Organization", "name": site.organisation.name},
        "openingHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": f"https://schema.org/{_SCHEMA_DAYS[slot.weekday]}",
                "opens": _clock(slot.start),
                "closes": _clock(slot.end),
            }
            for slot in page.week.slots
        ],
        "specialOpeningHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "validFrom": closure.first_day.isoformat(),
                "validThrough": closure.last_day.isoformat(),
                "opens": "00:00",
                "closes": "00:00",
            }
            for closure in page.closures
        ],
    }
    for key, value in (("telephone", site.phone), ("email", site.email), ("sameAs", site.website)):
        if value:
            data[key] = value
    if page.publics:
        data["audience"] = {"@type": "Audience", "audienceType": page.publics}
    if page.features:
        data["amenityFeature"] = [
            {"@type": "LocationFeatureSpecification", "name": name, "value": True}
            for name in page.features
            if name != Wheelchair.NO.label
        ]
    if page.point:
        latitude, longitude = page.point
        data["geo"] = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
    if page.services:
        data["makesOffer"] = [
            {"@type": "Offer", "itemOffered": _service(line.name, part.title), "price": 0}
            for block in page.services
            for part in block.parts
            for line in part.lines
        ]
    return {key: value for key, value in data.items() if value not in ("", [], {})}


def _service(name: str, block: str) -> dict[str, str]:
    return {"@type": "Service", "name": name} | ({"serviceType": block} if block else {})


_SCHEMA_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _clock(minutes: int) -> str:
    return "23:59" if minutes == 1440 else f"{minutes // 60:02d}:{minutes % 60:02d}"
