"""Nobody learns another's note before their own is given, by any address, order, count, file or statement.

Two worlds are played on the same rows, that differ by the notes one scorer gave and by nothing else. Every
address of the calls is asked for in both, as each account that must not know; the answers are the same bytes,
the same headers, and take the same number of queries. Then the same in SQL, as the web's role.
"""

import io
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from openpyxl import load_workbook

from labelling.models import AmiApplication, AmiAttachment, AmiCall, AmiContribution, AmiSession
from labelling.services.files_filter import NOTES, SORTS
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_instruction import (
    Account,
    admitted,
    confide,
    draft,
    make_charge,
    make_officer,
    note,
)
from tests.labelling.ami_world import acting, make_call, make_member, make_porteur

pytestmark = pytest.mark.django_db

# What changes from one request to the next whatever the notes.
_TOKEN = re.compile(rb'(csrfmiddlewaretoken" value="|X-CSRFToken&quot;: ?&quot;|X-CSRFToken": ?")[^"&]+')
_CLOCK = re.compile(
    rb"\d{1,2}(&nbsp;|\xc2\xa0| )h((&nbsp;|\xc2\xa0| )\d\d)?|\d\d:\d\d(:\d\d)?(\.\d+)?"
    rb"|DTSTAMP:\w+"
)
_KEYS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEADERS_LEFT = {"Set-Cookie", "Content-Length", "Date", "Last-Modified", "ETag"}
KINDS = ("bas", "haut")


@dataclass
class Scene:
    """One call, two files not closed: on the first a note is expected of the readers, on the second not."""

    call: AmiCall
    waiting: AmiApplication
    ready: AmiApplication
    author: Account
    readers: dict[str, Account]
    session: AmiSession


@pytest.fixture
def scene(world: World) -> Scene:
    region = world.users["region"], world.memberships["region"]
    call = make_call(world.region)
    porteur = make_porteur(world.region)
    waiting = admitted(call, world.lille, region, porteur=porteur)
    ready = admitted(call, world.douai, region)
    author = make_officer(world.region, "Noteur qui a donné")
    second = make_officer(world.region, "Noteur en attente")
    charge = make_charge(world.lille, "Chargé en attente")
    confide(waiting, region, author, second, charge)
    confide(ready, region, author)
    draft(waiting, second, {0: 3})
    member = make_member(waiting.commission)
    with system():
        session = AmiSession.objects.create(
            region=world.region,
            commission=waiting.commission,
            call=call,
            starts_at=call.closes_at,
            place="Maison de la Région",
            created_by_label="Région",
        )
    readers = {
        "noteur de la Région, note attendue": second,
        "chargé de mission, note attendue": charge,
        "Région sans note à donner": region,
        "membre de la commission": member,
        "porteur": (porteur.user, porteur.membership),
        "coordination du bassin": (world.users["coordinateur"], world.memberships["coordinateur"]),
        "animation régionale": (world.users["animation"], world.memberships["animation"]),
    }
    return Scene(call, waiting, ready, author, readers, session)


@contextmanager
def world_where(scene: Scene, kind: str) -> Iterator[None]:
    """The author gave high or low notes, another order of files with them; all undone after."""
    high, low = (5, 4, 5, 5), (0, 1, 0, 1)
    with transaction.atomic():
        note(scene.waiting, scene.author, *(high if kind == "haut" else low), comment=f"Note {kind}.")
        note(scene.ready, scene.author, *(low if kind == "haut" else high), comment=f"Note {kind}.")
        yield
        transaction.set_rollback(True)


def patterns(
    found: list[URLPattern | URLResolver] | None = None,
) -> Iterator[URLPattern]:
    """Every address whose view is of the app."""
    for one in get_resolver().url_patterns if found is None else found:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        elif one.name and one.callback.__module__.startswith("labelling."):
            yield one


def values(scene: Scene) -> dict[str, list[Any]]:
    """What each named part of an address may be in this scene."""
    with system():
        pieces = AmiAttachment.objects.filter(application=scene.waiting).values_list("pk", flat=True)
        partners = AmiContribution.objects.filter(application=scene.waiting).values_list("pk", flat=True)
        return {
            "pk": [scene.call.pk, scene.waiting.pk, scene.ready.pk, scene.session.pk],
            "piece": list(pieces),
            "partenaire": list(partners),
            "ligne": [1],
            "demande": [1],
            "point": [1],
            "scenario": [1],
            "annee": [2026, 2027],
            "preuve": [1],
            "versement": [1],
            "acte": ["garder", "copier"],
            "format": ["csv", "xlsx"],
            "sens": ["recevable", "revoir"],
            "partie": ["services", "criteres", "pieces"],
            "region": [scene.call.region.slug],
            "slug": [scene.call.slug],
            "token": ["inconnu"],
            "cle": ["00000000-0000-4000-8000-000000000000"],
            # Of the label and of the directory: nothing there is of a call.
            "fmt": ["inconnu"],
            "signataire": [1],
            "site": [1],
            "sha256": ["0" * 64],
            "code": ["INCONNU"],
        }


def rows_behind(scene: Scene, address: str) -> list[int]:
    """Keys an address may be asked for, by what it is about."""
    keys = {
        "/ami/appels/": [scene.call.pk],
        "/ami/dossiers/": [scene.waiting.pk, scene.ready.pk],
        "/ami/seances/": [scene.session.pk],
    }
    found = next((pks for start, pks in keys.items() if address.startswith(start)), None)
    if found is None and not address.startswith("/ami/"):
        # An address of the label: the key of a file means nothing there, one is enough.
        return [scene.waiting.pk]
    return found or [pk for pks in keys.values() for pk in pks]


