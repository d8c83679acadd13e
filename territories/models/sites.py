"""A place where people are received, and the record its référent keeps."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from territories.enums import AccessFeature, PartnerDirection, SiteKind, SitePublic, Wheelchair
from territories.models.places import Commune, Organisation, Region, Reseau, Territory
from territories.querysets import SiteQuerySet


class Site(models.Model):
    """A place where people are received.

    A member of a network, or a partenaire associé (then ``direction`` says which).
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="organisation")
    reseau = models.ForeignKey(Reseau, models.PROTECT, null=True, blank=True, verbose_name="réseau")
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, verbose_name="commune")
    reference_id = models.CharField("identifiant de référence", max_length=80, unique=True)
    code = models.CharField("sigle", max_length=16)
    kind = models.CharField("nature", max_length=12, choices=SiteKind.choices, default=SiteKind.SIEGE)
    direction = models.CharField(
        "partenariat",
        max_length=12,
        choices=PartnerDirection.choices,
        blank=True,
        default=PartnerDirection.NONE,
    )
    partner_kind = models.CharField("nature du partenaire", max_length=40, blank=True)
    name = models.CharField("nom", max_length=200)
    address = models.CharField("adresse", max_length=200, blank=True)
    complement = models.CharField("complément d’adresse", max_length=200, blank=True)
    postcode = models.CharField("code postal", max_length=5, blank=True)
    city = models.CharField("ville", max_length=80, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    email = models.EmailField("courriel", blank=True)
    website = models.URLField("site", blank=True)
    latitude = models.DecimalField("latitude", max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField("longitude", max_digits=8, decimal_places=5, null=True, blank=True)
    accessibility = models.CharField("accessibilité", max_length=200, blank=True)
    hours_note = models.CharField("précision sur les horaires", max_length=300, blank=True)
    closed_on_holidays = models.BooleanField("fermé les jours fériés", default=True, db_default=True)
    active = models.BooleanField("ouvert au public", default=True)
    # AMI §2: a place shared by the networks, under the Region's own sign, whether or not it is of a network.
    shared_place = models.BooleanField("lieu mutualisé", default=False, db_default=False)
    # The record its référent keeps and the coordinator checks.
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, verbose_name="rattaché à", related_name="branches"
    )
    transport = models.CharField(
        "transports en commun", max_length=300, blank=True, default="", db_default=""
    )
    wheelchair = models.CharField(
        "accès en fauteuil", max_length=12, choices=Wheelchair.choices, blank=True, default="", db_default=""
    )
    access_features = ArrayField(
        models.CharField(max_length=12, choices=AccessFeature.choices),
        verbose_name="équipements d’accessibilité",
        default=list,
        blank=True,
        db_default=[],
    )
    publics = ArrayField(
        models.CharField(max_length=12, choices=SitePublic.choices),
        verbose_name="publics reçus",
        default=list,
        blank=True,
        db_default=[],
    )
    publics_note = models.CharField(
        "précision sur les publics", max_length=200, blank=True, default="", db_default=""
    )
    # Full-time equivalents at the reception, in tenths: 2,5 agents are 25.
    staff_tenths = models.PositiveSmallIntegerField(
        "agents d’accueil (dixièmes d’équivalent temps plein)", null=True, blank=True
    )
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1, db_default=1)
    changed_at = models.DateTimeField("modifiée le", db_default=models.functions.Now())
    confirmed_on = models.DateField("confirmée le", null=True, blank=True)
    confirmed_by_label = models.CharField(
        "confirmée par le rôle", max_length=240, blank=True, default="", db_default=""
    )
    checked_on = models.DateField("vérifiée le", null=True, blank=True)
    checked_by_label = models.CharField(
        "vérifiée par le rôle", max_length=240, blank=True, default="", db_default=""
    )

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = "lieu"
        verbose_name_plural = "lieux"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "code"], name="site_territory_code"),
            models.UniqueConstraint(fields=["id", "territory"], name="site_id_territory"),
            models.UniqueConstraint(fields=["id", "region"], name="site_id_region"),
            models.CheckConstraint(
                condition=Q(reseau__isnull=False) | ~Q(direction=""),
                name="site_reseau_or_partner",
                violation_error_message="Un lieu est membre d’un réseau ou partenaire associé.",
            ),
            models.CheckConstraint(condition=Q(wheelchair__in=Wheelchair.values), name="site_wheelchair"),
            models.CheckConstraint(
                condition=Q(access_features__contained_by=AccessFeature.values), name="site_access_features"
            ),
            models.CheckConstraint(
                condition=Q(publics__contained_by=SitePublic.values), name="site_publics"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("pk")), name="site_not_its_own_parent"
            ),
        ]
        indexes = [models.Index(fields=["region", "active"], name="site_region_active")]

    def __str__(self) -> str:
        return self.name
