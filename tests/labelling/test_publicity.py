"""Proof that the funding is made public: files checked by their bytes, then by the Region (AMI §5)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import Funder, ProofState
from labelling.models import AmiApplication, AmiPublicityProof
from labelling.services import publicity
from labelling.services.alerts import proofs_due, proofs_to_give
from spo_portal.kernel.errors import Conflict, Refused
from tests.factories import World, system
from tests.labelling.ami_after import funded, photo, selected
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
    return funded(selected(make_call(world.region), world.lille, region, porteur), region)


def add(
    file: AmiApplication, porteur: Porteur, content: bytes | None = None, funder: str = Funder.LES_DEUX
) -> AmiPublicityProof:
    with porteur.acting() as by:
        return publicity.add_proof(
            by=by, application=file, funder=funder, title="Plaque à l’entrée", name="plaque.png",
            content=photo() if content is None else content,
        )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00",
        b"<svg xmlns='x'><script>1</script></svg>",
        b"%PDF-1.4 broken",
        b"\x89PNG\r\n\x1a\nx",
        b"x" * 99,
    ],
    ids=["empty", "program", "drawing", "pdf", "png", "text"],
)
def test_only_true_files_are_kept(file: AmiApplication, porteur: Porteur, content: bytes) -> None:
    with pytest.raises(Refused):
        add(file, porteur, content)
    with system():
        assert not AmiPublicityProof.objects.exists()


def test_the_same_file_twice_is_one_proof(file: AmiApplication, porteur: Porteur) -> None:
    assert add(file, porteur).pk == add(file, porteur).pk


def test_none_before_the_convention(world: World, region: Account, porteur: Porteur) -> None:
    early = selected(make_call(world.region), world.lille, region, porteur)
    with pytest.raises(Refused, match="signée"):
        add(early, porteur)


def test_the_region_checks_once(file: AmiApplication, porteur: Porteur, region: Account) -> None:
    proof = add(file, porteur)
    with porteur.acting() as by, pytest.raises(PermissionDenied):
        publicity.check_proof(by=by, proof=proof, accepted=True)
    with acting(*region) as by:
        with pytest.raises(Refused, match="pourquoi"):
            publicity.check_proof(by=by, proof=proof, accepted=False)
        publicity.check_proof(by=by, proof=proof, accepted=False, reason="Le logo de la Région manque.")
        with pytest.raises(Conflict):
            publicity.check_proof(by=by, proof=proof, accepted=True)
    with porteur.acting() as by, pytest.raises(Conflict):
        publicity.remove_proof(by=by, proof=proof)
    other = add(file, porteur, photo("red"))
    with acting(*region) as by:
        publicity.check_proof(by=by, proof=other, accepted=True)
        assert publicity.still_wanted(file, publicity.proofs_of(by, file)) == []


def test_a_porteur_accepts_nothing_in_sql(file: AmiApplication, porteur: Porteur) -> None:
    proof = add(file, porteur)
    with porteur.acting(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labelling_amipublicityproof SET state = 'acceptee', checked_at = now() WHERE id = %s",
            [proof.pk],
        )
        assert cursor.rowcount == 0


def test_the_region_changes_no_file_in_sql(file: AmiApplication, porteur: Porteur, region: Account) -> None:
    proof = add(file, porteur)
    with acting(*region), connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE labelling_amipublicityproof SET title = 'x' WHERE id = %s", [proof.pk])


def test_what_is_wanted_follows_the_budget(file: AmiApplication, porteur: Porteur) -> None:
    assert publicity.wanted(file) == (Funder.REGION,)
    file.fse_asked = 100
    assert publicity.wanted(file) == (Funder.REGION, Funder.FSE)
    proof = AmiPublicityProof(funder=Funder.REGION, state=ProofState.ACCEPTEE)
    assert publicity.still_wanted(file, [proof]) == [Funder.FSE]


def test_three_months_later_at_the_end_of_a_month() -> None:
    assert publicity.due_on(datetime.date(2026, 11, 30)) == datetime.date(2027, 2, 28)
    assert publicity.due_on(datetime.date(2026, 1, 15)) == datetime.date(2026, 4, 15)


def test_a_late_proof_is_said_to_both_until_one_is_given(
    file: AmiApplication, porteur: Porteur, region: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate()
    with porteur.acting() as by:
        assert [item.late for item in proofs_to_give(by)] == [False]
    with acting(*region) as by:
        assert list(proofs_to_give(by)) == []
    with system():
        due = publicity.due_on(today)
        found = list(proofs_due(today, due, None))
        assert [(one.key, one.people) for one in found] == [(file.pk, frozenset({porteur.user.pk}))]
        assert list(proofs_due(today, due, {file.pk + 1})) == []
    monkeypatch.setattr(timezone, "localdate", lambda *_: today + datetime.timedelta(days=200))
    with acting(*region) as by:
        assert [item.about for item in proofs_to_give(by)] == [file.title]
    add(file, porteur)
    with acting(*region) as by:
        assert list(proofs_to_give(by)) == []
    with porteur.acting() as by:
        assert list(proofs_to_give(by)) == []


def test_the_screens_join_download_check_and_take_back(
    world: World,
    file: AmiApplication,
    porteur: Porteur,
    region: Account,
    login,  # type: ignore[no-untyped-def]
) -> None:
    client = login(porteur.user, porteur.membership)
    page = reverse("ami_publicite", args=[file.pk])
    join = reverse("ami_preuve_deposer", args=[file.pk])
    posted = {"financement": "region", "titre": "Plaque"}
    assert client.post(join, posted).status_code == 422
    bad = SimpleUploadedFile("photo.png", b"MZ program")
    wrong = client.post(join, posted | {"fichier": bad})
    assert wrong.status_code == 422
    assert "programme" in wrong.content.decode()
    good = SimpleUploadedFile("photo.png", photo())
    assert client.post(join, posted | {"fichier": good}).status_code == 302
    with system():
        proof = AmiPublicityProof.objects.get()
    got = client.get(reverse("ami_preuve", args=[file.pk, proof.pk]))
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert login(world.users["coordinateur_douai"]).get(
        reverse("ami_preuve", args=[file.pk, proof.pk])
    ).status_code == 404  # fmt: skip
    officer = login(*region)
    check = reverse("ami_preuve_verifier", args=[file.pk, proof.pk])
    assert client.post(check, {"acte": "accepter"}).status_code == 403
    assert officer.post(check, {"acte": "refuser", "motif": ""}).status_code == 302
    with system():
        assert AmiPublicityProof.objects.get().state == ProofState.DEPOSEE
    assert officer.post(check, {"acte": "accepter"}).status_code == 302
    assert "est prouvée" in client.get(page).content.decode()
    take_back = reverse("ami_preuve_retirer", args=[file.pk, proof.pk])
    assert client.post(take_back).status_code == 302
    with system():
        assert AmiPublicityProof.objects.get().state == ProofState.ACCEPTEE
