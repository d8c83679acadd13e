"""Keys that let a program read what a mandate reads: never more, never longer than a year."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from territories.models import Membership, User

if TYPE_CHECKING:
    from territories.access import Actor

LONGEST = datetime.timedelta(days=366)


class ApiTokenQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """One's own tokens, whatever the acting role: nobody lists somebody else's."""
        return self.filter(user_id=actor.user_id) if actor.user_id else self.none()

    def by_token(self, token_hash: str) -> Self:
        """The one token whose secret was shown; row-level security asks for the same hash."""
        return self.filter(token_hash=token_hash)

    def for_system(self) -> Self:
        return self.all()


class ApiToken(models.Model):
    """A secret held by a program that reads figures with the scope of one mandate, at most for a year.

    Only a keyed hash of the secret is stored; ``prefix`` is what a list may show. ``last_used_on`` is a day,
    never an hour: it says that a token serves, not when somebody works.
    """

    user = models.ForeignKey(User, models.CASCADE, verbose_name="compte", related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, verbose_name="mandat", related_name="+")
    name = models.CharField("nom", max_length=80)
    token_hash = models.CharField("empreinte du jeton", max_length=64, unique=True)
    prefix = models.CharField("début du jeton", max_length=12)
    created_at = models.DateTimeField("créé le", db_default=models.functions.Now())
    expires_at = models.DateTimeField("valable jusqu’au")
    last_used_on = models.DateField("dernier usage", null=True)
    revoked_at = models.DateTimeField("révoqué le", null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "jeton"
        verbose_name_plural = "jetons"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(token_hash__regex="^[0-9a-f]{64}$"),  # noqa: S106 - the shape of a hash
                name="token_hash_only",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + LONGEST),
                name="token_dates",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                name="token_revoked_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