def addresses(scene: Scene, *, public: bool) -> list[str]:
    """Every address, for every row of the scene; the list in every order and with every filter."""
    known, found = values(scene), []
    for pattern in patterns():
        names = list(pattern.pattern.regex.groupindex)
        assert set(names) <= set(known), f"say what {pattern.name} may be asked for: {names}"
        if hasattr(pattern.callback, "public_reason") and not public:
            continue
        for chosen in itertools.product(*(known[name] for name in names)):
            given = dict(zip(names, chosen, strict=True))
            try:
                address = reverse(pattern.name, kwargs=given)
            except NoReverseMatch:
                continue
            if "pk" not in given or given["pk"] in rows_behind(scene, address):
                found.append(address)
    files = reverse("ami_dossiers_appel", args=[scene.call.pk])
    export = reverse("ami_dossiers_export", args=[scene.call.pk, "csv"])
    for page in (files, export):
        found += [f"{page}?tri={way}{name}" for name in SORTS for way in ("", "-")]
        found += [f"{page}?notes={name}" for name in NOTES] + [f"{page}?q=note+haut"]
    return [reverse("accueil"), *dict.fromkeys(found)]


def told(response: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """An answer without what changes at each request: tokens, keys, the clock."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    kind = response.headers.get("Content-Type", "")
    if "spreadsheet" in kind and response.status_code == 200:
        book = load_workbook(io.BytesIO(body))
        body = "\n".join(str(cell.value) for sheet in book for row in sheet.rows for cell in row).encode()
    elif "pdf" in kind:
        body = b"%d bytes" % (len(body) // 1000)
    body = _KEYS.sub(b"", _CLOCK.sub(b"", _TOKEN.sub(b"", body)))
    headers = sorted(pair for pair in response.headers.items() if pair[0] not in _HEADERS_LEFT)
    return response.status_code, body, headers


def walk(client: Client, scene: Scene, pages: list[str]) -> dict[str, Any]:
    """Answer and number of queries of each page, then of the acts whose refusal could say something."""
    seen: dict[str, Any] = {}
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            answer = told(client.get(page))
        seen[page] = (*answer, len(queries))
    for name, pk in (("ami_clore", scene.waiting.pk), ("ami_decision", scene.ready.pk)):
        seen[f"POST {name}"] = told(client.post(reverse(name, args=[pk]), follow=True))
    seen["POST noter"] = told(
        client.post(reverse("ami_noter", args=[scene.waiting.pk]), {"acte": "relire"}, follow=True)
    )
    return seen


@pytest.mark.parametrize("number", range(7))
def test_every_address_answers_the_same_whatever_the_other_s_notes(
    scene: Scene, login: LoginAs, number: int
) -> None:
    who, account = list(scene.readers.items())[number]
    client = login(*account)
    # What everybody reads is asked for once.
    pages = addresses(scene, public=number == 0)
    seen = {}
    # What a process draws once and keeps (the ground of the maps) is drawn before the counts of queries.
    for name, pk in (("ami_couverture", scene.call.pk), ("ami_decision", scene.ready.pk)):
        client.get(reverse(name, args=[pk]))
    client.get(reverse("couverture_labels"))
    for kind in KINDS:
        with world_where(scene, kind):
            client.get(reverse("accueil"))
            seen[kind] = walk(client, scene, pages)
    low, high = (seen[kind] for kind in KINDS)
    differing = [page for page in low if low[page] != high[page]]
    assert not differing, f"{who} learns from {differing}"
    shown = [page for page in low if low[page][0] == 200]
    assert len(shown) >= 4, "the walk reads something"
    for page in low:
        assert b"Note haut" not in high[page][1], page


def test_the_walk_would_see_a_note_that_is_open(scene: Scene, login: LoginAs) -> None:
    """The same comparison finds a difference for the author, who may know: it compares something."""
    client = login(*scene.author)
    page = reverse("ami_dossiers_appel", args=[scene.call.pk]) + "?tri=-moyenne"
    seen = {}
    for kind in KINDS:
        with world_where(scene, kind):
            seen[kind] = told(client.get(page))
    assert seen["bas"] != seen["haut"]


def rows_in_sql(account: Account) -> dict[str, list[str]]:
    """Every row of every table that the web's role reads under the account's scope, keys and dates aside."""
    seen = {}
    with acting(*account), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND (tablename LIKE 'labelling_%%' OR tablename LIKE 'kernel_%%')"
            " AND has_table_privilege('spo_web', tablename, 'SELECT') ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                "SELECT array_agg(text ORDER BY text) FROM (SELECT (to_jsonb(t) - ARRAY['id', 'at', 'pdf',"
                " 'content', 'settled_at', 'changed_at', 'payload', 'created_at'])::text AS text"
                f" FROM {table} t) x"
            )
            seen[table] = cursor.fetchone()[0] or []
        # Sums over what is read, and the sheets by every way they may be asked for.
        for name, statement in (
            ("sheets", "SELECT count(*), sum(weighted), max(released_at) FROM labelling_amiscoresheet"),
            ("scores", "SELECT count(*), sum(value) FROM labelling_amiscore"),
            (
                "joined",
                "SELECT count(*) FROM labelling_amiassignment m JOIN labelling_amiscoresheet s"
                " ON s.assignment_id = m.id AND s.weighted > 200",
            ),
        ):
            cursor.execute(statement)
            seen[name] = [repr(cursor.fetchone())]
    return seen


@pytest.mark.parametrize("number", range(7))
def test_no_statement_of_the_web_s_role_tells_them_apart(scene: Scene, number: int) -> None:
    who, account = list(scene.readers.items())[number]
    seen = {}
    for kind in KINDS:
        with world_where(scene, kind):
            seen[kind] = rows_in_sql(account)
    low, high = (seen[kind] for kind in KINDS)
    assert {table for table in low if low[table] != high[table]} == set(), who
