"""Letters say the reasons as they were written, are tagged PDF, and never change once kept."""

import datetime
import io

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pypdf import PdfReader

from labelling.documents.letters import letter_pdf
from labelling.enums_ami import LetterKind, Outcome
from labelling.models import AmiApplication, AmiEligibility, AmiLetter
from labelling.services import clock
from labelling.services.letters import Drawn, LetterFacts, keep_letter, letter_facts, letters_of
from spo_portal.kernel.errors import Refused
from territories.models import Region
from tests.factories import World, system
from tests.labelling.ami_decisions import REASONS, advised, decided, reload
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import acting, make_call, make_porteur, ready_application

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


@pytest.fixture
def region(world: World) -> Account:
    return make_officer(world.region)


def words(facts: LetterFacts) -> str:
    return " ".join(
        [*facts.opening, *(t for s in facts.sections for t in (s.title, *s.paragraphs, *s.points))]
    )


def of_decision(file: AmiApplication, region: Account, outcome: str, **more: object) -> LetterFacts:
    made = decided(file, region, outcome, **more)
    with acting(*region) as by:
        return letter_facts(by=by, application=reload(file), kind=outcome, day=TODAY, decision=made)


def test_a_selected_project_reads_its_amount_its_share_and_what_is_missing(
    world: World, region: Account
) -> None:
    facts = of_decision(advised(make_call(world.region), world.lille), region, Outcome.RETENUE)
    said = words(facts)
    assert facts.subject == "Votre projet est retenu"
    for part in ("58\u202f000\u202f€", "76,3 %", "2\u202f400\u202f€ de moins", REASONS, "Avis favorable"):
        assert part in said
    assert "bassin de Lille" in said
    assert "R. 421-1" in facts.remedies


def test_a_refusal_reads_its_reasons_and_how_to_contest_it(world: World, region: Account) -> None:
    file = advised(make_call(world.region), world.lille, opinion="reserve")
    facts = of_decision(file, region, Outcome.NON_RETENUE)
    assert REASONS in words(facts)
    assert "Avis réservé" in words(facts)
    assert "deux mois" in facts.remedies


def test_a_request_names_the_parts_and_the_last_minute(world: World, region: Account) -> None:
    until = timezone.now() + datetime.timedelta(days=20)
    file = advised(make_call(world.region), world.lille)
    facts = of_decision(file, region, Outcome.A_COMPLETER, parts=["pieces", "services"], deadline=until)
    assert facts.sections[1].points == ("Services proposés", "Pièces jointes")
    assert str(timezone.localtime(until).year) in facts.sections[1].paragraphs[0]
    assert facts.remedies == ""


def test_an_inadmissible_file_reads_each_criterion_and_its_reason(world: World, region: Account) -> None:
    file = reload(ready_application(make_call(world.region), world.lille))
    with acting(*region) as by, pytest.raises(Refused, match="critères"):
        letter_facts(by=by, application=file, kind="irrecevable", day=TODAY)
    with system():
        criterion = file.call.criteria.first()
        AmiEligibility.objects.create(
            application=file, call=file.call, criterion=criterion, met=False, reason="Aucun plan du lieu.",
            noted_by_label="Région",
        )  # fmt: skip
    with acting(*region) as by:
        facts = letter_facts(by=by, application=file, kind="irrecevable", day=TODAY)
        admitted = letter_facts(by=by, application=file, kind="recevable", day=TODAY)
    assert facts.sections[0].points == (f"{criterion.text} : Aucun plan du lieu.",)
    assert facts.remedies
    assert not admitted.remedies


def test_every_kind_is_one_tagged_page_in_french(world: World, region: Account) -> None:
    file = advised(make_call(world.region), world.lille)
    facts = of_decision(file, region, Outcome.RETENUE)
    with system():
        home = Region.objects.get(pk=world.region.pk)
    drawn = letter_pdf(facts, region=home)
    assert drawn.pages == 1
    assert drawn.pdf.startswith(b"%PDF")
    root = PdfReader(io.BytesIO(drawn.pdf)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert letter_pdf(facts, region=home, draft=True).pages == 1


def test_a_letter_kept_never_changes_and_tells_its_decision(world: World, region: Account) -> None:
    porteur = make_porteur(world.region)
    file = advised(make_call(world.region), world.lille, porteur=porteur)
    made = decided(file, region)
    drawn = Drawn(b"%PDF-1.7\n%%EOF\n", 1)
    with acting(*region) as by:
        with pytest.raises(IntegrityError), transaction.atomic():
            keep_letter(by=by, application=file, kind="retenue", drawn=drawn, at=clock.of_transaction())
        letter = keep_letter(
            by=by, application=file, kind="retenue", drawn=drawn, decision=made, at=clock.of_transaction()
        )
        assert letter.sha256 == drawn.sha256
        for change in ({"pdf": b"%PDF other"}, {"pages": 2}, {"made_by_label": "x"}, {"published_at": None}):
            with pytest.raises(IntegrityError), transaction.atomic():
                AmiLetter.objects.visible_to(by).filter(pk=letter.pk).update(**change)
        assert [one.pk for one in letters_of(by, file)] == [letter.pk]
    with porteur.acting() as by:
        assert [one.pk for one in letters_of(by, file)] == [letter.pk]


def test_the_kinds_of_letters_are_those_of_the_decisions_and_of_the_admission() -> None:
    assert set(LetterKind.values) == set(Outcome.values) | {"recevable", "irrecevable"}
