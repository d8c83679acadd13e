"""Lists of the fiche and orientation rules: versioned data of each Region (domain §§ 3-4)."""

from dataclasses import dataclass
from functools import cached_property

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.enums import ListKind
from contacts.querysets import RegionQuerySet
from territories.models import Region, Reseau


@dataclass(frozen=True, slots=True)
class ListItem:
    """One box of the paper form.

    ``n`` is the stable number a fiche stores; ``short`` fits a chip, ``paper`` the form.
    """

    n: int
    code: str
    label: str
    short: str
    paper: str


class ListVersion(models.Model):
    """One version of the three lists.

    A fiche keeps the version it was filled with; a used version never changes.
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    number = models.PositiveSmallIntegerField("numéro")
    starts_on = models.DateField("en vigueur à partir du")
    items = models.JSONField("cases")

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "version des listes"
        verbose_name_plural = "versions des listes"
        ordering = ["region", "-starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["region", "number"], name="listversion_region_number"),
            models.UniqueConstraint(fields=["region", "starts_on"], name="listversion_region_start"),
            models.UniqueConstraint(fields=["id", "region"], name="listversion_id_region"),
        ]

    def __str__(self) -> str:
        return f"Listes, version {self.number}"

    @cached_property
    def _items(self) -> dict[str, tuple[ListItem, ...]]:
        return {
            kind: tuple(
                ListItem(
                    row["n"],
                    row["code"],
                    row["label"],
                    row.get("short") or row["label"],
                    row.get("paper") or row["label"],
                )
                for row in rows
            )
            for kind, rows in self.items.items()
        }

    def of(self, kind: ListKind | str) -> tuple[ListItem, ...]:
        return self._items[str(kind)]

    @property
    def statuts(self) -> tuple[ListItem, ...]:
        return self.of(ListKind.STATUT)

    @property
    def demandes(self) -> tuple[ListItem, ...]:
        return self.of(ListKind.DEMANDE)

    @property
    def reponses(self) -> tuple[ListItem, ...]:
        return self.of(ListKind.REPONSE)

    def item(self, kind: ListKind | str, n: int) -> ListItem | None:
        return next((item for item in self.of(kind) if item.n == n), None)

    def labels(self, kind: ListKind | str, numbers: list[int]) -> list[str]:
        """French labels in the order of the list."""
        return [item.label for item in self.of(kind) if item.n in numbers]


class OrientationRule(models.Model):
    """« Whom to suggest »: statuts, ages and demandes (empty = any) to a network or a kind of partner, with
    the reason.

    Visible to counsellors and coordinators, edited by the regional animation. A greater weight comes first;
    equal candidates come in a neutral order (domain § 4).
    """

    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    reseau = models.ForeignKey(Reseau, models.CASCADE, null=True, blank=True, verbose_name="réseau")
    partner_kind = models.CharField("nature de partenaire", max_length=40, blank=True)
    statuts = ArrayField(models.PositiveSmallIntegerField(), verbose_name="statuts", default=list, blank=True)
    ages = ArrayField(models.CharField(max_length=12), verbose_name="âges", default=list, blank=True)
    demandes = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name="demandes", default=list, blank=True
    )
    weight = models.PositiveSmallIntegerField("poids", default=10)
    reason = models.CharField("raison en français simple", max_length=200)
    active = models.BooleanField("en vigueur", default=True)
    updated_at = models.DateTimeField("modifiée le", auto_now=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "règle d’orientation"
        verbose_name_plural = "règles d’orientation"
        ordering = ["-weight", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reseau__isnull=False, partner_kind="")
                | (Q(reseau__isnull=True) & ~Q(partner_kind="")),
                name="rule_one_target",
            ),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="rule_weight"),
        ]

    def __str__(self) -> str:
        return self.reason
