"""What each actor may see of the labels: everyone who works in the region reads them (GUIDE p. 24)."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from territories.access import Actor
    from territories.models import Territory


class LabellisationQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(region_id__in=actor.scope.wide)

    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()

    def in_force(self, day: datetime.date) -> Self:
        """Rows that hold on ``day``, both ends included."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


class LabelCountQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(region_id__in=actor.scope.wide)

    def for_system(self) -> Self:
        return self.all()
