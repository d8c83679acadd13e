"""Saving a fiche: once, whatever is clicked twice; refused with a sentence and everything typed still
there."""

import datetime
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import CodeRetour, FicheContact, FicheDestination
from tests.conftest import LoginAs
from tests.contacts.posts import NEW, TYPED, count_fiches, only_fiche, plain, post, reoriented, sent
from tests.factories import World, make_site, system

pytestmark = pytest.mark.django_db
HUGE = "9" * 30


@pytest.fixture
def desk(world: World, login: LoginAs) -> Client:
    return login(world.users["conseiller"])


def next_weekday(weekday: int) -> datetime.date:
    today = timezone.localdate()
    return today + datetime.timedelta(days=(weekday - today.weekday()) % 7 or 7)


def test_solved_on_the_spot(world: World, desk: Client) -> None:
    response = post(desk, sent())
    fiche = only_fiche()
    assert (response.status_code, response.headers["Location"]) == (303, f"/fiches/{fiche.uuid}/")
    assert (fiche.statut, fiche.demandes, fiche.reponses, fiche.age, fiche.sexe) == (
        5,
        [1, 2],
        [1],
        "moins_26",
        "femme",
    )
    assert (fiche.precisions, fiche.reoriented, fiche.site_id) == (TYPED, False, world.cio.pk)


def test_reoriented_with_an_appointment(world: World, desk: Client) -> None:
    with system():
        other = make_site(world.lille, "Pôle emploi de Lille", world.reseaux["POLE_EMPLOI"])
    day = next_weekday(1)
    data = reoriented(
        world,
        vers=[str(other.pk), str(world.mission.pk)],
        rdv="oui",
        rdv_site=str(world.mission.pk),
        rdv_jour=day.isoformat(),
        rdv_heure="10:30",
        rdv_avec="Accueil jeunes",
        rdv_lieu="1er étage",
    )
    assert post(desk, data).status_code == 303
    with system():
        rows = list(FicheDestination.objects.order_by("position"))
        assert [row.site_id for row in rows] == [other.pk, world.mission.pk]
        assert rows[0].rdv_at is None
        assert timezone.localtime(rows[1].rdv_at).strftime("%d %H:%M") == f"{day:%d} 10:30"
        assert (rows[1].rdv_with, rows[1].rdv_place) == ("Accueil jeunes", "1er étage")
        assert CodeRetour.objects.count() == 1


def test_left_empty_is_not_an_answer(world: World, desk: Client) -> None:
    assert (
        post(desk, sent(age="nc", sexe="nc", reponses=None, precisions="", jour=None, fin=None)).status_code
        == 303
    )
    fiche = only_fiche()
    assert (fiche.age, fiche.sexe, fiche.reponses, fiche.jour) == ("", "", [], timezone.localdate())


def test_the_same_key_gives_the_same_fiche(world: World, desk: Client) -> None:
    data = reoriented(world)
    first, again = post(desk, data), post(desk, data)
    replayed_after_a_change = post(desk, data | {"precisions": "", "statut": "1"})
    invalid_replay = post(desk, data | {"statut": "99"})
    through_htmx = post(desk, data, headers={"HX-Request": "true"})
    locations = {r.headers["Location"] for r in (first, again, replayed_after_a_change, invalid_replay)}
    assert len(locations) == 1
    assert through_htmx.headers["HX-Redirect"] in locations
    assert count_fiches() == 1


