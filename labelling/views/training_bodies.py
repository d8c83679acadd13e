"""Which organisations are « organismes de formation »: said by the animation, and why (domain § 4)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from labelling.forms.partners_label import TrainingBodyForm
from labelling.models import AssociatedPartner
from spo_portal.kernel.errors import Refused
from territories.access import get_visible_or_404, guarded
from territories.models import Organisation
from territories.permissions import Perm
from territories.services.organisations import say_training_body

PER_PAGE = 50


@guarded(Perm.SAY_TRAINING_BODY)
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """Organisations of the region, by name; training bodies are told apart."""
    by = request.actor  # type: ignore[attr-defined]
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:80]
    only = request.GET.get("formation") == "1"
    rows = Organisation.objects.visible_to(by).select_related("region").order_by("name", "pk")
    for word in query.split():
        rows = rows.filter(name__unaccent__icontains=word)
    if only:
        rows = rows.filter(is_training_body=True)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page", "1")[:9])
    context = {"page": page, "query": query, "only": only}
    return render(request, "labelling/associes/organismes.html", context)


@guarded(Perm.SAY_TRAINING_BODY)
@require_http_methods(["GET", "POST"])
def organisation(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say whether one organisation is a training body; its partnerships in force are shown first."""
    by = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Organisation.objects.all(), by, pk=pk)
    form = TrainingBodyForm(initial={"formation": "oui" if found.is_training_body else "non"})
    if request.method == "POST":
        form = TrainingBodyForm(request.POST)
        if form.is_valid():
            training = form.cleaned_data["formation"] == "oui"
            try:
                say_training_body(
                    by=by, organisation=found, training=training, reason=form.cleaned_data["motif"]
                )
                messages.success(request, f"{found.name} : c’est noté.")
                return redirect("organismes")
            except Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    today = timezone.localdate()
    context = {
        "organisation": found,
        "form": form,
        "partners": list(
            AssociatedPartner.objects.visible_to(by)
            .in_force(today)
            .filter(site__organisation=found)
            .defer("content")
            .select_related("site", "territory")
            .order_by("territory__order", "site__name")[:50]
        ),
    }
    return render(request, "labelling/associes/organisme.html", context, status=422 if form.errors else 200)
