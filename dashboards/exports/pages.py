"""What each page of figures gives to a file: its tables, what must be said of them, a name."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from dashboards.exports.convert import key_figures, leaving
from dashboards.forms.filters import Filters
from dashboards.services import tables as screen
from dashboards.services.figures_page import FiguresPage
from dashboards.services.release import Release
from spo_portal.kernel.tables import Note, Table, readme
from spo_portal.kernel.typography import moment
from territories.models import Region, Site, Territory

USE = (
    "Fichier de travail des équipes de l’orientation. Un nombre masqué le reste, ici comme à l’écran ; les"
    " chiffres à diffuser sont dans les données ouvertes."
)
NO_FILTER = "aucun"


@dataclass
class Export:
    """A file to be: tables by key (the key of the screen's table), notes, name without extension.

    ``object_type``, ``object_id`` and ``tenant_id`` say to the trail what left the portal.
    """

    stem: str
    notes: list[Note]
    object_type: str
    object_id: int
    tenant_id: int | None = None
    tables: dict[str, Table] = field(default_factory=dict)

    def add(self, key: str, table: Table | None) -> None:
        if table is not None and table.rows:
            self.tables[key] = table

    def chosen(self, key: str) -> list[Table]:
        """One table, or all of them; an unknown key gives nothing."""
        if not key:
            return list(self.tables.values())
        return [self.tables[key]] if key in self.tables else []


def figures_export(
    place: Territory | Site, page: FiguresPage, release: Release, filters: Filters, region: Region
) -> Export:
    """The page of a territory or of a place, with exactly its question."""
    is_site = isinstance(place, Site)
    found = Export(
        stem=stem("tableau-de-bord", place.name, filters),
        notes=about(region, place.name, filters.words(), release),
        object_type="site" if is_site else "territory",
        object_id=place.pk,
        tenant_id=place.territory_id if isinstance(place, Site) else place.pk,
    )
    found.add("chiffres", key_figures([(big, " ; ".join(big.versus), big.reason) for big in page.bigs]))
    add_all(found, page.tables())
    return found


def add_all(found: Export, shown: Iterable[screen.Table]) -> None:
    for table in shown:
        found.add(table.key, leaving(table))


def stem(kind: str, name: str, filters: Filters) -> str:
    """« tableau-de-bord_lille_2026-10 »: what, where, when."""
    when = f"{filters.year}-{filters.month:02d}" if filters.month else str(filters.year)
    return "_".join([kind, name, when])


def about(
    region: Region,
    place: str,
    words: Iterable[str],
    release: Release | None = None,
    *,
    masking: str = "",
    filled_at: datetime.datetime | None = None,
    use: str = USE,
    more: Iterable[Note] = (),
) -> list[Note]:
    """« Lisez-moi » of a file of figures."""
    notes = [("Contenu", place)]
    if release is not None:
        masking = masking or release.why_masked
        notes += [
            (
                f"Mois corrigé après sa clôture ({c.month:%m/%Y})",
                f"le {moment(timezone.localtime(c.at))}, {c.changes} fois",
            )
            for c in release.corrections
        ]
    return readme(
        source=f"{region.portal_name}, {region.service_name}, {region.name}",
        filters=" ; ".join(words) or NO_FILTER,
        masking=masking,
        licence=use,
        filled_at=_here(release.filled_at if release else filled_at),
        more=[*notes, *more],
    )


def _here(at: datetime.datetime | None) -> datetime.datetime | None:
    return timezone.localtime(at) if at else None
