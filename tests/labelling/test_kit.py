"""The communication kit: who prints what, at which size, and that the longest texts stay on the page."""

import datetime
import io
import re
import zipfile
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pypdf.generic import ContentStream

from labelling.documents.kit import kit_pdf
from labelling.enums import LabelStatus
from labelling.models import Labellisation
from labelling.services.label.kit import FORMATS, Kit, KitFacts, Piece, Standing, kit_of, place_of
from territories.enums import PartnerDirection
from territories.models import Site
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.label_world import acting, complete_place, make_grid

pytestmark = pytest.mark.django_db
MM = 72 / 25.4
LONG = ("Maison intercommunale de l’emploi, de la formation et de l’orientation professionnelle " * 3)[:200]


def label(site: Site, status: str = LabelStatus.LABELLISE, days: int = 365) -> None:
    today = timezone.localdate()
    with system():
        Labellisation.objects.create(
            region_id=site.region_id,
            territory_id=site.territory_id,
            site=site,
            status=status,
            starts_on=today - datetime.timedelta(400),
            ends_on=today + datetime.timedelta(days),
            decision_number="2025-014",
            decided_on=today - datetime.timedelta(400),
            source="essai",
        )


def change(site: Site, **values: object) -> None:
    with system():
        Site.objects.for_system().filter(pk=site.pk).update(**values)


def kit(world: World, site: Site, who: str = "animation") -> Kit:
    with acting(world.users[who], world.memberships[who]) as by:
        return kit_of(by, place_of(by, site.pk), timezone.localdate())


def facts(world: World) -> KitFacts:
    label(world.cio)
    change(
        world.cio,
        address="12 rue de la République",
        postcode="59000",
        city="Lille",
        phone="0320123456",
        transport="Métro République",
    )
    return kit(world, world.cio).facts


def text(content: bytes) -> str:
    """What is read on the pages, on one line: a line break is not an end of word."""
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("piece", Piece)
@pytest.mark.parametrize("printer", [False, True])
def test_each_piece_has_its_exact_size(world: World, piece: Piece, printer: bool) -> None:
    content = kit_pdf(piece, facts(world), region=world.region, printer=printer)
    reader = PdfReader(io.BytesIO(content))
    size, margin = FORMATS[piece], 16 if printer else 0
    assert len(reader.pages) == (2 if piece == Piece.DEPLIANT else 1)
    for page in reader.pages:
        assert float(page.trimbox.width) == pytest.approx(size.width * MM, abs=0.1)
        assert float(page.trimbox.height) == pytest.approx(size.height * MM, abs=0.1)
        assert float(page.mediabox.width) == pytest.approx((size.width + margin) * MM, abs=0.1)
        assert float(page.mediabox.height) == pytest.approx((size.height + margin) * MM, abs=0.1)
        if printer:
            assert float(page.trimbox.left - page.bleedbox.left) >= 3 * MM
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == f"{size.name}, {world.cio.name}"


def test_the_sizes_are_those_of_the_guide() -> None:
    assert (FORMATS[Piece.PLAQUE].width, FORMATS[Piece.PLAQUE].height) == (200, 300)
    assert (FORMATS[Piece.AFFICHE].width, FORMATS[Piece.AFFICHE].height) == (400, 600)
    assert FORMATS[Piece.AFFICHE].size == "40 × 60\u00a0cm"
    assert FORMATS[Piece.KAKEMONO].size == "80 × 200\u00a0cm"


@pytest.mark.parametrize("piece", Piece)
def test_each_piece_tells_where_when_and_how_to_call(world: World, piece: Piece) -> None:
    said = text(kit_pdf(piece, facts(world), region=world.region)).replace("\u00a0", " ")
    for part in ("CIO de Lille", "12 rue de la République", "59000 Lille", "03 20 12 34 56"):
        assert part in said
    assert "Service public de l’orientation" in said
    assert "Lieu labellisé" in said
    # The banner lives longer than a week of hours: its code leads to them.
    assert ("sans rendez-vous" in said) == (piece != Piece.KAKEMONO)


