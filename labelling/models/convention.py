"""The convention multipartite of a territory: its text, those who sign it, what they signed (GUIDE p. 15).

A signature is bound to the SHA-256 of the exact text: it counts as long as that text is the one shown, so a
text that changes re-opens the signatures by itself, and a corrected address re-opens nothing.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from labelling.enums_convention import ConventionKind, ConventionState
from labelling.querysets_convention import ConventionPartQuerySet, ConventionQuerySet
from territories.models import Region, Territory

TEXT_MAX = 60_000
# SHA-256 of an empty text: no text was shown yet.
NO_TEXT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Convention(models.Model):
    """One convention, or one avenant to it (``rank`` 1 and more, ``parent`` the version it amends).

    ``draft`` is what the coordinator writes; ``text`` what is shown to sign, frozen with its fingerprint.
    ``pdf`` is drawn when the last signature lands, and never changes again.
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    territory = models.ForeignKey(
        Territory, models.PROTECT, verbose_name="territoire", related_name="conventions"
    )
    kind = models.CharField("nature", max_length=10, choices=ConventionKind.choices)
    number = models.PositiveSmallIntegerField("numéro")
    rank = models.PositiveSmallIntegerField("numéro d’avenant", default=0)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="modifie", related_name="amendments"
    )
    state = models.CharField(
        "état", max_length=10, choices=ConventionState.choices, default=ConventionState.PROJET
    )
    title = models.CharField("titre", max_length=200)
    contact = models.EmailField("courriel de la coordination", blank=True, default="")
    draft = models.TextField("texte en cours", max_length=TEXT_MAX, blank=True, default="")
    draft_version = models.PositiveIntegerField("numéro d’enregistrement", default=0)
    draft_saved_at = models.DateTimeField("enregistré le", null=True, blank=True)
    draft_saved_by_label = models.CharField("enregistré par", max_length=240, blank=True, default="")
    text = models.TextField("texte présenté", blank=True, default="")
    text_number = models.PositiveSmallIntegerField("version du texte", default=0)
    sha256 = models.CharField("empreinte du texte", max_length=64, default=NO_TEXT)
    starts_on = models.DateField("à partir du", null=True, blank=True)
    ends_on = models.DateField("jusqu’au", null=True, blank=True)
    created_at = models.DateTimeField("créée le", db_default=Now())
    created_by_label = models.CharField("créée par", max_length=240)
    opened_at = models.DateTimeField("présentée à la signature le", null=True, blank=True)
    completed_at = models.DateTimeField("signée par tous le", null=True, blank=True)
    closed_at = models.DateTimeField("abandonnée le", null=True, blank=True)
    closed_reason = models.CharField("motif d’abandon", max_length=600, blank=True, default="")
    pdf = models.BinaryField("document signé", null=True, blank=True)
    pdf_sha256 = models.CharField("empreinte du document", max_length=64, blank=True, default="")

    objects = ConventionQuerySet.as_manager()

    class Meta:
        verbose_name = "convention multipartite"
        verbose_name_plural = "conventions multipartites"
        ordering = ["territory_id", "-number", "-rank"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "number", "rank"], name="convention_number"),
            models.UniqueConstraint(
                fields=["territory"],
                condition=Q(state__in=["projet", "signature"]),
                name="convention_one_open",
            ),
            models.UniqueConstraint(
                fields=["territory"], condition=Q(state="signee"), name="convention_one_in_force"
            ),
            models.UniqueConstraint(fields=["id", "territory"], name="convention_id_territory"),
            models.UniqueConstraint(fields=["id", "region"], name="convention_id_region"),
            models.CheckConstraint(condition=Q(state__in=ConventionState.values), name="convention_state"),
            models.CheckConstraint(
                condition=Q(kind="convention", rank=0, parent__isnull=True)
                | Q(kind="avenant", rank__gt=0, parent__isnull=False),
                name="convention_parent",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["signature", "signee", "remplacee"])
                | (Q(opened_at__isnull=False, text_number__gt=0) & ~Q(text="")),
                name="convention_shown",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["signee", "remplacee"], completed_at__isnull=False)
                | Q(state__in=["projet", "signature", "abandonnee"], completed_at__isnull=True),
                name="convention_completed",
            ),
            models.CheckConstraint(
                condition=(Q(state="abandonnee", closed_at__isnull=False) & ~Q(closed_reason=""))
                | (~Q(state="abandonnee") & Q(closed_at__isnull=True)),
                name="convention_closed",
            ),
            models.CheckConstraint(
                condition=Q(pdf__isnull=True, pdf_sha256="")
                | (Q(pdf__isnull=False, completed_at__isnull=False) & ~Q(pdf_sha256="")),
                name="convention_pdf",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="convention_dates"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def name(self) -> str:
        """« Convention n° 1 » or « Avenant n° 2 à la convention n° 1 »."""
        if self.kind == ConventionKind.AVENANT:
            return f"Avenant n°\u00a0{self.rank} à la convention n°\u00a0{self.number}"
        return f"Convention n°\u00a0{self.number}"


class ConventionText(models.Model):
    """A text that was shown for signature, kept for ever with what changed and for whom it was meant."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, verbose_name="convention", related_name="texts"
    )
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    number = models.PositiveSmallIntegerField("version")
    text = models.TextField("texte")
    sha256 = models.CharField("empreinte", max_length=64)
    # Organisations the text was meant for, as keys of the directory: the convention is signed by those.
    parties = ArrayField(models.BigIntegerField(), verbose_name="organisations")
    reason = models.CharField("motif du changement", max_length=600, blank=True, default="")
    at = models.DateTimeField("présenté le", db_default=Now())
    by_label = models.CharField("présenté par", max_length=240)

    objects = ConventionPartQuerySet.as_manager()

    class Meta:
        verbose_name = "texte de convention"
        verbose_name_plural = "textes de convention"
        ordering = ["convention_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["convention", "number"], name="conventiontext_number"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="conventiontext_reason"),
        ]

    def __str__(self) -> str:
        return f"Texte {self.number}"


class ConventionStep(models.Model):
    """One line of a convention's history: what was done, by which role, with its reason."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, verbose_name="convention", related_name="steps"
    )
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    key = models.CharField("acte", max_length=40)
    words = models.CharField("ce qui s’est passé", max_length=600)
    comment = models.CharField("motif", max_length=600, blank=True, default="")
    at = models.DateTimeField("le", db_default=Now())
    by_id = models.BigIntegerField("compte", null=True)
    by_label = models.CharField("par", max_length=240)

    objects = ConventionPartQuerySet.as_manager()

    class Meta:
        verbose_name = "étape d’une convention"
        verbose_name_plural = "étapes des conventions"
        ordering = ["convention_id", "at", "pk"]
        indexes = [models.Index(fields=["convention", "at"], name="conventionstep_when")]

    def __str__(self) -> str:
        return self.words
