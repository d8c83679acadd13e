"""The certificate of one labelled place as tagged PDF (PDF/UA-1): one A4 sheet, landscape, for the desk."""

from functools import lru_cache
from pathlib import Path

from django.template.loader import render_to_string

from labelling.documents.letters import region_style
from labelling.services.label.certificates import CertificateFacts
from spo_portal.kernel import pdf
from territories.models import Region

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"


def certificate_pdf(facts: CertificateFacts, *, region: Region, using: pdf.Pool | None = None) -> bytes:
    """Lay the certificate out in the region's colour, with the code that anybody checks on the portal."""
    html = render_to_string("labelling/pdf/certificat.html", {"certificat": facts, "region": region})
    tokens, assets = region_style(region)
    made = pdf.fit(((pdf.Part((html,)),),), stylesheets=(_sheet(), tokens), assets=assets, using=using)
    return made.pdf


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (_STATIC / "certificat.css").read_text("utf-8")
