"""Partenaires associés of the territories (domain § 6; GUIDE, « Partenaires Associés »)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from labelling.forms.partners_label import EndPartnerForm, NewPartnerForm, TermsForm
from labelling.models import AssociatedPartner
from labelling.models.label_partners import MOTIVES
from labelling.permissions import Perm
from labelling.services.partner import keeping, kinds, listing, placing
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.http import whole_number
from spo_portal.kernel.uploads import takes_up_to
from territories.access import Actor, can, get_visible_or_404, guarded
from territories.models import Commune
from territories.permissions import Perm as PlacePerm

PER_PAGE = 50


@guarded(Perm.READ_PARTNERS)
@require_safe
def partners(request: HttpRequest) -> HttpResponse:
    """Partners of a territory or of the region, with their direction, motive, publics and convention."""
    by = request.actor  # type: ignore[attr-defined]
    filters = listing.read_filters(request.GET, by)
    waiting = filters.state == listing.UNNOTED
    found: Any = listing.unnoted(by, filters) if waiting else listing.partners(by, filters)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page", "1")[:9])
    territories = listing.territories(by)
    context = {
        "page": page,
        "rows": [] if waiting else listing.rows_of(by, list(page.object_list)),
        "places": list(page.object_list) if waiting else [],
        "unnoted": listing.unnoted(by, listing.Filters(territory=filters.territory)).count(),
        "filters": filters,
        "states": listing.STATES,
        "kinds": kinds.kinds_of(by.region),
        "definition": kinds.definition_of(by.region),
        "motives": MOTIVES,
        "territories": territories,
        "territory": next((t for t in territories if t.pk == filters.territory), None),
        "everywhere": listing.EVERYWHERE,
        "can_keep": can(by, Perm.KEEP_PARTNERS),
        "can_say": can(by, PlacePerm.SAY_TRAINING_BODY),
    }
    return render(request, "labelling/associes/partenaires.html", context)


@guarded(Perm.KEEP_PARTNERS)
@require_http_methods(["GET", "POST"])
@takes_up_to(keeping.FILE_BYTES)
def new(request: HttpRequest) -> HttpResponseBase:
    """Add a partner: a place of the directory, or one of no network that is not there yet."""
    by = request.actor  # type: ignore[attr-defined]
    communes = Commune.objects.visible_to(by).filter(territory_id__in=by.scope.tenant).order_by("name")
    offered = {"places": listing.candidates(by), "communes": communes}
    form = NewPartnerForm(
        initial={"lieu": whole_number(request.GET.get("lieu")) or None, "depuis": timezone.localdate()},
        **offered,
    )
    if request.method == "POST":
        form = NewPartnerForm(request.POST, request.FILES, **offered)
        if form.is_valid():
            try:
                row = placing.add(by=by, said=form.cleaned_data, terms=form.terms(), paper=form.paper())
                messages.success(request, f"{row.site.name} est partenaire associé.")
                return redirect("partenaire", pk=row.pk)
            except Refused as refused:
                form.add_error(_field(refused, form), str(refused))
    return _form_page(request, form, None)


@guarded(Perm.READ_PARTNERS)
@require_safe
def partner(request: HttpRequest, pk: int) -> HttpResponse:
    """One partnership, and those the place had before."""
    by = request.actor  # type: ignore[attr-defined]
    row = _visible(by, pk)
    others = (
        AssociatedPartner.objects.visible_to(by)
        .filter(site_id=row.site_id)
        .exclude(pk=row.pk)
        .defer("content")
        .order_by("-since")
    )
    context = {
        "partner": row,
        "row": listing.rows_of(by, [row])[0],
        "others": list(others[:20]),
        "keeps": _keeps(by, row),
        "can_say": can(by, PlacePerm.SAY_TRAINING_BODY),
    }
    return render(request, "labelling/associes/partenaire.html", context)


@guarded(Perm.KEEP_PARTNERS)
@require_http_methods(["GET", "POST"])
@takes_up_to(keeping.FILE_BYTES)
def edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a partnership in force of one's own territory."""
    by = request.actor  # type: ignore[attr-defined]
    row = _own(by, pk)
    terms = keeping.terms_of(row)
    form = TermsForm(
        initial={
            "sens": terms.direction,
            "publics": list(terms.publics),
            "conditions": terms.conditions,
            "numero": terms.convention_number,
            "signee_le": terms.signed_on,
            "jusqu_au": terms.convention_ends_on,
        }
    )
    status = 200
    if request.method == "POST":
        form = TermsForm(request.POST, request.FILES)
        status = 422
        if form.is_valid():
            seen = whole_number(request.POST.get("version"))
            try:
                keeping.change_partner(by=by, partner=row, terms=form.terms(), seen=seen, paper=form.paper())
                messages.success(request, "Le partenariat est à jour.")
                return redirect("partenaire", pk=row.pk)
            except Refused as refused:
                form.add_error(_field(refused, form), str(refused))
            except Conflict as conflict:
                form.add_error(None, f"{conflict} Voici votre saisie : comparez avec sa page, puis renvoyez.")
                row = _own(by, pk)
                status = 409
    return _form_page(request, form, row, status)


