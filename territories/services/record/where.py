"""Where a place is: its commune, its postcode, its point, the place it hangs on."""

import math
from decimal import Decimal

from django.db.models import Q

from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import of
from territories.access import Actor
from territories.enums import SiteKind
from territories.models import Commune, Site
from territories.querysets import SiteQuerySet
from territories.services.search import departement_of

# The largest communes of the mainland are some thirty kilometres across.
NEAR_KM = 20
EARTH_KM = 6371.0


def check_commune(commune: Commune | None, site: Site) -> None:
    """A place stays in its territory: its label, its fiches and its figures hang on it."""
    if commune is None:
        if site.commune_id is not None or site.pk is None:
            raise Refused("Cherchez la commune, puis choisissez-la dans la liste.", "commune")
        return
    if commune.territory_id != site.territory_id:
        raise Refused(
            f"La commune {of(commune.name)} est dans le territoire {of(commune.territory.name)}. Un lieu qui"
            " change de territoire se ferme ici et s’ouvre là-bas.",
            "commune",
        )


def check_postcode(postcode: str, commune: Commune | None, *, by: Actor, site: Site) -> None:
    """Five digits of the commune, or a CEDEX of its département: one no other commune bears.

    What was there before, for the same commune, is not asked again.
    """
    same = commune is not None and commune.pk == site.commune_id
    if not postcode or (same and postcode == site.postcode):
        return
    if len(postcode) != 5 or not (postcode.isascii() and postcode.isdigit()):
        raise Refused("Écrivez les cinq chiffres du code postal.", "code_postal")
    if commune is None or not commune.postcodes or postcode in commune.postcodes:
        return
    # Communes of Corsica are 2A and 2B, their postcodes 20.
    departement = departement_of(commune.pk).replace("2A", "20").replace("2B", "20")
    elsewhere = Commune.objects.visible_to(by).filter(postcodes__contains=[postcode]).exists()
    if elsewhere or not postcode.startswith(departement):
        codes = ", ".join(commune.postcodes[:4])
        raise Refused(
            f"Ce code postal n’est pas celui de la commune {of(commune.name)} : {codes}.", "code_postal"
        )


def point_of(
    latitude: Decimal | None, longitude: Decimal | None, commune: Commune | None, site: Site
) -> tuple[Decimal | None, Decimal | None]:
    """The point of the place: the commune's unless one is given, near it, both numbers together."""
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise Refused("Donnez la latitude et la longitude, ou laissez les deux vides.", missing)
    if commune is None or commune.latitude is None or commune.longitude is None:
        return latitude, longitude
    kept = (latitude, longitude) == (site.latitude, site.longitude)
    moved = commune.pk != site.commune_id
    if latitude is None or longitude is None or (kept and moved):
        return commune.latitude, commune.longitude
    if kept:
        return latitude, longitude
    far = kilometres((latitude, longitude), (commune.latitude, commune.longitude))
    if far > NEAR_KM:
        raise Refused(
            f"Ce point est à {far:.0f} km de la commune {of(commune.name)}. Corrigez-le, ou videz les deux"
            " champs pour reprendre celui de la commune.",
            "latitude",
        )
    return latitude, longitude


def kilometres(a: tuple[Decimal, Decimal], b: tuple[Decimal, Decimal]) -> float:
    """As the crow flies."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(p[0]), math.radians(p[1])) for p in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, h)))


def parents_of(by: Actor, site: Site) -> SiteQuerySet:
    """Places a place may hang on: the sièges of its network or organisation, in its region."""
    same = Q(organisation_id=site.organisation_id)
    if site.reseau_id:
        same |= Q(reseau_id=site.reseau_id)
    return (
        Site.objects.visible_to(by)
        .filter(same, region_id=site.region_id, kind=SiteKind.SIEGE, active=True)
        .exclude(pk=site.pk)
        .select_related("territory")
        .order_by("name", "pk")
    )


def check_parent(kind: str, parent: Site | None, *, by: Actor, site: Site) -> None:
    """An antenne or a permanence may hang on a siège; a siège hangs on nothing, and no chain is made."""
    if kind not in SiteKind.values:
        raise Refused("Choisissez siège, antenne ou permanence.", "nature")
    if kind == SiteKind.SIEGE:
        return
    if site.pk is not None and Site.objects.visible_to(by).filter(parent_id=site.pk).exists():
        raise Refused(
            "D’autres lieux sont rattachés à celui-ci : rattachez-les d’abord à un autre siège.", "nature"
        )
    if parent is None or parent.pk == site.parent_id:
        return
    if not parents_of(by, site).filter(pk=parent.pk).exists():
        raise Refused("Choisissez un siège du même réseau ou du même organisme.", "rattache")
