"""The printed fiche: both parts, their pages and tags, and what must never be on the part kept."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import pytest
import segno
from pypdf import PageObject, PdfReader

from contacts import codes, documents
from contacts.documents import Destination, Item, Place, Rdv, Sheet, fiche_document, fiche_pdf, handed_pdf
from contacts.layout import back_columns, density, network_widths, status_boxes
from spo_portal.kernel.pdf import Rendered
from tests.contacts.sheets import BASE, ML, NORD, PE, POITOU, POSTAL, RDV, SENTENCE, STATUTS, VARIANTS
from tests.kernel.pdf_tools import VECTORS, Canary, elements

# Top of the part handed over above the bottom of an A4 sheet, in points: under 105 mm kept and 8 mm to cut.
CUT = (297 - 9 - 105 - 8) / 25.4 * 72
MM = 72 / 25.4


@lru_cache(maxsize=64)
def made(sheet: Sheet, part: str = "") -> Rendered:
    return fiche_document(sheet, part)


def reader(rendered: Rendered) -> PdfReader:
    return PdfReader(io.BytesIO(rendered.pdf))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u200b", "")).strip()


def pieces(page: PageObject) -> list[tuple[float, float, float, str]]:
    """Return (x, y, size, text) of each run of a page, in points from its lower left corner."""
    found: list[tuple[float, float, float, str]] = []

    def visit(text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((x, y, abs(tm[3] * cm[3] * size), text))

    page.extract_text(visitor_text=visit)
    return found


def part_text(page: PageObject, keep: Callable[[float], bool]) -> str:
    return plain(" ".join(text for _, y, _, text in pieces(page) if keep(y)))


def kept(rendered: Rendered) -> str:
    return part_text(reader(rendered).pages[0], lambda y: y > CUT)


def handed(rendered: Rendered) -> str:
    return part_text(reader(rendered).pages[0], lambda y: y < CUT)


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_has_its_pages_and_fits(name: str) -> None:
    sheet, pages = VARIANTS[name]
    rendered = made(sheet)
    assert (rendered.pages, rendered.fits) == (pages, True)
    assert len(reader(rendered).pages) == pages


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_is_tagged(name: str) -> None:
    found = reader(made(VARIANTS[name][0]))
    root = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert found.metadata is not None
    assert (found.metadata.title or "").startswith("Fiche contact")
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert not found.attachments
    tags = [tag for tag, _ in elements(found)]
    assert tags.count("/H1") == 1
    levels = [int(tag[2:]) for tag in tags if re.fullmatch(r"/H[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    figures = [alt for tag, alt in elements(found) if tag == "/Figure"]
    assert all(figures)
    assert len(figures) == (VARIANTS[name][0].code is not None and bool(VARIANTS[name][0].destinations))


@pytest.mark.parametrize("part", ["mail", "letter"])
def test_part_sent_is_tagged_with_its_own_title(part: str) -> None:
    found = reader(made(replace(BASE, postal=POSTAL if part == "letter" else ()), "handed"))
    levels = [int(tag[2:]) for tag, _ in elements(found) if re.fullmatch(r"/H[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_part_kept_says_what_the_guides_form_says() -> None:
    text = kept(made(VARIANTS["two"][0]))
    for words in (
        "Fiche contact",
        "Partie à garder",
        "20 / 11 / 2026",
        "☒ CIO",
        "☐ MISSION LOCALE",
        "☐ Homme",
        "☒ Femme",
        "☒ − 26 ans",
        "☐ + 26 ans",
        "☐ Stagiaire FC",
        "☒ Demandeur d’emploi non inscrit",
        "Demande initiale",
        "☒ Formation",
        "Réponse apportée",
        "Précisions : Souhaite travailler en cuisine.",
        "Réorienté vers : Mission locale de Lille ; Pôle emploi - Lille - Vaucanson",
    ):
        assert words.casefold() in text.casefold(), words
    assert text.count("☒") == 7
    assert text.count("☐") + text.count("☒") == 7 + 2 + 2 + 10 + 7 + 7


def test_part_handed_over_says_what_the_guides_form_says() -> None:
    text = handed(made(VARIANTS["two-booked"][0]))
    for words in (
        "Partie à remettre",
        "avec la plaquette SPO",
        "Date : vendredi 20 novembre 2026",
        "Structure du conseiller SPO : Centre d’information et d’orientation (CIO) de Lille",
        "Nom et prénom du conseiller : Conseillère, CIO Lille",
        "Votre demande porte sur : un métier et une formation",
        "Nous vous conseillons de contacter et de prendre rendez-vous avec un conseiller de :",
        "1 Mission locale de Lille",
        "Code postal : 59000",
        "Téléphone : 03 53 01 00 01",
        "Mail : accueil@ml.example",
        "Votre rendez-vous : jeudi 26 novembre 2026 à 14 h 30",
        "Lieu : Mission locale de Lille",
        "Avec : Conseiller, Mission locale de Lille",
        " Ou ",
        "2 Pôle emploi",
        codes.display(BASE.code or "").replace("\u00a0", " "),
        "orientation-nord.example/r",
        "Au dos",
    ):
        assert words.casefold() in text.casefold(), words


def test_only_one_booked_place_changes_the_sentence() -> None:
    assert "Nous avons pris rendez-vous pour vous" in handed(made(VARIANTS["one-booked"][0]))
    assert "Nous vous conseillons" in handed(made(VARIANTS["one"][0]))


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_links_the_two_parts(name: str) -> None:
    """Neither the code, nor the counsellor, nor a telephone or mail of a destination is on the part kept."""
    sheet = VARIANTS[name][0]
    text = kept(made(sheet)).replace(" ", "").casefold()
    secret = [BASE.code or "", sheet.counsellor, sheet.sentence, sheet.objet]
    for destination in sheet.destinations:
        secret += [destination.place.phone, destination.place.email, destination.place.address]
        if destination.rdv:
            secret += [destination.rdv.when, destination.rdv.with_whom]
    for words in filter(None, secret):
        assert words.replace(" ", "").casefold() not in text
    # Nor in what a reader doesn't print.
    assert found_nowhere(reader(made(sheet)), sheet.counsellor, BASE.code or "")


def found_nowhere(found: PdfReader, *words: str) -> bool:
    metadata = str(found.metadata) + found.trailer["/Root"]["/Metadata"].get_data().decode()
    return not any(word in metadata for word in words)


@pytest.mark.parametrize("name", ["two", "two-booked", "long-names", "five", "sentence"])
def test_part_handed_over_is_never_below_11_points(name: str) -> None:
    page = reader(made(VARIANTS[name][0])).pages[0]
    small = [(size, text) for _, y, size, text in pieces(page) if y < CUT and size < 10.9]
    assert not [entry for entry in small if entry[1].strip()], small


@pytest.mark.parametrize("name", ["two", "long-names", "twelve-statuts"])
def test_both_sides_are_cut_at_the_same_place(name: str) -> None:
    """The part kept never grows: the line and what follows stay where the scissors pass."""
    pages = reader(made(VARIANTS[name][0])).pages
    tops = []
    for page, words in ((pages[0], "PARTIE À REMETTRE"), (pages[1], "DES SITES POUR VOUS AIDER")):
        heights = [y for _, y, _, text in pieces(page) if words[:6] in text.upper() and y < CUT]
        tops.append(max(heights))
    assert abs(tops[0] - tops[1]) < 1
    assert 0 < CUT - tops[0] < 20 * MM


def test_five_destinations_go_on_a_second_sheet() -> None:
    pages = [plain(page.extract_text()) for page in reader(made(VARIANTS["five"][0])).pages]
    assert "3 autres adresses sur la feuille 2" in pages[0]
    assert "DES SITES POUR VOUS AIDER" in pages[1]
    assert pages[2].index("Espace Info") < pages[2].index("Fongecif") < pages[2].index("SUIO")


def test_solved_on_the_spot_prints_the_part_kept_alone() -> None:
    text = plain(reader(made(VARIANTS["on-the-spot"][0])).pages[0].extract_text())
    assert "il n’y a pas de partie à remettre" in text
    assert "aucune structure, demande traitée sur place" in text
    assert "PARTIE À REMETTRE" not in text


def test_parts_can_be_asked_for_apart() -> None:
    alone = made(replace(BASE, handed=False))
    assert alone.pages == 1
    assert "n’est pas imprimée ici" in plain(reader(alone).pages[0].extract_text())
    assert made(BASE, "kept").pdf == made(BASE, "kept").pdf
    assert fiche_pdf(replace(BASE, kept=False)).startswith(b"%PDF-1.7")


def test_mail_carries_the_part_handed_over_only() -> None:
    rendered = made(VARIANTS["five"][0], "handed")
    texts = [plain(page.extract_text()) for page in reader(rendered).pages]
    assert rendered.pages == 2
    assert "garder" not in texts[0]
    assert "☒" not in "".join(texts)
    assert "Précisions" not in "".join(texts)
    assert "Couper" not in "".join(texts)
    assert "SUIO" in texts[0]
    assert "DES SITES POUR VOUS AIDER" in texts[1]
    assert handed_pdf(BASE).startswith(b"%PDF")


def test_address_shows_in_the_window_of_the_envelope() -> None:
    """French DL envelope, window on the right: 110 mm from the left edge, 50 mm from the top, alone there."""
    page = reader(made(replace(BASE, postal=POSTAL), "handed")).pages[0]
    runs = [(x / MM, 297 - y / MM, text.strip()) for x, y, _, text in pieces(page)]
    window = [(x, y, text) for x, y, text in runs if 100 < x < 200 and 45 < y < 90]
    assert [text for _, _, text in window] == list(POSTAL)
    assert all(109 < x < 112 for x, _, _ in window)
    assert 50 < window[0][1] < 56
    assert window[-1][1] < 86
    assert min(y for _, y, text in runs if "FICHE" in text.upper()) > 100


def test_free_sentence_is_printed_on_the_part_handed_over() -> None:
    assert SENTENCE.split(" ; ")[0] in handed(made(VARIANTS["sentence"][0]))


def test_second_region_needs_data_only() -> None:
    text = plain("".join(page.extract_text() for page in reader(made(VARIANTS["second-region"][0])).pages))
    assert "Service public régional de l’orientation" in text
    assert "Structure du conseiller SPRO" in text
    assert "FONGECIF ☐" not in text
    assert POITOU.site in text
    assert "Nord" not in text.replace("orientation-nord.example", "")


def test_region_without_logo_network_or_resource_prints() -> None:
    bare = replace(NORD, logo_svg="", networks=(), resources=(), site="", leaflet_word="")
    rendered = made(replace(BASE, brand=bare, network_code=""))
    assert (rendered.pages, rendered.fits) == (2, True)
    many = replace(
        NORD,
        networks=tuple((f"r{n}", f"RÉSEAU NUMÉRO {n}", "") for n in range(12)),
        resources=tuple((f"Titre {n}", ((f"Site {n}", f"site{n}.example"),) * 3) for n in range(7)),
    )
    rendered = made(replace(BASE, brand=many))
    assert (rendered.pages, rendered.fits) == (2, True)


def test_qr_opens_the_return_page() -> None:
    context = documents._return_context(BASE)
    wanted = segno.make(f"HTTPS://ORIENTATION-NORD.EXAMPLE/R/{BASE.code}", error="m", micro=False)
    assert wanted.version == 3
    assert context["qr"] == wanted.svg_data_uri(border=0, unit="mm", scale=1)
    assert context["type_at"] == "orientation-nord.example/r"
    assert codes.display(BASE.code or "") in next(alt for tag, alt in elements(reader(made(BASE))) if alt)
    below = documents._return_context(replace(BASE, base_url="https://region.example/Portail/"))
    assert (
        segno.make(f"https://region.example/Portail/r/{BASE.code}", error="m", micro=False).svg_data_uri(
            border=0, unit="mm", scale=1
        )
        == below["qr"]
    )


def test_no_code_no_return_box() -> None:
    rendered = made(VARIANTS["no-code"][0])
    assert "code de retour" not in handed(rendered)
    assert not [alt for _, alt in elements(reader(rendered)) if alt]


HOSTILE_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><style>@import "HTTP/logo.css";</style>'
    '<image href="HTTP/logo" width="9" height="9"/><image href="FILE" width="9" height="9"/></svg>'
)


@pytest.mark.parametrize("first", range(6))
def test_hostile_text_in_every_field_is_only_text(first: int) -> None:
    """The eighteen vectors, three at a time, in each field that reaches the paper, and in a region's logo."""
    with Canary() as canary:
        evil = canary.fill("".join(sorted(VECTORS.values())[first::6]))
        place = Place(evil, evil, evil[:12], evil, evil[:30], evil)
        brand = replace(
            NORD,
            service=evil,
            short=evil,
            region=evil,
            site=evil,
            leaflet_word=evil,
            resources=((evil, ((evil, evil),)),),
            networks=(("cio", evil, ""),),
            logo_svg=canary.fill(HOSTILE_LOGO),
        )
        sheet = replace(
            BASE,
            brand=brand,
            structure=evil,
            city=evil,
            counsellor=evil,
            objet=evil,
            precisions=evil,
            sentence=evil[:300],
            destinations=(Destination(place, Rdv(evil, evil, evil)),),
            statuts=(*STATUTS[:8], Item(9, evil)),
            demandes=(Item(1, evil),),
            reponses=(Item(1, evil),),
            postal=(evil,) * 6,
        )
        data = fiche_document(sheet, "handed" if first % 2 else "").pdf
        assert canary.hits() == 0
        assert not canary.leaked(data)
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
        assert evil[:10] in plain(text), "the text itself is printed"


