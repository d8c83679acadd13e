"""The annual report and the regional synthesis as tagged PDF (PDF/UA-1), in the colours of their region."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.template.loader import render_to_string

from dashboards.documents.report_charts import situation_svg
from dashboards.documents.report_drawn import draw_document
from dashboards.report_blocks import Document
from dashboards.services.published import FLOOR_TIMES
from spo_portal.kernel import pdf
from spo_portal.kernel.maps import Ground
from spo_portal.kernel.privacy import OUTSIDE
from territories.access import Actor
from territories.models import Region, Territory
from territories.services.contours import ground_of

_STATIC = Path(__file__).resolve().parent.parent.parent / "static" / "pdf"
_HEX = re.compile(r"#[0-9a-f]{6}")
_SOFT = 0.12
TITLES = {"rapport": "Rapport annuel d’activité", "synthese": "Synthèse régionale des rapports d’activité"}


def ground_for(*, by: Actor, region: Region) -> tuple[Ground, Mapping[str, str]]:
    """What the maps of a region are drawn on, and the name of each territory by its id."""
    territories = list(Territory.objects.visible_to(by).filter(region=region))
    names = {str(territory.pk): territory.name for territory in territories}
    return ground_of(by=by, region=region, territories=territories), names


def document_pdf(
    document: Document,
    *,
    region: Region,
    ground: Ground,
    names: Mapping[str, str],
    digest: str = "",
    using: pdf.Pool | None = None,
) -> pdf.Rendered:
    """Lay the document out. ``digest``: fingerprint of the frozen data; without it, a draft that says so."""
    colour = colour_of(region)
    mark = document.mark
    word = region.territory_word if document.kind == "rapport" else "région"
    alt = (
        f"Situation du territoire {document.place} dans la région {document.region}"
        if mark
        else f"La région {document.region}"
    )
    html = render_to_string(
        "dashboards/pdf/rapport.html",
        {
            "document": document,
            "region": region,
            "titre": TITLES[document.kind],
            "word": word,
            "sections": draw_document(document, colour=colour, ground=ground, names=names),
            "situation": situation_svg(ground, mark, alt=alt, colour=colour, pale=softened(colour, 0.25)),
            "digest": grouped(digest),
            "threshold": OUTSIDE,
            "floor": OUTSIDE * FLOOR_TIMES,
            "state": _state(document, digest),
        },
    )
    sheets = (_own("rapport.css"), _tokens(colour, bool(region.logo_svg)))
    assets = {"marque.svg": region.logo_svg.encode()} if region.logo_svg else {}
    return pdf.fit(((pdf.Part((html,)),),), stylesheets=sheets, assets=assets, using=using)


def _state(document: Document, digest: str) -> str:
    if not digest:
        return "Projet, non signé" if document.kind == "rapport" else "Projet, non figé"
    return f"Version {document.signature.get('version', 1)}"


def grouped(digest: str) -> str:
    """A fingerprint as people compare it: groups of four characters."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def colour_of(region: Region) -> str:
    """The region's colour, which goes into a style sheet and into drawings: #rrggbb or nothing."""
    if not _HEX.fullmatch(region.brand_primary):
        raise ValueError("a colour is written #rrggbb")
    return region.brand_primary


def softened(colour: str, part: float = _SOFT) -> str:
    """The same colour, mostly white."""
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - channel) * part):02x}" for channel in channels)


def _tokens(colour: str, logo: bool) -> str:
    picture = ".enseigne{background-image:url(marque.svg)}" if logo else ".enseigne{padding-left:0}"
    return f":root{{--marque:{colour};--marque-pale:{softened(colour)}}}{picture}"


@lru_cache(maxsize=4)
def _own(name: str) -> str:
    return (_STATIC / name).read_text("utf-8")
