"""Fiches that leave the portal: the list's rows in French, no précisions, nothing a spreadsheet runs."""

import datetime
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
from spo_portal.kernel import audit
from spo_portal.kernel.tables import BOM, csv_line, safe_cell, safe_sql, workbook
from spo_portal.kernel.typography import moment
from territories.access import Actor, require

_T = '"contacts_fichecontact"'


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
    cases, params = [], []
    for pk, version in versions.items():
        tests = []
        for item in version.of(kind):
            test = f"{_T}.statut = %s" if kind == ListKind.STATUT else f"%s = ANY({_T}.{column})"
            tests.append(f"CASE WHEN {test} THEN %s::text END")
            params += [item.n, safe_cell(item.label) if safe else item.label]
        cases.append(f"WHEN {int(pk)} THEN nullif(concat_ws(', ', {', '.join(tests) or 'NULL'}), '')")
    sql = f"CASE {_T}.list_version_id {' '.join(cases)} END" if cases else "NULL"
    return Column(title, sql, tuple(params), 34)


def _destinations(*, safe: bool) -> str:
    name = safe_sql("s.name") if safe else "s.name"
    return (
        f"CASE WHEN {_T}.reoriented THEN (SELECT string_agg({name}, ', ' ORDER BY d.position)"  # noqa: S608
        " FROM contacts_fichedestination d JOIN territories_site s ON s.id = d.site_id"
        f" WHERE d.fiche_id = {_T}.id) END"
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
        waiting, length = [], 0
        with cursor.cursor.copy(statement, params) as copy:
            for block in copy:
                waiting.append(bytes(block))
                length += len(block)
                if length > 1 << 16:
                    yield b"".join(waiting)
                    waiting, length = [], 0
        if waiting:
            yield b"".join(waiting)


def xlsx_bytes(
    fiches: FicheQuerySet,
    versions: Mapping[int, ListVersion],
    *,
    site: str,
    filters: Filters,
    version: ListVersion | None,
    now: datetime.datetime,
) -> bytes:
    """The list as a workbook: typed cells, and a sheet « Lisez-moi » that says what it holds and when."""
    chosen = columns(versions, safe=False)
    selected = _selected(fiches, chosen)
    about = [
        ("Lieu", site),
        ("Exporté le", moment(now)),
        *(filters.words(version) or [("Filtres", "aucun : toutes les fiches gardées")]),
        (
            "Ce qui n’y est pas",
            "Les précisions libres, et rien sur la personne : la fiche gardée est anonyme.",
        ),
        ("Durée", "Les fiches sont gardées 24 mois. Effacez ce fichier quand il ne sert plus."),
    ]
    return workbook(
        [
            (
                "Fiches",
                [c.title for c in chosen],
                selected.iterator(chunk_size=2000),
                [c.width for c in chosen],
            ),
            ("Lisez-moi", [], about, [22, 90]),
        ]
    )
