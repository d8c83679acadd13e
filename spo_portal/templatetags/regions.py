"""``{% load regions %}``: the long tables of the region, hundreds of lines written in one pass."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString

from dashboards.computing import Figure
from dashboards.forms.wide_filters import RegionFilters
from dashboards.services.region import Line, RegionFigures
from dashboards.services.region_map import MapOf
from dashboards.services.region_words import left_out, points, signed
from dashboards.services.wide_slices import Change
from spo_portal.kernel.charts import cell_bar, sparkline
from spo_portal.kernel.privacy import Cell, Share
from spo_portal.kernel.typography import MINUS, MONTHS_SHORT, NBSP, NNBSP, hour, number, percent, short_date
from spo_portal.templatetags.tableaux import masked
from territories.models import Territory

register = template.Library()
NOTHING = '<span class="soft">–<span class="sr">{}</span></span>'
# Key of the order, words of the head, class.
HEADS = (
    ("nom", "Territoire", ""),
    ("contacts", "Fiches", "num"),
    ("evolution", "En un an", "num"),
    ("", "12 mois", ""),
    ("reorientes", "Réorientées", "num"),
    ("boucles", "Boucles fermées", "num"),
    ("", "Barre", ""),
    ("ecart", "Cible", ""),
    ("delai", "Délai médian", "num"),
    ("label", "Label jusqu’à", ""),
    ("maj", "Chiffres arrêtés", ""),
)
BADGES = {"atteinte": "ok", "proche": "warn", "loin": "error"}


@lru_cache(maxsize=1024)
def _signed(value: Fraction) -> str:
    return signed(value)


@register.simple_tag
def tableau_territoires(figures: RegionFigures, filters: RegionFilters, path: str) -> SafeString:
    """The table of all territories, each head a link to its order, then the sums of what is shown."""
    shown = _columns(figures, filters)
    parts = [
        '<table class="table table-blocks table-long wide-table"><caption class="sr">',
        "Indicateurs par territoire. Les têtes de colonne trient le tableau.</caption><thead><tr>",
    ]
    parts += [_head(key, words, css, filters, path) for key, words, css in HEADS if words in shown]
    parts.append("</tr></thead><tbody>")
    before, _, after = reverse("territoire_tableau", args=(0,)).rpartition("0")
    after += "?" + escape(filters.below()) if filters.below() else ""
    parts += [_row(line, shown, f"{before}{line.territory.pk}{after}") for line in figures.lines]
    parts += ["</tbody>", _foot(figures, shown), "</table>"]
    return SafeString("".join(parts))


def _columns(figures: RegionFigures, filters: RegionFilters) -> frozenset[str]:
    """Columns that say something here: no empty one."""
    out = set()
    if not filters.compare:
        out.add("En un an")
    if filters.demande:
        out |= {"Boucles fermées", "Barre", "Cible", "Délai médian"}
    if filters.month:
        out.add("Délai médian")
    if not filters.question.plain:
        out.add("12 mois")
    if not any(line.target for line in figures.lines):
        out.add("Cible")
    if figures.labels.labelled is None or not figures.labels.ends:
        out.add("Label jusqu’à")
    if figures.together:
        out.add("Chiffres arrêtés")
    return frozenset(words for _, words, _ in HEADS if words not in out)


def _head(key: str, words: str, css: str, filters: RegionFilters, path: str) -> str:
    kind = _class(css)
    if not key:
        inner = f'<span class="sr">{words}</span>' if words == "Barre" else words
        return f'<th scope="col"{kind}>{inner}</th>'
    direction = {key: "ascending", f"-{key}": "descending"}.get(filters.tri, "")
    sort = f' aria-sort="{direction}"' if direction else ""
    url = filters.sorted_by(key).url(path)
    return f'<th scope="col"{kind}{sort}><a class="sort" href="{escape(url)}">{words}</a></th>'


def _figure(figure: Figure) -> str:
    if figure.masked:
        return masked(figure.reason)
    if figure.value is None:
        return NOTHING.format(f"{NBSP}: {escape(figure.reason)}" if figure.reason else "")
    return escape(figure.text)


def _change(change: Change) -> str:
    if change.masked:
        return masked("un des mois comparés est masqué")
    if change.value is None:
        return NOTHING.format(f"{NBSP}: pas de chiffre un an plus tôt")
    return _signed(change.value)


def _badge(line: Line) -> str:
    if line.target is None or line.gap is None:
        return '<span class="soft">sans cible</span>' if line.target is None else ""
    said = "atteinte" if line.gap >= 0 else f"à {points(-line.gap)}"
    return f'<span class="badge badge-{BADGES.get(line.target.kind, "plain")}">{said}</span>'


def _label(line: Line) -> str:
    if line.label is None:
        return '<span class="soft">sans label</span>'
    renew = ' <span class="badge badge-warn">À renouveler</span>' if line.label.soon else ""
    until = line.label.until
    return f'<span class="nowrap">{MONTHS_SHORT[until.month - 1]} {until.year}</span>{renew}'


def _filled(line: Line) -> str:
    if line.filled_at is None:
        return '<span class="soft">pas encore de fiche</span>'
    moment = timezone.localtime(line.filled_at)
    return f'<span class="nowrap">{short_date(moment)}, {hour(moment)}</span>'


def _row(line: Line, shown: frozenset[str], url: str) -> str:
    cells = [f'<tr><th scope="row"><a href="{url}">{escape(line.territory.name)}</a></th>']
    bar = _bar(None if line.closed.value is None else round(float(line.closed.value), 1), _goal(line))
    for words, css, content in (
        ("Fiches", "num", _figure(line.contacts)),
        ("En un an", "num", _change(line.change)),
        ("12 mois", "of-spark", sparkline(line.months)),
        ("Réorientées", "num", _figure(line.reoriented)),
        ("Boucles fermées", "num", _figure(line.closed)),
        ("Barre", "of-bar", bar),
        ("Cible", "", _badge(line)),
        ("Délai médian", "num", _figure(line.delay)),
        ("Label jusqu’à", "", _label(line)),
        ("Chiffres arrêtés", "", _filled(line)),
    ):
        if words in shown:
            cells.append(f'<td{_class(css)} data-label="{words}">{content}</td>')
    cells.append("</tr>")
    return "".join(cells)


@lru_cache(maxsize=2048)
def _bar(value: float | None, goal: float | None) -> str:
    return cell_bar(value, 100, goal)


def _class(css: str) -> str:
    return f' class="{css}"' if css else ""


def _goal(line: Line) -> float | None:
    return None if line.goal is None else float(line.goal)


def _foot(figures: RegionFigures, shown: frozenset[str]) -> str:
    """Sums of the cells above; each says which territories it leaves out."""
    sums = {
        "Fiches": _sum(figures.contacts),
        "En un an": signed(figures.change.value) if figures.change.value is not None else "",
        "Réorientées": _sum(figures.reoriented),
        "Boucles fermées": _sum(figures.closed),
    }
    cells = "".join(
        f'<td{_class(css)} data-label="{words}">{sums.get(words, "")}</td>'
        for _, words, css in HEADS[1:]
        if words in shown
    )
    return f'<tfoot><tr><th scope="row">Région, somme des chiffres montrés</th>{cells}</tr></tfoot>'


def _sum(figure: Figure) -> str:
    out = left_out(figure).removeprefix(", ")
    note = f'<span class="under">{escape(out)}</span>' if out else ""
    return f"{_figure(figure)}{note}" if figure.value is not None or figure.masked else note


@register.simple_tag
def tableau_carte(shown: MapOf, rows: Sequence[tuple[Territory, object]]) -> SafeString:
    """The table twin of a map: every place with its value, masked or missing said as such."""
    head = shown.title + (f" ({shown.unit})" if shown.unit and shown.unit != "%" else "")
    parts = [
        f'<table class="table"><caption class="sr">{escape(shown.title)} par territoire</caption><thead><tr>',
        f'<th scope="col">Territoire</th><th scope="col" class="num">{escape(head)}</th></tr></thead><tbody>',
    ]
    for territory, value in rows:
        parts.append(
            f'<tr><th scope="row">{escape(territory.name)}</th>'
            f'<td class="num">{_value(value, shown)}</td></tr>'
        )
    return SafeString("".join([*parts, "</tbody></table>"]))


def _value(value: object, shown: MapOf) -> str:
    if isinstance(value, Cell | Share) and value.masked:
        return masked(value.reason)
    if isinstance(value, Share):
        return NOTHING.format("") if value.value is None else percent(100 * float(value.value))
    if isinstance(value, Cell):
        value = value.value
    if not isinstance(value, int | float):
        return NOTHING.format("aucune donnée")
    return percent(value) if shown.unit == "%" else number(value, shown.decimals)


@register.simple_tag
def chiffre_region(figure: Figure) -> SafeString:
    """A big figure: its value, « masqué » with its reason, or a dash with why there is none."""
    return SafeString(_figure(figure))


@register.simple_tag
def hors(figure: Figure) -> str:
    """« hors Maubeuge, masqué » beside a sum."""
    return left_out(figure).removeprefix(", ")


@register.filter
def ecart(value: int | None) -> str:
    """« + 3 », « − 2 », « = »: a change of a count."""
    if value is None:
        return ""
    if not value:
        return "="
    return f"{'+' if value > 0 else MINUS}{NNBSP}{number(abs(value))}"


@register.filter
def valeur(found: Mapping[int, str], key: int) -> str:
    """The word of a key in a dictionary of the page."""
    return found.get(key, "")
