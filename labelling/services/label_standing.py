"""Says to the app below what places are to the label."""

import datetime
from collections.abc import Collection, Mapping

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from territories.access import Actor


def label_standings(by: Actor, sites: Collection[int], day: datetime.date) -> Mapping[int, str]:
    """« labellisé » or « partenaire associé », by site id; see ``territories.services.standing``."""
    rows = Labellisation.objects.visible_to(by).in_force(day).filter(site_id__in=sites)
    return {row.site_id: LabelStatus(row.status).label.lower() for row in rows}
