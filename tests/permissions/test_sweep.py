"""Every address × identity × own, foreign, missing × method × page or fragment (goals I1, I4, A3).

Generated from the resolver: an address added tomorrow is swept tomorrow. Expected answers come from what the
address itself declares (``show_access``), never from a list kept by hand.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from unittest import mock

import pytest
from django.contrib import messages
from django.contrib.messages.storage.session import SessionStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern, reverse
from django.utils import timezone

from spo_portal.kernel.sessions import SessionStore
from spo_portal.kernel.tasks import beat_heart
from spo_portal.management.commands.show_access import describe, patterns
from spo_portal.views import errors
from territories import access
from territories.models import Region
from tests.drawing import without_notes
from tests.factories import make_world, system
from tests.labelling.ami_after import photo
from tests.permissions.places import ARGUMENTS, Identity, Place, Targets, make_place

ADDRESSES: dict[str, tuple[str, URLPattern]] = {str(entry.name): (path, entry) for path, entry in patterns()}
WRITES_NEVER = ("PUT", "PATCH", "DELETE")
FINE = range(200, 400)

# Posts that must be complete to succeed, for addresses that an empty form does not open.
GOOD_POSTS: dict[str, Callable[[Place], dict[str, object]]] = {
    "ami_seance_membres": lambda place: {"nom": "Élue régionale"},
    "fiche_envoyer": lambda place: {"courriel": "personne@exemple.example"},
    "pile_ligne": lambda place: {
        "jour": timezone.localdate().isoformat(), "canal": "sur_place", "statut": "1", "demandes": "1",
        "cle_idempotence": str(uuid.uuid4()),
    },
    "demo_login": lambda place: {"compte": place.demo.pk},
    "rapport_partie": lambda place: {"texte": "Une année.", "version": "1"},
    "synthese_partie": lambda place: {"texte": "Une année.", "version": "1"},
    "ami_decision_proposer": lambda place: {"propose": "0", "vu": "0"},
    "ami_decision_accord": lambda place: {"accord": "oui"},
    "ami_convention_signer": lambda place: {"signee_le": timezone.localdate().isoformat()},
    "ami_bilan_enregistrer": lambda place: {"version": "1"},
    "ami_bilan_verifier": lambda place: {"acte": "valider"},
    "ami_preuve_deposer": lambda place: {
        "financement": "fse", "titre": "Dépliant", "fichier": SimpleUploadedFile("d.png", photo("red")),
    },
    "ami_appel_question": lambda place: {"question": "Le lieu peut-il ouvrir le samedi ?"},
}  # fmt: skip
# Addresses that answer in demonstration only.
DEMO_ONLY = {"galerie": "GET", "demo_login": "POST"}
# Fragments by nature: without JavaScript the same button sends the whole page's form.
FRAGMENTS = {"fiche_apercu", "fiche_portes", "ami_decision_limites"}
# Addresses that never answer 2xx or 3xx here, proved elsewhere. Reason beside each.
PROVED_ELSEWHERE: dict[str, str] = {
    "api_ailleurs": "always a 404 that a program understands",
    **dict.fromkeys(
        ("api_territoires", "api_territoire_chiffres", "api_region_chiffres", "api_indicateurs", "api_lieux"),
        "no session opens them: tests/dashboards/test_api.py reads them with tokens",
    ),
}
# A public page does not ask who looks: nobody, somebody at work and an account without a mandate are enough.
PUBLIC_EYES = {"anonyme", "conseiller", "sans_mandat"}
ASKED = (("GET", False), ("GET", True), ("POST", False), ("POST", True))
# What Django notes on a request whose form was read.
CAME_WITH_A_FORM = {"_post", "_files", "_read_started", "_body"}
OTHER_VERBS = ("HEAD", "OPTIONS", *WRITES_NEVER)


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """One transaction for the module, never committed (pytest-django makes a database for this name only)."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        connection.close()


