"""The signed convention multipartite as tagged PDF (PDF/UA-1): its exact text, then who signed it, when."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from labelling.documents.letters import region_style
from labelling.models import Convention
from labelling.services.convention.layout import Block, blocks
from labelling.services.convention.state import Board
from spo_portal.kernel import pdf

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"


def multipartite_pdf(convention: Convention, progress: Board, *, using: pdf.Pool | None = None) -> bytes:
    """Lay the convention out. Not signed by all, every page says « Projet »."""
    context = {
        "convention": convention,
        "region": convention.region,
        "blocks": _after_title(convention),
        "progress": progress,
        "draft": convention.completed_at is None,
        "check": settings.BASE_URL + reverse("convention_empreinte", args=[convention.sha256]),
        "check_page": settings.BASE_URL + reverse("convention_verifier"),
    }
    html = render_to_string("labelling/pdf/multipartite.html", context)
    tokens, assets = region_style(convention.region)
    made = pdf.fit(((pdf.Part((html,)),),), stylesheets=(*_sheets(), tokens), assets=assets, using=using)
    return made.pdf


def _after_title(convention: Convention) -> list[Block]:
    """The text without its first line when that is the title, which the page already shows."""
    found = blocks(convention.text)
    if found and found[0].lines == (convention.title,):
        return found[1:]
    return found


@lru_cache(maxsize=1)
def _sheets() -> tuple[str, str]:
    return (_STATIC / "lettre.css").read_text("utf-8"), (_STATIC / "multipartite.css").read_text("utf-8")
