"""Pieces of the communication kit as tagged PDF (PDF/UA-1): sign, poster, leaflet, at their exact size.

Asked for the printer, the page keeps that size as its trim box, with colour beyond the cut and crop marks.
"""

from functools import lru_cache
from pathlib import Path

import segno
from django.template.loader import render_to_string

from labelling.documents.letters import region_style
from labelling.services.label.kit import FORMATS, Format, KitFacts, Piece
from spo_portal.kernel import pdf
from territories.models import Region

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"
# Colour runs past the cut (kit.css) by the 3 mm a printer asks for and a little; the marks stand in 8 mm of
# margin.
MARKS_MM = 8
# From roomy to tight: the longest names and the longest weeks stay on the page.
SIZES = ("ample", "moyen", "serre", "minime")
PAGES = {Piece.PLAQUE: 1, Piece.AFFICHE: 1, Piece.DEPLIANT: 2}


def kit_pdf(
    piece: Piece, facts: KitFacts, *, region: Region, printer: bool = False, using: pdf.Pool | None = None
) -> bytes:
    """Lay one piece out in the region's colours, at the largest size of text that fits its page."""
    context = {
        "kit": facts,
        "region": region,
        "format": FORMATS[piece],
        "qr": _qr(facts.url),
        "titre": f"{FORMATS[piece].name}, {facts.place}",
    }
    template = f"labelling/pdf/kit/{piece.value}.html"
    html = tuple(render_to_string(template, context | {"taille": size}) for size in SIZES)
    tokens, assets = region_style(region)
    sheets = (_sheet(), tokens, _page(FORMATS[piece], printer=printer))
    parts = ((pdf.Part(html, pages=PAGES[piece]),),)
    return pdf.fit(parts, stylesheets=sheets, assets=assets, using=using).pdf


def _page(size: Format, *, printer: bool) -> str:
    marks = f"bleed:{MARKS_MM}mm;marks:crop;" if printer else ""
    return f"@page{{size:{size.width}mm {size.height}mm;{marks}}}"


def _qr(url: str) -> str:
    return segno.make(url, error="m", micro=False).svg_data_uri(border=2, dark="#111111") if url else ""


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (_STATIC / "kit.css").read_text("utf-8")
