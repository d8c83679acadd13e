"""Login, throttling, passwords, sessions, the demonstration's accounts."""

import re
import time

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from territories.enums import Role
from tests.conftest import LoginAs
from tests.factories import PASSWORD, World, make_membership, make_user, system

pytestmark = pytest.mark.django_db
NEW = "une autre phrase de passe assez longue"


def post_login(client: Client, email: str, password: str = PASSWORD, **extra: str) -> object:
    return client.post("/connexion/", {"login": email, "password": password, **extra})


def test_login_opens_the_work_of_the_role(world: World) -> None:
    client = Client()
    page = client.get("/connexion/?next=/annuaire/")
    assert page.status_code == 200
    assert "Se connecter" in page.text
    assert 'name="next" value="/annuaire/"' in page.text
    answer = post_login(client, world.users["coordinateur"].email.upper())
    assert answer.status_code == 302
    assert answer.url == "/"
    assert client.get("/equipe/").status_code == 200


def test_login_goes_back_to_the_page_asked_for_and_nowhere_else(world: World) -> None:
    assert post_login(Client(), world.users["referent"].email, next="/annuaire/").url == "/annuaire/"
    for outside in ("https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)"):
        assert post_login(Client(), world.users["referent"].email, next=outside).url == "/"


def test_a_new_session_number_at_login(world: World) -> None:
    client = Client()
    session = client.session
    session["avant"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    post_login(client, world.users["referent"].email)
    assert client.session.session_key != session.session_key


def test_unknown_address_and_wrong_password_say_the_same(world: World) -> None:
    texts = set()
    for email in (world.users["referent"].email, "personne@exemple.example"):
        answer = post_login(Client(REMOTE_ADDR="192.0.2.1"), email, "pas le bon mot de passe")
        assert answer.status_code == 200
        assert "Erreur : 1 point à revoir" in answer.text.replace("\u00a0", " ")
        texts.add(re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", answer.text))
    assert len(texts) == 1
    assert "n’est pas le bon" in texts.pop()


def test_unknown_address_costs_the_same_time(world: World, settings: object) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    with system():
        user = make_user("Compte lent")
    spent: dict[str, float] = {}
    for email in (user.email, "personne@exemple.example"):
        started = time.process_time()
        post_login(Client(), email, "pas le bon mot de passe")
        spent[email] = time.process_time() - started
    slow, fast = max(spent.values()), min(spent.values())
    assert fast > slow * 0.4


def test_five_failures_close_the_door_for_the_address(world: World) -> None:
    email = world.users["referent"].email
    for number in range(5):
        answer = post_login(Client(REMOTE_ADDR=f"192.0.2.{number}"), email, "mauvais mot de passe")
        assert "n’est pas le bon" in answer.text
    for password in ("mauvais mot de passe", PASSWORD):
        answer = post_login(Client(REMOTE_ADDR="192.0.2.99"), email, password)
        assert "Trop d’essais sans succès" in answer.text
    assert post_login(Client(REMOTE_ADDR="192.0.2.99"), world.users["coordinateur"].email).status_code == 302


def test_ten_failures_close_the_door_for_the_network_address(world: World) -> None:
    for number in range(10):
        post_login(
            Client(REMOTE_ADDR="198.51.100.7"), f"inconnu{number}@exemple.example", "mauvais mot de passe"
        )
    answer = post_login(Client(REMOTE_ADDR="198.51.100.7"), world.users["referent"].email)
    assert "Trop d’essais sans succès" in answer.text


def test_deactivated_account_can_not_log_in(world: World) -> None:
    with system():
        world.users["referent"].is_active = False
        world.users["referent"].save()
    client = Client()
    answer = post_login(client, world.users["referent"].email)
    assert "_auth_user_id" not in client.session
    assert answer.status_code in {200, 302}


@pytest.mark.parametrize(
    "value", ["", "pas une adresse", "a" * 400 + "@exemple.example", "a\x00@exemple.example"]
)
def test_odd_addresses_are_refused_on_the_field(world: World, value: str) -> None:
    answer = post_login(Client(), value)
    assert answer.status_code == 200
    assert 'id="id_login_erreur"' in answer.text


def test_shared_desk_lasts_fifteen_minutes(world: World) -> None:
    client = Client()
    post_login(client, world.users["conseiller"].email, poste="on")
    assert client.session.get_expiry_age() == 900
    assert client.session["poste_partage"]
    ordinary = Client()
    post_login(ordinary, world.users["conseiller"].email)
    assert ordinary.session.get_expiry_age() > 3600


def test_password_reset_mail_is_french_and_serves_once(world: World) -> None:
    email = world.users["referent"].email
    elsewhere = LoginAs()(world.users["referent"])
    client = Client()
    answer = client.post(reverse("account_reset_password"), {"email": email}, follow=True)
    assert "Regardez vos courriels" in answer.text
    assert len(mail.outbox) == 1
    assert "nouveau mot de passe" in mail.outbox[0].subject
    assert mail.outbox[0].to == [email]
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body)[1]
    page = client.get(link, follow=True)
    assert "Choisir un nouveau mot de passe" in page.text
    action = page.request["PATH_INFO"]
    refused = client.post(action, {"password1": "court", "password2": "court"})
    assert "Erreur" in refused.text
    done = client.post(action, {"password1": NEW, "password2": NEW}, follow=True)
    assert "Votre mot de passe est changé" in done.text
    assert elsewhere.get("/equipe/").status_code == 302
    assert post_login(Client(), email, NEW).status_code == 302
    assert "Ce lien ne sert plus" in Client().get(link, follow=True).text


def test_password_reset_says_the_same_for_an_unknown_address(world: World) -> None:
    pages = [
        Client().post(reverse("account_reset_password"), {"email": email}, follow=True)
        for email in (world.users["referent"].email, "personne@exemple.example")
    ]
    texts = [re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", page.text) for page in pages]
    assert texts[0] == texts[1]
    assert "aucun compte" in mail.outbox[1].body


def test_changing_the_password_ends_the_other_sessions(world: World, login: LoginAs) -> None:
    user = world.users["coordinateur"]
    here, elsewhere = Client(), Client()
    post_login(here, user.email)
    post_login(elsewhere, user.email)
    answer = here.post("/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    assert here.get("/equipe/").status_code == 200
    assert elsewhere.get("/equipe/").status_code == 302
    wrong = here.post("/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert 'id="id_oldpassword_erreur"' in wrong.text


def test_sessions_are_listed_and_the_others_ended(world: World) -> None:
    user = world.users["coordinateur"]
    here = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    elsewhere = Client(HTTP_USER_AGENT="Mozilla/5.0 (Linux; Android 14) Chrome/130.0")
    post_login(here, user.email)
    post_login(elsewhere, user.email)
    page = here.get("/compte/sessions/")
    assert "Firefox sur Windows" in page.text
    assert "Chrome sur Android" in page.text
    assert page.text.count("cette session") == 1
    assert here.post("/compte/sessions/").status_code == 302
    assert here.get("/equipe/").status_code == 200
    assert elsewhere.get("/equipe/").status_code == 302


def test_logout_asks_by_get_and_acts_by_post(world: World, login: LoginAs) -> None:
    client = login(world.users["coordinateur"])
    assert "Se déconnecter ?" in client.get("/deconnexion/").text.replace("\u202f", " ")
    assert client.get("/equipe/").status_code == 200
    key = client.session.session_key
    assert client.post("/deconnexion/").status_code == 302
    assert client.get("/equipe/").status_code == 302
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/connexion/inscription/", "s’ouvrent sur invitation"),
        ("/connexion/inactif/", "désactivé"),
        ("/connexion/mot-de-passe/", "Mot de passe oublié"),
        ("/connexion/mot-de-passe/change/", "est changé"),
        ("/connexion/mot-de-passe/lien/1-faux/", "Ce lien ne sert plus"),
    ],
)
def test_public_account_pages(db: None, path: str, words: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert words in answer.text


def test_nobody_signs_up_by_posting(db: None) -> None:
    assert (
        Client().post("/connexion/inscription/", {"email": "x@y.example", "password1": NEW}).status_code
        == 405
    )


def test_own_pages_ask_to_log_in_and_show(world: World, login: LoginAs) -> None:
    client = login(world.users["sans_mandat"])
    for path in ("/compte/mot-de-passe/", "/compte/sessions/", "/connexion/confirmer/"):
        assert Client().get(path).status_code == 302
        assert client.get(path).status_code in {200, 302}
    assert client.get("/compte/adresse/").status_code == 302
    assert client.get("/compte/mot-de-passe/premier/").status_code == 302
    assert "n’a pas de rôle en cours" in client.get("/", follow=True).text


def demo_user(world: World) -> object:
    with system():
        user = make_user("Compte de démonstration")
        user.is_demo = True
        user.save()
        make_membership(user, Role.COORDINATEUR, territory=world.lille)
        make_membership(user, Role.REFERENT, site=world.cio)
        admin = make_user("Administrateur de démonstration")
        admin.is_demo = True
        admin.save()
        make_membership(admin, Role.ADMINISTRATEUR)
    return user


def test_demo_accounts_open_with_one_click_in_demo_mode_only(world: World, settings: object) -> None:
    user = demo_user(world)
    client = Client()
    assert "démonstration" not in client.get("/connexion/").text
    assert client.post("/connexion/demo/", {"compte": user.pk}).status_code == 404
    settings.DEMO = True
    page = client.get("/connexion/").text
    assert f'data-region="{world.region.slug}"' in page
    assert "Référent · CIO de Lille" in page
    assert "tient 2 rôles" in page
    assert "Administrateur · Plateforme" in page
    assert client.post("/connexion/demo/", {"compte": user.pk, "next": "/annuaire/"}).url == "/annuaire/"
    assert client.get("/equipe/").status_code == 200


@pytest.mark.parametrize("value", ["", "abc", "-1", "9" * 40, "٣", "0"])
def test_demo_login_takes_demo_accounts_only(world: World, settings: object, value: str) -> None:
    settings.DEMO = True
    client = Client()
    assert client.post("/connexion/demo/", {"compte": value}).status_code == 404
    assert client.post("/connexion/demo/", {"compte": world.users["referent"].pk}).status_code == 404
    assert client.get("/connexion/demo/").status_code == 405
    assert "_auth_user_id" not in client.session
