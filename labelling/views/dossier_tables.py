"""Criteria and progress table of a file, typed with or without scripts."""

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from labelling.enums_ami import CriterionAnswer
from labelling.models import AmiApplication, AmiProgressLine
from labelling.services import checklist, progress
from labelling.services.checklist import Outcome, Typed
from labelling.services.dossier import Material
from labelling.services.progress import LINES_MAX, Line, TableConflict
from labelling.views.dossier_head import head_context
from labelling.views.dossier_text import is_fragment, number_of
from spo_portal.kernel.errors import PortalError, Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor

Answer = tuple[dict[str, Any], int] | HttpResponseBase


def criteria_context(
    material: Material, typed: dict[int, Typed] | None = None, outcome: Outcome | None = None
) -> dict[str, Any]:
    """One line by criterion: what is stored, over which what was typed and could not be saved."""
    done = outcome or Outcome({}, {}, {})
    lines = []
    for number, line in enumerate(material.criteria, 1):
        pk, row = line.criterion.pk, line.answer
        open_again = pk in done.conflicts or pk in done.errors
        shown = (typed or {}).get(pk) if open_again else None
        version = row.version if row else 0
        lines.append(
            {
                "number": number,
                "criterion": line.criterion,
                "answer": shown.answer if shown else row.answer if row else "",
                "evidence": shown.evidence if shown else row.evidence if row else "",
                "attachment": shown.attachment_id if shown else row.attachment_id if row else None,
                "version": shown.seen if shown else version,
                "stored_version": version,
                "saved": row,
                "error": done.errors.get(pk, ""),
                "conflict": done.conflicts.get(pk),
            }
        )
    return {
        "lignes_criteres": lines,
        "reponses": CriterionAnswer.choices,
        "pieces": material.attachments,
        "repondus": sum(1 for line in material.criteria if line.answer),
    }


def typed_answers(data: QueryDict, material: Material) -> dict[int, Typed]:
    """What was typed for each criterion of the call. « Garder » takes the number of the line in conflict."""
    keep, _, version = data.get("garder", "").partition(":")
    found = {}
    for line in material.criteria:
        pk = line.criterion.pk
        if f"c{pk}_version" not in data:
            continue
        piece = number_of(data.get(f"c{pk}_piece", ""))
        found[pk] = Typed(
            data.get(f"c{pk}_reponse", ""),
            data.get(f"c{pk}_preuve", ""),
            piece or None,
            number_of(version) if keep == str(pk) else number_of(data.get(f"c{pk}_version", "0")),
        )
    take = number_of(data.get("reprendre", ""))
    found.pop(take, None)
    return found


def criteria_posted(
    request: HttpRequest, by: Actor, application: AmiApplication, material: Material, read: Any
) -> Answer:
    """Save the lines that changed. ``read``: reads the file again, once saved."""
    typed = typed_answers(request.POST, material)
    try:
        outcome = checklist.save_answers(by=by, application=application, typed=typed)
    except PortalError as refusal:
        outcome = Outcome({}, {}, {pk: str(refusal) for pk in list(typed)[:1]})
    fresh: Material = read()
    context = criteria_context(fresh, typed, outcome)
    wrong = bool(outcome.conflicts or outcome.errors)
    if is_fragment(request):
        taken = number_of(request.POST.get("reprendre", ""))
        context |= head_context(by, application, checklist.PART, material=fresh) | {
            "oob": True,
            "enregistrees": len(outcome.saved),
            "changees": [one for one in context["lignes_criteres"] if _told(one, outcome)],
            "reprises": [one for one in context["lignes_criteres"] if one["criterion"].pk == taken],
        }
        return render(request, "labelling/partials/_criteres_enregistres.html", context)
    if wrong:
        return context, 409 if outcome.conflicts else 422
    if outcome.saved:
        words = counted(len(outcome.saved), "réponse enregistrée", "réponses enregistrées")
        messages.success(request, f"{words}.")
    return redirect("ami_partie", pk=application.pk, partie=checklist.PART)


def _told(line: dict[str, Any], outcome: Outcome) -> bool:
    pk = line["criterion"].pk
    return pk in outcome.saved or pk in outcome.conflicts or pk in outcome.errors


# ---- Progress table


def table_context(
    rows: list[AmiProgressLine], lines: list[dict[str, Any]] | None = None, seen: str = ""
) -> dict[str, Any]:
    """Lines of the editor: those stored and one empty, or those typed."""
    if lines is None:
        lines = [
            {
                "pk": row.pk,
                "initial": row.initial,
                "target": row.target,
                "means": row.means,
                "due_on": row.due_on.isoformat() if row.due_on else "",
            }
            for row in rows
        ]
        lines += [] if lines else [_blank()]
    return {
        "lignes": list(enumerate(lines)),
        "nombre": len(lines),
        "encore": len(lines) < LINES_MAX,
        "vu": seen or progress.fingerprint(rows),
        "tableau_erreur": "",
        "tableau_champ": "",
        "tableau_conflit": None,
    }


def _blank() -> dict[str, Any]:
    return {"pk": "", "initial": "", "target": "", "means": "", "due_on": ""}


def table_posted(request: HttpRequest, by: Actor, application: AmiApplication) -> Answer:
    """Add a line, remove one, or save the table."""
    data = request.POST
    lines = _typed_lines(data)
    act, _, what = data.get("action", "").partition(":")
    seen = what if act == "garder" else data.get("vu", "")[:16]
    stored = progress.rows_of(by, application)
    if act == "ajouter":
        return table_context(stored, [*lines, _blank()][:LINES_MAX], seen), 200
    if act == "retirer":
        kept = [line for n, line in enumerate(lines) if str(n) != what]
        return table_context(stored, kept or [_blank()], seen), 200
    shown = [line for line in lines if not _line(line).empty]
    try:
        wrong = next(
            (n for n, line in enumerate(shown) if line["due_on"] and _day(line["due_on"]) is None), None
        )
        if wrong is not None:
            raise Refused(f"Ligne {wrong + 1} : choisissez une date.", f"l{wrong}_due_on")
        progress.save_progress(by=by, application=application, lines=[_line(one) for one in shown], seen=seen)
    except TableConflict as conflict:
        context = table_context(stored, shown or [_blank()], seen)
        context |= {"tableau_conflit": conflict.stored, "garder": progress.fingerprint(conflict.stored)}
        return context, 409
    except PortalError as refusal:
        context = table_context(stored, shown or [_blank()], seen)
        context |= {"tableau_erreur": str(refusal), "tableau_champ": getattr(refusal, "field", None) or ""}
        return context, 422
    messages.success(request, "Tableau de progrès enregistré.")
    return redirect(f"{reverse('ami_partie', args=[application.pk, progress.PART])}#tableau")


def _typed_lines(data: QueryDict) -> list[dict[str, Any]]:
    count = min(number_of(data.get("nombre", "0")), LINES_MAX)
    names = ("pk", "initial", "target", "means", "due_on")
    return [{name: data.get(f"l{n}_{name}", "") for name in names} for n in range(count)]


def _line(typed: dict[str, Any]) -> Line:
    texts = (str(typed[name]).strip() for name in ("initial", "target", "means"))
    return Line(*texts, due_on=_day(typed["due_on"]), pk=number_of(str(typed["pk"])) or None)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
