"""Accounts, mandates and invitations."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q

from territories.enums import Role
from territories.models.places import Commission, Organisation, Region, Territory
from territories.models.sites import Site
from territories.querysets import InvitationQuerySet, MembershipQuerySet


class UserManager(BaseUserManager):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """An account by e-mail, in lower case. Rights come from mandates, never from flags on the account."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str) -> "User":
        return self.get(email=username.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A professional. Logs in with an e-mail address; what they may do comes from their mandates alone."""

    email = models.EmailField("adresse électronique", unique=True, max_length=254)
    display_name = models.CharField("nom affiché", max_length=80)
    is_active = models.BooleanField("compte actif", default=True)
    date_joined = models.DateTimeField("ouvert le", db_default=models.functions.Now())
    is_demo = models.BooleanField("compte de démonstration", default=False)
    # Last notice of closing for want of use: 30 or 7 days before, 0 when none.
    retention_notice = models.PositiveSmallIntegerField("préavis de fermeture", default=0, db_default=0)
    retention_noticed_at = models.DateTimeField("préavis envoyé le", null=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"
        constraints = [
            models.CheckConstraint(
                condition=Q(email=models.functions.Lower("email")), name="user_email_lower"
            ),
            # Nobody is above the door: object sharing needs the mixin, the flag itself stays off for ever.
            models.CheckConstraint(condition=Q(is_superuser=False), name="user_never_superuser"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_full_name(self) -> str:
        return self.display_name


class Membership(models.Model):
    """A role held by one account on one scope, between two dates, named by someone.

    ``territory`` and ``region`` are filled for every narrower scope too (a counsellor's site gives both), so
    that who runs the area sees its mandates. Written by ``territories.services`` only.
    """

    user = models.ForeignKey(User, models.CASCADE, verbose_name="compte", related_name="memberships")
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    region = models.ForeignKey(Region, models.CASCADE, null=True, blank=True, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, null=True, blank=True, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, null=True, blank=True, verbose_name="lieu")
    commission = models.ForeignKey(
        Commission, models.CASCADE, null=True, blank=True, verbose_name="commission"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, verbose_name="organisation"
    )
    # Name of the scope when the mandate was given: shown before any scope is open.
    scope_label = models.CharField("périmètre", max_length=200)
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu’au", null=True, blank=True)
    named_by_id = models.BigIntegerField("nommé par", null=True)
    created_at = models.DateTimeField("créé le", db_default=models.functions.Now())

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "mandat"
        verbose_name_plural = "mandats"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="membership_dates"
            ),
            models.CheckConstraint(
                name="membership_one_scope",
                condition=(
                    Q(
                        role__in=["conseiller", "referent"],
                        site__isnull=False,
                        territory__isnull=False,
                        region__isnull=False,
                        commission__isnull=True,
                        organisation__isnull=True,
                    )
                    | Q(
                        role__in=["coordinateur", "charge_mission", "animateur_etat"],
                        site__isnull=True,
                        territory__isnull=False,
                        region__isnull=False,
                        commission__isnull=True,
                        organisation__isnull=True,
                    )
                    | Q(
                        role__in=["animation", "prefecture", "region"],
                        site__isnull=True,
                        territory__isnull=True,
                        region__isnull=False,
                        commission__isnull=True,
                        organisation__isnull=True,
                    )
                    | Q(
                        role="membre_commission",
                        commission__isnull=False,
                        region__isnull=False,
                        site__isnull=True,
                        territory__isnull=True,
                        organisation__isnull=True,
                    )
                    | Q(
                        role="porteur",
                        organisation__isnull=False,
                        region__isnull=False,
                        site__isnull=True,
                        territory__isnull=True,
                        commission__isnull=True,
                    )
                    | Q(
                        role="administrateur",
                        region__isnull=True,
                        site__isnull=True,
                        territory__isnull=True,
                        commission__isnull=True,
                        organisation__isnull=True,
                    )
                ),
            ),
        ]
        indexes = [models.Index(fields=["user"], name="membership_user")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """« Conseiller · CIO Lille » as the top bar shows it."""
        return f"{self.get_role_display()} · {self.scope_label}"


class Invitation(models.Model):
    """An invitation to hold one role on one scope, sent to one address, valid seven days, used once.

    Only the hash of its link is stored. ``organisation_name``: an organisation that the portal does not know
    yet, made when the link is used.
    """

    email = models.EmailField("adresse électronique", max_length=254)
    display_name = models.CharField("nom affiché", max_length=80)
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    region = models.ForeignKey(Region, models.CASCADE, null=True, blank=True, verbose_name="région")
    territory = models.ForeignKey(Territory, models.CASCADE, null=True, blank=True, verbose_name="territoire")
    site = models.ForeignKey(Site, models.CASCADE, null=True, blank=True, verbose_name="lieu")
    commission = models.ForeignKey(
        Commission, models.CASCADE, null=True, blank=True, verbose_name="commission"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, verbose_name="organisation"
    )
    organisation_name = models.CharField("organisation à créer", max_length=160, blank=True, default="")
    scope_label = models.CharField("périmètre", max_length=200)
    token_hash = models.CharField("empreinte du lien", max_length=64, unique=True)
    created_at = models.DateTimeField("envoyée le", db_default=models.functions.Now())
    expires_at = models.DateTimeField("valable jusqu’au")
    invited_by_id = models.BigIntegerField("envoyée par", null=True)
    accepted_at = models.DateTimeField("acceptée le", null=True)
    withdrawn_at = models.DateTimeField("retirée le", null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~(Q(accepted_at__isnull=False) & Q(withdrawn_at__isnull=False)),
                name="invitation_one_end",
            ),
            # Whoever asks for an account twice gets two links: the first one can't be seen to be replaced.
            models.UniqueConstraint(
                fields=["email", "role", "site", "territory", "region", "commission", "organisation"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True, organisation_name=""),
                nulls_distinct=False,
                name="invitation_one_pending",
            ),
            models.CheckConstraint(
                condition=Q(organisation_name="") | Q(role="porteur"), name="invitation_new_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.role}"