@pytest.mark.parametrize("piece", Piece)
def test_no_colour_is_laid_over_the_white_text(world: World, piece: Piece) -> None:
    reader = PdfReader(io.BytesIO(kit_pdf(piece, facts(world), region=world.region)))
    brand = [int(world.region.brand_primary[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    colour: list[float] = []
    filled, written = [], []
    operations = ContentStream(reader.pages[0].get_contents(), reader).operations
    for rank, (values, name) in enumerate(operations):
        if name == b"rg":
            colour = [float(value) for value in values]
        elif name in {b"f", b"f*"} and colour == pytest.approx(brand, abs=0.01):
            filled.append(rank)
        elif name in {b"Tj", b"TJ"} and colour == [1, 1, 1]:
            written.append(rank)
    assert max(filled) < min(written)


@pytest.mark.parametrize("piece", Piece)
def test_the_longest_texts_stay_on_the_page(world: World, piece: Piece) -> None:
    known = facts(world)
    days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
    hours = tuple(f"Le {day}, de 9 h à 12 h et de 13 h 30 à 17 h 15, sans rendez-vous." for day in days)
    full = replace(known, place=LONG, hours=hours, sign=known.sign * 2, hours_note="Fermé l’été. " * 20)
    reader = PdfReader(io.BytesIO(kit_pdf(piece, full, region=world.region)))
    assert len(reader.pages) == (2 if piece == Piece.DEPLIANT else 1)
    said = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert "orientation professionnelle" in said
    if piece == Piece.KAKEMONO:
        return
    assert "le samedi" in said.lower()
    assert "Fermé l’été. Fermé l’été." in said


@pytest.mark.parametrize("piece", Piece)
def test_a_place_without_phone_nor_hours_prints_no_empty_label(world: World, piece: Piece) -> None:
    bare = replace(facts(world), phone="", email="", hours=(), address=(), network="")
    said = text(kit_pdf(piece, bare, region=world.region))
    assert "CIO de Lille" in said
    assert "Nous joindre" not in said
    assert "None" not in said
    assert bare.missing == ("l’adresse", "le téléphone", "les horaires")


def test_the_code_leads_to_the_public_page_of_the_place(world: World, client: Client) -> None:
    url = facts(world).url
    answer = client.get(urlsplit(url).path)
    assert answer.status_code == 200
    assert "CIO de Lille" in answer.content.decode()


def test_a_partner_has_the_leaflet_without_a_word_of_the_label(world: World) -> None:
    change(world.cio, direction=PartnerDirection.DESTINATAIRE, reseau=None)
    found = kit(world, world.cio)
    assert found.standing == Standing.PARTNER
    assert [one.piece for one in found.formats] == [Piece.DEPLIANT]
    said = text(kit_pdf(Piece.DEPLIANT, found.facts, region=world.region))
    assert "Partenaire associé" in said
    assert "label" not in said.lower()
    assert "Service public" not in said


def test_a_partner_that_only_sends_people_has_no_code(world: World) -> None:
    change(world.cio, direction=PartnerDirection.PRESCRIPTEUR, reseau=None)
    assert kit(world, world.cio).facts.url == ""


def test_a_shared_place_wears_the_sign_of_its_region(world: World) -> None:
    change(world.niort_site, shared_place=True)
    found = kit(world, world.niort_site, "animation_niort")
    assert found.standing == Standing.SHARED
    said = text(kit_pdf(Piece.PLAQUE, found.facts, region=world.other_region))
    assert "Orientation en Poitou-Charentes" in said.replace("- ", "-")
    assert "label" not in said.lower()


def test_a_label_that_ended_gives_nothing_any_more(world: World) -> None:
    label(world.cio, days=-1)
    assert kit(world, world.cio).standing == Standing.NONE
    assert kit(world, world.cio).formats == ()


def test_a_closed_place_prints_nothing(world: World) -> None:
    label(world.cio)
    change(world.cio, active=False)
    assert kit(world, world.cio).standing == Standing.CLOSED


def test_the_services_given_are_told_by_level(world: World) -> None:
    make_grid(world.region)
    complete_place(world.cio, hours=False)
    levels = facts(world).levels
    assert levels[0].name == "Accueil individualisé et premier conseil"
    assert sum(kit(world, world.cio).facts.columns, ()) == levels
    # A level of one block names its services, one of several its blocks: no line twice.
    assert all(len(set(level.services)) == len(level.services) for level in levels)


@pytest.mark.parametrize("who", ["referent", "coordinateur", "animation", "prefecture", "region"])
def test_the_screen_lists_the_pieces_to_who_may_print(world: World, login: LoginAs, who: str) -> None:
    label(world.cio)
    change(world.cio, phone="")
    client = login(world.users[who], world.memberships[who])
    page = client.get(reverse("lieu_kit", args=[world.cio.pk])).content.decode()
    for words in ("20 × 30\u00a0cm", "40 × 60\u00a0cm", "Il manque", "Tout télécharger"):
        assert words in page


def test_the_screen_of_a_place_without_label_says_why(world: World, login: LoginAs) -> None:
    client = login(world.users["referent"])
    answer = client.get(reverse("lieu_kit", args=[world.cio.pk]))
    assert "Ce lieu n’est pas labellisé" in answer.content.decode()
    assert client.get(reverse("kit_fichier", args=[world.cio.pk, "plaque"])).status_code == 404
    assert client.get(reverse("kit_tout", args=[world.cio.pk])).status_code == 404


def test_the_place_of_others_is_missing(world: World, login: LoginAs) -> None:
    label(world.mission)
    assert login(world.users["referent"]).get(reverse("lieu_kit", args=[world.mission.pk])).status_code == 404
    assert login(world.users["conseiller"]).get(reverse("lieu_kit", args=[world.cio.pk])).status_code == 403


def test_the_zip_holds_every_piece_twice_and_says_which_is_which(world: World, login: LoginAs) -> None:
    facts(world)
    answer = login(world.users["referent"]).get(reverse("kit_tout", args=[world.cio.pk]))
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        names = sorted(file.namelist())
        assert len(names) == 9
        assert sum(name.endswith("-imprimeur.pdf") for name in names) == 4
        note = file.read("lisez-moi.txt").decode()
        assert all(name in note for name in names if name.endswith(".pdf"))
        assert all(file.read(name).startswith(b"%PDF-") for name in names if name.endswith(".pdf"))


def test_one_piece_comes_as_pdf(world: World, login: LoginAs) -> None:
    facts(world)
    client = login(world.users["referent"])
    answer = client.get(reverse("kit_fichier", args=[world.cio.pk, "plaque"]), {"pour": "imprimeur"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith('-imprimeur.pdf"')
    assert client.get(reverse("kit_fichier", args=[world.cio.pk, "marque-page"])).status_code == 404
    assert client.get(reverse("kit_apercu", args=[world.cio.pk, "marque-page"])).status_code == 404


@pytest.mark.parametrize("piece", Piece)
def test_a_picture_says_what_is_printed_and_asks_nothing_outside(
    world: World, login: LoginAs, piece: Piece
) -> None:
    facts(world)
    name = "CIO <b>de Lille</b> & d’ailleurs \x0b"
    change(world.cio, name=name)
    answer = login(world.users["referent"]).get(reverse("kit_apercu", args=[world.cio.pk, piece]))
    assert answer.headers["Content-Type"] == "image/svg+xml"
    drawn = answer.content.decode()
    root = ElementTree.fromstring(drawn)
    said = " ".join("".join(root.itertext()).replace("\u00a0", " ").split())
    for part in ("CIO <b>de Lille</b> & d’ailleurs", "12 rue de la République", "03 20 12 34 56"):
        assert part in said
    # An image loads nothing: what it shows is in it.
    assert not re.search(r"(?:src=\"|url\()(?!data:)", drawn)
    size = FORMATS[piece]
    high = size.height * (2 if piece == Piece.DEPLIANT else 1)
    assert root.get("viewBox") == f"0 0 {size.width} {high}"
    page = login(world.users["referent"]).get(reverse("lieu_kit", args=[world.cio.pk])).content.decode()
    assert reverse("kit_apercu", args=[world.cio.pk, piece]) in page
