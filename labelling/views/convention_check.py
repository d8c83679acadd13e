"""Anybody who holds a fingerprint, or the signed document, may learn which convention it is."""

import hashlib
import re

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labelling.forms.convention import CheckForm
from labelling.services.convention import state
from spo_portal.kernel import throttle
from spo_portal.kernel.http import client_address
from spo_portal.kernel.uploads import takes_up_to, was_too_big
from territories.access import public
from territories.models import Region

PAGE = "labelling/convention/verifier.html"
ATTEMPTS = (60, 900)
MOST_BYTES = 10 * 1024 * 1024
_BLANK = re.compile(r"[\s:.\u00a0\u202f\u200b-]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
NOT_ONE = "Une empreinte compte 64 caractères, chiffres de 0 à 9 et lettres de a à f. Recopiez-la en entier."


@takes_up_to(MOST_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
@public("Vérifier l’empreinte d’une convention signée, sans compte : aucun nom de personne n’est montré.")
def check(request: HttpRequest, sha256: str = "") -> HttpResponseBase:
    """« Inconnue », or which convention, of which territory, signed by which organisations and when."""
    form = CheckForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        if not sha256:
            return render(request, PAGE, {"form": CheckForm()})
        return _say(request, CheckForm(initial={"empreinte": sha256}), _flat(sha256))
    if was_too_big(request):
        form.add_error("document", "Ce fichier dépasse 10 Mo : recopiez plutôt l’empreinte.")
    if not form.is_valid():
        return render(request, PAGE, {"form": form}, status=422)
    upload = form.cleaned_data["document"]
    if upload is not None:
        digest = hashlib.sha256()
        for chunk in upload.chunks():
            digest.update(chunk)
        return _say(request, form, digest.hexdigest(), document=True)
    typed = _flat(form.cleaned_data["empreinte"])
    if not _SHA256.fullmatch(typed):
        form.add_error("empreinte", NOT_ONE)
        return render(request, PAGE, {"form": form}, status=422)
    return redirect("convention_empreinte", typed)


def _flat(text: str) -> str:
    """A fingerprint as it may be typed or pasted: in groups, in capitals, with its name before it."""
    return _BLANK.sub("", text).lower().removeprefix("sha256")


def _say(request: HttpRequest, form: CheckForm, sha256: str, *, document: bool = False) -> HttpResponseBase:
    bucket = throttle.address_bucket("convention:empreinte", client_address(request))
    throttle.limit(bucket, attempts=ATTEMPTS[0], seconds=ATTEMPTS[1])
    found = state.check(sha256) if _SHA256.fullmatch(sha256) else None
    region = Region.objects.filter(pk=found.region_id).first() if found else None
    worn = {"region": region, "portal_name": region.portal_name} if region else {}
    context = {"form": form, "said": True, "found": found, "sha256": sha256, "document": document}
    return render(request, PAGE, context | worn, status=200 if found else 404)
