"""Template tags of figures: a share that may be masked."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from spo_portal.kernel.privacy import Share
from spo_portal.kernel.typography import percent

register = template.Library()


@register.filter
def part(share: Share) -> SafeString:
    """« 61 % », « masqué » with its reason, or « sans objet » when there is nothing to divide by."""
    if share.masked:
        return format_html('<span class="mask">masqué<span class="sr"> : {}</span></span>', share.reason)
    if share.value is None:
        return format_html('<span class="soft">{}</span>', "sans objet")
    return format_html("{}", percent(float(share.value) * 100))
