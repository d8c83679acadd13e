"""Who reads the requests for accounts and the co-writers named (domain § 2, § 7)."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models.functions import Now

from territories.enums import Role

if TYPE_CHECKING:
    from territories.access import Actor


class RegistrationQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """The Region's own."""
        if actor.scope.system:
            return self.all()
        return self.filter(region_id__in=actor.scope.lead) if actor.role == Role.REGION else self.none()

    def for_system(self) -> Self:
        return self.all()


class CowriterQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Those named on the files of one's own organisation."""
        if actor.scope.system:
            return self.all()
        return self.filter(application__organisation_id__in=actor.scope.body)

    def in_force(self) -> Self:
        return self.filter(ended_at=None, until__gt=Now())

    def for_system(self) -> Self:
        return self.all()
