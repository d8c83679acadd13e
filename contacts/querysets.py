"""Which fiches exist for whom: site staff see the rows of their site, nobody else sees any."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from territories.access import Actor
    from territories.models import Territory


class FicheQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(site_id__in=actor.scope.unit)

    def for_territory(self, territory: "Territory | int") -> Self:
        """System code only."""
        return self.filter(territory=territory)


class OriginQuerySet(models.QuerySet):
    """Rows that hang on a fiche: visible with the site that wrote it."""

    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(origin_id__in=actor.scope.unit)

    def received_by(self, actor: "Actor") -> Self:
        """Re-orientations whose destination is the actor's site: the appointment, never the fiche."""
        return self.filter(site_id__in=actor.scope.unit)

    def for_system(self) -> Self:
        return self.all()


class RegionQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(region_id__in=actor.scope.wide)

    def for_region(self, region_id: int) -> Self:
        return self.filter(region_id=region_id)

    def for_system(self) -> Self:
        return self.all()
