"""At the publication everything opens at one instant; before it, no address tells a porteur a thing."""

import datetime
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.utils import timezone

from labelling.enums_ami import ApplicationState, CallState, Outcome
from labelling.jobs_publication import publish_job
from labelling.models import AmiApplication, AmiCall, AmiComplement, AmiDecision, AmiLetter, AmiStep, Avis
from labelling.services.letters import Drawn
from labelling.services.publication import publish, undecided, waiting
from labelling.services.results import results_of
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.jobs import enqueue
from spo_portal.kernel.models import OutboxEvent
from tests.conftest import LoginAs
from tests.factories import World, make_territory, system
from tests.kernel.jobs_by_hand import taken
from tests.labelling.ami_decisions import advised, decided, reload
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import Porteur, acting, close_call, make_call, make_member, make_porteur

pytestmark = pytest.mark.django_db
PDF = Drawn(b"%PDF-1.7\n%%EOF\n", 1)
TOKENS = re.compile(rb'csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"|nonce="[^"]+"')


@pytest.fixture
def region(world: World) -> Account:
    return make_officer(world.region)


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region, "Association porteuse du bassin")


def publish_all(call: AmiCall, region: Account) -> None:
    with acting(*region) as by:
        keys = [one.pk for one in waiting(by, call)]
        publish(by=by, call=call, decisions=keys, letters=dict.fromkeys(keys, PDF))


def in_days(days: int) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=days)


def addresses(file: AmiApplication) -> list[str]:
    """Every page where a porteur could look for its result."""
    base, call = f"/ami/dossiers/{file.pk}/", f"/ami/appels/{file.call_id}/"
    return [
        base, f"{base}budget/", f"{base}services/", f"{base}partenaires/", f"{base}decision/",
        f"{base}decision/lettre.pdf", f"{base}decision/limites/", f"{base}decision/retirer/",
        "/ami/dossiers/", "/ami/a-faire/", "/ami/appels/", call, f"{call}publication/",
        f"{call}simulateur/", f"{call}couverture/", f"{call}dossiers/", "/ami/seances/",
        f"/ami/appel/{file.call.region.slug}/{file.call.slug}/",
        f"/ami/appel/{file.call.region.slug}/{file.call.slug}/resultats/",
    ]  # fmt: skip


def seen(client: Client, urls: list[str]) -> dict[str, tuple[int, bytes]]:
    """What each address answers, without what changes at every request."""
    return {url: ((page := client.get(url)).status_code, TOKENS.sub(b"", page.content)) for url in urls}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_porteur_reads_the_same_bytes_before_and_after_a_decision(
    world: World, region: Account, porteur: Porteur, login: LoginAs, outcome: Outcome
) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille, porteur=porteur)
    close_call(call)
    file = reload(file)
    client = login(porteur.user, porteur.membership)
    before = seen(client, addresses(file))
    more = {"parts": ["services"], "deadline": in_days(30)} if outcome == Outcome.A_COMPLETER else {}
    decided(file, region, outcome, **more)
    with acting(*region) as by:
        letter = AmiLetter.objects.create(
            application=file, kind=outcome, decision=AmiDecision.objects.visible_to(by).get(application=file),
            pdf=PDF.pdf, pages=1, sha256=PDF.sha256, made_by_label="Région",
        )  # fmt: skip
    after = seen(client, addresses(file))
    for url in before:
        assert before[url] == after[url], url
    assert client.get(f"/ami/lettres/{letter.pk}/").status_code == 404
    assert {status for status, _ in before.values()} <= {200, 302, 403, 404}


def test_everything_opens_at_the_same_instant(world: World, region: Account, porteur: Porteur) -> None:
    call = make_call(world.region)
    kept = advised(call, world.lille, porteur=porteur)
    refused = advised(call, world.douai, opinion="reserve")
    decided(kept, region)
    decided(refused, region, Outcome.NON_RETENUE)
    close_call(call)
    publish_all(call, region)
    with system():
        rows = AmiDecision.objects.for_system().filter(call=call)
        moments = {row.published_at for row in rows}
        moments |= {row.published_at for row in Avis.objects.for_system().filter(application__call=call)}
        moments |= {row.published_at for row in AmiLetter.objects.for_system().filter(application__call=call)}
        told = AmiStep.objects.for_system().filter(key__in=["rendre_avis", "decider", "clore_instruction"])
        moments |= set(told.values_list("told_at", flat=True))
        call.refresh_from_db()
        moments.add(call.results_at)
        assert len(moments) == 1
        assert None not in moments
        kinds = [
            event.payload["key"]
            for event in OutboxEvent.objects.filter(kind="labelling.moved").order_by("pk")
            if event.payload["key"].startswith("publier")
        ]
    assert sorted(kinds) == ["publier_non_retenue", "publier_retenue"]
    assert call.state == CallState.PUBLIE
    assert [reload(one).state for one in (kept, refused)] == ["retenue", "non_retenue"]
    with porteur.acting() as by:
        assert AmiDecision.objects.visible_to(by).get().amount == 5_800_000
        assert Avis.objects.visible_to(by).count() == 1
        assert AmiLetter.objects.visible_to(by).count() == 1


