"""The portal's template library, `{% load portal %}`; every tag with its parameters: docs/composants.md."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import time
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from spo_portal.kernel import typography
from spo_portal.templatetags import _drawings, _fields, _lists, _words
from spo_portal.templatetags._icons import ICONS

register = template.Library()


for _name, _filter in _words.FILTERS.items():
    register.filter(_name, _filter)


@register.simple_tag
def temps(value: Any, style: str = "date_fr") -> SafeString:
    """Write a date or an hour inside <time datetime>; style is a key of WRITERS (date_fr, heure…)."""
    text = _words.WRITERS[style](value)
    if not text:
        return SafeString("")
    moment = _words.local(value)
    machine = moment.strftime("%H:%M") if isinstance(moment, time) else moment.isoformat()
    return format_html('<time datetime="{}">{}</time>', machine, text)


# ---- Small marks


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw one icon of the set; always beside words, so always hidden from assistive technology."""
    if name not in ICONS:
        raise template.TemplateSyntaxError(f"unknown icon {name!r}: see spo_portal/templatetags/_icons.py")
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        f"i {css}".strip(),
        mark_safe(ICONS[name]),  # noqa: S308 - our own constant drawings
    )


@register.simple_tag
def badge(text: str, kind: str = "") -> SafeString:
    """A word and a shape; kind: ok, warn, error, info, plain or nothing."""
    return format_html('<span class="{}">{}</span>', f"badge badge-{kind}" if kind else "badge", text)


@register.simple_tag
def tel(number: str) -> SafeString:
    """A telephone number that can be called; empty without one."""
    if not number:
        return SafeString("")
    dialled = "".join(character for character in number if character.isdigit() or character == "+")
    return format_html('<a class="nowrap" href="tel:{}">{}</a>', dialled, typography.phone(number))


@register.simple_tag
def masque(cell: Any, unit: str = "") -> SafeString:
    """Show a count, or « masqué » with its reason when the privacy rule hides it.

    A cell has .masked, .reason and .value; a bare number is shown as it is. domain.md §8.
    """
    if getattr(cell, "masked", False):
        reason = getattr(cell, "reason", "") or "effectif trop petit pour être montré"
        return format_html('<span class="mask">masqué<span class="sr"> : {}</span></span>', reason)
    value = getattr(cell, "value", cell)
    text = _words.nombre(value)
    return SafeString(f"{text}{typography.NNBSP}{unit}" if text and unit else text)


@register.simple_tag
def logo_region(region: Any = None) -> SafeString:
    """The region's logo, or the portal's door; its name stands beside it, hence no alternative."""
    source = static("img/portail.svg")
    if region and getattr(region, "logo_svg", ""):
        with contextlib.suppress(NoReverseMatch):
            source = reverse("region_logo", args=[region.slug])
    return format_html('<img src="{}" alt="" width="40" height="40">', source)


# ---- Drawings


@register.inclusion_tag("components/ruban.html")
def ruban(
    slots: Iterable[Any], now: Any = None, titre: str = "Aujourd’hui", phrase: str = ""
) -> dict[str, Any]:
    """A day from 8 h to 19 h: solid = walk-in, dashed = by appointment, line = now."""
    slots = list(slots)
    spans, line = _drawings.ribbon(slots, _words.local(now))
    return {"spans": spans, "line": line, "sentence": phrase or _drawings.ribbon_sentence(slots, titre)}


@register.inclusion_tag("components/legende_ruban.html")
def legende_ruban(now: Any = None) -> dict[str, Any]:
    """The key under one or several ribbons."""
    return {"now": _words.local(now)}


@register.inclusion_tag("components/barre.html")
def barre(value: Any, cible: Any = None, maximum: Any = 100) -> dict[str, Any]:
    """A bar beside its figure (hidden from assistive technology), with an optional black goal line."""
    if getattr(value, "masked", False):
        return {"masked": True}
    value = getattr(value, "value", value)
    goal = _drawings.bar_width(cible, maximum) if cible is not None else ""
    return {"width": _drawings.bar_width(value, maximum), "goal": goal, "masked": False}


