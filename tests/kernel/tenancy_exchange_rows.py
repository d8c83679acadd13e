"""A partenaire associé and a waiting file of places, in one region: written straight (system scope)."""

import datetime
import hashlib

from labelling.models import AssociatedPartner
from territories.models import DirectoryImport, Site

DAY = datetime.date(2026, 3, 1)


def make_exchange_rows(site: Site) -> None:
    """Rows that hang on ``site``, its territory and its region."""
    content = f"%PDF-1.4 {site.pk}".encode()
    AssociatedPartner.objects.create(
        region_id=site.region_id, territory_id=site.territory_id, site=site, direction="les_deux",
        motive="lieu_non_eligible", since=DAY, signed_on=DAY, file_name="convention.pdf", content=content,
        sha256=hashlib.sha256(content).hexdigest(), saved_by_label="Coordination",
    )  # fmt: skip
    for territory in (site.territory_id, None):
        DirectoryImport.objects.create(
            region_id=site.region_id, territory_id=territory, name="lieux.csv", content=b"nom",
            sha256="0" * 64, rows=1, uploaded_by_label="Coordination",
        )  # fmt: skip