@pytest.mark.parametrize(
    "change",
    [
        {"primary": "red"},
        {"soft": "#fff"},
        {"accent": "#123456;} body { background: url(http://x)"},
        {"primary": "#123456\n"},
    ],
)
def test_colour_is_hexadecimal_or_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        replace(NORD, **change)


@pytest.mark.parametrize("change", [{"sentence": "x" * 301}, {"postal": ("x",) * 7}, {"code": "K7PM3XWR3"}])
def test_sheet_refuses_what_it_cannot_hold(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"at most|malformed"):
        replace(BASE, **change)


def test_longest_texts_still_give_a_document() -> None:
    """Every field at its cap: more sheets, never a lost document."""
    place = replace(ML.place, name="Nom très long " * 14, address="Adresse longue " * 13, city="Ville " * 15)
    sheet = replace(
        BASE,
        structure="Structure au nom interminable " * 6,
        counsellor="Conseillère " * 12,
        objet="un métier, une formation, " * 8,
        precisions="M" * 200,
        sentence="W" * 300,
        destinations=(Destination(place, replace(RDV, place="Lieu " * 40)),) * 6,
    )
    rendered = fiche_document(sheet)
    assert 3 <= rendered.pages <= 6
    assert "Nom très long" in plain(reader(rendered).pages[-1].extract_text())


