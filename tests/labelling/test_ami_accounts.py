"""Accounts of the calls: invited by the Region, asked for on a public page, never taken by a name."""

import datetime
import re

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.utils import timezone

from labelling.models import AmiCall, AmiRegistration
from labelling.services import registration
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import Scope, scoped
from territories.enums import Role
from territories.models import Commission, Invitation, Membership, Organisation, User
from territories.services import accounts, bodies
from tests.conftest import LoginAs
from tests.factories import World, make_user, system
from tests.labelling.ami_world import close_call, make_application, make_call, make_commission, make_porteur
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db
NEW = "une phrase de passe bien longue"
CHOSEN = {"password1": NEW, "password2": NEW}
WHO = {
    "email": "direction@nouvelle.example",
    "organisation": "Maison de l’Emploi du Bocage",
    "display_name": "Direction",
}


@pytest.fixture
def call(world: World) -> AmiCall:
    return make_call(world.region)


def door(call: AmiCall) -> str:
    return f"/ami/appel/{call.region.slug}/{call.slug}/candidater/"


def ask(call: AmiCall, callbacks: object, **fields: str) -> tuple[int, str]:
    """Post the public form; status and the page, without what changes at each request."""
    mail.outbox.clear()
    with callbacks(execute=True):  # type: ignore[operator]
        answer = Client().post(door(call), WHO | fields)
    return answer.status_code, re.sub(r"[A-Za-z0-9]{64}", "", answer.text)


def token_in(body: str) -> str:
    return re.search(r"/invitation/([^/\s]+)/", body)[1]  # type: ignore[index]


def mandates(email: str) -> list[tuple[str, str]]:
    with system():
        rows = Membership.objects.for_system().filter(user__email=email).order_by("pk")
        return list(rows.values_list("role", "scope_label"))


# ---- The Region invites


def test_the_region_invites_a_porteur_and_a_member_who_act_at_once(
    world: World, login: LoginAs, django_capture_on_commit_callbacks: object
) -> None:
    commission = make_commission(world.region, world.douai, name="Est")
    client = login(world.users["region"])
    for fields, words in (
        (
            {"role": "porteur", "organisation": world.cio.organisation.name.upper()},
            world.cio.organisation.name,
        ),
        ({"role": "membre_commission", "commission": commission.pk}, "Est"),
    ):
        email = f"{fields['role']}@exemple.example"
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            sent = client.post("/ami/comptes/", {"email": email, "display_name": "Fonction", **fields})
        assert sent.status_code == 302, sent.text
        assert words in mail.outbox[0].body
        newcomer = Client()
        assert newcomer.post(f"/invitation/{token_in(mail.outbox[0].body)}/", CHOSEN).status_code == 302
        assert mandates(email) == [(fields["role"], words)]
        assert newcomer.get("/ami/a-faire/").status_code == 200
        assert newcomer.get("/", follow=True).status_code == 200
    page = client.get("/ami/comptes/").text
    assert "porteur@exemple.example" in page
    assert "membre_commission@exemple.example" in page


