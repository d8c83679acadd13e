"""The regional synthesis: written by the animation, quoting the reports, frozen, read by the staff of the
region.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards.documents.report_drawn import draw_document
from dashboards.documents.report_pdf import colour_of, ground_for
from dashboards.jobs_report import SYNTHESIS
from dashboards.models import Synthesis, SynthesisVersion
from dashboards.permissions import Perm
from dashboards.report_sections import SYNTHESIS_BY_KEY
from dashboards.services import synthesis as service
from dashboards.services.report import years_offered
from dashboards.services.report_comments import Saved, save_synthesis_comment, synthesis_comments
from dashboards.services.synthesis_compose import compose_synthesis
from dashboards.views.report_saving import answer, box
from spo_portal.kernel import jobs
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from territories.access import Actor, can, guarded
from territories.models import Region

STEPS = {
    "figer": (
        "Figer la synthèse",
        "La synthèse est figée avec les chiffres et les rapports du moment : une version numérotée "
        "que plus personne "
        "ne peut modifier. Les rapports transmis deviennent « synthétisés ».",
    ),
    "corriger": (
        "Corriger par une nouvelle version",
        "La version figée reste lisible et reste en vigueur. La synthèse se rouvre ; elle devra "
        "être figée de nouveau.",
    ),
}


def _find(actor: Actor, year: int) -> Synthesis | None:
    if year not in years_offered() or actor.region_id is None:
        raise Http404("Cette année n’a pas de synthèse.")
    rows = Synthesis.objects.visible_to(actor).filter(region_id=actor.region_id, year=year)
    return rows.select_related("region").first()


def _started(actor: Actor, year: int) -> Synthesis:
    found = _find(actor, year)
    if found is None:
        raise Http404("La synthèse de cette année n’est pas commencée.")
    return found


@guarded(Perm.SYNTHESISE)
@require_POST
def start(request: HttpRequest, year: int) -> HttpResponseBase:
    """Start the synthesis of a year; a second click finds it started."""
    actor = request.actor  # type: ignore[attr-defined]
    _find(actor, year)
    service.open_synthesis(by=actor, region=Region.objects.get(pk=actor.region_id), year=year)
    return redirect("synthese_regionale", year=year)


@guarded(Perm.READ_SYNTHESIS)
@require_safe
def page(request: HttpRequest, year: int) -> HttpResponseBase:
    """The synthesis being written, for the region; its frozen versions, for the staff of the region."""
    actor = request.actor  # type: ignore[attr-defined]
    found = _find(actor, year)
    context: dict[str, object] = {
        "year": year,
        "years": years_offered()[:6],
        "synthesis": found,
        "may_write": can(actor, Perm.SYNTHESISE),
        "reads_work": can(actor, Perm.READ_REPORTS),
        "versions": [],
        "parts": [],
        "excerpts": [],
    }
    if found is not None:
        rows = SynthesisVersion.objects.visible_to(actor).filter(synthesis=found)
        context["versions"] = list(rows.without_bytes())
    if found is not None and context["reads_work"]:
        writes = found.is_open and can(actor, Perm.SYNTHESISE)
        context |= {"parts": _parts(actor, found, writes), "writes": writes}
        context["excerpts"] = service.excerpts(by=actor, synthesis=found)
    return render(request, "dashboards/synthese.html", context)


def _parts(actor: Actor, found: Synthesis, writes: bool) -> list[tuple[object, object]]:
    ground, names = ground_for(by=actor, region=found.region)
    document = compose_synthesis(by=actor, synthesis=found)
    drawn = draw_document(document, colour=colour_of(found.region), ground=ground, names=names, screen=True)
    saved = synthesis_comments(by=actor, synthesis=found)
    parts = []
    for section in drawn:
        part = SYNTHESIS_BY_KEY[section.key]
        shown = None
        if writes and part.takes_comment:
            shown = box(part, reverse("synthese_partie", args=[found.year, part.key]), saved.get(part.key))
        parts.append((section, shown))
    return parts


@guarded(Perm.SYNTHESISE)
@require_POST
def comment(request: HttpRequest, year: int, partie: str) -> HttpResponseBase:
    """Save one comment of the animation as it is typed, or by its button."""
    actor = request.actor  # type: ignore[attr-defined]
    found = _started(actor, year)
    part = SYNTHESIS_BY_KEY.get(partie)
    if part is None or not part.takes_comment:
        raise Http404("Cette partie de la synthèse n’existe pas.")

    def save(text: str, seen: int) -> Saved:
        return save_synthesis_comment(by=actor, synthesis=found, section=part.key, text=text, seen=seen)

    return answer(
        request,
        part,
        reverse("synthese_partie", args=[year, partie]),
        reverse("synthese_regionale", args=[year]),
        save,
    )


@guarded(Perm.SYNTHESISE)
@require_POST
def quotes(request: HttpRequest, year: int) -> HttpResponseBase:
    """Keep the excerpts ticked, and no other."""
    actor = request.actor  # type: ignore[attr-defined]
    try:
        count = service.choose_quotes(
            by=actor, synthesis=_started(actor, year), keys=request.POST.getlist("extraits")
        )
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Extraits à citer : {count}.")
    return redirect(f"{reverse('synthese_regionale', args=[year])}#extraits")


@guarded(Perm.READ_REPORTS)
@require_POST
def draft(request: HttpRequest, year: int) -> HttpResponseBase:
    """Ask for the PDF of the synthesis as it stands."""
    actor = request.actor  # type: ignore[attr-defined]
    return _ask(request, actor, _started(actor, year), freezing=False)


@guarded(Perm.SYNTHESISE)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, year: int, etape: str) -> HttpResponseBase:
    """Freeze, or open again by a correction: what it does is said before."""
    actor = request.actor  # type: ignore[attr-defined]
    found = _started(actor, year)
    if etape not in STEPS:
        raise Http404("Cette étape n’existe pas.")
    label, effect = STEPS[etape]
    back = reverse("synthese_regionale", args=[year])
    context = {
        "synthesis": found,
        "label": label,
        "effect": effect,
        "back": back,
        "corrects": etape == "corriger",
        "late": found.is_open == (etape == "corriger"),
        "signed": service.reports_signed(by=actor, region_id=found.region_id, year=year),
    }
    if request.method != "POST":
        return render(request, "dashboards/synthese_etape.html", context)
    try:
        if etape == "figer":
            if not found.is_open:
                raise Conflict("Cette synthèse est déjà figée.")
            return _ask(request, actor, found, freezing=True)
        service.correct(by=actor, synthesis=found, reason=request.POST.get("motif", ""))
    except PortalError as refusal:
        context |= {"error": str(refusal), "reason": request.POST.get("motif", "")}
        status = 409 if isinstance(refusal, Conflict) else 422
        return render(request, "dashboards/synthese_etape.html", context, status=status)
    messages.success(request, "La synthèse est rouverte : sa prochaine version dira pourquoi.")
    return redirect(back)


def _ask(request: HttpRequest, actor: Actor, found: Synthesis, *, freezing: bool) -> HttpResponseBase:
    word = "figée" if freezing else "(projet)"
    try:
        job = jobs.enqueue(
            by=actor,
            kind=SYNTHESIS,
            title=f"Synthèse régionale {found.year} {word}, {found.region.name}",
            params={"synthese": found.pk, "figer": freezing},
            total=3,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("synthese_regionale", year=found.year)
    return redirect("travail", cle=job.uuid)
