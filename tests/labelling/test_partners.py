"""Partners: proposed by the porteur, answered once by the partner on a link of its own (AMI §2)."""

import datetime
import re
import threading

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from labelling.models import AmiApplication, AmiContribution, AmiStep
from labelling.services import partner_answers, partner_links, partners
from spo_portal.kernel.errors import Conflict, Refused, TooManyAttempts
from spo_portal.kernel.tenancy.scope import scoped
from territories import grants
from tests.conftest import LoginAs
from tests.factories import World, make_world, system
from tests.kernel.jobs_by_hand import worker_role
from tests.labelling.ami_world import (
    Porteur,
    make_application,
    make_call,
    make_porteur,
    ready_application,
)
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db
TEXT = "Une permanence par semaine."
YES = {"choice": "confirmee", "answered_as": "Direction"}


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


@pytest.fixture
def application(world: World, porteur: Porteur) -> AmiApplication:
    return make_application(make_call(world.region), world.lille, porteur)


def add(
    porteur: Porteur, application: AmiApplication, email: str = "pole@partenaire.example"
) -> AmiContribution:
    with porteur.acting() as actor:
        return partners.save_partner(
            by=actor, application=application, partner_name="Pôle de l’emploi", email=email, text=TEXT
        )


def invite(porteur: Porteur, application: AmiApplication, row: AmiContribution) -> str:
    """Invite, and read the link in the mail as the partner does."""
    with porteur.acting() as actor:
        partners.invite_partner(by=actor, application=application, contribution=row)
    [message] = [m for m in drain() if m.to == [row.email]]
    return link_of(message.body)


def link_of(body: str) -> str:
    return re.search(r"/ami/contribution/([^/\s]+)/", body)[1]  # type: ignore[index]


def now_of(row: AmiContribution) -> AmiContribution:
    with system():
        return AmiContribution.objects.for_system().get(pk=row.pk)


def test_the_mail_says_what_by_whom_for_what_and_no_table_holds_the_link(
    porteur: Porteur, application: AmiApplication
) -> None:
    row = add(porteur, application)
    with porteur.acting() as actor:
        partners.invite_partner(by=actor, application=application, contribution=row)
    [message] = drain()
    for words in (TEXT, application.title, porteur.organisation.name, "Lille", "une seule réponse"):
        assert words in message.body
    token = link_of(message.body)
    kept = now_of(row)
    assert kept.state == "invitee"
    assert token == partner_links.derive(row.pk, 1)
    assert kept.token_hash == partner_links.digest_of(token)
    with connection.cursor() as cursor, system():
        cursor.execute("SELECT string_agg(payload::text, '') FROM kernel_outboxevent")
        assert token not in cursor.fetchone()[0]


def test_the_page_tells_no_more_than_the_link_and_keeps_it_secret(
    porteur: Porteur, application: AmiApplication
) -> None:
    row = add(porteur, application)
    add(porteur, application, "autre@partenaire.example")
    page = Client().get(f"/ami/contribution/{invite(porteur, application, row)}/")
    assert page.status_code == 200
    assert TEXT in page.text
    assert porteur.organisation.name in page.text
    assert "autre@partenaire" not in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in page.headers["Cache-Control"]


