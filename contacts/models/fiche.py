"""The part kept of a fiche contact (GUIDE p. 16): anonymous, for statistics. Nothing here names the person.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.enums import Age, Canal, Entry, Sexe, Suite, SuiteSource
from contacts.models.lists import ListVersion
from contacts.querysets import FicheQuerySet, OriginQuerySet
from territories.models import Region, Reseau, Site, Territory

PRECISIONS_MAX = 200


class FicheContact(models.Model):
    """One contact, re-oriented or solved on the spot.

    Every contact counts; ``reoriented`` tells the two apart.
    """

    uuid = models.UUIDField("identifiant public", default=uuid.uuid4, unique=True, editable=False)
    cle_idempotence = models.UUIDField("clé d’idempotence")
    reference = models.CharField("référence", max_length=32)
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    site = models.ForeignKey(Site, models.PROTECT, verbose_name="lieu")
    reseau = models.ForeignKey(Reseau, models.PROTECT, null=True, verbose_name="réseau")
    list_version = models.ForeignKey(ListVersion, models.PROTECT, verbose_name="version des listes")
    jour = models.DateField("date")
    canal = models.CharField("canal", max_length=12, choices=Canal.choices)
    sexe = models.CharField("sexe", max_length=8, choices=Sexe.choices, blank=True)
    age = models.CharField("âge", max_length=12, choices=Age.choices, blank=True)
    statut = models.PositiveSmallIntegerField("statut")
    demandes = ArrayField(models.PositiveSmallIntegerField(), verbose_name="demande initiale")
    reponses = ArrayField(models.PositiveSmallIntegerField(), verbose_name="réponse apportée", default=list)
    precisions = models.CharField("précisions", max_length=PRECISIONS_MAX, blank=True)
    reoriented = models.BooleanField("réorientée", default=False)
    entry = models.CharField("saisie", max_length=8, choices=Entry.choices, default=Entry.ECRAN)
    suite = models.CharField("suite", max_length=16, choices=Suite.choices, blank=True)
    suite_at = models.DateTimeField("suite connue le", null=True)
    suite_site = models.ForeignKey(
        Site, models.PROTECT, null=True, related_name="+", verbose_name="lieu qui a répondu"
    )
    suite_source = models.CharField("suite dite par", max_length=10, choices=SuiteSource.choices, blank=True)
    created_at = models.DateTimeField("enregistrée le", db_default=models.functions.Now())
    created_by_id = models.BigIntegerField("enregistrée par", null=True)
    updated_at = models.DateTimeField("corrigée le", null=True)

    objects = FicheQuerySet.as_manager()

    class Meta:
        verbose_name = "fiche contact"
        verbose_name_plural = "fiches contact"
        ordering = ["-jour", "-id"]
        constraints = [
            # Unique per site, not globally: another site's key must be neither seen nor guessed.
            models.UniqueConstraint(fields=["site", "cle_idempotence"], name="fiche_site_idempotence"),
            models.UniqueConstraint(fields=["site", "reference"], name="fiche_site_reference"),
            models.UniqueConstraint(fields=["id", "site"], name="fiche_id_site"),
            models.CheckConstraint(condition=~Q(demandes=[]), name="fiche_has_demande"),
            models.CheckConstraint(condition=Q(canal__in=Canal.values), name="fiche_canal"),
            models.CheckConstraint(condition=Q(sexe__in=["", *Sexe.values]), name="fiche_sexe"),
            models.CheckConstraint(condition=Q(age__in=["", *Age.values]), name="fiche_age"),
            models.CheckConstraint(condition=Q(entry__in=Entry.values), name="fiche_entry"),
            models.CheckConstraint(
                condition=Q(suite="", suite_at__isnull=True, suite_source="", suite_site__isnull=True)
                | (
                    Q(
                        suite__in=Suite.values,
                        suite_at__isnull=False,
                        suite_source=SuiteSource.SITE,
                        suite_site__isnull=False,
                    )
                )
                | (
                    Q(
                        suite__in=Suite.values,
                        suite_at__isnull=False,
                        suite_source=SuiteSource.PERSONNE,
                        suite_site__isnull=True,
                    )
                ),
                name="fiche_suite_complete",
            ),
            models.CheckConstraint(
                condition=Q(suite="") | Q(reoriented=True), name="fiche_suite_only_reoriented"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-jour", "-id"], name="fiche_site_jour"),
            models.Index(fields=["territory", "jour"], name="fiche_territory_jour"),
            models.Index(fields=["jour"], name="fiche_jour"),
        ]

    def __str__(self) -> str:
        return self.reference


class FicheDestination(models.Model):
    """A structure the person was sent to, with the appointment if one was made.

    ``origin`` is the site of the fiche. The receiving site reads this row (its appointment), never the fiche.
    """

    fiche = models.ForeignKey(FicheContact, models.CASCADE, verbose_name="fiche", related_name="destinations")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région", related_name="+")
    origin = models.ForeignKey(Site, models.PROTECT, verbose_name="lieu d’origine", related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, verbose_name="structure", related_name="+")
    position = models.PositiveSmallIntegerField("rang")
    rdv_at = models.DateTimeField("rendez-vous", null=True)
    rdv_place = models.CharField("lieu du rendez-vous", max_length=200, blank=True)
    rdv_with = models.CharField("avec", max_length=80, blank=True)

    objects = OriginQuerySet.as_manager()

    class Meta:
        verbose_name = "destination"
        verbose_name_plural = "destinations"
        ordering = ["fiche", "position"]
        constraints = [
            models.UniqueConstraint(fields=["fiche", "site"], name="destination_fiche_site"),
            models.UniqueConstraint(
                fields=["fiche", "position"],
                name="destination_fiche_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(rdv_at__isnull=False) | Q(rdv_place="", rdv_with=""),
                name="destination_rdv_complete",
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "rdv_at"], name="destination_site_rdv", condition=Q(rdv_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.fiche_id} → {self.site_id}"


class CodeRetour(models.Model):
    """Keyed hash of the code on the handed part; deleted after 90 days, the outcome stays as a count.

    The code itself is never stored: it is derived again from the fiche when the part is printed again.
    """

    fiche = models.OneToOneField(
        FicheContact, models.CASCADE, primary_key=True, verbose_name="fiche", related_name="code"
    )
    origin = models.ForeignKey(Site, models.PROTECT, verbose_name="lieu d’origine", related_name="+")
    nonce = models.PositiveSmallIntegerField("tirage", default=0)
    code_hash = models.BinaryField("empreinte du code", max_length=32)
    expires_at = models.DateTimeField("valable jusqu’au", db_index=True)

    objects = OriginQuerySet.as_manager()

    class Meta:
        verbose_name = "code de retour"
        verbose_name_plural = "codes de retour"
        constraints = [models.UniqueConstraint(fields=["code_hash"], name="code_hash_unique")]

    def __str__(self) -> str:
        return f"code de {self.fiche_id}"


class ReferenceCounter(models.Model):
    """Last number given to a fiche of a site in a year: references read « LIL-CIO-26-004127 »."""

    site = models.ForeignKey(Site, models.CASCADE, verbose_name="lieu")
    year = models.PositiveSmallIntegerField("année")
    last = models.PositiveIntegerField("dernier numéro", default=0)

    class Meta:
        verbose_name = "compteur de références"
        verbose_name_plural = "compteurs de références"
        constraints = [models.UniqueConstraint(fields=["site", "year"], name="counter_site_year")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.year}"
