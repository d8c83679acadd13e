"""Team pages and invitations: who may name whom, a link that serves once, what a form can't smuggle in."""

import datetime
import re

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from spo_portal.kernel.errors import Refused
from territories.access import Actor
from territories.enums import Role
from territories.models import Invitation, Membership, User
from territories.services import accounts
from tests.conftest import LoginAs
from tests.factories import PASSWORD, World, make_membership, make_site, make_user, system

pytestmark = pytest.mark.django_db
NEW = "une phrase de passe bien longue"
CHOSEN = {"password1": NEW, "password2": NEW}


def invite(
    world: World, by: str = "coordinateur", email: str = "nouvelle@exemple.example", **scope: object
) -> str:
    scope = scope or {"role": Role.REFERENT, "site": world.mission}
    _, token = accounts.invite(by=world.actor(by), email=email, display_name="Nouvelle personne", **scope)
    return token


def mandates(email: str) -> list[tuple[str, int | None]]:
    with system():
        found = Membership.objects.for_system().filter(user__email=email).order_by("pk")
        return list(found.values_list("role", "site_id"))


def test_the_form_invites_and_the_mail_carries_the_link(
    world: World, login: LoginAs, django_capture_on_commit_callbacks: object
) -> None:
    client = login(world.users["coordinateur"])
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            "/equipe/",
            {
                "email": " Nouvelle@Exemple.example ",
                "display_name": "Référente",
                "role": "referent",
                "scope": world.mission.pk,
            },
        )
    assert answer.status_code == 302
    message = mail.outbox[0]
    assert message.to == ["nouvelle@exemple.example"]
    assert "Référent, Mission locale de Lille" in message.body
    token = re.search(r"/invitation/([^/]+)/", message.body)[1]
    with system():
        stored = Invitation.objects.for_system().get()
        assert token not in stored.token_hash
        assert stored.expires_at - timezone.now() > datetime.timedelta(days=6, hours=23)
    page = client.get("/equipe/")
    assert "nouvelle@exemple.example" in page.text
    assert "Invitation envoyée" in page.text


def test_accepting_opens_an_account_and_gives_the_mandate_once(world: World) -> None:
    token = invite(world)
    client = Client()
    page = client.get(f"/invitation/{token}/")
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page.headers["Cache-Control"]
    for words in ("Référent", "Mission locale de Lille", "nouvelle@exemple.example", "Envoyée par"):
        assert words in page.text
    assert 'name="password1"' in page.text
    answer = client.post(f"/invitation/{token}/", CHOSEN)
    assert answer.status_code == 302
    assert mandates("nouvelle@exemple.example") == [("referent", world.mission.pk)]
    assert client.get("/lieu/horaires/").status_code == 200
    assert (
        Client().post("/connexion/", {"login": "nouvelle@exemple.example", "password": NEW}).status_code
        == 302
    )
    for again in (Client(), client):
        assert again.get(f"/invitation/{token}/").status_code == 404
        assert again.post(f"/invitation/{token}/", CHOSEN).status_code == 404
    assert len(mandates("nouvelle@exemple.example")) == 1


def test_role_and_scope_posted_with_the_password_change_nothing(world: World) -> None:
    token = invite(world)
    extra = {
        "role": "administrateur",
        "site": world.cio.pk,
        "territory": world.douai.pk,
        "region": world.other_region.pk,
        "email": "autre@exemple.example",
        "is_superuser": "1",
        "is_demo": "1",
        "display_name": "Autre",
    }
    assert Client().post(f"/invitation/{token}/", CHOSEN | extra).status_code == 302
    assert mandates("nouvelle@exemple.example") == [("referent", world.mission.pk)]
    user = User.objects.get(email="nouvelle@exemple.example")
    assert not user.is_superuser
    assert not user.is_demo
    assert user.display_name == "Nouvelle personne"
    assert not User.objects.filter(email="autre@exemple.example").exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"password1": "bref-42", "password2": "bref-42"},
        {"password1": "nouvelle@exemple.example", "password2": "nouvelle@exemple.example"},
        {"password1": NEW, "password2": NEW + "x"},
        {"password1": "", "password2": ""},
        {"password1": "a\x00" * 10, "password2": "a\x00" * 10},
        {"password1": "x" * 5000, "password2": "x" * 5000},
    ],
)
def test_poor_passwords_are_refused_and_open_nothing(world: World, typed: dict[str, str]) -> None:
    token = invite(world)
    answer = Client().post(f"/invitation/{token}/", typed)
    assert answer.status_code == 422
    assert "Erreur" in answer.text
    assert typed["password1"] == "" or typed["password1"] not in answer.text.replace(
        "nouvelle@exemple.example</dd>", ""
    )
    assert not User.objects.filter(email="nouvelle@exemple.example").exists()


