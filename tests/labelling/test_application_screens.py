"""The pages of a file: opened, written part by part, read by each of its readers."""

import pytest
from django.test import Client
from django.urls import reverse

from labelling.enums_ami import CriterionAnswer, PartKey, SectionKey
from labelling.models import (
    AmiApplication,
    AmiCriterion,
    AmiCriterionAnswer,
    AmiPlace,
    AmiProgressLine,
    AmiSection,
)
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur

HX = {"HX-Request": "true"}


@pytest.fixture
def porteur(world: World) -> Porteur:
    return ami_world.make_porteur(world.region)


@pytest.fixture
def draft(world: World, porteur: Porteur) -> AmiApplication:
    return ami_world.make_application(ami_world.make_call(world.region), world.lille, porteur)


@pytest.fixture
def client(porteur: Porteur, login: LoginAs) -> Client:
    return login(porteur.user, porteur.membership)


def part(file: AmiApplication, key: str) -> str:
    return reverse("ami_partie", args=[file.pk, key])


def test_a_porteur_opens_one_file_by_bassin(world: World, porteur: Porteur, client: Client) -> None:
    call = ami_world.make_call(world.region)
    url = reverse("ami_nouveau", args=[call.pk])
    assert world.lille.name in client.get(url).content.decode()
    first = client.post(url, {"bassin": world.lille.pk, "nom": "Maison de l’orientation"})
    again = client.post(url, {"bassin": world.lille.pk})
    assert first.status_code == 302
    assert again["Location"] == first["Location"]
    assert client.post(url, {"bassin": world.niort.pk}).status_code == 422
    assert client.post(url, {}).status_code == 422
    with system():
        assert AmiApplication.objects.for_system().filter(call=call).count() == 1
    page = client.get(reverse("ami_mes_dossiers")).content.decode()
    assert "Maison de l’orientation" in page
    assert "0 texte sur 7" in page.replace("\xa0", " ")


def test_a_closed_call_opens_nothing(world: World, porteur: Porteur, client: Client) -> None:
    call = ami_world.make_call(world.region)
    ami_world.close_call(call)
    assert client.post(reverse("ami_nouveau", args=[call.pk]), {"bassin": world.lille.pk}).status_code == 422


@pytest.mark.parametrize("key", PartKey.values)
def test_every_part_opens_empty_and_full(client: Client, draft: AmiApplication, key: str) -> None:
    assert client.get(part(draft, key)).status_code == 200
    ami_world.fill(draft)
    assert client.get(part(draft, key)).status_code == 200


def test_a_text_is_saved_as_it_is_typed(client: Client, draft: AmiApplication) -> None:
    url = part(draft, "services")
    answer = client.post(url, {"texte": "Un accueil\r\ncommun", "version": "0"}, headers=HX)
    assert answer.status_code == 200
    assert b'value="1"' in answer.content
    assert b'id="parties"' in answer.content, "the bar says that the part is complete"
    with system():
        row = AmiSection.objects.for_system().get(application=draft, key=SectionKey.SERVICES)
    assert (row.text, row.version) == ("Un accueil\ncommun", 1)
    # Without scripts: the same button, the same page.
    assert client.post(url, {"texte": "Deux", "version": "1"}, follow=True).status_code == 200


def test_two_writers_lose_no_word(client: Client, draft: AmiApplication) -> None:
    url = part(draft, "gestion")
    client.post(url, {"texte": "Le texte du premier", "version": "0"})
    late = client.post(url, {"texte": "Le texte du second", "version": "0"}, headers=HX)
    assert late.status_code == 409
    assert "Le texte du premier" in late.content.decode()
    page = client.post(url, {"texte": "Le texte du second", "version": "0"})
    assert page.status_code == 409
    body = page.content.decode()
    assert "Le texte du premier" in body
    assert "Le texte du second" in body
    assert "<html" in body
    both = client.post(url, {"texte": "Le texte du second", "version": "0", "choix": "fusionner"})
    assert "Le texte du premier\n\nLe texte du second" in both.content.decode()
    client.post(url, {"texte": "Le texte du second", "version": "0", "choix": "garder:1"})
    with system():
        row = AmiSection.objects.for_system().get(application=draft, key=SectionKey.GESTION)
    assert (row.text, row.version) == ("Le texte du second", 2)


