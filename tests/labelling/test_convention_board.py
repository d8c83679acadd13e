"""Writing a convention, its parties, its progress, its avenant, its reminders; two coordinators at once."""

import datetime
import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from labelling.models import Convention, ConventionSignatory
from labelling.services.convention import drafting, inviting, opening, parties, presenting, reminding, state
from labelling.services.convention.layout import blocks
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.texts import TextConflict
from territories.access import Actor
from tests.conftest import LoginAs
from tests.factories import World, make_membership, make_site, make_user, system
from tests.labelling.convention_world import MAILS, Signed, form, make_convention
from tests.labelling.mails import drain

pytestmark = pytest.mark.django_db
CIO, MISSION = MAILS


def coordinator(world: World, login: LoginAs) -> Client:
    return login(world.users["coordinateur"], world.memberships["coordinateur"])


def test_the_first_text_is_in_the_words_of_the_region(world: World) -> None:
    made = make_convention(world, shown=False)
    draft = made.now().draft
    for words in (
        "Service public de l’orientation", "zone d’emploi formation de Lille", "CCREFP", "gratuité",
        "50 %", "[[organisations]]", "cinq ans", "Avenant",
    ):  # fmt: skip
        assert words in draft
    made.present()
    shown = made.now()
    for words in (made.parties[0].name, "CIO de Lille, 1 rue de l’Exemple", "Mission locale de Lille"):
        assert words in shown.text
    assert "[[" not in shown.text
    assert shown.sha256 == hashlib.sha256(shown.text.encode()).hexdigest()
    kinds = [block.kind for block in blocks(shown.text)]
    assert kinds.count("titre") == 13
    assert "liste" in kinds


def test_a_region_of_the_other_regime_signs_none(world: World, login: LoginAs) -> None:
    with system():
        user = make_user("Coordination de Niort")
        membership = make_membership(user, world.memberships["coordinateur"].role, territory=world.niort)
    client = login(user, membership)
    page = client.get("/conventions/")
    assert "appel à manifestation d’intérêt" in page.text
    client.post("/conventions/ouvrir/")
    with system():
        assert not Convention.objects.for_system().exists()


def test_one_convention_at_a_time_on_a_territory(world: World) -> None:
    made = make_convention(world)
    with made.acting() as actor, pytest.raises(Refused, match="déjà en préparation"):
        opening.open_convention(by=actor, territory=world.lille)
    with made.acting("coordinateur_douai") as actor:
        assert opening.open_convention(by=actor, territory=world.douai).number == 1


def test_what_is_missing_is_said_and_nothing_is_shown(world: World) -> None:
    with transaction.atomic():
        actor = world.actor("coordinateur")
        convention = opening.open_convention(by=actor, territory=world.lille)
        [party] = parties.add_parties(
            by=actor, convention=convention, organisations=[world.cio.organisation], need="deux"
        )
        missing = " ".join(presenting.preview(actor, convention).missing)
        assert "au moins deux organisations" in missing
        assert f"{party.name} : nommez au moins un signataire" in missing
        parties.add_signatory(
            by=actor, convention=convention, party=party, capacity="elu", function="Présidence", email=CIO
        )
        planned = presenting.preview(actor, convention)
        assert f"{party.name} : il faut un élu et un responsable administratif." in planned.missing
        with pytest.raises(Refused, match="élu et un responsable"):
            presenting.present(by=actor, convention=convention, seen=planned.sha256)
        text = convention.draft.replace("[[organisations]]", "Nous deux") + "\n\n[[inconnu]]"
        drafting.save_draft(by=actor, convention=convention, text=text, seen=1)
        convention.refresh_from_db()
        planned = presenting.preview(actor, convention)
        assert planned.warnings == [f"Le texte ne nomme pas « {party.name} »."]
        assert any("[[inconnu]]" in one for one in planned.missing)


