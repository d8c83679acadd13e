"""What each actor may see of the calls for interest: the first lock, before row-level security (domain § 7).

A porteur reads the files of its organisation; a named person those shared with them; a scorer those
confided; a commission those of its bassins, once submitted; the Region all, without the content of a draft;
the staff of a bassin the projects selected there.
"""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast, Now

from labelling.enums_ami import ApplicationState, AssignmentState, CallState
from territories.enums import Role

if TYPE_CHECKING:
    from territories.access import Actor

AFTER_SELECTION = (
    ApplicationState.RETENUE,
    ApplicationState.CONVENTIONNEE,
    ApplicationState.OUVERTE,
)
VIEW, CHANGE = "view_amiapplication", "change_amiapplication"


def is_region(actor: "Actor") -> bool:
    return actor.scope.system or actor.role == Role.REGION


def shared_with(actor: "Actor", *permissions: str, key: str = "pk", body: str = "organisation_id") -> Exists:
    """A share in force of this application with the actor's account, given by the application's own body."""
    from territories.models import Share

    return Exists(
        Share.objects.filter(
            user_id=actor.user_id,
            content_type__app_label="labelling",
            content_type__model="amiapplication",
            object_id=Cast(OuterRef(key), CharField()),
            organisation_id=OuterRef(body),
            permission__in=permissions,
            withdrawn_at=None,
            until__gt=Now(),
        )
    )


def confided_to(actor: "Actor", *, key: str = "pk") -> Exists:
    """The actor scores this application."""
    from labelling.models import AmiAssignment

    return Exists(
        AmiAssignment.objects.filter(application_id=OuterRef(key), scorer_id=actor.user_id).exclude(
            state__in=[AssignmentState.RECUSEE, AssignmentState.RETIREE]
        )
    )


class CallQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """The Region sees its calls being written; everybody else those that are out."""
        if actor.scope.system:
            return self.all()
        out = self.exclude(state=CallState.BROUILLON)
        if actor.role == Role.REGION:
            return self.filter(region_id__in=actor.scope.lead)
        return out.filter(region_id__in=actor.scope.wide)

    def public(self) -> Self:
        """Calls that anybody may read: out, and not cancelled in silence."""
        return self.exclude(state=CallState.BROUILLON)

    def for_system(self) -> Self:
        return self.all()


class PartOfCallQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        from labelling.models import AmiCall

        return self.filter(call__in=AmiCall.objects.visible_to(actor))

    def public(self) -> Self:
        return self.exclude(call__state=CallState.BROUILLON)

    def for_system(self) -> Self:
        return self.all()


class QuestionQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Answered ones for all, one's own, and every one for the Region."""
        from labelling.models import AmiCall

        rows = Q(answered_at__isnull=False) | Q(asked_by_id=actor.user_id)
        if is_region(actor):
            return self.filter(call__in=AmiCall.objects.visible_to(actor))
        return self.filter(rows, call__in=AmiCall.objects.visible_to(actor))

    def public(self) -> Self:
        return self.filter(answered_at__isnull=False).exclude(call__state=CallState.BROUILLON)

    def for_system(self) -> Self:
        return self.all()


class RegionQuerySet(models.QuerySet):
    """Rows of the Region's own work, that nobody else reads (scenarios)."""

    def visible_to(self, actor: "Actor") -> Self:
        if actor.scope.system:
            return self.all()
        return self.filter(region_id__in=actor.scope.lead) if actor.role == Role.REGION else self.none()

    def for_system(self) -> Self:
        return self.all()


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Files whose existence the actor knows. The content of a draft is narrower: ``readable_by``."""
        return self.filter(self._rows(actor, drafts_of_region=True))

    def readable_by(self, actor: "Actor") -> Self:
        """Files whose content the actor reads: the Region reads no draft it was not named on."""
        return self.filter(self._rows(actor, drafts_of_region=False))

    def writable_by(self, actor: "Actor") -> Self:
        """Files the actor writes: those of its organisation, and those shared for writing."""
        if actor.scope.system:
            return self.all()
        own = Q(organisation_id__in=actor.scope.body)
        return self.filter(own | Q(shared_with(actor, CHANGE)) if actor.user_id else own)

    def of_body(self, actor: "Actor") -> Self:
        """Files of the organisation the actor acts for."""
        return self.filter(organisation_id__in=actor.scope.body)

    def _rows(self, actor: "Actor", *, drafts_of_region: bool) -> Q:
        if actor.scope.system:
            return Q()
        scope = actor.scope
        submitted = ~Q(state=ApplicationState.BROUILLON)
        rows = Q(organisation_id__in=scope.body) | (Q(commission_id__in=scope.board) & submitted)
        # Each clause is also a clause of row security, planned again for every part of a file: those that can
        # add no row to what the role reads already are left out.
        if actor.role == Role.REGION:
            lead = Q(region_id__in=scope.lead)
            if drafts_of_region:
                return rows | lead
            rows |= lead & submitted
        else:
            rows |= Q(territory_id__in=scope.tenant, state__in=AFTER_SELECTION)
        if actor.role == Role.CHARGE_MISSION:
            rows |= Q(confided_to(actor)) & submitted
        if actor.user_id:
            rows |= Q(shared_with(actor, VIEW, CHANGE))
        return rows

    def for_system(self) -> Self:
        return self.all()


class PartQuerySet(models.QuerySet):
    """Parts of an application: read with its content."""

    def visible_to(self, actor: "Actor") -> Self:
        from labelling.models import AmiApplication

        return self.filter(application__in=AmiApplication.objects.readable_by(actor))

    def for_system(self) -> Self:
        return self.all()


class ContributionQuerySet(PartQuerySet):
    def by_token(self, token_hash: str) -> Self:
        """The contribution a partner's link proves; row-level security checks the same hash."""
        return self.filter(token_hash=token_hash)


class EligibilityQuerySet(PartQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """The findings are the Region's; the porteur reads those of a file declared irrecevable."""
        rows = super().visible_to(actor)
        if actor.scope.system or inside(actor):
            return rows
        return rows.filter(application__state=ApplicationState.IRRECEVABLE)


class StepQuerySet(PartQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """The porteur and its co-writers read the steps they were told."""
        rows = super().visible_to(actor)
        return rows if actor.scope.system or inside(actor) else rows.filter(told_at__isnull=False)


def inside(actor: "Actor") -> bool:
    """Those who instruct and deliberate read steps, avis and decisions before publication."""
    return actor.role in (Role.REGION, Role.MEMBRE_COMMISSION)