@pytest.fixture(scope="module")
def place(db: None) -> Iterator[Place]:
    """One world for the whole sweep. Documents are not drawn here: they have their own tests."""
    with (
        mock.patch("contacts.documents.fiche_pdf", return_value=b"%PDF-"),
        mock.patch("contacts.documents.handed_pdf", return_value=b"%PDF-"),
        mock.patch("labelling.views.call_public.call_pdf", return_value=b"%PDF-"),
        mock.patch("labelling.views.kit.kit_pdf", return_value=b"%PDF-"),
        mock.patch("spo_portal.views.errors._page", _refused_once(errors._page)),
        without_notes(),
    ):
        made = make_place(make_world())
        made.clients = {key: _client(who) for key, who in made.identities.items()}
        yield made


def _refused_once(draw: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page of a refusal is drawn once for each address and each reader, when it is first asked for.

    The other verbs and the fragments get it as it was, with the status and the headers of their own answer.
    A 404, whose bytes are compared, is drawn for each row, and again whenever the view left anything on the
    request (a message, an attribute) or the drawing asked the database: then it may tell something.
    """
    drawn: dict[tuple[object, ...], bytes] = {}
    lately: dict[tuple[object, ...], bytes] = {}

    def page(request: HttpRequest, template: str, status: int) -> HttpResponse:
        actor = getattr(request, "actor", access.ANONYMOUS)
        key: tuple[object, ...] = (request.path, actor.user and actor.user.pk)
        if status == 404:
            key += _left_behind(request) if actor.user else (object(),)
        kept = drawn if status == 403 else lately
        if request.method != "HEAD" and key in kept:
            return HttpResponse(kept[key], status=status)
        asked: list[str] = []

        def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
            asked.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            answer = draw(request, template, status)
        if answer.content and (status == 403 or not asked):
            kept[key] = answer.content
            while len(lately) > 100:
                del lately[next(iter(lately))]
        return answer

    return page


def _left_behind(request: HttpRequest) -> tuple[object, ...]:
    """What a page drawn for this request could tell besides its address and its reader."""
    storage = getattr(request, "_messages", None)
    said = tuple(str(message) for message in getattr(storage, "_queued_messages", ()))
    left = frozenset(request.__dict__) - CAME_WITH_A_FORM
    return left, said, repr(sorted(request.session.items()))


def _client(who: Identity) -> Client:
    client = Client(raise_request_exception=False)
    if who.user is not None:
        client.force_login(who.user)
        if who.membership is not None:
            session = client.session
            session["mandat"] = who.membership.pk
            session.save()
    return client


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def login(self) -> bool:
        """The way to the login page, or the plain « your session has ended » of a form or fragment."""
        where = self.headers.get("Location", "") + self.headers.get("HX-Redirect", "")
        return self.status == 401 or where.startswith("/connexion/?") or where == "/connexion/"


def ask(
    place: Place, who: Identity, method: str, url: str, *, hx: bool = False, data: object = None
) -> Answer:
    """One request, whose effects are undone: the rows it wrote, the session it ended, the cookies it set."""
    client: Client = place.clients[who.key]
    cookies = {key: morsel.copy() for key, morsel in client.cookies.items()}
    with transaction.atomic():
        response: HttpResponseBase = client.generic(
            method, url, **({"headers": {"HX-Request": "true"}} if hx else {})
        ) if method not in {"GET", "POST"} else getattr(client, method.lower())(
            url, data or {}, **({"headers": {"HX-Request": "true"}} if hx else {})
        )  # fmt: skip
        body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    return Answer(response.status_code, dict(response.headers), body)


def rights(name: str) -> dict[str, object]:
    path, entry = ADDRESSES[name]
    return describe(path, entry)


def targets(name: str, place: Place, who: Identity) -> Targets:
    path, _ = ADDRESSES[name]
    if "<" not in path:
        return Targets(({},))
    if name not in ARGUMENTS:
        pytest.fail(
            f"{name} takes an argument: say in tests/permissions/places.py what is own, foreign and missing"
        )
    return ARGUMENTS[name](place, who)


def link(name: str, arguments: dict[str, object]) -> str:
    return reverse(name, kwargs=arguments)


def may(row: dict[str, object], who: Identity) -> bool:
    if row["public_reason"]:
        return True
    if row["logged_in_reason"]:
        return who.logged_in
    return who.role is not None and who.role in access.holders(str(row["permission"]))


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_sweep(place: Place, name: str) -> None:
    row = rights(name)
    wrong: list[str] = []
    opened = False
    tried = 0
    if name == "sante_pret":
        with system():
            beat_heart("worker")
    for who in place.identities.values():
        if row["public_reason"] and who.key not in PUBLIC_EYES:
            continue
        found = targets(name, place, who)
        if may(row, who):
            opened |= _with_right(place, who, name, row, found, wrong, every_verb=not tried)
            tried += 1
        else:
            _without_right(place, who, name, found, wrong)
    if not opened and name not in PROVED_ELSEWHERE:
        wrong.append("never answered 2xx or 3xx to anybody")
    assert wrong == [], "\n".join([str(row["path"]), *wrong])


def _turn(place: Place, who: Identity, name: str) -> str:
    """One other verb for each identity: between them they try all."""
    return OTHER_VERBS[(len(name) + list(place.identities).index(who.key)) % len(OTHER_VERBS)]


def _without_right(place: Place, who: Identity, name: str, found: Targets, wrong: list[str]) -> None:
    """No account: the login page. An account without the right: 403, before any row is looked for."""
    url = link(name, (found.own or found.missing)[0])
    for method, hx in (*ASKED, (_turn(place, who, name), False)):
        answer = ask(place, who, method, url, hx=hx)
        where = f"{who.key} {method}{' HX' if hx else ''} → {answer.status}"
        refused = answer.login if not who.logged_in else answer.status == 403
        if not refused and answer.status != 405:
            wrong.append(f"{where}, expected {'the login page' if not who.logged_in else '403'}")
        _headers(answer, who, name, where, wrong)
    if who.logged_in:
        for arguments in (*found.foreign[:1], *found.missing[:1]):
            if ask(place, who, "GET", link(name, arguments)).status not in {403, 405}:
                wrong.append(f"{who.key} learns something about {arguments} without the right")


def _with_right(
    place: Place,
    who: Identity,
    name: str,
    row: dict[str, object],
    found: Targets,
    wrong: list[str],
    *,
    every_verb: bool,
) -> bool:
    opened = False
    guarded = bool(row["permission"])
    for arguments in found.own:
        url = link(name, arguments)
        verbs = OTHER_VERBS if every_verb else (_turn(place, who, name),)
        asked = (*ASKED, *((verb, False) for verb in verbs)) if arguments == found.own[0] else ASKED[:1]
        for method, hx in asked:
            answer = ask(place, who, method, url, hx=hx)
            where = f"{who.key} {method}{' HX' if hx else ''} {arguments or ''} → {answer.status}"
            if answer.status >= 500 and name != "sante_pret":
                wrong.append(f"{where}: server error")
            if method in WRITES_NEVER and answer.status in range(200, 300):
                wrong.append(f"{where}: a verb nobody uses succeeds")
            if guarded and method == "GET" and answer.status not in FINE and answer.status != 405:
                wrong.append(f"{where}: own page refused")
            if guarded and method == "POST" and answer.status in {403, 404}:
                wrong.append(f"{where}: own form refused")
            opened |= answer.status in FINE and not answer.login
            _headers(answer, who, name, where, wrong)
            if name not in FRAGMENTS:
                _fragment(answer, hx, where, wrong)
        if not opened and name in {*GOOD_POSTS, *DEMO_ONLY}:
            data = GOOD_POSTS[name](place) if name in GOOD_POSTS else {}
            with override_settings(DEMO=name in DEMO_ONLY):
                opened = ask(place, who, DEMO_ONLY.get(name, "POST"), url, data=data).status in FINE
    for method, hx in ASKED if guarded else ():
        _same_404(place, who, name, found, method, hx, wrong)
    return opened


def _same_404(
    place: Place, who: Identity, name: str, found: Targets, method: str, hx: bool, wrong: list[str]
) -> None:
    """A foreign row and a missing one can't be told apart: same status, same bytes, same headers."""
    reference: tuple[object, ...] | None = None
    for arguments in (*found.missing, *found.foreign):
        url = link(name, arguments)
        answer = ask(place, who, method, url, hx=hx)
        where = f"{who.key} {method}{' HX' if hx else ''} {arguments} → {answer.status}"
        if answer.status == 405:
            return
        if answer.status != 404:
            wrong.append(f"{where}, expected 404")
            continue
        seen = (plain(answer.body, url), {k: v for k, v in answer.headers.items() if k != "Set-Cookie"})
        reference = reference or seen
        if seen != reference:
            wrong.append(f"{where}: this 404 differs from that of {found.missing[0]}")


def plain(body: bytes, url: str) -> bytes:
    """The answer without what changes from one request to the next: tokens, nonces, the address itself."""
    body = re.sub(rb'(name="csrfmiddlewaretoken" value="|nonce="|"X-CSRFToken": ")[^"]*', rb"\1", body)
    return body.replace(url.encode(), b"URL")


def _headers(answer: Answer, who: Identity, name: str, where: str, wrong: list[str]) -> None:
    """Nothing personal is cached, nothing foreign runs (goal A3, ASVS 14.3.2)."""
    headers = answer.headers
    if "Content-Security-Policy" not in headers or headers.get("X-Content-Type-Options") != "nosniff":
        wrong.append(f"{where}: without CSP or nosniff")
    shared = "public" in headers.get("Cache-Control", "")
    if shared and not rights(name)["public_reason"]:
        wrong.append(f"{where}: a shared cache may keep it")
    if not shared and "no-store" not in headers.get("Cache-Control", ""):
        wrong.append(f"{where}: kept by the browser ({headers.get('Cache-Control')})")
    if not shared and not {"HX-Request", "Cookie"} <= set(re.split(r",\s*", headers.get("Vary", ""))):
        wrong.append(f"{where}: Vary is {headers.get('Vary')!r}")


def _fragment(answer: Answer, hx: bool, where: str, wrong: list[str]) -> None:
    """A redirect never lands inside a fragment; a page is a whole page."""
    if hx and answer.status in {301, 302, 303}:
        wrong.append(f"{where}: htmx would follow this redirect inside the page")
    is_page = (
        answer.headers.get("Content-Type", "").startswith("text/html")
        and answer.status == 200
        and answer.body
    )
    if is_page and not hx and b"<html" not in answer.body:
        wrong.append(f"{where}: a fragment where a page was asked for")
    if b"/static/" not in answer.body and b"<html" in answer.body:
        wrong.append(f"{where}: a page without its style sheet")


def test_the_sweep_walks_with_every_role_and_state(place: Place) -> None:
    from territories.enums import Role

    assert {role.value for role in Role} <= place.identities.keys()
    assert len(place.identities) >= 17


def test_twin_a_view_that_forgets_the_actor_is_caught(place: Place) -> None:
    """Without ``visible_to`` in the door and without row security, the foreign row shows: the sweep must say
    so.
    """
    from django.db.models import QuerySet

    def careless(queryset: QuerySet, actor: object, **lookup: object) -> object:
        return queryset.get(**lookup)

    wrong: list[str] = []
    who = place.identities["coordinateur"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET ROLE spo_owner")
        cursor.execute("ALTER TABLE territories_territory DISABLE ROW LEVEL SECURITY")
        cursor.execute("SET ROLE spo_web")
        with (
            mock.patch("dashboards.views.questions.get_visible_or_404", careless),
            mock.patch("territories.querysets.TerritoryQuerySet.steered_by", lambda self, actor: self.all()),
        ):
            _same_404(
                place,
                who,
                "territoire_tableau",
                targets("territoire_tableau", place, who),
                "GET",
                False,
                wrong,
            )
        transaction.set_rollback(True)
    assert wrong


def test_twin_a_page_that_forgets_its_guard_is_caught(place: Place) -> None:
    with mock.patch("territories.access.can", return_value=True), mock.patch("territories.access.require"):
        wrong: list[str] = []
        who = place.identities["conseiller"]
        _without_right(place, who, "region_tableau", targets("region_tableau", place, who), wrong)
        assert wrong


@pytest.mark.parametrize("left", ["nothing", "a message", "an attribute", "a key of the session", "a query"])
def test_twin_a_404_that_may_tell_something_is_drawn_again(place: Place, left: str) -> None:
    drawings: list[str] = []

    def draw(request: HttpRequest, template: str, status: int) -> HttpResponse:
        drawings.append(request.path)
        if left == "a query":
            Region.objects.exists()
        return HttpResponse(b"<html>", status=status)

    page = _refused_once(draw)
    for turn in range(2):
        request = RequestFactory().get("/lieux/1/")
        request.session = SessionStore()  # type: ignore[attr-defined]
        request.actor = mock.Mock(user=mock.Mock(pk=1))  # type: ignore[attr-defined]
        request._messages = SessionStorage(request)  # type: ignore[attr-defined]
        if turn and left == "a message":
            messages.error(request, "Ce lieu est celui de Douai.")
        elif turn and left == "an attribute":
            request.row = 1  # type: ignore[attr-defined]
        elif turn and left == "a key of the session":
            request.session["row"] = 1  # type: ignore[attr-defined]
        assert page(request, "404.html", 404).content == b"<html>"
    assert len(drawings) == (1 if left == "nothing" else 2)


def test_nothing_of_the_others_changes_whatever_is_tried(place: Place) -> None:
    """The write shield (goal I3): every write on every foreign row, none undone, and not one byte differs."""
    before = _foreign_rows(place)
    tried = 0
    with transaction.atomic(), mock.patch("spo_portal.views.errors._page", _said_alone):
        for name in sorted(ADDRESSES):
            row = rights(name)
            for who in place.identities.values():
                if not row["permission"] or not may(row, who):
                    continue
                for arguments in targets(name, place, who).foreign:
                    for method in ("POST", *WRITES_NEVER):
                        url = link(name, arguments)
                        call = getattr(place.clients[who.key], method.lower())
                        call(url, {"suite": "recue", "statut": "2", "actif": "0"})
                        tried += 1
        after = _foreign_rows(place)
        transaction.set_rollback(True)
    assert tried > 200
    assert after == before


def _said_alone(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """A refusal without its page: only the rows are looked at here."""
    return HttpResponse(status=status)


def _foreign_rows(place: Place) -> dict[str, list[str]]:
    """Every row that hangs on another site, territory or region than those of the home accounts."""
    w = place.world
    sites = [w.mission.pk, w.douai_site.pk, w.niort_site.pk]
    held = {
        "contacts_fichecontact": ("site_id", sites), "contacts_importfile": ("site_id", sites),
        "contacts_orientationrule": ("region_id", [w.other_region.pk]),
        "territories_site": ("territory_id", [w.douai.pk, w.niort.pk]),
        "territories_invitation": ("territory_id", [w.niort.pk]),
        "territories_membership": ("territory_id", [w.niort.pk]),
        "dashboards_rollup": ("territory_id", [w.douai.pk, w.niort.pk]),
    }  # fmt: skip
    with system(), connection.cursor() as cursor:
        found = {}
        for table, (column, values) in held.items():
            cursor.execute(f"SELECT t::text FROM {table} t WHERE {column} = ANY (%s) ORDER BY 1", [values])
            found[table] = [line for (line,) in cursor.fetchall()]
    return found