def test_a_text_typed_by_two_coordinators_keeps_both(world: World, login: LoginAs) -> None:
    made = make_convention(world, shown=False)
    client, url = coordinator(world, login), f"/conventions/{made.convention.pk}/texte/ecrire/"
    assert client.post(url, {"texte": "Premier texte.", "version": "1"}).status_code == 302
    page = client.post(url, {"texte": "Second texte.", "version": "1"})
    assert page.status_code == 409
    for words in ("Premier texte.", "Second texte.", "Garder mon texte"):
        assert words in page.text
    assert made.now().draft == "Premier texte."
    both = client.post(url, {"texte": "Second texte.", "version": "1", "choix": "fusionner"})
    assert "Premier texte.\n\nSecond texte." in both.text
    kept = client.post(url, {"texte": "Second texte.", "version": "1", "choix": "garder:2"})
    assert kept.status_code == 200
    assert made.now().draft == "Second texte."
    with made.acting() as actor, pytest.raises(TextConflict):
        drafting.save_draft(by=actor, convention=made.now(), text="Troisième.", seen=1)


def test_two_coordinators_at_once_present_the_text_that_was_read(world: World, login: LoginAs) -> None:
    made = make_convention(world, shown=False)
    client, url = coordinator(world, login), f"/conventions/{made.convention.pk}/presenter/"
    assert made.parties[0].name in client.get(url).text
    with made.acting() as actor:
        read = presenting.preview(actor, made.now()).sha256
        convention = made.now()
        text = convention.draft.replace("préavis de trois mois", "préavis d’un mois")
        drafting.save_draft(by=actor, convention=convention, text=text, seen=1)
    page = client.post(url, {"seen": read})
    assert page.status_code == 409
    assert "préavis d’un mois" in page.text
    assert made.now().state == "projet"
    made.present()
    with made.acting() as actor, pytest.raises(Conflict):
        presenting.present(by=actor, convention=made.now(), seen=read, reason="Le même")


def test_the_board_says_who_signed_who_refused_and_who_is_waited_for(world: World, login: LoginAs) -> None:
    made = make_convention(world)
    client = coordinator(world, login)
    Client().post(made.url(CIO), form(made, CIO, function="Autre fonction"))
    Client().post(
        made.url(MISSION), {"acte": "refuser", "seen": made.now().sha256, "refus": "Article 5 à revoir"}
    )
    drain()
    page = client.get(f"/conventions/{made.convention.pk}/")
    for words in ("1 sur 2", "Fonction déclarée", "Article 5 à revoir", MISSION):
        assert words in page.text
    reader = login(world.users["referent"], world.memberships["referent"])
    page = reader.get(f"/conventions/{made.convention.pk}/")
    assert page.status_code == 200
    assert MISSION not in page.text
    assert "Présenter" not in page.text


def test_the_board_asks_as_much_of_the_database_for_two_parties_as_for_twenty_four(world: World) -> None:
    made = make_convention(world)
    few = _statements(made)
    with system():
        for number in range(22):
            make_site(world.lille, f"Lieu {number}", world.reseaux["CIO"], f"L{number}")
    with made.acting() as actor:
        more = parties.may_join(actor, made.now())
        assert len(more) == 22
        for party in parties.add_parties(by=actor, convention=made.now(), organisations=more):
            for capacity in ("elu", "administratif"):
                parties.add_signatory(
                    by=actor, convention=made.now(), party=party, capacity=capacity,
                    function=f"{capacity} {party.name}", email=f"{capacity}@lieu{party.pk}.example",
                )  # fmt: skip
    assert made.now().state == "projet", "the parties are part of what is signed"
    made.present("Nouvelles parties")
    assert _statements(made) == few


def _statements(made: Signed) -> int:
    from django.test.utils import CaptureQueriesContext

    with made.acting() as actor:
        found = made.now()
        actor = made.world.actor("coordinateur")
        with CaptureQueriesContext(connection) as asked:
            state.board(actor, found)
    return len(asked)


