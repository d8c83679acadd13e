"""The simulator: scenarios of a call side by side, one of them open to be written."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labelling.forms.scenarios import Lines, NameForm
from labelling.models import AmiCall, AmiScenario
from labelling.permissions import Perm
from labelling.services import scenarios as service
from labelling.services.coverage import draw_coverage
from labelling.services.simulation import Board, View, board_of, view_of
from labelling.views.decision import refuse, trail
from spo_portal.kernel.errors import Conflict, PortalError
from spo_portal.kernel.http import whole_number
from spo_portal.kernel.typography import counted
from territories.access import Actor, get_visible_or_404, guarded

ACTS = {
    "copier": ("Copier le scénario", "Copier"),
    "renommer": ("Renommer le scénario", "Renommer"),
    "adopter": ("Reprendre ces montants comme proposition", "Reprendre ces montants"),
    "supprimer": ("Supprimer le scénario", "Supprimer"),
}
NAMED = ("copier", "renommer")


def the_call(actor: Actor, pk: int) -> AmiCall:
    return get_visible_or_404(AmiCall.objects.select_related("region"), actor, pk=pk)


def the_scenario(actor: Actor, call: AmiCall, pk: int) -> AmiScenario:
    return get_visible_or_404(AmiScenario.objects.select_related("call__region"), actor, pk=pk, call=call)


@guarded(Perm.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def simulator(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All the scenarios of a call; a name posted adds an empty one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = the_call(actor, pk)
    form = NameForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = service.create_scenario(by=actor, call=call, name=form.cleaned_data["nom"])
            except PortalError as refusal:
                status = refuse(form, refusal)
            else:
                messages.success(request, f"Scénario « {made.name} » créé : cochez les dossiers à retenir.")
                return redirect("ami_scenario", pk, made.pk)
    context = _board_context(actor, board_of(actor, call)) | {"form": form}
    return render(request, "labelling/simulateur.html", context, status=status)


def _board_context(actor: Actor, board: Board, view: View | None = None) -> dict[str, object]:
    chosen = _chosen(board, view.lines) if view else set()
    coverage = board.coverage.choosing(chosen)
    return {
        "appel": board.call,
        "tableau": board,
        "vue": view,
        "couverture": coverage,
        "couverture_carte": draw_coverage(actor, coverage, ident="carte-simulateur", names=False),
        "libres": sum(not one.decided for one in board.files),
        "fil": trail(board.call, ("Simulateur", "")),
    }


def _chosen(board: Board, lines: dict[int, int]) -> set[int]:
    return {one.application.territory_id for one in board.files if one.application.pk in lines}


@guarded(Perm.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def scenario(request: HttpRequest, pk: int, scenario: int) -> HttpResponseBase:
    """One scenario: tick files, type amounts. « Recalculer » shows the result, « Enregistrer » keeps it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = the_call(actor, pk)
    found = the_scenario(actor, call, scenario)
    board = board_of(actor, call)
    view = next(one for one in board.scenarios if one.scenario.pk == found.pk)
    if request.method != "POST":
        return _edit(request, actor, board, view, Lines.of(board.files, view.lines))
    lines = Lines.typed(board.files, request.POST)
    wanted = lines.read()
    shown = view_of(view.scenario, wanted, board.files, board.coverage, board.envelope)
    if request.headers.get("HX-Request") == "true" and "enregistrer" not in request.POST:
        context = _board_context(actor, board, shown)
        return render(request, "labelling/partials/_scenario_resultat.html", context)
    if lines.errors or "enregistrer" not in request.POST:
        return _edit(request, actor, board, shown, lines, status=422 if lines.errors else 200)
    seen = request.POST.get("vu", "")
    try:
        service.save_lines(by=actor, scenario=found, lines=wanted, seen=whole_number(seen))
    except PortalError as refusal:
        fresh = board_of(actor, call)
        other = next((one for one in fresh.scenarios if one.scenario.pk == found.pk), None)
        if other is None:
            messages.error(request, str(refusal))
            return redirect("ami_simulateur", pk)
        clash = isinstance(refusal, Conflict)
        return _edit(
            request,
            actor,
            fresh,
            view_of(other.scenario, wanted, fresh.files, fresh.coverage, fresh.envelope),
            Lines.typed(fresh.files, request.POST),
            stored=other if clash else None,
            said=str(refusal),
            status=409 if clash else 422,
        )
    messages.success(request, f"Scénario « {found.name} » enregistré. Il ne décide de rien.")
    return redirect("ami_scenario", pk, scenario)


