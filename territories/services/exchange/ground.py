"""What a file of places names, as the directory knows it now: a handful of statements whatever the lines."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from spo_portal.kernel.errors import Refused
from spo_portal.kernel.transfer import Row
from territories.access import Actor
from territories.models import Commune, Site, SiteService, Territory
from territories.services.exchange.columns import TITLES
from territories.services.exchange.lines import Grid
from territories.services.hours import WITH_HOURS
from territories.services.record.services import Given
from territories.services.search import fold

ABSENT = object()


def get(row: Row, key: str, default: Any = None) -> Any:
    """A value of the row; ``default`` when its column is not in the file."""
    return getattr(row, key, default)


class Ground:
    """Places, communes and services that the rows of a file name, within the territories it is for."""

    def __init__(self, by: Actor, rows: Sequence[Row], territories: Sequence[int]) -> None:
        self.by, self.pks = by, territories
        wanted = {value for row in rows for value in (get(row, "reference_id"), get(row, "parent")) if value}
        codes = {value for row in rows if (value := get(row, "code"))}
        places = Site.objects.visible_to(self.by).filter(region_id=self.by.region_id)
        asked = Q(reference_id__in=wanted) | Q(territory_id__in=self.pks, code__in=codes)
        found = list(
            places.filter(asked)
            .select_related("region", "territory", "organisation", "reseau", "commune__territory", "parent")
            .prefetch_related(*WITH_HOURS)
        )
        self.by_reference = {site.reference_id: site for site in found}
        self.by_code = {(site.territory_id, site.code): site for site in found}
        self.given: dict[int, Grid] = {}
        for one in SiteService.objects.visible_to(self.by).filter(site__in=found, item__active=True):
            self.given.setdefault(one.site_id, {})[one.item_id] = Given(one.mode, one.who)
        communes = Commune.objects.visible_to(self.by).select_related("territory")
        insee = {value for row in rows if (value := get(row, "commune"))}
        self.communes = communes.in_bulk(list(insee))
        towns = {fold(value) for row in rows if not get(row, "commune") and (value := get(row, "city"))}
        self.towns: dict[tuple[int, str], Commune] = {
            (one.territory_id, one.search_name): one
            for one in communes.filter(territory_id__in=self.pks, search_name__in=towns)
        }

    def site(self, row: Row, territory: Territory) -> Site | None:
        reference, code = get(row, "reference_id"), get(row, "code")
        if not reference:
            return self.by_code.get((territory.pk, code)) if code else None
        site = self.by_reference.get(reference)
        if site is None or site.territory_id not in self.pks:
            raise Refused(
                "Aucun lieu de votre périmètre ne porte cet identifiant. Videz la case pour créer un lieu.",
                TITLES["reference_id"],
            )
        if site.territory_id != territory.pk:
            raise Refused(
                "Un lieu ne change pas de territoire : fermez-le ici et ouvrez-le là-bas.",
                TITLES["territory"],
            )
        if code and code != site.code:
            raise Refused(
                f"Le sigle d’un lieu ne change pas : ses fiches le portent ({site.code}).", TITLES["code"]
            )
        return site

    def parent(self, reference: str) -> Site | None:
        if not reference:
            return None
        if reference not in self.by_reference:
            raise Refused("Aucun lieu de la région ne porte cet identifiant.", TITLES["parent"])
        return self.by_reference[reference]

    def commune(self, row: Row, territory: Territory) -> Commune | None:
        code = get(row, "commune")
        if not code:
            town = get(row, "city")
            return self.towns.get((territory.pk, fold(town))) if town else None
        if code not in self.communes:
            raise Refused(f"Aucune commune de la région ne porte le code {code}.", TITLES["commune"])
        return self.communes[code]