def test_a_new_organisation_is_made_when_the_invitation_is_accepted(
    world: World, login: LoginAs, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        login(world.users["region"]).post(
            "/ami/comptes/",
            {
                "email": "a@b.example",
                "display_name": "D",
                "role": "porteur",
                "organisation": "Cité  des métiers",
            },
        )
    with system():
        assert not Organisation.objects.for_system().filter(name__contains="métiers").exists()
    assert Client().post(f"/invitation/{token_in(mail.outbox[0].body)}/", CHOSEN).status_code == 302
    assert mandates("a@b.example") == [("porteur", "Cité des métiers")]
    with system():
        assert (
            Organisation.objects.for_system().filter(region=world.region, name="Cité des métiers").count()
            == 1
        )


def test_the_region_withdraws_sends_again_and_ends(world: World, login: LoginAs) -> None:
    porteur = make_porteur(world.region)
    actor = world.actor("region")
    _, token = accounts.invite(
        by=actor, email="x@y.example", display_name="D", role=Role.PORTEUR, organisation=porteur.organisation
    )
    with system():
        invitation = Invitation.objects.for_system().get(email="x@y.example")
    client = login(world.users["region"])
    assert client.post(f"/ami/comptes/invitations/{invitation.pk}/renvoyer/").status_code == 302
    assert Client().get(f"/invitation/{token}/").status_code == 404
    with system():
        fresh = Invitation.objects.for_system().get(email="x@y.example", withdrawn_at=None)
    client.post(f"/ami/comptes/invitations/{fresh.pk}/retirer/")
    with system():
        assert not Invitation.objects.for_system().filter(email="x@y.example", withdrawn_at=None).exists()
    own = login(porteur.user, porteur.membership)
    assert own.get("/ami/a-faire/").status_code == 200
    assert client.post(f"/ami/comptes/mandats/{porteur.membership.pk}/fin/").status_code == 302
    assert own.get("/ami/a-faire/").status_code == 403
    # The staff of the region is not the Region's to end from here.
    conseiller = world.memberships["conseiller"]
    assert client.post(f"/ami/comptes/mandats/{conseiller.pk}/fin/").status_code == 404


def test_a_porteur_invites_its_colleagues_and_nobody_else(
    world: World, login: LoginAs, django_capture_on_commit_callbacks: object
) -> None:
    porteur, other = make_porteur(world.region), make_porteur(world.region)
    client = login(porteur.user, porteur.membership)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        sent = client.post(
            "/ami/comptes/",
            {
                "email": "collegue@exemple.example",
                "display_name": "Adjointe",
                "role": "region",
                "organisation": other.organisation.name,
            },
        )
    assert sent.status_code == 302
    assert Client().post(f"/invitation/{token_in(mail.outbox[0].body)}/", CHOSEN).status_code == 302
    assert mandates("collegue@exemple.example") == [("porteur", porteur.organisation.name)]
    assert "collegue@exemple.example" in client.get("/ami/comptes/").text
    assert client.post(f"/ami/comptes/mandats/{other.membership.pk}/fin/").status_code == 403
    with porteur.acting() as actor:
        for wrong in (
            {"role": Role.PORTEUR, "organisation": other.organisation},
            {"role": Role.MEMBRE_COMMISSION, "commission": Commission(region=world.region, name="X")},
            {"role": Role.REGION, "region": world.region},
            {"role": Role.PORTEUR, "region": world.region, "organisation_name": "Une autre"},
        ):
            with pytest.raises(Refused):
                accounts.invite(by=actor, email="z@exemple.example", display_name="Z", **wrong)


def test_another_region_sees_none_of_it(world: World, login: LoginAs) -> None:
    abroad = make_porteur(world.other_region)
    with system():
        invitation = Invitation.objects.create(
            email="loin@exemple.example", display_name="L", role="porteur", region=world.other_region,
            organisation=abroad.organisation, scope_label="L", token_hash="f" * 64,
            expires_at=timezone.now() + datetime.timedelta(days=7),
        )  # fmt: skip
    client = login(world.users["region"])
    assert "loin@exemple.example" not in client.get("/ami/comptes/").text
    assert client.post(f"/ami/comptes/invitations/{invitation.pk}/retirer/").status_code == 404
    assert client.post(f"/ami/comptes/mandats/{abroad.membership.pk}/fin/").status_code == 404


# ---- Somebody asks on the page of an open call


def test_a_new_organisation_gets_a_link_that_opens_account_and_organisation_once(
    world: World, call: AmiCall, django_capture_on_commit_callbacks: object
) -> None:
    status, text = ask(call, django_capture_on_commit_callbacks)
    assert status == 200
    assert "Votre demande est enregistrée" in text
    [message] = mail.outbox
    assert message.to == [WHO["email"]]
    token = token_in(message.body)
    client = Client()
    assert client.post(f"/invitation/{token}/", CHOSEN).status_code == 302
    assert mandates(WHO["email"]) == [("porteur", WHO["organisation"])]
    assert client.post(f"/invitation/{token}/", CHOSEN).status_code == 404
    assert Client().get(f"/invitation/{token}/").status_code == 404
    with system():
        assert Organisation.objects.for_system().filter(name=WHO["organisation"]).count() == 1
        made = Organisation.objects.for_system().get(name=WHO["organisation"])
    assert made.region_id == world.region.pk
    # Its account goes from the public page straight to the call, then to its file.
    assert client.get(door(call)).headers["Location"] == f"/ami/appels/{call.pk}/"


def test_a_known_organisation_waits_for_the_region_and_the_page_says_the_same(
    world: World, call: AmiCall, login: LoginAs, django_capture_on_commit_callbacks: object
) -> None:
    known = make_porteur(world.region, "Maison de l’Emploi du Bocage")
    _, fresh = ask(call, django_capture_on_commit_callbacks, organisation="Tout à fait nouvelle")
    status, text = ask(call, django_capture_on_commit_callbacks, organisation="MAISON DE L'EMPLOI  du bocâge")
    assert status == 200
    assert text == fresh
    assert mail.outbox == []
    sent = {m.to[0]: m.body for m in drain()}
    assert set(sent) == {WHO["email"], world.users["region"].email}
    assert "/invitation/" not in "".join(sent.values())
    assert mandates(WHO["email"]) == []
    client = login(world.users["region"])
    page = client.get("/ami/comptes/").text
    assert WHO["email"] in page
    key = re.search(r"demandes/([0-9a-f-]{36})/accepter/", page)[1]  # type: ignore[index]
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert client.post(f"/ami/comptes/demandes/{key}/accepter/").status_code == 302
    assert Client().post(f"/invitation/{token_in(mail.outbox[0].body)}/", CHOSEN).status_code == 302
    assert mandates(WHO["email"]) == [("porteur", known.organisation.name)]
    with system():
        assert (
            Organisation.objects.for_system().filter(region=world.region, name__icontains="bocage").count()
            == 1
        )
    again = client.post(f"/ami/comptes/demandes/{key}/accepter/", follow=True)
    assert "déjà reçu sa réponse" in again.text
    assert stuck() == []


def test_a_refusal_needs_a_reason_and_is_mailed(
    world: World, call: AmiCall, login: LoginAs, django_capture_on_commit_callbacks: object
) -> None:
    make_porteur(world.region, WHO["organisation"])
    ask(call, django_capture_on_commit_callbacks)
    ask(call, django_capture_on_commit_callbacks)
    drain()
    with system():
        row = AmiRegistration.objects.for_system().get()
    url = f"/ami/comptes/demandes/{row.pk}/refuser/"
    client = login(world.users["region"])
    assert client.get(url).status_code == 200
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "Vous n’êtes pas de cette structure."}).status_code == 302
    [message] = drain()
    assert message.to == [WHO["email"]]
    assert "Vous n’êtes pas de cette structure." in message.body
    for key in ("conseiller", "coordinateur", "animation", "administrateur"):
        assert login(world.users[key]).post(url, {"reason": "Parce que."}).status_code == 403
    assert login(world.users["region"]).post(url, {"reason": "Encore."}).status_code == 302