def _edit(
    request: HttpRequest,
    actor: Actor,
    board: Board,
    view: View,
    lines: Lines,
    *,
    stored: View | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    context = _board_context(actor, board, view) | {
        "lignes": lines,
        "enregistre": stored,
        "garde": _stored(board, stored) if stored else [],
        "dit": said,
        "actes": [
            ("copier", "Copier"),
            ("renommer", "Renommer"),
            ("adopter", "Reprendre comme proposition"),
            ("supprimer", "Supprimer"),
        ],
        "fixes": [one for one in board.files if one.decided],
        "fil": trail(
            board.call,
            ("Simulateur", reverse("ami_simulateur", args=[board.call.pk])),
            (view.scenario.name, ""),
        ),
    }
    return render(request, "labelling/scenario.html", context, status=status)


def _stored(board: Board, view: View) -> list[tuple[str, int]]:
    """What the other officer saved, to be read beside what is typed here."""
    return [
        (f"{one.application.number}, {one.application.territory.name}", view.lines[one.application.pk])
        for one in board.files
        if one.application.pk in view.lines
    ]


@guarded(Perm.DECIDE)
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Add the scenario the portal computes."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = the_call(actor, pk)
    try:
        made = service.save_proposal(by=actor, call=call)
    except PortalError as refusal:
        messages.error(request, str(refusal))
        return redirect("ami_simulateur", pk)
    messages.success(request, "Proposition calculée. Elle ne décide de rien : relisez-la.")
    return redirect("ami_scenario", pk, made.pk)


@guarded(Perm.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, scenario: int, acte: str) -> HttpResponseBase:
    """Copy, rename, adopt or remove a scenario: each asked once, on its own page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if acte not in ACTS:
        raise Http404("Cet acte n’existe pas.")
    call = the_call(actor, pk)
    found = the_scenario(actor, call, scenario)
    name = f"{found.name} (copie)"[: service.NAME_MAX] if acte == "copier" else found.name
    form = NameForm(
        request.POST if request.method == "POST" else None, initial={"nom": name, "vu": found.version}
    )
    if acte not in NAMED:
        form.fields["nom"].required = False
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            typed = form.cleaned_data
            try:
                words, target = _do(actor, found, acte, typed["nom"], typed["vu"] or 0)
            except PortalError as refusal:
                status = refuse(form, refusal)
            else:
                messages.success(request, words)
                return redirect(target)
    board = board_of(actor, call)
    title, button = ACTS[acte]
    simulator_url = reverse("ami_simulateur", args=[pk])
    back = reverse("ami_scenario", args=[pk, scenario])
    context = {
        "appel": call,
        "scenario": found,
        "vue": next((one for one in board.scenarios if one.scenario.pk == found.pk), None),
        "libres": sum(not one.decided for one in board.files),
        "acte": acte,
        "nomme": acte in NAMED,
        "titre": title,
        "bouton": button,
        "form": form,
        "back": back,
        "fil": trail(call, ("Simulateur", simulator_url), (found.name, back), (title, "")),
    }
    return render(request, "labelling/scenario_acte.html", context, status=status)


def _do(actor: Actor, found: AmiScenario, acte: str, name: str, seen: int) -> tuple[str, str]:
    """Do it; returns what to say and where to go."""
    page = reverse("ami_scenario", args=[found.call_id, found.pk])
    if acte == "copier":
        made = service.copy_scenario(by=actor, scenario=found, name=name)
        return f"Scénario « {made.name} » créé.", reverse("ami_scenario", args=[found.call_id, made.pk])
    if acte == "renommer":
        service.rename_scenario(by=actor, scenario=found, name=name, seen=seen)
        return "Scénario renommé.", page
    if acte == "adopter":
        count = service.adopt_scenario(by=actor, scenario=found, seen=seen)
        said = f"Montants repris comme proposition sur {counted(count, 'dossier')}. Rien n’est décidé."
        return said, page
    service.delete_scenario(by=actor, scenario=found, seen=seen)
    return f"Scénario « {found.name} » supprimé.", reverse("ami_simulateur", args=[found.call_id])
