"""The part handed over: printed, saved, mailed once, and nothing typed for it left anywhere (domain § 3)."""

import io
import logging
import smtplib
from pathlib import Path

import pypdf
import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contacts.models import CodeRetour, FicheContact
from contacts.services import appointments, handover
from contacts.services.fiches import DestinationData
from contacts.services.suggestions import distance
from spo_portal.kernel.pdf import PdfBusy, PdfFailed
from territories.models import Brochure
from tests.conftest import LoginAs
from tests.contacts.posts import everything_in_the_database, plain, recorded
from tests.factories import World, system

pytestmark = pytest.mark.django_db

CANARY_MAIL = "canari.zibeline@boite.example"
CANARY_SENTENCE = "Apportez le dossier zibelinecanari demain"
CANARY_POSTAL = "Zibeline Canari\n14 rue du Moulincanari\n59000 LILLE"
CANARIES = ("zibeline", "zibelinecanari", "moulincanari")


@pytest.fixture
def desk(world: World, login: LoginAs) -> Client:
    return login(world.users["conseiller"])


@pytest.fixture
def fiche(world: World) -> FicheContact:
    return recorded(world, world.mission.pk)


def pages_of(content: bytes) -> list[str]:
    return [plain(page.extract_text().encode()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def add_brochure(world: World, content: bytes = b"%PDF-1.4 plaquette", name: str = "plaquette.pdf") -> None:
    with system():
        Brochure.objects.create(region=world.region, name=name, content=content, sha256="0" * 64, pages=1)


def test_the_saved_page(world: World, desk: Client, fiche: FicheContact) -> None:
    text = plain(desk.get(f"/fiches/{fiche.uuid}/").content)
    assert f'data-reference="{fiche.reference}"' in text
    assert f"Référence <b>{fiche.reference}</b>" in text
    for words in (
        "Corriger",
        "Nouvelle fiche",
        "Imprimer la fiche (A4)",
        "Enregistrer en PDF",
        "Partie gardée",
    ):
        assert words in text
    code = handover.load(by=world.actor("conseiller"), uuid=fiche.uuid).code
    assert code is not None
    assert f"<span>{code[:4]}</span> <span>{code[4:8]}</span> <span>{code[8]}</span>" in text
    assert f"Code QR qui contient le code {code[:4]} {code[4:8]} {code[8]}" in text
    assert "Imprimer la plaquette" not in text


def test_solved_on_the_spot_has_no_part_to_hand_over(world: World, desk: Client) -> None:
    fiche = recorded(world)
    text = plain(desk.get(f"/fiches/{fiche.uuid}/").content)
    assert "Remettre à la personne" not in text
    assert "courriel" not in text.replace("Courriel", "")
    refused = desk.post(f"/fiches/{fiche.uuid}/envoyer/", {"courriel": "a@b.example"})
    assert refused.status_code == 422
    assert mail.outbox == []
    assert len(pages_of(desk.get(f"/fiches/{fiche.uuid}/fiche.pdf").content)) == 1


def test_the_code_that_was_wiped_is_shown_no_more(world: World, desk: Client, fiche: FicheContact) -> None:
    with system():
        CodeRetour.objects.all().delete()
    text = plain(desk.get(f"/fiches/{fiche.uuid}/").content)
    assert "Votre code" not in text
    assert "Votre code de retour" not in " ".join(
        pages_of(desk.get(f"/fiches/{fiche.uuid}/fiche.pdf").content)
    )


def test_the_pdf_holds_both_parts(world: World, desk: Client) -> None:
    at = appointments.moment(timezone.localdate(), timezone.datetime(2026, 1, 1, 10, 30).time())
    rdv = DestinationData(world.mission.pk, at, "1er étage", "Accueil jeunes")
    fiche = recorded(world, destinations=(rdv,))
    response = desk.get(f"/fiches/{fiche.uuid}/fiche.pdf")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == f'inline; filename="fiche-{fiche.reference}.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]
    recto, verso = pages_of(response.content)
    for words in (
        "CIO de Lille",
        "Conseiller conseiller",
        "Mission locale de Lille",
        "10 h 30",
        "Accueil jeunes",
    ):
        assert words in recto
    assert "Métiers en région" in verso


def test_printing_with_a_sentence_and_as_a_letter(desk: Client, fiche: FicheContact) -> None:
    url = f"/fiches/{fiche.uuid}/imprimer/"
    response = desk.post(url, {"phrase": CANARY_SENTENCE})
    assert response.headers["Content-Disposition"].startswith("inline;")
    assert CANARY_SENTENCE in pages_of(response.content)[0]
    saved = desk.post(url, {"forme": "enregistrer"})
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    letter = pages_of(desk.post(url, {"adresse_postale": CANARY_POSTAL}).content)
    assert "14 rue du Moulincanari" in letter[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"phrase": "x" * 301}, "Gardez 300 caractères au plus. Il y en a 301"),
        ({"phrase": "a\x00"}, "caractère de commande"),
        ({"phrase": ["a", "b"]}, "Une seule réponse"),
        ({"adresse_postale": "\n".join("abcdefg")}, "Une adresse tient en 6 lignes"),
        ({"adresse_postale": "x" * 51}, "50 caractères au plus par ligne"),
    ],
)
def test_printing_refused_keeps_what_was_typed(
    desk: Client, fiche: FicheContact, data: dict[str, str], message: str
) -> None:
    response = desk.post(f"/fiches/{fiche.uuid}/imprimer/", data)
    assert response.status_code == 422
    assert message in plain(response.content)


