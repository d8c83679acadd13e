"""The request of a territory for the label: texts, places, files (domain § 6; GUIDE, « Labellisation »)."""

from django.db import models
from django.db.models import F, Q

from labelling.enums_ami import FileKind
from labelling.enums_label import (
    OPEN_STATES,
    AssociationMotive,
    DossierKind,
    DossierState,
    LabelSectionKey,
    PlaceOutcome,
    PlaceProposal,
)
from labelling.models.application import FILE_MAX_BYTES
from labelling.models.convention import Convention
from labelling.querysets_label import DossierPartQuerySet, LabelDossierQuerySet
from territories.enums import PartnerDirection
from territories.models import Region, Site, Territory

LABEL_SECTION_MAX = 12_000
S = DossierState


class LabelDossier(models.Model):
    """One request of one territory; one open at most (constraint). ``labelling.workflows.label`` moves it.

    ``parent``: the dossier renewed or amended. ``number`` (« LAB-LIL-2026-02 ») is given at the submission
    (trigger). The dates of each step are those of the database's clock; the legal clock starts from them.
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    kind = models.CharField("nature", max_length=14, choices=DossierKind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="fait suite à", related_name="children"
    )
    number = models.CharField("numéro", max_length=24, blank=True, default="")
    state = models.CharField("état", max_length=12, choices=S.choices, default=S.BROUILLON)
    purpose = models.CharField("objet de la modification", max_length=300, blank=True, default="")
    created_at = models.DateTimeField("ouvert le", db_default=models.functions.Now())
    created_by_label = models.CharField("ouvert par", max_length=240)
    changed_at = models.DateTimeField("modifié le", db_default=models.functions.Now())
    submitted_at = models.DateTimeField("déposé le", null=True, blank=True)
    submitted_by_label = models.CharField("déposé par", max_length=240, blank=True, default="")
    complete_at = models.DateTimeField("complet le", null=True, blank=True)
    transmitted_at = models.DateTimeField("transmis le", null=True, blank=True)
    avis_at = models.DateTimeField("avis rendu le", null=True, blank=True)
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    # The convention signed that the dossier was submitted with.
    convention = models.ForeignKey(
        Convention, models.PROTECT, null=True, blank=True, verbose_name="convention", related_name="+"
    )
    # Figures prefilled by the portal, as they stood at the submission (service figures).
    figures = models.JSONField("chiffres du portail", default=dict, blank=True)

    objects = LabelDossierQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier de demande de label"
        verbose_name_plural = "dossiers de demande de label"
        ordering = ["territory", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["id", "region"], name="labeldossier_id_region"),
            models.UniqueConstraint(fields=["id", "territory"], name="labeldossier_id_territory"),
            models.UniqueConstraint(
                fields=["territory"],
                condition=Q(state__in=[str(state) for state in OPEN_STATES]),
                name="labeldossier_one_open",
                violation_error_message="Un dossier est déjà ouvert pour ce territoire.",
            ),
            models.UniqueConstraint(
                fields=["region", "number"], condition=~Q(number=""), name="labeldossier_number"
            ),
            models.CheckConstraint(condition=Q(state__in=S.values), name="labeldossier_state"),
            models.CheckConstraint(condition=Q(kind__in=DossierKind.values), name="labeldossier_kind"),
            models.CheckConstraint(
                condition=Q(kind=DossierKind.INITIALE) | Q(parent__isnull=False), name="labeldossier_parent"
            ),
            models.CheckConstraint(
                condition=Q(state=S.BROUILLON, submitted_at__isnull=True, number="")
                | Q(state=S.ABANDONNE)
                | (
                    ~Q(state__in=[S.BROUILLON, S.ABANDONNE])
                    & Q(submitted_at__isnull=False)
                    & ~Q(number="")
                    & ~Q(submitted_by_label="")
                ),
                name="labeldossier_submitted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[S.COMPLET, S.TRANSMIS, S.AVIS_RENDU, S.ACCORDE, S.REFUSE])
                | Q(complete_at__isnull=False, complete_at__gte=F("submitted_at")),
                name="labeldossier_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[S.TRANSMIS, S.AVIS_RENDU, S.ACCORDE, S.REFUSE])
                | Q(transmitted_at__isnull=False, transmitted_at__gte=F("complete_at")),
                name="labeldossier_transmitted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[S.AVIS_RENDU, S.ACCORDE, S.REFUSE])
                | Q(avis_at__isnull=False, avis_at__gte=F("transmitted_at")),
                name="labeldossier_avis",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[S.ACCORDE, S.REFUSE])
                | Q(decided_at__isnull=False, decided_at__gte=F("avis_at")),
                name="labeldossier_decided",
            ),
        ]
        indexes = [models.Index(fields=["region", "state"], name="labeldossier_region_state")]

    def __str__(self) -> str:
        return self.number or f"{self.territory_id} {self.kind}"


class LabelSection(models.Model):
    """One text; ``version`` grows at each save, to see a conflict between two writers."""

    dossier = models.ForeignKey(LabelDossier, models.CASCADE, verbose_name="dossier", related_name="sections")
    key = models.CharField("partie", max_length=16, choices=LabelSectionKey.choices)
    text = models.TextField("texte", max_length=LABEL_SECTION_MAX, blank=True)
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_id = models.BigIntegerField("enregistré par", null=True)
    saved_by_label = models.CharField("enregistré par le rôle", max_length=240)

    objects = DossierPartQuerySet.as_manager()

    class Meta:
        verbose_name = "texte du dossier de label"
        verbose_name_plural = "textes du dossier de label"
        constraints = [
            models.UniqueConstraint(fields=["dossier", "key"], name="labelsection_key"),
            models.CheckConstraint(condition=Q(key__in=LabelSectionKey.values), name="labelsection_keys"),
            models.CheckConstraint(condition=Q(version__gte=1), name="labelsection_version"),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.key}"


class LabelPlace(models.Model):
    """A place of the dossier: what the territory proposes, and what the préfet decided.

    ``eligibility`` and ``grid`` are frozen at the submission: {"share": [walk-in, opening minutes],
    "network_share": […], "eligible": true, "reasons": […]} and [[item code, mode, who], …]. A place proposed
    as a partner says in which direction and why (domain § 6).
    """

    dossier = models.ForeignKey(LabelDossier, models.CASCADE, verbose_name="dossier", related_name="places")
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    site = models.ForeignKey(Site, models.PROTECT, verbose_name="lieu", related_name="+")
    proposal = models.CharField("proposition", max_length=8, choices=PlaceProposal.choices)
    motive = models.CharField(
        "motif du partenariat", max_length=20, choices=AssociationMotive.choices, blank=True, default=""
    )
    direction = models.CharField(
        "sens du partenariat", max_length=12, choices=PartnerDirection.choices, blank=True, default=""
    )
    note = models.CharField("précision", max_length=600, blank=True, default="")
    eligibility = models.JSONField("éligibilité au dépôt", default=dict, blank=True)
    grid = models.JSONField("grille des services au dépôt", default=list, blank=True)
    outcome = models.CharField(
        "décision", max_length=10, choices=PlaceOutcome.choices, blank=True, default=""
    )
    outcome_reason = models.CharField("motif de la décision", max_length=600, blank=True, default="")
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_label = models.CharField("enregistré par le rôle", max_length=240)

    objects = DossierPartQuerySet.as_manager()

    class Meta:
        verbose_name = "lieu du dossier"
        verbose_name_plural = "lieux du dossier"
        ordering = ["dossier", "site__name"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "site"], name="labelplace_once"),
            models.CheckConstraint(
                condition=Q(proposal__in=PlaceProposal.values), name="labelplace_proposal"
            ),
            models.CheckConstraint(
                condition=Q(motive__in=AssociationMotive.values), name="labelplace_motive"
            ),
            models.CheckConstraint(condition=Q(outcome__in=PlaceOutcome.values), name="labelplace_outcome"),
            models.CheckConstraint(
                condition=~Q(proposal=PlaceProposal.ASSOCIE) | (~Q(motive="") & ~Q(direction="")),
                name="labelplace_partner_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=[PlaceOutcome.REFUSE, PlaceOutcome.FIN]) | ~Q(outcome_reason=""),
                name="labelplace_refusal_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.site_id}"


class LabelAttachment(models.Model):
    """A file of the dossier, kept as checked bytes; never run, never shown inline."""

    dossier = models.ForeignKey(
        LabelDossier, models.CASCADE, verbose_name="dossier", related_name="attachments"
    )
    title = models.CharField("titre", max_length=120)
    name = models.CharField("nom du fichier", max_length=120)
    format = models.CharField("format", max_length=8, choices=FileKind.choices)
    content = models.BinaryField("contenu")
    size = models.PositiveIntegerField("taille")
    sha256 = models.CharField("empreinte", max_length=64)
    uploaded_at = models.DateTimeField("déposée le", db_default=models.functions.Now())
    uploaded_by_id = models.BigIntegerField("déposée par", null=True)
    uploaded_by_label = models.CharField("déposée par le rôle", max_length=240)

    objects = DossierPartQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce du dossier de label"
        verbose_name_plural = "pièces du dossier de label"
        ordering = ["dossier", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(format__in=FileKind.values), name="labelattachment_format"),
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=FILE_MAX_BYTES), name="labelattachment_size"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="labelattachment_title"),
        ]

    def __str__(self) -> str:
        return self.title


class LabelStep(models.Model):
    """One step of a dossier: date, author's role, comment. No state changes without it (trigger)."""

    dossier = models.ForeignKey(LabelDossier, models.CASCADE, verbose_name="dossier", related_name="steps")
    key = models.CharField("étape", max_length=32)
    from_state = models.CharField("avant", max_length=12, blank=True, default="")
    to_state = models.CharField("après", max_length=12, choices=S.choices)
    at = models.DateTimeField("le", db_default=models.functions.Now())
    by_id = models.BigIntegerField("par", null=True)
    by_label = models.CharField("par le rôle", max_length=240)
    comment = models.TextField("commentaire", max_length=2000, blank=True, default="")

    objects = DossierPartQuerySet.as_manager()

    class Meta:
        verbose_name = "étape du dossier de label"
        verbose_name_plural = "étapes du dossier de label"
        ordering = ["dossier", "at", "pk"]
        indexes = [models.Index(fields=["dossier", "at"], name="labelstep_dossier")]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.key}"
