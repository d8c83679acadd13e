"""Screens of « Où s’adresser ? », which nobody logs in to read, at both widths."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Stack

REGION = "A31"


def directory(stack: Stack) -> Iterator[Walk]:
    """The choice of a region, the list in its states, the page of a place, the list to embed."""
    rows = stack.rows(
        "SELECT s.id, r.slug, s.commune_id FROM territories_site s"
        " JOIN territories_region r ON r.id = s.region_id"
        " JOIN territories_sitesearch k ON k.site_id = s.id AND k.active AND NOT k.training"
        " WHERE r.code = %s AND k.network IS NOT NULL AND s.commune_id IS NOT NULL ORDER BY s.id LIMIT 1",
        (REGION,),
    )
    site, slug, commune = rows[0]
    home = f"/ou-s-adresser/{slug}/"
    paths = (
        "/ou-s-adresser/",
        home,
        f"{home}?commune={commune}",
        f"{home}?commune={commune}&question=1&statut=1&age=moins_26&ouvert=1&samedi=1&fauteuil=1&rayon=5",
        f"{home}?ou=saint",
        f"{home}?ou=Atlantide",
        f"{home}?q=misson+local",
        f"{home}?q=zzzzz",
        f"{home}?page=2",
        f"{home}lieu/{site}/x/",
        f"{home}integrer/",
        f"{home}integrer/guide/?commune={commune}",
    )
    for width in (WIDE, PHONE):
        yield Walk(None, width, paths)


def public_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    """By reader; each a test of its own."""
    return {"directory": directory}
