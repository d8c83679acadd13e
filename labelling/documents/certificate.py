"""The certificate of one labelled place as tagged PDF (PDF/UA-1): one A4 sheet, landscape, for the desk."""

from functools import lru_cache
from pathlib import Path

import segno
from django.template.loader import render_to_string

from labelling.documents.letters import region_style
from labelling.services.label.certificates import CertificateFacts
from spo_portal.kernel import pdf
from territories.models import Region

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"
# The longest names stay on the one sheet, smaller.
SIZES = ("", "moyen", "serre", "minime")


def certificate_pdf(facts: CertificateFacts, *, region: Region, using: pdf.Pool | None = None) -> bytes:
    """Lay the certificate out in the region's colour, with the code that anybody checks on the portal."""
    qr = segno.make(facts.url, error="m", micro=False).svg_data_uri(border=2, dark="#111111")
    context = {"certificat": facts, "region": region, "qr": qr}
    html = tuple(
        render_to_string("labelling/pdf/certificat.html", context | {"taille": size}) for size in SIZES
    )
    tokens, assets = region_style(region)
    parts = ((pdf.Part(html, pages=1),),)
    made = pdf.fit(parts, stylesheets=(_sheet(), tokens), assets=assets, using=using)
    return made.pdf


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (_STATIC / "certificat.css").read_text("utf-8")
