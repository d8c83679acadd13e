"""Who reads notes, sessions, avis, decisions and coverage, and from when (domain § 7)."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from labelling.enums_ami import AssignmentState
from labelling.querysets_ami import PartQuerySet, inside
from territories.enums import Role

if TYPE_CHECKING:
    from territories.access import Actor


class AssignmentQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """One's own, and for the Region all of them: who scores what, never which score."""
        if actor.scope.system:
            return self.all()
        rows = Q(scorer_id=actor.user_id)
        if actor.role == Role.REGION:
            rows |= Q(region_id__in=actor.scope.lead)
        return self.filter(rows)

    def for_system(self) -> Self:
        return self.all()


class ScoreSheetQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """One's own; the others' once one's own is given; all of them once the instruction is closed.

        Every mean, rank, spread, count or export starts from here, and so tells nothing before its time.
        """
        from labelling.models import AmiAssignment

        if actor.scope.system:
            return self.all()
        mine = AmiAssignment.objects.filter(
            application_id=OuterRef("application_id"), scorer_id=actor.user_id
        )
        rows = Q(scorer_id=actor.user_id) | (
            Q(given_at__isnull=False) & Q(Exists(mine.filter(state=AssignmentState.DONNEE)))
        )
        released = Q(released_at__isnull=False) & ~Q(Exists(mine.filter(state=AssignmentState.RECUSEE)))
        if actor.role == Role.REGION:
            rows |= released & Q(region_id__in=actor.scope.lead)
        rows |= released & Q(application__commission_id__in=actor.scope.board)
        return self.filter(rows)

    def for_system(self) -> Self:
        return self.all()


class ScoreQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        from labelling.models import AmiScoreSheet

        return self.filter(sheet__in=AmiScoreSheet.objects.visible_to(actor))

    def for_system(self) -> Self:
        return self.all()


class SessionQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """The Region's, and those of the commission one sits in."""
        if actor.scope.system:
            return self.all()
        rows = Q(commission_id__in=actor.scope.board)
        if actor.role == Role.REGION:
            rows |= Q(region_id__in=actor.scope.lead)
        return self.filter(rows)

    def for_system(self) -> Self:
        return self.all()


class PartOfSessionQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        from labelling.models import AmiSession

        return self.filter(session__in=AmiSession.objects.visible_to(actor))

    def for_system(self) -> Self:
        return self.all()


class PublishedLaterQuerySet(PartQuerySet):
    """Avis: read by who instructs and deliberates; by all who read the file once published."""

    def visible_to(self, actor: "Actor") -> Self:
        rows = super().visible_to(actor)
        return rows if actor.scope.system or inside(actor) else rows.filter(published_at__lte=Now())


class DecisionQuerySet(PublishedLaterQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """A commission reads the decisions once published; the Region from the start."""
        rows = PartQuerySet.visible_to(self, actor)
        if actor.scope.system or actor.role == Role.REGION:
            return rows
        return rows.filter(published_at__lte=Now())


class CoverageQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """The Region, the animation and the commissions see how far each bassin is, not whose draft."""
        if actor.scope.system:
            return self.all()
        if actor.role in (Role.REGION, Role.ANIMATION, Role.MEMBRE_COMMISSION):
            return self.filter(region_id__in=actor.scope.wide)
        return self.none()

    def for_system(self) -> Self:
        return self.all()
