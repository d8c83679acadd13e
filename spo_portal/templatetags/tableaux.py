"""``{% load tableaux %}``: tables of figures written in one pass; long pages hold hundreds of cells."""

from fractions import Fraction
from functools import lru_cache
from html import escape as _escape

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboards import indicators
from dashboards.services import tables
from dashboards.services.tables import BarOf, Column, Kind, Row, State, Table, Value, WalkIn
from spo_portal.kernel.charts import cell_bar
from spo_portal.kernel.privacy import Cell, Share
from spo_portal.kernel.typography import number, percent
from territories.hours import share_words

register = template.Library()
SR = ' class="sr"'
NUMBERS = {Kind.COUNT, Kind.SHARE, Kind.HEAT}


@lru_cache(maxsize=2048)
def escape(text: str) -> str:
    """Safe between tags and inside quotes; heads come back on every line of a table."""
    return _escape(text, quote=True)


@lru_cache(maxsize=64)
def masked(reason: str) -> str:
    """« masqué », hatched, with its reason for whoever can't see the note under the table."""
    return f'<span class="mask">masqué<span class="sr"> : {escape(reason)}</span></span>'


@lru_cache(maxsize=4096)
def _count(value: int) -> str:
    return number(value)


def shown(value: Value) -> str:
    """One value as HTML: a count, a share, a word; « masqué » when hidden."""
    if isinstance(value, Cell):
        if value.masked:
            return masked(value.reason)
        return "" if value.value is None else _count(value.value)
    if isinstance(value, Share):
        if value.masked:
            return masked(value.reason)
        return '<span class="soft">sans objet</span>' if value.value is None else _share(value.value)
    if isinstance(value, WalkIn):
        return share_words(value.value)
    if isinstance(value, Fraction):
        return _share(value)
    if isinstance(value, State):
        kind = f"badge badge-{value.kind}" if value.kind else "badge"
        return f'<span class="{kind}">{escape(value.word)}</span>'
    if isinstance(value, int):
        return _count(value)
    return "" if value is None else escape(str(value))


def _share(value: Fraction) -> str:
    """Never « 100 % » nor « 0 % » when it is nearly so: a share says what it is."""
    exact = float(value) * 100
    if 0 < exact < 0.5:
        return f"moins de {percent(1)}"
    if 99.5 <= exact < 100:
        return f"plus de {percent(99)}"
    return percent(exact)


def _bar(value: BarOf) -> str:
    length = value.value
    drawn = float(length) if isinstance(length, Fraction) else length
    return cell_bar(drawn, value.whole, value.mark)


@register.filter
def chiffre_seul(value: Value) -> SafeString:
    """A figure outside a table, written as inside one."""
    return SafeString(shown(value))


@register.simple_tag
def definition(key: str) -> SafeString:
    """Link to the definition sheet of an indicator or of a breakdown, when it has one."""
    sheet = indicators.every().get(str(key)) or indicators.breakdowns().get(str(key))
    if sheet is None:
        return SafeString("")
    said = '<a class="sheet" href="{}#{}">Définition<span class="sr"> : {}</span></a>'
    return format_html(said, reverse("indicateurs"), sheet.key, sheet.label)


@register.simple_tag
def tableau(
    table: Table, css: str = "", legende: str = "", vue: bool = False, tri: str = "", adresse: str = ""
) -> SafeString:
    """The table: caption (heard, or seen with ``vue``), heads, lines, masked cells. ``css``: classes.

    ``tri`` is the order in force (« fiches », « -fiches ») and ``adresse`` what a link adds its own to
    (« ?annee=2025& »): heads that sort become links. Without ``adresse`` no head is one.
    """
    classes = f"table {css}".strip()
    top = tables.greatest(
        value for row in table.rows if not row.total for value in row.values if isinstance(value, Cell)
    )
    parts = [f'<table class="{classes}"><caption{"" if vue else SR}>']
    parts += [
        escape(legende or table.title),
        "</caption><thead><tr>",
        _head(Column(table.head, Kind.WORDS, table.sort), tri, adresse),
    ]
    parts += [_head(column, tri, adresse) for column in table.columns]
    parts.append("</tr></thead><tbody>")
    parts += [_row(row, table.columns, top) for row in table.rows if not row.total]
    totals = [_row(row, table.columns, top) for row in table.rows if row.total]
    parts += ["</tbody>", *(["<tfoot>", *totals, "</tfoot>"] if totals else []), "</table>"]
    return SafeString("".join(parts))


def _head(column: Column, order: str, address: str) -> str:
    if column.kind == Kind.BAR:
        return '<th scope="col"><span class="sr">Barre</span></th>'
    css = ' class="num"' if column.kind in NUMBERS else ""
    title = escape(column.title)
    if column.sort and address:
        up, down = order == column.sort, order == f"-{column.sort}"
        css += ' aria-sort="ascending"' if up else ' aria-sort="descending"' if down else ""
        # Counts open on the greatest, words on the first.
        wanted = column.sort if down or (column.kind == Kind.WORDS and not up) else f"-{column.sort}"
        ident = f"tri-{column.sort}"
        title = f'<a class="sort" id="{ident}" href="{escape(address)}tri={wanted}">{title}</a>'
    return f'<th scope="col"{css}>{title}</th>'


def _row(row: Row, columns: tuple[Column, ...], top: int) -> str:
    label = escape(row.label)
    if row.url:
        label = f'<a href="{escape(row.url)}">{label}</a>'
    if row.note:
        label += f'<span class="under">{escape(row.note)}</span>'
    cells = [_cell(value, column, top, row.total) for value, column in zip(row.values, columns, strict=True)]
    return f'<tr><th scope="row">{label}</th>{"".join(cells)}</tr>'


def _cell(value: Value, column: Column, top: int, total: bool) -> str:
    if isinstance(value, BarOf):
        return f'<td class="of-bar">{_bar(value)}</td>'
    if column.kind == Kind.HEAT and not total:
        css = f"num heat h{tables.shade(value, top)}"
    else:
        css = "num" if column.kind in NUMBERS else ""
    attribute = f' class="{css}"' if css else ""
    return f'<td{attribute} data-label="{escape(column.title)}">{shown(value)}</td>'