@register.inclusion_tag("components/chiffre.html")
def chiffre(valeur: Any, quoi: str, vs: str = "") -> dict[str, Any]:
    """One key figure inside <dl class="figures">: number, what it is, compared with what."""
    return {"value": valeur, "what": quoi, "versus": vs}


# ---- Forms


@register.inclusion_tag("components/champ.html")
def champ(
    field: BoundField,
    style: str = "chips",
    label: str = "",
    hint: str = "",
    opt: str = "",
    keys: bool = False,
    hints: dict[str, str] | None = None,
    css: str = "",
    compteur: bool = False,
    cache_label: bool = False,
    **attrs: Any,
) -> dict[str, Any]:
    """Render one bound field: label, hint, error, control. Extra attributes: hx_get="…" becomes hx-get."""
    if style not in _fields.CHIP_STYLES:
        raise template.TemplateSyntaxError(f"unknown style {style!r} for a field")
    kind = _fields.field_kind(field)
    hint = hint or str(field.help_text or "")
    remaining = _fields.remaining_characters(field) if compteur else None
    described = _fields.describedby(field, hint=hint, remaining=remaining)
    extra = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
    grouped = kind == "group"
    return {
        "field": field,
        "kind": kind,
        "style": style,
        "label": label or field.label,
        "hint": hint,
        "opt": opt,
        "cache_label": cache_label,
        "described": described,
        "remaining": remaining,
        "messages": [typography.no_break(str(message)) for message in field.errors],
        "choices": _fields.choices_of(field, keys=keys, hints=hints or {}) if grouped else [],
        "control": "" if grouped else _fields.render_control(field, described, css, extra),
        "extra": extra,
    }


@register.inclusion_tag("components/resume_erreurs.html")
def resume_erreurs(*forms: Any, titre: str = "") -> dict[str, Any]:
    """The error summary of one or several forms or formsets: focused, linked to each control."""
    return {"lines": _fields.summary_lines(*forms), "title": titre}


@register.simple_tag
def prefixe_erreur(*forms: Any) -> str:
    """« Erreur : 3 points à revoir, » to open the page title when a form was refused; else nothing."""
    count = len(_fields.summary_lines(*forms))
    if not count:
        return ""
    return f"Erreur\u00a0: {typography.counted(count, 'point')} à revoir, "


# ---- Pages


@register.inclusion_tag("components/pages.html", takes_context=True)
def pages(
    context: Context, page: Page[Any], nom: str = "Pages", cible: str = "", parametre: str = "page"
) -> dict[str, Any]:
    """Links to the other pages, the rest of the query kept; `cible` swaps that element with htmx."""
    return _lists.page_links(context, page, name=nom, target=cible, parameter=parametre)


@register.inclusion_tag("components/tri.html", takes_context=True)
def tri(context: Context, champ: str, titre: str, css: str = "", parametre: str = "tri") -> dict[str, Any]:
    """A sortable column head: a link that keeps the filters, goes back to page 1 and flips the order."""
    return _lists.sort_link(context, field=champ, title=titre, css=css, parameter=parametre)


# ---- Blocks


ALERT_ICONS = {"info": "info", "ok": "check", "warn": "alert", "error": "alert"}


@register.simple_block_tag
def alerte(content: str, kind: str = "info", role: str = "") -> SafeString:
    """{% alerte "warn" %}<p>…</p>{% endalerte %}; role "status" or "alert" only when it appears by itself."""
    spoken = format_html(' role="{}"', role) if role else ""
    return format_html(
        '<div class="alert alert-{}"{}>{}<div>{}</div></div>', kind, spoken, icon(ALERT_ICONS[kind]), content
    )


@register.simple_block_tag
def vide(content: str, titre: str, niveau: int = 3) -> SafeString:
    """An empty state: what is missing as a title, then what to do next in the block."""
    return format_html('<div class="empty"><h{0}>{1}</h{0}>{2}</div>', niveau, titre, content)


@register.simple_block_tag
def dialogue(content: str, ident: str, titre: str) -> SafeString:
    """A native dialog, opened by <button type="button" command="show-modal" commandfor="ident">."""
    return format_html(
        '<dialog class="dialog stack" id="{0}" aria-labelledby="{0}-t"><h2 id="{0}-t">{1}</h2>{2}</dialog>',
        ident,
        titre,
        content,
    )
