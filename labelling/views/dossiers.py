"""My files: those of my organisation, those shared with me, those I score; and opening a new one."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_ami import ApplicationState, CallState, SectionKey
from labelling.models import AmiApplication, AmiCall, AmiCriterion, AmiCriterionAnswer, AmiSection
from labelling.permissions import Perm
from labelling.querysets_ami import AFTER_SELECTION, CHANGE, VIEW, confided_to, shared_with
from labelling.services import moves
from labelling.services.opening import Bassin, is_open, open_application, own_bassins
from labelling.views.dossier_head import TONES
from labelling.views.dossier_part import READABLE
from labelling.views.dossier_text import number_of
from spo_portal.kernel.errors import PortalError
from territories.access import Actor, can, get_visible_or_404, guarded
from territories.enums import Role
from territories.models import Territory


@guarded(Perm.READ_APPLICATION)
@require_safe
def mine(request: HttpRequest) -> HttpResponseBase:
    """Files in three groups, and the calls where another may be opened."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    rows = _counted(AmiApplication.objects.readable_by(by).select_related(*READABLE), by)
    own = list(rows.filter(organisation_id__in=by.scope.body)) if by.scope.body else []
    shared = list(rows.filter(shared_with(by, VIEW, CHANGE)).exclude(organisation_id__in=by.scope.body))
    confided = list(rows.filter(confided_to(by)).exclude(state=ApplicationState.BROUILLON))
    area: list[AmiApplication] = []
    if by.scope.tenant and by.role != Role.REGION:
        seen = {one.pk for one in (*shared, *confided)}
        selected = rows.filter(territory_id__in=by.scope.tenant, state__in=AFTER_SELECTION)
        area = [one for one in selected if one.pk not in seen]
    groups = [
        ("Dossiers de votre organisation", "miens", own),
        ("Dossiers partagés avec vous", "partages", shared),
        ("Dossiers à noter", "confies", confided),
        ("Projets retenus sur votre territoire", "retenus", area),
    ]
    context = {
        "groupes": [
            {"titre": title, "cle": key, "lignes": [_line(by, one) for one in files]}
            for title, key, files in groups
            if files
        ],
        "appels": _open_calls(by),
        "porteur": can(by, Perm.SUBMIT_APPLICATION),
    }
    return render(request, "labelling/mes_dossiers.html", context)


def _counted(rows: QuerySet[AmiApplication], by: Actor) -> QuerySet[AmiApplication]:
    """How far each is written, counted in the same statement whatever the number of files."""

    def number(queryset: QuerySet[Any], key: str) -> Coalesce:
        counted = queryset.filter(**{key: OuterRef("call_id" if key == "call_id" else "pk")})
        grouped = counted.order_by().values(key).annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(grouped), 0)

    return rows.annotate(
        textes=number(AmiSection.objects.visible_to(by).exclude(text=""), "application_id"),
        answered=number(AmiCriterionAnswer.objects.visible_to(by), "application_id"),
        asked=number(AmiCriterion.objects.visible_to(by), "call_id"),
    ).order_by("call__closes_at", "territory__order", "pk")


def _line(by: Actor, application: AmiApplication) -> dict[str, Any]:
    return {
        "dossier": application,
        "etat": moves.state_words(by, application),
        "ton": TONES.get(moves.told_state(by, application), ""),
        "brouillon": application.state == ApplicationState.BROUILLON,
        "textes_demandes": len(SectionKey),
    }


def _open_calls(by: Actor) -> list[AmiCall]:
    if not can(by, Perm.SUBMIT_APPLICATION):
        return []
    calls = AmiCall.objects.visible_to(by).filter(Q(state=CallState.OUVERT)).order_by("closes_at", "pk")
    return [call for call in calls if is_open(call)]


@guarded(Perm.SUBMIT_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Choose the bassin, then open the file: one for each bassin and organisation."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    call = get_visible_or_404(AmiCall.objects.all(), by, pk=pk)
    bassins = own_bassins(by=by, call=call)
    error, status, typed = "", 200, request.POST.get("nom", "")
    chosen = request.POST.get("bassin") or request.GET.get("bassin", "")
    if request.method == "POST":
        territory = _chosen(bassins, chosen)
        try:
            if territory is None:
                error, status = "Choisissez un bassin.", 422
            else:
                made = open_application(by=by, call=call, territory=territory, title=typed)
                messages.success(
                    request, "Le dossier est ouvert. Vous pouvez l’écrire à plusieurs, dans l’ordre voulu."
                )
                return redirect("ami_dossier", pk=made.pk)
        except PortalError as refusal:
            error, status = str(refusal), 422
    context = {
        "appel": call,
        "bassins": bassins,
        "libres": [one for one in bassins if one.application is None],
        "ouvert": is_open(call),
        "erreur": error,
        "nom": typed,
        "choisi": number_of(chosen),
    }
    return render(request, "labelling/nouveau.html", context, status=status)


def _chosen(bassins: list[Bassin], typed: str) -> Territory | None:
    return next((one.territory for one in bassins if str(one.territory.pk) == typed), None)
