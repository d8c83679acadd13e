"""Who and where: regions, territories, places, people and their mandates."""

from territories.models.accounts import Invitation, Membership, User
from territories.models.contours import Contour
from territories.models.exchange import DirectoryImport
from territories.models.hours import Closure, OpeningSlot, Season, SeasonSlot
from territories.models.places import (
    Brochure,
    Commission,
    Commune,
    Organisation,
    Region,
    Reseau,
    Territory,
)
from territories.models.record import ServiceItem, SiteChange, SiteService
from territories.models.search import SearchPlace, SearchWeek, SearchWord, SiteSearch
from territories.models.shares import Share
from territories.models.sites import Site

__all__ = [
    "Brochure",
    "Closure",
    "Commission",
    "Commune",
    "Contour",
    "DirectoryImport",
    "Invitation",
    "Membership",
    "OpeningSlot",
    "Organisation",
    "Region",
    "Reseau",
    "SearchPlace",
    "SearchWeek",
    "SearchWord",
    "Season",
    "SeasonSlot",
    "ServiceItem",
    "Share",
    "Site",
    "SiteChange",
    "SiteSearch",
    "SiteService",
    "Territory",
    "User",
]
