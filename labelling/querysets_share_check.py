"""Who reads the nightly check of shares: the place itself, and those who steer its territory."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from territories.access import Actor


class LabelShareCheckQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(Q(site_id__in=actor.scope.unit) | Q(territory_id__in=actor.scope.tenant))

    def for_system(self) -> Self:
        return self.all()

    def fallen(self) -> Self:
        """Under 50 % when last computed."""
        return self.filter(fell_on__isnull=False)
