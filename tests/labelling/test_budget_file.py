"""The budget in a spreadsheet: out and back unchanged, a plain table understood, hostile files refused."""

import io
import zipfile
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from labelling.documents.budget import workbook
from labelling.enums_ami import NATURES, BudgetNature, BudgetSide
from labelling.forms.budget_file import MAX_BYTES, amount_of, compare, read_file
from labelling.models import AmiApplication
from labelling.services.budget_rules import Budget, Line
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.money import MAX_CENTIMES, NEGATIVE, NOT_DIGITS, TOO_BIG, TOO_FINE
from spo_portal.kernel.tables import xlsx_file
from territories.models import Organisation, Territory

C, P, V = BudgetSide.CHARGE, BudgetSide.PRODUIT, BudgetSide.VALORISATION
N = BudgetNature
BUDGET = Budget.of(
    (
        Line(C, N.PERSONNEL, "Accueil : 1,4 équivalent temps plein", 5_200_000),
        Line(C, N.SERVICES_EXTERIEURS, "", 2_400_050),
        Line(P, N.REGION, "Région", 6_040_000),
        Line(P, N.FSE, "", 1_560_050),
        Line(V, N.LOCAUX, "Bureau, mairie", 320_000),
    )
)


def carried(budget: Budget) -> bytes:
    """The workbook as it leaves the portal."""
    application = AmiApplication(title="Projet", organisation=Organisation(name="Porteur"))
    application.territory = Territory(name="Melle")
    sheets, notes = workbook(application, budget)
    target = io.BytesIO()
    xlsx_file(sheets, notes, target)
    return target.getvalue()


