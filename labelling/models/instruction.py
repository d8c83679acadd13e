"""Instruction: eligibility, requests for complements, scorers and their notes (domain § 7)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from labelling.enums_ami import AssignmentState, PartKey
from labelling.models.application import AmiApplication
from labelling.models.call import NOTE_MAX, AmiCall, AmiCriterion, AmiGridCriterion
from labelling.querysets_ami import EligibilityQuerySet, PartQuerySet
from labelling.querysets_instruction import AssignmentQuerySet, ScoreQuerySet, ScoreSheetQuerySet
from territories.models import Region, User


class AmiEligibility(models.Model):
    """The Region's finding on one line of the checklist: met, or not and why.

    ``waived``: not met, and the file is admitted all the same; ``reason`` then says why.
    """

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="eligibility"
    )
    call = models.ForeignKey(AmiCall, models.PROTECT, verbose_name="appel")
    criterion = models.ForeignKey(AmiCriterion, models.PROTECT, verbose_name="critère", related_name="+")
    met = models.BooleanField("rempli")
    waived = models.BooleanField("admis malgré tout", default=False, db_default=False)
    reason = models.CharField("motif", max_length=600, blank=True, default="")
    noted_at = models.DateTimeField("constaté le", db_default=models.functions.Now())
    noted_by_label = models.CharField("constaté par", max_length=240)

    objects = EligibilityQuerySet.as_manager()

    class Meta:
        verbose_name = "constat de recevabilité"
        verbose_name_plural = "constats de recevabilité"
        constraints = [
            models.UniqueConstraint(fields=["application", "criterion"], name="amieligibility_once"),
            models.CheckConstraint(condition=Q(met=True) | ~Q(reason=""), name="amieligibility_reason"),
            models.CheckConstraint(condition=Q(waived=False) | Q(met=False), name="amieligibility_waived"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.criterion_id} {self.met}"


class AmiComplement(models.Model):
    """A request that opens again the parts it names, and only those, until its deadline or its answer."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="complements"
    )
    parts = ArrayField(
        models.CharField(max_length=16, choices=PartKey.choices), verbose_name="parties rouvertes"
    )
    text = models.TextField("ce qui est demandé", max_length=2000)
    asked_at = models.DateTimeField("demandé le", db_default=models.functions.Now())
    asked_by_label = models.CharField("demandé par", max_length=240)
    deadline = models.DateTimeField("réponse attendue avant le")
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answered_by_label = models.CharField("répondu par", max_length=240, blank=True, default="")
    answer = models.CharField("réponse", max_length=1000, blank=True, default="")
    closed_at = models.DateTimeField("clos sans réponse le", null=True, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de complément"
        verbose_name_plural = "demandes de complément"
        ordering = ["application", "-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parts__len__gte=1, parts__contained_by=PartKey.values), name="amicomplement_parts"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="amicomplement_text"),
            models.CheckConstraint(condition=Q(deadline__gt=F("asked_at")), name="amicomplement_deadline"),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(answered_at__isnull=True, closed_at__isnull=True),
                name="amicomplement_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.deadline:%Y-%m-%d}"


class AmiAssignment(models.Model):
    """An application confided to one scorer. Says who and where it stands, never which note."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="assignments"
    )
    scorer = models.ForeignKey(User, models.PROTECT, verbose_name="noteur", related_name="+")
    scorer_label = models.CharField("nom affiché", max_length=240)
    state = models.CharField(
        "état", max_length=10, choices=AssignmentState.choices, default=AssignmentState.ATTENDUE
    )
    due_at = models.DateTimeField("attendue avant le", null=True, blank=True)
    reason = models.CharField("motif", max_length=400, blank=True, default="")
    assigned_at = models.DateTimeField("confié le", db_default=models.functions.Now())
    assigned_by_label = models.CharField("confié par", max_length=240)
    settled_at = models.DateTimeField("réglé le", null=True, blank=True)
    settled_by_label = models.CharField("réglé par", max_length=240, blank=True, default="")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "affectation"
        verbose_name_plural = "affectations"
        ordering = ["application", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "scorer"], name="amiassignment_once"),
            models.UniqueConstraint(
                fields=["id", "application", "scorer"], name="amiassignment_id_application_scorer"
            ),
            models.CheckConstraint(condition=Q(state__in=AssignmentState.values), name="amiassignment_state"),
            models.CheckConstraint(
                condition=Q(state="attendue", settled_at__isnull=True)
                | (~Q(state="attendue") & Q(settled_at__isnull=False)),
                name="amiassignment_settled",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["abstention", "recusee"]) | ~Q(reason=""),
                name="amiassignment_reason",
            ),
        ]
        indexes = [models.Index(fields=["scorer", "state"], name="amiassignment_scorer")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.scorer_id} {self.state}"


class AmiScoreSheet(models.Model):
    """The notes of one scorer on one application: a draft until given, then final (trigger).

    ``weighted`` is the weighted mean in hundredths of a note (410 for 4,10 / 5), computed when it is given.
    ``released_at`` comes with the end of the instruction: then the Region and the commission read it.
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="score_sheets"
    )
    assignment = models.OneToOneField(
        AmiAssignment, models.CASCADE, verbose_name="affectation", related_name="sheet"
    )
    scorer = models.ForeignKey(User, models.PROTECT, verbose_name="noteur", related_name="+")
    comment = models.TextField("appréciation", max_length=2000, blank=True, default="")
    weighted = models.PositiveSmallIntegerField("note pondérée, en centièmes", null=True, blank=True)
    saved_at = models.DateTimeField("enregistrée le", db_default=models.functions.Now())
    given_at = models.DateTimeField("donnée le", null=True, blank=True)
    released_at = models.DateTimeField("ouverte le", null=True, blank=True)

    objects = ScoreSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "feuille de notes"
        verbose_name_plural = "feuilles de notes"
        ordering = ["application", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "application"], name="amisheet_id_application"),
            models.CheckConstraint(
                condition=Q(given_at__isnull=True, weighted__isnull=True)
                | Q(given_at__isnull=False, weighted__gte=0, weighted__lte=NOTE_MAX * 100),
                name="amisheet_given",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(given_at__isnull=False), name="amisheet_released"
            ),
        ]
        indexes = [models.Index(fields=["application"], name="amisheet_application")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.scorer_id}"


class AmiScore(models.Model):
    """One note, 0 to 5, on one line of the grid, with its comment."""

    sheet = models.ForeignKey(AmiScoreSheet, models.CASCADE, verbose_name="feuille", related_name="scores")
    grid = models.ForeignKey(AmiGridCriterion, models.PROTECT, verbose_name="critère", related_name="+")
    value = models.PositiveSmallIntegerField("note")
    comment = models.CharField("commentaire", max_length=600, blank=True, default="")

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = "note"
        verbose_name_plural = "notes"
        constraints = [
            models.UniqueConstraint(fields=["sheet", "grid"], name="amiscore_once"),
            models.CheckConstraint(condition=Q(value__lte=NOTE_MAX), name="amiscore_value"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.grid_id} {self.value}"
