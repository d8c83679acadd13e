"""htmx: fragments and full pages from one view, login redirects that replace the whole page."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from spo_portal.kernel.http import GetResponse


class FragmentMiddleware:
    """A redirect to the login page never lands inside a fragment: htmx is told to change page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.headers.get("HX-Request") == "true" and response.status_code in {301, 302, 303}:
            location = response.headers["Location"]
            response = HttpResponse(status=204)
            response.headers["HX-Redirect"] = location
        return response


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """One view, one context: the fragment for htmx, the whole page otherwise (and for history restores)."""
    is_fragment = (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
        and request.headers.get("HX-Boosted") != "true"
    )
    return render(request, fragment if is_fragment else page, dict(context), status=status)
