"""Pieces of the communication kit as tagged PDF (PDF/UA-1): sign, poster, leaflet, banner, at their size.

Asked for the printer, the page keeps that size as its trim box, with colour beyond the cut and crop marks.
"""

import base64
import re
from bisect import bisect
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
# Length of the texts from which a picture takes the next size; measured on what the PDF tries.
WEIGHTS = {
    Piece.PLAQUE: (480, 700, 1000),
    Piece.AFFICHE: (480, 700, 1000),
    Piece.DEPLIANT: (700, 1500, 2600),
    Piece.KAKEMONO: (160, 330, 560),
}
_VOID = re.compile(r"<(br|img)\b([^>]*)>")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PAGES = {Piece.PLAQUE: 1, Piece.AFFICHE: 1, Piece.DEPLIANT: 2, Piece.KAKEMONO: 1}


def kit_pdf(
    piece: Piece, facts: KitFacts, *, region: Region, printer: bool = False, using: pdf.Pool | None = None
) -> bytes:
    """Lay one piece out in the region's colours, at the largest size of text that fits its page."""
    html = tuple(_html(piece, facts, region, size) for size in SIZES)
    tokens, assets = region_style(region)
    sheets = (_sheet(), tokens, _page(FORMATS[piece], printer=printer))
    parts = ((pdf.Part(html, pages=PAGES[piece]),),)
    return pdf.fit(parts, stylesheets=sheets, assets=assets, using=using).pdf


def kit_svg(piece: Piece, facts: KitFacts, *, region: Region) -> str:
    """A small picture of one piece for the screen: same words, same style sheet, as one SVG file.

    The size of the text is guessed from its length, where the PDF tries; a text too long is cut at the edge.
    """
    html = _html(piece, facts, region, _guessed(piece, facts))
    body = html[html.index("<body") + 5 : html.index("</body>")]
    body = _NOT_XML.sub("", _VOID.sub(r"<\1\2/>", body))
    size, (tokens, assets) = FORMATS[piece], region_style(region)
    for name, data in assets.items():
        tokens = tokens.replace(name, f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}")
    # Both sheets of the leaflet, one under the other.
    height = size.height * PAGES[piece]
    style = _sheet().replace("html {", ".feuillet {", 1) + tokens + _screen(piece)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size.width}mm" height="{height}mm"'
        f' viewBox="0 0 {size.width} {height}"><style><![CDATA[{style}]]></style>'
        f'<foreignObject width="{size.width}" height="{height}">'
        f'<div xmlns="http://www.w3.org/1999/xhtml" class="feuillet"><div{body}</div></div>'
        "</foreignObject></svg>"
    )


def _guessed(piece: Piece, facts: KitFacts) -> str:
    told = "".join((*facts.hours, facts.hours_note)) if piece != Piece.KAKEMONO else ""
    if piece == Piece.DEPLIANT:
        told += "".join(line for level in facts.levels for line in level.services)
    weight = 3 * len(facts.place) + len(facts.network) + sum(map(len, facts.address)) + len(told)
    return SIZES[bisect(WEIGHTS[piece], weight)]


def _screen(piece: Piece) -> str:
    """The sheet of paper as a box: margins of ``@page`` in kit.css are unknown to a picture.

    One unit of the drawing is a millimetre: what is laid out in millimetres of the screen is brought to it.
    """
    size = FORMATS[piece]
    margins = re.search(rf"@page {piece.value} {{ margin: ([^;]+);", _sheet())
    top, side, bottom = margins[1].split() if margins and " " in margins[1] else ("0", "0", "0")
    return (
        f".feuillet{{position:relative;isolation:isolate;overflow:hidden;background:#fff;width:{size.width}mm;"
        f"height:{size.height * PAGES[piece]}mm;transform:scale({25.4 / 96});transform-origin:0 0}}"
        f".{piece.value}{{position:absolute;top:{top};left:{side};right:{side};bottom:{bottom}}}"
        ".feuille{height:210mm;overflow:hidden}.suite{border-top:.7mm dashed #6f6f6f}"
        ".depliant .aplat{height:214mm}"
    )


def _html(piece: Piece, facts: KitFacts, region: Region, size: str) -> str:
    context = {
        "kit": facts,
        "region": region,
        "format": FORMATS[piece],
        "qr": _qr(facts.url),
        "titre": f"{FORMATS[piece].name}, {facts.place}",
        "taille": size,
    }
    return render_to_string(f"labelling/pdf/kit/{piece.value}.html", context)


def _page(size: Format, *, printer: bool) -> str:
    marks = f"bleed:{MARKS_MM}mm;marks:crop;" if printer else ""
    return f"@page{{size:{size.width}mm {size.height}mm;{marks}}}"


def _qr(url: str) -> str:
    return segno.make(url, error="m", micro=False).svg_data_uri(border=2, dark="#111111") if url else ""


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (_STATIC / "kit.css").read_text("utf-8")
