"""Complements: the named parts open and no other, until a second; one request at a time; history."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.utils import IntegrityError
from django.urls import reverse
from django.utils import timezone

from labelling.models import AmiComplement, AmiSection, AmiStep
from labelling.services import complements
from labelling.services.parts import open_parts
from spo_portal.kernel.errors import Conflict, Refused
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_instruction import admitted, confide, make_officer, note
from tests.labelling.ami_world import acting, make_call, make_porteur, ready_application

pytestmark = pytest.mark.django_db
TEXT = "Joignez le bail signé et corrigez les horaires."


@pytest.fixture
def region(world: World):  # type: ignore[no-untyped-def]
    return world.users["region"], world.memberships["region"]


@pytest.fixture
def porteur(world: World):  # type: ignore[no-untyped-def]
    return make_porteur(world.region)


@pytest.fixture
def application(world: World, porteur):  # type: ignore[no-untyped-def]
    return ready_application(make_call(world.region), world.lille, porteur)


def in_days(days: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def ask(by, application, parts=("conditions",), days: int = 7):  # type: ignore[no-untyped-def]
    return complements.ask(by=by, application=application, parts=parts, text=TEXT, day=in_days(days))


def test_the_parts_named_open_to_the_porteur_and_no_other(application, region, porteur) -> None:
    with porteur.acting() as actor:
        assert open_parts(actor, application) == frozenset()
    with acting(*region) as by:
        made = ask(by, application, ("pieces", "conditions"))
        assert made.parts == ["conditions", "pieces"]
        assert timezone.localtime(made.deadline).time() == datetime.time(23, 59, 59)
        assert open_parts(by, application) == frozenset()
    with porteur.acting() as actor:
        assert open_parts(actor, application) == {"conditions", "pieces"}
        section = AmiSection.objects.visible_to(actor).get(application=application, key="conditions")
        section.text = "Ouvert le samedi."
        section.save()
        closed = AmiSection.objects.visible_to(actor).get(application=application, key="services")
        closed.text = "Autre chose."
        with pytest.raises(IntegrityError), transaction.atomic():
            closed.save()
        step = AmiStep.objects.visible_to(actor).get(application=application, key="complement_demande")
        assert step.comment == TEXT


def test_one_request_at_a_time_closed_or_late_gives_way(application, region, porteur) -> None:
    with acting(*region) as by:
        first = ask(by, application)
        with pytest.raises(Conflict, match="déjà ouverte"):
            ask(by, application)
        complements.close(by=by, application=application, request=first)
        second = ask(by, application, ("fonctionnement",))
    with system():
        AmiComplement.objects.filter(pk=second.pk).update(
            asked_at=timezone.now() - datetime.timedelta(days=9),
            deadline=timezone.now() - datetime.timedelta(seconds=2),
        )
    with porteur.acting() as actor:
        assert open_parts(actor, application) == frozenset()
    with acting(*region) as by:
        ask(by, application)
        states = [(one.answered_at, one.closed_at is None) for one in complements.history(by, application)]
        assert states == [(None, True), (None, False), (None, False)]


def test_what_makes_no_sense_is_refused_beside_its_field(application, region) -> None:
    with acting(*region) as by:
        for parts, text, day, field in (
            ((), TEXT, in_days(3), "parties"),
            (("inconnue",), TEXT, in_days(3), "parties"),
            (("pieces",), " ", in_days(3), "texte"),
            (("pieces",), "a" * 2001, in_days(3), "texte"),
            (("pieces",), TEXT, in_days(-1), "jour"),
            (("pieces",), TEXT, in_days(400), "jour"),
        ):
            with pytest.raises(Refused) as refused:
                complements.ask(by=by, application=application, parts=parts, text=text, day=day)
            assert refused.value.field == field


def test_a_file_already_noted_does_not_change_under_its_scorers(world: World, region) -> None:
    application = admitted(make_call(world.region), world.lille, region)
    officer = make_officer(world.region)
    confide(application, region, officer)
    with acting(*region) as by:
        first = ask(by, application)
        complements.close(by=by, application=application, request=first)
    note(application, officer, 4)
    with acting(*region) as by, pytest.raises(Refused, match="déjà été donnée"):
        ask(by, application)


def test_a_porteur_neither_asks_nor_gives_itself_more_time(application, region, porteur) -> None:
    with acting(*region) as by:
        made = ask(by, application)
    with porteur.acting() as actor:
        with pytest.raises(PermissionDenied):
            ask(actor, application)
        for change in ({"deadline": made.deadline + datetime.timedelta(days=9)}, {"parts": ["services"]}):
            with pytest.raises(IntegrityError), transaction.atomic():
                AmiComplement.objects.visible_to(actor).filter(pk=made.pk).update(**change)


def test_an_answer_one_second_late_is_refused_by_the_database(application, region, porteur) -> None:
    with acting(*region) as by:
        made = ask(by, application)
    with system():
        AmiComplement.objects.filter(pk=made.pk).update(
            asked_at=timezone.now() - datetime.timedelta(days=9),
            deadline=timezone.now() - datetime.timedelta(seconds=2),
        )
    with porteur.acting() as actor, pytest.raises(IntegrityError), transaction.atomic():
        AmiComplement.objects.visible_to(actor).filter(pk=made.pk).update(
            answered_at=timezone.now() - datetime.timedelta(days=1), answered_by_label="Porteur"
        )


def test_the_screen_asks_shows_and_closes(application, region, porteur, login: LoginAs) -> None:
    client = login(*region)
    page = reverse("ami_complement", args=[application.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"parties": [], "texte": "", "jour": ""}).status_code == 422
    sent = {"parties": ["pieces"], "texte": TEXT, "jour": in_days(5).isoformat()}
    assert client.post(page, sent).status_code == 302
    shown = client.get(page).content.decode()
    assert TEXT in shown
    assert "Réponse attendue" in shown
    assert "Envoyer la demande" not in shown
    assert client.post(page, sent).status_code == 409
    theirs = login(porteur.user, porteur.membership)
    seen = theirs.get(page).content.decode()
    assert TEXT in seen
    assert "Clore cette demande" not in seen
    assert theirs.post(page, sent).status_code == 403
    with system():
        made = AmiComplement.objects.get(application=application)
    close = reverse("ami_complement_clore", args=[application.pk, made.pk])
    assert theirs.post(close).status_code == 403
    assert client.post(close).status_code == 302
    assert "Close sans réponse" in client.get(page).content.decode()
