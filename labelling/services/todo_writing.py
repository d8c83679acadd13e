"""What waits for porteurs, co-writers, scorers and members of commissions (domain § 7)."""

from collections.abc import Iterable

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import (
    ApplicationState,
    AssignmentState,
    CallState,
    ContributionState,
    FollowUpState,
    Presence,
    ProofState,
    SessionState,
)
from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiComplement,
    AmiContribution,
    AmiFollowUp,
    AmiPublicityProof,
    AmiSession,
    AmiSessionMember,
)
from labelling.services.partners import OVER
from labelling.services.todo import MOST, Item, day, register
from spo_portal.kernel.typography import counted
from territories.access import Actor
from territories.enums import Role

C = ContributionState
FILES, PARTNERS, NOTES, SESSIONS = "Vos dossiers", "Partenaires", "Notes à donner", "Séances"


@register
def drafts(by: Actor) -> Iterable[Item]:
    """Files still written, of calls still open."""
    rows = AmiApplication.objects.writable_by(by).filter(
        state=ApplicationState.BROUILLON, call__state=CallState.OUVERT, call__closes_at__gte=timezone.now()
    )
    for row in rows.select_related("call", "territory")[:MOST] if by.user_id else ():
        yield Item(
            what="Compléter et déposer le dossier",
            about=f"{row.title}, bassin {row.territory.name}",
            url=reverse("ami_dossier", args=[row.pk]),
            due=row.call.closes_at,
            group=FILES,
        )


@register
def complements(by: Actor) -> Iterable[Item]:
    """Complements asked of the files one writes, not answered, not too late."""
    rows = AmiComplement.objects.visible_to(by).filter(
        answered_at=None,
        closed_at=None,
        deadline__gte=timezone.now(),
        application__in=AmiApplication.objects.writable_by(by),
    )
    for row in rows.select_related("application")[:MOST]:
        yield Item(
            what="Répondre à la demande de complément",
            about=row.application.title,
            url=reverse("ami_dossier", args=[row.application_id]),
            due=row.deadline,
            group=FILES,
        )


@register
def partners(by: Actor) -> Iterable[Item]:
    """Partners not invited yet, or whose link has expired, file by file; those who declined, in a draft."""
    expired = Q(state=C.INVITEE, expires_at__lte=timezone.now())
    rows = AmiContribution.objects.visible_to(by).filter(
        application__in=AmiApplication.objects.writable_by(by).exclude(state__in=OVER)
    )
    found = (
        rows.order_by()
        .values("application_id", "application__title", "application__call__closes_at", "application__state")
        .annotate(
            fresh=Count("pk", filter=Q(state=C.A_INVITER)),
            dead=Count("pk", filter=expired),
            no=Count("pk", filter=Q(state=C.DECLINEE)),
        )
    )
    for row in found[:MOST]:
        draft = row["application__state"] == ApplicationState.BROUILLON
        said = [
            counted(n, one, many)
            for n, one, many in (
                (row["fresh"], "partenaire à inviter", "partenaires à inviter"),
                (row["dead"], "lien périmé à renvoyer", "liens périmés à renvoyer"),
                (row["no"] if draft else 0, "contribution déclinée", "contributions déclinées"),
            )
            if n
        ]
        if said:
            yield Item(
                what="Obtenir la réponse des partenaires : " + ", ".join(said),
                about=row["application__title"],
                url=reverse("ami_partenaires", args=[row["application_id"]]),
                due=row["application__call__closes_at"] if draft else None,
                group=PARTNERS,
            )


@register
def follow_ups(by: Actor) -> Iterable[Item]:
    """Yearly reports expected from one's organisation, once their year has begun, or sent back to it."""
    rows = AmiFollowUp.objects.visible_to(by).filter(
        state__in=[FollowUpState.ATTENDU, FollowUpState.A_REPRENDRE],
        year__lte=timezone.localdate().year,
        application__in=AmiApplication.objects.of_body(by),
    )
    for row in rows.select_related("application")[:MOST]:
        again = row.state == FollowUpState.A_REPRENDRE
        yield Item(
            what=f"{'Reprendre' if again else 'Remettre'} le bilan {row.year}",
            about=row.application.title,
            url=reverse("ami_suivi", args=[row.application_id]),
            due=day(row.due_on),
            group=FILES,
        )


@register
def proofs(by: Actor) -> Iterable[Item]:
    """Proofs of publicity the Region refused."""
    rows = AmiPublicityProof.objects.visible_to(by).filter(
        state=ProofState.REFUSEE, application__in=AmiApplication.objects.of_body(by)
    )
    for row in rows.defer("content").select_related("application")[:MOST]:
        yield Item(
            what=f"Remplacer la preuve de publicité refusée, « {row.title} »",
            about=row.application.title,
            url=reverse("ami_publicite", args=[row.application_id]),
            group=FILES,
        )


@register
def notes(by: Actor) -> Iterable[Item]:
    """Files confided to the actor, not noted yet."""
    rows = AmiAssignment.objects.visible_to(by).filter(
        scorer_id=by.user_id or 0,
        state=AssignmentState.ATTENDUE,
        application__state=ApplicationState.RECEVABLE,
    )
    for row in rows.select_related("application__territory")[:MOST]:
        yield Item(
            what=f"Noter le dossier {row.application.number}",
            about=f"{row.application.title}, bassin {row.application.territory.name}",
            url=reverse("ami_noter", args=[row.application_id]),
            due=row.due_at,
            group=NOTES,
        )


@register
def convened(by: Actor) -> Iterable[Item]:
    """Sessions one is convened to and did not answer or that come soon."""
    if by.role != Role.MEMBRE_COMMISSION:
        return
    rows = AmiSessionMember.objects.visible_to(by).filter(
        user_id=by.user_id or 0,
        session__state=SessionState.CONVOQUEE,
        session__starts_at__gte=timezone.now(),
    )
    for row in rows.exclude(presence=Presence.EXCUSE).select_related("session__commission")[:MOST]:
        yield Item(
            what="Lire les dossiers de la séance, dire si vous serez présent",
            about=f"{row.session.title}, {row.session.place}",
            url=reverse("ami_seance", args=[row.session_id]),
            due=row.session.starts_at,
            group=SESSIONS,
        )


@register
def minutes(by: Actor) -> Iterable[Item]:
    """Minutes that wait for the approval of one's commission."""
    if by.role != Role.MEMBRE_COMMISSION:
        return
    rows = AmiSession.objects.visible_to(by).filter(state=SessionState.TENUE).defer("minutes_pdf")
    for row in rows.select_related("commission")[:MOST]:
        yield Item(
            what="Approuver le procès-verbal",
            about=row.title,
            url=reverse("ami_seance", args=[row.pk]),
            group=SESSIONS,
        )
