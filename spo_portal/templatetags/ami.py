"""Words of the calls for interest: a note kept in hundredths, the amounts of a file by scenario."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from spo_portal.kernel import typography

register = template.Library()


@register.filter
def note(hundredths: int | None) -> str:
    """Write a note kept in hundredths: 410 gives "4,10"; a dash without one."""
    return "–" if hundredths is None else typography.number(hundredths / 100, 2)


@register.simple_tag
def montants(file: Any, views: Iterable[Any]) -> SafeString:
    """One cell per scenario: what it gives this file, or a dash."""
    cells = []
    for view in views:
        given = file.decided_amount if file.decided else view.lines.get(file.application.pk, 0)
        cells.append((typography.euros(given) if given else "–",))
    return format_html_join("", '<td class="num">{}</td>', cells)
