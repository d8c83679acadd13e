"""What anybody may ask without an account: codes, fingerprints, links; and the lines of a mail."""

import pytest
from django.core.cache import cache
from django.test import Client

from labelling.models import Convention, ConventionParty, ConventionSignatory
from labelling.services import notices
from labelling.services.convention import events
from labelling.services.convention.events import ANSWERED, LINK_ASKED, NOTICE
from labelling.services.label.decision import CERTIFY
from labelling.services.label.moves import MOVED
from labelling.services.label.notices import DOSSIER_NOTICE as LABEL_NOTICE
from labelling.services.label.notices import WITHDRAWAL_NOTICE
from labelling.services.notices import NOTICE as AMI_NOTICE
from spo_portal.kernel import outbox
from tests.factories import World, system
from tests.labelling.convention_world import MAILS, Signed, form, make_convention
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db
HOSTILE = (
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%22%20onfocus%3D%22alert(1)", "%7B%7B7*7%7D%7D", "%0d%0aX-A:%20b",
    "%E2%80%AE", "a" * 2000, "javascript:alert(1)", "%25s%25n",
)  # fmt: skip
PAGES = (
    "/label/verifier/{}/", "/label/verifier/?code={}", "/convention/verifier/{}/",
    "/convention/signature/{}/", "/convention/signature/{}/texte.txt",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_what_is_typed_comes_back_as_text(db: None, page: str) -> None:
    for typed in HOSTILE:
        cache.clear()
        answer = Client().get(page.format(typed))
        assert answer.status_code in {404, 422}, (page, typed)
        text = answer.text
        for mark in ("<script>alert", '" onfocus="', 'href="javascript:'):
            assert mark not in text, (page, typed)
        assert "X-A" not in answer.headers
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("page", "most"),
    [
        ("/label/verifier/{}/", 30),
        ("/convention/verifier/{}/", 60),
        ("/convention/signature/{}/", 30),
    ],
)
def test_codes_are_not_tried_one_after_the_other(db: None, page: str, most: int) -> None:
    """Known or not, the tries of one address of the network are counted."""
    client = Client()
    answers = [client.get(page.format(f"{n:064x}")).status_code for n in range(most + 3)]
    assert set(answers[:most]) == {404}
    assert answers[most] == 429
    # Another address, said by the client itself, starts no count of its own.
    again = client.get(page.format("f" * 64), headers={"x-forwarded-for": "203.0.113.9"})
    assert again.status_code == 429


@pytest.fixture
def made(world: World) -> Signed:
    return make_convention(world)


def test_an_answer_is_given_once_whoever_sends_it_again(made: Signed) -> None:
    """The same form, from a second device, then with another name: the first answer is kept."""
    url = made.url(MAILS[0])
    sent = form(made, MAILS[0])
    assert Client().post(url, sent).status_code == 302
    for again in (sent, sent | {"name": "Quelqu’un d’autre"}, sent | {"acte": "refuser", "refus": "Non."}):
        assert Client().post(url, again).status_code == 409
    assert [one.name for one in made.answers()] == ["Signataire d’essai"]
    page = Client().get(url)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page.headers["Cache-Control"]


def test_a_link_signs_no_other_convention(made: Signed, world: World) -> None:
    """The link of one party, with the fingerprint and the function of another."""
    sent = form(made, MAILS[1])
    assert Client().post(made.url(MAILS[0]), sent).status_code in {302, 409, 422}
    signed = made.answers()
    assert {one.signatory_id for one in signed} <= {made.signatory(MAILS[0]).pk}
    for sha in ("", "0" * 64, "é" * 64):
        assert Client().post(made.url(MAILS[1]), form(made, MAILS[1], seen=sha)).status_code == 409


LINES = ("CIO\r\nBcc: autre@exemple.example", "CIO\u2028Bcc: autre@exemple.example", "CIO\x85X: 1", "é" * 160)


@pytest.mark.parametrize("name", LINES)
def test_a_name_adds_no_line_to_a_mail(made: Signed, name: str) -> None:
    """As a reference file may bring it in, whatever the forms refuse: one line, one reader."""
    mine = made.signatory(MAILS[0])
    with system():
        Convention.objects.for_system().filter(pk=made.convention.pk).update(title=name)
        ConventionParty.objects.for_system().filter(pk=mine.party_id).update(name=name)
        ConventionSignatory.objects.for_system().filter(pk=mine.pk).update(function=name)
    assert Client().post(made.url(MAILS[0]), form(made, MAILS[0])).status_code == 302
    sent = drain()
    assert not stuck()
    assert {address for message in sent for address in message.recipients()} == {
        MAILS[0], made.world.users["coordinateur"].email,
    }  # fmt: skip
    for message in sent:
        assert len(message.subject) <= notices.SUBJECT_MAX
        assert len(message.subject.splitlines()) == 1
        assert not {"Bcc", "X"} & set(message.message().keys())


KINDS = (MOVED, AMI_NOTICE, LABEL_NOTICE, WITHDRAWAL_NOTICE, ANSWERED, LINK_ASKED, NOTICE, CERTIFY)


def test_the_queue_outlives_what_is_forged(made: Signed) -> None:
    """Kinds that exist, with payloads of no meaning: each is set aside alone, and a true one still passes."""
    mine = made.signatory(MAILS[0])
    payloads: tuple[dict[str, object], ...] = ({}, {"user": "x"}, {"user": [1], "step": {"a": 1}, "rank": -1})
    with system():
        for kind in (
            MOVED,
            AMI_NOTICE,
            LABEL_NOTICE,
            WITHDRAWAL_NOTICE,
            ANSWERED,
            LINK_ASKED,
            NOTICE,
            CERTIFY,
        ):
            for payload in payloads:
                outbox.emit(kind, tenant_id=None, payload=payload)
        events.notify(made.now(), "rappel", signatory=mine.pk, nonce=mine.nonce)
    assert [message.to for message in drain()] == [[MAILS[0]]]
