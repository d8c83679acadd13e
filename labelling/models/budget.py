"""Lines of the budget of the place (AMI §5): charges, produits, and valuations shown outside the base."""

from django.db import models
from django.db.models import Q

from labelling.enums_ami import NATURES, BudgetNature, BudgetSide
from labelling.models.application import AmiApplication
from labelling.models.call import AMOUNT_MAX
from labelling.querysets_ami import PartQuerySet


class AmiBudgetLine(models.Model):
    """One line: side, nature, words, amount in centimes (0 to 10 milliards of euros)."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="budget"
    )
    side = models.CharField("colonne", max_length=12, choices=BudgetSide.choices)
    nature = models.CharField("nature", max_length=20, choices=BudgetNature.choices)
    label = models.CharField("libellé", max_length=160, blank=True, default="")
    amount = models.BigIntegerField("montant, en centimes")
    position = models.PositiveSmallIntegerField("rang")

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "ligne du budget"
        verbose_name_plural = "lignes du budget"
        ordering = ["application", "side", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "application"], name="amibudget_id_application"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, amount__lte=AMOUNT_MAX), name="amibudget_amount"
            ),
            models.CheckConstraint(
                condition=Q(side=BudgetSide.CHARGE, nature__in=[*map(str, NATURES[BudgetSide.CHARGE])])
                | Q(side=BudgetSide.PRODUIT, nature__in=[*map(str, NATURES[BudgetSide.PRODUIT])])
                | Q(side=BudgetSide.VALORISATION, nature__in=[*map(str, NATURES[BudgetSide.VALORISATION])]),
                name="amibudget_nature",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.nature} {self.amount}"
