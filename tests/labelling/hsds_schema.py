"""The facts of HSDS 3 that the portal's file must keep, written from the standard (docs.openreferral.org).

Required fields, types, formats and closed lists of each object; ``additionalProperties`` is closed here, so
that a misspelt field is seen.
"""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid", "pattern": "^[0-9a-f-]{36}$"}
URI: dict[str, Any] = {"type": "string", "format": "uri", "pattern": "^https?://"}
EMAIL: dict[str, Any] = {"type": "string", "format": "email"}
NUMBER: dict[str, Any] = {"type": "number"}
DAY: dict[str, Any] = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
TIME: dict[str, Any] = {"type": "string", "pattern": r"^\d\d:\d\d"}


def words(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def many(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


def thing(required: tuple[str, ...], **fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"id": UUID, **fields},
        "required": ["id", *required],
        "additionalProperties": False,
    }


DEFS: dict[str, Any] = {
    "organization": thing(
        ("name", "description"),
        name=TEXT,
        alternate_name=TEXT,
        description=TEXT,
        email=EMAIL,
        website=URI,
        uri=URI,
        phones=many("phone"),
        locations=many("location"),
    ),
    "location": thing(
        ("location_type",),
        location_type=words("physical", "postal", "virtual"),
        organization_id=UUID,
        name=TEXT,
        description=TEXT,
        transportation=TEXT,
        latitude=NUMBER,
        longitude=NUMBER,
        external_identifier=TEXT,
        external_identifier_type=TEXT,
        addresses=many("address"),
        accessibility=many("accessibility"),
        phones=many("phone"),
        schedules=many("schedule"),
    ),
    "address": thing(
        ("address_1", "city", "state_province", "postal_code", "country", "address_type"),
        attention=TEXT,
        address_1=TEXT,
        address_2=TEXT,
        city=TEXT,
        region=TEXT,
        state_province=TEXT,
        postal_code=TEXT,
        country={"type": "string", "pattern": "^[A-Z]{2}$"},
        address_type=words("physical", "postal", "virtual"),
    ),
    "phone": thing(("number",), number=TEXT, extension=NUMBER, type=TEXT, description=TEXT),
    "accessibility": thing((), description=TEXT, details=TEXT, url=URI),
    "schedule": thing(
        (),
        valid_from=DAY,
        valid_to=DAY,
        timezone=NUMBER,
        wkst=words("MO", "TU", "WE", "TH", "FR", "SA", "SU"),
        freq=words("WEEKLY", "MONTHLY"),
        byday={"type": "string", "pattern": "^(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU))*$"},
        description=TEXT,
        opens_at=TIME,
        closes_at=TIME,
        notes=TEXT,
    ),
    "service": thing(
        ("name", "status", "organization_id"),
        organization_id=UUID,
        name=TEXT,
        description=TEXT,
        url=URI,
        email=EMAIL,
        status=words("active", "inactive", "defunct", "temporarily closed"),
        eligibility_description=TEXT,
        fees_description=TEXT,
        assured_date=DAY,
        service_at_locations=many("service_at_location"),
    ),
    "service_at_location": thing(
        ("service_id", "location_id"), service_id=UUID, location_id=UUID, description=TEXT
    ),
}
DOCUMENT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "version": {"type": "string", "pattern": r"^3\.\d"},
        "organizations": many("organization"),
        "services": many("service"),
    },
    "required": ["version", "organizations", "services"],
    "additionalProperties": False,
    "$defs": DEFS,
}
