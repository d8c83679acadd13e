"""The page a personal link opens: the exact text, its fingerprint, who it is for; sign or refuse, once."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labelling.forms.accounts import add_refusal
from labelling.forms.convention import RefuseForm, SignForm
from labelling.services.convention import signing
from labelling.services.convention.layout import blocks
from spo_portal.kernel import throttle
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.http import client_address
from territories.access import public

PAGE, LOST = "labelling/convention/signer.html", "labelling/convention/lien_perdu.html"
# Wrong links from one address of the network in a quarter of an hour; new links asked by an expired one.
ATTEMPTS, ASKED = (30, 900), (3, 3600)
WHY = "Lien personnel d’un signataire, envoyé à une seule adresse : il ouvre une convention, et elle seule."


@require_http_methods(["GET", "HEAD", "POST"])
@public(WHY)
def sign(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the text and take the answer; any other state of the link gives its own clear page."""
    return _secret(_answer(request, token))


@require_http_methods(["GET", "HEAD"])
@public(WHY)
def exact(request: HttpRequest, token: str) -> HttpResponseBase:
    """The exact text of the link's convention, byte for byte: its SHA-256 is the fingerprint shown."""
    link = signing.read(token)
    if link is None or link.convention is None or not link.convention.text:
        raise Http404("Ce lien n’ouvre aucun texte.")
    return _secret(HttpResponse(link.convention.text.encode(), content_type="text/plain; charset=utf-8"))


def _secret(response: HttpResponseBase) -> HttpResponseBase:
    # The path is a secret: no page the reader goes to next may learn it. « no-referrer » would make browsers
    # post the form with a null origin, which the CSRF check refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponseBase:
    link = signing.read(token, opened=request.method == "GET")
    if link is None:
        bucket = throttle.address_bucket("convention", client_address(request))
        throttle.limit(bucket, attempts=ATTEMPTS[0], seconds=ATTEMPTS[1])
        return render(request, LOST, status=404)
    if request.method != "POST":
        return _page(request, link)
    act = request.POST.get("acte", "")
    if act == "nouveau_lien" and link.expired:
        return _new_link(request, token, link)
    if act == "pas_moi" and link.convention is not None and not link.removed:
        return _not_me(request, token, link)
    if not link.can_answer:
        return _page(request, link, status=409, twice=link.answer is not None)
    return _refuse(request, token, link) if act == "refuser" else _sign(request, token, link)


def _sign(request: HttpRequest, token: str, link: signing.Link) -> HttpResponseBase:
    form = SignForm(request.POST)
    if form.data.get("seen", "") != (link.convention.sha256 if link.convention else ""):
        return _stale(request, token, link)
    if not form.is_valid():
        return _page(request, link, form=form, status=422)
    given = form.cleaned_data
    try:
        signing.sign(
            token=token,
            sha256=given["seen"],
            name=given["name"],
            function=given["function"],
            agreed=given["agreed"],
            address=client_address(request),
        )
    except signing.StaleText:
        return _stale(request, token, link)
    except Refused as refusal:
        add_refusal(form, refusal)
        return _page(request, link, form=form, status=422)
    except Conflict:
        return _again(request, token)
    return redirect("convention_signer", token)


def _refuse(request: HttpRequest, token: str, link: signing.Link) -> HttpResponseBase:
    form = RefuseForm(request.POST)
    seen = request.POST.get("seen", "")
    if link.convention is None or seen != link.convention.sha256:
        return _stale(request, token, link)
    if not form.is_valid():
        return _page(request, link, refusal=form, status=422)
    try:
        signing.refuse(
            token=token,
            sha256=seen,
            name="",
            function=link.signatory.function,
            reason=form.cleaned_data["refus"],
            address=client_address(request),
        )
    except signing.StaleText:
        return _stale(request, token, link)
    except Refused as said:
        form.add_error("refus", str(said))
        return _page(request, link, refusal=form, status=422)
    except Conflict:
        return _again(request, token)
    return redirect("convention_signer", token)


def _not_me(request: HttpRequest, token: str, link: signing.Link) -> HttpResponseBase:
    try:
        signing.not_me(token=token, address=client_address(request))
    except (Conflict, Refused):
        return _again(request, token)
    return render(request, "labelling/convention/pas_moi.html", _worn(link) | {"link": link})


def _new_link(request: HttpRequest, token: str, link: signing.Link) -> HttpResponseBase:
    bucket = throttle.address_bucket("convention:nouveau", str(link.signatory.pk))
    throttle.limit(bucket, attempts=ASKED[0], seconds=ASKED[1])
    signing.ask_new_link(token=token)
    return _page(request, link, asked=True)


def _stale(request: HttpRequest, token: str, link: signing.Link) -> HttpResponseBase:
    """Another text is shown now: what changed, the new text, and nothing signed."""
    now = signing.read(token)
    if now is None or now.convention is None or now.answer is not None:
        return _again(request, token)
    changes = signing.changes_since(token, now.convention, request.POST.get("seen", ""))
    return _page(request, now, status=409, stale=True, changes=changes)


def _again(request: HttpRequest, token: str) -> HttpResponseBase:
    """Somebody answered with this link in between: what is kept is what is shown."""
    link = signing.read(token)
    if link is None:
        return render(request, LOST, status=404)
    return _page(request, link, status=409, twice=link.answer is not None)


def _worn(link: signing.Link) -> dict[str, Any]:
    """The page wears the colours of the region that signs."""
    if link.convention is None:
        return {}
    region = link.convention.region
    return {"region": region, "portal_name": region.portal_name}


def _page(
    request: HttpRequest,
    link: signing.Link,
    *,
    status: int = 200,
    form: SignForm | None = None,
    refusal: RefuseForm | None = None,
    stale: bool = False,
    twice: bool = False,
    asked: bool = False,
    changes: list[Any] | None = None,
) -> HttpResponse:
    convention = link.convention
    if link.can_answer and form is None and convention is not None:
        form = SignForm(initial={"seen": convention.sha256, "function": link.signatory.function})
    context = {
        "link": link,
        "convention": convention,
        "blocks": blocks(convention.text) if convention else [],
        "form": form,
        "refusal": refusal or RefuseForm(),
        "refusing": refusal is not None,
        "stale": stale,
        "twice": twice,
        "asked": asked,
        "compared": changes,
        "amended": signing.amended_by(convention) if convention and link.can_answer and not stale else [],
        "token": request.resolver_match.kwargs["token"] if request.resolver_match else "",
    }
    return render(request, PAGE, context | _worn(link), status=status)
