"""The State's side of the label: complements, avis, decision, certificates, withdrawal (R. 6111-3 to -5)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from labelling.enums_label import LabelAvisSense, LabelPart, WithdrawalState
from labelling.models.label_dossier import LabelDossier
from labelling.models.labels import Labellisation
from labelling.querysets_label import DossierPartQuerySet, WithdrawalPartQuerySet, WithdrawalQuerySet
from territories.models import Region, Site, Territory

W = WithdrawalState


class LabelComplement(models.Model):
    """A request that opens again the parts it names. From the day it is asked to the day it is answered or
    closed, the legal clock stands still (domain § 6)."""

    dossier = models.ForeignKey(
        LabelDossier, models.CASCADE, verbose_name="dossier", related_name="complements"
    )
    parts = ArrayField(
        models.CharField(max_length=16, choices=LabelPart.choices), verbose_name="parties rouvertes"
    )
    text = models.TextField("ce qui est demandé", max_length=2000)
    asked_at = models.DateTimeField("demandé le", db_default=models.functions.Now())
    asked_by_label = models.CharField("demandé par", max_length=240)
    deadline = models.DateField("réponse attendue le")
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answered_by_label = models.CharField("répondu par", max_length=240, blank=True, default="")
    answer = models.CharField("réponse", max_length=1000, blank=True, default="")
    closed_at = models.DateTimeField("clos sans réponse le", null=True, blank=True)

    objects = DossierPartQuerySet.as_manager()

    class Meta:
        verbose_name = "complément demandé pour un label"
        verbose_name_plural = "compléments demandés pour un label"
        ordering = ["dossier", "asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parts__len__gte=1, parts__contained_by=LabelPart.values),
                name="labelcomplement_parts",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="labelcomplement_text"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(closed_at__isnull=True), name="labelcomplement_end"
            ),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(answered_at__isnull=True, closed_at__isnull=True),
                name="labelcomplement_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.deadline}"


class LabelAvis(models.Model):
    """The avis of the CCREFP (CREFOP) on one dossier, as recorded from its minutes. Never rewritten."""

    dossier = models.OneToOneField(
        LabelDossier, models.CASCADE, verbose_name="dossier", related_name="avis", primary_key=True
    )
    sense = models.CharField("sens", max_length=12, choices=LabelAvisSense.choices)
    given_on = models.DateField("rendu le")
    text = models.TextField("texte", max_length=4000, blank=True, default="")
    recorded_at = models.DateTimeField("noté le", db_default=models.functions.Now())
    recorded_by_label = models.CharField("noté par", max_length=240)

    objects = DossierPartQuerySet.as_manager()

    class Meta:
        verbose_name = "avis sur un dossier de label"
        verbose_name_plural = "avis sur des dossiers de label"
        constraints = [
            models.CheckConstraint(condition=Q(sense__in=LabelAvisSense.values), name="labelavis_sense"),
            models.CheckConstraint(
                condition=Q(sense__in=[LabelAvisSense.FAVORABLE, LabelAvisSense.NON_RENDU]) | ~Q(text=""),
                name="labelavis_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.sense}"


class LabelDecision(models.Model):
    """The préfet’s decision on one dossier: number, date, dates, signed file. Never rewritten."""

    dossier = models.OneToOneField(
        LabelDossier, models.CASCADE, verbose_name="dossier", related_name="decision", primary_key=True
    )
    granted = models.BooleanField("label accordé")
    number = models.CharField("numéro de l’acte", max_length=40)
    decided_on = models.DateField("datée du")
    starts_on = models.DateField("à partir du", null=True, blank=True)
    ends_on = models.DateField("jusqu’au", null=True, blank=True)
    reasons = models.TextField("motifs", max_length=4000, blank=True, default="")
    file_name = models.CharField("nom du fichier", max_length=120)
    content = models.BinaryField("acte signé")
    sha256 = models.CharField("empreinte", max_length=64)
    recorded_at = models.DateTimeField("notée le", db_default=models.functions.Now())
    recorded_by_label = models.CharField("notée par", max_length=240)

    objects = DossierPartQuerySet.as_manager()

    class Meta:
        verbose_name = "décision de label"
        verbose_name_plural = "décisions de label"
        constraints = [
            models.CheckConstraint(condition=~Q(number=""), name="labeldecision_number"),
            models.CheckConstraint(
                condition=Q(granted=False) | Q(starts_on__isnull=False, ends_on__gt=F("starts_on")),
                name="labeldecision_dates",
            ),
            models.CheckConstraint(condition=Q(granted=True) | ~Q(reasons=""), name="labeldecision_says_why"),
        ]

    def __str__(self) -> str:
        return self.number


class LabelCertificate(models.Model):
    """The certificate of one labelled place, kept with its fingerprint; ``code`` is what anybody checks."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    site = models.ForeignKey(Site, models.PROTECT, verbose_name="lieu", related_name="+")
    label = models.OneToOneField(
        Labellisation, models.PROTECT, verbose_name="labellisation", related_name="certificate"
    )
    code = models.CharField("code de vérification", max_length=16, unique=True)
    pdf = models.BinaryField("certificat")
    sha256 = models.CharField("empreinte", max_length=64)
    made_at = models.DateTimeField("établi le", db_default=models.functions.Now())

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        verbose_name = "certificat de label"
        verbose_name_plural = "certificats de label"
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.code