def test_a_party_removed_takes_the_convention_back_and_its_text_must_say_so(world: World) -> None:
    made = make_convention(world)
    with system():
        make_site(world.lille, "PIJ de Lille", world.reseaux["CIO"], "PIJ")
    Client().post(made.url(CIO), form(made, CIO))
    with made.acting() as actor:
        [third] = parties.add_parties(
            by=actor, convention=made.now(), organisations=parties.may_join(actor, made.now())
        )
        parties.add_signatory(
            by=actor, convention=made.now(), party=third, capacity="elu", function="Maire",
            email="mairie@exemple.example",
        )
    assert "n’est pas à la signature" in Client().get(made.url(MISSION)).text
    made.present("Une partie de plus")
    made.read_mails()
    with made.acting() as actor:
        parties.remove_party(by=actor, convention=made.now(), party=third, reason="Elle se retire")
    made.present("Une partie de moins")
    made.read_mails()
    progress = _board(made)
    assert [party.party.pk for party in progress.parties] == [party.pk for party in made.parties]
    assert [party.pk for party in progress.parties_removed] == [third.pk]
    for address in MAILS:
        Client().post(made.url(address), form(made, address))
    assert made.now().state == "signee"


def _board(made: Signed) -> state.Board:
    with made.acting() as actor:
        return state.board(actor, made.now())


def test_taken_back_and_shown_again_unchanged_the_signatures_count(world: World) -> None:
    made = make_convention(world)
    Client().post(made.url(CIO), form(made, CIO))
    with made.acting() as actor:
        presenting.take_back(by=actor, convention=made.now(), reason="Un doute")
    assert Client().post(made.url(MISSION), form(made, MISSION)).status_code == 409
    made.present()
    assert _board(made).signed == 1
    assert made.now().text_number == 1


def test_an_avenant_leaves_its_parent_in_force_until_all_have_signed(world: World, login: LoginAs) -> None:
    made = make_convention(world)
    for address in MAILS:
        Client().post(made.url(address), form(made, address))
    drain()
    first = made.now()
    with made.acting() as actor:
        made.convention = opening.open_amendment(by=actor, convention=first)
        avenant = made.now()
        assert (avenant.rank, avenant.parent_id, avenant.draft) == (1, first.pk, first.text)
        # An avenant that changes nothing is not presented.
        assert "dit la même chose" in presenting.preview(actor, avenant).missing[-1]
        drafting.save_draft(
            by=actor, convention=avenant, seen=1,
            text=avenant.draft.replace("préavis de trois mois", "préavis de deux mois"),
        )  # fmt: skip
    url = f"/conventions/{made.convention.pk}/"
    # What it changes is read before it is presented, and by who is asked to sign it.
    assert "<del>trois</del>" in coordinator(world, login).get(f"{url}presenter/").text
    made.present()
    asked = made.read_mails()
    assert {one.subject.partition(",")[0] for one in asked} == {
        "À signer : Avenant n° 1 à la convention n° 1"
    }
    page = Client().get(made.url(CIO)).text
    assert "<del>trois</del>" in page
    assert "Signer l’avenant" in page
    with made.acting() as actor:
        kept = state.of_territory(actor, world.lille)
        assert kept is not None
        assert (kept.convention.pk, kept.is_signed, kept.in_force) == (first.pk, True, True)
        assert kept.working is not None
    assert "<del>trois</del>" in coordinator(world, login).get(f"{url}versions/").text
    for address in MAILS:
        Client().post(made.url(address), form(made, address))
    with system():
        states = Convention.objects.for_system().order_by("rank").values_list("state", flat=True)
        assert list(states) == ["remplacee", "signee"]


