"""Load the published counts of labels with the reference data. System code (worker or owner)."""

from collections.abc import Mapping

from labelling.models import LabelCount
from territories.models import Region, Reseau
from territories.reference.rows import Reference
from territories.services.upsert import Summary, Tally, upsert


def load_label_history(reference: Reference, regions: Mapping[str, Region], summary: Summary) -> None:
    """Write « lieux labellisés / lieux existants » as published (GUIDE p. 24: 260 / 384 in October 2013).

    Runs inside the caller's transaction under the system scope; a second load changes nothing.
    """
    reseaux = {(r.region_id, r.code): r for r in Reseau.objects.filter(region__in=regions.values())}
    wanted = {}
    for row in reference.history:
        region = regions.get(row.region)
        reseau = reseaux.get((region.pk, row.reseau)) if region else None
        if region is None or reseau is None:
            continue
        wanted[(reseau.pk, row.counted_on)] = {
            "region": region,
            "reseau": reseau,
            "counted_on": row.counted_on,
            "labelled": row.labelled,
            "existing": row.existing,
            "source": row.source[:160],
        }
    existing = {(c.reseau_id, c.counted_on): c for c in LabelCount.objects.for_system()}
    upsert(LabelCount, wanted, existing, summary.tallies.setdefault("comptages de labels", Tally()))
