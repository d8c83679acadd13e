"""Who reads the partenaires associés: everyone who works in the region (GUIDE, « Partenaires Associés »)."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from territories.access import Actor


class AssociatedPartnerQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(region_id__in=actor.scope.wide)

    def kept_by(self, actor: "Actor") -> Self:
        """Rows of the territories the actor keeps."""
        return self.filter(territory_id__in=actor.scope.tenant)

    def for_system(self) -> Self:
        return self.all()

    def in_force(self, day: datetime.date) -> Self:
        """Partnerships that hold on ``day``, both ends included."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day)
