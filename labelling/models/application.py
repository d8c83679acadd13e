"""An application and its parts: sections, place, checklist, progress, partners, files (AMI §2, §3)."""

from django.db import models
from django.db.models import Q

from labelling.enums_ami import (
    ApplicationState,
    CriterionAnswer,
    FileKind,
    SectionKey,
)
from labelling.models.call import AmiCall, AmiCriterion
from labelling.querysets_ami import ApplicationQuerySet, PartQuerySet
from territories.models import Commission, Commune, Organisation, Region, Site, Territory

SECTION_MAX = 12_000
FILE_MAX_BYTES = 10 * 1024 * 1024
S = ApplicationState


class AmiApplication(models.Model):
    """What one porteur proposes for one bassin in one call. ``labelling.workflows.ami`` says how it moves.

    ``number`` (« AMI-2026-019 ») is given at the submission (trigger). ``charges``, ``products``,
    ``region_asked`` and ``fse_asked``, in centimes, follow the budget lines (trigger). Once submitted, the
    budget balances and the Region's share is 80 % of the charges at most (deferred trigger; AMI §5).
    """

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="région")
    call = models.ForeignKey(AmiCall, models.PROTECT, verbose_name="appel", related_name="applications")
    territory = models.ForeignKey(Territory, models.PROTECT, verbose_name="bassin")
    commission = models.ForeignKey(Commission, models.PROTECT, verbose_name="commission")
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="porteur")
    title = models.CharField("nom du projet", max_length=160)
    number = models.CharField("numéro", max_length=24, blank=True, default="")
    state = models.CharField("état", max_length=14, choices=S.choices, default=S.BROUILLON)
    contact_name = models.CharField("fonction de l’interlocuteur", max_length=120, blank=True, default="")
    contact_email = models.EmailField("courriel de l’interlocuteur", blank=True, default="")
    contact_phone = models.CharField("téléphone de l’interlocuteur", max_length=20, blank=True, default="")
    charges = models.BigIntegerField("charges prévisionnelles", default=0)
    products = models.BigIntegerField("produits prévisionnels", default=0)
    region_asked = models.BigIntegerField("demandé à la Région", default=0)
    fse_asked = models.BigIntegerField("demandé au FSE", default=0)
    created_at = models.DateTimeField("ouvert le", db_default=models.functions.Now())
    created_by_label = models.CharField("ouvert par", max_length=240)
    changed_at = models.DateTimeField("modifié le", db_default=models.functions.Now())
    submitted_at = models.DateTimeField("déposé le", null=True, blank=True)
    submitted_by_label = models.CharField("déposé par", max_length=240, blank=True, default="")
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    # The place opened, once it is a Site of the directory.
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, verbose_name="lieu ouvert", related_name="+"
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier de candidature"
        verbose_name_plural = "dossiers de candidature"
        ordering = ["call", "number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "region"], name="amiapplication_id_region"),
            models.UniqueConstraint(fields=["id", "call"], name="amiapplication_id_call"),
            models.UniqueConstraint(
                fields=["call", "territory", "organisation"],
                condition=~Q(state=S.RETIREE),
                name="amiapplication_one_per_bassin",
            ),
            models.UniqueConstraint(
                fields=["call", "number"], condition=~Q(number=""), name="amiapplication_number"
            ),
            models.CheckConstraint(condition=Q(state__in=S.values), name="amiapplication_state"),
            models.CheckConstraint(
                condition=Q(state=S.BROUILLON, submitted_at__isnull=True, number="")
                | Q(state=S.RETIREE)
                | (
                    ~Q(state__in=[S.BROUILLON, S.RETIREE])
                    & Q(submitted_at__isnull=False)
                    & ~Q(number="")
                    & ~Q(submitted_by_label="")
                ),
                name="amiapplication_submitted",
            ),
            models.CheckConstraint(
                condition=~Q(state=S.OUVERTE) | Q(site__isnull=False), name="amiapplication_opened_place"
            ),
            models.CheckConstraint(
                condition=Q(charges__gte=0, products__gte=0, region_asked__gte=0, fse_asked__gte=0),
                name="amiapplication_amounts",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "state"], name="amiapplication_call_state"),
            models.Index(fields=["organisation"], name="amiapplication_body"),
        ]

    def __str__(self) -> str:
        return self.number or self.title


