"""The loop closes without a name: at the desk and on the public page."""

import logging
import uuid

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from contacts import codes
from contacts.models import FicheContact
from contacts.services.fiches import DestinationData, FicheData, code_of, record_fiche
from tests.conftest import LoginAs
from tests.factories import World, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(world: World) -> str:
    """Code of a fiche of the CIO of Lille, sent to the Mission locale."""
    data = FicheData(
        jour=timezone.localdate(), canal="sur_place", statut=1, demandes=(1,),
        destinations=(DestinationData(world.mission.pk),),
    )  # fmt: skip
    fiche, _ = record_fiche(by=world.actor("conseiller"), data=data, cle_idempotence=uuid.uuid4())
    found = code_of(FicheContact.objects.visible_to(world.actor("conseiller")).get(pk=fiche.pk))
    assert found
    return found


@pytest.fixture
def desk(world: World, login: LoginAs) -> Client:
    """The receiving desk."""
    return login(world.users["conseiller_mission"])


def suite(world: World) -> tuple[str, str]:
    with system():
        fiche = FicheContact.objects.for_territory(world.lille).get()
    return fiche.suite, fiche.suite_source


@pytest.mark.parametrize("shape", ["{}", "{0[0]}{0[1]} - {0}", " {} "])
def test_a_code_is_read_however_it_is_typed(world: World, desk: Client, code: str, shape: str) -> None:
    typed = {"{}": code, " {} ": f"  {codes.display(code).lower()} "}.get(
        shape, "-".join((code[:4], code[4:8], code[8])).lower()
    )
    answer = desk.post("/arrivee/", {"code": typed, "suite": "recue"})
    assert answer.status_code == 302
    assert suite(world) == ("recue", "site")


@pytest.mark.parametrize("outcome", ["recue", "rendez_vous", "reorientee", "ne_convient_pas", "jamais_venue"])
def test_the_five_outcomes_say_thanks_and_nothing_of_the_fiche(
    world: World, desk: Client, code: str, outcome: str
) -> None:
    answer = desk.post("/arrivee/", {"code": code, "suite": outcome})
    told = " ".join(str(m) for m in get_messages(answer.wsgi_request))
    assert "merci" in told
    html = desk.get("/arrivee/").content.decode()
    for secret in ("LIL-CIO", code, "Scolarise"):
        assert secret not in told
        assert secret not in html
    assert suite(world)[0] == outcome


def test_the_desk_checks_a_code_before_the_outcome(world: World, desk: Client, code: str) -> None:
    answer = desk.post("/arrivee/", {"code": code.lower(), "verifier": "1"})
    assert answer.status_code == 200
    assert "Code reconnu" in answer.content.decode()
    assert codes.display(code) in answer.content.decode()
    assert suite(world) == ("", "")


@pytest.mark.parametrize(
    "data",
    [
        {}, {"code": "", "suite": "recue"}, {"code": "AAAA", "suite": "recue"}, {"code": "OOOO IIII 0",
        "suite": "recue"},
        {"code": "\x00", "suite": "recue"}, {"code": "é" * 500, "suite": "recue"}, {"code": "34679ACD3",
        "suite": "recue"},
        {"code": "CODE"}, {"code": "CODE", "suite": "autre"}, {"code": ["CODE", "CODE"], "suite": ["x"]},
        {"code": "34679ACDX", "suite": "recue"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/arrivee/", "/r"])
def test_mistakes_are_told_beside_their_field(
    world: World, desk: Client, code: str, data: dict[str, object], address: str
) -> None:
    client = desk if address == "/arrivee/" else Client()
    answer = client.post(address, {k: code if v == "CODE" else v for k, v in data.items()})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'id="erreurs"' in html
    assert 'href="#id_code"' in html or 'href="#id_suite_0"' in html
    assert suite(world) == ("", "")


def test_an_unknown_code_and_ones_own_code_are_refused(
    world: World, desk: Client, code: str, login: LoginAs
) -> None:
    unknown = "34679ACD" + codes.check_character("34679ACD")
    assert "inconnu" in desk.post("/arrivee/", {"code": unknown, "suite": "recue"}).content.decode()
    own = login(world.users["conseiller"])
    assert "votre propre lieu" in own.post("/arrivee/", {"code": code, "suite": "recue"}).content.decode()
    other_region = login(world.users["conseiller_niort"])
    assert "inconnu" in other_region.post("/arrivee/", {"code": code, "suite": "recue"}).content.decode()
    assert suite(world) == ("", "")


def test_the_person_answers_without_an_account(world: World, code: str) -> None:
    client = Client()
    for address in (f"/r/{code}", f"/r/{code}/", f"/r/{code.lower()}"):
        answer = client.get(address)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert codes.display(code) in html
        assert "J’y suis allé(e)" in html
        assert 'action="/r"' in html
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer.headers["Cache-Control"]
        assert "sessionid" not in answer.cookies
    answer = client.post("/r", {"code": code, "suite": "recue"})
    assert answer.status_code == 200
    assert "Merci" in answer.content.decode()
    assert suite(world) == ("recue", "personne")


@pytest.mark.parametrize(
    "path", ["/r", "/r/", "/r/x", "/r/%00", "/r/" + "A" * 3000, "/r/%3Cscript%3E", "/r/é/"]
)
def test_any_public_address_shows_the_form(world: World, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert b"<script>" not in answer.content


def test_the_public_page_is_protected_from_forged_forms(world: World, code: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/r", {"code": code, "suite": "recue"}).status_code == 403
    client.get("/r")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        "/r",
        {"code": code, "suite": "recue", "csrfmiddlewaretoken": token},
        headers={"Origin": "http://testserver"},
    )
    assert answer.status_code == 200


def test_guessing_is_throttled(world: World, code: str) -> None:
    client = Client()
    unknown = "34679ACD" + codes.check_character("34679ACD")
    answers = [client.post("/r", {"code": unknown, "suite": "recue"}).status_code for _ in range(12)]
    assert answers[:10] == [422] * 10
    assert answers[10:] == [429] * 2
    # A misread sign costs nothing: it never reaches the database.
    assert Client(REMOTE_ADDR="192.0.2.9").post("/r", {"code": "AAA", "suite": "recue"}).status_code == 422


def test_no_log_line_holds_a_code(world: World, code: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Client().get(f"/r/{code}")
        Client().post(f"/r/{code}", {"code": code, "suite": "x"})
        Client().post("/r", {"code": code, "suite": "recue"})
    lines = [r for r in caplog.records if not r.name.startswith("django.db")]
    assert code not in " ".join(r.getMessage() for r in lines)


def test_arrivals_are_for_desks(world: World, login: LoginAs) -> None:
    assert login(world.users["coordinateur"]).get("/arrivee/").status_code == 403
    assert Client().post("/arrivee/", {"code": "x"}).status_code in {302, 401}
