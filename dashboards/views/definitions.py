"""« Définitions des indicateurs »: one page, the same for every reader, printable."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboards import indicators
from dashboards.indicators import Theme
from dashboards.rules import RULES
from territories.access import logged_in


@logged_in("Les définitions se lisent quel que soit le rôle : chacun lit le même chiffre.")
@require_safe
def definitions(request: HttpRequest) -> HttpResponse:
    """Every sheet by theme, then the validation rules."""
    order = list(Theme)
    sheets = sorted(indicators.every().values(), key=lambda sheet: order.index(sheet.theme))
    themes = [(theme, list(found)) for theme, found in groupby(sheets, key=lambda sheet: sheet.theme)]
    return render(request, "dashboards/definitions.html", {"themes": themes, "rules": RULES})
