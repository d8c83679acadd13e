"""Who reads and writes a dossier of label: by the door, and in SQL as the web role (domain § 2)."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError
from django.urls import reverse

from labelling.enums_label import LabelPart
from labelling.models import LabelComplement, LabelDossier, LabelSection
from labelling.services.label import answering, complements, sections
from labelling.services.label.moves import open_complement
from spo_portal.kernel.errors import Refused
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.label_world import coordinator, make_dossier, ready_dossier, submitted

PARTS = ("labelling_labelsection", "labelling_labelplace", "labelling_labelstep")


def seen(world: World, key: str, table: str) -> int:
    """Rows of a table the account reads in plain SQL, as the role of the web."""
    with transaction.atomic(), connection.cursor() as cursor:
        world.actor(key)
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == "spo_web"
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("table", ["labelling_labeldossier", *PARTS])
def test_a_draft_is_read_where_it_is_written(world: World, table: str) -> None:
    ready_dossier(world.lille)
    for key in ("coordinateur", "charge_mission", "animateur_etat", "animation", "region", "referent"):
        assert seen(world, key, table) > 0, key
    for key in (
        "coordinateur_douai",
        "conseiller_douai",
        "animation_niort",
        "conseiller_niort",
        "prefecture",
    ):
        assert seen(world, key, table) == 0, key


@pytest.mark.parametrize("table", ["labelling_labeldossier", *PARTS])
def test_a_submitted_one_is_read_by_the_prefecture(world: World, table: str) -> None:
    submitted(world.lille)
    assert seen(world, "prefecture", table) > 0
    assert seen(world, "coordinateur_douai", table) == 0


WRITES = (
    "UPDATE labelling_labelsection SET text = 'autre'",
    "DELETE FROM labelling_labelsection",
    "UPDATE labelling_labelplace SET note = 'autre'",
    "DELETE FROM labelling_labelplace",
    "UPDATE labelling_labeldossier SET purpose = 'autre'",
)


@pytest.mark.parametrize(
    "key", ["referent", "prefecture", "coordinateur_douai", "conseiller", "animation_niort"]
)
@pytest.mark.parametrize("statement", WRITES)
def test_a_reader_changes_no_row(world: World, key: str, statement: str) -> None:
    ready_dossier(world.lille)
    with transaction.atomic(), connection.cursor() as cursor:
        world.actor(key)
        cursor.execute(statement)
        assert cursor.rowcount == 0


@pytest.mark.parametrize("statement", WRITES[:4])
def test_the_territory_changes_nothing_once_submitted(world: World, statement: str) -> None:
    submitted(world.lille)
    world.actor("coordinateur")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_section_of_another_territory_is_not_added(world: World) -> None:
    dossier = make_dossier(world.lille)
    world.actor("coordinateur_douai")
    with pytest.raises(DatabaseError), transaction.atomic():
        LabelSection(dossier_id=dossier.pk, key="offre", text="…", saved_by_label="Douai").save(
            force_insert=True
        )


def test_a_second_dossier_is_refused_by_the_database(world: World) -> None:
    make_dossier(world.lille)
    world.actor("coordinateur")
    with pytest.raises(IntegrityError, match="labeldossier_one_open"), transaction.atomic():
        LabelDossier(
            region=world.region, territory=world.lille, kind="initiale", created_by_label="Coordination"
        ).save(force_insert=True)


# ---- Pages


@pytest.mark.parametrize("key", ["referent", "charge_mission", "animateur_etat", "animation", "region"])
def test_a_reader_reads_and_writes_nothing(world: World, login: LoginAs, key: str) -> None:
    dossier = ready_dossier(world.lille)
    client = login(world.users[key])
    page = client.get(reverse("label_dossier", args=[dossier.pk])).content.decode()
    assert "Modifier" not in page
    assert "Vérifier et déposer" not in page
    part = reverse("label_partie", args=[dossier.pk, LabelPart.OFFRE])
    assert client.get(part).status_code == 302
    answer = client.post(part, {"texte": "Je change tout.", "version": "1"}, follow=True)
    assert "en lecture seulement" in answer.content.decode()
    assert client.get(reverse("label_deposer", args=[dossier.pk])).status_code == 403
    with system():
        rows = LabelSection.objects.for_system().filter(dossier=dossier, text="Je change tout.")
        assert not rows.exists()


def test_the_prefecture_finds_no_draft(world: World, login: LoginAs) -> None:
    dossier = ready_dossier(world.lille)
    client = login(world.users["prefecture"])
    assert client.get(reverse("label_dossier", args=[dossier.pk])).status_code == 404
    page = client.get(reverse("label_dossiers")).content.decode()
    assert "aucun dossier reçu" in page
    assert "En préparation" not in page


def test_a_conseiller_has_no_page(world: World, login: LoginAs) -> None:
    dossier = ready_dossier(world.lille)
    client = login(world.users["conseiller"])
    for url in (reverse("label_dossiers"), reverse("label_dossier", args=[dossier.pk])):
        assert client.get(url).status_code == 403


# ---- Complements


def asked(world: World, dossier: LabelDossier, *parts: str) -> LabelComplement:
    import datetime

    from django.utils import timezone

    with transaction.atomic():
        return complements.ask(
            by=world.actor("prefecture"),
            dossier=dossier,
            parts=parts,
            text="Précisez le plan d’action, s’il vous plaît.",
            day=timezone.localdate() + datetime.timedelta(15),
        )


def test_only_the_parts_named_open_again(world: World, login: LoginAs) -> None:
    dossier = submitted(world.lille)
    asked(world, dossier, LabelPart.PLAN)
    with coordinator(world.lille) as by:
        sections.save_section(by=by, dossier=dossier, key="plan", text="Un plan plus précis.", seen=1)
        with pytest.raises(Refused):
            sections.save_section(by=by, dossier=dossier, key="offre", text="Autre chose.", seen=1)
    client = login(world.users["coordinateur"])
    page = client.get(reverse("label_partie", args=[dossier.pk, LabelPart.PLAN])).content.decode()
    assert "Précisez le plan d’action" in page
    assert client.get(reverse("label_partie", args=[dossier.pk, LabelPart.OFFRE])).status_code == 302
    answer = client.post(reverse("label_repondre", args=[dossier.pk]), {"reponse": "Le plan est précisé."})
    assert answer.status_code == 302
    assert client.get(reverse("label_partie", args=[dossier.pk, LabelPart.PLAN])).status_code == 302
    with coordinator(world.lille) as by:
        assert open_complement(by, dossier) is None


def test_an_opened_part_left_empty_is_not_answered(world: World) -> None:
    dossier = submitted(world.lille)
    asked(world, dossier, LabelPart.PLAN)
    with coordinator(world.lille) as by:
        sections.save_section(by=by, dossier=dossier, key="plan", text="", seen=1)
        with pytest.raises(Refused, match="à compléter"):
            answering.answer(by=by, dossier=dossier, text="Voilà.")


def test_places_answered_are_judged_again(world: World) -> None:
    dossier = submitted(world.lille)
    asked(world, dossier, LabelPart.LIEUX)
    with system():
        world.cio.slots.update(walk_in=False)
    with coordinator(world.lille) as by:
        answering.answer(by=by, dossier=dossier, text="Les horaires du CIO ont changé.")
    with system():
        row = dossier.places.get(site=world.cio)
    assert row.eligibility["eligible"] is False
