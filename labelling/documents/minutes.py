"""The minutes of a session as a tagged PDF (PDF/UA-1), in the colours of the region."""

import re
from functools import lru_cache
from pathlib import Path

from django.template.loader import render_to_string

from labelling.services.minutes import Minutes
from spo_portal.kernel import pdf
from territories.models import Region

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"
_HEX = re.compile(r"#[0-9a-f]{6}")


def minutes_pdf(minutes: Minutes, *, region: Region) -> bytes:
    """Lay the minutes out. Not approved, every page says « Projet »."""
    html = render_to_string("labelling/pdf/proces_verbal.html", {"pv": minutes, "region": region})
    assets = {"marque.svg": region.logo_svg.encode()} if region.logo_svg else {}
    return pdf.render(html, stylesheets=(_sheet(), _tokens(region)), assets=assets)


def _tokens(region: Region) -> str:
    """The region's colour goes into a style sheet: #rrggbb or nothing."""
    if not _HEX.fullmatch(region.brand_primary):
        raise ValueError("a colour is written #rrggbb")
    mark = ".enseigne{background-image:url(marque.svg)}" if region.logo_svg else ".enseigne{padding-left:0}"
    return f":root{{--marque:{region.brand_primary}}}{mark}"


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (_STATIC / "pv.css").read_text("utf-8")
