"""Data for programs inside a page, `{% load donnees %}`."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
# What could end the block or be read as markup, written as JSON escapes: the same data for who parses it.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def donnees_liees(data: dict[str, Any]) -> SafeString:
    """Linked data (JSON-LD) as a data block: browsers never run it, so the policy has nothing to refuse."""
    text = json.dumps(data, ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped just above
