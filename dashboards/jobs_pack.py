"""The job that makes the file for the CCREFP or CREFOP; run again, it makes the same file again."""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.utils import timezone

from dashboards.exports.pack import Pack, dictionary, methods
from dashboards.exports.pages import about
from dashboards.jobs_report import author
from dashboards.models import SynthesisVersion
from dashboards.permissions import Perm
from dashboards.services.labels import labels
from dashboards.services.published import why_masked
from dashboards.services.report_material import last_day, outside_releases
from labelling.services.tables import LabelTable, label_table
from spo_portal.kernel.jobs import JobRun
from spo_portal.kernel.privacy import OUTSIDE
from spo_portal.kernel.tables import Table, csv_chunks, file_stem, xlsx_file
from spo_portal.kernel.typography import moment
from territories.access import Actor, require
from territories.models import Region, Territory

CCREFP = "dashboards.ccrefp"
USE = "À transmettre tel quel : chaque nombre y est masqué comme pour tout lecteur extérieur."
_IN_MEMORY, _BLOCK = 16 * 1024 * 1024, 1 << 18


class Sealed:
    """A ZIP whose members are fingerprinted as they are written."""

    def __init__(self, target: IO[bytes]) -> None:
        self.archive = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
        self.marks: list[str] = []

    def add(self, name: str, content: bytes) -> None:
        self.archive.writestr(name, content)
        self.marks.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")

    def close(self) -> None:
        self.archive.writestr("SHA256SUMS", "".join(self.marks))
        self.archive.close()


def ccrefp(run: JobRun) -> None:
    """Read every territory under the right of who asked, then write: nothing of it touches a raw count."""
    year = int(run.params["annee"])
    with author(run) as by:
        require(by, Perm.READ_REGION)
        region: Region = by.region  # type: ignore[assignment]
        territories = list(Territory.objects.visible_to(by).steered_by(by).order_by("order", "name"))
        words = labels(by=by, region=region, year=year)
        counted = label_table(by=by, region=region, day=last_day(year))
        pdf, number = _synthesis(by, region, year)
    pack, filled, total = Pack(year, words), [], len(territories) + 2
    for done, territory in enumerate(territories):
        run.progress(done, total, territory.name)
        with author(run) as by:
            release = outside_releases(by=by, territories=[territory], year=year, full=True)[territory.pk]
        pack.take(territory.name, release)
        filled += [release.filled_at] if release.filled_at else []
    run.progress(total - 2, total, "Écriture des tableaux")
    masking = why_masked(OUTSIDE)
    notes = about(
        region, f"{region.name}, tous les territoires", [f"année {year}"], masking=masking,
        filled_at=min(filled, default=None), use=USE,
    )  # fmt: skip
    tables = pack.tables(counted)
    name = f"{file_stem(region.body_name)}-{file_stem(region.name)}-{year}"
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as target:
        sealed = Sealed(target)
        sealed.add("lisez-moi.txt", _read_me(region, year, notes, tables, counted, number).encode())
        if pdf:
            sealed.add(f"synthese-regionale-{year}.pdf", pdf)
        book = io.BytesIO()
        xlsx_file(tables, notes, book)
        sealed.add(f"territoires-{year}.xlsx", book.getvalue())
        for table in tables:
            sealed.add(f"csv/{file_stem(table.name)}.csv", _csv(table))
        sealed.add("dictionnaire.csv", _csv(dictionary()))
        sealed.add("methodes.txt", ("\ufeff" + methods(masking, settings.MONTH_CLOSES_ON)).encode())
        sealed.close()
        run.progress(total - 1, total, "Enregistrement")
        target.seek(0)
        run.attach(f"{name}.zip", "application/zip", _blocks(target))
    run.progress(total, total)


def _synthesis(by: Actor, region: Region, year: int) -> tuple[bytes, int]:
    """The frozen synthesis of the year, its newest version; nothing when there is none yet."""
    found = (
        SynthesisVersion.objects.visible_to(by)
        .filter(synthesis__region=region, synthesis__year=year)
        .order_by("-number")
        .first()
    )
    return (bytes(found.pdf), found.number) if found else (b"", 0)


def _csv(table: Table) -> bytes:
    return "".join(csv_chunks(table)).encode()


def _blocks(target: IO[bytes]) -> Iterator[bytes]:
    while block := target.read(_BLOCK):
        yield block


def _read_me(
    region: Region,
    year: int,
    notes: list[tuple[str, str]],
    tables: list[Table],
    counted: LabelTable,
    number: int,
) -> str:
    lines = [f"Dossier pour le {region.body_name}, {region.name}, année {year}", ""]
    if number:
        lines.append(f"synthese-regionale-{year}.pdf : la synthèse régionale figée, version {number}.")
    else:
        lines.append(
            f"La synthèse régionale {year} n’est pas encore figée : ce dossier contient les tableaux seuls."
        )
    lines += [
        f"territoires-{year}.xlsx : tous les tableaux, une feuille chacun.",
        "csv/ : les mêmes, un fichier par tableau.",
        "dictionnaire.csv, methodes.txt : le sens des chiffres et la façon de les faire.",
        f"Lieux comptés au {counted.day:%d/%m/%Y}. Dossier préparé le {moment(timezone.localtime())}.",
        "",
        *(f"{label} : {text}" for label, text in notes),
    ]
    for table in tables:
        lines += ["", f"{table.title} (csv/{file_stem(table.name)}.csv)"]
        lines += [f"  {label} : {text}" for label, text in table.notes]
    return "\ufeff" + "\r\n".join(lines) + "\r\n"
