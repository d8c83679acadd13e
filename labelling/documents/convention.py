"""The convention of funding as tagged PDF (PDF/UA-1): who, what for, how much, when, what in return."""

import calendar
from functools import lru_cache
from pathlib import Path

from django.template.loader import render_to_string

from labelling.documents.letters import region_style
from labelling.models import AmiApplication, AmiConvention, AmiDecision, AmiInstalment
from labelling.services.follow_ups import due_dates
from spo_portal.kernel import pdf
from spo_portal.kernel.pdf import Rendered
from spo_portal.kernel.typography import of
from territories.models import Region

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"
MONTH_NAMES = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def convention_pdf(
    convention: AmiConvention,
    *,
    application: AmiApplication,
    decision: AmiDecision,
    payments: list[AmiInstalment],
    region: Region,
    draft: bool,
    using: pdf.Pool | None = None,
) -> Rendered:
    """Lay the convention out. ``draft``: not signed, and every page says so."""
    month = convention.follow_up_month
    context = {
        "convention": convention,
        "dossier": application,
        "decision": decision,
        "versements": payments,
        "region": region,
        "draft": draft,
        "bilans": due_dates(convention),
        "fin_de_mois": calendar.monthrange(2023, month)[1],
        "mois": MONTH_NAMES[month - 1],
        "bassin": of(application.territory.name),
    }
    html = render_to_string("labelling/pdf/convention.html", context)
    tokens, assets = region_style(region)
    return pdf.fit(((pdf.Part((html,)),),), stylesheets=(*_sheets(), tokens), assets=assets, using=using)


@lru_cache(maxsize=1)
def _sheets() -> tuple[str, str]:
    return (_STATIC / "lettre.css").read_text("utf-8"), (_STATIC / "convention.css").read_text("utf-8")
