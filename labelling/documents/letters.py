"""Letters of the Region as tagged PDF (PDF/UA-1): one A4 sheet in the region's colours, with the reasons."""

import re
from functools import lru_cache
from pathlib import Path

from django.template.loader import render_to_string

from labelling.services.letters import Drawn, LetterFacts
from spo_portal.kernel import pdf
from territories.models import Region

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"
_HEX = re.compile(r"#[0-9a-f]{6}")


def letter_pdf(
    facts: LetterFacts, *, region: Region, draft: bool = False, using: pdf.Pool | None = None
) -> Drawn:
    """Lay a letter out. ``draft``: not sent, and every page says so."""
    html = render_to_string("labelling/pdf/lettre.html", {"lettre": facts, "region": region, "draft": draft})
    tokens, assets = region_style(region)
    made = pdf.fit(((pdf.Part((html,)),),), stylesheets=(_sheet(), tokens), assets=assets, using=using)
    return Drawn(made.pdf, made.pages)


def region_style(region: Region) -> tuple[str, dict[str, bytes]]:
    """The region's colour as a style sheet, and its mark beside it: the same on every paper it signs."""
    return _tokens(region), {"marque.svg": region.logo_svg.encode()} if region.logo_svg else {}


def _tokens(region: Region) -> str:
    """The region's colours go into a style sheet: #rrggbb or nothing; without accent, the first is both."""
    if not _HEX.fullmatch(region.brand_primary):
        raise ValueError("a colour is written #rrggbb")
    mark = ".enseigne{background-image:url(marque.svg)}" if region.logo_svg else ".enseigne{padding-left:0}"
    accent = region.brand_accent if _HEX.fullmatch(region.brand_accent) else region.brand_primary
    return f":root{{--marque:{region.brand_primary};--accent:{accent}}}{mark}"


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (_STATIC / "lettre.css").read_text("utf-8")
