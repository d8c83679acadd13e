"""The convention of funding: its amount, its payments, its frozen text, a project given up (AMI §5)."""

import datetime
import hashlib
import io

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiConvention, AmiCoverage, AmiFollowUp, AmiInstalment
from labelling.services import conventions
from labelling.services.conventions import Payment
from labelling.services.envelope import envelope_of
from spo_portal.kernel.errors import Conflict, Refused
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_after import AMOUNT, PDF, funded, prepared, selected, terms
from tests.labelling.ami_decisions import reload
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import Porteur, acting, make_call, make_porteur

pytestmark = pytest.mark.django_db


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


@pytest.fixture
def region(world: World) -> Account:
    return make_officer(world.region)


@pytest.fixture
def file(world: World, region: Account, porteur: Porteur) -> AmiApplication:
    return selected(make_call(world.region), world.lille, region, porteur)


def test_what_is_proposed_makes_the_amount_decided(file: AmiApplication) -> None:
    for amount in (1, 2, 5_800_001):
        if amount > 1:
            made = conventions.proposed(file, amount, datetime.date(2026, 12, 31))
            assert sum(payment.amount for payment in made.payments) == amount
            assert (made.starts_on, made.ends_on) == (datetime.date(2027, 1, 1), datetime.date(2027, 12, 31))


