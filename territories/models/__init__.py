"""Who and where: regions, territories, places, people and their mandates."""

from territories.models.accounts import Invitation, Membership, User
from territories.models.places import (
    Brochure,
    Closure,
    Commission,
    Commune,
    OpeningSlot,
    Organisation,
    Region,
    Reseau,
    Site,
    Territory,
)

__all__ = [
    "Brochure",
    "Closure",
    "Commission",
    "Commune",
    "Invitation",
    "Membership",
    "OpeningSlot",
    "Organisation",
    "Region",
    "Reseau",
    "Site",
    "Territory",
    "User",
]