def test_the_porteur_downloads_its_letter_and_no_other(
    world: World, region: Account, porteur: Porteur, login: LoginAs
) -> None:
    call = make_call(world.region)
    mine, other = advised(call, world.lille, porteur=porteur), advised(call, world.douai)
    decided(mine, region)
    decided(other, region, Outcome.NON_RETENUE)
    publish_all(call, region)
    with system():
        letters = {one.application_id: one.pk for one in AmiLetter.objects.for_system().all()}
    client = login(porteur.user, porteur.membership)
    answer = client.get(f"/ami/lettres/{letters[mine.pk]}/")
    assert answer.status_code == 200
    assert answer.content == PDF.pdf
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get(f"/ami/lettres/{letters[other.pk]}/").status_code == 404


def test_a_decision_taken_back_is_never_told(world: World, region: Account, porteur: Porteur) -> None:
    from labelling.services.decisions import withdraw_decision

    call = make_call(world.region)
    file = advised(call, world.lille, porteur=porteur)
    decided(file, region, Outcome.NON_RETENUE)
    with acting(*region) as by:
        withdraw_decision(by=by, application=file, reason="Nous nous étions trompés de dossier.")
    decided(file, region)
    publish_all(call, region)
    with porteur.acting() as by:
        keys = list(AmiStep.objects.visible_to(by).filter(application=file).values_list("key", flat=True))
        assert keys.count("decider") == 1
        assert "retirer_decision" not in keys
        assert AmiDecision.objects.visible_to(by).filter(superseded_at=None).count() == 1
        assert not AmiDecision.objects.visible_to(by).filter(outcome="non_retenue").exists()


def test_only_the_commissions_chosen_are_published(world: World, region: Account) -> None:
    with system():
        far = [make_territory(world.region, name) for name in ("Arras", "Lens", "Calais")]
    call = make_call(world.region)
    near, away = advised(call, world.lille), advised(call, far[2])
    assert near.commission_id != away.commission_id
    decided(near, region)
    decided(away, region)
    with acting(*region) as by:
        [one] = waiting(by, call, [near.commission_id])
        publish(by=by, call=call, decisions=[one.pk], letters={one.pk: PDF})
    assert [reload(file).state for file in (near, away)] == ["retenue", "decidee"]


def test_the_call_still_open_stays_open(world: World, region: Account) -> None:
    call = make_call(world.region)
    decided(advised(call, world.lille), region)
    publish_all(call, region)
    with system():
        call.refresh_from_db()
    assert (call.state, call.results_at) == (CallState.OUVERT, None)


def test_a_completer_opens_the_parts_named_and_waits_for_another_decision(
    world: World, region: Account, porteur: Porteur
) -> None:
    from labelling.services.parts import open_parts

    call = make_call(world.region)
    file = advised(call, world.lille, porteur=porteur)
    decided(file, region, Outcome.A_COMPLETER, parts=["services", "pieces"], deadline=in_days(20))
    publish_all(call, region)
    file = reload(file)
    assert file.state == ApplicationState.AVIS_RENDU
    with porteur.acting() as by:
        assert open_parts(by, file) == {"services", "pieces"}
        [asked] = AmiComplement.objects.visible_to(by).filter(application=file)
        assert asked.text.startswith("Projet complet")
    with pytest.raises(Refused, match="complément"):
        decided(file, region)
    with system():
        AmiComplement.objects.for_system().update(closed_at=timezone.now())
    assert decided(file, region).published_at is None
    with acting(*region) as by:
        assert [one.application_id for one in waiting(by, call)] == [file.pk]


