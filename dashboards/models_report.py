"""The annual report of a territory (« rapport d’activité annuel » to the CCREFP or CREFOP).

Source: GUIDE, « Outil de suivi et d'auto évaluation »; domain § 8. A signed report is a version that nothing
changes any more, not even the owner of the tables (trigger); a correction is a new version with its reason.
"""

from django.db import models
from django.db.models import Q

from dashboards.enums_report import SIGNED, AnnexFormat, ReportState
from dashboards.querysets_report import PartOfReportQuerySet, ReportQuerySet
from territories.models import Region, Territory

TEXT_MAX = 4_000
ANNEX_MAX_BYTES = 5 * 1024 * 1024
DRAFT = (ReportState.OUVERT, ReportState.COMPLETE)
SENT = (ReportState.TRANSMIS, ReportState.SYNTHETISE)
SHA256 = r"^[0-9a-f]{64}$"


def _dated(step: str, states: tuple[str, ...]) -> Q:
    """The step has its date and its author exactly in these states."""
    done = Q(**{"state__in": states, f"{step}_at__isnull": False}) & ~Q(**{f"{step}_by_label": ""})
    return done | (~Q(state__in=states) & Q(**{f"{step}_at__isnull": True, f"{step}_by_label": ""}))


class AnnualReport(models.Model):
    """One report per territory and year; ``dashboards.workflows.report`` says how it moves.

    Authors are roles (« Coordinateur · Lille »), never a person's name. ``version`` is the last one signed;
    while a correction is written it stays in force and ``correction_reason`` says why another one comes.
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="territoire")
    year = models.PositiveSmallIntegerField("année")
    state = models.CharField("état", max_length=12, choices=ReportState.choices, default=ReportState.OUVERT)
    opened_at = models.DateTimeField("ouvert le", db_default=models.functions.Now())
    opened_by_label = models.CharField("ouvert par", max_length=240)
    changed_at = models.DateTimeField("modifié le", db_default=models.functions.Now())
    completed_at = models.DateTimeField("complété le", null=True, blank=True)
    completed_by_label = models.CharField("complété par", max_length=240, blank=True, default="")
    # What the coordinator states: the day the CTT met, and who says so. Not a person's signature.
    meeting_on = models.DateField("réunion du CTT le", null=True, blank=True)
    signed_at = models.DateTimeField("signé le", null=True, blank=True)
    signed_by_label = models.CharField("signature inscrite par", max_length=240, blank=True, default="")
    transmitted_at = models.DateTimeField("transmis le", null=True, blank=True)
    transmitted_by_label = models.CharField("transmis par", max_length=240, blank=True, default="")
    synthesised_at = models.DateTimeField("synthétisé le", null=True, blank=True)
    synthesised_by_label = models.CharField("synthétisé par", max_length=240, blank=True, default="")
    correction_reason = models.CharField("motif de la correction", max_length=400, blank=True, default="")
    version = models.ForeignKey(
        "ReportVersion",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="version en vigueur",
        related_name="+",
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = "rapport annuel"
        verbose_name_plural = "rapports annuels"
        ordering = ["-year", "territory"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "year"], name="report_one_per_year"),
            models.CheckConstraint(condition=Q(state__in=ReportState.values), name="report_state"),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lte=2100), name="report_year"),
            models.CheckConstraint(
                condition=_dated("completed", (ReportState.COMPLETE, *SIGNED)), name="report_completed"
            ),
            models.CheckConstraint(condition=_dated("signed", SIGNED), name="report_signed"),
            models.CheckConstraint(condition=_dated("transmitted", SENT), name="report_transmitted"),
            models.CheckConstraint(
                condition=_dated("synthesised", (ReportState.SYNTHETISE,)), name="report_synthesised"
            ),
            models.CheckConstraint(
                condition=Q(state__in=SIGNED, meeting_on__isnull=False, version__isnull=False)
                | Q(state__in=DRAFT, meeting_on__isnull=True),
                name="report_signed_has_version",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SIGNED, correction_reason="")
                | Q(state__in=DRAFT, version__isnull=True, correction_reason="")
                | (Q(state__in=DRAFT, version__isnull=False) & ~Q(correction_reason="")),
                name="report_correction_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory_id} {self.year}"

    @property
    def is_open(self) -> bool:
        return self.state == ReportState.OUVERT

    @property
    def is_signed(self) -> bool:
        return self.state in SIGNED

    @property
    def corrects(self) -> bool:
        """True while a new version of a signed report is being written."""
        return not self.is_signed and self.version_id is not None


class ReportComment(models.Model):
    """What the coordinator writes under a section; ``version`` grows at each save, to see a conflict.

    Changed only while the report is open (trigger).
    """

    report = models.ForeignKey(AnnualReport, models.PROTECT, verbose_name="rapport", related_name="comments")
    section = models.CharField("partie", max_length=24)
    text = models.TextField("commentaire", max_length=TEXT_MAX, blank=True)
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_id = models.BigIntegerField("enregistré par", null=True)
    saved_by_label = models.CharField("enregistré par le rôle", max_length=240)

    objects = PartOfReportQuerySet.as_manager()

    class Meta:
        verbose_name = "commentaire du rapport"
        verbose_name_plural = "commentaires du rapport"
        constraints = [
            models.UniqueConstraint(fields=["report", "section"], name="reportcomment_section"),
            models.CheckConstraint(condition=Q(version__gte=1), name="reportcomment_version"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.section}"


class ReportAnnex(models.Model):
    """A file joined to the report. Its content never changes; one that a version holds is only set aside."""

    report = models.ForeignKey(AnnualReport, models.PROTECT, verbose_name="rapport", related_name="annexes")
    title = models.CharField("titre", max_length=120)
    name = models.CharField("nom du fichier", max_length=120)
    format = models.CharField("format", max_length=8, choices=AnnexFormat.choices)
    content = models.BinaryField("contenu")
    size = models.PositiveIntegerField("taille")
    sha256 = models.CharField("empreinte", max_length=64)
    position = models.PositiveSmallIntegerField("rang")
    removed = models.BooleanField("retirée", default=False)
    uploaded_at = models.DateTimeField("déposée le", db_default=models.functions.Now())
    uploaded_by_id = models.BigIntegerField("déposée par", null=True)
    uploaded_by_label = models.CharField("déposée par le rôle", max_length=240)

    objects = PartOfReportQuerySet.as_manager()

    class Meta:
        verbose_name = "annexe du rapport"
        verbose_name_plural = "annexes du rapport"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(format__in=AnnexFormat.values), name="reportannex_format"),
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=ANNEX_MAX_BYTES), name="reportannex_size"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="reportannex_title"),
        ]

    def __str__(self) -> str:
        return self.title


class Frozen(models.Model):
    """A document that never changes again: its bytes, its data, and their fingerprints.

    ``data`` is canonical JSON, so that its fingerprint can be computed again from the row; the database
    checks the three fingerprints itself.
    """

    number = models.PositiveSmallIntegerField("numéro")
    reason = models.CharField("motif de la correction", max_length=400, blank=True, default="")
    pdf = models.BinaryField("document")
    pages = models.PositiveSmallIntegerField("pages")
    workbook = models.BinaryField("classeur des tableaux")
    data = models.TextField("données")
    pdf_sha256 = models.CharField("empreinte du document", max_length=64)
    workbook_sha256 = models.CharField("empreinte du classeur", max_length=64)
    data_sha256 = models.CharField("empreinte des données", max_length=64)
    frozen_at = models.DateTimeField("figée le")
    frozen_by_id = models.BigIntegerField("figée par", null=True)
    frozen_by_label = models.CharField("figée par le rôle", max_length=240)

    class Meta:
        abstract = True


def frozen_rules(name: str) -> list[models.CheckConstraint]:
    """Only the first version has neither parent nor reason; fingerprints are SHA-256 in hexadecimal."""
    return [
        models.CheckConstraint(
            condition=Q(number=1, parent__isnull=True, reason="")
            | (Q(number__gt=1, parent__isnull=False) & ~Q(reason="")),
            name=f"{name}_parent",
        ),
        models.CheckConstraint(
            condition=Q(pdf_sha256__regex=SHA256, workbook_sha256__regex=SHA256, data_sha256__regex=SHA256),
            name=f"{name}_sha256",
        ),
    ]


class ReportVersion(Frozen):
    """A report as the CTT signed it."""

    report = models.ForeignKey(AnnualReport, models.PROTECT, verbose_name="rapport", related_name="versions")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="corrige la version", related_name="+"
    )
    meeting_on = models.DateField("réunion du CTT le")

    objects = PartOfReportQuerySet.as_manager()

    class Meta:
        verbose_name = "version du rapport"
        verbose_name_plural = "versions du rapport"
        ordering = ["report", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="reportversion_number"),
            models.UniqueConstraint(fields=["id", "report"], name="reportversion_id_report"),
            *frozen_rules("reportversion"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} v{self.number}"
