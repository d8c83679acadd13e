"""The grid of a scorer: a draft kept while it is filled, then given; abstention; conflict of interest."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from labelling.enums_ami import ApplicationState, AssignmentState
from labelling.forms.instruction import GridForm, ReasonForm
from labelling.models import AmiApplication, AmiAssignment
from labelling.permissions import Perm
from labelling.services import ranking, scoring
from labelling.services.conflicts import strong
from labelling.services.scoring import Note
from labelling.views.instruction_file import GET_POST, add_refusal, file_of
from labelling.views.instruction_head import instruction_context
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, get_visible_or_404, guarded

S = AssignmentState


def confided(request: HttpRequest, pk: int) -> tuple[AmiApplication, AmiAssignment]:
    """A file confided to the actor; the same 404 for any other file, whether it exists or not."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    assignment = get_visible_or_404(
        AmiAssignment.objects.filter(scorer_id=by.user_id).exclude(state__in=[S.RECUSEE, S.RETIREE]),
        by,
        application_id=pk,
    )
    return file_of(request, pk), assignment


def expected(application: AmiApplication, assignment: AmiAssignment) -> bool:
    """A note may be written now."""
    return assignment.state == S.ATTENDUE and application.state == ApplicationState.RECEVABLE


@guarded(Perm.SCORE)
@require_http_methods(GET_POST)
def score(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Fill the grid in; each change is kept and the total follows. Without JavaScript, a button does it."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application, assignment = confided(request, pk)
    grid = scoring.grid_of(by, application)
    sheet = scoring.own_sheet(by, application)
    noted = scoring.notes_of(by, sheet)
    if not expected(application, assignment):
        if request.method == "POST":
            messages.error(request, "Aucune note n’est attendue de vous sur ce dossier.")
            return redirect("ami_noter", pk=application.pk)
        return _read(request, application, assignment, grid)
    form = GridForm(request.POST if request.method == "POST" else None, grid=grid, sheet=sheet, notes=noted)
    kept_at, status = (sheet.saved_at if sheet else None), 200
    values: dict[int, int | None] = {pk: score.value for pk, score in noted.items()}
    if request.method == "POST":
        if form.is_valid():
            values = {pk: note.value for pk, note in form.notes().items()}
            try:
                scoring.save_draft(
                    by=by,
                    application=application,
                    notes=form.notes(),
                    comment=form.cleaned_data["appreciation"],
                )
            except (Refused, Conflict) as refusal:
                status = add_refusal(form, refusal)
            else:
                kept_at = timezone.now()
        else:
            status = 422
    context = {
        **_head(by, application, assignment),
        "form": form,
        "rows": form.rows(),
        "total": scoring.total_of(grid, values),
        "garde": kept_at,
        "refus": [str(error) for error in form.non_field_errors()] if request.method == "POST" else [],
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "labelling/partials/_note_total.html", context)
    if request.method == "POST" and status == 200:
        if request.POST.get("acte") == "relire":
            return redirect("ami_noter_donner", pk=application.pk)
        messages.success(request, "Brouillon gardé. Vous seul le lisez.")
        return redirect("ami_noter", pk=application.pk)
    return render(request, "labelling/noter.html", context, status=status)


@guarded(Perm.SCORE)
@require_http_methods(GET_POST)
def give(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Read one's draft again, then give it: once given, it never changes."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application, assignment = confided(request, pk)
    if not expected(application, assignment):
        return redirect("ami_noter", pk=application.pk)
    grid = scoring.grid_of(by, application)
    sheet = scoring.own_sheet(by, application)
    noted = scoring.notes_of(by, sheet)
    refusal_words, status = "", 200
    if request.method == "POST":
        notes = {line.pk: _note(noted.get(line.pk)) for line in grid}
        try:
            scoring.give(by=by, application=application, notes=notes, comment=sheet.comment if sheet else "")
        except (Refused, Conflict) as refusal:
            refusal_words, status = str(refusal), 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "Votre note est donnée. Vous lisez maintenant celles déjà données.")
            return redirect("ami_noter", pk=application.pk)
    context = {
        **_head(by, application, assignment),
        "lignes": [_line(line, noted.get(line.pk)) for line in grid],
        "total": scoring.total_of(grid, {pk: score.value for pk, score in noted.items()}),
        "feuille": sheet,
        "refus": refusal_words,
    }
    return render(request, "labelling/noter_donner.html", context, status=status)


def _note(score: Any) -> Note:
    return Note(score.value, score.comment) if score else Note(None)


def _line(line: Any, score: Any) -> tuple[Any, int | None, str, str]:
    """(line of the grid, note, the sentence of that note, comment)."""
    if score is None:
        return line, None, "", ""
    return line, score.value, line.levels[score.value], score.comment


def _head(by: Actor, application: AmiApplication, assignment: AmiAssignment) -> dict[str, Any]:
    links = scoring.own_conflicts(by, application)
    return {
        **instruction_context(by, application, "noter"),
        "affectation": assignment,
        "conflits": links,
        "conflit_fort": bool(strong(links)),
    }


def _read(
    request: HttpRequest, application: AmiApplication, assignment: AmiAssignment, grid: list[Any]
) -> HttpResponse:
    """Own notes once given, with the others' that may be read by then."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    sheet = scoring.own_sheet(by, application)
    noted = scoring.notes_of(by, sheet)
    others = scoring.other_sheets(by, application)
    own = assignment.state == S.DONNEE
    lines = [
        (
            *_line(line, noted.get(line.pk) if own else None),
            [_of(other, line.pk) for other in others],
        )
        for line in grid
    ]
    context = {
        **instruction_context(by, application, "noter"),
        "affectation": assignment,
        "feuille": sheet if own else None,
        "autres": others,
        "mots": ranking.words(sheet.weighted) if own and sheet and sheet.weighted is not None else "",
        "mots_autres": [ranking.words(other.weighted or 0) for other in others],
        "lignes": lines,
        "marque": ranking.marks_of(by, AmiApplication.objects.visible_to(by).filter(pk=application.pk)).get(
            application.pk
        ),
        "close": application.state not in (ApplicationState.DEPOSEE, ApplicationState.RECEVABLE),
    }
    return render(request, "labelling/noter_lire.html", context)


def _of(sheet: Any, grid_id: int) -> Any:
    return next((score for score in sheet.scores.all() if score.grid_id == grid_id), None)


@guarded(Perm.SCORE)
@require_http_methods(GET_POST)
def conflict(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Declare a conflict of interest: the account is recused, and reads the file no more."""
    return _stand_aside(request, pk, "conflit")


@guarded(Perm.SCORE)
@require_http_methods(GET_POST)
def abstention(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give no note on a file, and say why."""
    return _stand_aside(request, pk, "abstention")


def _stand_aside(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    by: Actor = request.actor  # type: ignore[attr-defined]
    application, assignment = confided(request, pk)
    if not expected(application, assignment):
        messages.error(request, "Aucune note n’est attendue de vous sur ce dossier.")
        return redirect("ami_noter", pk=application.pk)
    links = scoring.own_conflicts(by, application)
    initial = {"motif": " ".join(link.sentence for link in links)[: scoring.REASON_MAX]}
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        initial=initial if kind == "conflit" else {},
    )
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        act = scoring.declare_conflict if kind == "conflit" else scoring.abstain
        try:
            act(by=by, application=application, reason=form.cleaned_data["motif"])
        except (Refused, Conflict) as refusal:
            status = add_refusal(form, refusal)
        else:
            messages.success(request, DONE[kind])
            return redirect("ami_dossiers_appel", pk=application.call_id)
    context = {
        **instruction_context(by, application, "noter"),
        "form": form,
        "conflits": links,
        "genre": kind,
    }
    return render(request, "labelling/noter_ecart.html", context, status=status)


DONE = {
    "conflit": "Vous êtes récusé sur ce dossier : vous ne le lisez plus, et la Région en est prévenue.",
    "abstention": "Vous vous abstenez sur ce dossier. La Région en est prévenue.",
}
