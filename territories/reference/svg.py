"""Accepts a small, inert SVG logo: it stands inside our pages and PDFs, nothing in it may run or fetch."""

from __future__ import annotations

import re
from pathlib import Path

from territories.reference.fields import BadField

MAX_BYTES = 20_000
ELEMENTS = "svg g path rect circle ellipse line polyline polygon title desc"
ATTRIBUTES = """
xmlns viewBox width height d x y x1 y1 x2 y2 cx cy r rx ry points fill fill-rule stroke stroke-width
stroke-linecap stroke-linejoin stroke-dasharray transform opacity preserveAspectRatio role aria-hidden
"""
TAG = re.compile(r"<(/?)([A-Za-z]+)((?:\s+[A-Za-z-]+=\"[^\"<>&]*\")*)\s*(/?)>")
ATTRIBUTE = re.compile(r"\s([A-Za-z-]+)=\"([^\"]*)\"")


def read_svg(path: Path) -> str:
    """The logo's text, or ``BadField``."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadField(f"logo {path.name} : {MAX_BYTES // 1000} Ko au plus")
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadField(f"logo {path.name} introuvable ou illisible") from None
    check_svg(content)
    return content


def check_svg(content: str) -> None:
    """Refuse all but shapes and their plain attributes: no script, style, link, entity or foreign content."""
    if not content.startswith("<svg ") or not content.endswith("</svg>"):
        raise BadField("le logo doit être un dessin SVG")
    for _, name, attributes, _ in TAG.findall(content):
        if name not in ELEMENTS.split():
            raise BadField(f"élément « {name[:20]} » interdit dans un logo")
        for attribute, value in ATTRIBUTE.findall(attributes):
            if attribute not in ATTRIBUTES.split() or "url(" in value.lower():
                raise BadField(f"attribut « {attribute[:20]} » interdit dans un logo")
    if re.search(r"[<>&]", TAG.sub("", content)):
        raise BadField("le logo contient autre chose que des formes simples")