@guarded(Perm.KEEP_PARTNERS)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a partnership with its reason; a place of no network leaves the directory."""
    by = request.actor  # type: ignore[attr-defined]
    row = _own(by, pk)
    form = EndPartnerForm(initial={"le": timezone.localdate()})
    if request.method == "POST":
        form = EndPartnerForm(request.POST)
        if form.is_valid():
            try:
                keeping.end_partner(
                    by=by, partner=row, on=form.cleaned_data["le"], reason=form.cleaned_data["motif"]
                )
                messages.success(request, f"Le partenariat avec {row.site.name} est terminé.")
                return redirect("partenaires")
            except Refused as refused:
                form.add_error(_field(refused, form), str(refused))
            except Conflict as conflict:
                messages.info(request, str(conflict))
                return redirect("partenaire", pk=row.pk)
    context = {"partner": row, "form": form}
    return render(
        request, "labelling/associes/partenaire_finir.html", context, status=422 if form.errors else 200
    )


@guarded(Perm.READ_PARTNERS)
@require_safe
def convention(request: HttpRequest, pk: int) -> HttpResponse:
    """The signed convention, as a file; never shown inside a page."""
    row = get_visible_or_404(AssociatedPartner.objects.all(), request.actor, pk=pk)  # type: ignore[attr-defined]
    if row.content is None:
        raise Http404("Aucune convention n’est jointe à ce partenariat.")
    response = HttpResponse(bytes(row.content), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, row.file_name) or "attachment"
    return response


def _form_page(
    request: HttpRequest, form: TermsForm, row: AssociatedPartner | None, status: int = 0
) -> HttpResponse:
    by = request.actor  # type: ignore[attr-defined]
    context = {"form": form, "partner": row, "kinds": kinds.kinds_of(by.region)}
    return render(
        request,
        "labelling/associes/partenaire_form.html",
        context,
        status=status or (422 if form.errors else 200),
    )


def _field(refused: Refused, form: Any) -> str | None:
    return refused.field if refused.field in form.fields else None


def _visible(by: Actor, pk: int) -> AssociatedPartner:
    return get_visible_or_404(
        AssociatedPartner.objects.select_related("territory", "site__organisation", "site__reseau").defer(
            "content"
        ),
        by,
        pk=pk,
    )


def _keeps(by: Actor, row: AssociatedPartner) -> bool:
    return can(by, Perm.KEEP_PARTNERS) and row.territory_id in by.scope.tenant and row.until is None


def _own(by: Actor, pk: int) -> AssociatedPartner:
    """A partnership in force of a territory one keeps; another's is not there to be written."""
    row = _visible(by, pk)
    if row.territory_id not in by.scope.tenant or row.until is not None:
        raise Http404("Ce partenariat est terminé, ou il est d’un autre territoire.")
    return row
