"""Sessions of a commission and the avis it gives (AMI §4; domain § 7)."""

from django.db import models
from django.db.models import Q

from labelling.enums_ami import Answer, Opinion, Presence, SessionState
from labelling.models.application import AmiApplication
from labelling.models.call import AmiCall
from labelling.querysets_instruction import PartOfSessionQuerySet, PublishedLaterQuerySet, SessionQuerySet
from territories.models import Commission, Region, User


class AmiSession(models.Model):
    """One meeting of one commission, of one to three bassins (trigger), on the applications of these bassins.

    ``quorum``: members who must be present, recused ones not counted for the files they left. The approved
    minutes are kept as a PDF with its SHA-256, and never change (trigger). ``version`` grows at each save, to
    see that two officers write at once.
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    commission = models.ForeignKey(Commission, models.PROTECT, verbose_name="commission")
    call = models.ForeignKey(AmiCall, models.PROTECT, verbose_name="appel", related_name="sessions")
    starts_at = models.DateTimeField("se réunit le")
    minutes_long = models.PositiveSmallIntegerField("durée prévue, en minutes", default=120)
    place = models.CharField("lieu de la réunion", max_length=200)
    quorum = models.PositiveSmallIntegerField("quorum", default=1)
    state = models.CharField(
        "état", max_length=10, choices=SessionState.choices, default=SessionState.PREPAREE
    )
    agenda = models.TextField("ordre du jour", max_length=2000, blank=True, default="")
    opening = models.TextField("ouverture et points divers", max_length=4000, blank=True, default="")
    ics_sequence = models.PositiveSmallIntegerField("numéro de la convocation", default=0)
    created_at = models.DateTimeField("créée le", db_default=models.functions.Now())
    created_by_label = models.CharField("créée par", max_length=240)
    convened_at = models.DateTimeField("convoquée le", null=True, blank=True)
    held_at = models.DateTimeField("tenue le", null=True, blank=True)
    approved_at = models.DateTimeField("procès-verbal approuvé le", null=True, blank=True)
    approved_by_label = models.CharField("approuvé par", max_length=240, blank=True, default="")
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    cancel_reason = models.CharField("motif de l’annulation", max_length=400, blank=True, default="")
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1, db_default=1)
    minutes_pdf = models.BinaryField("procès-verbal", null=True, blank=True)
    minutes_sha256 = models.CharField("empreinte du procès-verbal", max_length=64, blank=True, default="")

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "séance de commission"
        verbose_name_plural = "séances de commission"
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "commission"], name="amisession_id_commission"),
            models.CheckConstraint(condition=Q(state__in=SessionState.values), name="amisession_state"),
            models.CheckConstraint(condition=Q(quorum__gte=1), name="amisession_quorum"),
            models.CheckConstraint(
                condition=Q(state="approuvee", approved_at__isnull=False, minutes_pdf__isnull=False)
                | (~Q(state="approuvee") & Q(approved_at__isnull=True, minutes_pdf__isnull=True)),
                name="amisession_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["tenue", "approuvee"]) | Q(held_at__isnull=False),
                name="amisession_held",
            ),
            models.CheckConstraint(
                condition=(Q(state="annulee", cancelled_at__isnull=False) & ~Q(cancel_reason=""))
                | (~Q(state="annulee") & Q(cancelled_at__isnull=True, cancel_reason="")),
                name="amisession_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commission_id} {self.starts_at:%Y-%m-%d}"

    @property
    def title(self) -> str:
        """« Commission Deux-Sèvres Sud », whether or not its own name says the word."""
        name = self.commission.name
        return name if name.lower().startswith("commission") else f"Commission {name}"


class AmiSessionMember(models.Model):
    """Who is convened: a member of the commission, or somebody invited with or without a vote, who may have
    no account. ``answer`` is what the member announced, ``presence`` what was seen on the day.
    """

    session = models.ForeignKey(AmiSession, models.CASCADE, verbose_name="séance", related_name="members")
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, verbose_name="compte", related_name="+"
    )
    label = models.CharField("nom affiché", max_length=240)
    email = models.EmailField("courriel", blank=True, default="")
    presence = models.CharField(
        "présence", max_length=10, choices=Presence.choices, default=Presence.CONVOQUE
    )
    voting = models.BooleanField("voix délibérative", default=True, db_default=True)
    answer = models.CharField(
        "réponse à la convocation",
        max_length=10,
        choices=Answer.choices,
        blank=True,
        default="",
        db_default="",
    )
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    excuse = models.CharField("mot d’excuse", max_length=200, blank=True, default="")

    objects = PartOfSessionQuerySet.as_manager()

    class Meta:
        verbose_name = "membre convoqué"
        verbose_name_plural = "membres convoqués"
        ordering = ["session", "label", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="amisessionmember_once"),
            models.UniqueConstraint(fields=["id", "session"], name="amisessionmember_id_session"),
            models.CheckConstraint(
                condition=Q(presence__in=Presence.values), name="amisessionmember_presence"
            ),
            models.CheckConstraint(condition=~Q(label=""), name="amisessionmember_label"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (Q(answer__in=Answer.values) & Q(answered_at__isnull=False)),
                name="amisessionmember_answer",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class AmiSessionItem(models.Model):
    """One application on the agenda: its presentation, the vote, the avis proposed by it."""

    session = models.ForeignKey(AmiSession, models.CASCADE, verbose_name="séance", related_name="items")
    application = models.ForeignKey(
        AmiApplication, models.PROTECT, verbose_name="dossier", related_name="session_items"
    )
    commission = models.ForeignKey(Commission, models.PROTECT, verbose_name="commission", related_name="+")
    position = models.PositiveSmallIntegerField("rang")
    presentation = models.TextField("présentation et échanges", max_length=4000, blank=True, default="")
    votes_for = models.PositiveSmallIntegerField("pour", null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField("contre", null=True, blank=True)
    abstentions = models.PositiveSmallIntegerField("abstentions", null=True, blank=True)
    # Why the file goes back to a later session: written when the session is closed without an avis on it.
    postponed = models.CharField("motif du report", max_length=240, blank=True, default="", db_default="")
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1, db_default=1)

    objects = PartOfSessionQuerySet.as_manager()

    class Meta:
        verbose_name = "point de l’ordre du jour"
        verbose_name_plural = "points de l’ordre du jour"
        ordering = ["session", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "application"], name="amisessionitem_once"),
            models.UniqueConstraint(fields=["id", "session"], name="amisessionitem_id_session"),
            models.UniqueConstraint(fields=["id", "application"], name="amisessionitem_id_application"),
            models.CheckConstraint(
                condition=Q(votes_for__isnull=True, votes_against__isnull=True, abstentions__isnull=True)
                | Q(votes_for__isnull=False, votes_against__isnull=False, abstentions__isnull=False),
                name="amisessionitem_vote",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.application_id}"


class AmiSessionRecusal(models.Model):
    """A member that leaves the room for one file, and why: found by the portal, or declared."""

    session = models.ForeignKey(AmiSession, models.CASCADE, verbose_name="séance", related_name="recusals")
    item = models.ForeignKey(
        AmiSessionItem, models.CASCADE, verbose_name="point de l’ordre du jour", related_name="recusals"
    )
    member = models.ForeignKey(
        AmiSessionMember, models.CASCADE, verbose_name="membre", related_name="recusals"
    )
    reason = models.CharField("motif", max_length=400)
    noted_at = models.DateTimeField("noté le", db_default=models.functions.Now())
    noted_by_label = models.CharField("noté par", max_length=240)

    objects = PartOfSessionQuerySet.as_manager()

    class Meta:
        verbose_name = "récusation"
        verbose_name_plural = "récusations"
        constraints = [
            models.UniqueConstraint(fields=["item", "member"], name="amirecusal_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="amirecusal_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.member_id}"


class Avis(models.Model):
    """The avis of the commission on one application, from one vote. The porteur reads it once published."""

    application = models.OneToOneField(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="avis"
    )
    item = models.OneToOneField(
        AmiSessionItem, models.PROTECT, verbose_name="point de l’ordre du jour", related_name="avis"
    )
    opinion = models.CharField("sens", max_length=12, choices=Opinion.choices)
    text = models.TextField("avis", max_length=2000)
    present = models.PositiveSmallIntegerField("présents")
    recused = models.PositiveSmallIntegerField("récusés")
    given_at = models.DateTimeField("rendu le", db_default=models.functions.Now())
    given_by_label = models.CharField("inscrit par", max_length=240)
    published_at = models.DateTimeField("publié le", null=True, blank=True)

    objects = PublishedLaterQuerySet.as_manager()

    class Meta:
        verbose_name = "avis de la commission"
        verbose_name_plural = "avis des commissions"
        constraints = [
            models.UniqueConstraint(fields=["id", "application"], name="avis_id_application"),
            models.CheckConstraint(condition=Q(opinion__in=Opinion.values), name="avis_opinion"),
            models.CheckConstraint(condition=~Q(text=""), name="avis_text"),
            models.CheckConstraint(condition=Q(present__gt=models.F("recused")), name="avis_voters"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.opinion}"
