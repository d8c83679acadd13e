"""Files of the screens: the figures of a file are those of its page, masked cells included."""

import html
import io
import re
import zipfile

import openpyxl
import pytest
import python_calamine
from django.db import connection
from django.test import Client
from openpyxl.cell import Cell

from spo_portal.kernel.typography import percent
from tests.dashboards.releases import make_release
from tests.factories import World, system

pytestmark = pytest.mark.django_db
QUESTIONS = ("", "?annee=2026&mois=10", "?annee=2026&demande=1", "?annee=2026&comparer=rien")


@pytest.fixture
def filled(world: World) -> World:
    make_release(world.lille, reseau=world.reseaux["CIO"])
    make_release(world.lille, site=world.cio)
    return world


def content(answer: object) -> bytes:
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content)


def page_tables(text: str) -> dict[str, list[list[str]]]:
    """Tables of a page by caption: texts of their cells, drawings left out."""
    found = {}
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        caption = re.search(r"<caption[^>]*>(.*?)</caption>", table, re.DOTALL)
        if caption is None:
            continue
        head, _, body = table.partition("</thead>")
        titles = re.findall(r"<th.*?</th>", head, re.DOTALL)
        drawn = {place for place, title in enumerate(titles) if ">Barre<" in title}
        lines = []
        for line in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL):
            cells = re.findall(r"<(?:th|td)(?:\s[^>]*)?>(.*?)</(?:th|td)>", line, re.DOTALL)
            lines.append([words(cell) for place, cell in enumerate(cells) if place not in drawn])
        found[words(caption[1])] = lines
    return found


def words(cell: str) -> str:
    cell = re.sub(r'<span class="under">.*?</span>', "", cell)
    cell = re.sub(r'<span class="sr">.*?</span>', "", cell)
    return html.unescape(re.sub(r"<[^>]*>", "", cell)).replace("\u202f", "").replace("\xa0", " ").strip()


def as_page(cell: Cell) -> str:
    """A cell of a workbook as the page writes it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, int | float) and "%" in cell.number_format:
        exact = value * 100
        if 0 < exact < 0.5 or 99.5 <= exact < 100:
            return "moins de 1%" if exact < 1 else "plus de 99%"
        return percent(exact).replace("\u202f", "")
    return str(int(value)) if isinstance(value, int | float) else words(str(value))


def sheets(data: bytes) -> dict[str, list[list[Cell]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [list(row) for row in sheet.iter_rows()] for sheet in book.worksheets}


def compare(client: Client, path: str, query: str) -> int:
    """Every table of the page stands in the file with the same labels and the same figures."""
    shown = page_tables(client.get(path + query).content.decode())
    file = sheets(content(client.get(f"{path}export/{query}")))
    compared = 0
    for title, lines in shown.items():
        sheet = next((rows for name, rows in file.items() if rows and title.startswith(name[:25])), None)
        if sheet is None:
            continue
        by_label = {as_page(row[0]): [as_page(value) for value in row[1:]] for row in sheet}
        for label, *values in lines:
            assert label in by_label, (title, label)
            for place, value in enumerate(values):
                written = by_label[label][place]
                assert value in {written, "sans objet"}, (title, label, value, written)
                compared += 1
    return compared


@pytest.mark.parametrize("query", QUESTIONS)
def test_a_file_says_what_its_page_says(filled: World, login: object, query: str) -> None:
    client = login(filled.users["coordinateur"])
    assert compare(client, f"/tableau-de-bord/territoire/{filled.lille.pk}/", query) > 10


def test_a_place_too(filled: World, login: object) -> None:
    client = login(filled.users["referent"])
    assert compare(client, f"/tableau-de-bord/lieu/{filled.cio.pk}/", "") > 5


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_a_workbook_opens_and_says_what_it_is(filled: World, login: object, fmt: str) -> None:
    client = login(filled.users["coordinateur"])
    path = f"/tableau-de-bord/territoire/{filled.lille.pk}/export/?annee=2026&mois=10&format={fmt}"
    answer = client.get(path)
    assert f'filename="tableau-de-bord-lille-2026-10.{fmt}"' in answer.headers["Content-Disposition"]
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content(answer)))
    about = dict(row[:2] for row in book.get_sheet_by_name("Lisez-moi").to_python() if len(row) > 1)
    assert "octobre 2026" in about["Filtres"]
    assert "1 à 4" in about["Petits nombres"].replace("\xa0", " ")
    assert "10 novembre 2026" in about["Chiffres du"].replace("\xa0", " ")
    demandes = book.get_sheet_by_name("Demandes").to_python()
    assert all(isinstance(row[1], float | int) for row in demandes if row[0] == "Metier")
    assert any("masqué" in row for row in demandes)


def test_a_zip_of_csv_and_one_csv(filled: World, login: object) -> None:
    client = login(filled.users["coordinateur"])
    path = f"/tableau-de-bord/territoire/{filled.lille.pk}/export/?annee=2026"
    with zipfile.ZipFile(io.BytesIO(content(client.get(f"{path}&format=csv")))) as archive:
        names = archive.namelist()
        assert {"lisez-moi.txt", "demandes.csv"} <= set(names)
        zipped = archive.read("demandes.csv")
    answer = client.get(f"{path}&format=csv&tableau=demandes")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert content(answer) == zipped
    first, *lines = zipped.decode("utf-8-sig").splitlines()
    assert first.startswith("Demande;")
    assert any(";masqué" in line for line in lines)


def test_no_format_nor_table_of_elsewhere(filled: World, login: object) -> None:
    client = login(filled.users["coordinateur"])
    path = f"/tableau-de-bord/territoire/{filled.lille.pk}/export/"
    for query in ("?format=exe", "?format=csv&tableau=fiches", "?tableau=../x"):
        assert client.get(path + query).status_code == 404, query
    foreign = client.get(f"/tableau-de-bord/territoire/{filled.douai.pk}/export/?format=csv")
    missing = client.get("/tableau-de-bord/territoire/987654321/export/?format=csv")
    assert foreign.status_code == missing.status_code == 404


def test_every_export_leaves_one_trace(filled: World, login: object) -> None:
    client = login(filled.users["coordinateur"])
    content(client.get(f"/tableau-de-bord/territoire/{filled.lille.pk}/export/?annee=2026&format=ods"))
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT acting_role, tenant_id, data->>'format', data->>'filters' FROM kernel_auditevent"
            " WHERE action = 'dashboards.exported'"
        )
        [(role, tenant, fmt, filters)] = cursor.fetchall()
    assert (role, tenant, fmt) == ("coordinateur", filled.lille.pk, "ods")
    assert "2026" in filters


def test_names_of_places_never_run(filled: World, login: object) -> None:
    """A place called like a formula stays text in every format."""
    with system():
        type(filled.cio).objects.filter(pk=filled.cio.pk).update(name="=HYPERLINK(1)")
    client = login(filled.users["coordinateur"])
    path = f"/tableau-de-bord/territoire/{filled.lille.pk}/export/"
    book = openpyxl.load_workbook(io.BytesIO(content(client.get(path))))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    with zipfile.ZipFile(io.BytesIO(content(client.get(f"{path}?format=csv")))) as archive:
        for name in archive.namelist():
            assert not re.search(r"(?m)(^|;)\"?=HYP", archive.read(name).decode()), name
