"""Says to the app below what places are to the label."""

import datetime
from collections.abc import Collection, Mapping

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from labelling.enums import LabelStatus
from labelling.models import LabelCertificate, Labellisation
from labelling.permissions import Perm
from territories.access import Actor, can
from territories.services.standing import Standing


def label_standings(by: Actor, sites: Collection[int], day: datetime.date) -> Mapping[int, Standing]:
    """What each place is on ``day``, else will be, else was, by site id.

    One reading. Certificate and kit only for who may open them: the préfecture, the territory, the référent…
    """
    rows = Labellisation.objects.visible_to(by).filter(site_id__in=sites)
    scope, prints = by.scope, can(by, Perm.READ_KIT)
    if can(by, Perm.READ_LABEL_DOSSIER):
        mine = LabelCertificate.objects.visible_to(by).filter(label=OuterRef("pk"))
        rows = rows.annotate(own_certificate=Subquery(mine.values("pk")[:1]))
    found: dict[int, Standing] = {}
    for row in rows.order_by("site_id", "starts_on", "pk"):
        key = getattr(row, "own_certificate", None)
        one = Standing(
            words=LabelStatus(row.status).label.lower(),
            since=row.starts_on,
            until=row.ends_on,
            number=row.decision_number,
            decided_on=row.decided_on,
            labelled=row.status == LabelStatus.LABELLISE,
            certificate=reverse("label_certificat", args=[key]) if key else "",
            kit=prints
            and (
                row.site_id in scope.unit
                or row.territory_id in scope.tenant
                or row.region_id in (*scope.lead, *scope.seal)
            ),
        )
        # Oldest first: what is over gives way, what holds stays, what is to come waits.
        before = found.get(row.site_id)
        if before is None or before.is_over(day):
            found[row.site_id] = one
    return found
