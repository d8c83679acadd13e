"""The signed convention on paper: twenty-three organisations of two signatories, each on one page."""

import datetime
import io

from pypdf import PdfReader

from labelling.documents.multipartite import multipartite_pdf
from labelling.enums_convention import SignatoryState
from labelling.models import Convention, ConventionParty, ConventionSignatory, ConventionSignature
from labelling.services.convention.state import Board, Line, PartyLine
from territories.models import Region

SHA = "3f9a61c208be7d54" * 4
NAME = "Organisation {:02d}, service commun d’information, d’orientation et d’insertion professionnelle"


def board(parties: int) -> Board:
    """Every party with two signatories, the last of which has not signed."""
    start = datetime.datetime(2026, 9, 30, 7, 5, tzinfo=datetime.UTC)
    found = []
    for n in range(parties):
        lines = []
        for m, capacity in enumerate(("elu", "administratif")):
            function = f"Fonction {n:02d}-{m}, chargée de l’orientation et de l’insertion des jeunes"
            row = ConventionSignatory(capacity=capacity, function=function)
            signature = ConventionSignature(
                name=f"Signature {n:02d}-{m}", function=function, at=start, sha256=SHA
            )
            waits = n == parties - 1 and m == 1
            state = SignatoryState.INVITE if waits else SignatoryState.SIGNE
            lines.append(Line(row, state, None if waits else signature))
        found.append(PartyLine(ConventionParty(name=NAME.format(n)), lines))
    return Board(found)


def test_an_organisation_is_named_once_and_stays_with_its_signatories() -> None:
    region = Region(name="Nord-Pas de Calais", service_name="Orientation pour tous", brand_primary="#0f4c5c")
    convention = Convention(
        region=region, title="Convention multipartite", text="Article 1\n\nObjet.", sha256=SHA, text_number=2
    )
    convention.number = 1
    reader = PdfReader(io.BytesIO(multipartite_pdf(convention, board(23))))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) == 5
    for n in range(23):
        on = [rank for rank, said in enumerate(pages) if f"Organisation {n:02d}," in said]
        assert len(on) == 1
        assert sum(said.count(f"Organisation {n:02d},") for said in pages) == 1
        assert f"Fonction {n:02d}-0" in pages[on[0]]
        assert f"Fonction {n:02d}-1" in pages[on[0]]
    assert "en attente" in pages[-1]
    # A date is never cut in two.
    assert "30 septembre 2026" in pages[1].replace("\u00a0", " ")
    assert all("Organisation Signataire Qualité" in said for said in pages[1:])
