"""Record what a decision made of a place. One row holds on any day: the one before is ended the eve."""

import datetime

from django.db import transaction
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from labelling.permissions import Perm
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, require
from territories.enums import Regime
from territories.models import Site

# The label is given for five years (domain § 6; Code du travail R. 6111-3 to -5).
LABEL_YEARS = 5
EVE = datetime.timedelta(days=1)


def end_of_label(starts_on: datetime.date) -> datetime.date:
    """Last day of a label that starts on ``starts_on``: five years, the last day included."""
    year = starts_on.year + LABEL_YEARS
    if year > datetime.MAXYEAR:
        return datetime.date.max
    try:
        return starts_on.replace(year=year) - EVE
    except ValueError:  # 29 February
        return datetime.date(year, 2, 28)


def record_labellisation(
    *,
    by: Actor,
    site: Site,
    status: LabelStatus,
    starts_on: datetime.date,
    ends_on: datetime.date | None = None,
    decision_number: str = "",
    decided_on: datetime.date | None = None,
    source: str,
) -> Labellisation:
    """Make ``site`` labelled or associated from ``starts_on``; a label without an end lasts five years.

    The row in force is ended the day before. Raises ``Refused`` for a place of no network, in a region
    without the State's label, or when a later row already exists: history is not rewritten.
    """
    require(by, Perm.RECORD_LABEL)
    _require_region(by, site)
    if site.region.regime != Regime.SPO:
        raise Refused("Cette région ne délivre pas de label : il n’y a rien à noter.")
    if site.reseau_id is None:
        raise Refused("Ce lieu n’est membre d’aucun réseau : il ne peut pas être labellisé.", "site")
    last_day = ends_on or (end_of_label(starts_on) if status == LabelStatus.LABELLISE else None)
    if last_day is not None and last_day < starts_on:
        raise Refused("La fin est avant le début : corrigez l’une des deux dates.", "ends_on")
    with transaction.atomic():
        # Two decisions at once on the same place wait for each other here.
        _rows(by).select_for_update().filter(site_id=site.pk).count()
        later = _rows(by).filter(site_id=site.pk, starts_on__gte=starts_on).order_by("starts_on").first()
        if later is not None:
            raise Refused(
                f"Une décision du {plain_date(later.starts_on)} existe déjà pour ce lieu : "
                "choisissez une date après elle.",
                "starts_on",
            )
        _end(by, site, starts_on - EVE)
        row = Labellisation.objects.create(
            region_id=site.region_id,
            territory_id=site.territory_id,
            site=site,
            status=status,
            starts_on=starts_on,
            ends_on=last_day,
            decision_number=decision_number,
            decided_on=decided_on,
            source=source,
            recorded_by_id=by.user_id,
        )
        _trace("labelling.recorded", by, row)
    return row


def end_labellisation(*, by: Actor, site: Site, on: datetime.date, reason: str) -> None:
    """End what is in force on ``on`` (withdrawn, closed, given up), that day being the last one."""
    require(by, Perm.RECORD_LABEL)
    _require_region(by, site)
    with transaction.atomic():
        # Of the row alone: its ordering joins the place, which the préfecture may not lock.
        rows = _rows(by).select_for_update(of=("self",))
        row = rows.in_force(on).filter(site_id=site.pk).first()
        if row is None:
            raise Refused("Ce lieu n’a ni label ni partenariat en cours ce jour-là.", "on")
        row.ends_on = on
        row.save(update_fields=["ends_on"])
        _trace("labelling.ended", by, row, motif=reason)


def _require_region(by: Actor, site: Site) -> None:
    if not by.scope.system and site.region_id not in by.scope.seal:
        raise Refused("Vous notez les labels de votre région seulement.")


def _rows(by: Actor):  # type: ignore[no-untyped-def]
    return Labellisation.objects.for_system() if by.scope.system else Labellisation.objects.visible_to(by)


def _end(by: Actor, site: Site, eve: datetime.date) -> None:
    for row in _rows(by).in_force(eve).filter(site_id=site.pk):
        row.ends_on = eve
        row.save(update_fields=["ends_on"])


def _trace(action: str, by: Actor, row: Labellisation, **more: str) -> None:
    audit.record(
        action,
        by=by,
        object_type="labellisation",
        object_id=row.pk,
        tenant_id=row.territory_id,
        unit_id=row.site_id,
        data={
            "situation": row.status,
            "du": row.starts_on.isoformat(),
            "au": row.ends_on.isoformat() if row.ends_on else None,
            "decision": row.decision_number,
            "le": timezone.localdate().isoformat(),
            **more,
        },
    )