def test_items_take_the_words_of_the_paper() -> None:
    rows = [
        {"n": 1, "code": "a", "label": "Écran", "paper": "Papier"},
        {"n": "2", "label": "Seul", "paper": ""},
    ]
    assert documents.items(rows) == (Item(1, "Papier"), Item(2, "Seul"))


def test_layout_of_lists() -> None:
    widths, scale = network_widths(["CIO", "MISSION LOCALE"])
    assert scale == 1.0
    assert widths[0] < widths[1]
    assert abs(sum(widths) - 185.4) < 0.01
    widths, scale = network_widths(["UN RÉSEAU AU NOM TRÈS LONG"] * 8)
    assert scale < 1
    assert abs(sum(widths) - 185.4) < 0.01
    boxes = [{"label": item.label, "css": ""} for item in STATUTS]
    status_boxes(boxes)
    assert [box["css"].strip() for box in boxes] == ["d", "d d2"] * 3 + [""] * 4
    assert density(boxes, []) == ""
    assert density([{"label": "Un statut au nom assez long", "css": ""}] * 12, []) == "dense2"
    left, right = back_columns(NORD.resources)
    assert [len(left), len(right)] == [4, 1]
    assert back_columns(()) == [(), ()]


@pytest.mark.parametrize("part", ["", "handed"])
def test_text_is_written_in_the_reading_order(part: str) -> None:
    """What copies or reads the raw text meets the parts as the eye does: no float, no clipped box."""
    page = reader(made(replace(BASE, postal=POSTAL), part)).pages[0]
    text = plain(" ".join(text for _, _, _, text in pieces(page)))
    order = ["Structure du conseiller", ML.place.name, PE.place.address, "Votre code de retour", "Au dos"]
    if part:
        order = [POSTAL[0], POSTAL[-1], "FICHE CONTACT", *order]
    else:
        order = [
            "Fiche contact",
            "PARTIE À GARDER",
            "Statut",
            "Précisions",
            "Couper",
            "PARTIE À REMETTRE",
            *order,
        ]
    places = [text.rindex(words) for words in order]
    assert places == sorted(places), order