def test_the_mail_goes_once_with_the_sheet_and_the_brochure(
    world: World, desk: Client, fiche: FicheContact
) -> None:
    add_brochure(world)
    response = desk.post(
        f"/fiches/{fiche.uuid}/envoyer/", {"courriel": CANARY_MAIL, "phrase_courriel": CANARY_SENTENCE}
    )
    assert (response.status_code, response.headers["Location"]) == (303, f"/fiches/{fiche.uuid}/?envoi=fait")
    (message,) = mail.outbox
    assert message.to == [CANARY_MAIL]
    assert CANARY_SENTENCE in str(message.body)
    (name, sheet, kind), (leaflet_name, leaflet, _) = message.attachments
    assert (name, kind, leaflet_name, leaflet) == (
        "fiche-contact.pdf",
        "application/pdf",
        "plaquette.pdf",
        b"%PDF-1.4 plaquette",
    )
    assert "Mission locale de Lille" in pages_of(sheet)[0]
    assert "Le courriel est parti" in plain(desk.get(response.headers["Location"]).content)


@pytest.mark.parametrize(
    "address", ["", "pas une adresse", "a@b\nBcc: c@d.example", f"{'x' * 300}@b.example", "a\x00@b.example"]
)
def test_a_bad_address_is_refused_and_kept(desk: Client, fiche: FicheContact, address: str) -> None:
    response = desk.post(
        f"/fiches/{fiche.uuid}/envoyer/", {"courriel": address, "phrase_courriel": "Bonjour"}
    )
    assert response.status_code == 422
    assert mail.outbox == []
    assert "Bonjour" in plain(response.content)
    assert "Erreur" in plain(response.content)


def test_a_mail_server_that_does_not_answer_loses_nothing(
    desk: Client, fiche: FicheContact, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> int:
        raise smtplib.SMTPServerDisconnected(f"lost while sending to {CANARY_MAIL}")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fails)
    with caplog.at_level(logging.DEBUG):
        response = desk.post(f"/fiches/{fiche.uuid}/envoyer/", {"courriel": CANARY_MAIL})
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "n’est pas parti" in plain(response.content)
    assert CANARY_MAIL in response.content.decode()
    assert "zibeline" not in caplog.text


