"""After the selection: the convention of funding, payments, the yearly follow-up (AMI §3, §5; domain § 7)."""

from django.db import models
from django.db.models import F, Q

from labelling.enums_ami import FileKind, FollowUpState, Funder, ProofState
from labelling.models.application import FILE_MAX_BYTES, AmiApplication, AmiProgressLine
from labelling.models.budget import AmiBudgetLine
from labelling.models.call import AMOUNT_MAX
from labelling.querysets_ami import PartQuerySet


class AmiConvention(models.Model):
    """The convention of funding of one selected application. ``amount`` in centimes, that of the decision."""

    application = models.OneToOneField(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="convention"
    )
    number = models.CharField("numéro", max_length=40)
    amount = models.BigIntegerField("montant, en centimes")
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu’au")
    follow_up_month = models.PositiveSmallIntegerField("mois de remise du bilan", default=3)
    signed_on = models.DateField("signée le", null=True, blank=True)
    signed_noted_by_label = models.CharField("signature inscrite par", max_length=240, blank=True, default="")
    made_at = models.DateTimeField("établie le", db_default=models.functions.Now())
    made_by_label = models.CharField("établie par", max_length=240)
    pdf = models.BinaryField("texte signé", null=True, blank=True)
    pdf_sha256 = models.CharField("empreinte du texte signé", max_length=64, blank=True, default="")

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "convention de financement"
        verbose_name_plural = "conventions de financement"
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="amiconvention_dates"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=AMOUNT_MAX), name="amiconvention_amount"
            ),
            models.CheckConstraint(
                condition=Q(signed_on__isnull=True, pdf__isnull=True)
                | (Q(signed_on__isnull=False, pdf__isnull=False) & ~Q(pdf_sha256="")),
                name="amiconvention_signed",
            ),
            models.CheckConstraint(
                condition=Q(follow_up_month__gte=1, follow_up_month__lte=12), name="amiconvention_month"
            ),
            models.CheckConstraint(condition=~Q(number=""), name="amiconvention_number"),
        ]

    def __str__(self) -> str:
        return self.number


