"""What a search reads of each place, kept by triggers of the database (migration 0014): never written here.

One narrow row for each place: text, point, whom it may be shown to, minutes of the week it is open. A search
over tens of thousands of places reads these rows alone; the places of one page are read in full afterwards.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from territories.models.places import Region
from territories.models.sites import Site
from territories.querysets import SiteSearchQuerySet, TenantQuerySet


class WeekMinutes(models.Field):
    """Minutes of the ordinary week, Monday 0 h = 0, as ranges: ``open_week__holds=615`` is Monday 10 h 15."""

    def db_type(self, connection: Any) -> str:
        return "int4multirange"


@WeekMinutes.register_lookup
class Holds(models.Lookup):
    """Whether a minute is one of those."""

    lookup_name = "holds"

    def get_prep_lookup(self) -> Any:
        return self.rhs if hasattr(self.rhs, "resolve_expression") else int(self.rhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [value]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @> ({right})::int", [*left_params, *right_params]


class SiteSearch(models.Model):
    """A place as a search reads it. ``latitude`` and ``longitude``: its own, else its commune's, in 1e-5°."""

    site = models.OneToOneField(
        Site, models.CASCADE, primary_key=True, verbose_name="lieu", related_name="search"
    )
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    network = models.BigIntegerField("réseau", null=True)
    partner_kind = models.CharField("nature du partenaire", max_length=40, default="")
    direction = models.CharField("partenariat", max_length=12, default="")
    active = models.BooleanField("ouvert au public", default=True)
    training = models.BooleanField("organisme de formation", default=False)
    wheelchair = models.CharField("accès en fauteuil", max_length=12, default="")
    closed_on_holidays = models.BooleanField("fermé les jours fériés", default=True)
    latitude = models.IntegerField("latitude", null=True)
    longitude = models.IntegerField("longitude", null=True)
    open_week = WeekMinutes("minutes d’ouverture de la semaine")
    walk_week = WeekMinutes("minutes sans rendez-vous de la semaine")
    saturday = models.BooleanField("ouvert le samedi", default=False)
    vector = SearchVectorField("texte cherché")

    objects = SiteSearchQuerySet.as_manager()

    class Meta:
        verbose_name = "lieu pour la recherche"
        verbose_name_plural = "lieux pour la recherche"
        indexes = [
            models.Index(fields=["region", "latitude", "longitude"], name="sitesearch_box"),
            GinIndex(fields=["vector"], name="sitesearch_vector"),
        ]

    def __str__(self) -> str:
        return str(self.site_id)


class SearchWeek(models.Model):
    """An ordinary week that places of the Region share: whether it is open is told once for all of them."""

    id = models.UUIDField("empreinte", primary_key=True)
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    open_week = WeekMinutes("minutes d’ouverture de la semaine")
    walk_week = WeekMinutes("minutes sans rendez-vous de la semaine")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "semaine d’ouverture"
        verbose_name_plural = "semaines d’ouverture"
        constraints = [models.UniqueConstraint(fields=["id", "region"], name="searchweek_id_region")]

    def __str__(self) -> str:
        return str(self.id)


class SearchPlace(models.Model):
    """What the public directory reads of a place, in few bytes; one that may not be suggested has no row.

    Kept by triggers on ``SiteSearch`` (migration 0018). ``partner``: by its own record, of a network or not.
    """

    site = models.OneToOneField(
        Site, models.CASCADE, primary_key=True, verbose_name="lieu", related_name="shown"
    )
    # The index of the box begins with it.
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région", db_index=False)
    network = models.BigIntegerField("réseau", null=True)
    week_id = models.UUIDField("semaine")
    latitude = models.IntegerField("latitude", null=True)
    longitude = models.IntegerField("longitude", null=True)
    saturday = models.BooleanField("ouvert le samedi", default=False)
    wheelchair = models.BooleanField("accessible en fauteuil", default=False)
    partner = models.BooleanField("partenaire", default=False)
    closed_on_holidays = models.BooleanField("fermé les jours fériés", default=True)
    partner_kind = models.CharField("nature du partenaire", max_length=40, default="")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "lieu de l’annuaire public"
        verbose_name_plural = "lieux de l’annuaire public"
        indexes = [
            models.Index(fields=["region", "latitude", "longitude"], name="searchplace_box"),
            models.Index(fields=["week_id"], name="searchplace_week"),
        ]

    def __str__(self) -> str:
        return str(self.site_id)


class SearchWord(models.Model):
    """A word written in the record of some place of the Region: what a misspelt one is compared with."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    # Compared byte by byte: the start of a word is then a range of the index.
    word = models.CharField("mot", max_length=80, db_collation="C")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "mot de l’annuaire"
        verbose_name_plural = "mots de l’annuaire"
        constraints = [models.UniqueConstraint(fields=["region", "word"], name="searchword_region_word")]
        indexes = [GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="searchword_close")]

    def __str__(self) -> str:
        return self.word
