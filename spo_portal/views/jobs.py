"""« Mes documents »: long work one has asked for, how far it is, and the files it made, kept 24 hours."""

import hashlib
import json
import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from spo_portal.kernel import audit, jobs
from spo_portal.kernel.enums import JobState
from spo_portal.kernel.errors import Conflict
from spo_portal.kernel.htmx import page_or_fragment
from spo_portal.kernel.http import stream
from spo_portal.kernel.models import GeneratedFile, Job
from spo_portal.kernel.typography import counted
from territories.access import Actor, get_visible_or_404, logged_in

PER_PAGE = 20
OWN = "Ses propres travaux : la base ne montre que ceux du compte connecté."
_TONES = {JobState.FINI: "ok", JobState.ECHOUE: "error", JobState.EN_COURS: "info"}


@require_GET
@logged_in(OWN)
def documents(request: HttpRequest) -> HttpResponse:
    """All one's jobs of the last thirty days, newest first, each with its state and its file."""
    actor = request.actor  # type: ignore[attr-defined]
    found = Job.objects.visible_to(actor).order_by("-created_at", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page", "1")[:9])
    files = {
        file.pk: file
        for file in GeneratedFile.objects.visible_to(actor).filter(pk__in=[job.result_id for job in page])
    }
    rows = [_row(job, files.get(job.result_id)) for job in page]
    return render(request, "jobs/liste.html", {"page": page, "rows": rows})


@require_GET
@logged_in(OWN)
def job(request: HttpRequest, cle: uuid.UUID) -> HttpResponse:
    """One job. Its own page asks again every two seconds while it runs; nothing new answers 204."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Job.objects.all(), actor, uuid=cle)
    row = _row(found, GeneratedFile.objects.visible_to(actor).filter(pk=found.result_id).first())
    seen = request.GET.get("vu", "")
    if seen and request.headers.get("HX-Request") == "true":
        # The page asks, not the person: a shared desk falls asleep all the same.
        request.by_itself = True  # type: ignore[attr-defined]
        if seen == row["seen"]:
            return HttpResponse(status=204)
    context = {**row, "live": bool(seen)}
    return page_or_fragment(request, "jobs/travail.html", "jobs/partials/_travail.html", context)


@require_POST
@logged_in(OWN)
def cancel(request: HttpRequest, cle: uuid.UUID) -> HttpResponseBase:
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Job.objects.all(), actor, uuid=cle)
    try:
        jobs.cancel(by=actor, job=found)
        messages.success(request, "Annulation enregistrée : le travail s’arrête à sa prochaine étape.")
    except Conflict as refused:
        messages.error(request, str(refused))
    return redirect("travail", cle=cle)


@require_POST
@logged_in(OWN)
def retry(request: HttpRequest, cle: uuid.UUID) -> HttpResponseBase:
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Job.objects.all(), actor, uuid=cle)
    try:
        jobs.retry(by=actor, job=found)
        messages.success(request, "Le travail reprend du début.")
    except Conflict as refused:
        messages.error(request, str(refused))
    return redirect("travail", cle=cle)


@require_GET
@logged_in("Le lien désigne un fichier de ce compte, et de lui seul.")
def download(request: HttpRequest, jeton: str) -> HttpResponseBase:
    """The file a link names, to its owner; expired, altered or somebody else's: one page says what to do."""
    actor = request.actor  # type: ignore[attr-defined]
    key = jobs.open_link(jeton, person_id=actor.user_id)
    file = GeneratedFile.objects.visible_to(actor).filter(uuid=key).first() if key else None
    if file is None or not _still_held(actor, file):
        return render(request, "jobs/perdu.html", status=404)
    audit.record(
        "jobs.file_downloaded",
        by=actor,
        object_type="file",
        object_id=file.uuid,
        tenant_id=actor.territory_id,
        unit_id=actor.site_id,
        data={"size": file.size, "sha256": file.sha256},
    )
    response = stream(
        actor.scope, lambda: jobs.pieces(file), content_type=file.content_type, filename=file.name
    )
    response.headers["Content-Length"] = str(file.size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _still_held(actor: Actor, file: GeneratedFile) -> bool:
    """What a mandate gave is read under it: once it has ended, its files are closed like its pages."""
    job = Job.objects.visible_to(actor).filter(result=file).first()
    mandates = {m.pk for m in (actor.membership, *actor.others) if m is not None}
    return job is not None and (job.membership_id is None or job.membership_id in mandates)


def _row(found: Job, file: GeneratedFile | None) -> dict[str, object]:
    """What the screens say of a job. ``seen`` changes with what is shown: the page asks for news of it."""
    expired = found.state == JobState.FINI and bool(found.file_name) and file is None
    state = JobState(found.state)
    label, tone = str(state.label), _TONES.get(state, "plain")
    if not found.is_over and found.cancel_requested:
        label, tone = "Annulation en cours", "warn"
    elif found.is_over and found.retry_requested:
        label, tone = "En attente", "plain"
    active = not found.is_over or found.retry_requested
    shown = [label, found.done, found.total, found.step, found.error, file is not None, found.attempts]
    return {
        "job": found,
        "file": file,
        "link": jobs.sign(file) if file else "",
        "label": label,
        "tone": tone,
        "active": active,
        "running": active and state == JobState.EN_COURS,
        "expired": expired and active is False,
        "progress": f"{found.done} sur {found.total}" if found.total else "",
        "why": jobs.explain(found.error) if state == JobState.ECHOUE and not active else "",
        "again": "Refaire" if state == JobState.FINI else "Relancer",
        "may_retry": found.may_retry or (expired and not active),
        "said": _said(found, label, file),
        "seen": hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16],
    }


def _said(found: Job, label: str, file: GeneratedFile | None) -> str:
    """One sentence for who listens to the page rather than looks at it."""
    if file is not None:
        return f"{label} : {file.name} est prêt."
    if found.is_over:
        return f"{label}."
    step = f" {found.step}." if found.step else ""
    done = f" {counted(found.done, 'étape faite', 'étapes faites')} sur {found.total}." if found.total else ""
    return f"{label}.{step}{done}"