def test_giving_up_needs_a_reason_and_tells_who_was_invited(world: World) -> None:
    made = make_convention(world)
    with made.acting() as actor:
        with pytest.raises(Refused, match="pourquoi"):
            opening.abandon(by=actor, convention=made.convention, reason=" ")
        opening.abandon(by=actor, convention=made.convention, reason="Projet repoussé")
    assert {m.to[0] for m in drain()} == set(MAILS)
    assert "abandonnée" in Client().get(made.url(CIO)).text
    with made.acting() as actor:
        assert state.of_territory(actor, world.lille) is None


def test_reminders_leave_after_seven_and_fourteen_days_once_each(world: World) -> None:
    made = make_convention(world)
    Client().post(made.url(CIO), form(made, CIO))
    drain()
    for days, expected in ((6, 0), (7, 1), (7, 0), (8, 0), (14, 1), (20, 0)):
        with system():
            assert reminding.run(now=timezone.now() + datetime.timedelta(days=days)) == expected, days
        sent = {m.to[0] for m in drain()}
        assert sent == ({MISSION} if expected else set()), days


def test_reminding_by_hand_keeps_the_link_and_a_new_link_replaces_it(world: World, login: LoginAs) -> None:
    made = make_convention(world)
    client, old = coordinator(world, login), made.links[MISSION]
    assert client.post(f"/conventions/{made.convention.pk}/rappeler/").status_code == 302
    made.read_mails()
    assert made.links[MISSION] == old
    key = made.signatory(MISSION).pk
    client.post(f"/conventions/{made.convention.pk}/signataires/{key}/renvoyer/")
    made.read_mails()
    assert made.links[MISSION] != old
    assert Client().get(f"/convention/signature/{old}/").status_code == 404
    with made.acting() as actor:
        row = made.signatory(MISSION)
        assert inviting.expected(actor, made.now())
        assert row.reminders == 0


def test_anybody_verifies_a_fingerprint_or_the_document_and_reads_no_name(world: World) -> None:
    made = make_convention(world)
    for address in MAILS:
        Client().post(made.url(address), form(made, address, name="Nom du signataire"))
    drain()
    signed = made.now()
    client = Client()
    sha = signed.sha256
    typed = " ".join([sha[i : i + 8] for i in range(0, 64, 8)]).upper()
    found = client.post("/convention/verifier/", {"empreinte": typed}, follow=True)
    counted = "2\N{NO-BREAK SPACE}organisations sur 2"
    for words in ("Reconnue", signed.title, "Lille", made.parties[0].name, counted):
        assert words in found.text
    assert "Nom du signataire" not in found.text
    pdf = SimpleUploadedFile("convention.pdf", bytes(signed.pdf or b""), "application/pdf")
    assert "le document signé" in client.post("/convention/verifier/", {"document": pdf}).text
    other = SimpleUploadedFile("convention.pdf", b"%PDF-autre", "application/pdf")
    assert "Inconnue" in client.post("/convention/verifier/", {"document": other}).text
    assert client.get(f"/convention/verifier/{'0' * 64}/").status_code == 404
    assert client.post("/convention/verifier/", {"empreinte": "abc"}).status_code == 422


def test_only_the_coordinator_of_the_territory_writes(world: World) -> None:
    from django.core.exceptions import PermissionDenied

    made = make_convention(world)
    for key in ("charge_mission", "animateur_etat", "animation", "referent", "region", "prefecture"):
        with made.acting(key) as actor:
            assert isinstance(actor, Actor)
            with pytest.raises(PermissionDenied):
                opening.abandon(by=actor, convention=made.now(), reason="Non non non")
    with system():
        assert ConventionSignatory.objects.for_system().filter(removed_at=None).count() == 2


def test_who_does_not_read_the_history_is_not_told_it_is_empty(world: World, login: LoginAs) -> None:
    made = make_convention(world)
    for key, told in (("coordinateur", True), ("prefecture", False)):
        page = login(world.users[key]).get(f"/conventions/{made.convention.pk}/").content.decode()
        assert ("Historique" in page) is told
