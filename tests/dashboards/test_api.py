"""The API for programs: a token opens exactly its mandate, reads only, and gives no hidden figure back."""

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from django.urls import get_resolver
from django.utils import timezone

from dashboards.api.declared import BASE, ENDPOINTS
from dashboards.api.openapi import description
from dashboards.api.problems import KINDS
from dashboards.api.schemas import SCHEMAS
from dashboards.enums import Audience
from dashboards.models import ApiToken, Release
from dashboards.services import tokens
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from territories.models import Membership, User
from tests.dashboards.releases import make_release
from tests.dashboards.schema_check import faults
from tests.factories import World, system

pytestmark = pytest.mark.django_db
FIGURES = "/api/v1/territoires/{}/chiffres/"


@dataclass
class Program:
    """A program that holds a token: it sends no cookie and keeps none."""

    secret: str
    token: ApiToken

    def get(self, address: str, **headers: str) -> object:
        head = {"Authorization": f"Bearer {self.secret}"} | headers
        return Client(raise_request_exception=False).get(address, headers=head)


def program(world: World, key: str, days: int = 30) -> Program:
    token, secret = tokens.create_token(by=world.actor(key), name="Tableur", days=days)
    apply(NOBODY)
    return Program(secret, token)


@pytest.fixture
def filled(world: World) -> World:
    make_release(world.lille, reseau=world.reseaux["CIO"])
    make_release(world.douai, cells={"y": {"contacts": {"": -1}}})
    make_release(world.niort)
    return world


@pytest.fixture
def region(filled: World) -> Program:
    return program(filled, "animation")


def code(answer: object) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert faults(answer.json(), SCHEMAS["Probleme"], SCHEMAS) == []
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


def addresses(world: World) -> Iterator[str]:
    for endpoint in ENDPOINTS:
        if endpoint.token:
            yield endpoint.address.replace("{id}", str(world.lille.pk))


def test_figures_of_a_territory_are_those_of_its_release(filled: World, region: Program) -> None:
    found = region.get(FIGURES.format(filled.lille.pk) + "?annee=2026").json()
    assert found["contacts"] == {"valeur": 120, "masque": False}
    demandes = next(d for d in found["dimensions"] if d["dimension"] == "demande")
    assert [(v["valeur"], v["nombre"]["valeur"], v["nombre"]["masque"]) for v in demandes["valeurs"]] == [
        ("1", 90, False), ("2", 40, False), ("3", None, True), ("4", None, True),
    ]  # fmt: skip
    assert all(v["nombre"]["motif"] for v in demandes["valeurs"] if v["nombre"]["masque"])
    assert (found["seuil"], found["lecteurs"]) == (4, "equipe")
    month = region.get(FIGURES.format(filled.lille.pk) + "?annee=2026&mois=10").json()
    assert month["contacts"]["valeur"] == 60
    cio = region.get(FIGURES.format(filled.lille.pk) + "?annee=2026&reseau=CIO").json()
    assert cio["contacts"]["valeur"] == 120
    assert cio["dimensions"]
    both = region.get(FIGURES.format(filled.lille.pk) + "?annee=2026&reseau=CIO&mois=10").json()
    assert both["contacts"]["valeur"] == 60
    assert both["dimensions"] == []


def test_no_number_stands_where_a_figure_is_masked(filled: World, region: Program) -> None:
    for address in addresses(filled):
        answer = region.get(address)
        assert answer.status_code == 200, (address, answer.content)
        for match in re.finditer(r'\{[^{}]*"masque": true[^{}]*\}', answer.content.decode()):
            assert json.loads(match.group())["valeur"] is None
        assert not re.search(r'"valeur": -', answer.content.decode())


def test_what_was_never_counted_is_no_zero(filled: World, region: Program) -> None:
    nothing = {"valeur": None, "masque": False}
    empty = f"{FIGURES.format(filled.lille.pk)}?annee=2013"
    assert region.get(empty).json()["contacts"] == nothing
    make_release(filled.lille, year=2014)
    early = f"{FIGURES.format(filled.lille.pk)}?annee=2014&mois="
    assert region.get(early + "9").json()["contacts"] == nothing
    assert region.get(early + "10").json()["contacts"] != nothing
    told = region.get("/api/v1/region/chiffres/?annee=2013").json()["territoires"]
    assert {tuple(one["contacts"].items()) for one in told} == {tuple(nothing.items())}


def test_region_sums_shown_cells_and_names_what_it_leaves_out(filled: World, region: Program) -> None:
    found = region.get("/api/v1/region/chiffres/?annee=2026").json()
    assert found["contacts"] == {"valeur": 120, "masque": False, "hors": ["Douai"]}
    assert {t["nom"]: t["contacts"]["valeur"] for t in found["territoires"]} == {"Lille": 120, "Douai": None}


