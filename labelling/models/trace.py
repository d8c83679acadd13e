"""What each step leaves, the reminders sent, and how far each bassin is."""

from django.db import models
from django.db.models import Q

from labelling.enums_ami import ApplicationState, CoverLevel
from labelling.models.application import AmiApplication
from labelling.models.call import AmiCall
from labelling.querysets_ami import StepQuerySet
from labelling.querysets_instruction import CoverageQuerySet
from territories.models import Region, Territory


class AmiStep(models.Model):
    """One step of an application: date, author's role, comment. No state changes without it (trigger).

    ``told_at``: when those who wrote the file may read it; empty until avis and decisions are published.
    """

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="steps"
    )
    key = models.CharField("étape", max_length=32)
    from_state = models.CharField("avant", max_length=14, blank=True, default="")
    to_state = models.CharField("après", max_length=14, choices=ApplicationState.choices)
    at = models.DateTimeField("le", db_default=models.functions.Now())
    by_id = models.BigIntegerField("par", null=True)
    by_label = models.CharField("par le rôle", max_length=240)
    comment = models.TextField("commentaire", max_length=2000, blank=True, default="")
    told_at = models.DateTimeField("dit au porteur le", null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = "étape"
        verbose_name_plural = "étapes"
        ordering = ["application", "at", "pk"]
        indexes = [models.Index(fields=["application", "at"], name="amistep_application")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.key}"


class AmiReminder(models.Model):
    """A reminder sent once: about what, how many days before, to which account. Worker only."""

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    about = models.CharField("échéance", max_length=60)
    days = models.PositiveSmallIntegerField("jours avant")
    due_on = models.DateField("échéance du")
    user_id = models.BigIntegerField("compte")
    sent_at = models.DateTimeField("envoyé le", db_default=models.functions.Now())

    objects = CoverageQuerySet.as_manager()

    class Meta:
        verbose_name = "rappel"
        verbose_name_plural = "rappels"
        constraints = [
            models.UniqueConstraint(fields=["about", "days", "due_on", "user_id"], name="amireminder_once")
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.days}"


class AmiCoverage(models.Model):
    """How far a bassin is in one call: the furthest of its applications. Kept by a trigger alone."""

    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="coverage")
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, verbose_name="bassin")
    level = models.PositiveSmallIntegerField("avancement", choices=CoverLevel.choices)
    applications = models.PositiveSmallIntegerField("dossiers déposés", default=0)
    changed_at = models.DateTimeField("depuis le", db_default=models.functions.Now())

    objects = CoverageQuerySet.as_manager()

    class Meta:
        verbose_name = "couverture d’un bassin"
        verbose_name_plural = "couverture des bassins"
        constraints = [
            models.UniqueConstraint(fields=["call", "territory"], name="amicoverage_once"),
            models.CheckConstraint(condition=Q(level__in=CoverLevel.values), name="amicoverage_level"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.territory_id} {self.level}"
