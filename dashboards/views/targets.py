"""« Cibles »: the targets of a territory or of the region for one year, on one page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboards.forms.targets import TargetsForm, year_asked
from dashboards.permissions import Perm
from dashboards.services import target_page
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import get_visible_or_404, guarded
from territories.models import Territory


@guarded(Perm.SET_TARGETS)
@require_http_methods(["GET", "HEAD", "POST"])
def territory(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Targets of one territory: its own, or the region's default behind an empty field."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_visible_or_404(Territory.objects.steered_by(actor).select_related("region"), actor, pk=pk)
    return _answer(request, found)


@guarded(Perm.SET_TARGETS)
@require_http_methods(["GET", "HEAD", "POST"])
def region(request: HttpRequest) -> HttpResponseBase:
    """The region's default for each indicator; a coordinator reads them, the region sets them."""
    return _answer(request, None)


def _answer(request: HttpRequest, territory: Territory | None) -> HttpResponseBase:
    actor = request.actor  # type: ignore[attr-defined]
    today = timezone.localdate()
    asked = request.POST if request.method == "POST" else request.GET
    page = target_page.read(by=actor, territory=territory, year=year_asked(asked.get("annee"), today))
    if request.method != "POST" or not page.may_edit:
        form = TargetsForm(initial=page.initial, sheets=page.sheets)
        status = 200 if request.method != "POST" else 422
        return _page(request, page, form, status=status)
    form = TargetsForm(request.POST, sheets=page.sheets)
    if not form.is_valid():
        return _page(request, page, form, status=422)
    try:
        changed = target_page.save(by=actor, page=page, values=form.values(), seen=form.cleaned_data["vu"])
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _page(request, page, form, status=409)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return _page(request, page, form, status=422)
    messages.success(request, page.saved_words(changed))
    return redirect(f"{page_url(territory)}?annee={page.year}")


def page_url(territory: Territory | None) -> str:
    return reverse("territoire_cibles", args=[territory.pk]) if territory else reverse("region_cibles")


def _page(
    request: HttpRequest, page: target_page.TargetPage, form: TargetsForm, *, status: int = 200
) -> HttpResponse:
    above = (
        reverse("territoire_tableau", args=[page.territory.pk])
        if page.territory
        else reverse("region_tableau")
    )
    context = {
        "page": page,
        "form": form,
        "lines": [(line, form[line.sheet.key]) for line in page.lines],
        "trail": [(page.name, above if page.may_open_above else ""), ("Cibles", "")],
        "here": page_url(page.territory),
    }
    return render(request, "dashboards/cibles.html", context, status=status)
