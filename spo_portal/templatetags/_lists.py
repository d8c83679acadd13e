"""Links of a list: its other pages and its orders, every other filter of the address kept."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.http import QueryDict
from django.template.context import Context


def _query(context: Context) -> QueryDict:
    request = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def page_links(
    context: Context, page: Page[Any], *, name: str, target: str, parameter: str
) -> dict[str, Any]:
    """Prepare the previous, next and numbered links; long lists are elided around the current page."""
    query = _query(context)

    def address(number: int) -> str:
        query[parameter] = str(number)
        return f"?{query.urlencode()}"

    shown = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "page": page,
        "name": name,
        "target": target,
        "numbers": [(n, address(n)) if isinstance(n, int) else (None, "") for n in shown],
        "previous": address(page.number - 1) if page.has_previous() else "",
        "next": address(page.number + 1) if page.has_next() else "",
    }


def sort_link(context: Context, *, field: str, title: str, css: str, parameter: str) -> dict[str, Any]:
    """Prepare a column head that flips the order and goes back to the first page."""
    query = _query(context)
    direction = {field: "ascending", f"-{field}": "descending"}.get(query.get(parameter, ""), "")
    query.pop("page", None)
    query[parameter] = f"-{field}" if direction == "ascending" else field
    return {"url": f"?{query.urlencode()}", "title": title, "direction": direction, "css": css}
