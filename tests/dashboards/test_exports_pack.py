"""The file for the CCREFP: what anyone may read of every territory, sealed, made by the worker."""

import csv
import datetime
import hashlib
import io
import zipfile

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied

from dashboards.enums import Audience
from dashboards.exports import pack
from dashboards.jobs_pack import CCREFP, ccrefp
from spo_portal.kernel.jobs import pieces
from spo_portal.kernel.models import GeneratedFile, Job
from spo_portal.kernel.tenancy.scope import NOBODY, apply
from territories.models import Membership
from tests.dashboards.releases import CELLS, make_release
from tests.factories import World, system
from tests.kernel.jobs_by_hand import taken

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(world: World) -> World:
    inside = {"y": {"contacts": {"": 777}}, "m": {}}
    for place in (world.lille, world.douai):
        make_release(place, cells=inside)
    make_release(world.lille, audience=Audience.OUTSIDE, reseau=world.reseaux["CIO"])
    make_release(
        world.douai, audience=Audience.OUTSIDE, cells={"y": {"contacts": {"": 30}, "demande": {"1": -1}}}
    )
    make_release(world.niort, audience=Audience.OUTSIDE)
    return world


def asked(world: World, login: object, key: str = "animation") -> Job:
    client = login(world.users[key])
    answer = client.post("/tableau-de-bord/region/dossier/", {"annee": "2026"})
    assert answer.status_code == 302
    again = client.post("/tableau-de-bord/region/dossier/", {"annee": "2026"})
    assert again.headers["Location"] == answer.headers["Location"]
    with system():
        job = Job.objects.get(kind=CCREFP)
    assert str(job.uuid) in answer.headers["Location"]
    return job


def made(job: Job) -> tuple[str, zipfile.ZipFile]:
    with taken(job.uuid) as run:
        ccrefp(run)
    with system():
        file = GeneratedFile.objects.get(job=job)
        content = b"".join(pieces(file))
    apply(NOBODY)
    return file.name, zipfile.ZipFile(io.BytesIO(content))


def rows(archive: zipfile.ZipFile, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig")), delimiter=";"))


def test_the_file_is_whole_and_sealed(filled: World, login: object) -> None:
    name, archive = made(asked(filled, login))
    assert name == "ccrefp-region-a31-2026.zip"
    names = set(archive.namelist())
    assert {
        "lisez-moi.txt", "territoires-2026.xlsx", "dictionnaire.csv", "methodes.txt", "SHA256SUMS",
        "csv/territoires.csv", "csv/mois.csv", "csv/demande-initiale.csv", "csv/reseaux.csv",
    } <= names  # fmt: skip
    sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
    assert sums.keys() == names - {"SHA256SUMS"}
    for member, mark in sums.items():
        assert hashlib.sha256(archive.read(member)).hexdigest() == mark
    about = archive.read("lisez-moi.txt").decode("utf-8-sig")
    assert "n’est pas encore figée" in about
    assert "1 à 10" in about.replace("\xa0", " ")
    assert "hors Douai (masqué)" in about
    assert "1er janvier" in archive.read("methodes.txt").decode("utf-8-sig")


def test_only_what_anyone_may_read_goes_in(filled: World, login: object) -> None:
    """The inside figures that the region's team sees on its screens (777) are nowhere in the file."""
    _, archive = made(asked(filled, login))
    for member in archive.namelist():
        if member.endswith((".csv", ".txt")):
            assert "777" not in archive.read(member).decode("utf-8-sig"), member
            assert "Niort" not in archive.read(member).decode("utf-8-sig"), member
    book = openpyxl.load_workbook(io.BytesIO(archive.read("territoires-2026.xlsx")))
    values = [cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert 777 not in values
    assert "Niort" not in values


def test_sums_leave_hidden_cells_out(filled: World, login: object) -> None:
    _, archive = made(asked(filled, login))
    head, *lines = rows(archive, "csv/demande-initiale.csv")
    table = {line[0]: dict(zip(head[1:], line[1:], strict=True)) for line in lines}
    assert table["Lille"]["Metier"] == "90"
    assert table["Douai"]["Metier"] == "masqué"
    assert table[pack.TOTAL]["Metier"] == "90"
    indicators = {line[0]: line[1] for line in rows(archive, "csv/territoires.csv")[1:]}
    assert indicators == {"Lille": "120", "Douai": "30"}


def test_a_mandate_that_ended_makes_nothing(filled: World, login: object) -> None:
    job = asked(filled, login)
    with system():
        held = Membership.objects.filter(pk=filled.memberships["animation"].pk)
        held.update(ends_on=held.get().starts_on)
    with taken(job.uuid) as run, pytest.raises(PermissionDenied):
        ccrefp(run)
    with system():
        assert not GeneratedFile.objects.filter(job=job).exists()


def test_nobody_else_asks_nor_reads(filled: World, login: object) -> None:
    for key in ("coordinateur", "referent", "conseiller", "prefecture"):
        assert login(filled.users[key]).post("/tableau-de-bord/region/dossier/").status_code == 403
    job = asked(filled, login)
    made(job)
    assert login(filled.users["region"]).get(f"/travaux/{job.uuid}/").status_code == 404
    assert login(filled.users["animation"]).get(f"/travaux/{job.uuid}/").status_code == 200


def test_the_file_is_gone_after_a_day(filled: World, login: object) -> None:
    job = asked(filled, login)
    made(job)
    with system():
        file = GeneratedFile.objects.get(job=job)
        assert 23.9 < (file.expires_at - file.created_at).total_seconds() / 3600 <= 24.1
        GeneratedFile.objects.filter(pk=file.pk).update(
            expires_at=file.created_at - datetime.timedelta(hours=1)
        )
    filled.actor("animation")
    assert not GeneratedFile.objects.all().exists()


def test_cells_of_the_helper_are_masked_somewhere() -> None:
    """Twin: without a masked cell in the sample, the tests above would prove nothing."""
    assert any(count < 0 for count in CELLS["y"]["demande"].values())