class AmiSection(models.Model):
    """One of the seven texts; ``version`` grows at each save, to see a conflict between two writers."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="sections"
    )
    key = models.CharField("partie", max_length=16, choices=SectionKey.choices)
    text = models.TextField("texte", max_length=SECTION_MAX, blank=True)
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_id = models.BigIntegerField("enregistré par", null=True)
    saved_by_label = models.CharField("enregistré par le rôle", max_length=240)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "partie du dossier"
        verbose_name_plural = "parties du dossier"
        constraints = [
            models.UniqueConstraint(fields=["application", "key"], name="amisection_key"),
            models.CheckConstraint(condition=Q(key__in=SectionKey.values), name="amisection_keys"),
            models.CheckConstraint(condition=Q(version__gte=1), name="amisection_version"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.key}"


class AmiPlace(models.Model):
    """The place proposed: one of the directory, or a new one with its address and its week.

    ``slots``: [[weekday, start, end, walk_in], …], minutes since midnight, as ``OpeningSlot``.
    """

    application = models.OneToOneField(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="place", primary_key=True
    )
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, verbose_name="lieu existant", related_name="+"
    )
    name = models.CharField("nom du lieu", max_length=160, blank=True, default="")
    address = models.CharField("adresse", max_length=200, blank=True, default="")
    complement = models.CharField("complément d’adresse", max_length=200, blank=True, default="")
    postcode = models.CharField("code postal", max_length=5, blank=True, default="")
    commune = models.ForeignKey(
        Commune, models.PROTECT, null=True, blank=True, verbose_name="commune", related_name="+"
    )
    phone = models.CharField("téléphone", max_length=20, blank=True, default="")
    email = models.EmailField("courriel", blank=True, default="")
    website = models.URLField("site", blank=True, default="")
    accessibility = models.CharField("accessibilité", max_length=200, blank=True, default="")
    slots = models.JSONField("horaires", default=list)
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_label = models.CharField("enregistré par le rôle", max_length=240)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "lieu proposé"
        verbose_name_plural = "lieux proposés"

    def __str__(self) -> str:
        return self.name or str(self.site_id)


class AmiAttachment(models.Model):
    """A file of the application, kept as checked bytes; never run, never shown inline."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="attachments"
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

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ["application", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "application"], name="amiattachment_id_application"),
            models.CheckConstraint(condition=Q(format__in=FileKind.values), name="amiattachment_format"),
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=FILE_MAX_BYTES), name="amiattachment_size"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="amiattachment_title"),
        ]

    def __str__(self) -> str:
        return self.title


class AmiCriterionAnswer(models.Model):
    """The porteur's answer to one line of the checklist, with what proves it."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="answers"
    )
    call = models.ForeignKey(AmiCall, models.PROTECT, verbose_name="appel")
    criterion = models.ForeignKey(AmiCriterion, models.PROTECT, verbose_name="critère", related_name="+")
    answer = models.CharField("réponse", max_length=10, choices=CriterionAnswer.choices)
    evidence = models.CharField("élément de preuve", max_length=600, blank=True, default="")
    attachment = models.ForeignKey(
        AmiAttachment, models.SET_NULL, null=True, blank=True, verbose_name="pièce", related_name="+"
    )
    version = models.PositiveIntegerField("numéro d’enregistrement", default=1)
    saved_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    saved_by_label = models.CharField("enregistré par le rôle", max_length=240)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "réponse à un critère"
        verbose_name_plural = "réponses aux critères"
        constraints = [
            models.UniqueConstraint(fields=["application", "criterion"], name="amianswer_once"),
            models.CheckConstraint(condition=Q(answer__in=CriterionAnswer.values), name="amianswer_answer"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.criterion_id} {self.answer}"


class AmiProgressLine(models.Model):
    """Situation initiale > objectif > moyens > échéance (AMI §2, démarche de progrès)."""

    application = models.ForeignKey(
        AmiApplication, models.CASCADE, verbose_name="dossier", related_name="progress"
    )
    position = models.PositiveSmallIntegerField("rang")
    initial = models.CharField("situation initiale", max_length=400)
    target = models.CharField("objectif", max_length=400)
    means = models.CharField("moyens", max_length=400, blank=True, default="")
    due_on = models.DateField("échéance", null=True, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = "ligne de progrès"
        verbose_name_plural = "tableau de progrès"
        ordering = ["application", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "application"], name="amiprogress_id_application"),
            models.CheckConstraint(
                condition=~Q(initial="") & ~Q(target=""), name="amiprogress_initial_and_target"
            ),
        ]

    def __str__(self) -> str:
        return self.target