def test_a_sum_of_hidden_cells_is_hidden(filled: World, region: Program) -> None:
    """« 0 » would be false: every territory hides the figure."""
    found = region.get("/api/v1/region/chiffres/?annee=2026").json()
    demandes = next(d for d in found["dimensions"] if d["dimension"] == "demande")
    small = next(v for v in demandes["valeurs"] if v["valeur"] == "3")
    assert small["nombre"]["valeur"] is not None
    with system():
        Release.objects.for_system().filter(territory=filled.douai).delete()
    make_release(filled.douai)
    found = region.get("/api/v1/region/chiffres/?annee=2026").json()
    demandes = next(d for d in found["dimensions"] if d["dimension"] == "demande")
    small = next(v for v in demandes["valeurs"] if v["valeur"] == "3")
    assert small["nombre"] == {"valeur": None, "masque": True, "hors": ["Lille", "Douai"]}


def test_answers_fit_their_description(filled: World, region: Program) -> None:
    document = region.get("/api/v1/openapi.json").json()
    assert document == json.loads(json.dumps(description()))
    schemas = document["components"]["schemas"]
    for endpoint in ENDPOINTS:
        address = endpoint.address.replace("{id}", str(filled.lille.pk))
        answer = region.get(address)
        operation = document["paths"][endpoint.address]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert faults(answer.json(), schema, schemas) == [], endpoint.name


def test_every_address_is_described_and_every_description_answers() -> None:
    routes = {
        "/" + str(pattern.pattern)
        for resolver in get_resolver().url_patterns
        for pattern in _leaves(resolver)
        if "api/v1/" in str(pattern.pattern) and "reste" not in str(pattern.pattern)
    }
    assert {re.sub(r"<int:pk>", "{id}", route) for route in routes} == set(description()["paths"])


def _leaves(entry: object) -> Iterator[object]:
    inner = getattr(entry, "url_patterns", None)
    if inner is None:
        yield entry
        return
    for one in inner:
        yield from _leaves(one)


def test_the_page_of_help_names_every_address_and_every_code(client: Client) -> None:
    page = client.get("/aide/api/").content.decode()
    for endpoint in ENDPOINTS:
        assert endpoint.address in page
    for name in KINDS:
        assert f'id="{name}"' in page


def test_without_a_token_or_with_a_bad_one(filled: World, region: Program) -> None:
    client = Client()
    for address in addresses(filled):
        answer = client.get(address)
        assert code(answer) == (401, "jeton_absent")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        for header in ("Basic YTpi", "Bearer", f"Token {region.secret}", region.secret):
            assert code(client.get(address, headers={"Authorization": header})) == (401, "jeton_absent")
        for secret in ("x", region.secret + "x", region.secret[:-1], "ori_é"):
            bad = {"Authorization": f"Bearer {secret}".encode().decode("latin-1")}
            assert code(client.get(address, headers=bad)) == (401, "jeton_inconnu")


@pytest.mark.parametrize("name", ["token", "access_token", "jeton", "api_key", "Authorization"])
def test_a_token_in_the_address_is_refused(filled: World, region: Program, name: str) -> None:
    address = f"/api/v1/territoires/?{name}={region.secret}"
    assert code(Client().get(address)) == (400, "jeton_dans_adresse")
    assert code(region.get(address)) == (400, "jeton_dans_adresse")


def test_revoked_expired_or_ended_opens_nothing(filled: World) -> None:
    revoked, expired, ended, closed = (program(filled, "animation") for _ in range(4))
    with transaction.atomic():
        tokens.revoke_token(by=filled.actor("animation"), token=revoked.token)
    assert code(revoked.get("/api/v1/territoires/")) == (401, "jeton_revoque")
    past = timezone.now() - datetime.timedelta(days=40)
    with system():
        ApiToken.objects.filter(pk=expired.token.pk).update(
            created_at=past, expires_at=past + datetime.timedelta(days=30)
        )
    assert code(expired.get("/api/v1/territoires/")) == (401, "jeton_perime")
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    with system():
        Membership.objects.filter(pk=filled.memberships["animation"].pk).update(
            starts_on=yesterday, ends_on=yesterday
        )
    assert code(ended.get("/api/v1/territoires/")) == (401, "mandat_termine")
    with system():
        Membership.objects.filter(pk=filled.memberships["animation"].pk).update(ends_on=None)
        User.objects.filter(pk=filled.users["animation"].pk).update(is_active=False)
    assert code(closed.get("/api/v1/territoires/")) == (401, "mandat_termine")


