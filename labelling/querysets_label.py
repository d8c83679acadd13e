"""What each actor may see of the label's procedure: the first lock, before row-level security (domain § 6).

The territory's staff and the region's read a dossier from its draft; the référents of its places too, who sit
in the CTT; the préfecture from its submission on.
"""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from territories.enums import Role

if TYPE_CHECKING:
    from territories.access import Actor


def of_my_territory(actor: "Actor") -> Q:
    """Territories the actor reads, and for a référent the territory of its place."""
    rows = Q(territory_id__in=actor.scope.tenant)
    if actor.role == Role.REFERENT:
        from territories.models import Site

        mine = Site.objects.visible_to(actor).filter(pk__in=actor.scope.unit)
        rows |= Q(territory_id__in=mine.values("territory_id"))
    return rows


class LabelDossierQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        if actor.scope.system:
            return self.all()
        submitted = Q(region_id__in=actor.scope.seal, submitted_at__isnull=False)
        return self.filter(of_my_territory(actor) | submitted)

    def for_territory(self, territory: object) -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()


class DossierPartQuerySet(models.QuerySet):
    """Parts of a dossier: read with it."""

    def visible_to(self, actor: "Actor") -> Self:
        from labelling.models import LabelDossier

        if actor.scope.system:
            return self.all()
        return self.filter(dossier__in=LabelDossier.objects.visible_to(actor))

    def for_system(self) -> Self:
        return self.all()


class WithdrawalQuerySet(models.QuerySet):
    """What the préfecture opens about a place: read by it, by the territory, by the place."""

    def visible_to(self, actor: "Actor") -> Self:
        if actor.scope.system:
            return self.all()
        rows = Q(territory_id__in=actor.scope.tenant) | Q(region_id__in=actor.scope.seal)
        return self.filter(rows | Q(site_id__in=actor.scope.unit))

    def by_token(self, code: str) -> Self:
        """The certificate a code names; row-level security checks the same code."""
        return self.filter(code=code)

    def for_system(self) -> Self:
        return self.all()


class WithdrawalPartQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        from labelling.models import LabelWithdrawal

        if actor.scope.system:
            return self.all()
        return self.filter(withdrawal__in=LabelWithdrawal.objects.visible_to(actor))

    def for_system(self) -> Self:
        return self.all()
