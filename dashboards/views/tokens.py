"""Screens of API tokens: make one, see one's own, revoke; and the public page that describes the API."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dashboards.api.declared import ENDPOINTS, OPENAPI
from dashboards.api.problems import KINDS
from dashboards.api.schemas import SCHEMAS
from dashboards.forms.tokens import TokenForm
from dashboards.indicators import FROM_FLOOR
from dashboards.models import ApiToken
from dashboards.permissions import Perm
from dashboards.services import tokens
from spo_portal.kernel.errors import Refused
from territories.access import get_visible_or_404, guarded, public

OLD_SHOWN = 20


@guarded(Perm.USE_API)
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """One's own tokens and the form that makes one. The secret is on the page that answers, once."""
    actor = request.actor  # type: ignore[attr-defined]
    form = TokenForm(request.POST if request.method == "POST" else None)
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = tokens.create_token(by=actor, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            form = TokenForm()
    active = tokens.active_tokens(actor)
    old = ApiToken.objects.visible_to(actor).exclude(pk__in=[token.pk for token in active])
    context = {
        "form": form,
        "made": made,
        "secret": secret,
        "active": active,
        "old": old.select_related("membership")[:OLD_SHOWN],
        "now": timezone.now(),
    }
    return render(request, "dashboards/jetons.html", context, status=422 if form.errors else 200)


@guarded(Perm.USE_API)
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Stop a token, after asking once. Its programs are refused at their next request."""
    actor = request.actor  # type: ignore[attr-defined]
    token = get_visible_or_404(ApiToken.objects.select_related("membership"), actor, pk=pk)
    if request.method != "POST":
        return render(request, "dashboards/jeton_revoquer.html", {"token": token})
    try:
        tokens.revoke_token(by=actor, token=token)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Jeton « {token.name} » révoqué : il n’ouvre plus rien.")
    return redirect("jetons")


@public("Mode d’emploi de l’interface pour programmes : aucun chiffre.")
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """The API in French, drawn from the declarations that its views read."""
    context = {
        "endpoints": [
            {"one": endpoint, "schema": json.dumps(SCHEMAS[endpoint.answer], ensure_ascii=False, indent=1)}
            for endpoint in ENDPOINTS
        ],
        "schemas": [
            (name, json.dumps(schema, ensure_ascii=False, indent=1))
            for name, schema in SCHEMAS.items()
            if name in {"Nombre", "Somme", "Territoire", "Indicateur", "Lieu", "Probleme"}
        ],
        "problems": KINDS,
        "openapi": OPENAPI.address,
        "floor": FROM_FLOOR,
    }
    return render(request, "dashboards/api.html", context)