def test_a_token_reads_its_mandate_and_no_further(filled: World, region: Program) -> None:
    lille = program(filled, "coordinateur")
    seen = [row["nom"] for row in lille.get("/api/v1/territoires/").json()["donnees"]]
    assert seen == ["Lille"]
    assert [row["nom"] for row in region.get("/api/v1/territoires/").json()["donnees"]] == ["Lille", "Douai"]
    for other in (filled.douai.pk, filled.niort.pk, 987_654_321, 10**24):
        assert code(lille.get(FIGURES.format(other))) == (404, "introuvable")
    foreign, missing = (region.get(FIGURES.format(pk)) for pk in (filled.niort.pk, 987_654_321))
    assert code(foreign) == (404, "introuvable")
    assert foreign.content == missing.content
    assert code(lille.get("/api/v1/region/chiffres/")) == (403, "droit_manquant")
    names = {row["nom"] for row in region.get("/api/v1/lieux/").json()["donnees"]}
    assert names == {"CIO de Lille", "Mission locale de Lille", "CIO de Douai"}


def test_the_acting_mandate_of_the_browser_changes_nothing(filled: World) -> None:
    """A session of someone who reads the whole region adds nothing to a token, and is no token."""
    lille = program(filled, "coordinateur")
    browser = Client()
    browser.force_login(filled.users["animation"])
    assert code(browser.get("/api/v1/territoires/")) == (401, "jeton_absent")
    answer = browser.get("/api/v1/territoires/", headers={"Authorization": f"Bearer {lille.secret}"})
    assert [row["nom"] for row in answer.json()["donnees"]] == ["Lille"]
    assert not answer.cookies


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete", "options"])
def test_only_reading(filled: World, region: Program, verb: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    for address in addresses(filled):
        answer = getattr(strict, verb)(address, headers={"Authorization": f"Bearer {region.secret}"})
        assert code(answer) == (405, "verbe_refuse")
        assert answer.headers["Allow"] == "GET, HEAD"
    assert strict.head("/api/v1/", headers={}).status_code == 200


def test_the_transaction_reads_only(filled: World, region: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards.api import views

    def careless(rows: object, asked: object, shape: object) -> dict[str, object]:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO kernel_auditevent (action, object_type, object_id) VALUES ('a','b','c')"
            )
        return {}

    monkeypatch.setattr(views.shapes, "page", careless)
    with pytest.raises(DatabaseError, match="read-only"):
        Client().get("/api/v1/territoires/", headers={"Authorization": f"Bearer {region.secret}"})


def test_nothing_is_kept_by_a_cache_and_no_cookie_is_set(filled: World, region: Program) -> None:
    for address in (*addresses(filled), "/api/v1/", "/api/v1/openapi.json"):
        answer = region.get(address)
        assert answer.headers["Cache-Control"] == "no-store"
        assert not answer.cookies
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_bad_parameters_are_told(filled: World, region: Program) -> None:
    base = FIGURES.format(filled.lille.pk)
    for query in (
        "annee=26", "annee=20x6", "mois=13", "mois=0", "mois=-1", "reseau=AUCUN", "anne=2026", "annee=%00",
        "reseau=" + "x" * 65,
    ):  # fmt: skip
        assert code(region.get(f"{base}?{query}")) == (400, "parametre_refuse"), query
    assert code(region.get("/api/v1/lieux/?curseur=n-importe")) == (400, "parametre_refuse")
    assert code(region.get("/api/v1/ailleurs/")) == (404, "introuvable")


def test_long_lists_go_by_cursor(filled: World, region: Program) -> None:
    seen, cursor = [], ""
    while True:
        page = region.get(f"/api/v1/lieux/?limite=1{cursor and '&curseur=' + cursor}").json()
        seen += [row["id"] for row in page["donnees"]]
        if page["suite"] is None:
            break
        cursor = page["suite"]
    assert len(seen) == len(set(seen)) == 3


def test_too_many_requests_wait(filled: World, region: Program) -> None:
    other = program(filled, "region")
    with override_settings(API_PER_MINUTE=2):
        answers = [region.get("/api/v1/indicateurs/") for _ in range(5)]
        assert answers[0].status_code == 200
        assert code(answers[-1]) == (429, "trop_de_demandes")
        assert answers[-1].headers["Retry-After"] == "60"
        assert other.get("/api/v1/indicateurs/").status_code == 200


def test_guesses_wait_too(filled: World) -> None:
    answers = [
        Client().get("/api/v1/lieux/", headers={"Authorization": f"Bearer ori_{n}"}) for n in range(32)
    ]
    assert code(answers[0]) == (401, "jeton_inconnu")
    assert code(answers[-1]) == (429, "trop_de_demandes")


def test_one_trace_a_day_and_a_day_only(filled: World, region: Program) -> None:
    for _ in range(3):
        region.get("/api/v1/indicateurs/")
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM kernel_auditevent"
            " WHERE action = 'dashboards.token_used' AND object_id = %s",
            [str(region.token.pk)],
        )
        assert cursor.fetchone() == (1,)
        assert ApiToken.objects.for_system().get(pk=region.token.pk).last_used_on == timezone.localdate()


