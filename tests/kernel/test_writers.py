"""CSV, XLSX and ODS from one description: typed, masked in words, safe, explained, in constant memory."""

import csv
import datetime
import io
import resource
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from spo_portal.kernel import tables
from spo_portal.kernel.privacy import Cell, Share
from spo_portal.kernel.tables import Column, Table, TooManyRows, csv_chunks, csv_zip, file_chunks, readme
from spo_portal.kernel.tables.names import sheet_name
from spo_portal.kernel.tables.safety import CELL_LENGTH, legal
from spo_portal.kernel.tenancy.scope import NOBODY

DAY = datetime.date(2026, 12, 31)
# 23:30 in Paris is 22:30 in Greenwich: the file says what the clock of the desk said.
MOMENT = datetime.datetime(2026, 12, 31, 22, 30, tzinfo=datetime.UTC)
LOCAL = MOMENT.astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None)
NOTES = [("Source", "Le portail"), ("Filtres", "aucun")]
COLUMNS = [
    Column("Nom", "text", 20),
    Column("Nombre", "count"),
    Column("Part", "share"),
    Column("Moyenne", "decimal"),
    Column("Jour", "date", 12),
    Column("Moment", "moment", 18),
]
ROWS: list[list[object]] = [
    ["Arras", Cell(12), Share(Fraction(1, 8)), Fraction(5, 2), DAY, MOMENT],
    ["Lens", Cell(None, masked=True), Share(None, masked=True), None, None, None],
    ["Calais", 0, Share(None), 1.5, DAY, MOMENT],
]


def table(rows: object = None, name: str = "Chiffres", columns: object = None) -> Table:
    return Table(name, "Chiffres de l’année", columns or COLUMNS, ROWS if rows is None else rows)  # type: ignore[arg-type]


def made(fmt: str, *found: Table) -> bytes:
    return b"".join(file_chunks(fmt, found or [table()], NOTES))  # type: ignore[arg-type]