def test_the_key_of_another_site_is_neither_seen_nor_blocked(
    world: World, login: LoginAs, desk: Client
) -> None:
    data = sent()
    post(desk, data)
    other = post(login(world.users["conseiller_mission"]), data)
    assert other.status_code == 303
    assert count_fiches() == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"statut": None}, "Choisissez un statut, ou « Autre »"),
        ({"statut": "99"}, "Cette case n’existe pas"),
        ({"statut": HUGE}, "Cette case n’existe pas"),
        ({"statut": ["1", "2"]}, "Une seule réponse"),
        ({"statut": "1\x00"}, "Cette case n’existe pas"),
        ({"statut": "١"}, "Cette case n’existe pas"),
        ({"canal": "pigeon"}, "Cette case n’existe pas"),
        ({"canal": None}, "Dites comment"),
        ({"canal": ["sur_place", "courriel"]}, "Une seule réponse"),
        ({"age": "moins_26\x00"}, "Cette case n’existe pas"),
        ({"sexe": "x" * 5000}, "Cette case n’existe pas"),
        ({"demandes": None}, "Choisissez au moins une demande"),
        ({"demandes": ["1", "-1"]}, "Cette case n’existe pas"),
        ({"demandes": [HUGE]}, "Cette case n’existe pas"),
        ({"reponses": ["8"]}, "Cette case n’existe pas"),
        ({"precisions": "a\x00b"}, "caractère de commande"),
        ({"precisions": "a\ufffdb"}, "caractère abîmé"),
        ({"precisions": "a\u202eb"}, "sens de lecture"),
        ({"precisions": "x" * 201}, "Gardez 200 caractères au plus. Il y en a 201"),
        ({"precisions": "appeler au 06 39 98 00 12"}, "Retirez le numéro de téléphone"),
        ({"precisions": "ecrire a quelqu.un@exemple.fr"}, "Retirez l’adresse électronique"),
        ({"precisions": ["a", "b"]}, "Une seule réponse"),
        ({"jour": "2999-01-01"}, "futur"),
        ({"jour": "hier"}, "Écrivez la date"),
        ({"jour": "1999-01-01"}, "24 mois"),
        ({"jour": "0000-00-00"}, "Écrivez la date"),
        ({"jour": "2026-01-01\x00"}, "Écrivez la date"),
        ({"cle_idempotence": None}, "Relisez la fiche"),
        ({"cle_idempotence": "pas-une-cle"}, "Relisez la fiche"),
        ({"cle_idempotence": "\x00"}, "Relisez la fiche"),
        ({"cle_idempotence": [str(uuid.uuid4()), str(uuid.uuid4())]}, "Une seule réponse"),
        ({"fin": "ailleurs"}, "l’un des deux boutons"),
        ({"fin": "remettre"}, "Choisissez au moins une structure"),
        ({"vers": ["abc"]}, "n’existe pas. Retirez-la"),
        ({"vers": [HUGE]}, "n’existe pas. Retirez-la"),
        ({"vers": ["999999999999999999"], "fin": "remettre"}, "n’existe plus"),
        ({"vers": [str(n) for n in range(1, 12)], "fin": "remettre"}, "10 structures au plus"),
        ({"commune": "59350\x00"}, "caractère de commande"),
        ({"commune": "79191"}, "n’est pas dans votre région"),
        ({"rdv": "oui"}, "Choisissez la structure du rendez-vous"),
        ({"rdv": "peut-etre"}, "Cette case n’existe pas"),
        ({"rdv_site": HUGE}, "Cette structure n’existe pas"),
    ],
)
def test_refused_with_a_sentence(desk: Client, changes: dict[str, Any], message: str) -> None:
    response = post(desk, sent(**changes))
    text = plain(response.content)
    assert response.status_code == 422
    assert message in text
    assert "Erreur : 1 point à revoir" in text
    assert count_fiches() == 0
    if "precisions" not in changes:
        assert TYPED in text, "what was typed is still there"
    if "statut" not in changes:
        assert 'name="statut" value="5" id="id_statut_4" checked' in text


def test_a_key_that_can_not_be_used_is_replaced(desk: Client) -> None:
    response = post(desk, sent(cle_idempotence="x"))
    key = response.context["cle"]
    assert uuid.UUID(str(key))
    assert post(desk, sent(cle_idempotence=str(key))).status_code == 303


@pytest.mark.parametrize("whose", ["cio", "niort_site", "training"])
def test_forged_destinations(world: World, desk: Client, whose: str) -> None:
    with system():
        training = make_site(world.lille, "Organisme de formation", world.reseaux["CIO"], training=True)
    site = training if whose == "training" else getattr(world, whose)
    response = post(desk, sent(vers=[str(site.pk)], fin="remettre"))
    assert response.status_code == 422
    assert count_fiches() == 0
    assert "CIO de Niort" not in plain(response.content)


