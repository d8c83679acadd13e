"""On what each role is held (domain § 2): the columns a mandate and its invitation fill."""

from typing import Any

from spo_portal.kernel.errors import Refused
from territories.enums import Role, RoleScope
from territories.models import Commission, Organisation, Region, Site, Territory


def where_held(
    role: Role,
    site: Site | None,
    territory: Territory | None,
    region: Region | None,
    commission: Commission | None = None,
    organisation: Organisation | None = None,
    organisation_name: str = "",
) -> dict[str, Any]:
    """Columns of the scope the role is held on; every wider one is filled, every other one empty."""
    held_on = role.held_on
    found: dict[str, Any] = dict.fromkeys(("site", "territory", "region", "commission", "organisation"))
    if held_on == RoleScope.SITE and site is not None:
        return found | {"site": site, "territory": site.territory, "region": site.region}
    if held_on == RoleScope.TERRITORY and territory is not None:
        return found | {"territory": territory, "region": territory.region}
    if held_on == RoleScope.COMMISSION and commission is not None:
        return found | {"commission": commission, "region": commission.region}
    if held_on == RoleScope.ORGANISATION and organisation is not None:
        return found | {"organisation": organisation, "region": organisation.region}
    if region is not None and (held_on == RoleScope.REGION or organisation_name):
        return found | {"region": region}
    raise Refused("Choisissez le périmètre de cette fonction.", "scope")


def label_of(scope: dict[str, Any], organisation_name: str = "") -> str:
    """The scope as the top bar names it."""
    narrow = scope["site"] or scope["territory"] or scope["commission"] or scope["organisation"]
    return str(narrow or organisation_name or scope["region"] or "Plateforme")
