"""Who asks to apply, and who is named to write an application with its porteur (domain § 2, § 7)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labelling.enums_ami import RegistrationState, SharedRight
from labelling.models.application import AmiApplication
from labelling.models.call import AmiCall
from labelling.querysets_accounts import CowriterQuerySet, RegistrationQuerySet
from territories.models import Organisation, Region, User


class AmiRegistration(models.Model):
    """A request for a porteur's account of an organisation the portal already knows: the Region answers it.

    Somebody who writes the name of a known organisation proves nothing by it. Made by whoever opens the
    public page of an open call; only the Region reads it.
    """

    uuid = models.UUIDField("clé", primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, models.CASCADE, verbose_name="région")
    call = models.ForeignKey(AmiCall, models.CASCADE, verbose_name="appel", related_name="registrations")
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, verbose_name="organisation", related_name="+"
    )
    organisation_name = models.CharField("nom écrit", max_length=160)
    email = models.EmailField("adresse électronique", max_length=254)
    display_name = models.CharField("fonction", max_length=80)
    state = models.CharField(
        "état", max_length=10, choices=RegistrationState.choices, default=RegistrationState.ATTENTE
    )
    # Not the database's default: Django would read it back, and whoever asks reads no request.
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    settled_at = models.DateTimeField("réglé le", null=True, blank=True)
    settled_by_label = models.CharField("réglé par", max_length=240, blank=True, default="")
    reason = models.CharField("motif du refus", max_length=400, blank=True, default="")

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de compte"
        verbose_name_plural = "demandes de compte"
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "organisation", "email"],
                condition=Q(state="attente"),
                name="amiregistration_one_pending",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RegistrationState.values), name="amiregistration_state"
            ),
            models.CheckConstraint(
                condition=Q(state="attente", settled_at__isnull=True)
                | (~Q(state="attente") & Q(settled_at__isnull=False)),
                name="amiregistration_settled",
            ),
            models.CheckConstraint(
                condition=~Q(state="refusee") | ~Q(reason=""), name="amiregistration_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_name} {self.state}"


class AmiCowriter(models.Model):
    """Somebody named to read or write one application until a date; ``territories.grants`` opens it.

    A public officer is named by its account (``user``). Anybody else by an address: whether an account bears
    it is the worker's to find out, so that the list and its delays tell nothing about who has an account.
    """

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="cowriters"
    )
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, verbose_name="compte", related_name="+"
    )
    email = models.EmailField("adresse électronique", max_length=254, blank=True, default="")
    label = models.CharField("nom affiché", max_length=240)
    right = models.CharField("droit", max_length=10, choices=SharedRight.choices)
    until = models.DateTimeField("jusqu’au")
    named_at = models.DateTimeField("nommé le", db_default=models.functions.Now())
    named_by_id = models.BigIntegerField("nommé par")
    membership_id = models.BigIntegerField("nommé au titre de")
    # When the worker opened the file to the account that bears the address; shown to nobody.
    opened_at = models.DateTimeField("ouvert le", null=True, blank=True)
    ended_at = models.DateTimeField("retiré le", null=True, blank=True)

    objects = CowriterQuerySet.as_manager()

    class Meta:
        verbose_name = "corédacteur"
        verbose_name_plural = "corédacteurs"
        ordering = ["application", "named_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(right__in=SharedRight.values), name="amicowriter_right"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, email="") | (Q(user__isnull=True) & ~Q(email="")),
                name="amicowriter_named_once",
            ),
            models.UniqueConstraint(
                fields=["application", "user", "email"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="amicowriter_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.label
