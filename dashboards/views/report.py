"""The annual report of a territory: read, written as it is typed, previewed, moved through its procedure."""

import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards.documents.report_drawn import DrawnSection, draw_document
from dashboards.documents.report_pdf import colour_of, ground_for
from dashboards.jobs_report import REPORT_PDF, REPORT_SIGN
from dashboards.models import AnnualReport, ReportAnnex, ReportVersion
from dashboards.permissions import Perm
from dashboards.report_sections import BY_KEY, OPINION, PARTS
from dashboards.services import report as service
from dashboards.services.report_comments import Saved, comments_of, save_comment, writable
from dashboards.services.report_compose import document_of
from dashboards.services.report_freeze import prepare_signature
from dashboards.services.report_material import gather
from dashboards.views.report_saving import answer, box
from dashboards.workflows import report as flow
from spo_portal.kernel import jobs
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from territories.access import Actor, can, get_visible_or_404, guarded
from territories.models import Territory


def place_and_report(actor: Actor, pk: int, year: int) -> tuple[Territory, AnnualReport | None]:
    """The territory the actor steers and its report of the year, if it was started; otherwise a 404."""
    territory = get_visible_or_404(Territory.objects.steered_by(actor).select_related("region"), actor, pk=pk)
    if year not in service.years_offered():
        raise Http404("Cette année n’a pas de rapport.")
    rows = AnnualReport.objects.visible_to(actor).filter(territory=territory, year=year)
    return territory, rows.select_related("territory", "region").first()


def started(actor: Actor, pk: int, year: int) -> AnnualReport:
    territory, report = place_and_report(actor, pk, year)
    if report is None:
        raise Http404(f"Le rapport {year} de {territory.name} n’est pas commencé.")
    return report