class LabelWithdrawal(models.Model):
    """Withdrawal of one place's label: observations 30 days, avis 30 days, notification 30 days.

    Started by the préfecture with its motive; ends with the label withdrawn or kept.
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    site = models.ForeignKey(Site, models.PROTECT, verbose_name="lieu", related_name="+")
    label = models.ForeignKey(Labellisation, models.PROTECT, verbose_name="labellisation", related_name="+")
    state = models.CharField("état", max_length=14, choices=W.choices, default=W.OBSERVATIONS)
    motive = models.TextField("motif", max_length=2000)
    started_at = models.DateTimeField("engagé le", db_default=models.functions.Now())
    started_by_label = models.CharField("engagé par", max_length=240)
    observations = models.TextField("observations du lieu", max_length=4000, blank=True, default="")
    observed_at = models.DateTimeField("observations reçues le", null=True, blank=True)
    observed_by_label = models.CharField("observations de", max_length=240, blank=True, default="")
    avis_asked_at = models.DateTimeField("avis demandé le", null=True, blank=True)
    avis_sense = models.CharField(
        "sens de l’avis", max_length=12, choices=LabelAvisSense.choices, blank=True, default=""
    )
    avis_text = models.TextField("avis", max_length=4000, blank=True, default="")
    avis_at = models.DateTimeField("avis rendu le", null=True, blank=True)
    number = models.CharField("numéro de l’acte", max_length=40, blank=True, default="")
    reasons = models.TextField("motifs de la décision", max_length=4000, blank=True, default="")
    notified_at = models.DateTimeField("notifiée le", null=True, blank=True)
    ends_on = models.DateField("dernier jour du label", null=True, blank=True)

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        verbose_name = "retrait de label"
        verbose_name_plural = "retraits de label"
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["id", "territory"], name="labelwithdrawal_id_territory"),
            models.UniqueConstraint(
                fields=["label"],
                condition=Q(state__in=[W.OBSERVATIONS, W.AVIS, W.NOTIFICATION]),
                name="labelwithdrawal_one_open",
            ),
            models.CheckConstraint(condition=Q(state__in=W.values), name="labelwithdrawal_state"),
            models.CheckConstraint(condition=~Q(motive=""), name="labelwithdrawal_motive"),
            models.CheckConstraint(
                condition=Q(state__in=[W.OBSERVATIONS, W.MAINTENU]) | Q(avis_asked_at__isnull=False),
                name="labelwithdrawal_avis_asked",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[W.OBSERVATIONS, W.AVIS, W.MAINTENU])
                | (~Q(avis_sense="") & Q(avis_at__isnull=False)),
                name="labelwithdrawal_avis",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[W.OBSERVATIONS, W.AVIS, W.NOTIFICATION])
                | (Q(notified_at__isnull=False) & ~Q(reasons="")),
                name="labelwithdrawal_notified",
            ),
            models.CheckConstraint(
                condition=~Q(state=W.RETIRE) | (~Q(number="") & Q(ends_on__isnull=False)),
                name="labelwithdrawal_act",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.state}"


class LabelWithdrawalStep(models.Model):
    """One step of a withdrawal: date, author's role, comment. No state changes without it (trigger)."""

    withdrawal = models.ForeignKey(
        LabelWithdrawal, models.CASCADE, verbose_name="retrait", related_name="steps"
    )
    key = models.CharField("étape", max_length=32)
    from_state = models.CharField("avant", max_length=14, blank=True, default="")
    to_state = models.CharField("après", max_length=14, choices=W.choices)
    at = models.DateTimeField("le", db_default=models.functions.Now())
    by_id = models.BigIntegerField("par", null=True)
    by_label = models.CharField("par le rôle", max_length=240)
    comment = models.TextField("commentaire", max_length=2000, blank=True, default="")

    objects = WithdrawalPartQuerySet.as_manager()

    class Meta:
        verbose_name = "étape d’un retrait"
        verbose_name_plural = "étapes d’un retrait"
        ordering = ["withdrawal", "at", "pk"]

    def __str__(self) -> str:
        return f"{self.withdrawal_id} {self.key}"
