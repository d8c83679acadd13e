"""Fiches that leave the portal: the list's rows in French, no précisions, nothing a spreadsheet runs."""

import datetime
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import CharField, DateField
from django.db.models.expressions import RawSQL

from contacts.enums import Age, Canal, Entry, ListKind, Sexe, Suite, SuiteSource
from contacts.models import ListVersion
from contacts.permissions import Perm
from contacts.querysets import FicheQuerySet
from contacts.services.listing import Filters
from spo_portal.kernel import audit, tables
from spo_portal.kernel.tables import BOM, Table, csv_line, safe_cell, safe_sql
from territories.access import Actor, require

_T = '"contacts_fichecontact"'
# Sets of so many boxes of a list at most are looked up ready made.
USUAL = 4
# The server sends a row at a time: they are passed on by blocks.
BLOCK = 1 << 17


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, the SQL that writes its label, its width in a workbook."""

    title: str
    sql: str
    params: tuple[object, ...] = ()
    width: int = 16
    is_date: bool = False


def columns(versions: Mapping[int, ListVersion], *, safe: bool) -> list[Column]:
    """Columns of the export.

    Labels come from the version each fiche was filled with; ``safe`` guards every text.
    """
    return [
        Column("Référence", safe_sql(f"{_T}.reference") if safe else f"{_T}.reference", width=22),
        Column("Date", f"{_T}.jour", width=12, is_date=True),
        _choice("Canal", "canal", dict(Canal.choices)),
        _choice("Sexe", "sexe", dict(Sexe.choices), width=10),
        _choice("Âge", "age", dict(Age.choices)),
        _listed("Statut", "statut", ListKind.STATUT, versions, safe=safe),
        _listed("Demande initiale", "demandes", ListKind.DEMANDE, versions, safe=safe),
        _listed("Réponse apportée", "reponses", ListKind.REPONSE, versions, safe=safe),
        Column(
            "Issue", f"CASE WHEN {_T}.reoriented THEN 'Réorientée' ELSE 'Résolue sur place' END", width=18
        ),
        Column("Orientée vers", _destinations(safe=safe), width=44),
        _choice("Suite connue", "suite", dict(Suite.choices), width=20),
        Column(
            "Suite connue le",
            f"({_T}.suite_at AT TIME ZONE '{settings.TIME_ZONE}')::date",
            width=14,
            is_date=True,
        ),
        _choice("Suite dite par", "suite_source", dict(SuiteSource.choices)),
        _choice("Saisie", "entry", dict(Entry.choices)),
    ]


def _choice(title: str, column: str, labels: Mapping[str, object], *, width: int = 16) -> Column:
    cases = " ".join("WHEN %s THEN %s::text" for _ in labels)
    params = tuple(part for value, label in labels.items() for part in (value, str(label)))
    return Column(title, f"CASE {_T}.{column} {cases} END", params, width)


def _listed(
    title: str, column: str, kind: ListKind, versions: Mapping[int, ListVersion], *, safe: bool
) -> Column:
    """A number or an array of numbers as labels, in the order of the list, by version."""
    cases: list[str] = []
    params: list[object] = []
    for pk, version in versions.items():
        items = [(item.n, safe_cell(item.label) if safe else item.label) for item in version.of(kind)]
        labels = _by_number(items)
        if kind == ListKind.STATUT:
            found = f"(%s::text[])[{_T}.{column}]"
            params.append(labels)
        else:
            tests = ", ".join(f"CASE WHEN %s = ANY({_T}.{column}) THEN %s::text END" for _ in items)
            found = (
                f"CASE cardinality({_T}.{column}) WHEN 0 THEN NULL"
                f" WHEN 1 THEN (%s::text[])[{_T}.{column}[1]]"
                f" ELSE nullif(coalesce(%s::jsonb ->> {_T}.{column}::text,"
                f" concat_ws(', ', {tests or 'NULL'})), '') END"
            )
            params += [labels, json.dumps(_combinations(items)), *(part for item in items for part in item)]
        cases.append(f"WHEN {int(pk)} THEN {found}")
    sql = f"CASE {_T}.list_version_id {' '.join(cases)} END" if cases else "NULL"
    return Column(title, sql, tuple(params), 34)


def _by_number(items: Sequence[tuple[int, str]]) -> list[str | None]:
    """Labels at their own number, for a look-up by subscript (numbers start at 1 and are small)."""
    labels = dict(items)
    return [labels.get(n) for n in range(1, max(labels, default=0) + 1)]


def _combinations(items: Sequence[tuple[int, str]]) -> dict[str, str]:
    """Labels of the usual sets of boxes, by the text PostgreSQL gives an array sorted as fiches store it.

    A look-up is several times faster than a test per item; what is not here goes through the tests.
    """
    known = {}
    for size in range(2, min(len(items), USUAL) + 1):
        for chosen in itertools.combinations(items, size):
            key = ",".join(str(n) for n in sorted(n for n, _ in chosen))
            known[f"{{{key}}}"] = ", ".join(label for _, label in chosen)
    return known


def _destinations(*, safe: bool) -> str:
    """Names in the order of the fiche; those of the region are read once, not once per row."""
    name = safe_sql("s.name") if safe else "s.name"
    names = f"(SELECT jsonb_object_agg(s.id, {name}) FROM territories_site s)"  # noqa: S608
    return (
        f"CASE WHEN {_T}.reoriented THEN (SELECT string_agg({names} ->> d.site_id::text, ', '"  # noqa: S608
        f" ORDER BY d.position) FROM contacts_fichedestination d WHERE d.fiche_id = {_T}.id) END"
    )


def _selected(fiches: FicheQuerySet, chosen: Sequence[Column]) -> FicheQuerySet:
    annotations = {
        f"c{index}": RawSQL(  # noqa: S611 - constants of this module, values as parameters
            column.sql, column.params, output_field=DateField() if column.is_date else CharField()
        )
        for index, column in enumerate(chosen)
    }
    return fiches.annotate(**annotations).values_list(*annotations)


def note_export(*, by: Actor, filters: Filters, kind: str) -> None:
    """Each export leaves a trace: who, in which role, with which filters (codes only)."""
    require(by, Perm.EXPORT_FICHES)
    audit.record(
        "contacts.fiches_exported",
        by=by,
        object_type="site",
        object_id=by.site_id or 0,
        tenant_id=by.territory_id,
        unit_id=by.site_id,
        data={"format": kind, "filters": filters.values()},
    )


def csv_chunks(fiches: FicheQuerySet, versions: Mapping[int, ListVersion]) -> Iterator[bytes | str]:
    """The list as CSV (« ; », byte-order mark for Excel), written by PostgreSQL and passed on as it comes.

    ``COPY (SELECT …)`` runs under row-level security like any query; nothing is held in memory but one block.
    """
    chosen = columns(versions, safe=True)
    sql, params = _selected(fiches, chosen).query.sql_with_params()
    yield BOM + csv_line(column.title for column in chosen)
    with connection.cursor() as cursor:
        statement = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv, DELIMITER ';')"
        waiting = bytearray()
        with cursor.cursor.copy(statement, params) as copy:
            for block in copy:
                waiting += block
                if len(waiting) > BLOCK:
                    yield bytes(waiting)
                    waiting.clear()
        yield bytes(waiting)


def table(fiches: FicheQuerySet, versions: Mapping[int, ListVersion]) -> Table:
    """The list as typed rows for a workbook, read as they are written (call it under the actor's scope)."""
    chosen = columns(versions, safe=False)
    return Table(
        "Fiches",
        "Fiches contact du lieu, une ligne par fiche",
        [tables.Column(c.title, "date" if c.is_date else "text", c.width) for c in chosen],
        _selected(fiches, chosen).iterator(chunk_size=2000),
    )


def notes(
    *, site: str, filters: Filters, version: ListVersion | None, now: datetime.datetime
) -> list[tables.Note]:
    """« Lisez-moi » : what the file holds, what it does not, how long it may be kept."""
    words = [f"{title} : {value}" for title, value in filters.words(version)]
    return tables.readme(
        source=f"{site}, fiches contact remplies par le lieu",
        filters=" ; ".join(words) or "aucun : toutes les fiches gardées",
        masking="Aucun : une ligne par fiche, à l’usage du lieu. N’en publiez pas de comptes.",
        licence="Usage interne au lieu. Les fiches sont gardées 24 mois : effacez ce fichier quand il ne "
        "sert plus.",
        made_at=now,
        more=[
            (
                "Ce qui n’y est pas",
                "Les précisions libres, et rien sur la personne : la fiche gardée est anonyme.",
            )
        ],
    )
