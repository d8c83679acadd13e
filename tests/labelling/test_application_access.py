"""Who reads and writes a file: the door, and row-level security behind it."""

import datetime

import pytest
from django.db import connection, transaction
from django.db.utils import Error
from django.urls import reverse
from django.utils import timezone

from labelling.models import AmiApplication, AmiAttachment, AmiPlace, AmiSection
from labelling.services.parts import open_parts
from territories import grants
from tests.conftest import LoginAs
from tests.factories import World
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur, acting


@pytest.fixture
def porteur(world: World) -> Porteur:
    return ami_world.make_porteur(world.region)


@pytest.fixture
def draft(world: World, porteur: Porteur) -> AmiApplication:
    file = ami_world.make_application(ami_world.make_call(world.region), world.lille, porteur)
    ami_world.fill(file)
    return file


def count(table: str, file: AmiApplication) -> int:
    """Rows of a table that the scope of the transaction lets through, without any of our querysets."""
    column = "id" if table == "labelling_amiapplication" else "application_id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", [file.pk])
        return int(cursor.fetchone()[0])


PARTS = (
    "amisection", "amiplace", "amiattachment", "amicriterionanswer", "amiprogressline", "amibudgetline",
    "amicontribution",
)  # fmt: skip


@pytest.mark.parametrize("key", ["region", "animation", "coordinateur", "conseiller", "administrateur"])
def test_nobody_reads_a_draft_it_was_not_named_on(
    world: World, draft: AmiApplication, login: LoginAs, key: str
) -> None:
    client = login(world.users[key], world.memberships[key])
    refused = 403 if key == "administrateur" else 404
    assert client.get(reverse("ami_dossier", args=[draft.pk])).status_code == refused
    with acting(world.users[key], world.memberships[key]):
        for part in PARTS:
            assert count(f"labelling_{part}", draft) == 0, part


def test_another_organisation_gets_the_404_of_a_missing_file(
    world: World, draft: AmiApplication, login: LoginAs
) -> None:
    other = ami_world.make_porteur(world.region)
    client = login(other.user, other.membership)
    for name in ("ami_dossier", "ami_identite", "ami_deposer", "ami_retirer", "ami_recu"):
        assert client.get(reverse(name, args=[draft.pk])).status_code == 404, name
        assert client.post(reverse(name, args=[draft.pk])).status_code in {404, 405}, name
    assert client.get(reverse("ami_partie", args=[draft.pk, "services"])).status_code == 404
    with other.acting():
        assert count("labelling_amiapplication", draft) == 0


def test_the_other_organisation_writes_nothing_by_sql(world: World, draft: AmiApplication) -> None:
    other = ami_world.make_porteur(world.region)
    with other.acting() as by:
        assert AmiSection.objects.filter(application=draft).update(text="x") == 0
        assert AmiPlace.objects.filter(application=draft).delete()[0] == 0
        with pytest.raises(Error), transaction.atomic():
            AmiSection.objects.create(application=draft, key="services", text="x", saved_by_label="x")
        assert open_parts(by, draft) == frozenset()


def test_a_co_writer_writes_what_was_shared_until_its_date(
    world: World, porteur: Porteur, draft: AmiApplication, login: LoginAs
) -> None:
    writer, membership = world.users["charge_mission"], world.memberships["charge_mission"]
    url = reverse("ami_partie", args=[draft.pk, "services"])
    client = login(writer, membership)
    assert client.get(url).status_code == 404
    until = timezone.now() + datetime.timedelta(days=9)
    with porteur.acting() as by:
        grants.share(by=by, user=writer, obj=draft, permission="change_amiapplication", until=until)
    assert client.get(url).status_code == 200
    assert client.post(url, {"texte": "Écrit à deux.", "version": "1"}).status_code == 302
    assert client.get(reverse("ami_dossier", args=[draft.pk])).status_code == 200
    assert draft.title in client.get(reverse("ami_mes_dossiers")).content.decode()
    # A co-writer writes; it neither submits nor withdraws.
    assert client.get(reverse("ami_deposer", args=[draft.pk])).status_code == 403
    with porteur.acting() as by:
        grants.withdraw(by=by, user=writer, obj=draft, permission="change_amiapplication")
    assert client.get(url).status_code == 404


def test_a_reader_reads_and_does_not_write(
    world: World, porteur: Porteur, draft: AmiApplication, login: LoginAs
) -> None:
    reader, membership = world.users["charge_mission"], world.memberships["charge_mission"]
    until = timezone.now() + datetime.timedelta(days=9)
    with porteur.acting() as by:
        grants.share(by=by, user=reader, obj=draft, permission="view_amiapplication", until=until)
    client = login(reader, membership)
    assert client.get(reverse("ami_dossier", args=[draft.pk])).status_code == 200
    url = reverse("ami_partie", args=[draft.pk, "services"])
    assert client.get(url).status_code == 302
    client.post(url, {"texte": "Je ne devrais pas.", "version": "1"})
    with acting(reader, membership):
        assert AmiSection.objects.filter(application=draft).update(text="x") == 0
        assert not AmiSection.objects.filter(application=draft, text="Je ne devrais pas.").exists()


def test_the_region_reads_once_submitted(world: World, porteur: Porteur, login: LoginAs) -> None:
    file = ami_world.ready_application(ami_world.make_call(world.region), world.lille, porteur)
    client = login(world.users["region"], world.memberships["region"])
    page = client.get(reverse("ami_dossier", args=[file.pk]))
    assert page.status_code == 200
    assert "Examiner" in page.content.decode()
    member, seat = ami_world.make_member(file.commission)
    assert login(member, seat).get(reverse("ami_dossier", args=[file.pk])).status_code == 200
    piece = AmiAttachment.objects.none()
    with porteur.acting():
        piece = AmiAttachment.objects.filter(application=file).get()
    answer = client.get(reverse("ami_piece", args=[file.pk, piece.pk]))
    assert answer.status_code == 200
    animation = login(world.users["animation"], world.memberships["animation"])
    assert animation.get(reverse("ami_piece", args=[file.pk, piece.pk])).status_code == 404
