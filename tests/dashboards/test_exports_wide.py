"""Files of the region, networks, commissions, of the map and of the lists: the figures of their pages."""

import io

import openpyxl
import pytest

from dashboards.enums import Audience
from dashboards.models import Finding
from dashboards.services.targets import set_target
from tests.dashboards.releases import make_release
from tests.dashboards.test_exports_screens import compare, content
from tests.factories import World, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(world: World) -> World:
    for place in (world.lille, world.douai):
        make_release(place, reseau=world.reseaux["CIO"])
        make_release(place, audience=Audience.OUTSIDE)
    from territories.models import Commission, Territory

    with system():
        commission = Commission.objects.create(region=world.region, code="C9", name="Commission du Nord")
        Commission.objects.create(region=world.region, code="C0", name="Commission vide")
        Territory.objects.filter(pk=world.lille.pk).update(commission=commission)
    return world


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {s.title: [[cell.value for cell in row] for row in s.iter_rows()] for s in book.worksheets}


def test_the_region(filled: World, login: object) -> None:
    client = login(filled.users["animation"])
    found = sheets(content(client.get("/tableau-de-bord/region/export/?annee=2026")))
    assert {"Chiffres clés", "Comparer les territoires", "Douze mois", "Carte", "Lisez-moi"} <= found.keys()
    _head, *lines = [row for row in found["Comparer les territoires"] if any(row)]
    assert {line[0]: line[1] for line in lines if line[0] in {"Lille", "Douai"}} == {
        "Lille": 120,
        "Douai": 120,
    }
    assert not any("Niort" in str(cell) for rows in found.values() for row in rows for cell in row)


def test_a_network(filled: World, login: object) -> None:
    client = login(filled.users["region"])
    path = f"/tableau-de-bord/reseau/{filled.reseaux['CIO'].pk}/"
    assert compare(client, path, "?annee=2026") > 5
    assert client.get(f"/tableau-de-bord/reseau/{filled.niort_site.reseau_id}/export/").status_code == 404


def test_a_commission_with_and_without_territories(filled: World, login: object) -> None:
    from territories.models import Commission

    with system():
        full, empty = (Commission.objects.get(code=code, region=filled.region) for code in ("C9", "C0"))
    client = login(filled.users["animation"])
    assert compare(client, f"/tableau-de-bord/commission/{full.pk}/", "?annee=2026") > 5
    found = sheets(content(client.get(f"/tableau-de-bord/commission/{full.pk}/export/?annee=2026")))
    months = {row[0]: row[1] for row in found["Contacts par mois"]}
    assert months["oct."] == 60
    assert client.get(f"/tableau-de-bord/commission/{empty.pk}/export/").status_code == 200


def test_the_map_and_its_places(filled: World, login: object) -> None:
    client = login(filled.users["conseiller"])
    found = sheets(content(client.get("/cartographie/export/")))
    assert {row[0] for row in found["Lieux"]} >= {"CIO de Lille", "CIO de Douai"}
    narrowed = sheets(content(client.get(f"/cartographie/export/?territoire={filled.douai.pk}")))
    assert "CIO de Lille" not in {row[0] for row in narrowed["Lieux"]}
    assert "Territoire : Douai" in str(narrowed["Lisez-moi"])


def test_what_to_verify_without_any_mail_address(filled: World, login: object) -> None:
    with system():
        Finding.objects.create(
            territory=filled.lille, site=filled.cio, rule="sans_age", left="de 1 à 4", right="40 %",
            message="Trop d’âges non dits.", found_at="2026-11-20T04:00:00Z",
        )  # fmt: skip
    client = login(filled.users["coordinateur"])
    data = content(client.get(f"/tableau-de-bord/territoire/{filled.lille.pk}/a-verifier/export/"))
    found = sheets(data)
    assert "CIO de Lille" in {row[0] for row in found["Retours manquants"]}
    assert not any("@" in str(cell) for rows in found.values() for row in rows for cell in row)
    region = sheets(
        content(login(filled.users["animation"]).get("/tableau-de-bord/region/a-verifier/export/"))
    )
    assert "CIO de Douai" in {row[0] for row in region["Retours manquants"]}


def test_targets(filled: World, login: object) -> None:
    by = filled.actor("coordinateur")
    set_target(
        by=by, indicator="contacts", year=2026, value=500, region=filled.region, territory=filled.lille
    )
    client = login(filled.users["coordinateur"])
    found = sheets(
        content(client.get(f"/tableau-de-bord/territoire/{filled.lille.pk}/cibles/export/?annee=2026"))
    )
    assert any(row[2] == 120 and 500 in row for row in found["Cibles"])
    assert client.get("/tableau-de-bord/region/cibles/export/").status_code == 200
