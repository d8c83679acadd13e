"""Files of an application: hostile until proved otherwise, served as downloads, never inline."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from labelling.enums_ami import FileKind
from labelling.models import AmiApplication, AmiAttachment, AmiCriterionAnswer
from labelling.services.attachments import FILES_MAX, prove
from spo_portal.kernel.errors import Refused
from tests.conftest import LoginAs
from tests.dashboards.test_report_texts import jpeg, png
from tests.factories import World, system
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur
from tests.territories.test_brochure import HOSTILE

PDF = b"%PDF-1.4\n1 0 obj <</Type /Page>> endobj\nstartxref\n9\n%%EOF\n"
WORD, SHEET = "wordprocessingml.document", "spreadsheetml.sheet"
MIMETYPES = {"odt": "opendocument.text", "ods": "opendocument.spreadsheet"}


def archive(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts:
            packed.writestr(name, content)
    return out.getvalue()


def ooxml(kind: str, *more: tuple[str, bytes], types: bytes = b"") -> bytes:
    """A small honest DOCX or XLSX, and what is added to it."""
    main = "word/document.xml" if kind == WORD else "xl/workbook.xml"
    usual = f"application/vnd.openxmlformats-officedocument.{kind}.main+xml"
    declared = types or f'<Types><Override ContentType="{usual}"/></Types>'.encode()
    return archive(("[Content_Types].xml", declared), (main, b"<document>Bonjour</document>"), *more)


def odf(kind: str, *more: tuple[str, bytes], content: bytes = b"<office:document-content/>") -> bytes:
    mime = f"application/vnd.oasis.{MIMETYPES[kind]}".encode()
    return archive(("mimetype", mime), ("content.xml", content), ("META-INF/manifest.xml", b"<m/>"), *more)


GOOD = {
    FileKind.PDF: PDF,
    FileKind.PNG: png(),
    FileKind.JPEG: jpeg(),
    FileKind.DOCX: ooxml(WORD, ("word/media/image1.png", png()), ("word/_rels/document.xml.rels", b"<R/>")),
    FileKind.XLSX: ooxml(SHEET, ("xl/printerSettings/printerSettings1.bin", b"\x00\x01")),
    FileKind.ODT: odf("odt", ("Pictures/1.png", png()), ("Configurations2/toolbar", b"")),
    FileKind.ODS: odf("ods"),
}
LINK = b'<R><Relationship Type="http://x/%s" Target="http://e.example" TargetMode="External"/></R>'
BAD: dict[str, bytes] = {
    "nothing": b"",
    "too heavy": b"%PDF-1.4\n" + b"x" * (10 * 1024 * 1024),
    "program renamed": b"MZ\x90\x00" + b"\x00" * 200,
    "linux program": b"\x7fELF" + b"\x00" * 200,
    "script": b"#!/bin/sh\nrm -rf /\n",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "page": b"<!DOCTYPE html><script>alert(1)</script>",
    "old word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512,
    "gif": b"GIF89a" + b"\x00" * 64,
    "text": b"Un texte sans forme",
    "bare archive": archive(("a.txt", b"a")),
    "macros, declared": ooxml(WORD, types=b'<Types><O ContentType="ms-word.document.macroEnabled"/></Types>'),
    "macros, hidden": ooxml(WORD, ("word/vbaProject.bin", b"\x00")),
    "macros in a sheet": ooxml(SHEET, ("xl/macrosheets/sheet1.xml", b"<x/>")),
    "macros of libreoffice": odf("odt", ("Basic/Standard/Module1.xml", b"<x/>")),
    "script of libreoffice": odf("ods", content=b"<o><script:event-listener/></o>"),
    "embedded": ooxml(WORD, ("word/embeddings/oleObject1.bin", b"\x00")),
    "program inside": ooxml(WORD, ("word/media/image1.png", b"MZ\x90\x00")),
    "another ending inside": ooxml(WORD, ("word/setup.exe", b"x")),
    "template elsewhere": ooxml(WORD, ("word/_rels/settings.xml.rels", LINK % b"attachedTemplate")),
    "entities": ooxml(WORD, ("word/styles.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')),
    "climbs out": ooxml(WORD, ("word/../../etc/x.xml", b"<x/>")),
    "bomb": ooxml(WORD, ("word/big.xml", b"<x>" + b"0" * (120 * 1024 * 1024) + b"</x>")),
    "cut": ooxml(WORD)[:-40],
    "pdf cut": b"%PDF-1.4\n",
    "png cut": png()[:30],
}  # fmt: skip


@pytest.mark.parametrize("kind", FileKind)
def test_what_is_accepted(kind: FileKind) -> None:
    proved = prove("../../Pièce du dossier.exe", GOOD[kind])
    assert proved.kind == kind
    assert "/" not in proved.name
    assert proved.name.startswith("Pièce du dossier.exe.")


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        prove("Plan.pdf", BAD[name])
    assert refusal.value.field == "fichier"
    assert str(refusal.value).endswith((".", "…"))


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - {"too many pages"}))
def test_a_hostile_pdf_is_refused(name: str) -> None:
    content = HOSTILE[name] if isinstance(HOSTILE[name], bytes) else HOSTILE[name][0]
    with pytest.raises(Refused):
        prove("Plan.pdf", content)


def test_a_hyperlink_in_a_document_is_no_danger() -> None:
    content = ooxml(WORD, ("word/_rels/document.xml.rels", LINK % b"hyperlink"))
    assert prove("x.docx", content).kind == FileKind.DOCX


def test_a_picture_loses_where_it_was_taken() -> None:
    assert prove("photo.jpg", jpeg(b"GPS 46.32 -0.46")).content == jpeg()


# ---- On the screens


@pytest.fixture
def porteur(world: World) -> Porteur:
    return ami_world.make_porteur(world.region)


@pytest.fixture
def draft(world: World, porteur: Porteur) -> AmiApplication:
    return ami_world.make_application(ami_world.make_call(world.region), world.lille, porteur)


@pytest.fixture
def client(porteur: Porteur, login: LoginAs) -> Client:
    return login(porteur.user, porteur.membership)


def send(client: Client, file: AmiApplication, name: str, content: bytes, title: str = "") -> object:
    url = reverse("ami_partie", args=[file.pk, "pieces"])
    return client.post(url, {"titre": title, "fichier": SimpleUploadedFile(name, content)})


def test_a_file_is_joined_downloaded_and_removed(client: Client, draft: AmiApplication) -> None:
    assert send(client, draft, "Plan.pdf", PDF, "Plan du lieu").status_code == 302
    assert send(client, draft, "Plan bis.pdf", PDF).status_code == 302
    with system():
        piece = AmiAttachment.objects.for_system().get(application=draft)
    assert piece.title == "Plan du lieu"
    answer = client.get(reverse("ami_piece", args=[draft.pk, piece.pk]))
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    gone = reverse("ami_piece_retirer", args=[draft.pk, piece.pk])
    assert client.get(gone).status_code == 200
    assert client.post(gone).status_code == 302
    with system():
        assert not AmiAttachment.objects.for_system().filter(application=draft).exists()


def test_a_criterion_loses_a_file_that_is_removed(client: Client, draft: AmiApplication) -> None:
    ami_world.fill(draft)
    with system():
        piece = AmiAttachment.objects.for_system().get(application=draft)
    page = client.get(reverse("ami_piece_retirer", args=[draft.pk, piece.pk])).content.decode()
    assert "1 critère" in page.replace("\xa0", " ")
    client.post(reverse("ami_piece_retirer", args=[draft.pk, piece.pk]))
    with system():
        rows = AmiCriterionAnswer.objects.for_system().filter(application=draft)
        assert rows.count() == len(ami_world.CODES)
        assert not rows.exclude(attachment=None).exists()


def test_what_is_refused_says_why_and_keeps_the_title(client: Client, draft: AmiApplication) -> None:
    answer = send(client, draft, "Plan.pdf", BAD["program renamed"], "Plan du lieu")
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "un programme" in body
    assert "Plan du lieu" in body
    with system():
        assert not AmiAttachment.objects.for_system().filter(application=draft).exists()


def test_ten_megabytes_pass_and_one_more_byte_stops_early(client: Client, draft: AmiApplication) -> None:
    heavy = PDF[:-6] + b"%" + b"x" * (10 * 1024 * 1024 - len(PDF) - 1) + b"\nstartxref\n9\n%%EOF\n"
    assert send(client, draft, "Plan.pdf", heavy[: 10 * 1024 * 1024 - 30] + heavy[-20:]).status_code == 302
    answer = send(client, draft, "Plan.pdf", b"%PDF-1.4\n" + b"x" * (10 * 1024 * 1024))
    assert answer.status_code == 422
    assert "trop lourd" in answer.content.decode()


def test_two_gigabytes_are_not_read(client: Client, draft: AmiApplication) -> None:
    """The length alone stops the reading: nothing is kept in memory."""

    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            Endless.asked += size
            assert Endless.asked < 64 * 1024 * 1024, "far more was read than what may be kept"
            head = b'--limite\r\nContent-Disposition: form-data; name="fichier"; filename="x.pdf"\r\n\r\n'
            return (head + b"x" * max(0, size - len(head)))[:size]

    answer = client.generic(
        "POST",
        reverse("ami_partie", args=[draft.pk, "pieces"]),
        **{
            "wsgi.input": Endless(),
            "CONTENT_LENGTH": str(2 * 1024**3),
            "CONTENT_TYPE": "multipart/form-data; boundary=limite",
        },
    )
    assert answer.status_code == 422
    assert "trop lourd" in answer.content.decode()


def test_a_file_holds_so_many_pieces(client: Client, draft: AmiApplication) -> None:
    for n in range(FILES_MAX):
        assert send(client, draft, f"{n}.png", png(n + 1, 1)).status_code == 302
    answer = send(client, draft, "encore.png", png(1, 2))
    assert answer.status_code == 422
    assert "30" in answer.content.decode()
