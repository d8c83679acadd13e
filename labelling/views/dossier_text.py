"""A text of a file of the calls: its box, and how what is typed is saved."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from labelling.enums_ami import SectionKey
from labelling.models import AmiApplication
from labelling.services.sections import HINTS, save_section
from labelling.views.dossier_head import head_context
from labelling.views.text_box import BETWEEN, Box, Page, Writer, is_fragment, number_of, save_typed
from spo_portal.kernel.texts import Saved
from territories.access import Actor

__all__ = ["BETWEEN", "Box", "box_of", "is_fragment", "number_of", "save_text"]


def box_of(application: AmiApplication, key: str, saved: Saved | None = None, **more: Any) -> Box:
    url = reverse("ami_partie", args=[application.pk, key])
    values: dict[str, Any] = {"text": "", "version": 0, "saved": saved}
    if saved is not None:
        values |= {"text": saved.text, "version": saved.version}
    return Box(key, SectionKey(key).label, HINTS[SectionKey(key)], url, **(values | more))


def save_text(
    request: HttpRequest, by: Actor, application: AmiApplication, key: str, page: Page
) -> HttpResponseBase:
    """Save what is typed; ``page`` draws the whole page around a box, for who has no script."""

    def box(saved: Saved | None = None, **more: Any) -> Box:
        return box_of(application, key, saved, **more)

    def save(text: str, seen: int) -> Saved:
        return save_section(by=by, application=application, key=key, text=text, seen=seen)

    return save_typed(request, Writer(box, save, lambda: head_context(by, application, key), page))
