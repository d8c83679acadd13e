"""Who signs a convention multipartite, by which link, and what came back (GUIDE p. 15)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from labelling.enums_convention import Answer, Capacity, PartyNeed
from labelling.models.convention import Convention
from labelling.querysets_convention import (
    ConventionPartQuerySet,
    ConventionSignatoryQuerySet,
    ConventionSignatureQuerySet,
)
from territories.models import Organisation, Region, Territory


class ConventionParty(models.Model):
    """An organisation of the directory that commits itself; ``name`` is its name when it was added."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, verbose_name="convention", related_name="parties"
    )
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="organisation")
    name = models.CharField("nom", max_length=160)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    need = models.CharField(
        "signatures demandées", max_length=4, choices=PartyNeed.choices, default=PartyNeed.UN
    )
    added_at = models.DateTimeField("ajoutée le", db_default=Now())
    removed_at = models.DateTimeField("retirée le", null=True, blank=True)
    removed_reason = models.CharField("motif du retrait", max_length=600, blank=True, default="")
    removed_by_label = models.CharField("retirée par", max_length=240, blank=True, default="")

    objects = ConventionPartQuerySet.as_manager()

    class Meta:
        verbose_name = "partie à la convention"
        verbose_name_plural = "parties à la convention"
        ordering = ["convention_id", "order", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "organisation"],
                condition=Q(removed_at__isnull=True),
                name="conventionparty_once",
            ),
            models.UniqueConstraint(fields=["id", "convention"], name="conventionparty_id_convention"),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | ~Q(removed_reason=""), name="conventionparty_removed"
            ),
            models.CheckConstraint(condition=Q(need__in=PartyNeed.values), name="conventionparty_need"),
        ]

    def __str__(self) -> str:
        return self.name


class ConventionSignatory(models.Model):
    """Who signs for a party: a function and an address, never a name of ours; and its personal link.

    Only the hash of the link is kept; ``nonce`` changes with each new link, so that the older one dies.
    """

    convention = models.ForeignKey(
        Convention, models.CASCADE, verbose_name="convention", related_name="signatories"
    )
    party = models.ForeignKey(
        ConventionParty, models.CASCADE, verbose_name="partie", related_name="signatories"
    )
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    capacity = models.CharField("qualité", max_length=14, choices=Capacity.choices)
    function = models.CharField("fonction", max_length=160)
    email = models.EmailField("courriel")
    nonce = models.PositiveIntegerField("numéro du lien", default=0)
    token_hash = models.CharField("empreinte du lien", max_length=64, null=True, blank=True, unique=True)
    invited_at = models.DateTimeField("invité le", null=True, blank=True)
    expires_at = models.DateTimeField("lien valable jusqu’au", null=True, blank=True)
    opened_at = models.DateTimeField("lien ouvert le", null=True, blank=True)
    misdirected_at = models.DateTimeField("lien reçu par quelqu’un d’autre le", null=True, blank=True)
    reminders = models.PositiveSmallIntegerField("rappels envoyés", default=0)
    reminded_at = models.DateTimeField("dernier rappel", null=True, blank=True)
    added_at = models.DateTimeField("ajouté le", db_default=Now())
    removed_at = models.DateTimeField("retiré le", null=True, blank=True)
    removed_reason = models.CharField("motif du retrait", max_length=600, blank=True, default="")
    removed_by_label = models.CharField("retiré par", max_length=240, blank=True, default="")

    objects = ConventionSignatoryQuerySet.as_manager()

    class Meta:
        verbose_name = "signataire"
        verbose_name_plural = "signataires"
        ordering = ["party_id", "-capacity", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__in=Capacity.values), name="conventionsignatory_capacity"
            ),
            models.CheckConstraint(condition=~Q(function="") & ~Q(email=""), name="conventionsignatory_said"),
            models.CheckConstraint(
                condition=Q(token_hash__isnull=True) | Q(invited_at__isnull=False, expires_at__isnull=False),
                name="conventionsignatory_link",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | ~Q(removed_reason=""),
                name="conventionsignatory_removed",
            ),
            models.UniqueConstraint(fields=["id", "convention"], name="conventionsignatory_id_convention"),
        ]

    def __str__(self) -> str:
        return self.function


class ConventionSignature(models.Model):
    """One answer by a personal link: a signature or a refusal of one exact text, kept as it came.

    ``address_hash`` is a keyed hash of the client's address, which is never kept itself.
    """

    convention = models.ForeignKey(
        Convention, models.CASCADE, verbose_name="convention", related_name="signatures"
    )
    signatory = models.ForeignKey(
        ConventionSignatory, models.CASCADE, verbose_name="signataire", related_name="signatures"
    )
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    answer = models.CharField("réponse", max_length=14, choices=Answer.choices)
    sha256 = models.CharField("empreinte du texte", max_length=64)
    nonce = models.PositiveIntegerField("numéro du lien")
    name = models.CharField("nom", max_length=120, blank=True, default="")
    function = models.CharField("fonction déclarée", max_length=160, blank=True, default="")
    reason = models.CharField("motif", max_length=600, blank=True, default="")
    at = models.DateTimeField("donnée le", db_default=Now())
    address_hash = models.CharField("empreinte de l’adresse", max_length=64)

    objects = ConventionSignatureQuerySet.as_manager()

    class Meta:
        verbose_name = "signature"
        verbose_name_plural = "signatures"
        ordering = ["convention_id", "at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["signatory", "sha256"],
                condition=Q(answer="signe"),
                name="conventionsignature_signed_once",
            ),
            models.UniqueConstraint(fields=["signatory", "sha256", "nonce"], name="conventionsignature_once"),
            models.CheckConstraint(condition=Q(answer__in=Answer.values), name="conventionsignature_answer"),
            models.CheckConstraint(
                condition=~Q(answer="signe") | (~Q(name="") & ~Q(function="")),
                name="conventionsignature_said",
            ),
            models.CheckConstraint(
                condition=~Q(answer="refuse") | ~Q(reason=""), name="conventionsignature_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.get_answer_display()
