"""Signing a convention by a personal link: the exact text, once, by whom, and nothing else (GUIDE p. 15)."""

import datetime
import hashlib
import re

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from labelling.models import ConventionSignatory, ConventionStep
from labelling.services.convention import drafting, inviting, parties
from tests.factories import World, system
from tests.labelling.convention_world import MAILS, Signed, form, make_convention
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db
CIO, MISSION = MAILS


@pytest.fixture
def made(world: World) -> Signed:
    return make_convention(world)


def change(made: Signed, old: str, new: str, reason: str = "Erreur dans un article") -> None:
    """Change the text and show it again."""
    with made.acting() as actor:
        convention = made.now()
        drafting.save_draft(
            by=actor,
            convention=convention,
            text=convention.draft.replace(old, new),
            seen=convention.draft_version,
        )
    made.present(reason)


def test_the_mail_holds_a_personal_link_and_no_table_does(made: Signed) -> None:
    token = made.links[CIO]
    assert token == inviting.derive(made.signatory(CIO))
    assert token != made.links[MISSION]
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(payload::text, '') FROM kernel_outboxevent")
        assert token not in cursor.fetchone()[0]
    assert stuck() == []


def test_the_page_shows_the_exact_text_its_fingerprint_and_who_the_link_is_for(made: Signed) -> None:
    page = Client().get(made.url(CIO))
    assert page.status_code == 200
    signatory = made.signatory(CIO)
    for words in (signatory.function, made.parties[0].name, made.now().sha256, "Article 5", "50 %"):
        assert words in page.text
    assert MISSION not in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert page.headers["X-Robots-Tag"] == "noindex"
    exact = Client().get(made.url(CIO) + "texte.txt")
    assert hashlib.sha256(exact.content).hexdigest() == made.now().sha256
    assert made.signatory(CIO).opened_at is not None
    assert made.signatory(MISSION).opened_at is None


def test_the_last_of_two_signatures_makes_the_convention_signed_and_its_document(made: Signed) -> None:
    assert Client().post(made.url(CIO), form(made, CIO)).status_code == 302
    assert made.now().state == "signature"
    receipt, told = made.read_mails()
    assert receipt.to == [CIO]
    assert made.now().sha256 in receipt.body
    assert told.to == [made.world.users["coordinateur"].email]
    assert "1 sur 2" in told.body
    assert "Vous avez signé" in Client().get(made.url(CIO)).text
    assert Client().post(made.url(MISSION), form(made, MISSION)).status_code == 302
    assert made.now().state == "signee"
    assert made.now().pdf is None, "drawn by the worker, not in the signer's request"
    sent = made.read_mails()
    signed = made.now()
    content = bytes(signed.pdf or b"")
    assert hashlib.sha256(content).hexdigest() == signed.pdf_sha256
    copies = {m.to[0]: m for m in sent if m.attachments}
    assert set(copies) == {CIO, MISSION, made.world.users["coordinateur"].email}
    assert bytes(copies[CIO].attachments[0][1]) == content
    assert stuck() == []
    with system():
        steps = list(ConventionStep.objects.for_system().filter(convention=signed).order_by("-at", "key"))
    # The worker writes the lines later: they bear the instant of the signature, and who gave it.
    assert [step.at for step in steps if step.key == "signee"] == [signed.completed_at]
    answers = [step for step in steps if step.key == "reponse"]
    assert len(answers) == 2
    assert all(step.at < signed.completed_at for step in answers if signed.completed_at)
    assert {step.by_label for step in answers} == {"Par son lien personnel"}


def test_what_is_typed_wrong_signs_nothing_and_keeps_what_was_typed(made: Signed) -> None:
    for wrong, words in (
        ({"name": ""}, "Écrivez votre nom"),
        ({"agreed": ""}, "pouvoir de signer"),
        ({"function": " "}, "Écrivez votre fonction"),
        ({"name": "a\x00b"}, "caractère"),
        ({"name": "x" * 121}, "120"),
    ):
        page = Client().post(made.url(CIO), form(made, CIO, **wrong))
        assert page.status_code == 422, wrong
        assert words in page.text
    assert made.answers() == []


