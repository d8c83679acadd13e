"""The nightly check: a sample of cells counted again from the fiches, and an alert on any difference."""

import datetime
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone

from contacts.services.purge import first_countable_month
from dashboards.models import CheckRun
from dashboards.services.fill import Cell
from dashboards.services.rebuild import Difference, differences
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.access import Actor

log = logging.getLogger("portal.figures")
TOLD = 20

_TOUCHED = """
SELECT site_id, month FROM dashboards_cellstate WHERE filled_at >= %(since)s AND month >= %(oldest)s
ORDER BY 1, 2
"""
_OTHERS = """
SELECT site_id, month FROM dashboards_cellstate WHERE filled_at < %(since)s AND month >= %(oldest)s
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """Cells compared and what differed."""

    cells: int
    found: list[Difference]


def check_figures(*, now: datetime.datetime | None = None, choose: random.Random | None = None) -> Checked:
    """Recount every cell filled since yesterday and some others at random; alert on any difference.

    System work. A cell with a fiche that still waits to be counted is no difference. Nothing is repaired:
    ``rebuild_rollups`` does that, once someone has looked.
    """
    now = now or timezone.now()
    checked = _compare(sample(now, choose or random.SystemRandom()))
    with scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dashboards_checkrun (at, cells, differences) VALUES (%s, %s, %s)",
            [now, checked.cells, len(checked.found)],
        )
    if checked.found:
        _alert(checked)
    return checked


def sample(now: datetime.datetime, choose: random.Random) -> list[Cell]:
    """Cells filled since the start of yesterday, and ``CHECK_SAMPLE_CELLS`` others."""
    today = timezone.localdate(now)
    yesterday = timezone.make_aware(datetime.datetime.combine(today, datetime.time()) - datetime.timedelta(1))
    given = {"since": yesterday, "oldest": first_countable_month(today)}
    with scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_TOUCHED, given)
        touched = [(site, month) for site, month in cursor.fetchall()]
        cursor.execute(_OTHERS, given)
        others = [(site, month) for site, month in cursor.fetchall()]
    return touched + choose.sample(others, min(len(others), settings.CHECK_SAMPLE_CELLS))


def last_check(*, by: Actor) -> CheckRun | None:
    """The last recount, for the screens: « chiffres recomptés le …, aucun écart »."""
    return CheckRun.objects.visible_to(by).first()


def _compare(cells: Sequence[Cell]) -> Checked:
    return Checked(len(cells), [found for cell in cells for found in differences(cell)])


def _alert(checked: Checked) -> None:
    # Place and dimension only: a log keeps no small count.
    told = checked.found[:TOLD]
    lines = [f"lieu {d.site_id}, {d.month:%m/%Y}, {d.dimension} {d.value or '-'}" for d in told]
    log.error("figures differ from a recount: %s of %s cells", len(checked.found), checked.cells)
    if settings.ALERT_MAIL:
        text = (
            f"Le recomptage de {checked.cells} cases (lieu, mois) a trouvé {len(checked.found)} chiffres qui"
            " diffèrent des fiches.\n\n" + "\n".join(lines) + "\n\n"
            "Relancez manage.py check_rollups, puis manage.py rebuild_rollups pour tout recompter.\n"
        )
        send_mail("Des chiffres diffèrent des fiches", text, None, settings.ALERT_MAIL)
