"""The Region's plaquette: ordinary PDF files pass, files that act or hide something do not."""

import contextlib
import io
import zlib

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from spo_portal.kernel.errors import Refused
from territories.models import Brochure
from territories.services.brochure import MAX_PAGES, inspect_pdf, safe_name, store_brochure
from tests.conftest import LoginAs
from tests.factories import World, system

URL = "/plaquette/deposer/"


def written(writer: PdfWriter) -> bytes:
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def pdf(pages: int = 2) -> PdfWriter:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(210, 297)
    return writer


def with_script() -> bytes:
    return with_action("/JavaScript", JS="app.alert(1)")


def with_attachment() -> bytes:
    writer = pdf()
    writer.add_attachment("x.exe", b"MZ")
    return written(writer)


def encrypted() -> bytes:
    writer = pdf()
    writer.encrypt("secret", algorithm="RC4-128")
    return written(writer)


def with_action(name: str, **extra: str) -> bytes:
    writer = pdf()
    action = DictionaryObject({NameObject("/S"): NameObject(name)})
    for key, value in extra.items():
        action[NameObject(f"/{key}")] = TextStringObject(value)
    writer.root_object[NameObject("/OpenAction")] = action
    return written(writer)


def page_action() -> bytes:
    writer = pdf()
    writer.pages[0][NameObject("/AA")] = DictionaryObject()
    return written(writer)


def raw(*objects: bytes, root: bytes = b"<< /Type /Catalog /Pages 2 0 R >>") -> bytes:
    """A file put together by hand; ``objects`` come after the catalogue, the tree and one page."""
    body = b"%PDF-1.7\n1 0 obj\n" + root + b"\nendobj\n"
    body += b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
    body += b"3 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n"
    for number, content in enumerate(objects, 4):
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    return body + b"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"


def stream(header: bytes, data: bytes) -> bytes:
    return b"<< " + header + b" /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