class AmiInstalment(models.Model):
    """A payment of the convention, in centimes: due, then paid. Their sum is its amount (trigger)."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="instalments"
    )
    convention = models.ForeignKey(
        AmiConvention, models.CASCADE, verbose_name="convention", related_name="instalments"
    )
    label = models.CharField("versement", max_length=120)
    amount = models.BigIntegerField("montant, en centimes")
    due_on = models.DateField("prévu le")
    paid_on = models.DateField("versé le", null=True, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "versement"
        verbose_name_plural = "versements"
        ordering = ["convention", "due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=AMOUNT_MAX), name="amiinstalment_amount"
            ),
            models.CheckConstraint(condition=~Q(label=""), name="amiinstalment_label"),
        ]

    def __str__(self) -> str:
        return self.label


class AmiFollowUp(models.Model):
    """The yearly report of an opened place, by its porteur: activity comes from the portal's own figures."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="follow_ups"
    )
    year = models.PositiveSmallIntegerField("année")
    due_on = models.DateField("attendu le")
    state = models.CharField(
        "état", max_length=12, choices=FollowUpState.choices, default=FollowUpState.ATTENDU
    )
    activity = models.TextField("activité de l’année", max_length=6000, blank=True, default="")
    partners = models.TextField("vie du partenariat", max_length=4000, blank=True, default="")
    difficulties = models.TextField("difficultés et suites", max_length=4000, blank=True, default="")
    # What the portal's figures said when it was handed in, frozen with it.
    figures = models.JSONField("chiffres du portail", default=dict, blank=True)
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    handed_at = models.DateTimeField("remis le", null=True, blank=True)
    handed_by_label = models.CharField("remis par", max_length=240, blank=True, default="")
    checked_at = models.DateTimeField("relu le", null=True, blank=True)
    checked_by_label = models.CharField("relu par", max_length=240, blank=True, default="")
    check_note = models.CharField("mot de la Région", max_length=1000, blank=True, default="")

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "bilan annuel"
        verbose_name_plural = "bilans annuels"
        ordering = ["application", "-year"]
        constraints = [
            models.UniqueConstraint(fields=["application", "year"], name="amifollowup_year"),
            models.UniqueConstraint(fields=["id", "application"], name="amifollowup_id_application"),
            models.CheckConstraint(condition=Q(state__in=FollowUpState.values), name="amifollowup_state"),
            models.CheckConstraint(
                condition=Q(state__in=["remis", "valide"], handed_at__isnull=False)
                | Q(state__in=["attendu", "a_reprendre"]),
                name="amifollowup_handed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["valide", "a_reprendre"]) | Q(checked_at__isnull=False),
                name="amifollowup_checked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.year}"


class AmiSpending(models.Model):
    """What one budget line became in the year, in centimes."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="spending"
    )
    follow_up = models.ForeignKey(AmiFollowUp, models.CASCADE, verbose_name="bilan", related_name="spending")
    line = models.ForeignKey(AmiBudgetLine, models.PROTECT, verbose_name="ligne du budget", related_name="+")
    actual = models.BigIntegerField("réalisé, en centimes")
    note = models.CharField("remarque", max_length=200, blank=True, default="")

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "dépense ou recette réalisée"
        verbose_name_plural = "dépenses et recettes réalisées"
        constraints = [
            models.UniqueConstraint(fields=["follow_up", "line"], name="amispending_once"),
            models.CheckConstraint(
                condition=Q(actual__gte=0, actual__lte=AMOUNT_MAX), name="amispending_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.follow_up_id} {self.line_id}"


class AmiProgressReport(models.Model):
    """Where one line of the progress table stands in the year."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="progress_reports"
    )
    follow_up = models.ForeignKey(AmiFollowUp, models.CASCADE, verbose_name="bilan", related_name="progress")
    line = models.ForeignKey(
        AmiProgressLine, models.PROTECT, verbose_name="ligne de progrès", related_name="+"
    )
    reached = models.PositiveSmallIntegerField("atteint, en %")
    note = models.CharField("où en est-on", max_length=400, blank=True, default="")

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "avancée d’une ligne de progrès"
        verbose_name_plural = "avancées du tableau de progrès"
        constraints = [
            models.UniqueConstraint(fields=["follow_up", "line"], name="amiprogressreport_once"),
            models.CheckConstraint(condition=Q(reached__lte=100), name="amiprogressreport_reached"),
        ]

    def __str__(self) -> str:
        return f"{self.follow_up_id} {self.line_id}"


class AmiPublicityProof(models.Model):
    """Proof that the funding of the Region and of the FSE is made public, checked by the Region (AMI §5)."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="proofs"
    )
    funder = models.CharField("financement montré", max_length=10, choices=Funder.choices)
    title = models.CharField("ce que montre le fichier", max_length=160)
    name = models.CharField("nom du fichier", max_length=120)
    format = models.CharField("format", max_length=8, choices=FileKind.choices)
    content = models.BinaryField("contenu")
    size = models.PositiveIntegerField("taille")
    sha256 = models.CharField("empreinte", max_length=64)
    state = models.CharField("état", max_length=10, choices=ProofState.choices, default=ProofState.DEPOSEE)
    uploaded_at = models.DateTimeField("déposée le", db_default=models.functions.Now())
    uploaded_by_label = models.CharField("déposée par", max_length=240)
    checked_at = models.DateTimeField("vérifiée le", null=True, blank=True)
    checked_by_label = models.CharField("vérifiée par", max_length=240, blank=True, default="")
    reason = models.CharField("motif du refus", max_length=400, blank=True, default="")

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "preuve de publicité"
        verbose_name_plural = "preuves de publicité"
        ordering = ["application", "-uploaded_at"]
        constraints = [
            models.CheckConstraint(condition=Q(funder__in=Funder.values), name="amiproof_funder"),
            models.CheckConstraint(condition=Q(format__in=FileKind.values), name="amiproof_format"),
            models.CheckConstraint(condition=Q(size__gt=0, size__lte=FILE_MAX_BYTES), name="amiproof_size"),
            models.CheckConstraint(
                condition=Q(state="deposee", checked_at__isnull=True)
                | (~Q(state="deposee") & Q(checked_at__isnull=False)),
                name="amiproof_checked",
            ),
            models.CheckConstraint(condition=~Q(state="refusee") | ~Q(reason=""), name="amiproof_reason"),
        ]

    def __str__(self) -> str:
        return self.title