def test_a_text_too_long_stays_in_its_box(client: Client, draft: AmiApplication) -> None:
    answer = client.post(part(draft, "services"), {"texte": "x" * 12_001, "version": "0"})
    assert answer.status_code == 422
    assert b"x" * 12_001 in answer.content


def test_identity_is_saved_and_compared(client: Client, draft: AmiApplication) -> None:
    url = reverse("ami_identite", args=[draft.pk])
    page = client.get(url)
    seen = page.context["form"].initial["vu"]
    typed = {
        "title": "Le lieu",
        "contact_name": "Direction",
        "contact_email": "a@b.example",
        "contact_phone": "",
    }
    assert client.post(url, typed | {"vu": seen}).status_code == 302
    late = client.post(url, typed | {"title": "Autre", "vu": seen})
    assert late.status_code == 409
    assert "Le lieu" in late.content.decode()
    assert client.post(url, typed | {"title": "Autre", "vu": seen, "garder": "oui"}).status_code == 302
    assert client.post(url, typed | {"contact_email": "direction"}).status_code == 422


def week(**more: str) -> dict[str, str]:
    found = {f"j{day}_n": "1" for day in range(7)}
    for day in range(5):
        found |= {f"j{day}c0_de": "09:00", f"j{day}c0_a": "17:00", f"j{day}c0_accueil": "sans"}
    return found | more


def test_a_new_place_with_its_week(world: World, client: Client, draft: AmiApplication) -> None:
    url = part(draft, "conditions")
    search = client.post(url, week(mode="nouveau", commune_q="lil", action="chercher"))
    assert b'value="59350"' in search.content
    typed = week(
        mode="nouveau",
        nom="Maison de l’orientation",
        adresse="1 place du Marché",
        code_postal="59000",
        commune="59350",
        telephone="03 20 00 00 00",
        version="0",
    )
    live = client.post(url, typed, headers=HX)
    assert "40" in live.content.decode()
    assert live.status_code == 200
    assert client.post(url, typed | {"ajouter": "0"}).content.count(b'name="j0c1_de"') == 1
    with system():
        assert not AmiPlace.objects.for_system().filter(application=draft).exists()
    assert client.post(url, typed | {"action": "enregistrer"}).status_code == 302
    with system():
        place = AmiPlace.objects.for_system().get(application=draft)
    assert place.commune_id == "59350"
    assert place.slots[0] == [0, 540, 1020, True]
    late = client.post(url, typed | {"nom": "Autre lieu", "action": "enregistrer"})
    assert late.status_code == 409
    assert "Maison de l’orientation" in late.content.decode()
    assert client.post(url, typed | {"nom": "Autre lieu", "action": "garder:1"}).status_code == 302
    foreign = client.post(url, typed | {"commune": "59178", "version": "2", "action": "enregistrer"})
    assert foreign.status_code == 422
    assert "bassin" in foreign.content.decode()
    wrong = client.post(url, typed | {"j0c0_a": "08:00", "version": "2", "action": "enregistrer"})
    assert wrong.status_code == 422


def test_an_existing_place_brings_its_address_and_hours(
    world: World, client: Client, draft: AmiApplication
) -> None:
    url = part(draft, "conditions")
    found = client.post(url, week(mode="existant", lieu_q="cio lille", action="chercher"))
    assert f'name="site" value="{world.cio.pk}"' in found.content.decode()
    taken = client.post(url, {"mode": "existant", "site": str(world.cio.pk), "action": "horaires"})
    assert b'value="09:00"' in taken.content
    saved = client.post(url, week(mode="existant", site=str(world.cio.pk), version="0", action="enregistrer"))
    assert saved.status_code == 302
    far = client.post(
        url, week(mode="existant", site=str(world.douai_site.pk), version="1", action="enregistrer")
    )
    assert far.status_code == 422
    page = client.get(reverse("ami_dossier", args=[draft.pk])).content.decode()
    assert world.cio.name in page
    assert "lieu de l’annuaire" in page


