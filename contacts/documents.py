"""The printed fiche contact: part kept, part handed over, and their backs (GUIDE, "Fiche contact").

Rules the paper must keep:
- nothing links the two halves: the return code, the counsellor and a destination's telephone are on the part
  handed over only; the part kept is anonymous;
- the part kept never grows (the record holds the whole text); the part handed over never goes below 11 pt;
- every word, list, colour and logo comes from the region's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
from django.template.loader import render_to_string

from contacts import codes
from contacts.layout import back_columns, density, network_widths, status_boxes
from contacts.sheet import (
    POSTAL_LINES,
    SENTENCE_MAX,
    Brand,
    Destination,
    Item,
    Place,
    Rdv,
    Sheet,
    items,
)
from spo_portal.kernel import pdf
from spo_portal.kernel.typography import NBSP, long_date, phone

__all__ = [
    "POSTAL_LINES",
    "SENTENCE_MAX",
    "Brand",
    "Destination",
    "Item",
    "Place",
    "Rdv",
    "Sheet",
    "fiche_document",
    "fiche_pdf",
    "handed_pdf",
    "items",
]

SEXES = (("homme", "Homme"), ("femme", "Femme"))
AGES = (("moins_26", "− 26 ans"), ("plus_26", "+ 26 ans"))
MARKS = {False: "☐", True: "☒"}

_QR_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+./:-]*")
_STATIC = Path(__file__).resolve().parent.parent / "static" / "pdf"
_LONG_MAIL = 40


def fiche_pdf(sheet: Sheet) -> bytes:
    """Return the sheet of the desk: kept above, handed over below, both backs, then a second sheet if needed.

    Solved on the spot (no destination), or `handed` false: the part kept alone. `kept` false: `handed_pdf`.
    """
    return fiche_document(sheet).pdf


def handed_pdf(sheet: Sheet) -> bytes:
    """Return the part handed over alone, for a mail, or as a letter when `postal` is given."""
    return fiche_document(sheet, part="handed").pdf


def fiche_document(sheet: Sheet, part: str = "") -> pdf.Rendered:
    """Return the document with its page count and cost; `part` is "", "kept" or "handed"."""
    if part == "kept" or not (sheet.handed and sheet.destinations):
        candidates = [[pdf.Part((_page(sheet, "garder_seule"),), pages=1)]]
    else:
        form = "fiche" if sheet.kept and part != "handed" else "lettre" if sheet.postal else "entier"
        total = len(sheet.destinations)
        most = 2 if form != "entier" else 5
        counts = sorted({min(total, n) for n in range(most + 1)}, reverse=True)
        back = pdf.Part(_sizes(_back(sheet.brand, form)), pages=1, reusable=True)
        # The first one nearly always fits: the others are composed only when it does not.
        made = _render(sheet.brand, [_parts(sheet, form, counts[0], back)], strict=True)
        if made.fits:
            return made
        candidates = [_parts(sheet, form, count, back) for count in counts[1:]]
    return _render(sheet.brand, candidates)


def _render(brand: Brand, candidates: list[list[pdf.Part]], strict: bool = False) -> pdf.Rendered:
    sheets = (_own("fiche.css").decode(), _region_css(brand))
    return pdf.fit(candidates, stylesheets=sheets, assets=_assets(brand), strict=strict)


def _parts(sheet: Sheet, form: str, count: int, back: pdf.Part) -> list[pdf.Part]:
    """Compose the document with `count` destinations on its first page and the others on a second sheet."""
    parts = [pdf.Part(_sizes(_page(sheet, "recto", form=form, count=count)), pages=1), back]
    if count < len(sheet.destinations):
        parts.append(pdf.Part((_page(sheet, "suite", form=form, count=count),)))
    return parts


def _sizes(html: str) -> tuple[str, str]:
    """Return the roomy version of a page and the tight one, which differ by a class only."""
    return html, html.replace('<body class="', '<body class="serre ', 1)


def _page(sheet: Sheet, template: str, form: str = "fiche", count: int = 0) -> str:
    total = len(sheet.destinations)
    blocks = [_block(d, n, total) for n, d in enumerate(sheet.destinations, 1)]
    top = 2 if form == "fiche" else 1
    context = {
        "sheet": sheet,
        "brand": sheet.brand,
        "form": form,
        "levels": {"part": top, "section": top + 1, "block": top + 2},
        "jour_long": long_date(sheet.jour).replace(" ", NBSP, 2),
        "jour_court": (f"{sheet.jour:%d}", f"{sheet.jour:%m}", f"{sheet.jour:%Y}"),
        "first": blocks[:count],
        "others": blocks[count:],
        "booked": total == 1 and sheet.destinations[0].rdv is not None,
    }
    if template != "suite":
        context |= _kept_context(sheet) if form == "fiche" else {"postal": sheet.postal}
        context |= _return_context(sheet) | _heading(sheet.brand, form)
    return render_to_string(f"contacts/pdf/{template}.html", context)


def _heading(brand: Brand, form: str) -> dict[str, str]:
    """Return the words at the top of the part handed over: the GUIDE's, and the page's title when alone."""
    leaflet = f", avec {brand.leaflet_word}" if brand.leaflet_word else ""
    if form == "fiche":
        return {"heading": "Partie à remettre", "under": f"à la personne réorientée{leaflet}"}
    return {"heading": "Fiche contact", "under": f"Partie à remettre{leaflet}"}


def _boxes(entries: Iterable[tuple[str, bool]]) -> list[dict[str, str]]:
    """Return tick boxes; the mark is a character, so that a screen reader and a text search get it."""
    return [{"mark": MARKS[on], "label": label, "css": "oui" if on else ""} for label, on in entries]


def _kept_context(sheet: Sheet) -> dict[str, Any]:
    statuts = _boxes((item.label, item.n == sheet.statut) for item in sheet.statuts)
    lists = {
        "demandes": _boxes((item.label, item.n in sheet.demandes_ticked) for item in sheet.demandes),
        "reponses": _boxes((item.label, item.n in sheet.reponses_ticked) for item in sheet.reponses),
    }
    status_boxes(statuts)
    return lists | {
        "dense": density(statuts, lists["demandes"], lists["reponses"]),
        "statuts": statuts,
        "sexes": _boxes((label, sheet.sexe == value) for value, label in SEXES),
        "ages": _boxes((label, sheet.age == value) for value, label in AGES),
        "networks": _boxes(
            (name.replace(" ", NBSP), code == sheet.network_code) for code, name, _ in sheet.brand.networks
        ),
        "names": " ; ".join(d.place.name for d in sheet.destinations),
    }


def _return_context(sheet: Sheet) -> dict[str, str]:
    if sheet.code is None:
        return {}
    code, base = codes.normalise(sheet.code), sheet.base_url.rstrip("/")
    url = f"{base}/r/{code}"
    # Upper case halves the QR's size (alphanumeric mode); a host has no case, a longer path would.
    if not urlsplit(base).path and _QR_ALPHANUMERIC.fullmatch(url.upper()):
        url = url.upper()
    qr = segno.make(url, error="m", micro=False).svg_data_uri(border=0, unit="mm", scale=1)
    return {"code": codes.display(code), "qr": qr, "type_at": f"{base.partition('://')[2] or base}/r"}


def _block(destination: Destination, number: int, total: int) -> dict[str, Any]:
    place = destination.place
    mail = place.email
    if len(mail) > _LONG_MAIL:
        # A line may break before the @ of an address too long for one.
        mail = mail.replace("@", "\u200b@")
    return {
        "place": place,
        "phone": phone(place.phone),
        "email": mail,
        "long_email": len(place.email) > _LONG_MAIL,
        "rdv": destination.rdv,
        "number": number if total > 1 else None,
    }


@lru_cache(maxsize=64)
def _back(brand: Brand, form: str) -> str:
    """Return the back, the same for every fiche of a region: it holds nothing of the person."""
    return render_to_string(
        "contacts/pdf/verso.html",
        {
            "brand": brand,
            "form": form,
            "columns": back_columns(brand.resources),
            "networks": [name.replace(" ", NBSP) for _, name, _ in brand.networks],
        },
    )


@lru_cache(maxsize=64)
def _region_css(brand: Brand) -> str:
    """Return the region's tokens, its logo and the widths and logos of its networks' strip."""
    rules = [f":root{{--marque:{brand.primary};--marque-pale:{brand.soft};--marque-vive:{brand.accent}}}"]
    if brand.logo_svg:
        rules.append(".marque{background-image:url(marque.svg)}")
    else:
        rules.append(".marque{padding-left:0}")
    widths, scale = network_widths([name for _, name, _ in brand.networks])
    if scale < 1:
        rules.append(f".reseaux li,.logos li{{font-size:{8 * scale:.2f}pt}}")
    for n, (width, (_, _, logo)) in enumerate(zip(widths, brand.networks, strict=True), 1):
        picture = f"background-image:url(reseau-{n}.svg)" if logo else ""
        rules.append(f".r{n}{{width:{width:.2f}mm;{picture}}}")
    return "".join(rules)


@lru_cache(maxsize=64)
def _assets(brand: Brand) -> dict[str, bytes]:
    named = {"coupe.svg": _own("coupe.svg")}
    if brand.logo_svg:
        named["marque.svg"] = brand.logo_svg.encode()
    return named | {
        f"reseau-{n}.svg": logo.encode() for n, (_, _, logo) in enumerate(brand.networks, 1) if logo
    }


@lru_cache(maxsize=8)
def _own(name: str) -> bytes:
    return (_STATIC / name).read_bytes()