def table(*rows: tuple[object, ...]) -> bytes:
    """A plain workbook made by somebody else."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False})
    sheet = book.add_worksheet("Feuil1")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.close()
    return target.getvalue()


def said(*rows: tuple[object, ...]) -> list[tuple[int, str, str]]:
    reading = read_file(table(*rows))
    return [(error.line, error.column, error.text) for error in reading.errors]


def test_the_workbook_comes_back_as_it_left() -> None:
    reading = read_file(carried(BUDGET))
    assert reading.errors == []
    assert reading.budget == BUDGET
    assert all(change.kind == "inchangée" for change in compare(BUDGET, reading.budget))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(list(BudgetSide)).flatmap(
            lambda side: st.builds(
                Line,
                st.just(side),
                st.sampled_from(NATURES[side]),
                st.text("abé =+-@'’12", max_size=12).map(str.strip),
                st.integers(0, MAX_CENTIMES),
            )
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_budget_comes_back_to_the_centime(rows: list[Line]) -> None:
    order = list(BudgetSide)
    budget = Budget.of(sorted(rows, key=lambda line: order.index(line.side)))
    reading = read_file(carried(budget))
    wrong = {error.line for error in reading.errors}
    # A text that a spreadsheet would run is the only thing that does not come back.
    kept = [line.amount for place, line in enumerate(budget) if place + 2 not in wrong]
    assert [line.amount for line in reading.budget] == kept
    assert all("formule" in error.text for error in reading.errors)


def test_a_plain_table_of_two_columns_is_understood() -> None:
    reading = read_file(
        table(
            ("Intitulé", "Montant"),
            ("Charges", ""),
            ("Salaires de l’accueil", 52000),
            ("Loyer", "9 600,50 €"),
            ("Divers", 400.25),
            ("Total des charges", 62000.75),
            ("Produits", ""),
            ("Région Poitou-Charentes", 49600),
            ("FSE", 6000),
            ("Communauté de communes", 6400.75),
            ("Total des produits", 62000.75),
            ("Contributions volontaires", ""),
            ("Bureau prêté", 3200),
        )
    )
    assert reading.errors == []
    assert [(line.nature, line.amount) for line in reading.budget] == [
        (N.PERSONNEL, 5_200_000),
        (N.SERVICES_EXTERIEURS, 960_050),
        (N.AUTRES_CHARGES, 40_025),
        (N.REGION, 4_960_000),
        (N.FSE, 600_000),
        (N.COMMUNES, 640_075),
        (N.LOCAUX, 320_000),
    ]
    assert reading.guessed == 7


def test_a_csv_of_two_columns_is_understood() -> None:
    text = "Poste;Montant\nLoyer;9 600,50\nRégion;7 680,40\nAutofinancement;1 920,10\n"
    reading = read_file(text.encode("cp1252"))
    assert reading.errors == []
    assert reading.budget.holds


def test_a_word_that_says_nothing_must_be_told_charge_or_produit() -> None:
    [(line, column, text)] = said(("Intitulé", "Montant"), ("Divers", 100))
    assert (line, column) == (2, "Intitulé")
    assert text.startswith("Est-ce une charge ou un produit ?")


def test_a_line_without_amount_is_an_error_even_when_it_is_called_charges() -> None:
    head = ("Colonne", "Nature", "Intitulé", "Montant")
    found = said(
        head,
        ("Charges", "Charges de personnel", "", ""),
        ("Charges", "Impôts et taxes", "Total des taxes", 5),
        ("Dettes", "", "", 1),
    )
    assert [(line, column) for line, column, _ in found] == [(2, "Montant"), (4, "Colonne")]


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        (1e30, TOO_BIG),
        (-5, NEGATIVE),
        (-0.5, NEGATIVE),
        (0.125, TOO_FINE),
        ("NaN", NOT_DIGITS),
        ("inf", NOT_DIGITS),
        ("1e30", TOO_BIG),
        ("douze", NOT_DIGITS),
        ("", "Indiquez un montant, par exemple 60 400 ou 60 400,50."),
    ],
)
def test_a_wrong_amount_names_its_cell(amount: object, sentence: str) -> None:
    rows = (("Colonne", "Nature", "Intitulé", "Montant"), ("Charges", "Impôts et taxes", "Taxe", amount))
    assert said(*rows) == [(2, "Montant", sentence)]


def test_binary_noise_of_a_spreadsheet_is_no_decimal() -> None:
    reading = read_file(table(("Intitulé", "Montant"), ("Loyer", 0.1 + 0.2), ("Région", 1.005 + 0.005)))
    assert [line.amount for line in reading.budget] == [30, 101]


def test_unknown_column_and_nature_name_their_cell() -> None:
    head = ("Colonne", "Nature", "Intitulé", "Montant")
    found = said(head, ("Dettes", "Impôts et taxes", "", 5), ("Charges", "Région", "", 5))
    assert [(line, column) for line, column, _ in found] == [(2, "Colonne"), (3, "Nature")]


def test_a_label_that_looks_like_a_formula_names_its_cell() -> None:
    found = said(("Intitulé", "Montant"), ("=HYPERLINK(1)", 5), ("Loyer", 5))
    assert (2, "Intitulé", "Cette cellule ressemble à une formule. Écrivez un texte simple.") in found


def formula() -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ("Intitulé", "Montant"))
    sheet.write(1, 0, "Loyer")
    sheet.write_formula(1, 1, "=SUM(1,2)", None, 3)
    book.close()
    return target.getvalue()


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<x>" + b" " * 60_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"MZ\x90\x00 not a table", "pas un tableau"),
        (b"%PDF-1.4 not a table", "pas un tableau"),
        (b"<svg><script>alert(1)</script></svg>", "page, pas un tableau"),
        (b"PK\x03\x04 broken", "abîmé"),
        (b"a;b\n" * 400_000, "dépasse 1 Mo"),
        (b"Loyer;9600\nSalaires;52000\n", "première ligne"),
        (b"Un;Deux;Trois\n1;2;3\n", "titres attendus"),
    ],
)
def test_a_file_that_is_no_budget_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_file(content)


def test_formulas_and_bombs_are_refused_before_any_parser() -> None:
    with pytest.raises(Refused, match="formule \\(cellule B2\\)"):
        read_file(formula())
    assert len(bomb()) < MAX_BYTES
    with pytest.raises(Refused, match="trop gros"):
        read_file(bomb())


def test_too_many_lines_are_refused() -> None:
    rows = [("Intitulé", "Montant"), ("Charges", ""), *((f"Poste {n}", 5) for n in range(61))]
    with pytest.raises(Refused, match="60 lignes au plus"):
        read_file(table(*rows))


def test_changes_are_told_line_by_line() -> None:
    after = Budget.of(
        (
            Line(C, N.PERSONNEL, "Accueil : 1,4 équivalent temps plein", 5_300_000),
            Line(C, N.IMPOTS, "Taxe", 100),
            Line(P, N.REGION, "Région", 6_040_000),
            Line(P, N.FSE, "", 1_560_050),
        )
    )
    kinds = [(change.kind, change.line.words) for change in compare(BUDGET, after)]
    assert kinds == [
        ("changée", "Accueil : 1,4 équivalent temps plein"),
        ("ajoutée", "Taxe"),
        ("inchangée", "Région"),
        ("inchangée", "Fonds social européen"),
        ("retirée", "Services extérieurs : loyer, entretien, assurance"),
        ("retirée", "Bureau, mairie"),
    ]


@given(st.integers(0, MAX_CENTIMES))
def test_a_cell_of_any_amount_reads_back(centimes: int) -> None:
    value = float(Decimal(centimes) / 100)
    text = str(int(value)) if value.is_integer() else repr(value)
    assert amount_of(text) == centimes