def read_back(fmt: str, content: bytes, name: str = "Chiffres") -> list[list[object]]:
    """What a program that is not ours reads."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_name(name).to_python()


def csv_rows(found: Table) -> list[list[str]]:
    text = "".join(csv_chunks(found))
    assert text.startswith(tables.BOM)
    return list(csv.reader(io.StringIO(text[1:]), delimiter=";"))


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_cells_are_typed(fmt: str) -> None:
    head, arras, lens, calais = read_back(fmt, made(fmt))
    assert head == ["Nom", "Nombre", "Part", "Moyenne", "Jour", "Moment"]
    assert arras == ["Arras", 12.0, 0.125, 2.5, DAY, LOCAL]
    assert lens == ["Lens", "masqué", "masqué", "", "", ""]
    assert calais == ["Calais", 0.0, "", 1.5, DAY, LOCAL]


def test_a_csv_is_pure_data() -> None:
    assert csv_rows(table()) == [
        ["Nom", "Nombre", "Part", "Moyenne", "Jour", "Moment"],
        ["Arras", "12", "0,125", "2,5", "2026-12-31", "2026-12-31 23:30:00"],
        ["Lens", "masqué", "masqué", "", "", ""],
        ["Calais", "0", "", "1,5", "2026-12-31", "2026-12-31 23:30:00"],
    ]
    assert "0.125" in "".join(csv_chunks(table(), decimal="."))


def test_formats_show_what_a_reader_expects() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx")))
    sheet = book["Chiffres"]
    assert [cell.number_format for cell in sheet[2]][1:] == [
        "# ##0", "0.0 %", "# ##0.0", "dd/mm/yyyy", "dd/mm/yyyy hh:mm",
    ]  # fmt: skip
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["A1"].font.bold) == ("A2", "A1:F4", True)
    shown = zipfile.ZipFile(io.BytesIO(made("ods"))).read("content.xml").decode()
    for text in ("12,5 %", "31/12/2026 23:30", "2,5"):
        assert f"<text:p>{text}</text:p>" in shown


def test_an_ods_is_what_its_standard_says() -> None:
    package = zipfile.ZipFile(io.BytesIO(made("ods")))
    first = package.infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
    assert package.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
    listed = ElementTree.fromstring(package.read("META-INF/manifest.xml"))
    names = {entry.attrib[key] for entry in listed for key in entry.attrib if key.endswith("full-path")}
    assert names == {"/", "content.xml", "styles.xml"}
    content = ElementTree.fromstring(package.read("content.xml"))
    defined = {
        value for node in content.iter() for key, value in node.attrib.items()
        if key.endswith("}name") and node.tag.endswith(("}style", "-style"))
    }  # fmt: skip
    used = {
        value for node in content.iter() for key, value in node.attrib.items() if key.endswith("style-name")
    }
    assert used <= defined


@pytest.mark.parametrize("fmt", ["xlsx", "ods", "zip"])
def test_the_file_says_what_it_is(fmt: str) -> None:
    said = readme(
        source="Le portail", filters="2026", masking="1 à 4 masqués", licence="Licence Ouverte 2.0",
        filled_at=MOMENT, made_at=MOMENT,
    )  # fmt: skip
    found = Table("A", "Table A", COLUMNS, ROWS, notes=[("Lecture", "une ligne par lieu")])
    content = b"".join(file_chunks(fmt, [found], said))  # type: ignore[arg-type]
    if fmt == "zip":
        text = zipfile.ZipFile(io.BytesIO(content)).read("lisez-moi.txt").decode()
    else:
        text = str(read_back(fmt, content, "Lisez-moi"))
    for words in (
        "Le portail",
        "2026",
        "1 à 4 masqués",
        "Licence Ouverte 2.0",
        "Table A",
        "une ligne par lieu",
    ):
        assert words in text, words
    assert text.count("23\u00a0h" if fmt == "zip" else "23\\xa0h") == 2


STARTS = [
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\x00=",
    " =",
    "\u00a0+",
    "\u200b@",
    "\ufeff-",
    "\u3000＝",
    "＋",
]


@pytest.mark.parametrize("start", STARTS)
def test_no_cell_is_run(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    found = table([[text, text, None, None, None, None]], columns=[Column(text), *COLUMNS[1:]])
    for row in csv_rows(found):
        assert row[0].startswith("'")
    assert csv_rows(found)[1][1].startswith("'")
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", found)))
    cells = [cell for row in book["Chiffres"].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for row in book["Chiffres"].iter_rows(min_row=2) for cell in row[:2])
    xml = zipfile.ZipFile(io.BytesIO(made("ods", found))).read("content.xml").decode()
    assert "formula" not in xml
    assert xml.count('table:style-name="quoted"') == 2


def test_ordinary_text_is_left_alone() -> None:
    for text in ("Arras", "moins de 26 ans", "12 rue", "« = »", "L’a-t-on dit", "a=b", "é+1", "(+33)"):
        found = table([[text, 1, None, None, None, None]])
        assert csv_rows(found)[1][0] == text
        assert read_back("ods", made("ods", found))[1][0] == text
    # A number below zero is a number, not a formula.
    found = table([["x", -5, Fraction(-1, 4), -2.5, None, None]])
    assert csv_rows(found)[1][1:4] == ["-5", "-0,25", "-2,5"]
    assert read_back("xlsx", made("xlsx", found))[1][1:4] == [-5.0, -0.25, -2.5]


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_odd_text_comes_back_as_it_was(fmt: str) -> None:
    kept = ["<a href='x'>&amp;\"</a>", "deux  espaces   et trois", "deux\nlignes", "😀 œuf", "_x0041_"]
    found = table([[text, None, None, None, None, None] for text in kept])
    assert [row[0] for row in read_back(fmt, made(fmt, found))[1:]] == kept
    forbidden = table([["a\x00b\x08c\x1fd\ufffe\ud800e", None, None, None, None, None]])
    assert read_back(fmt, made(fmt, forbidden))[1][0] == "abcde"


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_a_long_text_is_cut_aloud(fmt: str) -> None:
    found = table([["x" * 40_000, None, None, None, None, None]])
    text = str(read_back(fmt, made(fmt, found))[1][0])
    assert len(text) <= CELL_LENGTH
    assert text.endswith("caractères de plus dans le CSV]")
    assert len(csv_rows(found)[1][0]) == 40_000
    assert legal("y" * CELL_LENGTH) == "y" * CELL_LENGTH


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_too_many_rows_are_never_cut_in_silence(fmt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("xlsx", "ods"):
        monkeypatch.setattr(f"spo_portal.kernel.tables.{module}.SHEET_ROWS", 2)
    with pytest.raises(TooManyRows, match="CSV"):
        made(fmt)
    assert len(csv_rows(table())) == 4


def test_names_of_sheets_are_accepted_everywhere() -> None:
    taken = {"lisez-moi"}
    names = [
        sheet_name(n, taken)
        for n in ("A/B:C", "a-b-c", "x" * 40, "X" * 40, "", "History", "Lisez-moi", "'q'")
    ]
    assert names == [
        "A-B-C",
        "a-b-c (2)",
        "x" * 31,
        f"{'X' * 27} (2)",
        "Feuille",
        "Historique",
        "Lisez-moi (2)",
        "q",
    ]
    several = [table(name="Même nom"), table(name="Même nom")]
    for fmt in ("xlsx", "ods"):
        book = CalamineWorkbook.from_filelike(io.BytesIO(made(fmt, *several)))
        assert book.sheet_names == ["Même nom", "Même nom (2)", "Lisez-moi"]
    assert zipfile.ZipFile(io.BytesIO(made("csv", *several))).namelist() == [
        "lisez-moi.txt", "meme-nom.csv", "meme-nom (2).csv",
    ]  # fmt: skip


def test_a_row_that_does_not_fit_its_columns_is_an_error() -> None:
    for fmt in ("csv", "xlsx", "ods"):
        with pytest.raises(ValueError, match="zip"):
            made(fmt, table([["Arras", 1]]))


def test_yes_and_no_are_written_in_words() -> None:
    found = table([["x", True, None, False, None, None]])
    assert csv_rows(found)[1] == ["x", "oui", "", "non", "", ""]
    for fmt in ("xlsx", "ods"):
        assert read_back(fmt, made(fmt, found))[1][1:4] == ["oui", "", "non"]


def test_what_is_written_does_not_depend_on_the_clock_of_the_server() -> None:
    abroad = MOMENT.astimezone(ZoneInfo("Pacific/Noumea"))
    for fmt in ("xlsx", "ods"):
        found = table([["x", 1, None, None, abroad, abroad]])
        assert read_back(fmt, made(fmt, found))[1][4:] == [DAY, LOCAL]


def many(count: int) -> Iterator[list[object]]:
    for number in range(count):
        yield [f"Lieu {number % 90}", number, Share(Fraction(1, 3)), number / 7, DAY, LOCAL]


@pytest.mark.parametrize("fmt", ["csv", "zip", "xlsx", "ods"])
def test_memory_does_not_grow_with_the_rows(fmt: str) -> None:
    def peak(count: int) -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert sum(len(chunk) for chunk in file_chunks(fmt, [table(many(count))], NOTES)) > count  # type: ignore[arg-type]
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    peak(500)
    assert peak(15_000) < 15_000  # kB; the rows alone would take twice that


def test_nothing_is_left_on_the_disk_by_a_table_that_fails(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken() -> Iterator[list[object]]:
        yield ROWS[0]
        raise RuntimeError

    for fmt in ("xlsx", "ods", "zip"):
        with pytest.raises(RuntimeError):
            made(fmt, table(broken()))
    assert list(tmp_path.iterdir()) == []  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fmt", "count", "name"),
    [
        ("csv", 1, "l-annee.csv"),
        ("csv", 2, "l-annee.zip"),
        ("ods", 2, "l-annee.ods"),
        ("xlsx", 1, "l-annee.xlsx"),
    ],
)
def test_the_answer_streams_a_named_file(
    fmt: str, count: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bool] = []

    def rows() -> list[Table]:
        opened.append(True)
        return [table() for _ in range(count)]

    answer = tables.download(NOBODY, fmt, rows, NOTES, "L’année", count=count)  # type: ignore[arg-type]
    assert (opened, answer.streaming) == ([], True)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    kind = "zip" if name.endswith("zip") else fmt
    assert answer.headers["Content-Type"] == tables.CONTENT_TYPES[kind]
    assert len(b"".join(answer.streaming_content)) > 100  # type: ignore[attr-defined]
    assert opened == [True]


def test_sql_and_python_agree_on_what_is_dangerous(db: None) -> None:
    from django.db import connection

    checks: Callable[[str], str] = tables.safe_cell
    texts = [f"{start}suite" for start in STARTS if "\x00" not in start] + [
        "Arras",
        "é",
        "1",
        "",
        "« x »",
        "a\tb",
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {tables.safe_sql('t')} FROM unnest(%s::text[]) WITH ORDINALITY u(t, n) ORDER BY n",
            [texts],
        )
        assert [row[0] for row in cursor.fetchall()] == [checks(text) for text in texts]


def test_a_zip_of_csv_is_written_as_it_comes() -> None:
    target = io.BytesIO()
    csv_zip([table(many(2_000))], NOTES, target)
    content = zipfile.ZipFile(target).read("chiffres.csv").decode()
    assert content.count("\n") == 2_001
