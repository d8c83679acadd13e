"""What each partner brings to the project, in its own word (AMI §2)."""

from django.db import models
from django.db.models import Q

from labelling.enums_ami import ContributionState
from labelling.models.application import AmiApplication
from labelling.querysets_ami import ContributionQuerySet
from territories.models import Organisation, Region


class AmiContribution(models.Model):
    """What one partner brings, confirmed by that partner on a signed link of its own (AMI §2).

    ``text`` is what the porteur proposes; ``amended`` what the partner answers instead. Only the hash of the
    link is stored; a link answers once. ``nonce`` changes with each new link, so that the older dies.
    """

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="contributions"
    )
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, verbose_name="organisation connue"
    )
    partner_name = models.CharField("partenaire", max_length=160)
    email = models.EmailField("courriel du partenaire")
    text = models.TextField("contribution proposée", max_length=2000)
    amended = models.TextField(
        "contribution modifiée par le partenaire", max_length=2000, blank=True, default=""
    )
    reason = models.CharField("mot du partenaire", max_length=600, blank=True, default="")
    state = models.CharField(
        "état", max_length=10, choices=ContributionState.choices, default=ContributionState.A_INVITER
    )
    # What the partner was shown with its link: project, porteur, bassin, call, deadline.
    shown = models.JSONField("ce qui a été montré", default=dict, blank=True)
    nonce = models.PositiveIntegerField("numéro du lien", default=0)
    token_hash = models.CharField("empreinte du lien", max_length=64, null=True, unique=True)
    invited_at = models.DateTimeField("invité le", null=True, blank=True)
    expires_at = models.DateTimeField("lien valable jusqu’au", null=True, blank=True)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answered_as = models.CharField("répondu au titre de", max_length=120, blank=True, default="")

    objects = ContributionQuerySet.as_manager()

    class Meta:
        verbose_name = "contribution d’un partenaire"
        verbose_name_plural = "contributions des partenaires"
        ordering = ["application", "partner_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ContributionState.values), name="amicontribution_state"
            ),
            models.CheckConstraint(condition=~Q(partner_name="") & ~Q(text=""), name="amicontribution_said"),
            models.CheckConstraint(
                condition=Q(state__in=["confirmee", "modifiee", "declinee"], answered_at__isnull=False)
                | Q(state__in=["a_inviter", "invitee"], answered_at__isnull=True),
                name="amicontribution_answered",
            ),
            models.CheckConstraint(
                condition=~Q(state="modifiee") | ~Q(amended=""), name="amicontribution_amended"
            ),
            models.CheckConstraint(
                condition=~Q(state="invitee")
                | Q(token_hash__isnull=False, expires_at__isnull=False, invited_at__isnull=False),
                name="amicontribution_link",
            ),
        ]

    def __str__(self) -> str:
        return self.partner_name