def test_an_address_with_an_account_is_not_told_apart(
    world: World, call: AmiCall, django_capture_on_commit_callbacks: object
) -> None:
    _, stranger = ask(
        call, django_capture_on_commit_callbacks, email="inconnu@exemple.example", organisation="Une"
    )
    known = world.users["conseiller"].email
    _, holder = ask(call, django_capture_on_commit_callbacks, email=known, organisation="Deux")
    assert stranger.replace("inconnu@exemple.example", "X") == holder.replace(known, "X")
    # Its link gives the mandate to that very account, once it has logged in.
    token = token_in(mail.outbox[0].body)
    assert Client().post(f"/invitation/{token}/", CHOSEN).status_code == 200
    assert mandates(known) == [("conseiller", "CIO de Lille")]


def test_two_links_that_name_one_new_organisation_make_it_once(
    call: AmiCall, django_capture_on_commit_callbacks: object
) -> None:
    links = []
    for email, name in (("a@une.example", "La Cité"), ("b@deux.example", "LA CITE")):
        ask(call, django_capture_on_commit_callbacks, email=email, organisation=name)
        links.append(token_in(mail.outbox[0].body))
    assert Client().post(f"/invitation/{links[0]}/", CHOSEN).status_code == 302
    second = Client().post(f"/invitation/{links[1]}/", CHOSEN)
    assert second.status_code == 409
    assert "déjà connue" in second.text
    assert mandates("b@deux.example") == []
    assert not User.objects.filter(email="b@deux.example").exists()


