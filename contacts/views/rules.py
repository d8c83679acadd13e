"""Orientation rules: everyone who works with them reads them, the regional animation edits them."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.enums import Age, ListKind
from contacts.forms_desk import PreviewForm, RuleForm
from contacts.models import ListVersion, OrientationRule
from contacts.permissions import Perm
from contacts.services import listing, rules
from contacts.services.fiches import lists_on
from contacts.services.matching import best_rules
from contacts.services.wording import lower_first
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.htmx import page_or_fragment
from spo_portal.kernel.typography import capital, join
from territories.access import Actor, can, get_visible_or_404, guarded


@guarded(Perm.READ_RULES)
@require_GET
def regles(request: HttpRequest) -> HttpResponse:
    """Rules in force, the heaviest first, and « pour un statut et une demande, voici l’ordre »."""
    by = request.actor  # type: ignore[attr-defined]
    version = listing.current(listing.versions_of(by), timezone.localdate())
    found = list(_rules(by).select_related("reseau"))
    preview = PreviewForm(request.GET or None, version=version)
    asked = preview.is_bound and preview.is_valid()
    data = preview.cleaned_data if asked else {}
    order = []
    if data.get("statut") or data.get("demande"):
        best = best_rules(
            found,
            statut=int(data["statut"]) if data["statut"] else None,
            age=data["age"],
            demandes=[int(data["demande"])] if data["demande"] else [],
        )
        order = list(best.values())
    context = {
        "rows": [(rule, _for_whom(rule, version), target(rule)) for rule in found if rule.active],
        "off": [(rule, _for_whom(rule, version), target(rule)) for rule in found if not rule.active],
        "preview": preview if not preview.errors else PreviewForm(version=version),
        "asked": bool(data.get("statut") or data.get("demande")),
        "order": [(rule, target(rule)) for rule in order],
        "may_edit": can(by, Perm.EDIT_RULES),
    }
    return page_or_fragment(request, "contacts/regles.html", "contacts/partials/_ordre.html", context)


@guarded(Perm.EDIT_RULES)
@require_http_methods(["GET", "POST"])
def regle(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Write or change a rule; someone else's change in between is told, and nothing typed is lost."""
    by = request.actor  # type: ignore[attr-defined]
    rule = get_visible_or_404(_rules(by), by, pk=pk) if pk is not None else None
    version = lists_on(by, timezone.localdate())
    lists = {"version": version, "networks": rules.networks(by), "kinds": rules.partner_kinds(by)}
    if request.method == "GET":
        initial = RuleForm.initial_of(rule, rules.mark(rule)) if rule else {}
        return _form_page(request, RuleForm(initial=initial, **lists), rule)
    form = RuleForm(request.POST, **lists)
    if not form.is_valid():
        return _form_page(request, form, rule, status=422)
    try:
        rules.save_rule(
            by=by, rule=rule, data=form.data_of_rule(), version=version, seen=form.cleaned_data["vu"]
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _form_page(request, form, rule, status=409)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return _form_page(request, form, rule, status=422)
    messages.success(request, "La règle est enregistrée : les prochaines fiches la suivent.")
    return redirect("regles")


@guarded(Perm.EDIT_RULES)
@require_POST
def etat(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Put a rule in force, or out of it."""
    by = request.actor  # type: ignore[attr-defined]
    rule = get_visible_or_404(_rules(by), by, pk=pk)
    active = request.POST.get("active") == "1"
    rules.set_active(by=by, rule=rule, active=active)
    messages.success(
        request, "La règle est en vigueur." if active else "La règle n’est plus suivie. Elle peut revenir."
    )
    return redirect("regles")


def _rules(by: Actor):  # type: ignore[no-untyped-def]
    return OrientationRule.objects.visible_to(by).filter(region_id=by.region_id).order_by("-weight", "id")


def _form_page(
    request: HttpRequest, form: RuleForm, rule: OrientationRule | None, *, status: int = 200
) -> HttpResponse:
    return render(request, "contacts/regles_form.html", {"form": form, "rule": rule}, status=status)


def target(rule: OrientationRule) -> str:
    """Whom the rule suggests."""
    return rule.reseau.name if rule.reseau else f"Partenaires : {rule.partner_kind.replace('_', ' ')}"


def _for_whom(rule: OrientationRule, version: ListVersion | None) -> str:
    """« Scolarisé ou étudiant, moins de 26 ans, pour formation »; everybody when nothing is ticked."""
    parts = []
    if version and rule.statuts:
        parts.append(_words(version, ListKind.STATUT, rule.statuts))
    if rule.ages:
        parts.append(join([str(Age(age).label).lower() if age else "âge non dit" for age in rule.ages], "ou"))
    if version and rule.demandes:
        parts.append(f"pour {_words(version, ListKind.DEMANDE, rule.demandes)}")
    return capital(", ".join(parts)) or "Tout le monde"


def _words(version: ListVersion, kind: ListKind, numbers: Collection[int]) -> str:
    """The short words of the boxes, as inside a sentence: six whole labels made lines nobody reads."""
    return join([lower_first(item.short) for item in version.of(kind) if item.n in numbers], "ou")
