"""Workbooks made to harm: refused in a sentence before the spreadsheet library sees them.

Each of the first ones, 1.5 kB long, had the library ask for 500 GB and take the process with it.
"""

import io
import resource
import zipfile

import pytest

from spo_portal.kernel import sheets
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.sheets import Sheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
TYPES = f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
NAMED = (
    f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="lieux" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>"
)
NOM = '<row r="1"><c r="A1" t="inlineStr"><is><t>nom</t></is></c></row>'
TWO = NOM + '<row r="2"><c r="A2" t="inlineStr"><is><t>CIO</t></is></c></row>'
FAR = NOM + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
WHERE = "xl/worksheets/sheet1.xml"
GOOD = Sheet(("nom",), ((2, ("CIO",)),))


def sheet(rows: str, before: str = "") -> str:
    return f'{HEAD}{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def links(target: str, mode: str = "", kind: str = "worksheet") -> str:
    return (
        f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{LINKS}/{kind}" Target="{target}"{mode}/></Relationships>'
    )


def workbook(
    rows: str | None = TWO,
    *,
    target: str = "worksheets/sheet1.xml",
    more: dict[str, str | bytes] | None = None,
) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": links("xl/workbook.xml", kind="officeDocument"),
        "xl/workbook.xml": NAMED,
        "xl/_rels/workbook.xml.rels": links(target),
        WHERE: sheet(rows or TWO),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | (more or {})).items():
            archive.writestr(name, content)
    return out.getvalue()


def read(content: bytes) -> Sheet:
    return sheets.read(content, max_rows=2000, max_bytes=5 * 1024 * 1024, sheet="lieux")


def ods(rows: int, columns: int) -> str:
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names)
    return (
        f"{HEAD}<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="lieux"><table:table-row table:number-rows-repeated="{rows}">'
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}">'
        "<text:p>nom</text:p></table:table-cell></table:table-row></table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )


def test_twin_a_plain_workbook_is_read() -> None:
    assert read(workbook()) == GOOD
    # Wherever its sheet lies, and whatever prefix its elements bear.
    assert read(workbook(target="feuilles/un.xml", more={"xl/feuilles/un.xml": sheet(TWO)})) == GOOD


HIDDEN = {
    "a sheet out of its folder": {"target": "ailleurs/s.xml", "more": {"xl/ailleurs/s.xml": sheet(FAR)}},
    "a sheet under another kind": {"target": "media/s.png", "more": {"xl/media/s.png": sheet(FAR)}},
    "an attribute that closes nothing": {
        "rows": NOM + """<row r="2"><c s=" r='A2' >" r="XFD1048576"><v>1</v></c></row>"""
    },
    "a far cell in a prefix": {
        "rows": NOM + f'<row r="2"><x:c xmlns:x="{MAIN}" r="XFD1048576"><x:v>1</x:v></x:c></row>'
    },
    "a cell in no place": {"rows": NOM + "<row><c><v>1</v></c></row>"},
    "a place written in entities": {"rows": NOM + '<row r="2"><c r="&#88;FD1"><v>1</v></c></row>'},
    "a far cell": {"rows": FAR},
    "a far empty cell": {"rows": NOM + '<row r="1048576"><c r="A1048576"/></row>'},
    "a million rows": {"rows": TWO + "".join(f'<row r="{n}"/>' for n in range(3, 700_000))},
    "a table of another kind": {"more": {"content.xml": ods(1_048_576, 1000), "mimetype": "x"}},
    "a binary workbook": {"more": {"xl/workbook.bin": b"\x00"}},
    "a formula": {"rows": NOM + '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row>'},
    "an external entity": {
        "more": {WHERE: sheet(TWO, '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>')}
    },
    "a small doctype": {"more": {WHERE: sheet(TWO, "<!doctype x>")}},
    "another encoding": {"more": {WHERE: sheet(FAR).encode("utf-16")}},
    "two documents in one": {"more": {WHERE: sheet(TWO) + sheet(FAR)}},
    "a name that climbs": {"more": {"../../etc/cron.xml": "<x/>"}},
    "a macro": {"more": {"xl/vbaProject.bin": b"x"}},
    "a link outside": {
        "more": {"xl/worksheets/_rels/sheet1.xml.rels": links("file:///etc/passwd", ' TargetMode="External"')}
    },
    "a long shared string": {
        "more": {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>{"ab" * 4000}</t></si></sst>'}
    },
    "a string that unpacks": {
        "more": {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>{"a" * 30_000_000}</t></si></sst>'}
    },
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_workbook_made_to_harm_is_one_sentence(name: str) -> None:
    hostile = workbook(**HIDDEN[name])  # type: ignore[arg-type]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refused) as refused:
        read(hostile)
    assert refused.value.field == "fichier"
    # Kilobytes: nowhere near what the file claims.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_a_symbolic_link_in_the_archive_is_only_a_part() -> None:
    """Nothing is ever unpacked on the disk: the target of a link is text, and no XML."""
    info = zipfile.ZipInfo("xl/worksheets/sheet2.xml")
    info.external_attr = 0o120777 << 16
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(Refused):
        read(out.getvalue())


def test_the_size_an_archive_claims_is_not_believed() -> None:
    """A part of 60 MB that claims a hundred bytes."""
    content = bytearray(workbook(more={WHERE: sheet(TWO + " " * 60_000_000)}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        real = archive.getinfo(WHERE).file_size
    lie = bytes(content).replace(real.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises(Refused):
        read(lie)
