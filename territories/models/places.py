"""Region > Territory > Site, and the communes."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

from territories.enums import Regime, TerritoryKind
from territories.querysets import CommuneQuerySet, TenantQuerySet, TerritoryQuerySet

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
