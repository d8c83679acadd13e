"""Region > Territory > Site, and the communes."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from territories.enums import (
    AccessFeature,
    PartnerDirection,
    Regime,
    SiteKind,
    SitePublic,
    TerritoryKind,
    Wheelchair,
)
from territories.querysets import CommuneQuerySet, SiteQuerySet, TenantQuerySet, TerritoryQuerySet

HEX = RegexValidator(r"^#[0-9a-f]{6}\Z", "Écrivez une couleur comme #0e5159.")


class Region(models.Model):
    """A Region and its vocabulary: regime, words, brand, networks.

    Nothing regional is hard-coded elsewhere.
    """

    code = models.CharField("code", max_length=8, unique=True)
    slug = models.SlugField("adresse", max_length=40, unique=True)
    name = models.CharField("nom", max_length=60)
    regime = models.CharField("régime", max_length=8, choices=Regime.choices)
    portal_name = models.CharField("nom du service en ligne", max_length=60)
    service_name = models.CharField("nom du service public", max_length=80)
    service_short = models.CharField("sigle", max_length=8)
    territory_word = models.CharField("mot pour un territoire", max_length=40)
    territory_word_plural = models.CharField("mot pour des territoires", max_length=40)
    body_name = models.CharField("instance régionale", max_length=20)
    animation_name = models.CharField("animation régionale", max_length=60)
    brand_primary = models.CharField("couleur principale", max_length=7, validators=[HEX])
    brand_accent = models.CharField("couleur d’accent", max_length=7, validators=[HEX])
    logo_svg = models.TextField("logo (SVG)", blank=True, max_length=20_000)
    public_site = models.CharField("site public", max_length=120, blank=True)
    welcome_sentence = models.CharField("phrase d’accueil", max_length=160, blank=True)
    # Back of the handed part: [{"titre": …, "liens": [{"nom": …, "url": …}]}]
    resources = models.JSONField("ressources du verso", default=list)
    reference_version = models.CharField("version du référentiel", max_length=64, blank=True)

    class Meta:
        verbose_name = "région"
        verbose_name_plural = "régions"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Commission(models.Model):
    """Commission territoriale Orientation-Formation: covers one to three bassins (AMI §4)."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    code = models.CharField("code", max_length=16)
    name = models.CharField("nom", max_length=80)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "commission"
        verbose_name_plural = "commissions"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["region", "code"], name="commission_region_code"),
            models.UniqueConstraint(fields=["id", "region"], name="commission_id_region"),
        ]

    def __str__(self) -> str:
        return self.name


class Territory(models.Model):
    """Zone d'emploi formation (SPO) or bassin d'emploi (SPRO).

    Its key is (zoning system, code), never the bare code.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    commission = models.ForeignKey(
        Commission, models.SET_NULL, null=True, blank=True, verbose_name="commission"
    )
    kind = models.CharField("nature", max_length=16, choices=TerritoryKind.choices)
    system = models.CharField("zonage", max_length=16)
    code = models.CharField("code de zone", max_length=8)
    reference_id = models.CharField("identifiant de référence", max_length=24, unique=True)
    short_code = models.CharField("sigle", max_length=4)
    name = models.CharField("nom", max_length=80)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    population = models.PositiveIntegerField("population", null=True)
    latitude = models.DecimalField("latitude", max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField("longitude", max_digits=8, decimal_places=5, null=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "territoire"
        verbose_name_plural = "territoires"
        ordering = ["region", "order", "name"]
        constraints = [
            models.UniqueConstraint(fields=["system", "code"], name="territory_system_code"),
            models.UniqueConstraint(fields=["id", "region"], name="territory_id_region"),
        ]

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A commune by INSEE code.

    A postcode may straddle territories: the commune decides, never the postcode.
    """

    code_insee = models.CharField("code INSEE", max_length=5, primary_key=True)
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="territoire")
    name = models.CharField("nom", max_length=80)
    search_name = models.CharField("nom pour la recherche", max_length=80)
    postcodes = ArrayField(models.CharField(max_length=5), verbose_name="codes postaux", default=list)
    former_names = ArrayField(models.CharField(max_length=80), verbose_name="anciens noms", default=list)
    former_search = models.TextField("anciens noms pour la recherche", blank=True)
    population = models.PositiveIntegerField("population", null=True)
    latitude = models.DecimalField("latitude", max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField("longitude", max_digits=8, decimal_places=5, null=True)

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        ordering = ["name"]
        indexes = [models.Index(fields=["region", "search_name"], name="commune_region_search")]

    def __str__(self) -> str:
        return self.name


class Reseau(models.Model):
    """A network of the Region: one code, one label per use (GUIDE: RIJ on the fiche, PIJ in the table)."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    code = models.CharField("code", max_length=24)
    name = models.CharField("nom", max_length=80)
    short_name = models.CharField("nom court", max_length=40)
    paper_name = models.CharField("nom sur la fiche", max_length=24)
    logo_svg = models.TextField("logo (SVG)", blank=True, max_length=20_000)
    order = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "réseau"
        verbose_name_plural = "réseaux"
        ordering = ["region", "order"]
        constraints = [
            models.UniqueConstraint(fields=["region", "code"], name="reseau_region_code"),
            models.UniqueConstraint(fields=["id", "region"], name="reseau_id_region"),
        ]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """The body that runs one or several sites."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    name = models.CharField("nom", max_length=160)
    is_training_body = models.BooleanField("organisme de formation", default=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "organisation"
        verbose_name_plural = "organisations"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="organisation_region_name"),
            models.UniqueConstraint(fields=["id", "region"], name="organisation_id_region"),
        ]

    def __str__(self) -> str:
        return self.name


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
    transport = models.CharField("transports en commun", max_length=300, blank=True, default="", db_default="")
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


class Brochure(models.Model):
    """The Region's plaquette grand public (PDF), handed over or attached with the fiche.

    The last one serves.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    name = models.CharField("nom du fichier", max_length=120)
    content = models.BinaryField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)
    pages = models.PositiveSmallIntegerField("pages")
    uploaded_at = models.DateTimeField("déposée le", db_default=models.functions.Now())
    uploaded_by_id = models.BigIntegerField("déposée par", null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "plaquette"
        verbose_name_plural = "plaquettes"
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name
