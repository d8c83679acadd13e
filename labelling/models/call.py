"""The call for interest: its text, its criteria, its grid, its dates, its questions (AMI; domain § 7)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from labelling.enums_ami import CallState
from labelling.querysets_ami import CallQuerySet, PartOfCallQuerySet, QuestionQuerySet
from territories.models import Commission, Region

# 10 milliards of euros, in centimes: past this, a keyboard slipped.
AMOUNT_MAX = 10**12
NOTE_MAX = 5


class AmiCall(models.Model):
    """A call of one Region. Its content is free until it opens, then frozen (trigger): errata are added.

    ``sections``: [{"titre", "texte"}] in the order of the text. ``envelope`` in centimes. The deadline is
    ``closes_at``, to the second: what is submitted within that second is in time, one second later is not.
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    slug = models.SlugField("adresse", max_length=60)
    title = models.CharField("titre", max_length=200)
    summary = models.CharField("résumé", max_length=600, blank=True)
    sections = models.JSONField("texte", default=list)
    contact = models.CharField("contact", max_length=200, blank=True)
    opens_at = models.DateTimeField("ouvre le", null=True, blank=True)
    closes_at = models.DateTimeField("date limite de dépôt", null=True, blank=True)
    questions_until = models.DateTimeField("questions jusqu’au", null=True, blank=True)
    envelope = models.BigIntegerField("enveloppe, en centimes", default=0)
    scorers_wanted = models.PositiveSmallIntegerField("notes attendues par dossier", default=3)
    state = models.CharField("état", max_length=10, choices=CallState.choices, default=CallState.BROUILLON)
    version = models.PositiveIntegerField("version", default=1)
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, verbose_name="repris de", related_name="+"
    )
    created_at = models.DateTimeField("créé le", db_default=models.functions.Now())
    created_by_label = models.CharField("créé par", max_length=240)
    changed_at = models.DateTimeField("modifié le", db_default=models.functions.Now())
    opened_at = models.DateTimeField("publié le", null=True, blank=True)
    opened_by_label = models.CharField("publié par", max_length=240, blank=True, default="")
    results_at = models.DateTimeField("résultats publiés le", null=True, blank=True)
    cancelled_at = models.DateTimeField("annulé le", null=True, blank=True)
    cancel_reason = models.CharField("motif de l’annulation", max_length=400, blank=True, default="")

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = "appel à manifestation d’intérêt"
        verbose_name_plural = "appels à manifestation d’intérêt"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["region", "slug"], name="amicall_region_slug"),
            models.UniqueConstraint(fields=["id", "region"], name="amicall_id_region"),
            models.CheckConstraint(condition=Q(state__in=CallState.values), name="amicall_state"),
            models.CheckConstraint(
                condition=Q(envelope__gte=0, envelope__lte=AMOUNT_MAX), name="amicall_envelope"
            ),
            models.CheckConstraint(
                condition=Q(closes_at__isnull=True)
                | Q(opens_at__isnull=True)
                | Q(closes_at__gt=F("opens_at")),
                name="amicall_dates",
            ),
            models.CheckConstraint(
                condition=Q(state=CallState.BROUILLON, opened_at__isnull=True)
                | (
                    ~Q(state=CallState.BROUILLON)
                    & Q(opened_at__isnull=False, opens_at__isnull=False, closes_at__isnull=False)
                    & ~Q(opened_by_label="")
                ),
                name="amicall_opened",
            ),
            models.CheckConstraint(
                condition=Q(state=CallState.PUBLIE, results_at__isnull=False)
                | (~Q(state=CallState.PUBLIE) & Q(results_at__isnull=True)),
                name="amicall_results",
            ),
            models.CheckConstraint(
                condition=(Q(state=CallState.ANNULE, cancelled_at__isnull=False) & ~Q(cancel_reason=""))
                | (~Q(state=CallState.ANNULE) & Q(cancelled_at__isnull=True, cancel_reason="")),
                name="amicall_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_draft(self) -> bool:
        return self.state == CallState.BROUILLON


class AmiCallVersion(models.Model):
    """A call as it was at one save of its draft, or when it opened: who, when, what. Never changes."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="versions")
    number = models.PositiveIntegerField("numéro")
    content = models.JSONField("contenu")
    saved_at = models.DateTimeField("enregistrée le", db_default=models.functions.Now())
    saved_by_label = models.CharField("enregistrée par", max_length=240)

    objects = PartOfCallQuerySet.as_manager()

    class Meta:
        verbose_name = "version de l’appel"
        verbose_name_plural = "versions de l’appel"
        ordering = ["call", "-number"]
        constraints = [models.UniqueConstraint(fields=["call", "number"], name="amicallversion_number")]

    def __str__(self) -> str:
        return f"{self.call_id} v{self.number}"


class AmiCallCommission(models.Model):
    """A commission the call concerns: its bassins may answer (AMI §4)."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="commission_rows")
    commission = models.ForeignKey(Commission, models.PROTECT, verbose_name="commission")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")

    objects = PartOfCallQuerySet.as_manager()

    class Meta:
        verbose_name = "commission concernée"
        verbose_name_plural = "commissions concernées"
        constraints = [models.UniqueConstraint(fields=["call", "commission"], name="amicallcommission_once")]

    def __str__(self) -> str:
        return f"{self.call_id} {self.commission_id}"


class AmiCriterion(models.Model):
    """One line of the eligibility checklist, with its section of the text (AMI, 17 criteria)."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="criteria")
    code = models.CharField("code", max_length=24)
    section = models.PositiveSmallIntegerField("partie du texte")
    text = models.CharField("critère", max_length=400)
    position = models.PositiveSmallIntegerField("rang")
    evidence_wanted = models.BooleanField("pièce demandée", default=False)

    objects = PartOfCallQuerySet.as_manager()

    class Meta:
        verbose_name = "critère de l’appel"
        verbose_name_plural = "critères de l’appel"
        ordering = ["call", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["call", "code"], name="amicriterion_code"),
            models.UniqueConstraint(fields=["id", "call"], name="amicriterion_id_call"),
            models.CheckConstraint(condition=~Q(text=""), name="amicriterion_text"),
        ]

    def __str__(self) -> str:
        return self.text


class AmiGridCriterion(models.Model):
    """One line of the scoring grid: a weight, and one sentence for each note from 0 to 5."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="grid")
    label = models.CharField("critère de notation", max_length=120)
    help = models.CharField("ce qui est regardé", max_length=400, blank=True)
    weight = models.PositiveSmallIntegerField("poids")
    levels = ArrayField(
        models.CharField(max_length=200), size=NOTE_MAX + 1, verbose_name="phrases des notes 0 à 5"
    )
    position = models.PositiveSmallIntegerField("rang")

    objects = PartOfCallQuerySet.as_manager()

    class Meta:
        verbose_name = "critère de notation"
        verbose_name_plural = "grille de notation"
        ordering = ["call", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "call"], name="amigrid_id_call"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="amigrid_weight"),
            models.CheckConstraint(condition=Q(levels__len=NOTE_MAX + 1), name="amigrid_levels"),
            models.CheckConstraint(condition=~Q(label=""), name="amigrid_label"),
        ]

    def __str__(self) -> str:
        return self.label


