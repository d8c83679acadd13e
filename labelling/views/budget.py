"""The budget screen: typed with or without scripts, totals told as it is typed, kept as soon as it may be."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from labelling.enums_ami import NATURES, BudgetSide, PartKey
from labelling.forms.budget import BudgetForm, Row
from labelling.models import AmiApplication
from labelling.permissions import Perm
from labelling.services import budget as service
from labelling.services.budget import PART, BudgetConflict
from labelling.services.budget_rules import LABEL_MAX, Budget, sentences
from labelling.services.parts import open_parts
from labelling.views.dossier_head import head_context
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.htmx import page_or_fragment
from spo_portal.kernel.http import whole_number
from territories.access import Actor, get_visible_or_404, guarded

PAGE, FORM, LIVE = (
    "labelling/budget.html",
    "labelling/partials/_budget_saisie.html",
    "labelling/partials/_budget_vif.html",
)
TITLES = {
    BudgetSide.CHARGE: "Charges",
    BudgetSide.PRODUIT: "Produits",
    BudgetSide.VALORISATION: "Hors base de calcul",
}


@guarded(Perm.READ_APPLICATION)
@require_http_methods(["GET", "POST"])
def budget(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Write the budget when its part is open to the actor; read it otherwise."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(by, pk)
    if PART not in open_parts(by, application):
        if request.method == "POST":
            return _refused_post(request, by, application)
        return render(request, PAGE, _page(by, application, {"budget": service.budget_of(by, application)}))
    if request.method == "POST":
        return _posted(request, by, application)
    form = BudgetForm.of(service.budget_of(by, application))
    return render(request, PAGE, _page(by, application, form_context(application, form)))


def readable_file(by: Actor, pk: int) -> AmiApplication:
    """One file whose content the actor reads; a draft of somebody else is a 404, as a missing one."""
    rows = AmiApplication.objects.readable_by(by).select_related("call", "territory", "organisation")
    return get_visible_or_404(rows, by, pk=pk)


def _posted(request: HttpRequest, by: Actor, application: AmiApplication) -> HttpResponseBase:
    # Without scripts, a form sent by no button is a save; with them, it is a pause in the typing.
    act, _, what = request.POST.get("faire", "" if _htmx(request) else "enregistrer").partition(":")
    form = BudgetForm.posted(request.POST)
    notice = _change(form, act, what)
    if act == "garder":
        form.seen = what
    extra: dict[str, Any] = {"retiree": notice, "quand": None, "conflit": None, "refus": []}
    if form.valid:
        _try_to_save(by, application, form, extra)
    if not act and _htmx(request):
        return _live(request, application, form, extra)
    saved = extra["quand"] is not None
    if act == "continuer" and saved:
        return redirect("ami_partie", pk=application.pk, partie=PartKey.CRITERES)
    if act in ("enregistrer", "garder") and saved and not _htmx(request):
        return redirect("ami_budget", pk=application.pk)
    # Adding or removing a line is no attempt to submit the rest: what is half typed is not an error yet.
    asked = act in ("enregistrer", "continuer", "garder")
    if not asked and not extra["conflit"]:
        extra["refus"] = []
        for row in form.rows:
            row.errors = {}
    context = form_context(application, form) | extra | {"montrer_erreurs": asked}
    status = 409 if extra["conflit"] else 422 if asked and not saved else 200
    if not _htmx(request):
        context = _page(by, application, context)
    return page_or_fragment(request, PAGE, FORM, context, status=status)


def _try_to_save(by: Actor, application: AmiApplication, form: BudgetForm, extra: dict[str, Any]) -> None:
    try:
        kept = service.save_lines(by=by, application=application, lines=form.lines, seen=form.seen)
    except BudgetConflict as conflict:
        extra["conflit"] = conflict
    except Refused as refused:
        extra["refus"] = sentences(form.budget) or [str(refused)]
    else:
        form.seen = kept.fingerprint
        extra["quand"] = timezone.now()


def _change(form: BudgetForm, act: str, what: str) -> Row | None:
    """Add, remove or put back a row, as asked by a button; the row removed, to offer it again."""
    try:
        side = BudgetSide(re.split(r"[-|]", what, maxsplit=1)[0])
    except ValueError:
        return None
    if act == "ajouter":
        form.add(side)
    elif act == "remettre":
        _, nature, typed, label = (what.split("|", 3) + [""] * 3)[:4]
        row = Row(side, 0, nature[:20] or NATURES[side][0], label[:LABEL_MAX], typed[:40])
        if not row.blank and form.add(side, row):
            form.lines = (*form.lines, *(line for line in [row.read()] if line))
    elif act == "retirer":
        number = what.partition("-")[2]
        return form.remove(side, whole_number(number)) if whole_number(number) or number == "0" else None
    return None


def _live(
    request: HttpRequest, application: AmiApplication, form: BudgetForm, extra: dict[str, Any]
) -> HttpResponseBase:
    """Totals, limit, errors by cell and what was kept: pieces swapped around the fields, never the fields."""
    response = render(request, LIVE, form_context(application, form) | extra | {"oob": True})
    response.headers["HX-Reswap"] = "none"
    return response


def _refused_post(request: HttpRequest, by: Actor, application: AmiApplication) -> HttpResponseBase:
    """The part closed while it was typed: what was typed is shown again, and nothing of it is kept."""
    context = {
        "budget": service.budget_of(by, application),
        "tape": BudgetForm.posted(request.POST).budget,
    }
    if _htmx(request):
        # The whole page says so: the fields are not open any more.
        response = render(request, "labelling/partials/_budget_ferme.html", context, status=409)
        response.headers["HX-Retarget"] = "#budget"
        response.headers["HX-Reswap"] = "outerHTML"
        return response
    return render(request, PAGE, _page(by, application, context), status=409)


def _htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def form_context(application: AmiApplication, form: BudgetForm) -> dict[str, Any]:
    """What the fields and the live pieces show."""
    typed: Budget = form.budget
    return {
        "form": form,
        "budget": typed,
        "manques": sentences(typed),
        "doit_tenir": service.must_hold(application),
        "colonnes": [
            {"side": str(side), "titre": TITLES[side], "rows": form.column(side)} for side in BudgetSide
        ],
        "dossier": application,
    }


def _page(by: Actor, application: AmiApplication, context: Mapping[str, Any]) -> dict[str, Any]:
    return {**head_context(by, application, current="budget"), **context}
