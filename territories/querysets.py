"""What each actor may see of the app's tables: the first lock, before row-level security."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from territories.access import Actor
    from territories.models import Territory


class TenantQuerySet(models.QuerySet):
    """Rows that belong to a region and are read by everyone who works there."""

    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(region_id__in=actor.scope.wide)

    def for_region(self, region_id: int) -> Self:
        """System code only: every row of one region."""
        return self.filter(region_id=region_id)

    def for_system(self) -> Self:
        """System code only (commands, worker): row-level security still asks for the system scope."""
        return self.all()


class TerritoryQuerySet(TenantQuerySet):
    def steered_by(self, actor: "Actor") -> Self:
        """Territories whose figures the actor reads."""
        return self.filter(id__in=actor.scope.tenant)


class CommuneQuerySet(TenantQuerySet):
    pass


class SiteQuerySet(TenantQuerySet):
    def for_territory(self, territory: "Territory | int") -> Self:
        return self.filter(territory=territory)

    def open_to_public(self) -> Self:
        return self.filter(active=True)

    def can_be_suggested(self) -> Self:
        """Networks and partners « destinataires », never a training body (independence, domain § 4).

        A network's place that is a partner « prescripteur » only is not suggested either.
        """
        return self.open_to_public().filter(
            Q(reseau__isnull=False, direction="") | Q(direction__in=["destinataire", "les_deux"]),
            organisation__is_training_body=False,
        )


class SiteSearchQuerySet(TenantQuerySet):
    def can_be_suggested(self) -> Self:
        """The same places as ``SiteQuerySet.can_be_suggested`` (a test compares them)."""
        return self.filter(
            Q(network__isnull=False, direction="") | Q(direction__in=["destinataire", "les_deux"]),
            active=True,
            training=False,
        )


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Mandates of the actor's own area: same site, same territory, or the region it leads."""
        scope = actor.scope
        return self.filter(
            Q(user_id=actor.user_id)
            | Q(site_id__in=scope.unit)
            | Q(territory_id__in=scope.tenant)
            | Q(region_id__in=scope.lead)
        )

    def officers_known_to(self, actor: "Actor") -> Self:
        """Chargés de mission of the region: public officers one writes a project with (domain § 2)."""
        return self.filter(role="charge_mission", region_id__in=actor.scope.wide)

    def of_same_body(self, actor: "Actor") -> Self:
        """Mandates of one's own organisation, or of one's own commission."""
        return self.filter(Q(organisation_id__in=actor.scope.body) | Q(commission_id__in=actor.scope.board))

    def of_user(self, user_id: int) -> Self:
        """The account's own mandates, before any acting role is chosen."""
        return self.filter(user_id=user_id)

    def in_force(self) -> Self:
        """Mandates running today, Europe/Paris."""
        from django.utils import timezone

        today = timezone.localdate()
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)

    def for_system(self) -> Self:
        return self.all()


class InvitationQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        scope = actor.scope
        return self.filter(
            Q(site_id__in=scope.unit)
            | Q(territory_id__in=scope.tenant)
            | Q(region_id__in=scope.lead)
            | Q(organisation_id__in=scope.body)
        )

    def by_token(self, token_hash: str) -> Self:
        """The invitation a link proves; row-level security checks the same hash."""
        return self.filter(token_hash=token_hash)

    def for_system(self) -> Self:
        return self.all()


class DirectoryImportQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Files of the territories one keeps, and those of the region one runs."""
        scope = actor.scope
        whole_region = Q(territory__isnull=True, region_id__in=scope.lead)
        return self.filter(Q(territory_id__in=scope.tenant) | whole_region)

    def for_system(self) -> Self:
        return self.all()


class ShareQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """One's own shares, and those given within the area one runs or for the organisation one acts for."""
        scope = actor.scope
        return self.filter(
            Q(user_id=actor.user_id)
            | Q(territory_id__in=scope.tenant)
            | Q(region_id__in=scope.lead)
            | Q(organisation_id__in=scope.body)
        )

    def in_force(self) -> Self:
        """Not withdrawn, not over."""
        from django.utils import timezone

        return self.filter(withdrawn_at=None, until__gt=timezone.now())

    def for_system(self) -> Self:
        return self.all()