def test_an_existing_account_logs_in_and_accepts(world: World) -> None:
    user = world.users["conseiller"]
    token = invite(world, email=user.email)
    client = Client()
    page = client.get(f"/invitation/{token}/")
    assert f"/connexion/?next=%2Finvitation%2F{token}%2F" in page.text
    refused = client.post(f"/invitation/{token}/", CHOSEN)
    assert "Un compte existe déjà" in refused.text
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    client.force_login(user)
    assert "Accepter l’invitation" in client.get(f"/invitation/{token}/").text
    assert client.post(f"/invitation/{token}/").status_code == 302
    assert mandates(user.email) == [("conseiller", world.cio.pk), ("referent", world.mission.pk)]
    assert client.get("/lieu/horaires/").status_code == 200


def test_someone_else_s_link_gives_nothing(world: World, login: LoginAs) -> None:
    token = invite(world)
    client = login(world.users["conseiller_douai"])
    page = client.get(f"/invitation/{token}/")
    assert page.status_code == 200
    assert "destinée à nouvelle@exemple.example" in page.text
    assert client.post(f"/invitation/{token}/", CHOSEN).status_code == 409
    assert mandates(world.users["conseiller_douai"].email) == [("conseiller", world.douai_site.pk)]
    with pytest.raises(Refused):
        accounts.accept(invitation=Invitation(pk=1), token=token, user=world.users["conseiller_douai"])


def test_expired_and_withdrawn_links_are_closed(world: World, login: LoginAs) -> None:
    late, taken_back = (
        invite(world, email="tard@exemple.example"),
        invite(world, email="retire@exemple.example"),
    )
    with system():
        Invitation.objects.for_system().filter(email="tard@exemple.example").update(
            expires_at=timezone.now() - datetime.timedelta(seconds=1)
        )
        gone = Invitation.objects.for_system().get(email="retire@exemple.example")
    assert (
        login(world.users["coordinateur"]).post(f"/equipe/invitations/{gone.pk}/retirer/").status_code == 302
    )
    for token in (late, taken_back, "x", "é" * 10):
        assert Client().get(f"/invitation/{token}/").status_code == 404
        assert Client().post(f"/invitation/{token}/", CHOSEN).status_code == 404
    assert not User.objects.filter(email__in=["tard@exemple.example", "retire@exemple.example"]).exists()


def test_row_security_lets_the_link_give_its_own_mandate_only(world: World) -> None:
    """Twin of the page: even code that forgot every check can't turn a link into another mandate."""
    from django.db import ProgrammingError

    from spo_portal.kernel.tenancy.scope import Scope, apply

    token = invite(world)
    user = world.users["sans_mandat"]
    apply(Scope(token=accounts.token_hash(token), person=user.pk))
    for role, scope in (
        ("referent", {"site": world.cio, "territory": world.lille, "region": world.region}),
        ("coordinateur", {"territory": world.lille, "region": world.region}),
        ("administrateur", {}),
    ):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Membership.objects.create(
                user=user, role=role, scope_label="x", starts_on=timezone.localdate(), **scope
            )


def test_guessing_links_is_throttled(world: World) -> None:
    client = Client(REMOTE_ADDR="203.0.113.5")
    answers = {client.get(f"/invitation/essai{number}/").status_code for number in range(31)}
    assert answers == {404, 429}


def test_sending_again_replaces_the_link(world: World, login: LoginAs) -> None:
    first = invite(world)
    with system():
        pk = Invitation.objects.for_system().get().pk
    assert login(world.users["coordinateur"]).post(f"/equipe/invitations/{pk}/renvoyer/").status_code == 302
    assert Client().get(f"/invitation/{first}/").status_code == 404
    with system():
        assert Invitation.objects.for_system().filter(withdrawn_at=None, accepted_at=None).count() == 1


@pytest.mark.parametrize(
    ("who", "role", "scope", "fine"),
    [
        ("referent", "conseiller", "cio", True),
        ("referent", "conseiller", "mission", False),
        ("referent", "referent", "cio", False),
        ("coordinateur", "referent", "mission", True),
        ("coordinateur", "referent", "douai_site", False),
        ("coordinateur", "coordinateur", "cio", False),
        ("animation", "coordinateur", "douai", True),
        ("animation", "coordinateur", "niort", False),
        ("animation", "referent", "cio", False),
        ("administrateur", "prefecture", "other_region", True),
        ("administrateur", "administrateur", "region", False),
    ],
)
def test_who_may_name_whom(world: World, login: LoginAs, who: str, role: str, scope: str, fine: bool) -> None:
    typed = {
        "email": "n@exemple.example",
        "display_name": "N",
        "role": role,
        "scope": getattr(world, scope).pk,
    }
    answer = login(world.users[who]).post("/equipe/", typed)
    assert answer.status_code == (302 if fine else 422)
    with system():
        assert Invitation.objects.for_system().count() == int(fine)


