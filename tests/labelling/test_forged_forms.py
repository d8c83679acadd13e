"""Every form of the calls, sent with what no browser sends: never an error of the server.

Each page is asked for as who writes there; each of its forms is sent back with every field forged in turn,
and all of them at once. Whatever is typed, the answer is a page, a refusal or a redirect inside the portal.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from labelling.services import calls, convening, sessions
from tests.drawing import without_notes
from tests.factories import make_world
from tests.labelling.ami_after import funded, opened, prepared, selected
from tests.labelling.ami_decisions import advised, decided, reload
from tests.labelling.ami_instruction import Account, admitted, confide, make_charge, make_officer
from tests.labelling.ami_sessions import all_present, instructed, make_members, soon
from tests.labelling.ami_world import (
    acting,
    fill,
    make_application,
    make_call,
    make_porteur,
    ready_application,
)
from tests.labelling.forms_on_page import Form, forms_of

# In each field alone: what breaks a number, a key, a date, a text.
ALONE = ("²", "a\x00b")
# In every field at once.
TOGETHER = (
    *ALONE,
    "",
    "9" * 30,
    "9" * 5000,
    "é" * 100_000,
    "\u202etxt\u200b",
    "=1+1\r\nBcc: a@b.example",
    "1e30",
    "-0,001",
    "9999-12-31",
    "2026-02-30",
    "0",
)


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One transaction for the module, never committed."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        connection.close()


@dataclass
class Scene:
    """Who writes where."""

    accounts: dict[str, Account]
    pages: dict[str, list[str]]


@pytest.fixture(scope="module")
def scene(db: None) -> Scene:
    world = make_world()
    region = make_officer(world.region)
    porteur = make_porteur(world.region)
    call, other = make_call(world.region), make_call(world.region)
    with acting(*region) as by:
        draft_call = calls.create_call(by=by, title="Appel en préparation")
    third, fourth = make_call(world.region), make_call(world.region)
    draft = make_application(call, world.lille, porteur)
    fill(draft)
    sent = ready_application(other, world.lille, porteur=porteur)
    noted = admitted(call, world.douai, region, porteur=porteur)
    charge = make_charge(world.douai)
    confide(noted, region, charge, region)
    waiting = reload(instructed(ready_application(third, world.lille), 3))
    make_members(waiting.commission, 3)
    with acting(*region) as by:
        data = sessions.SessionData(soon(), 60, "Hôtel de Région")
        prepared_session = sessions.prepare(by=by, call=third, commission=waiting.commission, data=data)
        convened = convening.convene(by=by, session=prepared_session)
        all_present(by, convened)
        item = convened.items.get()
    to_decide = advised(third, world.douai)
    to_publish = advised(other, world.douai)
    decided(to_publish, region)
    kept = selected(fourth, world.lille, region, porteur)
    prepared(kept, region)
    run = opened(
        funded(selected(fourth, world.douai, region, porteur, site=world.douai_site), region), region
    )
    year = run.decided_at.year
    accounts = {"Région": region, "porteur": (porteur.user, porteur.membership)}
    accounts |= {"chargé de mission": charge}

    def urls(names: tuple[str, ...], pk: int, *more: object) -> list[str]:
        return [reverse(name, args=[pk, *more]) for name in names]

    of_call = ("ami_appel", "ami_noteurs_appel", "ami_clore_pretes", "ami_dossiers_appel", "ami_simulateur")
    parts = [reverse("ami_partie", args=[draft.pk, key]) for key in ("services", "conditions", "progres")]
    parts += [reverse("ami_partie", args=[draft.pk, key]) for key in ("criteres", "pieces")]
    life = ("ami_appel_rectificatif", "ami_appel_report", "ami_appel_annuler", "ami_appel_copier")
    texts = ("ami_appel_texte", "ami_appel_cadre", "ami_appel_criteres", "ami_appel_grille")
    pages = {
        "Région": [
            *urls(of_call, call.pk),
            *urls((*life, "ami_appel_questions", "ami_appel_versions"), call.pk),
            *urls((*texts, "ami_appel_ouvrir", "ami_appel_supprimer"), draft_call.pk),
            reverse("ami_appel_nouveau"),
            reverse("ami_equipe"),
            *urls(("ami_recevabilite", "ami_complement", "ami_noteurs"), sent.pk),
            *urls(("ami_noteurs", "ami_noter", "ami_conflit"), noted.pk),
            reverse("ami_seance_nouvelle"),
            *urls(
                ("ami_seance", "ami_seance_modifier", "ami_seance_annuler", "ami_seance_clore"), convened.pk
            ),
            *urls(("ami_seance_point",), convened.pk, item.pk),
            *urls(("ami_decision",), to_decide.pk),
            *urls(("ami_decision", "ami_decision_retirer"), to_publish.pk),
            *urls(("ami_publication",), other.pk),
            *urls(("ami_convention", "ami_desister"), kept.pk),
            *urls(("ami_convention", "ami_ouverture", "ami_suivi", "ami_publicite"), run.pk),
        ],
        "porteur": [
            *parts,
            *urls(
                ("ami_identite", "ami_budget", "ami_partenaires", "ami_coredacteurs", "ami_deposer"), draft.pk
            ),
            *urls(("ami_retirer",), sent.pk),
            *urls(("ami_nouveau", "ami_appel"), third.pk),
            *urls(("ami_suivi", "ami_publicite"), run.pk),
            *urls(("ami_bilan",), run.pk, year),
        ],
        "chargé de mission": urls(("ami_noter", "ami_conflit", "ami_abstention"), noted.pk),
    }
    return Scene(accounts, pages)


def _client(account: Account) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(account[0])
    session = client.session
    session["mandat"] = account[1].pk
    session.save()
    return client


def _kind(name: str) -> str:
    """The lines of a table are alike: one of each kind is enough."""
    return re.sub(r"\d+", "#", name)


def _sent(form: Form) -> Iterator[dict[str, Any]]:
    """What is sent: one field of each kind forged alone, all of them at once, each button."""
    acts = dict(form.buttons[:1])
    fields = {_kind(name): name for name in [*form.data, *(name for name, _ in form.buttons)]}
    for name, value in {_kind(value): (name, value) for name, value in form.buttons}.values():
        yield form.data | {name: value}
    for name in fields.values():
        for value in ALONE:
            yield form.data | acts | {name: value}
    for value in TOGETHER:
        yield dict.fromkeys(form.data, value) | acts


def _post(client: Client, url: str, data: dict[str, Any]) -> Any:
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic(), without_notes():
        response = client.post(url, data)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response


@pytest.mark.parametrize("who", ["Région", "porteur", "chargé de mission"])
def test_no_forged_form_breaks_a_page(scene: Scene, who: str) -> None:
    client = _client(scene.accounts[who])
    wrong, tried, done = [], 0, set()
    for page in scene.pages[who]:
        shown = client.get(page)
        if shown.status_code != 200:
            wrong.append(f"GET {page}: {shown.status_code}")
            continue
        for form in forms_of(shown.content.decode()):
            target = form.action or page
            key = (_kind(target), tuple(sorted({*map(_kind, form.data)})))
            if form.method != "post" or key in done or not target.startswith("/ami/"):
                continue
            done.add(key)
            for data in _sent(form):
                response = _post(client, target, data)
                tried += 1
                if response.status_code >= 500:
                    told = {k: str(v)[:40] for k, v in data.items() if form.data.get(k) != v}
                    wrong.append(f"{target}: {response.status_code} {told} {_why(response)}")
                where = response.headers.get("Location", "/")
                if not where.startswith("/") or where.startswith("//"):
                    wrong.append(f"{target}: leads to {where}")
    assert wrong == [], f"{len(wrong)} of {tried}\n" + "\n".join(dict.fromkeys(wrong))
    assert tried > 20


def _why(response: Any) -> str:
    error = getattr(response, "exc_info", None)
    return repr(error[1])[:160] if error else ""
