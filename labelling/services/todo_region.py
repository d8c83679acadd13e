"""What waits for the Region in the calls for interest, from the accounts to the payments (domain § 7).

Many files at the same step are one line, with their number: the list of the call opens on them.
"""

import datetime
from collections.abc import Iterable
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import (
    ApplicationState,
    AssignmentState,
    CallState,
    FollowUpState,
    ProofState,
    RegistrationState,
    SessionState,
)
from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiCall,
    AmiFollowUp,
    AmiInstalment,
    AmiPublicityProof,
    AmiQuestion,
    AmiRegistration,
    AmiSession,
)
from labelling.services.todo import MOST, Item, day, register
from spo_portal.kernel.typography import counted
from territories.access import Actor
from territories.enums import Role

S = ApplicationState
ACCOUNTS, CALLS, FILES, SESSIONS, AFTER = (
    "Comptes",
    "Appels",
    "Instruction et décision",
    "Séances",
    "Conventions et suivi",
)
AHEAD = datetime.timedelta(days=30)


def _files(count: int, rest: str) -> str:
    return f"{counted(count, 'dossier')} {rest}"


@register
def requests(by: Actor) -> Iterable[Item]:
    """Accounts asked for a known organisation."""
    if by.role != Role.REGION:
        return
    rows = AmiRegistration.objects.visible_to(by).filter(state=RegistrationState.ATTENTE)
    count = rows.count()
    if count:
        yield Item(
            what=f"Répondre à {counted(count, 'demande de compte', 'demandes de compte')}",
            about="Des organisations déjà connues du portail",
            url=reverse("ami_equipe"),
            group=ACCOUNTS,
        )


@register
def calls(by: Actor) -> Iterable[Item]:
    """Calls being written, and questions to answer before the deadline."""
    if by.role != Role.REGION:
        return
    for call in AmiCall.objects.visible_to(by).filter(state=CallState.BROUILLON)[:MOST]:
        yield Item(
            what="Publier l’appel en préparation",
            about=call.title,
            url=reverse("ami_appel", args=[call.pk]),
            due=call.opens_at,
            group=CALLS,
        )
    asked = AmiQuestion.objects.visible_to(by).filter(answered_at=None, call__state=CallState.OUVERT)
    for row in asked.order_by().values("call_id", "call__title", "call__closes_at").annotate(n=Count("pk")):
        yield Item(
            what=f"Répondre à {counted(row['n'], 'question')}",
            about=row["call__title"],
            url=reverse("ami_appel", args=[row["call_id"]]),
            due=row["call__closes_at"],
            group=CALLS,
        )


@register
def files(by: Actor) -> Iterable[Item]:
    """Files at each step that waits for the Region, one line per call and step."""
    if by.role != Role.REGION:
        return
    confided = AmiAssignment.objects.visible_to(by).filter(application_id=OuterRef("pk"))
    running = confided.filter(state__in=[AssignmentState.ATTENDUE, AssignmentState.DONNEE])
    awaited = confided.filter(state=AssignmentState.ATTENDUE)
    rows = (
        AmiApplication.objects.visible_to(by)
        .exclude(state__in=[S.BROUILLON, S.RETIREE, S.NON_RETENUE, S.IRRECEVABLE, S.OUVERTE])
        .annotate(confided=Exists(running), awaited=Exists(awaited))
        .order_by()
        .values("call_id", "call__title", "state", "confided", "awaited")
        .annotate(n=Count("pk"))
    )
    for row in sorted(rows, key=lambda r: (r["call_id"], str(r["state"]))):
        what = _step(row["state"], row["n"], confided=row["confided"], awaited=row["awaited"])
        if what:
            page = reverse("ami_dossiers_appel", args=[row["call_id"]])
            query = urlencode({"etat": row["state"]})
            yield Item(what=what, about=row["call__title"], url=f"{page}?{query}", group=FILES)


def _step(state: str, count: int, *, confided: bool, awaited: bool) -> str:
    if state == S.DEPOSEE:
        return f"Examiner la recevabilité : {_files(count, 'en attente')}"
    if state == S.RECEVABLE and not confided:
        return f"Désigner les noteurs : {_files(count, 'sans noteur')}"
    if state == S.RECEVABLE and not awaited:
        return f"Clore l’instruction : {_files(count, 'sans note attendue')}"
    if state == S.INSTRUITE:
        return f"Recueillir l’avis de la commission : {_files(count, 'en attente')}"
    if state == S.AVIS_RENDU:
        return f"Décider : {_files(count, 'en attente')}"
    if state == S.DECIDEE:
        return f"Publier les décisions : {_files(count, 'en attente')}"
    if state == S.RETENUE:
        return f"Établir la convention : {_files(count, 'en attente')}"
    if state == S.CONVENTIONNEE:
        return f"Ouvrir le lieu : {_files(count, 'en attente')}"
    return ""


@register
def sessions(by: Actor) -> Iterable[Item]:
    """Sessions to convene, to hold, whose minutes are to be finished."""
    if by.role != Role.REGION:
        return
    words = {
        SessionState.PREPAREE: "Convoquer la séance",
        SessionState.CONVOQUEE: "Tenir la séance",
        SessionState.TENUE: "Faire approuver le procès-verbal",
    }
    rows = AmiSession.objects.visible_to(by).filter(state__in=list(words)).defer("minutes_pdf")
    for row in rows.select_related("commission").order_by("starts_at")[:MOST]:
        held = row.state == SessionState.TENUE
        yield Item(
            what=words[SessionState(row.state)],
            about=row.title,
            url=reverse("ami_seance", args=[row.pk]),
            due=None if held else row.starts_at,
            group=SESSIONS,
        )


@register
def after(by: Actor) -> Iterable[Item]:
    """Reports and proofs to check, payments that are due."""
    if by.role != Role.REGION:
        return
    reports = AmiFollowUp.objects.visible_to(by).filter(state=FollowUpState.REMIS)
    for row in reports.select_related("application")[:MOST]:
        yield Item(
            what=f"Relire le bilan {row.year}",
            about=row.application.title,
            url=reverse("ami_suivi", args=[row.application_id]),
            group=AFTER,
        )
    late = AmiFollowUp.objects.visible_to(by).filter(
        state__in=[FollowUpState.ATTENDU, FollowUpState.A_REPRENDRE], due_on__lt=timezone.localdate()
    )
    for row in late.select_related("application")[:MOST]:
        yield Item(
            what=f"Relancer le porteur : bilan {row.year} en retard",
            about=row.application.title,
            url=reverse("ami_suivi", args=[row.application_id]),
            due=day(row.due_on),
            group=AFTER,
        )
    proofs = AmiPublicityProof.objects.visible_to(by).filter(state=ProofState.DEPOSEE)
    grouped = proofs.order_by().values("application_id", "application__title").annotate(n=Count("pk"))
    for found in grouped[:MOST]:
        yield Item(
            what=f"Vérifier {counted(found['n'], 'preuve de publicité', 'preuves de publicité')}",
            about=found["application__title"],
            url=reverse("ami_publicite", args=[found["application_id"]]),
            group=AFTER,
        )
    due = AmiInstalment.objects.visible_to(by).filter(
        Q(paid_on=None, convention__signed_on__isnull=False, due_on__lte=timezone.localdate() + AHEAD)
    )
    for row in due.exclude(application__state=S.RETIREE).select_related("application")[:MOST]:
        yield Item(
            what=f"Verser « {row.label} »",
            about=row.application.title,
            url=reverse("ami_convention", args=[row.application_id]),
            due=day(row.due_on),
            group=AFTER,
        )
