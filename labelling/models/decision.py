"""Decisions of the Region, the scenarios tried before them, the letters that tell them (domain § 7)."""

from django.db import models
from django.db.models import Q

from labelling.enums_ami import LetterKind, Outcome
from labelling.models.application import AmiApplication
from labelling.models.call import AMOUNT_MAX, AmiCall
from labelling.models.commission import Avis
from labelling.querysets_ami import RegionQuerySet
from labelling.querysets_instruction import DecisionQuerySet
from territories.models import Region


class AmiDecision(models.Model):
    """What the Region decides of one application, after the avis. ``amount`` in centimes.

    The database refuses an amount above what is asked, above 80 % of the charges, or above what the envelope
    has left (trigger, the call locked); and a decision without avis (the key is required).
    One decision per application counts: a withdrawn one or a published « à compléter » is superseded.
    """

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="decisions"
    )
    call = models.ForeignKey(AmiCall, models.PROTECT, verbose_name="appel", related_name="decisions")
    avis = models.ForeignKey(Avis, models.PROTECT, verbose_name="avis", related_name="+")
    outcome = models.CharField("sens", max_length=12, choices=Outcome.choices)
    amount = models.BigIntegerField("montant, en centimes", default=0)
    reasons = models.TextField("motifs", max_length=2000)
    parts = models.JSONField("parties à compléter", default=list, blank=True)
    deadline = models.DateTimeField("complément attendu avant le", null=True, blank=True)
    decided_at = models.DateTimeField("décidée le", db_default=models.functions.Now())
    decided_by_label = models.CharField("décidée par", max_length=240)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    superseded_at = models.DateTimeField("remplacée le", null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "décision"
        verbose_name_plural = "décisions"
        ordering = ["application", "-decided_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(superseded_at__isnull=True), name="amidecision_one"
            ),
            models.UniqueConstraint(fields=["id", "application"], name="amidecision_id_application"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="amidecision_outcome"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.RETENUE, amount__gt=0, amount__lte=AMOUNT_MAX)
                | (~Q(outcome=Outcome.RETENUE) & Q(amount=0)),
                name="amidecision_amount",
            ),
            models.CheckConstraint(condition=~Q(reasons=""), name="amidecision_reasons"),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.A_COMPLETER) | (Q(deadline__isnull=False) & ~Q(parts=[])),
                name="amidecision_complement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.outcome}"


class AmiScenario(models.Model):
    """A named way of spending the envelope, tried before deciding. Binds nobody."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="scenarios")
    name = models.CharField("nom", max_length=80)
    note = models.CharField("note", max_length=400, blank=True, default="")
    created_at = models.DateTimeField("créé le", db_default=models.functions.Now())
    created_by_label = models.CharField("créé par", max_length=240)
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "scénario"
        verbose_name_plural = "scénarios"
        ordering = ["call", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["call", "name"], name="amiscenario_name"),
            models.UniqueConstraint(fields=["id", "call"], name="amiscenario_id_call"),
            models.CheckConstraint(condition=~Q(name=""), name="amiscenario_named"),
        ]

    def __str__(self) -> str:
        return self.name


class AmiScenarioLine(models.Model):
    """An application a scenario keeps, and for how much, in centimes."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    scenario = models.ForeignKey(AmiScenario, models.CASCADE, verbose_name="scénario", related_name="lines")
    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="+")
    application = models.ForeignKey(AmiApplication, models.CASCADE, verbose_name="dossier", related_name="+")
    amount = models.BigIntegerField("montant, en centimes")

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "ligne de scénario"
        verbose_name_plural = "lignes de scénario"
        constraints = [
            models.UniqueConstraint(fields=["scenario", "application"], name="amiscenarioline_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=AMOUNT_MAX), name="amiscenarioline_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.application_id}"


class AmiLetter(models.Model):
    """A letter as it was sent: its bytes and their SHA-256. Never changes (trigger)."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="letters"
    )
    # The decision it tells: a decision withdrawn leaves its letter unpublished for ever.
    decision = models.ForeignKey(
        AmiDecision, models.PROTECT, null=True, blank=True, verbose_name="décision", related_name="letters"
    )
    kind = models.CharField("objet", max_length=12, choices=LetterKind.choices)
    pdf = models.BinaryField("lettre")
    pages = models.PositiveSmallIntegerField("pages")
    sha256 = models.CharField("empreinte", max_length=64)
    made_at = models.DateTimeField("établie le", db_default=models.functions.Now())
    made_by_label = models.CharField("établie par", max_length=240)
    published_at = models.DateTimeField("remise le", null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "lettre"
        verbose_name_plural = "lettres"
        ordering = ["application", "-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LetterKind.values), name="amiletter_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=Outcome.values, decision__isnull=False)
                | (~Q(kind__in=Outcome.values) & Q(decision__isnull=True)),
                name="amiletter_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"
