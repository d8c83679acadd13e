"""Acts on a record: confirm, check, open a place, close it, open it again."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from spo_portal.kernel.errors import Refused
from territories.access import Actor, get_visible_or_404, guarded
from territories.enums import SiteKind
from territories.forms.record import NewPlaceForm, ReasonForm
from territories.models import Reseau, Site, Territory
from territories.permissions import Perm
from territories.services.organisations import add_organisation
from territories.services.record.confirm import check, confirm
from territories.services.record.lifecycle import (
    close_place,
    open_place,
    organisation_named,
    organisations_of,
    reopen_place,
)
from territories.services.record.links import read
from territories.services.search import find_commune
from territories.views.record import commune_context, told_on, untouched
from territories.views.record_head import head_context, kept_or_404

LOST = "Cette page n’existe pas, ou elle appartient à un autre périmètre."


@guarded(Perm.KEEP_RECORD)
@require_POST
def confirm_record(request: HttpRequest, pk: int) -> HttpResponseBase:
    """« Tout est à jour », in one click."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    site = kept_or_404(actor, pk)
    try:
        confirm(by=actor, site=site)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, "Merci : la fiche est notée à jour. Le portail vous la redemandera dans six mois."
        )
    return redirect("lieu", pk=site.pk)


@guarded(Perm.CHECK_RECORD)
@require_POST
def check_record(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The coordinator checked this record."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    site = kept_or_404(actor, pk)
    try:
        check(by=actor, site=site)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "La fiche est notée vérifiée aujourd’hui.")
    return redirect("lieu", pk=site.pk)


@guarded(Perm.KEEP_RECORD)
@require_safe
def asked_to_confirm(request: HttpRequest, lien: str) -> HttpResponseBase:
    """Where the link of a reminder leads: the record to read, and the button. Reading changes nothing."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = read(lien)
    if found is None or found.user_id != actor.user_id:
        raise Http404(LOST)
    site = kept_or_404(actor, found.site_id)
    if found.expired:
        messages.info(request, "Ce lien a plus d’un mois. Vous pouvez confirmer la fiche depuis cette page.")
        return redirect("lieu", pk=site.pk)
    context = {
        **head_context(actor, site, ""),
        "services_count": len(site.services.all()),
        "slots_count": len(site.slots.all()),
    }
    return render(request, "territories/lieu_a_confirmer.html", context)


@guarded(Perm.CHECK_RECORD)
@require_http_methods(["GET", "HEAD", "POST"])
def new_place(request: HttpRequest) -> HttpResponseBase:
    """A place that opens on the coordinator's territory."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    territory = get_visible_or_404(Territory.objects.select_related("region"), actor, pk=actor.territory_id)
    reseaux = list(Reseau.objects.filter(region_id=territory.region_id).order_by("order", "name"))
    parents = list(
        Site.objects.visible_to(actor)
        .filter(territory=territory, kind=SiteKind.SIEGE, active=True)
        .select_related("territory")
        .order_by("name", "pk")
    )
    if request.method != "POST":
        form = NewPlaceForm(initial={"nature": SiteKind.SIEGE}, parents=parents, reseaux=reseaux)
        return _new_page(request, territory, form)
    form = NewPlaceForm(request.POST, parents=parents, reseaux=reseaux)
    if request.POST.get("action") != "ouvrir":
        return _new_page(request, territory, untouched(form, parents=parents, reseaux=reseaux))
    if form.is_valid():
        data = form.cleaned_data
        name_of = add_organisation if data["creer"] else organisation_named
        network = next((one for one in reseaux if one.pk == data["reseau"]), None)
        try:
            # An organisation is added with its place, or not at all.
            with transaction.atomic():
                record = form.record(
                    organisation=name_of(by=actor, name=data["organisation"]),
                    commune=find_commune(by=actor, code=data["commune"]),
                    parents=parents,
                )
                site = open_place(
                    by=actor, territory=territory, record=record, reseau=network, direction=data["sens"]
                )
        except Refused as refusal:
            told_on(form, refusal)
        else:
            messages.success(request, "Le lieu est ouvert. Donnez maintenant ses horaires et ses services.")
            return redirect("lieu", pk=site.pk)
    return _new_page(request, territory, form, status=422)


def _new_page(
    request: HttpRequest, territory: Territory, form: NewPlaceForm, *, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        **commune_context(actor, form, request.POST.get("commune_q", "")),
        "form": form,
        "territory": territory,
        "organisations": [row for row in organisations_of(actor).values() if not row.is_training_body],
    }
    return render(request, "territories/lieu_nouveau.html", context, status=status)


@guarded(Perm.CHECK_RECORD)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A place receives nobody any more: asked once, with its reason; it can be opened again."""
    return _turn(request, pk, active=False)


@guarded(Perm.CHECK_RECORD)
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A place that was closed receives people again."""
    return _turn(request, pk, active=True)


def _turn(request: HttpRequest, pk: int, *, active: bool) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    site = kept_or_404(actor, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act = reopen_place if active else close_place
        try:
            act(by=actor, site=site, reason=form.cleaned_data["motif"])
        except Refused as refusal:
            form.add_error("motif", str(refusal))
        else:
            told = (
                "Le lieu reçoit de nouveau le public." if active else "Le lieu est fermé ; rien n’est effacé."
            )
            messages.success(request, told)
            return redirect("lieu", pk=site.pk)
    context = {
        "site": site,
        "form": form,
        "active": active,
        "branches": Site.objects.visible_to(actor).filter(parent=site, active=True).count(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "territories/lieu_acte.html", context, status=status)
