"""Every deadline of the region, the préfecture's first page, and the check of a certificate by anybody."""

import datetime
from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from labelling.enums_label import DossierState
from labelling.models import LabelDossier
from labelling.permissions import Perm
from labelling.services import todo
from labelling.services.ics import Method, escaped, folded
from labelling.services.label import calendar, certificates, renewal
from labelling.services.label.calendar import Line
from labelling.views.label_head import TONES, without_label
from spo_portal.kernel import throttle
from spo_portal.kernel.http import client_address
from territories.access import Actor, guarded, public
from territories.models import Region

ATTEMPTS = (30, 600)
LATE, SOON, FROZEN = "retard", "semaine", "suspendu"
WEEK = 7
# What an actor of the filter is called on the lines.
WHO = (("Préfecture", "prefecture"), ("Lieu", "lieu"))


def _keep(line: Line, wanted: str) -> bool:
    step = line.step
    if wanted == LATE:
        return step.late
    if wanted == SOON:
        return step.due is not None and not step.late and not step.frozen and (step.left or 0) <= WEEK
    if wanted == FROZEN:
        return step.frozen
    return True


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def deadlines(request: HttpRequest) -> HttpResponseBase:
    """Running deadlines, late first; labels to renew."""
    other = without_label(request)
    if other is not None:
        return other
    by: Actor = request.actor  # type: ignore[attr-defined]
    lines = calendar.deadlines(by=by)
    wanted = request.GET.get("filtre", "")
    counts = {key: sum(_keep(line, key) for line in lines) for key in (LATE, SOON, FROZEN)}
    today = timezone.localdate()
    context = {
        "lignes": [line for line in lines if _keep(line, wanted)],
        "total": len(lines),
        "filtres": [
            ("", "Toutes", len(lines)),
            (LATE, "En retard", counts[LATE]),
            (SOON, "Dans les sept jours", counts[SOON]),
            (FROZEN, "Délai suspendu", counts[FROZEN]),
        ],
        "filtre": wanted,
        "fins": [(one, one.expired(today)) for one in renewal.endings(by=by, today=today)],
    }
    return render(request, "labelling/label/calendrier.html", context)


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def deadlines_ics(request: HttpRequest) -> HttpResponse:
    """The running deadlines as a calendar file: one whole day each (RFC 5545)."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    stamp = timezone.now().strftime("%Y%m%dT%H%M%SZ")
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Orientation pour tous//Labels//FR",
            f"METHOD:{Method.PUBLISH}"]  # fmt: skip
    for line in calendar.deadlines(by=by):
        if line.step.due is None or line.step.frozen:
            continue
        key = f"label-{line.dossier.pk}" if line.dossier else f"retrait-{line.withdrawal.pk}"  # type: ignore[union-attr]
        end = line.step.due + datetime.timedelta(days=1)
        text += [
            "BEGIN:VEVENT", f"UID:{key}-{line.step.key}@{request.get_host()}", f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{line.step.due:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}",
            f"SUMMARY:{escaped(f'{line.what} : {line.territory}')}", "END:VEVENT",
        ]  # fmt: skip
    body = b"".join(folded(one) for one in [*text, "END:VCALENDAR"])
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="echeances-labels.ics"'
    return response


@guarded(Perm.INSTRUCT_LABEL)
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """The préfecture's first page: what waits for it, the dossiers of the region, the next deadlines."""
    other = without_label(request)
    if other is not None:
        return other
    by: Actor = request.actor  # type: ignore[attr-defined]
    dossiers = list(
        LabelDossier.objects.visible_to(by)
        .select_related("territory")
        .order_by("territory__order", "territory__name", "-created_at")
    )
    counts = Counter(row.state for row in dossiers)
    running = [row for row in dossiers if row.state in calendar.RUNNING]
    lines = calendar.deadlines(by=by)
    steps = {line.dossier.pk: line.step for line in lines if line.dossier is not None}
    context = {
        "a_faire": todo.todo(by=by),
        "dossiers": [(row, TONES.get(DossierState(row.state), ""), steps.get(row.pk)) for row in running],
        "retards": sum(line.step.late for line in lines),
        "en_cours": len(running),
        "accordes": counts[DossierState.ACCORDE],
        "lignes": lines[:8],
    }
    return render(request, "labelling/label/accueil.html", context)


@public("Chacun vérifie un certificat de label par son code ; aucune personne n’y est nommée.")
@require_safe
def verify_code(request: HttpRequest) -> HttpResponseBase:
    """A field for the code written on a certificate."""
    typed = request.GET.get("code", "")
    code = certificates.cleaned_code(typed)
    if code:
        return redirect("label_verifier", code=code)
    # A field sent empty is answered too.
    sent = "code" in request.GET
    context = {"saisi": typed[:40], "erreur": sent, "trouve": None, "inconnu": False}
    return render(request, "labelling/label/verifier.html", context, status=422 if sent else 200)


@public("Chacun vérifie un certificat de label par son code ; aucune personne n’y est nommée.")
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponseBase:
    """What a code certifies: place, act, dates, and whether the label still holds."""
    throttle.limit(
        throttle.address_bucket("certificat", client_address(request)),
        attempts=ATTEMPTS[0],
        seconds=ATTEMPTS[1],
    )
    known = certificates.cleaned_code(code)
    found = certificates.verify(known) if known else None
    context: dict[str, object] = {
        "saisi": code[:40],
        "erreur": False,
        "trouve": found,
        "inconnu": found is None,
    }
    if found is not None:
        context["region"] = Region.objects.filter(slug=found.region_slug).first()
    response = render(
        request, "labelling/label/verifier.html", context, status=200 if found is not None else 404
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
