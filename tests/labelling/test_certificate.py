"""The certificate as a sheet of paper: one page whatever the names, how to check it always at its foot."""

import datetime
import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from labelling.documents.certificate import certificate_pdf
from labelling.services.label.certificates import CertificateFacts
from territories.models import Region

DAY = datetime.date
FACTS = CertificateFacts(
    place="CIO de Lille",
    address="11 rue de Thionville, 59000 Lille",
    organisation="Rectorat de l’académie de Lille",
    network="Centres d’information et d’orientation",
    territory="Lille",
    service="Service public de l’orientation",
    number="2026-418",
    decided_on=DAY(2026, 11, 20),
    starts_on=DAY(2026, 12, 1),
    ends_on=DAY(2031, 11, 30),
    code="7K3M9QXP2VHT",
    url="https://orientation.example/label/verifier/7K3M9QXP2VHT/",
)
LONG = ("Maison intercommunale de l’emploi, de la formation et de l’orientation professionnelle " * 3)[:200]
REGION = Region(
    name="Nord-Pas de Calais",
    service_name="Service public de l’orientation",
    brand_primary="#0f4c5c",
    brand_accent="#c2571a",
)
FOOT_MM = 56


def pages(facts: CertificateFacts, region: Region = REGION) -> PdfReader:
    return PdfReader(io.BytesIO(certificate_pdf(facts, region=region)))


def where(reader: PdfReader) -> list[tuple[str, float, float]]:
    """Each run of text with the height and the size it is drawn at, in points from the foot of the sheet."""
    found: list[tuple[str, float, float]] = []

    def seen(text: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        if text.strip():
            # The page is written from its top: the height is turned round by the current matrix.
            found.append((" ".join(text.split()), tm[5] * cm[3] + cm[5], abs(size * tm[3] * cm[3])))

    reader.pages[0].extract_text(visitor_text=seen)
    return found


def test_the_sheet_tells_place_decision_dates_and_how_to_check() -> None:
    reader = pages(FACTS)
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (842, 595)
    said = " ".join(reader.pages[0].extract_text().split()).replace("\u00a0", " ")
    for words in (
        FACTS.place,
        FACTS.address,
        FACTS.organisation,
        "Réseau : Centres d’information et d’orientation",
        "Acte 2026-418",
        "du 20 novembre 2026",
        "du 1er décembre 2026",
        "au 30 novembre 2031",
        "7K3M 9QXP 2VHT",
        FACTS.url,
        "Date, cachet et signature du préfet",
    ):
        assert words in said
    # In the tree that a screen reader follows: a foot repeated by the page would be skipped.
    links = [note.get_object() for note in reader.pages[0]["/Annots"]]  # type: ignore[union-attr]
    assert [link["/A"]["/URI"] for link in links] == [FACTS.url]
    assert all("/StructParent" in link for link in links)


@pytest.mark.parametrize("bare", [False, True])
def test_the_longest_names_stay_on_the_sheet_above_its_foot(bare: bool) -> None:
    facts = replace(
        FACTS, place=LONG, address=LONG, organisation=LONG[::-1], network=LONG[:80], number="N" * 40
    )
    if bare:
        facts = replace(FACTS, organisation=FACTS.place, network="", number="", decided_on=None, ends_on=None)
    reader = pages(facts, Region(name="R", service_name=REGION.service_name, brand_primary="#5b2a57"))
    assert len(reader.pages) == 1
    lines = where(reader)
    foot = min(height for text, height, _ in lines if text.startswith(("du 1er", "1er décembre")))
    assert foot > FOOT_MM * 72 / 25.4
    assert min(size for *_, size in lines) >= 9
