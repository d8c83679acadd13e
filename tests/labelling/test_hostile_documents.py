"""Office files that hide what they do: read as the program that opens them would, not byte by byte."""

import pytest

from labelling.enums_ami import FileKind
from labelling.services.attachments import prove
from spo_portal.kernel.errors import Refused
from tests.labelling.test_application_files import LINK, SHEET, WORD, odf, ooxml

AWAY = b'<R><Relationship Type="http://x/attachedTemplate" Target="http://e.example/%s" %s/></R>'
FIELD = (
    b'<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>%s</w:instrText><w:instrText>%s</w:instrText></w:r>'
)
PICTURE = b'<o><draw:image xlink:href="%s"/></o>'


def rels(content: bytes) -> bytes:
    return ooxml(WORD, ("word/_rels/settings.xml.rels", content))


def text(content: bytes) -> bytes:
    return ooxml(WORD, ("word/footer1.xml", content))


BAD: dict[str, bytes] = {
    "mark written with a reference": rels(AWAY % (b"a.dotm", b'TargetMode="&#69;xternal"')),
    "mark after a bracket in a value": rels(AWAY % (b"a>b.dotm", b'TargetMode="External"')),
    "address that says hyperlink": rels(AWAY % (b"hyperlink", b'TargetMode="External"')),
    "mark in spaces": rels(AWAY % (b"a.dotm", b'TargetMode = " external "')),
    "relations that are no XML": rels(b"<R><R>"),
    "doctype in another alphabet": text(
        "<?xml version='1.0' encoding='cp037'?><!DOCTYPE a><a/>".encode("cp037")
    ),
    "field that calls a program": text(FIELD % (b" DDE", b"AUTO cmd ")),
    "field in one element": text(b'<w:fldSimple w:instr=" DDEAUTO cmd"/>'),
    "field that reads another file": text(FIELD % (b"INCLUDETEXT ", b"//e.example/a")),
    "picture of odt elsewhere": odf("odt", content=PICTURE % b"http://e.example/a.png"),
    "picture of a share": odf("odt", content=PICTURE % b"//e.example/a.png"),
    "picture beside the file": odf("ods", content=PICTURE % b"../../a.png"),
    "picture written with a reference": odf("odt", content=PICTURE % b"&#104;ttp://e.example/a.png"),
    "script under another name": odf("odt", content=b"<o><x:event-listener/></o>"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_hides_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        prove("Plan.docx", BAD[name])
    assert refusal.value.field == "fichier"


GOOD: dict[str, tuple[FileKind, bytes]] = {
    "link": (FileKind.DOCX, rels(LINK % b"hyperlink")),
    "field that links": (FileKind.DOCX, text(FIELD % (b' HYPERLINK "http://www.dde.example', b'/link" '))),
    "page number": (FileKind.DOCX, text(FIELD % (b" PA", b"GE "))),
    "empty part": (FileKind.ODT, odf("odt", ("Configurations2/accelerator/current.xml", b""))),
    "own picture": (FileKind.ODT, odf("odt", content=PICTURE % b"Pictures/1.png")),
    "own object": (FileKind.ODS, odf("ods", content=b'<o><draw:object xlink:href="./Object 1"/></o>')),
    "link of odt": (FileKind.ODT, odf("odt", content=b'<o><text:a xlink:href="https://e.example"/></o>')),
    "sheet": (FileKind.XLSX, ooxml(SHEET, ("xl/styles.xml", b'<?xml version="1.0" encoding="UTF-8"?><s/>'))),
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_what_is_ordinary_passes(name: str) -> None:
    kind, content = GOOD[name]
    assert prove("Plan", content).kind == kind
