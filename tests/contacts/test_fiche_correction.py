"""Twenty-four hours to correct a fiche; two people correcting it never cover each other's words."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from contacts.models import CodeRetour, FicheContact, FicheDestination
from contacts.services.fiches import version_mark
from tests.conftest import LoginAs
from tests.contacts.posts import TYPED, only_fiche, plain, recorded, sent
from tests.factories import World, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(world: World, login: LoginAs) -> Client:
    return login(world.users["conseiller"])


def corrected(fiche: FicheContact, **changes: object) -> dict[str, object]:
    return sent(cle_idempotence=None, fin=None, vu_a=version_mark(fiche), **changes)


def test_the_form_shows_the_fiche_and_saves_its_correction(world: World, desk: Client) -> None:
    fiche = recorded(world, world.mission.pk)
    url = f"/fiches/{fiche.uuid}/corriger/"
    page = desk.get(url)
    text = plain(page.content)
    assert TYPED in text
    assert f'id="vers-{world.mission.pk}" checked' in text
    assert 'value="5" id="id_statut_4" checked' in text
    response = desk.post(url, corrected(fiche, statut="1", demandes=["3"], vers=[str(world.douai_site.pk)]))
    assert (response.status_code, response.headers["Location"]) == (303, f"/fiches/{fiche.uuid}/")
    after = only_fiche()
    assert (after.statut, after.demandes, after.reference) == (1, [3], fiche.reference)
    assert after.updated_at is not None
    with system(), connection.cursor() as cursor:
        assert FicheDestination.objects.get().site_id == world.douai_site.pk
        cursor.execute("SELECT data FROM kernel_auditevent WHERE action = 'contacts.fiche_corrected'")
        trail = str(cursor.fetchone()[0])
    assert "statut" in trail
    assert TYPED not in trail


def test_solved_after_all_takes_the_code_back(world: World, desk: Client) -> None:
    fiche = recorded(world, world.mission.pk)
    assert desk.post(f"/fiches/{fiche.uuid}/corriger/", corrected(fiche)).status_code == 303
    with system():
        assert not CodeRetour.objects.exists()
    assert not only_fiche().reoriented


def test_refused_corrections_keep_what_was_typed(world: World, desk: Client) -> None:
    fiche = recorded(world)
    response = desk.post(f"/fiches/{fiche.uuid}/corriger/", corrected(fiche, statut="77", rdv_avec="Accueil"))
    assert response.status_code == 422
    assert "Erreur : 1 point à revoir, Corriger la fiche" in plain(response.content)
    assert 'value="Accueil"' in plain(response.content)
    assert only_fiche().statut == 5


def test_someone_else_corrected_it_in_between(world: World, login: LoginAs, desk: Client) -> None:
    fiche = recorded(world)
    url = f"/fiches/{fiche.uuid}/corriger/"
    mine = corrected(fiche, statut="2", precisions="Ma version")
    theirs = corrected(fiche, statut="3", precisions="Leur version")
    assert login(world.users["referent"]).post(url, theirs).status_code == 303
    conflict = desk.post(url, mine)
    text = plain(conflict.content)
    assert conflict.status_code == 409
    assert "Quelqu’un d’autre vient de corriger" in text
    assert "Leur version" in text
    assert "Ma version" in text
    assert only_fiche().statut == 3
    # Having read both, saving again replaces knowingly.
    assert desk.post(url, mine | {"vu_a": conflict.context["vu_a"]}).status_code == 303
    assert only_fiche().statut == 2


def test_the_window_is_twenty_four_hours(world: World, desk: Client) -> None:
    fiche = recorded(world)
    url = f"/fiches/{fiche.uuid}/corriger/"

    def recorded_ago(**ago: int) -> None:
        with system():
            FicheContact.objects.filter(pk=fiche.pk).update(
                created_at=timezone.now() - datetime.timedelta(**ago)
            )

    recorded_ago(hours=23, minutes=59)
    assert "Vous pouvez la corriger jusqu’au" in plain(desk.get(f"/fiches/{fiche.uuid}/").content)
    assert desk.get(url).status_code == 200
    recorded_ago(hours=24, minutes=1)
    assert desk.get(url).headers["Location"] == f"/fiches/{fiche.uuid}/"
    late = desk.post(url, corrected(only_fiche(), statut="1"))
    assert late.status_code == 409
    assert "délai de correction" in plain(late.content)
    assert TYPED in plain(late.content)
    page = plain(desk.get(f"/fiches/{fiche.uuid}/").content)
    assert "Le délai de correction de 24 heures est passé" in page
    assert "corriger/" not in page
    assert only_fiche().statut == 5


def test_without_javascript_the_correction_shows_the_doors_too(world: World, desk: Client) -> None:
    fiche = recorded(world)
    seen = version_mark(fiche)
    response = desk.post(f"/fiches/{fiche.uuid}/corriger/", corrected(fiche) | {"etape": "voir"})
    assert response.status_code == 200
    assert response.context["vu_a"] == seen
    assert "Mission locale de Lille" in plain(response.content)


@pytest.mark.parametrize("path", ["", "corriger/", "fiche.pdf"])
def test_another_sites_fiche_and_a_missing_one_are_the_same_404(
    world: World, login: LoginAs, path: str
) -> None:
    fiche = recorded(world, world.mission.pk)
    for key in ("conseiller_mission", "conseiller_niort", "conseiller_douai"):
        client = login(world.users[key])
        foreign = client.get(f"/fiches/{fiche.uuid}/{path}")
        missing = client.get(f"/fiches/00000000-0000-4000-8000-000000000000/{path}")
        assert foreign.status_code == missing.status_code == 404
        assert fiche.reference not in foreign.content.decode()
    for key in ("coordinateur", "administrateur", "animation"):
        assert login(world.users[key]).get(f"/fiches/{fiche.uuid}/{path}").status_code == 403
