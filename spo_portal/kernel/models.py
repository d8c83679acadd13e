"""Technical tables: trail, outbox, heartbeat, throttle, jobs, files. No foreign key leaves this module."""

import uuid
from typing import Protocol, Self

from django.db import models

from spo_portal.kernel.enums import JobState


class AuditEvent(models.Model):
    """Who did what, when, in which role.

    Written only by :func:`spo_portal.kernel.audit.record`; kept 36 months.
    """

    at = models.DateTimeField("date", db_default=models.functions.Now(), db_index=True)
    actor_id = models.BigIntegerField("compte", null=True)
    acting_role = models.CharField("rôle", max_length=32, blank=True)
    membership_id = models.BigIntegerField("mandat", null=True)
    action = models.CharField("action", max_length=64)
    object_type = models.CharField("objet", max_length=48)
    object_id = models.CharField("identifiant", max_length=64)
    tenant_id = models.BigIntegerField("rattachement", null=True, db_index=True)
    unit_id = models.BigIntegerField("lieu", null=True)
    data = models.JSONField("détails", default=dict)

    class Meta:
        verbose_name = "événement d’audit"
        verbose_name_plural = "événements d’audit"

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class OutboxEvent(models.Model):
    """Message of record: written in the transaction of its cause, handled once by the worker.

    Holds ids only.
    """

    created_at = models.DateTimeField("date", db_default=models.functions.Now())
    kind = models.CharField("nature", max_length=64)
    tenant_id = models.BigIntegerField("rattachement", null=True)
    payload = models.JSONField("identifiants", default=dict)
    attempts = models.PositiveSmallIntegerField("essais", db_default=0, default=0)
    not_before = models.DateTimeField("pas avant", null=True)
    done_at = models.DateTimeField("traité le", null=True)
    failed_at = models.DateTimeField("abandonné le", null=True)
    error = models.CharField("erreur", max_length=200, blank=True, db_default="")

    class Meta:
        verbose_name = "message en attente"
        verbose_name_plural = "messages en attente"
        indexes = [
            models.Index(
                "id", name="outbox_pending", condition=models.Q(done_at__isnull=True, failed_at__isnull=True)
            ),
            models.Index("tenant_id", name="outbox_pending_tenant", condition=models.Q(done_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Heartbeat(models.Model):
    """Last sign of life of a background process, on the database's clock."""

    name = models.CharField("processus", max_length=32, primary_key=True)
    seen_at = models.DateTimeField("vu le")

    class Meta:
        verbose_name = "signe de vie"
        verbose_name_plural = "signes de vie"

    def __str__(self) -> str:
        return self.name


class Throttle(models.Model):
    """Attempts counted per bucket and window; in PostgreSQL, so that emptying Redis reopens nothing."""

    bucket = models.CharField("compteur", max_length=120)
    window = models.BigIntegerField("fenêtre")
    attempts = models.PositiveIntegerField("essais")
    expires_at = models.DateTimeField("expire le", db_index=True)

    class Meta:
        verbose_name = "compteur d’essais"
        verbose_name_plural = "compteurs d’essais"
        constraints = [models.UniqueConstraint(fields=["bucket", "window"], name="throttle_bucket_window")]

    def __str__(self) -> str:
        return self.bucket


class _Reader(Protocol):
    @property
    def user_id(self) -> int | None: ...


class OwnedQuerySet(models.QuerySet):
    """Rows that belong to one account: nobody else's are ever shown, whatever the role."""

    def visible_to(self, actor: _Reader) -> Self:
        return self.filter(person_id=actor.user_id) if actor.user_id else self.none()

    def for_system(self) -> Self:
        """Every row: work of the portal itself, under the system scope."""
        return self.all()


class GeneratedFile(models.Model):
    """A file made by a job for one account, erased 24 hours later.

    Without ``completed_at`` it is still being written, and nobody reads it.
    """

    uuid = models.UUIDField("identifiant", default=uuid.uuid4, unique=True, editable=False)
    person_id = models.BigIntegerField("compte")
    name = models.CharField("nom du fichier", max_length=160)
    content_type = models.CharField("format", max_length=120)
    size = models.BigIntegerField("taille", default=0, db_default=0)
    sha256 = models.CharField("empreinte", max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField("date", db_default=models.functions.Now())
    completed_at = models.DateTimeField("écrit le", null=True)
    expires_at = models.DateTimeField("effacé le", db_index=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier préparé"
        verbose_name_plural = "fichiers préparés"
        constraints = [
            models.CheckConstraint(
                name="file_complete_has_fingerprint",
                condition=models.Q(completed_at__isnull=True) | models.Q(sha256__regex="^[0-9a-f]{64}$"),
            )
        ]

    def __str__(self) -> str:
        return self.name


class FileChunk(models.Model):
    """A piece of a generated file, one megabyte at most: neither writer nor reader holds the whole."""

    file = models.ForeignKey(
        GeneratedFile, on_delete=models.CASCADE, verbose_name="fichier", related_name="chunks"
    )
    position = models.PositiveIntegerField("rang")
    content = models.BinaryField("contenu")

    class Meta:
        verbose_name = "morceau de fichier"
        verbose_name_plural = "morceaux de fichiers"
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="file_chunk_position")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.position}"


class Job(models.Model):
    """Long work asked from a screen. The table is the queue: a row is the message, Redis rings the bell.

    ``params`` holds ids and codes only; ``error`` the kind of an error, never its text (it may quote a row).
    """

    uuid = models.UUIDField("identifiant", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("nature", max_length=64)
    title = models.CharField("titre", max_length=200)
    params = models.JSONField("paramètres", default=dict)
    person_id = models.BigIntegerField("compte")
    membership_id = models.BigIntegerField("mandat", null=True)
    tenant_id = models.BigIntegerField("rattachement", null=True)
    state = models.CharField(
        "état", max_length=12, choices=JobState.choices, default=JobState.ATTENTE, db_default=JobState.ATTENTE
    )
    done = models.PositiveIntegerField("fait", default=0, db_default=0)
    total = models.PositiveIntegerField("à faire", default=0, db_default=0)
    step = models.CharField("étape", max_length=200, blank=True, default="", db_default="")
    attempts = models.PositiveSmallIntegerField("essais", default=0, db_default=0)
    error = models.CharField("erreur", max_length=80, blank=True, default="", db_default="")
    mail_wanted = models.BooleanField("prévenir par courriel", default=False, db_default=False)
    cancel_requested = models.BooleanField("annulation voulue", default=False, db_default=False)
    retry_requested = models.BooleanField("relance voulue", default=False, db_default=False)
    lease_until = models.DateTimeField("tenu jusqu’à", null=True)
    created_at = models.DateTimeField("enregistré le", db_default=models.functions.Now())
    started_at = models.DateTimeField("commencé le", null=True)
    finished_at = models.DateTimeField("fini le", null=True)
    file_name = models.CharField("nom du fichier", max_length=160, blank=True, default="", db_default="")
    result = models.OneToOneField(
        GeneratedFile, on_delete=models.SET_NULL, null=True, verbose_name="fichier", related_name="job"
    )

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        indexes = [
            models.Index(
                "created_at",
                "id",
                name="job_queue",
                condition=models.Q(state__in=["attente", "en_cours"]) | models.Q(retry_requested=True),
            ),
            models.Index("person_id", models.F("created_at").desc(), name="job_of_person"),
        ]
        constraints = [
            models.CheckConstraint(name="job_state_known", condition=models.Q(state__in=JobState.values)),
            models.CheckConstraint(
                name="job_running_has_lease",
                condition=models.Q(state="en_cours", lease_until__isnull=False, started_at__isnull=False)
                | (~models.Q(state="en_cours") & models.Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_ended_has_date",
                condition=models.Q(state__in=["attente", "en_cours"], finished_at__isnull=True)
                | models.Q(state__in=["fini", "annule", "echoue"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_failed_says_why",
                condition=~models.Q(state="echoue") | ~models.Q(error=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state in JobState.ended()

    @property
    def may_cancel(self) -> bool:
        return not self.is_over and not self.cancel_requested

    @property
    def may_retry(self) -> bool:
        """Failed or cancelled; a finished one may be done again too, once its file is gone."""
        return self.is_over and not self.retry_requested and self.state != JobState.FINI