def test_a_refused_address_says_so(
    desk: Client, fiche: FicheContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> int:
        raise smtplib.SMTPRecipientsRefused({CANARY_MAIL: (550, b"no such user")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuses)
    response = desk.post(f"/fiches/{fiche.uuid}/envoyer/", {"courriel": CANARY_MAIL})
    assert response.status_code == 422
    assert "refuse cette adresse" in plain(response.content)


def test_a_desk_does_not_send_mail_in_numbers(
    desk: Client, fiche: FicheContact, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAILS_PER_HOUR = 1
    monkeypatch.setattr("contacts.views.handover.documents.handed_pdf", lambda _: b"%PDF-1.4")
    url = f"/fiches/{fiche.uuid}/envoyer/"
    assert desk.post(url, {"courriel": CANARY_MAIL}).status_code == 303
    response = desk.post(url, {"courriel": CANARY_MAIL})
    assert response.status_code == 429
    assert CANARY_MAIL in response.content.decode()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("error", "status"), [(PdfBusy(), 503), (PdfFailed("time"), 422)])
def test_a_document_that_is_not_made_is_said_plainly(
    desk: Client, fiche: FicheContact, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fails(_: object) -> bytes:
        raise error

    monkeypatch.setattr("contacts.views.handover.documents.fiche_pdf", fails)
    response = desk.get(f"/fiches/{fiche.uuid}/fiche.pdf")
    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status == 503)
    assert "est bien enregistrée" in plain(response.content)


def test_the_brochure_of_the_region_only(world: World, login: LoginAs, desk: Client) -> None:
    assert desk.get("/plaquette/").status_code == 404
    add_brochure(world, b"%PDF-1.4 ancienne")
    add_brochure(world, b"%PDF-1.4 nouvelle", 'pla"quette\r\nX: é.pdf')
    response = desk.get("/plaquette/")
    assert response.content == b"%PDF-1.4 nouvelle"
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("inline;")
    assert "\n" not in response.headers["Content-Disposition"]
    assert desk.get("/plaquette/?telecharger=1").headers["Content-Disposition"].startswith("attachment;")
    assert login(world.users["conseiller_niort"]).get("/plaquette/").status_code == 404


def test_other_sites_neither_print_nor_send(world: World, login: LoginAs, fiche: FicheContact) -> None:
    for path, data in (("imprimer/", {}), ("envoyer/", {"courriel": CANARY_MAIL})):
        url = f"/fiches/{fiche.uuid}/{path}"
        assert login(world.users["conseiller_mission"]).post(url, data).status_code == 404
        assert login(world.users["coordinateur"]).post(url, data).status_code == 403
        assert login(world.users["conseiller"]).get(url).status_code == 405
    assert mail.outbox == []


def test_nothing_typed_for_the_handed_part_is_left_anywhere(
    world: World, desk: Client, fiche: FicheContact, caplog: pytest.LogCaptureFixture
) -> None:
    base = f"/fiches/{fiche.uuid}/"
    typed = {"courriel": CANARY_MAIL, "phrase_courriel": CANARY_SENTENCE}
    before = {path: path.stat().st_mtime_ns for path in Path(settings.BASE_DIR, ".local").rglob("*.eml")}
    with caplog.at_level(logging.DEBUG):
        assert (
            desk.post(
                f"{base}imprimer/", {"phrase": CANARY_SENTENCE, "adresse_postale": CANARY_POSTAL}
            ).status_code
            == 200
        )
        assert desk.post(f"{base}imprimer/", {"phrase": CANARY_SENTENCE * 20}).status_code == 422
        assert desk.post(f"{base}envoyer/", typed).status_code == 303
        assert desk.post(f"{base}envoyer/", typed | {"courriel": "zibeline"}).status_code == 422
        page = desk.get(base).content.decode().lower()
    assert len(mail.outbox) == 1
    kept = everything_in_the_database().lower()
    assert fiche.reference.lower() in kept, "the dump sees the rows"
    logs = caplog.text.lower()
    stored = " ".join(str(value) for value in getattr(cache, "_cache", {}).values()).lower()
    session = str(dict(desk.session)).lower() + str(desk.cookies).lower()
    for canary in CANARIES:
        for place in (kept, logs, stored, session, page):
            assert canary not in place
    after = {path: path.stat().st_mtime_ns for path in Path(settings.BASE_DIR, ".local").rglob("*.eml")}
    assert before == after


def test_the_qr_drawing_is_square_and_quiet() -> None:
    drawn = handover.qr_path("K7PM3XWR9", quiet=4)
    assert drawn.side >= 21 + 8
    assert drawn.path.startswith("M4 4h7v1h-7z")
    assert distance((0, 0), (0, 0)) == 0