def test_criteria_are_saved_line_by_line(client: Client, draft: AmiApplication) -> None:
    url = part(draft, "criteres")
    with system():
        first, second, *_ = AmiCriterion.objects.for_system().filter(call_id=draft.call_id)
    typed = {
        f"c{first.pk}_version": "0", f"c{first.pk}_reponse": "oui", f"c{first.pk}_preuve": "Bail signé.",
        f"c{second.pk}_version": "0", f"c{second.pk}_preuve": "Une phrase sans réponse",
    }  # fmt: skip
    answer = client.post(url, typed, headers=HX)
    assert answer.status_code == 200
    assert "Répondez d’abord" in answer.content.decode()
    assert client.post(url, typed).status_code == 422
    with system():
        assert AmiCriterionAnswer.objects.for_system().get(application=draft).answer == CriterionAnswer.OUI
    late = {f"c{first.pk}_version": "0", f"c{first.pk}_reponse": "non", f"c{first.pk}_preuve": "Autre"}
    page = client.post(url, late)
    assert page.status_code == 409
    assert "Bail signé." in page.content.decode()
    assert client.post(url, late | {"garder": f"{first.pk}:1"}).status_code == 302
    again = client.post(url, late | {"reprendre": str(first.pk)}, headers=HX)
    assert f'id="critere-{first.pk}" hx-swap-oob' in again.content.decode()
    with system():
        assert AmiCriterionAnswer.objects.for_system().get(application=draft).answer == CriterionAnswer.NON


def test_the_progress_table_without_scripts(client: Client, draft: AmiApplication) -> None:
    url = part(draft, "progres")
    seen = client.get(url).context["vu"]
    line = {"l0_initial": "Rien", "l0_target": "Un accueil", "l0_means": "", "l0_due_on": "2027-12-31"}
    more = client.post(url, {"nombre": "1", "vu": seen, "action": "ajouter", **line})
    assert b"l1_initial" in more.content
    assert b"Un accueil" in more.content
    fewer = client.post(url, {"nombre": "1", "vu": seen, "action": "retirer:0", **line})
    assert b"Un accueil" not in fewer.content
    assert client.post(url, {"nombre": "1", "vu": seen, **line}).status_code == 302
    late = client.post(url, {"nombre": "1", "vu": seen, **line, "l0_target": "Deux accueils"})
    assert late.status_code == 409
    assert "Deux accueils" in late.content.decode()
    keep = late.context["garder"]
    assert (
        client.post(
            url, {"nombre": "1", "vu": seen, "action": f"garder:{keep}", **line, "l0_target": "Deux accueils"}
        ).status_code
        == 302
    )
    fresh = client.get(url).context["vu"]
    for wrong in ({"l0_target": ""}, {"l0_due_on": "demain"}, {"l0_initial": "x" * 401}):
        assert client.post(url, {"nombre": "1", "vu": fresh, **line, **wrong}).status_code == 422
    with system():
        assert AmiProgressLine.objects.for_system().get(application=draft).target == "Deux accueils"


def test_the_file_is_read_whole(client: Client, draft: AmiApplication) -> None:
    url = reverse("ami_dossier", args=[draft.pk])
    empty = client.get(url).content.decode()
    assert "Cette partie n’est pas encore écrite." in empty
    ami_world.fill(draft)
    page = client.get(url).content.decode()
    for words in (
        "Maison de l’orientation",
        "Mission locale du bassin",
        "Aucun accueil commun",
        "Plan de l’espace",
    ):
        assert words in page
    places = [page.index(f'id="partie-{key}"') for key in SectionKey.values]
    assert places == sorted(places)


def test_a_submitted_file_is_closed(world: World, porteur: Porteur, client: Client) -> None:
    file = ami_world.ready_application(ami_world.make_call(world.region), world.lille, porteur)
    url = part(file, "services")
    assert client.get(url).status_code == 302
    answer = client.post(url, {"texte": "Trop tard", "version": "1"}, headers=HX)
    assert answer.status_code == 422
    assert "plus ouverte" in answer.content.decode()
    assert client.post(url, {"texte": "Trop tard", "version": "1"}).status_code == 302
    with system():
        texts = AmiSection.objects.for_system().filter(application=file).values_list("text", flat=True)
    assert "Trop tard" not in texts
    page = client.get(reverse("ami_dossier", args=[file.pk])).content.decode()
    assert "recevabilité" in page
    assert "Modifier" not in page