def test_confirming_tells_everybody_and_serves_once(
    porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    row = add(porteur, application)
    token = invite(porteur, application, row)
    client = Client()
    assert client.post(f"/ami/contribution/{token}/", YES).status_code == 302
    sent = {m.to[0]: m.body for m in drain()}
    assert "Vous n’êtes pas à l’origine de cette réponse" in sent[row.email]
    assert "Pôle de l’emploi confirme sa contribution" in sent[porteur.user.email]
    assert stuck() == []
    assert now_of(row).state == "confirmee"
    again = client.post(f"/ami/contribution/{token}/", {**YES, "choice": "declinee", "word": "Non merci."})
    assert again.status_code == 409
    assert "déjà été donnée" in again.text
    assert now_of(row).state == "confirmee"
    assert "Votre réponse est enregistrée" in client.get(f"/ami/contribution/{token}/").text
    assert drain() == []
    page = login(porteur.user, porteur.membership).get(f"/ami/dossiers/{application.pk}/partenaires/")
    assert "Confirmée" in page.text
    with system():
        step = AmiStep.objects.for_system().get(application=application, key="partenaire_repond")
        assert step.told_at is not None


def test_amending_keeps_both_texts_and_declining_needs_a_word(
    porteur: Porteur, application: AmiApplication
) -> None:
    row = add(porteur, application)
    url = f"/ami/contribution/{invite(porteur, application, row)}/"
    client = Client()
    assert client.post(url, {"choice": "declinee", "answered_as": "Direction"}).status_code == 422
    assert client.post(url, {**YES, "choice": "modifiee", "amended": " "}).status_code == 422
    assert client.post(url, {**YES, "choice": "peut-etre"}).status_code == 422
    assert client.post(url, {"choice": "confirmee"}).status_code == 422
    assert client.post(url, {**YES, "answered_as": "Mme Dupont"}).status_code == 422
    assert client.post(url, {**YES, "word": "a\x00b"}).status_code == 422
    assert now_of(row).state == "invitee"
    assert client.post(url, {**YES, "choice": "modifiee", "amended": "Deux permanences."}).status_code == 302
    kept = now_of(row)
    assert (kept.state, kept.text, kept.amended) == ("modifiee", TEXT, "Deux permanences.")


def test_an_unknown_a_replaced_and_an_expired_link_give_the_same_clear_page(
    porteur: Porteur, application: AmiApplication
) -> None:
    row = add(porteur, application)
    first = invite(porteur, application, row)
    second = invite(porteur, application, row)
    client = Client()
    bodies = []
    for token in ("inconnu", first, partner_links.derive(row.pk, 3), partner_links.derive(row.pk + 1, 1)):
        for answer in (
            client.get(f"/ami/contribution/{token}/"),
            client.post(f"/ami/contribution/{token}/", YES),
        ):
            assert answer.status_code == 404
            assert "n’est plus valable" in answer.text
            assert answer.headers["Referrer-Policy"] == "strict-origin"
            bodies.append(re.sub(r"csrf\S+|[A-Za-z0-9]{64}", "", answer.text))
    assert len(set(bodies)) == 1
    assert client.get(f"/ami/contribution/{second}/").status_code == 200
    with system():
        AmiContribution.objects.for_system().filter(pk=row.pk).update(
            expires_at=timezone.now() - datetime.timedelta(seconds=1)
        )
    assert client.get(f"/ami/contribution/{second}/").status_code == 404
    assert client.post(f"/ami/contribution/{second}/", YES).status_code == 404
    assert now_of(row).state == "invitee"


def test_guessing_links_is_throttled(application: AmiApplication) -> None:
    client = Client()
    answers = {client.get(f"/ami/contribution/essai-{n}/").status_code for n in range(40)}
    assert answers == {404, 429}


def test_a_link_reaches_one_contribution_and_nothing_else_by_sql(
    porteur: Porteur, application: AmiApplication
) -> None:
    row, other = add(porteur, application), add(porteur, application, "autre@partenaire.example")
    token = invite(porteur, application, row)
    with transaction.atomic(), scoped(partner_links.scope_of(token)), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM labelling_amicontribution")
        assert cursor.fetchall() == [(row.pk,)]
        cursor.execute("SELECT count(*) FROM labelling_amiapplication")
        assert cursor.fetchone() == (0,)
        cursor.execute("UPDATE labelling_amicontribution SET reason = 'x' WHERE id = %s", [other.pk])
        assert cursor.rowcount == 0


def test_two_answers_in_the_same_second_give_one(porteur: Porteur, application: AmiApplication) -> None:
    row = add(porteur, application)
    token = invite(porteur, application, row)
    scope = partner_links.scope_of(token)
    with scoped(scope):
        partner_answers.answer(token=token, choice="confirmee", answered_as="Direction")
    with pytest.raises(Conflict), scoped(scope):
        partner_answers.answer(token=token, choice="declinee", word="Non merci.", answered_as="Direction")
    assert now_of(row).state == "confirmee"


def test_a_text_changed_after_an_answer_is_asked_again(
    porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    row = add(porteur, application)
    token = invite(porteur, application, row)
    Client().post(f"/ami/contribution/{token}/", YES)
    client = login(porteur.user, porteur.membership)
    url = f"/ami/dossiers/{application.pk}/partenaires/{row.pk}/"
    assert "efface sa réponse" in client.get(url).text
    same = {"partner_name": row.partner_name, "email": row.email, "text": TEXT}
    client.post(url, same)
    assert now_of(row).state == "confirmee"
    client.post(url, {**same, "text": "Deux permanences par semaine."})
    kept = now_of(row)
    assert (kept.state, kept.answered_at, kept.token_hash) == ("a_inviter", None, None)
    assert Client().get(f"/ami/contribution/{token}/").status_code == 404


def test_a_partner_answers_after_the_submission_and_the_text_is_closed(
    world: World, porteur: Porteur
) -> None:
    call = make_call(world.region)
    application = ready_application(call, world.lille, porteur, submitted=False)
    row = add(porteur, application)
    token = invite(porteur, application, row)
    from labelling.services.submission import submit

    with porteur.acting() as actor:
        submit(by=actor, application=application)
        with pytest.raises(Refused):
            partners.save_partner(
                by=actor,
                application=application,
                contribution=row,
                partner_name="X",
                email=row.email,
                text="Y",
            )
        with pytest.raises(Refused):
            partners.remove_partner(by=actor, application=application, contribution=row)
        partners.invite_partner(by=actor, application=application, contribution=row)
    fresh = next(link_of(m.body) for m in drain() if m.to == [row.email])
    assert fresh != token
    assert Client().post(f"/ami/contribution/{fresh}/", YES).status_code == 302
    assert now_of(row).state == "confirmee"


def test_mails_to_one_address_are_counted(porteur: Porteur, application: AmiApplication) -> None:
    row = add(porteur, application)
    with porteur.acting() as actor:
        for _ in range(partners.MAILS_OF_ADDRESS[0]):
            partners.invite_partner(by=actor, application=application, contribution=row)
        with pytest.raises(TooManyAttempts):
            partners.invite_partner(by=actor, application=application, contribution=row)


def test_a_late_mail_never_carries_a_dead_link(porteur: Porteur, application: AmiApplication) -> None:
    row = add(porteur, application)
    with porteur.acting() as actor:
        partners.invite_partner(by=actor, application=application, contribution=row)
        partners.invite_partner(by=actor, application=application, contribution=row)
    [message] = drain()
    assert link_of(message.body) == partner_links.derive(row.pk, 2)


def test_who_may_write_the_partners(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    row = add(porteur, application)
    base = f"/ami/dossiers/{application.pk}/partenaires/"
    other = make_porteur(world.region)
    assert login(other.user, other.membership).get(base).status_code == 404
    # The Region reads no draft it was not named on.
    assert login(world.users["region"]).get(base).status_code == 404
    reader = world.users["charge_mission"]
    with porteur.acting() as actor:
        grants.share(
            by=actor, user=reader, obj=application, permission="view_amiapplication",
            until=timezone.now() + datetime.timedelta(days=3),
        )  # fmt: skip
    client = login(reader)
    page = client.get(base)
    assert page.status_code == 200
    assert row.email not in page.text
    before = now_of(row)
    assert client.post(f"{base}{row.pk}/inviter/").status_code == 403
    assert client.post(f"{base}{row.pk}/retirer/").status_code == 403
    typed = {"partner_name": "A", "email": "a@partenaire.example", "text": "T"}
    assert client.post(base, typed).status_code == 403
    assert client.post(f"{base}{row.pk}/", typed).status_code == 403
    after = now_of(row)
    assert (after.state, after.text, after.nonce) == (before.state, before.text, before.nonce)


def test_the_list_costs_the_same_with_many_partners(
    porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    from django.test.utils import CaptureQueriesContext

    client = login(porteur.user, porteur.membership)
    add(porteur, application)
    client.get(f"/ami/dossiers/{application.pk}/partenaires/")
    counts = []
    for n in range(2):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/ami/dossiers/{application.pk}/partenaires/").status_code == 200
        counts.append(len(seen))
        for k in range(8):
            add(porteur, application, f"p{n}{k}@partenaire.example")
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_partners_at_once_on_one_link_give_one_answer() -> None:
    world = make_world()
    porteur = make_porteur(world.region)
    application = make_application(make_call(world.region), world.lille, porteur)
    row = add(porteur, application)
    with porteur.acting() as actor:
        partners.invite_partner(by=actor, application=application, contribution=row)
    token = partner_links.derive(row.pk, 1)
    gate, results = threading.Barrier(2), []

    def answer(choice: str) -> None:
        gate.wait()
        reply = Client().post(
            f"/ami/contribution/{token}/",
            {"choice": choice, "answered_as": "Direction", "word": "Un mot de plus."},
        )
        results.append(reply.status_code)
        connection.close()

    threads = [threading.Thread(target=answer, args=[c]) for c in ("confirmee", "declinee")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [302, 409]
    with worker_role(), system():
        kept = AmiContribution.objects.for_system().get(pk=row.pk)
    assert kept.state in {"confirmee", "declinee"}
