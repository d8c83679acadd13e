"""Technical tables: audit trail, outbox, heartbeat, throttle. No foreign key leaves this module."""

from django.db import models


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