def test_a_double_click_and_two_devices_give_one_signature(made: Signed) -> None:
    one, two = Client(), Client()
    two.get(made.url(CIO))
    sent = form(made, CIO)
    assert one.post(made.url(CIO), sent).status_code == 302
    again = one.post(made.url(CIO), sent)
    other = two.post(made.url(CIO), sent | {"name": "Quelqu’un d’autre"})
    assert (again.status_code, other.status_code) == (409, 409)
    assert "déjà été donnée" in other.text
    [kept] = made.answers()
    assert kept.name == sent["name"]


def test_a_stale_text_signs_nothing_and_shows_what_changed(made: Signed) -> None:
    before = form(made, MISSION)
    Client().post(made.url(CIO), form(made, CIO))
    change(made, "préavis de trois mois", "préavis de six mois")
    page = Client().post(made.url(MISSION), before)
    assert page.status_code == 409
    assert "rien n’est signé" in page.text
    assert re.search(r"<del>\s*trois\s*</del>", page.text)
    assert re.search(r"<ins>\s*six\s*</ins>", page.text)
    assert made.now().sha256 in page.text
    assert [one.signatory_id for one in made.answers()] == [made.signatory(CIO).pk]


def test_another_text_opens_the_signatures_again_and_says_to_whom_and_what(made: Signed) -> None:
    Client().post(made.url(CIO), form(made, CIO))
    made.read_mails()
    old = made.links[CIO]
    with made.acting() as actor:
        convention = made.now()
        text = convention.draft.replace("préavis de trois mois", "préavis de six mois")
        drafting.save_draft(by=actor, convention=convention, text=text, seen=convention.draft_version)
        from labelling.services.convention import presenting

        planned = presenting.preview(actor, made.now())
        assert [one.email for one in planned.again] == [CIO]
        assert {one.email for one in planned.invited} == {CIO, MISSION}
    made.present("Préavis trop court")
    sent = {m.to[0]: m.body for m in made.read_mails()}
    for address in MAILS:
        assert "[retiré : trois]" in sent[address]
        assert "[ajouté : six]" in sent[address]
        assert "Préavis trop court" in sent[address]
    assert made.links[CIO] != old, "a link that was used is replaced"
    assert Client().get(f"/convention/signature/{old}/").status_code == 404
    for address in MAILS:
        assert Client().post(made.url(address), form(made, address)).status_code == 302
    assert made.now().state == "signee"
    assert len(made.answers()) == 3


def test_a_corrected_contact_touches_no_signature(made: Signed) -> None:
    Client().post(made.url(CIO), form(made, CIO))
    old = made.links[MISSION]
    sha256 = made.now().sha256
    with made.acting() as actor:
        for email, to in ((CIO, "direction@exemple.example"), (MISSION, "accueil@exemple.example")):
            row = made.signatory(email)
            parties.correct_contact(
                by=actor, convention=made.convention, signatory=row, capacity="elu",
                function=row.function + " (intérim)", email=to,
            )  # fmt: skip
    made.read_mails()
    assert made.now().sha256 == sha256
    assert Client().get(f"/convention/signature/{old}/").status_code == 404
    address = "accueil@exemple.example"
    assert Client().post(made.url(address), form(made, address)).status_code == 302
    assert made.now().state == "signee"


def test_a_refusal_is_kept_with_its_reason_and_a_new_link_asks_again(made: Signed) -> None:
    url = made.url(CIO)
    sent = {"acte": "refuser", "seen": made.now().sha256, "refus": ""}
    assert Client().post(url, sent).status_code == 422
    sent["refus"] = "L’article 5 ne nous convient pas."
    assert Client().post(url, sent).status_code == 302
    assert "Vous avez refusé" in Client().get(url).text
    assert Client().post(url, form(made, CIO)).status_code == 409
    mails = {m.to[0]: m.body for m in made.read_mails()}
    assert sent["refus"] in mails[made.world.users["coordinateur"].email]
    with made.acting() as actor:
        inviting.resend(by=actor, convention=made.convention, signatory=made.signatory(CIO))
    made.read_mails()
    assert Client().post(made.url(CIO), form(made, CIO)).status_code == 302
    assert [one.answer for one in made.answers()] == ["refuse", "signe"]


