"""Eligibility: a finding on each criterion, recevable when all are met or let through, reasons told."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.utils import IntegrityError
from django.urls import reverse

from labelling.enums_ami import ApplicationState
from labelling.models import AmiCriterion, AmiEligibility, AmiLetter, AmiStep
from labelling.services import eligibility, moves
from labelling.services.eligibility import Finding
from spo_portal.kernel.errors import Conflict, Refused
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_instruction import all_met, confide, make_officer, note, reload
from tests.labelling.ami_world import acting, make_call, make_porteur, ready_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(world: World):  # type: ignore[no-untyped-def]
    return world.users["region"], world.memberships["region"]


@pytest.fixture
def porteur(world: World):  # type: ignore[no-untyped-def]
    return make_porteur(world.region)


@pytest.fixture
def application(world: World, porteur):  # type: ignore[no-untyped-def]
    return ready_application(make_call(world.region), world.lille, porteur)


def criteria(application) -> list[int]:  # type: ignore[no-untyped-def]
    with system():
        rows = AmiCriterion.objects.filter(call_id=application.call_id).order_by("position")
        return list(rows.values_list("pk", flat=True))


def test_every_criterion_is_looked_at_before_the_file_is_admitted(application, region) -> None:
    first, *others = criteria(application)
    with acting(*region) as by:
        assert len(eligibility.lines_of(by, application)) == 17
        eligibility.record_findings(
            by=by, application=application, findings={pk: Finding(True) for pk in others}
        )
        with pytest.raises(Refused, match="pas encore examiné"):
            eligibility.admit(by=by, application=application)
        eligibility.record_findings(by=by, application=application, findings={first: Finding(True)})
        moved = eligibility.admit(by=by, application=application)
    assert moved.state == ApplicationState.RECEVABLE
    with system():
        step = AmiStep.objects.get(application=application, key="declarer_recevable")
    assert step.told_at is not None


def test_a_criterion_not_met_is_let_through_with_its_reason_or_stops_the_file(application, region) -> None:
    first = criteria(application)[0]
    met = all_met(application)
    with acting(*region) as by:
        for finding in (Finding(False), Finding(False, reason="non"), Finding(False, waived=True)):
            with pytest.raises(Refused) as refused:
                eligibility.record_findings(by=by, application=application, findings={first: finding})
            assert refused.value.field == f"motif-{first}"
        failed = Finding(False, reason="Le lieu n’est pas trouvé.")
        eligibility.record_findings(by=by, application=application, findings=met | {first: failed})
        with pytest.raises(Refused, match="n’est pas rempli"):
            eligibility.admit(by=by, application=application)
        waived = Finding(False, waived=True, reason="Le bail est signé pour mars.")
        eligibility.record_findings(by=by, application=application, findings={first: waived})
        with pytest.raises(Refused, match="irrecevable"):
            eligibility.refuse(by=by, application=application, comment="Non")
        assert eligibility.admit(by=by, application=application).state == ApplicationState.RECEVABLE


def test_the_porteur_reads_the_reasons_once_refused_and_not_before(application, region, porteur) -> None:
    first = criteria(application)[0]
    findings = all_met(application) | {first: Finding(False, reason="Le lieu n’est pas trouvé.")}
    with acting(*region) as by:
        eligibility.record_findings(by=by, application=application, findings=findings)
    with porteur.acting() as actor:
        assert not AmiEligibility.objects.visible_to(actor).exists()
    with acting(*region) as by:
        eligibility.refuse(by=by, application=application)
    with porteur.acting() as actor:
        rows = AmiEligibility.objects.visible_to(actor).filter(application=application, met=False)
        assert [row.reason for row in rows] == ["Le lieu n’est pas trouvé."]
        step = AmiStep.objects.visible_to(actor).get(application=application, key="declarer_irrecevable")
        assert "Le lieu n’est pas trouvé." in step.comment


def test_the_database_holds_the_rule_whatever_the_service(application, region) -> None:
    """Neither admitted without findings, nor refused without one that is not met, nor rewritten after."""
    first = criteria(application)[0]
    with acting(*region) as by:
        for key in ("declarer_recevable", "declarer_irrecevable"):
            with pytest.raises(Refused, match="critère"):
                moves.move(by=by, application=application, key=key, comment="Sans constat")
        eligibility.record_findings(by=by, application=application, findings=all_met(application))
        eligibility.admit(by=by, application=application)
        with pytest.raises(Conflict):
            eligibility.record_findings(
                by=by, application=application, findings={first: Finding(False, reason="Trop tard")}
            )
        rows = AmiEligibility.objects.visible_to(by).filter(application=application)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(met=False, reason="Non")


def test_it_is_looked_at_again_until_a_note_is_given(world: World, application, region) -> None:
    with acting(*region) as by:
        eligibility.record_findings(by=by, application=application, findings=all_met(application))
        eligibility.admit(by=by, application=application)
        eligibility.reopen(by=by, application=application, comment="Une pièce manquait.")
        assert eligibility.admit(by=by, application=application).state == ApplicationState.RECEVABLE
    officer = make_officer(world.region)
    confide(reload(application), region, officer)
    note(reload(application), officer, 3)
    with acting(*region) as by, pytest.raises(Refused, match="notes"):
        eligibility.reopen(by=by, application=application, comment="Trop tard, une note est donnée.")


def test_only_the_region_of_the_file_examines(world: World, application, porteur) -> None:
    first = criteria(application)[0]
    with porteur.acting() as actor, pytest.raises(PermissionDenied):
        eligibility.record_findings(by=actor, application=application, findings={first: Finding(True)})
    other = make_officer(world.other_region)
    with acting(*other) as by:
        for pk in (first, 10**9):
            with pytest.raises(Refused, match="n’est pas dans cet appel"):
                eligibility.record_findings(by=by, application=application, findings={pk: Finding(True)})
        assert not AmiEligibility.objects.visible_to(by).exists()


def test_the_screens_note_and_pronounce(application, region, login: LoginAs) -> None:
    client = login(*region)
    page = reverse("ami_recevabilite", args=[application.pk])
    first = criteria(application)[0]
    shown = client.get(page).content.decode()
    assert "17 critères" in shown.replace("\u00a0", " ")
    assert "Décrit dans le dossier." in shown
    answer = client.post(page, {f"constat-{first}": "non", "acte": "garder"})
    assert answer.status_code == 422
    assert "Dites pourquoi" in answer.content.decode()
    filled = {f"constat-{first}": "non", f"motif-{first}": "Le lieu n’est pas trouvé.", "acte": "remplir"}
    assert client.post(page, filled).status_code == 302
    with system():
        assert AmiEligibility.objects.filter(application=application, met=True).count() == 16
    ask = client.post(page, {"acte": "irrecevable"})
    assert ask.status_code == 302
    assert ask.url.endswith("/recevabilite/irrecevable/")
    assert "Le lieu n’est pas trouvé." in client.get(ask.url).content.decode()
    refused = client.post(reverse("ami_recevabilite_prononcer", args=[application.pk, "recevable"]))
    assert refused.status_code == 422
    assert client.post(ask.url, {"commentaire": ""}).status_code == 302
    assert reload(application).state == ApplicationState.IRRECEVABLE
    with system():
        letter = AmiLetter.objects.defer("pdf").get(application=application)
    assert letter.kind == "irrecevable"
    assert letter.published_at is not None
    assert client.get(page).status_code == 200
    unknown = reverse("ami_recevabilite_prononcer", args=[application.pk, "autre"])
    assert client.get(unknown).status_code == 404