def test_queries_do_not_grow_with_the_territories(
    filled: World, region: Program, django_assert_max_num_queries: object
) -> None:
    region.get("/api/v1/region/chiffres/?annee=2026")
    with django_assert_max_num_queries(40):
        region.get("/api/v1/region/chiffres/?annee=2026")


def test_outside_figures_never_come_through_an_inside_token(filled: World) -> None:
    """A coordinator's token of Douai reads Douai; Lille's outside release is not at an address it may ask."""
    make_release(filled.lille, audience=Audience.OUTSIDE)
    douai = program(filled, "coordinateur_douai")
    assert code(douai.get(FIGURES.format(filled.lille.pk))) == (404, "introuvable")


def test_the_secret_is_shown_once_and_stored_nowhere(filled: World, login: object) -> None:
    client = login(filled.users["animation"])
    answer = client.post("/jetons/", {"name": "Tableur de la Région", "days": "90"})
    (secret,) = set(re.findall(r"ori_[\w-]{43}", answer.content.decode()))
    assert secret not in client.get("/jetons/").content.decode()
    with system(), connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM dashboards_apitoken t")
        assert all(secret not in line and secret[10:] not in line for (line,) in cursor.fetchall())
        cursor.execute("SELECT data::text FROM kernel_auditevent WHERE action LIKE 'dashboards.token%'")
        assert all(secret[10:] not in line for (line,) in cursor.fetchall())
    assert Client().get("/api/v1/lieux/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_the_screen_refuses_what_the_rule_refuses(filled: World, login: object) -> None:
    client = login(filled.users["coordinateur"])
    assert client.post("/jetons/", {"name": "", "days": "90"}).status_code == 422
    assert client.post("/jetons/", {"name": "x", "days": "3650"}).status_code == 422
    with pytest.raises(Refused):
        tokens.create_token(by=filled.actor("coordinateur"), name="x", days=3650)
    for _ in range(tokens.AT_MOST):
        tokens.create_token(by=filled.actor("coordinateur"), name="x", days=30)
    answer = client.post("/jetons/", {"name": "x", "days": "30"})
    assert answer.status_code == 422
    assert "révoquez ceux" in answer.content.decode()


def test_row_security_alone_keeps_tokens_apart(filled: World) -> None:
    mine, theirs = program(filled, "animation"), program(filled, "coordinateur")
    filled.actor("coordinateur")
    assert set(ApiToken.objects.for_system()) == {theirs.token}
    apply(Scope(token=mine.token.token_hash))
    assert set(ApiToken.objects.for_system()) == {mine.token}
    apply(NOBODY)
    assert not ApiToken.objects.for_system().exists()
    scope = filled.actor("coordinateur").scope
    foreign = filled.memberships["animation"]
    for fields in (
        {"membership": foreign},
        {"user": filled.users["animation"]},
        {"expires_at": timezone.now() + datetime.timedelta(days=400)},
    ):
        apply(scope)
        given = {
            "user": filled.users["coordinateur"], "membership": filled.memberships["coordinateur"],
            "name": "x", "token_hash": "a" * 64, "prefix": "ori_",
            "expires_at": timezone.now() + datetime.timedelta(days=3),
        }  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            ApiToken.objects.create(**(given | fields))


def test_twin_addresses_are_under_the_base() -> None:
    assert all(endpoint.address.startswith(BASE) for endpoint in ENDPOINTS)


def test_tokens_that_ended_are_erased_a_year_later(filled: World) -> None:
    kept, revoked, expired, closed = (
        program(filled, key).token for key in ("animation", "region", "coordinateur", "coordinateur_douai")
    )
    now = timezone.now()
    with system():
        past, ended = now - datetime.timedelta(days=500), now - datetime.timedelta(days=366)
        ApiToken.objects.filter(pk=expired.pk).update(created_at=past, expires_at=ended)
        ApiToken.objects.filter(pk=revoked.pk).update(created_at=past, revoked_at=ended, expires_at=ended)
        User.objects.filter(pk=closed.user_id).update(is_active=False)
        assert tokens.purge_tokens(now=now) == 3
        assert tokens.purge_tokens(now=now) == 0
        assert ApiToken.objects.for_system().get() == kept