def test_a_closed_a_draft_and_a_foreign_call_open_nothing(
    world: World, call: AmiCall, django_capture_on_commit_callbacks: object
) -> None:
    draft = make_call(world.region, open=False)
    assert Client().get(door(draft)).status_code == 404
    assert Client().get(f"/ami/appel/{world.other_region.slug}/{call.slug}/candidater/").status_code == 404
    close_call(call)
    status, text = ask(call, django_capture_on_commit_callbacks)
    assert status == 200
    assert "n’est pas ouvert" in text
    assert mail.outbox == []
    with system():
        assert not Invitation.objects.for_system().filter(email=WHO["email"]).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": '"x\r\nBcc: y@z.fr"@exemple.fr'},
        {"email": "a@b.fr, c@d.fr"},
        {"email": ""},
        {"organisation": "  "},
        {"organisation": "--"},
        {"organisation": "a\x00b"},
        {"organisation": "x" * 161},
        {"display_name": ""},
        {"display_name": "\u202eevil"},
    ],
)
def test_bad_input_is_said_and_sends_nothing(
    call: AmiCall, wrong: dict[str, str], django_capture_on_commit_callbacks: object
) -> None:
    assert ask(call, django_capture_on_commit_callbacks, **wrong)[0] == 422
    assert mail.outbox == []


def test_the_page_is_throttled_and_one_address_gets_few_mails(
    call: AmiCall, django_capture_on_commit_callbacks: object
) -> None:
    seen, mails = set(), 0
    for n in range(registration.FROM_ADDRESS[0] + 2):
        status, _ = ask(call, django_capture_on_commit_callbacks, organisation=f"Organisation numéro {n}")
        seen.add(status)
        mails += len(mail.outbox)
    assert seen == {200, 429}
    assert mails == registration.FOR_EMAIL[0]


def test_by_sql_a_link_makes_its_own_organisation_and_no_other(world: World, call: AmiCall) -> None:
    digest = accounts.token_hash("jeton")
    scope = Scope(token=digest, wide=(world.region.pk,))
    row = {
        "email": "a@b.example", "display_name": "D", "role": "porteur", "region_id": world.region.pk,
        "organisation_name": "La mienne", "scope_label": "La mienne", "token_hash": digest,
        "expires_at": timezone.now() + datetime.timedelta(days=1),
    }  # fmt: skip
    for wrong in (
        {"role": "region", "organisation_name": ""},
        {"organisation_name": "", "organisation_id": world.cio.organisation_id},
        {"token_hash": "e" * 64},
        {"region_id": world.other_region.pk},
        {"invited_by_id": 1},
    ):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic(), scoped(scope):
            Invitation(**row | wrong).save(force_insert=True)
    with scoped(scope):
        Invitation(**row).save(force_insert=True)
    for wrong in ({"name": "Une autre"}, {"name": "La mienne", "is_training_body": True}):
        with pytest.raises(ProgrammingError), transaction.atomic(), scoped(scope):
            Organisation(region_id=world.region.pk, **wrong).save(force_insert=True)
    person = make_user("Quelqu’un")
    with pytest.raises(ProgrammingError), transaction.atomic(), scoped(Scope(token=digest, person=person.pk)):
        Membership(
            user=person, role="porteur", region_id=world.region.pk, scope_label="X",
            organisation_id=world.cio.organisation_id, starts_on=timezone.localdate(),
        ).save(force_insert=True)  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic(), scoped(scope), connection.cursor() as cursor:
        cursor.execute("UPDATE territories_invitation SET role = 'region', organisation_name = ''")
    close_call(call)
    with pytest.raises(ProgrammingError), transaction.atomic(), scoped(Scope(token="d" * 64)):
        Invitation(**row | {"token_hash": "d" * 64}).save(force_insert=True)


def test_names_are_compared_without_case_accents_nor_spaces() -> None:
    same = ["Maison de l’Emploi", "MAISON DE L'EMPLOI", " maison  de l emploi ", "Maïson de l’émploi"]
    assert len({bodies.plain_name(name) for name in same}) == 1
    assert bodies.plain_name("Cœur") == bodies.plain_name("COEUR")
    assert bodies.plain_name("Maison") != bodies.plain_name("Maisons")


def test_a_porteur_with_a_file_goes_straight_to_it(world: World, call: AmiCall, login: LoginAs) -> None:
    porteur = make_porteur(world.region)
    application = make_application(call, world.lille, porteur)
    answer = login(porteur.user, porteur.membership).get(door(call))
    assert answer.headers["Location"] == f"/ami/dossiers/{application.pk}/"
