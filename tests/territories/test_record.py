"""The record of a place: who keeps it, what is refused, two writers at once, what it leaves behind."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from spo_portal.kernel.errors import Refused
from territories.forms.record import initial_of
from territories.models import Commune, Site, SiteChange
from territories.services.record.edit import Record, RecordConflict, record_of, save_record
from territories.services.record.merge import dumped
from tests.conftest import LoginAs
from tests.factories import World, make_site, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def cio(world: World) -> Site:
    """The CIO of Lille, whose commune is known."""
    with system():
        Site.objects.filter(pk=world.cio.pk).update(commune_id="59350", latitude=50.63, longitude=3.06)
        Commune.objects.filter(pk="59350").update(postcodes=["59000", "59160"])
        return Site.objects.get(pk=world.cio.pk)


def stored(site: Site) -> Site:
    with system():
        return Site.objects.select_related("organisation", "commune", "parent").get(pk=site.pk)


def typed(site: Site, **other: object) -> dict[str, object]:
    """What the form of this place sends, with other values."""
    return {
        "action": "enregistrer", "nom": site.name, "organisation": stored(site).organisation.name,
        "nature": "siege", "adresse": "2 rue de l’Essai", "code_postal": "59000", "commune": "59350",
        "telephone": "0353010001", "courriel": "accueil@exemple.example", "version": site.version, **other,
    }  # fmt: skip


def test_the_referent_changes_its_record_and_the_history_says_it(
    world: World, login: LoginAs, cio: Site
) -> None:
    client = login(world.users["referent"])
    page = client.get(f"/annuaire/{cio.pk}/fiche/")
    assert page.status_code == 200
    answer = client.post(
        f"/annuaire/{cio.pk}/fiche/",
        typed(
            cio, agents="2,5", fauteuil="oui", equipements=["lsf"], publics=["tous"], site_web="cio.example"
        ),
    )
    assert answer.status_code == 302
    now = stored(cio)
    assert (now.address, now.phone, now.staff_tenths) == ("2 rue de l’Essai", "03 53 01 00 01", 25)
    assert (now.wheelchair, now.accessibility) == ("oui", "Accessible en fauteuil")
    assert (now.website, now.city, now.version) == ("https://cio.example", "Lille", 2)
    with system():
        change = SiteChange.objects.get(site=cio)
    assert change.by_label == world.memberships["referent"].label
    assert change.changes["address"] == ["1 rue de l’Exemple", "2 rue de l’Essai"]
    assert change.changes["staff_tenths"] == ["", "2,5"]
    assert "2 rue de l’Essai" in client.get(f"/annuaire/{cio.pk}/historique/").text
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT data FROM kernel_auditevent WHERE action = 'territories.site_modification'")
        [(data,)] = cursor.fetchall()
    assert "2 rue" not in str(data)
    assert "address" in str(data)


def test_the_same_values_write_nothing(world: World, cio: Site) -> None:
    by = world.actor("referent")
    site = stored(cio)
    by = world.actor("referent")
    kept = replace(record_of(site), latitude=site.latitude, longitude=site.longitude)
    assert save_record(by=by, site=site, record=kept, seen=999).version == 1
    with system():
        assert not SiteChange.objects.filter(site=cio).exists()


def test_two_writers_at_once_lose_nothing(world: World, login: LoginAs, cio: Site) -> None:
    one, two = login(world.users["referent"]), login(world.users["coordinateur"])
    assert one.post(f"/annuaire/{cio.pk}/fiche/", typed(cio, adresse="3 rue Une")).status_code == 302
    answer = two.post(f"/annuaire/{cio.pk}/fiche/", typed(cio, adresse="4 rue Deux"))
    assert answer.status_code == 409
    assert "3 rue Une" in answer.text
    assert 'value="4 rue Deux"' in answer.text
    assert stored(cio).address == "3 rue Une"
    assert 'value="garder:2"' in answer.text
    kept = two.post(f"/annuaire/{cio.pk}/fiche/", typed(cio, adresse="4 rue Deux", action="garder:2"))
    assert kept.status_code == 302
    assert stored(cio).address == "4 rue Deux"


def test_two_writers_on_different_fields_both_keep_theirs(world: World, login: LoginAs, cio: Site) -> None:
    one, two = login(world.users["referent"]), login(world.users["coordinateur"])
    address = f"/annuaire/{cio.pk}/fiche/"
    assert one.post(address, typed(cio)).status_code == 302
    seen = stored(cio)
    start = dumped(initial_of(seen))
    shown = typed(seen, telephone="03 53 01 00 01", latitude="50,63000", longitude="3,06000", depart=start)
    assert one.post(address, shown | {"transports": "Bus 4", "fauteuil": "oui"}).status_code == 302
    assert two.post(address, shown | {"adresse": "6 rue Six", "publics": ["jeunes"]}).status_code == 302
    now = stored(cio)
    assert (now.transport, now.wheelchair, now.address) == ("Bus 4", "oui", "6 rue Six")
    assert now.publics == ["jeunes"]
    # A third on a field already changed: that one alone is to settle, the others are kept as they are now.
    clash = two.post(address, shown | {"adresse": "7 rue Sept", "agents": "3"})
    assert clash.status_code == 409
    assert "6 rue Six" in clash.text
    assert 'value="7 rue Sept"' in clash.text
    assert 'value="Bus 4"' in clash.text
    assert clash.text.count('data-label="Le vôtre"') == 1
    for broken in ("[1]", "{", "x" * 30_000):
        assert two.post(address, shown | {"adresse": "8 rue Huit", "depart": broken}).status_code == 409


def test_a_third_writer_stops_the_second_again(world: World, login: LoginAs, cio: Site) -> None:
    """« Enregistrer le mien » answers the version shown, not whatever came after."""
    client = login(world.users["coordinateur"])
    for address in ("3 rue Une", "4 rue Deux"):
        client.post(f"/annuaire/{cio.pk}/fiche/", typed(stored(cio), adresse=address))
    late = client.post(f"/annuaire/{cio.pk}/fiche/", typed(cio, adresse="5 rue Trois", action="garder:2"))
    assert late.status_code == 409
    assert stored(cio).address == "4 rue Deux"


@pytest.mark.parametrize("key", ["conseiller", "animation", "region", "charge_mission", "prefecture"])
def test_the_others_change_nothing(world: World, login: LoginAs, cio: Site, key: str) -> None:
    answer = login(world.users[key]).post(f"/annuaire/{cio.pk}/fiche/", typed(cio))
    assert answer.status_code == 403
    assert stored(cio).version == 1
    with pytest.raises(PermissionDenied):
        save_record(by=world.actor(key), site=cio, record=record_of(stored(cio)), seen=1)


@pytest.mark.parametrize("key", ["referent_mission", "coordinateur_douai"])
def test_the_keeper_of_another_place_finds_no_page(world: World, login: LoginAs, cio: Site, key: str) -> None:
    answer = login(world.users[key]).post(f"/annuaire/{cio.pk}/fiche/", typed(cio))
    assert answer.status_code == 404
    record = record_of(stored(cio))
    with pytest.raises(Refused, match="votre lieu"):
        save_record(by=world.actor(key), site=cio, record=record, seen=1)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("nom", "", "Écrivez le nom du lieu"),
        ("nom", "x" * 201, "200"),
        ("nom", "CIO\u202efaux", "sens de lecture"),
        ("organisation", "Inconnue de tous", "Choisissez un organisme de la liste"),
        ("nature", "kiosque", "kiosque"),
        ("code_postal", "5900", "cinq chiffres"),
        ("code_postal", "59500", "n’est pas celui de la commune"),
        ("code_postal", "62000", "n’est pas celui de la commune"),
        ("commune", "59178", "change de"),
        ("commune", "79191", "Cherchez la commune"),
        ("commune", "", "Cherchez la commune"),
        ("telephone", "12", "dix chiffres"),
        ("courriel", "accueil@", "Écrivez un courriel"),
        ("site_web", "javascript:alert(1)", "https://www.structure.fr"),
        ("site_web", "ftp://lieu.example", "https://www.structure.fr"),
        ("latitude", "NaN", "degrés"),
        ("latitude", "50.63", "Donnez la latitude et la longitude"),
        ("fauteuil", "peut-etre", "peut-etre"),
        ("equipements", "piscine", "piscine"),
        ("publics", "martiens", "martiens"),
        ("agents", "-2", "2,5"),
        ("agents", "NaN", "2,5"),
        ("transports", "Écrire à untel@exemple.example", "adresse électronique"),
        ("accessibilite", "Demandez madame Untel", "Retirez le nom"),
        ("publics_precision", "Demandez monsieur Untel", "Retirez le nom"),
    ],
)
def test_what_is_wrong_is_said_on_its_field(
    world: World, login: LoginAs, cio: Site, field: str, value: str, words: str
) -> None:
    with system():
        Commune.objects.filter(pk="59178").update(postcodes=["59500"])
    sent = typed(cio, **{field: value})
    answer = login(world.users["referent"]).post(f"/annuaire/{cio.pk}/fiche/", sent)
    assert answer.status_code == 422
    assert words in answer.text.replace("\xa0", " ")
    assert 'role="alert"' in answer.text
    assert stored(cio).version == 1


def test_a_cedex_passes_and_a_point_stays_near_its_commune(world: World, login: LoginAs, cio: Site) -> None:
    client = login(world.users["referent"])
    address = f"/annuaire/{cio.pk}/fiche/"
    assert client.post(address, typed(cio, code_postal="59044")).status_code == 302
    far = client.post(address, typed(stored(cio), latitude="48,85", longitude="2,35"))
    assert far.status_code == 422
    assert "km de la commune" in far.text.replace("\xa0", " ")
    assert client.post(address, typed(stored(cio), latitude="50,64", longitude="3,07")).status_code == 302
    assert (stored(cio).latitude, stored(cio).longitude) == (Decimal("50.64000"), Decimal("3.07000"))
    assert client.post(address, typed(stored(cio), latitude="", longitude="")).status_code == 302
    assert stored(cio).latitude == Decimal("50.63000")


def test_a_stop_may_bear_a_name(world: World, login: LoginAs, cio: Site) -> None:
    sent = typed(cio, transports="Bus 5, arrêt Docteur Calmette")
    assert login(world.users["referent"]).post(f"/annuaire/{cio.pk}/fiche/", sent).status_code == 302


def test_an_antenne_hangs_on_a_siege_and_no_chain_is_made(world: World, cio: Site) -> None:
    with system():
        siege = make_site(world.lille, "CIO, siège", world.reseaux["CIO"], organisation=cio.organisation)
        stranger = make_site(world.lille, "Siège d’ailleurs", world.reseaux["POLE_EMPLOI"])
    site = stored(cio)
    by = world.actor("coordinateur")
    antenne = replace(record_of(site), kind="antenne", parent=siege)
    assert save_record(by=by, site=site, record=antenne, seen=1).parent == siege
    with pytest.raises(Refused, match="même réseau"):
        save_record(by=by, site=site, record=replace(antenne, parent=stranger), seen=2)
    chain = replace(record_of(stored_as(by, siege)), kind="antenne", parent=None)
    with pytest.raises(Refused, match="rattachés à celui-ci"):
        save_record(by=by, site=siege, record=chain, seen=1)
    back = save_record(by=by, site=site, record=replace(antenne, kind="siege"), seen=2)
    assert back.parent is None


def stored_as(by: object, site: Site) -> Site:
    return Site.objects.select_related("organisation", "commune", "parent").get(pk=site.pk)


def test_a_conflict_names_both_versions(world: World, cio: Site) -> None:
    by = world.actor("referent")
    site = stored_as(by, cio)
    mine: Record = replace(record_of(site), phone="03 53 01 00 09")
    Site.objects.filter(pk=cio.pk).update(version=2, phone="03 53 01 00 08")
    with pytest.raises(RecordConflict) as conflict:
        save_record(by=by, site=site, record=mine, seen=1)
    assert conflict.value.differences == [("Téléphone", "03 53 01 00 08", "03 53 01 00 09")]


def test_the_search_of_a_commune_keeps_what_is_typed(world: World, login: LoginAs, cio: Site) -> None:
    answer = login(world.users["referent"]).post(
        f"/annuaire/{cio.pk}/fiche/", typed(cio, action="chercher", commune_q="doua", adresse="9 rue Neuve")
    )
    assert answer.status_code == 200
    assert "Douai" in answer.text
    assert 'value="9 rue Neuve"' in answer.text
    assert stored(cio).version == 1


def test_the_page_of_the_place_shows_the_whole_record(world: World, login: LoginAs, cio: Site) -> None:
    with system():
        Site.objects.filter(pk=cio.pk).update(
            wheelchair="sur_demande", access_features=["lsf"], publics=["jeunes"], transport="Métro Gare",
            staff_tenths=15, accessibility="Sonner à l’entrée", confirmed_on=datetime.date(2026, 1, 5),
        )  # fmt: skip
    keeper = login(world.users["referent"]).get(f"/annuaire/{cio.pk}/").text
    for words in ("sur demande", "langue des signes", "Jeunes de moins de 26", "Métro Gare", "1,5", "Sonner"):
        assert words in keeper.replace("\xa0", " ")
    assert "Tout est à jour" in keeper
    assert "Il manque" in keeper
    reader = login(world.users["conseiller"]).get(f"/annuaire/{cio.pk}/").text
    assert "Tout est à jour" not in reader
    assert f"/annuaire/{cio.pk}/fiche/" not in reader
