"""The directory in each format it leaves in, for those who work in the region and for everybody."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils import timezone

from labelling.services.exchange import data_inclusion, hsds
from labelling.services.exchange.reading import Line, lines
from labelling.services.exchange.tables import OPEN_COLUMNS, directory_table
from spo_portal.kernel import audit, tables
from spo_portal.kernel.http import stream
from spo_portal.kernel.tables import Note, file_stem
from spo_portal.kernel.tenancy.scope import Scope
from territories.access import Actor, require
from territories.models import Reseau, Territory
from territories.models.places import Region
from territories.permissions import Perm
from territories.querysets import SiteQuerySet
from territories.services.directory import Filters, search_places
from territories.services.exchange.columns import COLUMNS

JSON = "application/json"
Read = Callable[[Sequence[str]], Iterable[Line]]


@dataclass(frozen=True, slots=True)
class Offered:
    """One format: its word in an address, its name, for whom it is."""

    code: str
    name: str
    what: str


FORMATS = (
    Offered("xlsx", "XLSX", "Tableur ; peut être corrigé et déposé de nouveau."),
    Offered("ods", "ODS", "Tableur libre."),
    Offered("csv", "CSV", "Tableau de texte ; peut être corrigé et déposé de nouveau."),
    Offered(
        "data-inclusion", "data·inclusion", "Structures et services, schéma data·inclusion version 1 (JSON)."
    ),
    Offered("hsds", "HSDS", "Human Services Data Specification, version 3 (JSON)."),
)
CODES = frozenset(offered.code for offered in FORMATS)


def export(*, by: Actor, region: Region, filters: Filters, fmt: str) -> HttpResponseBase:
    """The places of the screen, with its filters; leaves a trace. ``fmt`` is one of ``CODES``."""
    require(by, Perm.READ_DIRECTORY)
    words = in_words(by, filters)
    audit.record(
        "territories.directory_exported",
        by=by,
        object_type="region",
        object_id=region.pk,
        tenant_id=filters.territory,
        data={"format": fmt, "filtres": words},
    )
    notes = tables.readme(
        source=f"{region.portal_name}, annuaire des lieux, {region.name}",
        filters=words,
        masking="Aucun : l’annuaire ne compte personne.",
        licence=settings.OPEN_DATA_LICENCE,
        more=[(column.title, column.accepts or "Calculé par le portail.") for column in COLUMNS],
    )

    def read(order: Sequence[str] = ()) -> Iterable[Line]:
        return lines(by, search_places(by, filters), order=order)

    return answer(by.scope, fmt, region, read, notes, words)


def public_actor(region: Region) -> Actor:
    """Nobody in particular, who reads the reference of one region."""
    return Actor(region=region, scope=Scope(wide=(region.pk,)))


def public_places(reader: Actor) -> SiteQuerySet:
    """What the public directory shows: places one may be sent to, never a training body."""
    return search_places(reader, Filters()).can_be_suggested()


def publish(region: Region, fmt: str) -> HttpResponseBase:
    """The directory of a region for everybody, without what only its staff reads."""
    reader = public_actor(region)

    def read(order: Sequence[str] = ()) -> Iterable[Line]:
        return lines(reader, public_places(reader), order=order)

    notes = tables.readme(
        source=f"{region.portal_name}, annuaire des lieux, {region.name}",
        filters="Toute la région, lieux ouverts au public",
        masking="Aucun : l’annuaire ne compte personne.",
        licence=settings.OPEN_DATA_LICENCE,
    )
    return answer(reader.scope, fmt, region, read, notes, "", open_data=True)


def answer(
    scope: Scope,
    fmt: str,
    region: Region,
    read: Read,
    notes: list[Note],
    words: str,
    *,
    open_data: bool = False,
) -> HttpResponseBase:
    """A streamed file: rows are read in the transaction of the answer, a block at a time."""
    stem = f"annuaire-{file_stem(region.name)}-{timezone.localdate():%Y-%m-%d}"
    if fmt == "data-inclusion":
        return _json(
            scope, lambda: data_inclusion.document(region, lambda: read(())), f"{stem}-data-inclusion"
        )
    if fmt == "hsds":
        return _json(scope, lambda: hsds.document(region, lambda: read(hsds.ORDER)), f"{stem}-hsds")
    title = f"Annuaire des lieux, {region.name}" + (f" : {words}" if words else "")
    columns = OPEN_COLUMNS if open_data else COLUMNS
    return tables.download(
        scope,
        fmt,
        lambda: [directory_table(read(()), title, columns)],
        notes,
        stem,  # type: ignore[arg-type]
    )


def _json(scope: Scope, chunks: Callable[[], Iterable[str]], stem: str) -> HttpResponseBase:
    return stream(scope, chunks, content_type=JSON, filename=f"{stem}.json")


def in_words(by: Actor, filters: Filters) -> str:
    """« Lille, CIO, ouvert maintenant »: what was asked, for the file and the trail."""
    found: list[str] = []
    if filters.territory is None:
        found.append("Toute la région")
    else:
        rows = Territory.objects.visible_to(by).filter(pk=filters.territory)
        found.append(rows.values_list("name", flat=True).first() or "Aucun territoire")
    if filters.reseau is not None:
        rows = Reseau.objects.filter(region_id=by.region_id, pk=filters.reseau)
        found.append(rows.values_list("name", flat=True).first() or "Aucun réseau")
    for asked, word in (
        (filters.partners, "partenaires associés"),
        (filters.open_now, "ouverts maintenant"),
        (filters.walk_in, "sans rendez-vous"),
        (bool(filters.query), f"« {filters.query} »"),
    ):
        if asked:
            found.append(word)
    return ", ".join(found)
