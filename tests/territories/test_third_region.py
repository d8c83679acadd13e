"""A third Region needs data only: its files are loaded, then the whole job runs on them (domain § 2)."""

import io
import re
from pathlib import Path

import pypdf
import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from contacts.models import FicheContact, FicheDestination
from contacts.services.handover import load as load_fiche
from territories.enums import Role
from territories.models import Region, Site, Territory, User
from territories.scopes import open_for
from tests.conftest import LoginAs
from tests.contacts.posts import plain, sent
from tests.dashboards.helpers import fill_now
from tests.factories import World, acting_as_role, make_membership, make_user, system
from tests.territories.third_region import LOGO, write_files

pytestmark = pytest.mark.django_db


def load(folder: Path) -> str:
    told = io.StringIO()
    with transaction.atomic(), acting_as_role("spo_worker"):
        call_command("load_reference", str(folder), stdout=told)
    return told.getvalue()


class Val:
    """The Region as loaded, and a client for each of its people."""

    def __init__(self, login: LoginAs) -> None:
        self.login = login
        with system():
            self.region = Region.objects.get(code="A98")
            self.territory = Territory.objects.for_system().get(reference_id="VDE-1")
            sites = Site.objects.for_system().select_related("territory", "region")
            self.carrefour, self.relais, self.atelier, self.chambre = (
                sites.get(reference_id=f"vde:{n}") for n in (1, 2, 3, 4)
            )

    def client(self, role: Role, **scope: object) -> Client:
        with system():
            user = make_user(f"{role.label} du Val")
            make_membership(user, role, **scope)
        return self.login(user)


@pytest.fixture
def val(world: World, tmp_path: Path, login: LoginAs) -> Val:
    """Beside the two Regions of the tests' world, which must not change."""
    told = load(write_files(tmp_path / "val"))
    assert "refusé" not in told, told
    return Val(login)


def typed(**changes: object) -> dict[str, object]:
    return sent(
        **({"statut": "23", "demandes": ["32", "33"], "reponses": ["41"], "precisions": ""} | changes)
    )


def test_its_files_are_loaded_whole(val: Val, world: World) -> None:
    assert (val.region.territory_word, val.region.service_short) == ("pays", "SRC")
    assert (val.territory.kind, val.territory.commission_id is not None) == ("zone_emploi", True)
    assert (val.chambre.direction, val.chambre.reseau) == ("destinataire", None)
    with system():
        assert Region.objects.get(pk=world.region.pk).reference_version == ""
        assert Region.objects.count() == 3


def test_the_whole_job_runs_on_its_data_alone(val: Val) -> None:
    desk = val.client(Role.CONSEILLER, site=val.carrefour)
    blank = plain(desk.get("/fiches/nouvelle/").content)
    for words in ("Conseil en Val d’Essai", "En recherche", "Installation agricole", "Conseil donné"):
        assert words in blank
    assert "Scolarisé" not in blank

    doors = plain(
        desk.post("/fiches/nouvelle/portes/", typed(lieu_q="saint exemple", commune="99002")).content
    )
    assert doors.index("Relais de l’emploi de Spécimen") < doors.index("Chambre d’agriculture du Val")
    assert "En recherche : le relais tient les offres du pays." in doors
    assert "Sur rendez-vous jusqu’à" in doors
    assert "Atelier du projet" not in doors

    places = plain(desk.get("/communes/", {"lieu_q": "Saint-Exemple"}).content)
    assert "Spécimen" in places

    saved = desk.post(
        "/fiches/nouvelle/",
        typed(vers=[str(val.relais.pk), str(val.chambre.pk)], fin="remettre"),
        follow=True,
    )
    with system():
        fiche = FicheContact.objects.get()
        assert FicheDestination.objects.for_system().filter(fiche=fiche).count() == 2
    assert fiche.reference.startswith("PAY-CAR-")
    assert f'data-reference="{fiche.reference}"' in plain(saved.content)

    recto, verso = (
        plain(page.extract_text().encode())
        for page in pypdf.PdfReader(io.BytesIO(desk.get(f"/fiches/{fiche.uuid}/fiche.pdf").content)).pages
    )
    for words in (
        "Service régional du conseil",
        "CARREFOURS",
        "RELAIS EMPLOI",
        "ATELIERS",
        "Installation agricole",
    ):
        assert words in recto, words
    assert "Relais de l’emploi de Spécimen" in recto
    assert "MISSION LOCALE" not in recto + verso
    assert "Terres du Val" in verso


def test_its_loop_closes_and_its_figures_move(val: Val) -> None:
    desk = val.client(Role.CONSEILLER, site=val.carrefour)
    for _ in range(6):
        answer = desk.post("/fiches/nouvelle/", typed(vers=[str(val.relais.pk)], fin="remettre"))
        assert answer.status_code == 303
    for _ in range(8):
        assert desk.post("/fiches/nouvelle/", typed(statut="22", demandes=["31"])).status_code == 303
    with system():
        fiche = FicheContact.objects.filter(reoriented=True).earliest("pk")
        counsellor = User.objects.get(pk=fiche.created_by_id)
    code = load_fiche(by=open_for(counsellor, None), uuid=fiche.uuid).code
    received = val.client(Role.CONSEILLER, site=val.relais)
    noted = received.post("/arrivee/", {"code": code, "suite": "recue"})
    assert noted.status_code == 302
    fill_now()
    with system():
        fiche.refresh_from_db()
    assert fiche.suite == "recue"

    coordinator = val.client(Role.COORDINATEUR, territory=val.territory)
    page = plain(coordinator.get(f"/tableau-de-bord/territoire/{val.territory.pk}/").content)
    assert "Pays de Modèle" in page
    assert "Pays · Service régional du conseil" in page
    figures = dict(re.findall(r'<th scope="row">([^<]*)</th>.*?<td class="num"[^>]*>(\d+)</td>', page))
    expected = {"Reconversion": "8", "Installation agricole": "6", "En recherche": "6", "Carrefour": "14"}
    assert expected.items() <= figures.items()
    animation = val.client(Role.ANIMATION, region=val.region)
    region_page = plain(animation.get("/tableau-de-bord/region/").content)
    assert "Pays de Modèle" in region_page
    assert "Pays de Témoin" in region_page
    assert "Lille" not in region_page


def test_its_brand_comes_from_its_data(val: Val) -> None:
    css = Client().get("/region/val-d-essai.css").content.decode()
    assert "--region-primary: #4a2f6b" in css
    assert Client().get("/region/val-d-essai.svg").content.decode() == LOGO
    page = val.client(Role.CONSEILLER, site=val.carrefour).get("/comptoir/").content.decode()
    assert 'data-region="val-d-essai"' in page


def test_its_people_see_nothing_of_the_other_regions(val: Val, world: World) -> None:
    desk = val.client(Role.CONSEILLER, site=val.carrefour)
    assert desk.get(f"/annuaire/{world.cio.pk}/").status_code == 404
    assert "CIO de Lille" not in desk.get("/annuaire/?territoire=tous").content.decode()
    forged = desk.post("/fiches/nouvelle/", typed(vers=[str(world.cio.pk)], fin="remettre"))
    assert forged.status_code == 422
    assert timezone.localdate().isoformat() in forged.content.decode()