@guarded(Perm.READ_REPORT)
@require_safe
def latest(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The report of last year until it is signed, then the one of this year."""
    actor = request.actor  # type: ignore[attr-defined]
    year = timezone.localdate().year
    _, past = place_and_report(actor, pk, year - 1)
    return redirect("territoire_rapport", pk=pk, year=year - 1 if past and not past.is_signed else year)


@guarded(Perm.WRITE_REPORT)
@require_POST
def start(request: HttpRequest, pk: int, year: int) -> HttpResponseBase:
    """Start the report of a year; a second click finds it started."""
    actor = request.actor  # type: ignore[attr-defined]
    territory, _ = place_and_report(actor, pk, year)
    service.open_report(by=actor, territory=territory, year=year)
    return redirect("territoire_rapport", pk=pk, year=year)


@guarded(Perm.READ_REPORT)
@require_safe
def report(request: HttpRequest, pk: int, year: int) -> HttpResponseBase:
    """One page: every part with its figures beside its comment."""
    actor = request.actor  # type: ignore[attr-defined]
    territory, found = place_and_report(actor, pk, year)
    context = _context(actor, territory, year, found)
    writes = can(actor, Perm.WRITE_REPORT) and found is not None
    boxes = []
    saved: dict[str, Saved] = context["comments"]  # type: ignore[assignment]
    for section in context["sections"]:  # type: ignore[attr-defined]
        part = BY_KEY[section.key]
        shown = None
        if found is not None and writes and part.takes_comment and writable(found, part.key):
            shown = box(part, reverse("rapport_partie", args=[pk, year, part.key]), saved.get(part.key))
        boxes.append((section, part, shown))
    context |= {
        "parts": boxes,
        "moves": _moves(actor, found),
        "done": service.completeness_of([key for key, one in saved.items() if one.text]),
        "may_open": can(actor, Perm.WRITE_REPORT),
        "versions": _versions(actor, found),
        "years": service.years_offered()[:6],
        "steps": _steps(found),
    }
    return render(request, "dashboards/rapport.html", context)


@guarded(Perm.WRITE_REPORT)
@require_POST
def comment(request: HttpRequest, pk: int, year: int, partie: str) -> HttpResponseBase:
    """Save one comment as it is typed, or by its button."""
    actor = request.actor  # type: ignore[attr-defined]
    found = started(actor, pk, year)
    part = BY_KEY.get(partie)
    if part is None or not part.takes_comment:
        raise Http404("Cette partie du rapport n’existe pas.")

    def save(text: str, seen: int) -> Saved:
        return save_comment(by=actor, report=found, section=part.key, text=text, seen=seen)

    url = reverse("rapport_partie", args=[pk, year, partie])
    return answer(request, part, url, reverse("territoire_rapport", args=[pk, year]), save)


@guarded(Perm.READ_REPORT)
@require_safe
def preview(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """The whole report as a page to read or to print, as the PDF would say it."""
    actor = request.actor  # type: ignore[attr-defined]
    territory, found = place_and_report(actor, pk, year)
    return render(request, "dashboards/rapport_apercu.html", _context(actor, territory, year, found))


@guarded(Perm.READ_REPORT)
@require_POST
def draft(request: HttpRequest, pk: int, year: int) -> HttpResponseBase:
    """Ask for the PDF of the draft: prepared apart, followed on its own page."""
    actor = request.actor  # type: ignore[attr-defined]
    territory, _ = place_and_report(actor, pk, year)
    try:
        job = jobs.enqueue(
            by=actor,
            kind=REPORT_PDF,
            title=f"Projet de rapport {year}, {territory.name}",
            params={"territoire": territory.pk, "annee": year},
            total=2,
            tenant_id=territory.pk,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("territoire_rapport", pk=pk, year=year)
    return redirect("travail", cle=job.uuid)


@guarded(Perm.WRITE_REPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, year: int, etape: str) -> HttpResponseBase:
    """What a move does, then the move itself."""
    actor = request.actor  # type: ignore[attr-defined]
    found = started(actor, pk, year)
    move = flow.MOVES.get(etape)
    if move is None or move is flow.SYNTHESISE:
        raise Http404("Cette étape n’existe pas.")
    back = reverse("territoire_rapport", args=[pk, year])
    saved = comments_of(by=actor, report=found).get(OPINION)
    context = {
        "report": found,
        "move": move,
        "back": back,
        "signs": move is flow.SIGN,
        "corrects": move is flow.CORRECT,
        "late": found.state not in move.sources,
        "opinion": saved.text if saved else "",
        "seen": saved.version if saved else 0,
        "today": timezone.localdate(),
        "typed": {},
    }
    if request.method != "POST":
        return render(request, "dashboards/rapport_etape.html", context)
    try:
        if move is flow.SIGN:
            return _sign(request, actor, found)
        service.move(by=actor, report=found, key=move.key, reason=request.POST.get("motif", ""))
    except PortalError as refusal:
        field = getattr(refusal, "field", None) or ""
        context |= {"error": str(refusal), "field": field, "typed": request.POST}
        return render(
            request,
            "dashboards/rapport_etape.html",
            context,
            status=409 if isinstance(refusal, Conflict) else 422,
        )
    messages.success(request, f"C’est fait : le rapport {year} est « {move.target.label.lower()} ».")
    return redirect(back)


def _sign(request: HttpRequest, actor: Actor, found: AnnualReport) -> HttpResponseBase:
    """Write the opinion down, then ask the worker for the signed version: the state follows the document."""
    seen = request.POST.get("version", "0")
    day, mark = prepare_signature(
        by=actor,
        report=found,
        meeting_on=_day(request.POST.get("reunion", "")),
        opinion=request.POST.get("avis", ""),
        seen=int(seen) if seen.isascii() and seen.isdigit() else 0,
    )
    job = jobs.enqueue(
        by=actor,
        kind=REPORT_SIGN,
        title=f"Rapport {found.year} signé, {found.territory.name}",
        params={"rapport": found.pk, "reunion": day.isoformat(), "contenu": mark},
        total=3,
        tenant_id=found.territory_id,
    )
    return redirect("travail", cle=job.uuid)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _context(actor: Actor, territory: Territory, year: int, found: AnnualReport | None) -> dict[str, object]:
    comments = comments_of(by=actor, report=found) if found else {}
    rows = ReportAnnex.objects.visible_to(actor).filter(report=found, removed=False) if found else None
    annexes = list(rows.without_bytes()) if rows is not None else []
    document = document_of(gather(by=actor, territory=territory, year=year), comments, annexes)
    ground, names = ground_for(by=actor, region=territory.region)
    sections: list[DrawnSection] = draw_document(
        document, colour=colour_of(territory.region), ground=ground, names=names, screen=True
    )
    return {
        "territory": territory,
        "year": year,
        "report": found,
        "document": document,
        "sections": sections,
        "comments": comments,
        "annexes": annexes,
        "writes": bool(found and found.is_open and can(actor, Perm.WRITE_REPORT)),
        "all_parts": PARTS,
    }


def _moves(actor: Actor, found: AnnualReport | None) -> list[flow.Move]:
    if found is None:
        return []
    allowed = flow.allowed(found.state)
    return [move for move in allowed if move is not flow.SYNTHESISE and can(actor, move.permission)]


def _versions(actor: Actor, found: AnnualReport | None) -> list[ReportVersion]:
    if found is None:
        return []
    return list(ReportVersion.objects.visible_to(actor).filter(report=found).without_bytes())


def _steps(found: AnnualReport | None) -> list[tuple[str, object, str, str]]:
    """The five steps with their date and author: (label, date, author, kind: done, now or to come)."""
    if found is None:
        return []
    steps = [
        ("ouvert", "Ouvert", found.opened_at, found.opened_by_label),
        ("complete", "Complété", found.completed_at, found.completed_by_label),
        ("signe", "Signé par le CTT", found.signed_at, found.signed_by_label),
        ("transmis", "Transmis", found.transmitted_at, found.transmitted_by_label),
        ("synthetise", "Synthétisé", found.synthesised_at, found.synthesised_by_label),
    ]
    reached = [key for key, *_ in steps].index(found.state)
    kinds = ["fait" if n < reached else "ici" if n == reached else "apres" for n in range(len(steps))]
    return [(label, date, who, kind) for (_, label, date, who), kind in zip(steps, kinds, strict=True)]
