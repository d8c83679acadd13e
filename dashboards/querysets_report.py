"""What each actor sees of the annual reports and of the regional synthesis."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from territories.access import Actor
    from territories.models import Territory

BYTES = ("pdf", "workbook", "data")


class ReportQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Those in charge of the territory, and the staff of its region."""
        return self.filter(territory_id__in=actor.scope.tenant)

    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def for_system(self) -> Self:
        return self.all()


class PartOfReportQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(report__territory_id__in=actor.scope.tenant)

    def for_system(self) -> Self:
        return self.all()

    def without_bytes(self) -> Self:
        """Lists never carry the documents themselves."""
        names = {field.name for field in self.model._meta.fields}
        return self.defer(*(name for name in (*BYTES, "content") if name in names))


class SynthesisQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """The staff of the region read that a synthesis exists, and read it once frozen."""
        return self.filter(region_id__in=actor.scope.wide)

    def led_by(self, actor: "Actor") -> Self:
        return self.filter(region_id__in=actor.scope.lead)

    def for_region(self, region_id: int) -> Self:
        return self.filter(region_id=region_id)

    def for_system(self) -> Self:
        return self.all()


class PartOfSynthesisQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Work in progress belongs to those who run the region."""
        return self.filter(synthesis__region_id__in=actor.scope.lead)

    def for_system(self) -> Self:
        return self.all()


class SynthesisVersionQuerySet(PartOfReportQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(synthesis__region_id__in=actor.scope.wide)
