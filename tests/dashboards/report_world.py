"""What the tests of the report share: outside figures without fiches, a report written to the end, its
jobs.
"""

import datetime
import io
import struct
import zlib

from django.utils import timezone

from dashboards.models import AnnualReport, Release
from dashboards.report_sections import REQUIRED
from dashboards.services import report as service
from dashboards.services.report_comments import save_comment
from territories.access import Actor
from territories.models import Territory
from tests.factories import World, system

YEAR = 2025
OPINION = "Le comité approuve le rapport."
MEETING = datetime.date(2026, 2, 12)


def make_releases(world: World) -> None:
    """Figures anyone may read, for the two territories of the region: some shown, some hidden (negative)."""
    reseau, site = str(world.reseaux["CIO"].pk), str(world.cio.pk)
    cells = {
        "y": {
            "contacts": {"": 420}, "issue": {"reoriente": 180, "sur_place": 240},
            "suite": {"recue": 90, "attendue": 70},
            "demande": {"1": 200, "2": 120, "3": -1}, "reponse": {"1": 60},
            "statut": {"1": 220, "5": -1, "6": -2},
            "age": {"moins_26": 300, "plus_26": 120}, "canal": {"sur_place": 400, "telephone": 20},
            "demande_reponse": {"1:1": 60, "2:1": -1}, "statut_age": {"1:moins_26": 200, "5:plus_26": -1},
            "destination": {"MISSION_LOCALE": 90}, "destination_site": {str(world.mission.pk): 90},
        },
        "m": {"contacts": {str(month): {"": 35} for month in range(1, 13)}},
        "r": {"contacts": {reseau: {"": 420}}, "issue": {reseau: {"reoriente": 180, "sur_place": 240}},
              "destination": {reseau: {"MISSION_LOCALE": 90}}},
        "s": {"contacts": {site: {"": 420}}, "issue": {site: {"reoriente": -1}}},
        "mr": {str(month): {reseau: 35} for month in range(1, 13)},
    }  # fmt: skip
    with system():
        Territory.objects.for_region(world.region.pk).update(population=200_000)
        for territory in (world.lille, world.douai):
            for year in (YEAR, YEAR - 1):
                Release.objects.create(
                    region=world.region, territory=territory, year=year, audience="outside", cells=cells,
                    summary=cells, measures={"delai": {"y": 5.5}}, filled_at=timezone.now(),
                )  # fmt: skip


def write_all(by: Actor, territory: Territory, year: int = YEAR) -> AnnualReport:
    """An open report with every required comment."""
    report = service.open_report(by=by, territory=territory, year=year)
    for part in REQUIRED:
        save_comment(by=by, report=report, section=part.key, text=f"Texte de {part.key}.", seen=0)
    return report


def completed(by: Actor, territory: Territory, year: int = YEAR) -> AnnualReport:
    return service.move(by=by, report=write_all(by, territory, year), key="completer")


def png(width: int = 2, height: int = 2, *extra: tuple[bytes, bytes]) -> bytes:
    """A small true picture; ``extra`` chunks stand before its pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    lines = b"".join(b"\x00" + b"\xff\x00\x00" * width for _ in range(height))
    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        *(chunk(*one) for one in extra),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [*parts, chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")]
    )


def jpeg(note: bytes = b"") -> bytes:
    """The bones of a JPEG, with an optional note (EXIF) in it."""

    def segment(mark: int, data: bytes) -> bytes:
        return bytes([0xFF, mark]) + struct.pack(">H", len(data) + 2) + data

    frame = struct.pack(">BHHB", 8, 10, 10, 1) + b"\x01\x11\x00"
    notes = segment(0xE1, b"Exif\x00\x00" + note) + segment(0xFE, note) if note else b""
    body = (
        segment(0xE0, b"JFIF\x00") + notes + segment(0xC0, frame) + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    )
    return b"\xff\xd8" + body + b"\x12\x34" + b"\xff\xd9"


def xlsx(*rows: list[str]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
