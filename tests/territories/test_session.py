"""Role switch, a session that ends in mid-form, accounts and mandates that end."""

import datetime
import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from territories.enums import Role
from territories.models import Invitation, Membership
from tests.conftest import LoginAs
from tests.factories import PASSWORD, World, make_membership, system

pytestmark = pytest.mark.django_db
SHARED_DESK = "territories.views.session.SharedDeskMiddleware"


def hidden_fields(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


def test_switching_role_changes_what_one_may(world: World, login: LoginAs) -> None:
    user = world.users["conseiller"]
    with system():
        second = make_membership(user, Role.COORDINATEUR, territory=world.lille)
    client = login(user)
    assert client.get("/equipe/").status_code == 403
    assert client.post("/role/", {"membership": second.pk}).url == "/"
    page = client.get("/equipe/")
    assert page.status_code == 200
    assert "Coordinateur · Lille" in page.text
    assert client.get("/role/").status_code == 405


def test_only_own_mandates_in_force_can_be_taken(world: World, login: LoginAs) -> None:
    user = world.users["conseiller"]
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    with system():
        over = make_membership(user, Role.COORDINATEUR, territory=world.lille)
        over.starts_on, over.ends_on = yesterday, yesterday
        over.save()
    client = login(user)
    foreign = world.memberships["administrateur"].pk
    for value in (foreign, over.pk, "", "abc", "9" * 60, "\x00"):
        assert client.post("/role/", {"membership": value}).status_code == 302
        assert client.get("/equipe/").status_code == 403


def test_an_anonymous_page_comes_back_after_login(world: World) -> None:
    assert Client().get("/annuaire/?q=lille").url == "/connexion/?next=%2Fannuaire%2F%3Fq%3Dlille"


def test_fragments_of_an_ended_session(world: World) -> None:
    client = Client()
    hx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/annuaire/?page=2"}
    answer = client.get("/annuaire/", headers=hx)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/connexion/?next=%2Fannuaire%2F%3Fpage%3D2"
    assert client.post("/equipe/", {"email": "a@b.example"}, headers=hx).status_code == 401
    assert client.get("/annuaire/", headers={**hx, "HX-Trigger-Name": "q"}).status_code == 401
    evil = client.get("/annuaire/", headers={**hx, "HX-Current-URL": "https://ailleurs.example/x"})
    assert evil.headers["HX-Redirect"] == "/connexion/?next=%2F"


def test_a_form_sent_after_the_session_ended_loses_nothing(world: World) -> None:
    """The whole path: expired post, login in another tab, stale token, fresh token, accepted."""
    user = world.users["coordinateur"]
    client = Client(enforce_csrf_checks=True)

    def token() -> str:
        return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/connexion/").text)[1]

    typed = {
        "email": "nouvelle@exemple.example",
        "display_name": '"><script>alert(1)</script>',
        "role": "referent",
        "scope": str(world.mission.pk),
    }
    expired = client.post("/equipe/", {**typed, "csrfmiddlewaretoken": token(), "password": "secret-tapé"})
    assert expired.status_code == 401
    assert "Votre session a expiré" in expired.text
    assert "<script>alert" not in expired.text
    assert "secret-tapé" not in expired.text
    assert 'target="_blank" rel="noopener"' in expired.text
    assert 'action="/equipe/"' in expired.text
    kept = hidden_fields(expired.text)
    assert {name: value for name, value in kept if name in typed} == typed
    assert not client.session.keys()

    login = client.post(
        "/connexion/",
        {
            "login": user.email,
            "password": PASSWORD,
            "next": "/connexion/rouverte/",
            "csrfmiddlewaretoken": token(),
        },
    )
    assert login.url == "/connexion/rouverte/"
    assert "Vous êtes reconnecté" in client.get(login.url).text

    stale = client.post("/equipe/", dict(kept))
    assert stale.status_code == 403
    fresh = hidden_fields(stale.text)
    assert {name: value for name, value in fresh if name in typed} == typed
    accepted = client.post("/equipe/", dict(fresh))
    assert accepted.status_code == 302
    with system():
        assert Invitation.objects.for_system().filter(email=typed["email"]).count() == 1


def test_renewing_before_logging_in_keeps_the_form_again(world: World) -> None:
    client = Client()
    page = client.post("/equipe/", {"email": "nouvelle@exemple.example", "role": ["referent", "conseiller"]})
    again = client.post("/equipe/", {"email": "nouvelle@exemple.example"})
    assert page.status_code == again.status_code == 401
    assert [value for name, value in hidden_fields(page.text) if name == "role"] == ["referent", "conseiller"]
    assert again.headers["Cache-Control"].count("no-store") == 1


def test_a_file_can_not_be_kept_and_the_page_says_so(world: World) -> None:
    answer = Client().post(
        "/plaquette/deposer/", {"fichier": SimpleUploadedFile("plaquette d’été.pdf", b"%PDF-1.4")}
    )
    assert answer.status_code == 401
    assert "plaquette d’été.pdf" in answer.text
    assert "%PDF" not in answer.text


def test_an_ended_mandate_and_a_deactivated_account_lose_access_at_the_next_request(
    world: World, login: LoginAs
) -> None:
    client, other = login(world.users["coordinateur"]), login(world.users["referent"])
    assert client.get("/equipe/").status_code == other.get("/equipe/").status_code == 200
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    with system():
        Membership.objects.for_system().filter(pk=world.memberships["coordinateur"].pk).update(
            ends_on=yesterday
        )
        world.users["referent"].is_active = False
        world.users["referent"].save()
    assert client.get("/equipe/").status_code == 403
    assert client.get("/annuaire/").status_code == 403
    assert "n’a pas de rôle en cours" in client.get("/").text
    assert other.get("/equipe/").status_code == 302
    assert other.get("/annuaire/").status_code == 302


def test_a_downgraded_role_is_taken_at_the_next_request(world: World, login: LoginAs) -> None:
    client = login(world.users["referent"], world.memberships["referent"])
    assert client.get("/lieu/horaires/").status_code == 200
    with system():
        Membership.objects.for_system().filter(pk=world.memberships["referent"].pk).update(role="conseiller")
    assert client.get("/lieu/horaires/").status_code == 403


def test_shared_desk_counts_from_the_last_action(world: World, settings: object) -> None:
    if SHARED_DESK not in settings.MIDDLEWARE:
        after = settings.MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware") + 1
        settings.MIDDLEWARE = [*settings.MIDDLEWARE[:after], SHARED_DESK, *settings.MIDDLEWARE[after:]]
    client = Client()
    client.post("/connexion/", {"login": world.users["referent"].email, "password": PASSWORD, "poste": "on"})
    client.cookies["sessionid"]["max-age"] = ""
    answer = client.get("/annuaire/")
    assert answer.cookies["sessionid"]["max-age"] == 900
    ordinary = LoginAs()(world.users["referent"])
    assert "sessionid" not in ordinary.get("/annuaire/").cookies