class AmiErratum(models.Model):
    """A correction of an open call, dated, shown to every applicant. Never changes."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="errata")
    text = models.TextField("rectificatif", max_length=2000)
    added_at = models.DateTimeField("publié le", db_default=models.functions.Now())
    added_by_label = models.CharField("publié par", max_length=240)

    objects = PartOfCallQuerySet.as_manager()

    class Meta:
        verbose_name = "rectificatif"
        verbose_name_plural = "rectificatifs"
        ordering = ["call", "-added_at"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="amierratum_text")]

    def __str__(self) -> str:
        return f"{self.call_id} {self.added_at:%Y-%m-%d}"


class AmiExtension(models.Model):
    """A deadline put off, with its reason. The database accepts a later ``closes_at`` only with this row."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="extensions")
    before = models.DateTimeField("date limite d’avant")
    after = models.DateTimeField("nouvelle date limite")
    reason = models.CharField("motif", max_length=400)
    added_at = models.DateTimeField("décidée le", db_default=models.functions.Now())
    added_by_label = models.CharField("décidée par", max_length=240)

    objects = PartOfCallQuerySet.as_manager()

    class Meta:
        verbose_name = "report de la date limite"
        verbose_name_plural = "reports de la date limite"
        ordering = ["call", "-added_at"]
        constraints = [
            models.CheckConstraint(condition=Q(after__gt=F("before")), name="amiextension_later"),
            models.CheckConstraint(condition=~Q(reason=""), name="amiextension_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.after:%Y-%m-%d}"


class AmiQuestion(models.Model):
    """A question on the call. Its answer is published to all, without saying who asked."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="questions")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    text = models.TextField("question", max_length=1000)
    asked_at = models.DateTimeField("posée le", db_default=models.functions.Now())
    asked_by_id = models.BigIntegerField("posée par")
    answer = models.TextField("réponse", max_length=4000, blank=True, default="")
    answered_at = models.DateTimeField("répondue le", null=True, blank=True)
    answered_by_label = models.CharField("répondue par", max_length=240, blank=True, default="")

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = "question"
        verbose_name_plural = "questions"
        ordering = ["call", "-asked_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="amiquestion_text"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="amiquestion_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.pk}"
