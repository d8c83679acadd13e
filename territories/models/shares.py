"""A named, dated share of one object with one account."""

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q

from territories.models.accounts import User
from territories.models.places import Organisation, Region, Territory
from territories.querysets import ShareQuerySet


class Share(models.Model):
    """``user`` may do ``permission`` on one object until a date, because someone said so (co-writer, scorer).

    The object is named by type and key; region, territory and organisation say where it belongs, for row
    security.
    Written by ``territories.grants`` only.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, null=True, blank=True, verbose_name="territoire")
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, verbose_name="organisation"
    )
    user = models.ForeignKey(User, models.CASCADE, verbose_name="compte", related_name="shares")
    content_type = models.ForeignKey(ContentType, models.CASCADE, verbose_name="nature de l’objet")
    object_id = models.CharField("objet", max_length=64)
    permission = models.CharField("droit", max_length=100)
    granted_at = models.DateTimeField("accordé le", db_default=models.functions.Now())
    granted_by_id = models.BigIntegerField("accordé par")
    until = models.DateTimeField("jusqu’au")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = "partage"
        verbose_name_plural = "partages"
        ordering = ["-granted_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("granted_at")), name="share_dates"),
            models.UniqueConstraint(
                fields=["user", "content_type", "object_id", "permission"],
                condition=Q(withdrawn_at__isnull=True),
                name="share_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permission} {self.object_id}"
