"""Partenaires associés of a territory: who sends whom to whom, why, under which convention."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from labelling.enums_label import AssociationMotive
from labelling.querysets_partners import AssociatedPartnerQuerySet
from territories.enums import PartnerDirection, SitePublic
from territories.models import Region, Site, Territory

DIRECTIONS = [(value, label) for value, label in PartnerDirection.choices if value]
MOTIVES = [(value, label) for value, label in AssociationMotive.choices if value]


class AssociatedPartner(models.Model):
    """A place that is a partner of its territory between two days; one row at most on any day.

    ``direction`` and ``motive`` follow PART-1 (GUIDE, « Partenaires Associés »; domain § 6). A partnership is
    ended, never removed. Written by ``labelling.services.partner`` only, which keeps ``Site.direction`` in
    step; a training body is refused there and by a trigger (independence of any prescription).
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu", related_name="partnerships")
    direction = models.CharField("sens", max_length=12, choices=DIRECTIONS)
    motive = models.CharField("motif", max_length=20, choices=MOTIVES)
    publics = ArrayField(
        models.CharField(max_length=12, choices=SitePublic.choices),
        verbose_name="publics reçus",
        default=list,
        blank=True,
        db_default=[],
    )
    conditions = models.CharField(
        "conditions d’accueil", max_length=300, blank=True, default="", db_default=""
    )
    convention_number = models.CharField(
        "numéro de la convention", max_length=40, blank=True, default="", db_default=""
    )
    signed_on = models.DateField("signée le", null=True, blank=True)
    convention_ends_on = models.DateField("jusqu’au", null=True, blank=True)
    file_name = models.CharField("nom du fichier", max_length=120, blank=True, default="", db_default="")
    content = models.BinaryField("convention signée", null=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True, default="", db_default="")
    since = models.DateField("partenaire depuis le")
    until = models.DateField("dernier jour", null=True, blank=True)
    end_reason = models.CharField("motif de la fin", max_length=300, blank=True, default="", db_default="")
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1, db_default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_id = models.BigIntegerField("enregistré par", null=True)
    saved_by_label = models.CharField("par le rôle", max_length=240)

    objects = AssociatedPartnerQuerySet.as_manager()

    class Meta:
        verbose_name = "partenaire associé"
        verbose_name_plural = "partenaires associés"
        ordering = ["territory", "site__name", "-since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction__in=[value for value, _ in DIRECTIONS]), name="partner_direction"
            ),
            models.CheckConstraint(
                condition=Q(motive__in=[value for value, _ in MOTIVES]), name="partner_motive"
            ),
            models.CheckConstraint(
                condition=Q(publics__contained_by=SitePublic.values), name="partner_publics"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="partner_dates"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True, end_reason="") | (Q(until__isnull=False) & ~Q(end_reason="")),
                name="partner_end_says_why",
            ),
            models.CheckConstraint(
                condition=Q(convention_ends_on__isnull=True)
                | Q(signed_on__isnull=False, convention_ends_on__gte=F("signed_on")),
                name="partner_convention_dates",
            ),
            models.CheckConstraint(
                condition=Q(content__isnull=True, sha256="", file_name="")
                | (Q(content__isnull=False, signed_on__isnull=False) & ~Q(sha256="") & ~Q(file_name="")),
                name="partner_file_proved",
            ),
        ]
        indexes = [models.Index(fields=["region", "territory", "until"], name="partner_territory")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.direction} {self.since}"