@pytest.mark.parametrize("change", ["withdrawn", "twice", "letter_missing", "unknown"])
def test_nothing_is_published_when_one_thing_changed(world: World, region: Account, change: str) -> None:
    from labelling.services.decisions import withdraw_decision

    call = make_call(world.region)
    files = [advised(call, world.lille), advised(call, world.douai)]
    keys = [decided(file, region).pk for file in files]
    letters = dict.fromkeys(keys, PDF)
    if change == "withdrawn":
        with acting(*region) as by:
            withdraw_decision(by=by, application=files[0], reason="À revoir avant de publier.")
    elif change == "twice":
        with acting(*region) as by:
            publish(by=by, call=call, decisions=keys[:1], letters={keys[0]: PDF})
    elif change == "letter_missing":
        letters.pop(keys[0])
    else:
        keys.append(987_654)
    with acting(*region) as by, pytest.raises(Conflict, match="Rien n’est publié"):
        publish(by=by, call=call, decisions=keys, letters=letters)
    assert reload(files[1]).state == ApplicationState.DECIDEE


def test_an_outdated_deadline_stops_the_publication(world: World, region: Account) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    made = decided(file, region, Outcome.A_COMPLETER, parts=["services"], deadline=in_days(2))
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labelling_amidecision SET deadline = now() - interval '1 hour' WHERE id = %s", [made.pk]
        )
    with acting(*region) as by, pytest.raises(Refused, match="échéance"):
        publish(by=by, call=call, decisions=[made.pk], letters={made.pk: PDF})
    assert reload(file).state == ApplicationState.DECIDEE


@pytest.mark.parametrize("who", ["membre", "animation", "porteur"])
def test_nobody_else_publishes(world: World, region: Account, porteur: Porteur, who: str) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille, porteur=porteur)
    made = decided(file, region)
    account = {
        "membre": make_member(file.commission),
        "animation": (world.users["animation"], world.memberships["animation"]),
        "porteur": (porteur.user, porteur.membership),
    }[who]
    with acting(*account) as by:
        with pytest.raises(PermissionDenied):
            publish(by=by, call=call, decisions=[made.pk], letters={made.pk: PDF})
        assert AmiDecision.objects.filter(pk=made.pk).update(published_at=timezone.now()) == 0


def test_the_public_list_names_the_selected_alone(
    world: World, region: Account, porteur: Porteur, client: Client
) -> None:
    call = make_call(world.region)
    kept = advised(call, world.lille, porteur=porteur)
    refused = advised(call, world.douai, porteur=make_porteur(world.region, "Structure écartée"))
    decided(kept, region)
    decided(refused, region, Outcome.NON_RETENUE)
    url = f"/ami/appel/{world.region.slug}/{call.slug}/resultats/"
    assert "pas encore publiés" in client.get(url).content.decode()
    assert results_of(call) == []
    publish_all(call, region)
    page = client.get(url).content.decode()
    assert "Association porteuse du bassin" in page
    assert "58\u202f000\u202f€" in page
    assert "Lille" in page
    assert "Structure écartée" not in page
    assert "Douai" not in page
    assert client.get(f"/ami/appel/{world.region.slug}/ailleurs/resultats/").status_code == 404


def test_the_job_draws_then_publishes_and_can_run_twice(world: World, region: Account) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    made = decided(file, region)
    with acting(*region) as by:
        job = enqueue(
            by=by, kind="labelling.ami_publish", title="Publication",
            params={"appel": call.pk, "decisions": [made.pk]},
        )  # fmt: skip
    for _ in range(2):
        with taken(job.uuid) as run:
            publish_job(run)
    with system():
        [letter] = AmiLetter.objects.for_system().filter(application=file)
    assert bytes(letter.pdf).startswith(b"%PDF")
    assert (letter.decision_id, letter.kind, letter.pages) == (made.pk, "retenue", 1)
    assert reload(file).state == ApplicationState.RETENUE


def test_the_page_lists_confirms_and_asks_for_the_job(world: World, region: Account, login: LoginAs) -> None:
    call = make_call(world.region)
    file = advised(call, world.lille)
    waits = advised(call, world.douai)
    made = decided(file, region)
    client, url = login(*region), f"/ami/appels/{call.pk}/publication/"
    assert waits.number in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 422
    page = client.post(url, {"commissions": [file.commission_id]})
    assert "Une publication ne se reprend pas" in page.content.decode()
    assert client.post(url, {"confirme": "1", "decisions": "987654"}).status_code == 422
    asked = client.post(url, {"confirme": "1", "decisions": str(made.pk)})
    assert asked.status_code == 302
    assert "/travaux/" in asked.headers["Location"]
    assert reload(file).state == ApplicationState.DECIDEE
    draft = client.get(f"/ami/dossiers/{file.pk}/decision/lettre.pdf")
    assert draft.status_code == 200
    assert draft.content.startswith(b"%PDF")
    with acting(*region) as by:
        assert [one.pk for one in undecided(by, call)] == [waits.pk]