def test_the_service_refuses_a_foreign_scope_too(world: World) -> None:
    with pytest.raises(Refused):
        invite(world, by="coordinateur", role=Role.REFERENT, site=world.douai_site)
    with pytest.raises(Refused):
        invite(world, by="referent", role=Role.CONSEILLER, site=world.mission)
    with pytest.raises(Refused, match="déjà ce rôle"):
        invite(world, email=world.users["referent"].email, role=Role.REFERENT, site=world.cio)


@pytest.mark.parametrize("field", ["email", "display_name", "role", "scope"])
@pytest.mark.parametrize(
    "value", ["", "a\x00b", "x" * 100_000, "9" * 40, "<script>", "=1+1\r\nBcc: a@b.example"]
)
def test_hostile_invitations_are_refused_or_kept_as_text(
    world: World, login: LoginAs, field: str, value: str
) -> None:
    typed = {
        "email": "n@exemple.example",
        "display_name": "N",
        "role": "referent",
        "scope": str(world.cio.pk),
    }
    answer = login(world.users["coordinateur"]).post("/equipe/", typed | {field: value})
    assert answer.status_code in {302, 422}
    assert "<script>" not in answer.text


@pytest.mark.parametrize("who", ["coordinateur_douai", "animation_niort", "referent"])
def test_foreign_invitations_and_mandates_are_not_found(world: World, login: LoginAs, who: str) -> None:
    invite(world)
    with system():
        pk = Invitation.objects.for_system().get().pk
    client = login(world.users[who])
    mandate = world.memberships["conseiller_mission"].pk
    for path in (f"/equipe/invitations/{pk}/retirer/", f"/equipe/invitations/{pk}/renvoyer/"):
        assert (
            client.post(path).status_code == client.post(path.replace(str(pk), "999999")).status_code == 404
        )
    for wanted in (mandate, 999_999, 10**30):
        assert client.get(f"/equipe/mandats/{wanted}/fin/").status_code == 404
        assert client.post(f"/equipe/mandats/{wanted}/fin/").status_code == 404


def test_ending_a_mandate_asks_once_then_closes_the_open_session(world: World, login: LoginAs) -> None:
    client, theirs = login(world.users["coordinateur"]), login(world.users["referent"])
    assert theirs.get("/lieu/horaires/").status_code == 200
    path = f"/equipe/mandats/{world.memberships['referent'].pk}/fin/"
    page = client.get(path)
    assert "Mettre fin à ce mandat" in page.text
    assert theirs.get("/lieu/horaires/").status_code == 200
    assert client.post(path).status_code == 302
    assert theirs.get("/lieu/horaires/").status_code == 403
    assert client.post(path).status_code == 404


def test_own_mandate_and_roles_above_are_not_ended(world: World, login: LoginAs) -> None:
    client = login(world.users["coordinateur"])
    for key in ("coordinateur", "charge_mission"):
        assert client.post(f"/equipe/mandats/{world.memberships[key].pk}/fin/").status_code == 409


def test_each_sees_the_members_of_the_own_area_only(world: World, login: LoginAs) -> None:
    expected = {
        "referent": {"conseiller", "referent"},
        "coordinateur": {"conseiller", "referent", "coordinateur", "conseiller_mission", "referent_mission"},
        "animation_niort": {"conseiller_niort", "animation_niort"},
    }
    for who, seen in expected.items():
        text = login(world.users[who]).get("/equipe/").text
        for key, user in world.users.items():
            if key in seen:
                assert user.email in text, (who, key)
            elif key in {"conseiller_douai", "coordinateur_douai", "conseiller_niort"} - seen:
                assert f"{user.email}<" not in text, (who, key)


def test_search_in_the_team_ignores_accents(world: World, login: LoginAs) -> None:
    client = login(world.users["coordinateur"])
    found = client.get("/equipe/?q=REFERENT_MISSION").text
    assert world.users["referent_mission"].email in found
    assert f"{world.users['conseiller'].email}<" not in found
    assert "Personne ne correspond" in client.get("/equipe/?q=zzz%00").text


@pytest.mark.parametrize("many", [1, 60])
def test_team_page_takes_a_constant_number_of_queries(
    world: World, login: LoginAs, many: int, django_assert_num_queries: object
) -> None:
    with system():
        for number in range(many):
            site = make_site(world.lille, f"Lieu {number}", world.reseaux["CIO"])
            make_membership(make_user(f"Compte {number}"), Role.CONSEILLER, site=site)
    for number in range(min(many, 20)):
        invite(world, email=f"n{number}@exemple.example")
    client = login(world.users["coordinateur"])
    client.get("/equipe/")
    with django_assert_num_queries(TEAM_QUERIES):
        assert client.get("/equipe/?page=1").status_code == 200


TEAM_QUERIES = 12


def test_members_without_the_right_can_not_open_the_team(world: World, login: LoginAs) -> None:
    for key in ("conseiller", "charge_mission", "prefecture", "sans_mandat"):
        assert login(world.users[key]).get("/equipe/").status_code == 403
        assert login(world.users[key]).post("/equipe/", {}).status_code == 403
    assert isinstance(world.actor("conseiller"), Actor)
