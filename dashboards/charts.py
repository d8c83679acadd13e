"""The two charts of a figures page, drawn from the same masked cells as the tables."""

from django.utils.safestring import SafeString

from dashboards.services.shapes import Figures
from spo_portal.kernel.charts import Bar, bars, month_line
from spo_portal.kernel.typography import month_and_year

SHORT = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def months_chart(figures: Figures) -> SafeString:
    """Fiches by month over twelve months, the year before dotted."""
    points = figures.series
    if not points:
        return SafeString("")
    title = f"Fiches par mois, de {month_and_year(points[0].month)} à {month_and_year(points[-1].month)}"
    return month_line(
        [SHORT[point.month.month - 1] for point in points],
        [point.now for point in points],
        previous=[point.before for point in points],
        ident="mois",
        title=title,
    )


def demandes_chart(figures: Figures) -> SafeString:
    """Requests of the year so far."""
    return bars(
        [Bar(line.label, line.year) for line in figures.demandes],
        ident="demandes",
        title=f"Demandes en {figures.month.year}",
        unit="fiches",
    )