def test_ticked_and_solved_on_the_spot_is_asked(world: World, desk: Client) -> None:
    response = post(desk, reoriented(world, fin="place"))
    assert response.status_code == 422
    assert "décochez-la" in plain(response.content)
    assert f'value="{world.mission.pk}" id="vers-{world.mission.pk}" checked' in plain(response.content)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"rdv_heure": "19:00"},
            "Choisissez une heure entre 9 h et 17 h : Mission locale de Lille ne reçoit pas à 19 h",
        ),
        ({"rdv_heure": "17:00"}, "entre 9 h et 17 h"),
        ({"rdv_heure": "25:99"}, "Écrivez l’heure comme 14:30"),
        ({"rdv_heure": ""}, "Donnez l’heure du rendez-vous"),
        ({"rdv_jour": ""}, "Donnez la date du rendez-vous"),
        (
            {"rdv_jour": next_weekday(6).isoformat()},
            "ne reçoit pas le dimanche : prochain jour ouvert, lundi",
        ),
        ({"rdv_jour": "2020-01-07"}, "après celle du contact"),
        ({"rdv_jour": "2999-01-01"}, "dans l’année"),
        ({"rdv_avec": "x" * 81}, "Gardez 80 caractères au plus"),
        ({"rdv_lieu": "x" * 201}, "Gardez 200 caractères au plus"),
        ({"rdv_lieu": "a\x00"}, "caractère de commande"),
        ({"rdv_avec": "06 39 98 00 12"}, "Retirez le numéro de téléphone"),
    ],
)
def test_appointment_refused(world: World, desk: Client, changes: dict[str, str], message: str) -> None:
    data = reoriented(world, rdv="oui", rdv_jour=next_weekday(1).isoformat(), rdv_heure="14 h 30") | changes
    response = post(desk, data)
    assert response.status_code == 422
    assert message in plain(response.content)


def test_the_typed_hour_may_be_french_and_hours_unknown_refuse_nothing(world: World, desk: Client) -> None:
    with system():
        unknown = make_site(world.lille, "Lieu sans horaires", world.reseaux["POLE_EMPLOI"])
    data = {"rdv": "oui", "rdv_jour": next_weekday(6).strftime("%d/%m/%Y"), "rdv_heure": "9h05"}
    assert post(desk, reoriented(world, vers=[str(unknown.pk)], **data)).status_code == 303


def test_the_appointment_of_several_structures_names_one(world: World, desk: Client) -> None:
    with system():
        other = make_site(world.lille, "Pôle emploi de Lille", world.reseaux["POLE_EMPLOI"])
    data = reoriented(
        world,
        vers=[str(world.mission.pk), str(other.pk)],
        rdv="oui",
        rdv_jour=next_weekday(1).isoformat(),
        rdv_heure="10:00",
    )
    response = post(desk, data)
    assert response.status_code == 422
    assert "Dites avec quelle structure" in plain(response.content)


def test_lists_follow_the_day(world: World, desk: Client) -> None:
    old = timezone.localdate() - datetime.timedelta(days=30)
    assert post(desk, sent(jour=old.isoformat())).status_code == 303
    assert only_fiche().jour == old


def test_too_many_fields_and_broken_bodies_are_400(desk: Client) -> None:
    assert post(desk, sent(demandes=["1"] * 3000)).status_code == 400
    broken = desk.post(NEW, b"--x\r\nbroken", content_type="multipart/form-data; boundary=x")
    assert broken.status_code in {400, 422}
    assert (
        desk.post(NEW, b"\xff\xfe=\xed\xa0\x80", content_type="application/x-www-form-urlencoded").status_code
        == 422
    )
    assert desk.put(NEW).status_code == 405


@pytest.mark.parametrize("key", ["coordinateur", "animation", "region", "administrateur", "prefecture"])
def test_only_site_staff_fill_fiches(world: World, login: LoginAs, key: str) -> None:
    client = login(world.users[key])
    assert client.get(NEW).status_code == 403
    assert post(client, sent()).status_code == 403
    for fragment in ("portes", "apercu"):
        assert client.post(f"{NEW}{fragment}/", sent()).status_code == 403


def test_a_session_that_ended_goes_to_the_login_page(db: None) -> None:
    response = post(Client(), sent())
    assert response.status_code in {302, 303, 401}
    assert FicheContact.objects.for_territory(0).count() == 0
