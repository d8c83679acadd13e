"""Which places the portal keeps, and no later reference file overwrites."""

from territories.models import Site

# References of places opened in the portal; those read from the Region's files keep theirs.
SHARED, OPENED = "mutualise-", "portail-"


def kept_here(site: Site) -> bool:
    """True once somebody changed the record in the portal, or when the place was opened in it."""
    return site.version > 1 or site.reference_id.startswith((SHARED, OPENED))
