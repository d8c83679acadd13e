"""Labels that come to their end: the territory asks for the renewal three months before (domain § 6).

An end is a date of ``Labellisation``: a label that is not renewed ends by itself, that day included. Here is
only who must be told, and where the work stands.
"""

import datetime
from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.enums_label import OPEN_STATES, DossierKind, DossierState
from labelling.models import LabelDossier, Labellisation
from labelling.services.label.legal_clock import renewal_from
from territories.access import Actor
from territories.models import Territory

# As long before the end as the renewal is told of: 3 months are 92 days at most.
AHEAD = datetime.timedelta(days=93)


@dataclass(frozen=True)
class Ending:
    """The label of a territory and its last day. ``dossier``: the renewal already open, if any."""

    granted: LabelDossier
    ends_on: datetime.date
    dossier: LabelDossier | None = None

    @property
    def asked_from(self) -> datetime.date:
        return renewal_from(self.ends_on)

    def expired(self, today: datetime.date) -> bool:
        return self.ends_on < today


def last_day_of(*, by: Actor, territory: Territory) -> datetime.date | None:
    """The last day of the territory's label: the latest of its places'; None when none is known."""
    rows = Labellisation.objects.visible_to(by).filter(territory=territory, status=LabelStatus.LABELLISE)
    return rows.aggregate(last=Max("ends_on"))["last"]


def endings(*, by: Actor, today: datetime.date | None = None) -> list[Ending]:
    """Labels granted by the procedure whose renewal is due, or that have ended without one. Three statements.

    The last day is the latest of the territory's labels: a place closed or withdrawn before does not count.
    """
    today = today or timezone.localdate()
    rows = LabelDossier.objects.visible_to(by)
    granted: dict[int, LabelDossier] = {}
    wanted = rows.filter(state=DossierState.ACCORDE).exclude(kind=DossierKind.MODIFICATION)
    for row in (
        wanted.select_related("territory", "region", "decision")
        .defer("decision__content")
        .order_by("decided_at", "pk")
    ):
        granted[row.territory_id] = row
    if not granted:
        return []
    labels = Labellisation.objects.for_system() if by.scope.system else Labellisation.objects.visible_to(by)
    last = dict(
        labels.filter(territory__in=list(granted), status=LabelStatus.LABELLISE)
        .order_by()
        .values("territory_id")
        .annotate(last=Max("ends_on"))
        .values_list("territory_id", "last")
    )
    renewing = {
        row.territory_id: row for row in rows.filter(state__in=OPEN_STATES, kind=DossierKind.RENOUVELLEMENT)
    }
    found = []
    for territory_id, row in granted.items():
        ends_on = last.get(territory_id) or row.decision.ends_on
        if ends_on is not None and renewal_from(ends_on) <= today:
            found.append(Ending(row, ends_on, renewing.get(territory_id)))
    return sorted(found, key=lambda one: (one.ends_on, one.granted.territory.name))