def packed(data: bytes, header: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode") -> bytes:
    return stream(header, zlib.compress(data))


HOSTILE = {
    "empty": b"",
    "text": b"Bonjour",
    "html": b"<html>%PDF-1.4 %%EOF startxref</html>",
    "polyglot": b"GIF89a" + written(pdf()),
    "cut": written(pdf())[:-40],
    "no page": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF",
    "script": with_script(),
    "script in a name with escapes": raw(b"<< /S /J#61vaScript >>"),
    "script in an object stream": raw(packed(b"4 0 << /S /JavaScript /JS (app.alert) >>")),
    "script under an odd packing": raw(stream(b"/Type /ObjStm /Filter [/ASCIIHexDecode]", b"2F4A53")),
    "script under two packings": raw(
        stream(
            b"/Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode]", zlib.compress(b"<< >>").hex().encode()
        )
    ),
    "script in an ordinary stream": raw(
        packed(b"4 0 obj << /S /JavaScript >> endobj", b"/Filter /FlateDecode")
    ),
    "launch": with_action("/Launch", F="cmd.exe"),
    "open action by reference": raw(root=b"<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R >>"),
    "page action": page_action(),
    "attachment": with_attachment(),
    "encrypted": encrypted(),
    "form that sends": raw(b"<< /S /SubmitForm >>"),
    "rich media": raw(b"<< /Subtype /RichMedia >>"),
    "too many pages": written(pdf(MAX_PAGES + 1)),
    "bomb": raw(packed(b"\x00" * (100 * 1024 * 1024), b"/Filter /FlateDecode")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_plain_reason(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        inspect_pdf(HOSTILE[name])
    assert str(refusal.value).startswith(("Ce ", "Une plaquette"))
    assert refusal.value.field == "fichier"


def test_too_heavy_is_refused_before_anything_is_read() -> None:
    with pytest.raises(Refused, match="trop lourd"):
        inspect_pdf(b"%PDF-1.4\n" + b"x" * settings.UPLOAD_MAX_BYTES)


@pytest.mark.parametrize("pages", [1, 2, MAX_PAGES])
def test_ordinary_files_pass_with_their_pages_counted(pages: int) -> None:
    assert inspect_pdf(written(pdf(pages))).pages == pages


def test_files_of_usual_tools_pass() -> None:
    import weasyprint

    html = (
        '<meta charset="utf-8"><h1>Plaquette</h1><a href="https://exemple.example">lien</a>'
        '<p style="page-break-before:always">2'
    )
    for options in ({}, {"pdf_variant": "pdf/ua-1"}, {"uncompressed_pdf": True}, {"pdf_version": "1.4"}):
        content = weasyprint.HTML(string=html).write_pdf(**options)
        assert inspect_pdf(content).pages == len(PdfReader(io.BytesIO(content)).pages) == 2
    opened = raw(root=b"<< /Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /XYZ null null 0] >>")
    assert inspect_pdf(opened).pages == 1


def test_random_bytes_never_break_the_check() -> None:
    import random

    dice = random.Random(7)
    start = written(pdf())
    for _ in range(300):
        content = bytearray(start)
        for _ in range(dice.randint(1, 30)):
            content[dice.randrange(9, len(content))] = dice.randrange(256)
        with contextlib.suppress(Refused):
            inspect_pdf(bytes(content))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Plaquette d’été 2026.PDF", "Plaquette d’été 2026.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\x.pdf", "x.pdf"),
        ("a\r\nContent-Type: text/html.pdf", "html.pdf"),
        ("\x00\u202e", "plaquette.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_file_names_are_made_harmless(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def upload(content: bytes, name: str = "plaquette.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


@pytest.mark.django_db
def test_the_animation_uploads_and_the_last_one_serves(world: World, login: LoginAs) -> None:
    client = login(world.users["animation"])
    assert "Aucune plaquette" in client.get(URL).text
    for number in range(1, 6):
        answer = client.post(URL, {"fichier": upload(written(pdf(number)), f"v{number}.pdf")})
        assert answer.status_code == 302
    text = client.get(URL).text
    assert "v5.pdf" in text
    # A no-break space stands before the colon, as on every message.
    assert "v4.pdf" not in text.replace("Plaquette déposée\u00a0: v4.pdf", "")
    with system():
        assert list(Brochure.objects.for_system().order_by("pk").values_list("name", flat=True)) == [
            "v3.pdf",
            "v4.pdf",
            "v5.pdf",
        ]
        assert set(Brochure.objects.for_system().values_list("region_id", flat=True)) == {world.region.pk}


@pytest.mark.django_db
def test_refusals_stand_on_the_field(world: World, login: LoginAs) -> None:
    client = login(world.users["animation"])
    for content in (b"", b"coucou", HOSTILE["script"]):
        answer = client.post(URL, {"fichier": upload(content)})
        assert answer.status_code == 422
        assert 'id="id_fichier_erreur"' in answer.text
    assert "Aucun fichier reçu" in client.post(URL, {}).text
    assert "Aucun fichier reçu" in client.post(URL, {"fichier": "un texte"}).text
    heavy = client.post(URL, {"fichier": upload(b"%PDF-1.4\n" + b"x" * (settings.UPLOAD_MAX_BYTES + 10))})
    assert heavy.status_code == 422


@pytest.mark.django_db
def test_the_region_is_never_taken_from_the_form_alone(world: World, login: LoginAs) -> None:
    client = login(world.users["animation"])
    client.post(URL, {"fichier": upload(written(pdf())), "region": world.other_region.pk})
    with system():
        assert Brochure.objects.for_system().get().region_id == world.region.pk
    platform = login(world.users["administrateur"])
    assert platform.post(URL, {"fichier": upload(written(pdf()))}).status_code == 422
    answer = platform.post(URL, {"fichier": upload(written(pdf())), "region": world.other_region.pk})
    assert answer.status_code == 302
    with pytest.raises(Refused):
        store_brochure(
            by=world.actor("animation"), region=world.other_region, name="x", content=written(pdf())
        )


@pytest.mark.django_db
def test_who_uploads(world: World, login: LoginAs) -> None:
    for key in ("conseiller", "referent", "coordinateur", "region", "sans_mandat"):
        assert login(world.users[key]).get(URL).status_code == 403
        assert login(world.users[key]).post(URL, {"fichier": upload(written(pdf()))}).status_code == 403