def test_a_link_forwarded_is_reported_and_dies(made: Signed) -> None:
    page = Client().post(made.url(CIO), {"acte": "pas_moi"})
    assert page.status_code == 200
    assert "coordination est prévenue" in page.text
    assert Client().get(made.url(CIO)).status_code == 404
    [told] = made.read_mails()
    assert told.to == [made.world.users["coordinateur"].email]
    kept = made.signatory(CIO)
    assert kept.token_hash is None
    assert kept.misdirected_at is not None


def test_another_function_than_the_one_invited_is_shown_to_the_coordinator(made: Signed) -> None:
    Client().post(made.url(CIO), form(made, CIO, function="Stagiaire"))
    told = {m.to[0]: m.body for m in made.read_mails()}
    assert "La fonction déclarée est « Stagiaire »" in told[made.world.users["coordinateur"].email]


def test_an_expired_link_reads_no_text_and_sends_another_to_the_same_address(made: Signed) -> None:
    with system():
        ConventionSignatory.objects.for_system().filter(email=CIO).update(
            expires_at=timezone.now() - datetime.timedelta(hours=1)
        )
    page = Client().get(made.url(CIO))
    assert "Ce lien a expiré" in page.text
    assert "Article 5" not in page.text
    assert Client().post(made.url(CIO), form(made, CIO)).status_code == 409
    assert made.answers() == []
    old = made.links[CIO]
    assert "nouveau lien part" in Client().post(made.url(CIO), {"acte": "nouveau_lien"}).text
    [sent] = made.read_mails()
    assert sent.to == [CIO]
    assert made.links[CIO] != old
    assert Client().post(made.url(CIO), form(made, CIO)).status_code == 302


def test_a_removed_signatory_reads_why_and_signs_no_more(made: Signed) -> None:
    with made.acting() as actor:
        parties.add_signatory(
            by=actor, convention=made.convention, party=made.parties[0], capacity="administratif",
            function="Direction", email="direction@exemple.example",
        )  # fmt: skip
        parties.remove_signatory(
            by=actor, convention=made.convention, signatory=made.signatory(CIO), reason="Fin de mandat"
        )
    sent = {m.to[0]: m.body for m in made.read_mails()}
    assert "n’avez plus à signer" in sent[CIO]
    page = Client().get(made.url(CIO))
    assert "Vous n’avez plus à signer" in page.text
    assert "Article 5" not in page.text
    assert Client().post(made.url(CIO), form(made, CIO)).status_code == 409


def test_removing_the_last_one_awaited_makes_the_convention_signed(made: Signed) -> None:
    with made.acting() as actor:
        parties.add_signatory(
            by=actor, convention=made.convention, party=made.parties[1], capacity="administratif",
            function="Direction", email="direction@exemple.example",
        )  # fmt: skip
    made.read_mails()
    for address in (CIO, "direction@exemple.example"):
        Client().post(made.url(address), form(made, address))
    with made.acting() as actor:
        leaving = made.signatory(MISSION)
        assert parties.ends_by_removal(actor, made.now(), leaving)
        kept = parties.remove_signatory(
            by=actor, convention=made.convention, signatory=leaving, reason="Poste vacant"
        )
    assert kept.state == "signee"
    drain()
    assert made.now().pdf is not None


def test_unknown_links_are_counted(made: Signed) -> None:
    client = Client()
    codes = {client.get("/convention/signature/inconnu/").status_code for _ in range(31)}
    assert codes == {404, 429}
    assert made.answers() == []
