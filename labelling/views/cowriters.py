"""Co-writers of a file: named by its porteur, until a date, to read or to change it (domain § 2)."""

import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from labelling.enums_ami import SharedRight
from labelling.forms.accounts import CowriterForm, OfficerForm, add_refusal
from labelling.models import AmiApplication, AmiCowriter
from labelling.permissions import Perm
from labelling.services import cowriters as service
from labelling.views.dossier_head import head_context
from spo_portal.kernel.errors import PortalError
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, get_visible_or_404, guarded

USUAL = datetime.timedelta(days=90)
NEUTRAL = "{} est dans la liste. Si un compte existe à cette adresse, un message lui ouvre le dossier."


def _file(actor: Actor, pk: int) -> AmiApplication:
    rows = AmiApplication.objects.of_body(actor).select_related("call", "territory", "organisation")
    return get_visible_or_404(rows, actor, pk=pk)


@guarded(Perm.SHARE_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def cowriters(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Who is named, until when, and the two ways to name: an officer in one click, anybody by address."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = _file(actor, pk)
    if request.method == "POST" and "user" in request.POST:
        return _officer(request, actor, application)
    form = CowriterForm(
        request.POST if request.method == "POST" else None,
        initial={"until": _usual(application)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = service.name_address(by=actor, application=application, **form.cleaned_data)
        except PortalError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, NEUTRAL.format(row.email))
            return redirect("ami_coredacteurs", application.pk)
    named = service.cowriters_of(by=actor, application=application)
    known = {row.user_id for row in named}
    officers = service.officers_of(by=actor, application=application)
    context = head_context(actor, application, current="coredacteurs") | {
        "form": form,
        "named": named,
        "officers": [m for m in officers if m.user_id not in known],
        "usual": _usual(application),
        "rights": SharedRight,
        "open": service.may_name(actor, application),
    }
    return render(request, "labelling/coredacteurs.html", context, status=422 if form.is_bound else 200)


def _officer(request: HttpRequest, actor: Actor, application: AmiApplication) -> HttpResponseBase:
    form = OfficerForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Ce choix n’est plus possible. Rechargez la page.")
        return redirect("ami_coredacteurs", application.pk)
    typed = form.cleaned_data
    try:
        row = service.name_officer(
            by=actor,
            application=application,
            user_id=typed["user"],
            right=typed["right"],
            until=typed["until"],
        )
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        until = plain_date(timezone.localtime(row.until))
        messages.success(request, f"Dossier ouvert à {row.label} jusqu’au {until}. Un message le lui dit.")
    return redirect("ami_coredacteurs", application.pk)


def _usual(application: AmiApplication) -> datetime.date:
    """Until the call closes while the file is written, three months later on."""
    later = timezone.localdate(timezone.now() + USUAL)
    closes = application.call.closes_at
    return max(timezone.localdate(closes), timezone.localdate()) if closes and _draft(application) else later


def _draft(application: AmiApplication) -> bool:
    return application.state == "brouillon"


@guarded(Perm.SHARE_APPLICATION)
@require_POST
def take_off(request: HttpRequest, pk: int, ligne: int) -> HttpResponseBase:
    """Close the file to a co-writer at once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    application = _file(actor, pk)
    row = get_visible_or_404(AmiCowriter.objects.filter(application=application), actor, pk=ligne)
    try:
        service.take_off(by=actor, application=application, row=row)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row.label} n’a plus accès au dossier.")
    return redirect("ami_coredacteurs", application.pk)