def test_payments_make_the_amount_to_the_cent(file: AmiApplication, region: Account) -> None:
    day = timezone.localdate()
    for amount, side in ((AMOUNT - 1, "de moins"), (AMOUNT + 1, "de trop")):
        with pytest.raises(Refused, match=side):
            prepared(file, region, payments=(Payment("Tout", amount, day),))
    prepared(file, region, payments=(Payment("Tout", AMOUNT, day),))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": " "}, "numéro"),
        ({"ends_on": datetime.date(2000, 1, 1)}, "après son début"),
        ({"ends_on": datetime.date(2090, 1, 1)}, "six ans"),
        ({"follow_up_month": 13}, "mois"),
        ({"payments": ()}, "versements"),
        ({"payments": (Payment("", AMOUNT, datetime.date(2027, 1, 1)),)}, "libellé"),
    ],
)
def test_wrong_terms_are_refused(
    file: AmiApplication, region: Account, change: dict[str, object], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        prepared(file, region, **change)


def test_signing_freezes_the_text_and_dates_the_reports(file: AmiApplication, region: Account) -> None:
    made = funded(file, region)
    assert made.state == ApplicationState.CONVENTIONNEE
    with system():
        held = AmiConvention.objects.get(application=file)
        years = list(
            AmiFollowUp.objects.filter(application=file).order_by("year").values_list("year", "due_on")
        )
    assert held.pdf_sha256 == hashlib.sha256(PDF).hexdigest() == hashlib.sha256(bytes(held.pdf)).hexdigest()
    year = timezone.localdate().year
    assert years == [(year, datetime.date(year + 1, 3, 31)), (year + 1, datetime.date(year + 2, 3, 31))]
    with acting(*region) as by:
        with pytest.raises(Conflict):
            conventions.prepare(by=by, application=file, terms=terms(number="autre"))
        with pytest.raises(Conflict):
            conventions.sign(by=by, application=file, signed_on=timezone.localdate(), pdf=PDF)


def test_a_convention_rewritten_since_it_was_read_is_not_signed(
    file: AmiApplication, region: Account, login: LoginAs
) -> None:
    """Another officer rewrites it while this one confirms: the text kept would not be the terms kept."""
    read = prepared(file, region).made_at
    prepared(file, region, number="2026-119")
    with acting(*region) as by, pytest.raises(Conflict, match="réécrite"):
        conventions.sign(by=by, application=file, signed_on=timezone.localdate(), pdf=PDF, read=read)
    answer = login(*region).post(
        reverse("ami_convention_signer", args=[file.pk]),
        {"signee_le": timezone.localdate().isoformat(), "confirme": "1", "lue": read.isoformat()},
    )
    assert answer.status_code == 409
    with system():
        assert AmiConvention.objects.get(application=file).signed_on is None


@pytest.mark.parametrize("sql", ["amount = amount + 1", "pdf = '\\x25', pdf_sha256 = 'x'", "number = 'y'"])
def test_a_signed_convention_never_changes_in_the_database(
    file: AmiApplication, region: Account, sql: str
) -> None:
    funded(file, region)
    with system(), connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute(f"UPDATE labelling_amiconvention SET {sql}")


def test_a_payment_is_noted_after_the_signature(file: AmiApplication, region: Account) -> None:
    prepared(file, region)
    with system():
        first = AmiInstalment.objects.filter(application=file).first()
    assert first is not None
    today = timezone.localdate()
    with acting(*region) as by, pytest.raises(Conflict):
        conventions.note_paid(by=by, instalment=first, paid_on=today)
    funded(file, region)
    with system():
        first = AmiInstalment.objects.filter(application=file).first()
    with acting(*region) as by:
        for day in (today + datetime.timedelta(1), today - datetime.timedelta(1)):
            with pytest.raises(Refused):
                conventions.note_paid(by=by, instalment=first, paid_on=day)
        assert conventions.note_paid(by=by, instalment=first, paid_on=today).paid_on == today
        assert conventions.note_paid(by=by, instalment=first, paid_on=None).paid_on is None


def test_giving_up_returns_the_amount_and_uncovers_the_bassin(
    world: World, file: AmiApplication, region: Account
) -> None:
    made = funded(file, region)
    with acting(*region) as by:
        before = envelope_of(by, made.call).left
        conventions.desist(by=by, application=made, reason="Le porteur ferme son antenne.")
        assert envelope_of(by, made.call).left == before + AMOUNT
    with system():
        assert AmiCoverage.objects.get(call=made.call, territory=world.lille).level == 0


def test_nobody_else_funds(world: World, file: AmiApplication, porteur: Porteur) -> None:
    from django.core.exceptions import PermissionDenied

    with porteur.acting() as by, pytest.raises(PermissionDenied):
        conventions.prepare(by=by, application=file, terms=terms())
    by = world.actor("animation")
    with pytest.raises(PermissionDenied):
        conventions.prepare(by=by, application=file, terms=terms())


def test_the_screens_take_a_convention_to_its_signature(
    file: AmiApplication,
    region: Account,
    porteur: Porteur,
    login,  # type: ignore[no-untyped-def]
) -> None:
    client = login(*region)
    page = reverse("ami_convention", args=[file.pk])
    answer = client.get(page)
    assert "Préparer la convention" in answer.content.decode()
    values = {name: field.value() for name, field in ((f.html_name, f) for f in answer.context["form"])}
    values = {name: "" if value is None else str(value) for name, value in values.items()}
    wrong = client.post(page, values | {"montant_1": "1,00"})
    assert wrong.status_code == 422
    assert "de moins" in wrong.content.decode()
    assert client.post(page, values).status_code == 302
    draft = client.get(reverse("ami_convention_pdf", args=[file.pk]))
    assert "pas encore signé" in text_of(draft.content)
    assert "58 000 €" in text_of(draft.content).replace("\u202f", " ").replace("\xa0", " ")
    sign = reverse("ami_convention_signer", args=[file.pk])
    day = {"signee_le": timezone.localdate().isoformat()}
    assert client.post(sign, day).status_code == 200
    assert reload(file).state == ApplicationState.RETENUE
    assert client.post(sign, day | {"confirme": "1"}).status_code == 302
    assert reload(file).state == ApplicationState.CONVENTIONNEE
    reader = login(porteur.user, porteur.membership)
    signed = reader.get(reverse("ami_convention_pdf", args=[file.pk]))
    with system():
        assert (
            hashlib.sha256(signed.content).hexdigest()
            == AmiConvention.objects.get(application=file).pdf_sha256
        )
    assert "pas encore signé" not in text_of(signed.content)
    assert reader.post(sign, day).status_code == 403
    paid = reverse("ami_versement", args=[file.pk, answer_instalment(file)])
    assert client.post(paid, {"verse_le": timezone.localdate().isoformat()}).status_code == 302
    assert "le " in client.get(page).content.decode()


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def answer_instalment(file: AmiApplication) -> int:
    with system():
        return AmiInstalment.objects.filter(application=file).values_list("pk", flat=True).first() or 0


def test_giving_up_is_asked_once(file: AmiApplication, region: Account, login) -> None:  # type: ignore[no-untyped-def]
    client = login(*region)
    page = reverse("ami_desister", args=[file.pk])
    assert "revient à l’enveloppe" in client.get(page).content.decode()
    assert client.post(page, {"commentaire": ""}).status_code == 422
    assert reload(file).state == ApplicationState.RETENUE
    assert client.post(page, {"commentaire": "Le porteur renonce."}).status_code == 302
    assert reload(file).state == ApplicationState.RETIREE
    assert client.get(page).status_code == 200
