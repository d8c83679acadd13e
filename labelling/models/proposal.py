"""What the Region's own work says of a file before its decision: an amount proposed, and who agrees."""

from django.db import models
from django.db.models import Q

from labelling.models.application import AmiApplication
from labelling.models.call import AMOUNT_MAX
from labelling.querysets_ami import RegionQuerySet
from territories.models import Region, User


class AmiProposal(models.Model):
    """What the instruction proposes for one file, in centimes; 0 proposes not to select it. Binds nobody."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    application = models.OneToOneField(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="proposal"
    )
    amount = models.BigIntegerField("montant proposé, en centimes")
    note = models.CharField("pourquoi ce montant", max_length=400, blank=True, default="")
    scenario_name = models.CharField("scénario repris", max_length=80, blank=True, default="")
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    set_at = models.DateTimeField("proposé le", db_default=models.functions.Now())
    set_by_label = models.CharField("proposé par", max_length=240)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "montant proposé"
        verbose_name_plural = "montants proposés"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, amount__lte=AMOUNT_MAX), name="amiproposal_amount"
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.amount}"


class AmiOpinionNote(models.Model):
    """A Region officer agrees or not with what is proposed for a file, and says why. The Region's alone."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="opinion_notes"
    )
    author = models.ForeignKey(User, models.PROTECT, verbose_name="auteur", related_name="+")
    author_label = models.CharField("nom affiché", max_length=240)
    agrees = models.BooleanField("d’accord")
    text = models.CharField("note", max_length=600, blank=True, default="")
    noted_at = models.DateTimeField("notée le", db_default=models.functions.Now())

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "accord ou désaccord"
        verbose_name_plural = "accords et désaccords"
        ordering = ["application", "noted_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "author"], name="amiopinionnote_once"),
            # A disagreement says why: without its reason it helps nobody decide.
            models.CheckConstraint(condition=Q(agrees=True) | ~Q(text=""), name="amiopinionnote_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.author_id} {self.agrees}"
