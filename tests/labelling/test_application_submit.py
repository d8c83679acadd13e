"""A file is submitted once, complete, before the last second of the deadline; or withdrawn."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.urls import reverse

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiBudgetLine, AmiComplement, AmiSection, AmiStep
from labelling.services import clock, moves
from labelling.services.complement_answer import answer_complement
from labelling.services.sections import save_section
from labelling.services.submission import submit, withdraw
from spo_portal.kernel.errors import Conflict, Refused
from tests.conftest import LoginAs
from tests.factories import World, make_world, system
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur


@pytest.fixture
def porteur(world: World) -> Porteur:
    return ami_world.make_porteur(world.region)


@pytest.fixture
def ready(world: World, porteur: Porteur) -> AmiApplication:
    call = ami_world.make_call(world.region)
    return ami_world.ready_application(call, world.lille, porteur, submitted=False)


def state(file: AmiApplication) -> str:
    with system():
        return AmiApplication.objects.for_system().get(pk=file.pk).state


def test_a_complete_file_is_submitted(ready: AmiApplication, porteur: Porteur) -> None:
    with porteur.acting() as by:
        sent = submit(by=by, application=ready)
        again = submit(by=by, application=sent)
    assert sent.state == ApplicationState.DEPOSEE
    assert (again.number, again.submitted_at) == (sent.number, sent.submitted_at)
    with system():
        assert AmiStep.objects.for_system().filter(application=ready, key="deposer").count() == 1


def test_the_screen_submits_and_gives_a_receipt(
    ready: AmiApplication, porteur: Porteur, login: LoginAs
) -> None:
    client = login(porteur.user, porteur.membership)
    url = reverse("ami_deposer", args=[ready.pk])
    assert "Rien ne manque" in client.get(url).content.decode()
    assert client.post(url).status_code == 422
    answer = client.post(url, {"certifie": "oui"})
    assert answer["Location"] == reverse("ami_recu", args=[ready.pk])
    page = client.get(answer["Location"]).content.decode()
    with system():
        number = AmiApplication.objects.for_system().get(pk=ready.pk).number
    assert number in page
    assert client.post(url, {"certifie": "oui"})["Location"] == answer["Location"]


@pytest.mark.parametrize("ago", [1, 3600])
def test_one_second_late_is_refused_and_the_draft_kept(
    ready: AmiApplication, porteur: Porteur, login: LoginAs, ago: int
) -> None:
    ami_world.close_call(ready.call, datetime.timedelta(seconds=ago))
    with porteur.acting() as by, pytest.raises(Refused, match="clos"):
        submit(by=by, application=ready)
    # The database says it too, whatever a service forgets.
    with porteur.acting() as by, pytest.raises(Refused, match="clos"):
        moves.move(by=by, application=ready, key="deposer")
    client = login(porteur.user, porteur.membership)
    page = client.post(reverse("ami_deposer", args=[ready.pk]), {"certifie": "oui"})
    assert page.status_code == 422
    assert "Votre brouillon est gardé" in page.content.decode()
    assert state(ready) == ApplicationState.BROUILLON


def test_within_the_last_second_is_in_time(ready: AmiApplication, porteur: Porteur) -> None:
    ami_world.close_call(ready.call, datetime.timedelta(seconds=-2))
    with porteur.acting() as by:
        assert submit(by=by, application=ready).state == ApplicationState.DEPOSEE


def test_what_is_missing_is_said_with_its_link(world: World, porteur: Porteur, login: LoginAs) -> None:
    call = ami_world.make_call(world.region)
    draft = ami_world.make_application(call, world.lille, porteur)
    client = login(porteur.user, porteur.membership)
    page = client.get(reverse("ami_deposer", args=[draft.pk]))
    assert len(page.context["manques"]) == 2 + 7 + 4 + 1 + 1 + 17 + 1
    for text, link in page.context["manques"]:
        assert text.endswith("."), text
        assert client.get(link.partition("#")[0]).status_code == 200, link
    answer = client.post(reverse("ami_deposer", args=[draft.pk]), {"certifie": "oui"})
    assert answer.status_code == 422
    assert state(draft) == ApplicationState.BROUILLON


def move_and_hear(porteur: Porteur, file: AmiApplication) -> None:
    """The bare move, its deferred rules heard at once."""
    with porteur.acting() as by, connection.cursor() as cursor:
        moves.move(by=by, application=file, key="deposer")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("case", ["balance", "80"])
def test_a_wrong_budget_is_not_submitted(ready: AmiApplication, porteur: Porteur, case: str) -> None:
    with system():
        lines = AmiBudgetLine.objects.for_system().filter(application=ready)
        region = lines.get(nature="region")
        own = lines.get(nature="autofinancement")
        if case == "balance":
            AmiBudgetLine.objects.for_system().filter(pk=own.pk).update(amount=own.amount + 1)
        else:
            AmiBudgetLine.objects.for_system().filter(pk=region.pk).update(amount=6_080_001)
            AmiBudgetLine.objects.for_system().filter(pk=own.pk).update(amount=7_600_000 - 6_080_001)
    with porteur.acting() as by, pytest.raises(Refused, match="pas complet"):
        submit(by=by, application=ready)
    # Without the service's own check, the deferred rule of the database still speaks.
    with pytest.raises(IntegrityError):
        move_and_hear(porteur, ready)
    assert state(ready) == ApplicationState.BROUILLON


def test_somebody_else_neither_submits_nor_withdraws(world: World, ready: AmiApplication) -> None:
    other = ami_world.make_porteur(world.region)
    with other.acting() as by:
        for act in (lambda: submit(by=by, application=ready),
                    lambda: withdraw(by=by, application=ready, reason="Parce que")):  # fmt: skip
            with pytest.raises((Refused, Conflict)):
                act()
    assert state(ready) == ApplicationState.BROUILLON


def test_a_file_withdrawn_stays_readable_and_frees_its_bassin(
    world: World, ready: AmiApplication, porteur: Porteur, login: LoginAs
) -> None:
    client = login(porteur.user, porteur.membership)
    url = reverse("ami_retirer", args=[ready.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"motif": ""}).status_code == 422
    assert client.post(url, {"motif": "Le local n’est plus disponible."}).status_code == 302
    assert state(ready) == ApplicationState.RETIREE
    assert client.get(reverse("ami_dossier", args=[ready.pk])).status_code == 200
    assert ami_world.make_application(ready.call, world.lille, porteur).pk != ready.pk


def ask(file: AmiApplication, *parts: str, days: int = 5) -> AmiComplement:
    now = clock.now()
    with system():
        return AmiComplement.objects.create(
            application=file,
            parts=list(parts),
            text="Précisez les horaires du samedi.",
            asked_at=now - datetime.timedelta(days=10),
            asked_by_label="Région",
            deadline=now + datetime.timedelta(days=days),
        )


def test_a_complement_opens_the_parts_it_names_and_no_other(
    ready: AmiApplication, porteur: Porteur, login: LoginAs
) -> None:
    with porteur.acting() as by:
        submit(by=by, application=ready)
    asked = ask(ready, "services")
    client = login(porteur.user, porteur.membership)
    services = reverse("ami_partie", args=[ready.pk, "services"])
    page = client.get(services).content.decode()
    assert "La Région demande un complément" in page
    assert client.get(reverse("ami_partie", args=[ready.pk, "gestion"])).status_code == 302
    assert client.post(services, {"texte": "Le samedi aussi.", "version": "1"}).status_code == 302
    with porteur.acting() as by, pytest.raises(Refused):
        save_section(by=by, application=ready, key="gestion", text="Autre chose", seen=1)
    url = reverse("ami_repondre_complement", args=[ready.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"reponse": ""}).status_code == 422
    assert client.post(url, {"reponse": "Horaires précisés."}).status_code == 302
    assert client.get(services).status_code == 302, "answered: closed again"
    with porteur.acting() as by:
        assert answer_complement(by=by, application=ready, answer="Encore").pk == asked.pk
    with system():
        assert AmiComplement.objects.for_system().get(pk=asked.pk).answer == "Horaires précisés."
        assert AmiSection.objects.for_system().get(application=ready, key="services").version == 2
    assert "Complément envoyé" in client.get(reverse("ami_dossier", args=[ready.pk])).content.decode()


def test_a_complement_answered_too_late_is_refused(
    ready: AmiApplication, porteur: Porteur, login: LoginAs
) -> None:
    with porteur.acting() as by:
        submit(by=by, application=ready)
    ask(ready, "services", days=-1)
    client = login(porteur.user, porteur.membership)
    page = client.post(reverse("ami_repondre_complement", args=[ready.pk]), {"reponse": "Voici le détail."})
    assert page.status_code == 422
    assert "Voici le détail." in page.content.decode(), "nothing typed is lost"


def send_together(clients: list[Client], url: str) -> list[tuple[int, str]]:
    barrier = threading.Barrier(len(clients))
    answers: list[tuple[int, str]] = []

    def send(client: Client) -> None:
        try:
            barrier.wait()
            answer = client.post(url, {"certifie": "oui"})
            answers.append((answer.status_code, answer.headers.get("Location", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_submissions_in_the_same_second_give_one(login: LoginAs) -> None:
    world = make_world()
    porteur = ami_world.make_porteur(world.region)
    call = ami_world.make_call(world.region)
    file = ami_world.ready_application(call, world.lille, porteur, submitted=False)
    clients = [login(porteur.user, porteur.membership) for _ in range(4)]
    answers = send_together(clients, reverse("ami_deposer", args=[file.pk]))
    assert set(answers) == {(302, reverse("ami_recu", args=[file.pk]))}
    with system():
        assert AmiStep.objects.for_system().filter(application=file, key="deposer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_text_saved_while_the_file_is_submitted_comes_first_or_is_refused() -> None:
    world = make_world()
    porteur = ami_world.make_porteur(world.region)
    file = ami_world.ready_application(
        ami_world.make_call(world.region), world.lille, porteur, submitted=False
    )
    barrier = threading.Barrier(2)
    told: dict[str, object] = {}

    def write() -> None:
        try:
            barrier.wait()
            with porteur.acting() as by:
                told["text"] = save_section(
                    by=by, application=file, key="services", text="Au dernier moment", seen=1
                ).version
        except Refused:
            told["text"] = "refused"
        finally:
            connection.close()

    def send() -> None:
        try:
            barrier.wait()
            with transaction.atomic(), porteur.acting() as by:
                told["state"] = submit(by=by, application=file).state
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for act in (write, send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told["state"] == ApplicationState.DEPOSEE
    with system():
        kept = AmiSection.objects.for_system().get(application=file, key="services")
    assert (kept.text == "Au dernier moment") == (told["text"] == 2)
