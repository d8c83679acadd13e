"""Habits of every answer: headers, a database that is away, logs without paths."""

import logging

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from spo_portal.kernel import http
from spo_portal.kernel.htmx import FragmentMiddleware, page_or_fragment
from spo_portal.kernel.http import UnavailableMiddleware, WithoutPath
from tests.factories import World

TYPED = "une phrase tapée juste avant la panne"


def failing(request: HttpRequest) -> HttpResponseBase:
    raise OperationalError("server closed the connection; DETAIL: secret-of-the-row")


def request_with(fields: dict[str, object]) -> WSGIRequest:
    request = RequestFactory().post("/fiches/nouvelle/", fields)
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    return request


def test_a_database_that_is_away_gives_the_typed_form_back() -> None:
    request = request_with({"precisions": TYPED, "demandes": ["1", "2"], "password": "mot-de-passe-tape"})
    answer = UnavailableMiddleware(failing)(request)
    text = answer.content.decode()  # type: ignore[attr-defined]
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert TYPED in text
    assert text.count('name="demandes"') == 2
    assert "mot-de-passe-tape" not in text
    assert "secret-of-the-row" not in text


def test_what_was_typed_is_escaped_when_given_back() -> None:
    answer = UnavailableMiddleware(failing)(request_with({"precisions": '"><script>alert(1)</script>'}))
    assert b"<script>alert" not in answer.content  # type: ignore[attr-defined]


def test_the_log_of_a_failure_holds_neither_row_nor_form(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        UnavailableMiddleware(failing)(request_with({"precisions": TYPED}))
    assert "OperationalError" in caplog.text
    assert TYPED not in caplog.text
    assert "secret-of-the-row" not in caplog.text


def test_no_log_line_keeps_a_path() -> None:
    """Return codes and invitation links travel in paths."""
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "Not Found: %s", ("/r/ABCD-EFGH-J",), None
    )
    record.request = RequestFactory().get("/r/ABCD-EFGH-J")
    assert WithoutPath().filter(record)
    assert "ABCD" not in record.getMessage()


@pytest.mark.django_db
def test_a_missing_page_logs_no_path(caplog: pytest.LogCaptureFixture, client: Client) -> None:
    with caplog.at_level(logging.DEBUG):
        client.get("/invitation/jeton-tres-secret/")
        client.get("/nulle-part/jeton-tres-secret/")
    handler = logging.Handler()
    handler.addFilter(WithoutPath())
    kept = [record.getMessage() for record in caplog.records if handler.filter(record)]
    assert all("jeton-tres-secret" not in line for line in kept)


@pytest.mark.django_db
def test_a_5xx_answer_undoes_the_whole_request(world: World, login, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Half a request must not stay: an exception and a 5xx answer both roll back."""
    from contacts.models import ReferenceCounter

    def half(*args: object, **kwargs: object) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO contacts_referencecounter (site_id, year, last) VALUES (%s, 1999, 1)",
                [world.cio.pk],
            )
        return HttpResponse("à moitié", status=500)

    monkeypatch.setattr("contacts.views.listing.page_or_fragment", half, raising=False)
    client = login(world.users["conseiller"])
    client.raise_request_exception = False
    assert client.get("/fiches/").status_code == 500
    world.actor("conseiller")
    assert not ReferenceCounter.objects.filter(year=1999).exists()


def test_a_fragment_and_a_page_come_from_one_context() -> None:
    factory = RequestFactory()
    seen = {}
    for name, headers in (
        ("page", {}),
        ("fragment", {"HX-Request": "true"}),
        ("restored", {"HX-Request": "true", "HX-History-Restore-Request": "true"}),
        ("boosted", {"HX-Request": "true", "HX-Boosted": "true"}),
    ):
        answer = page_or_fragment(
            factory.get("/", headers=headers), "legal/aide.html", "components/fil.html", {}
        )
        seen[name] = b"<html" in answer.content
    assert seen == {"page": True, "fragment": False, "restored": True, "boosted": True}


def test_a_redirect_never_lands_in_a_fragment() -> None:
    def away(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse(status=302, headers={"Location": "/connexion/"})

    factory = RequestFactory()
    answer = FragmentMiddleware(away)(factory.get("/", headers={"HX-Request": "true"}))
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/connexion/")
    assert FragmentMiddleware(away)(factory.get("/")).status_code == 302


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in http.POLICY
    assert "*" not in http.POLICY
    assert "http" not in http.POLICY
    for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in http.POLICY


@pytest.mark.django_db
def test_forged_posts_are_refused_and_give_the_form_back(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.users["conseiller"])
    answer = client.post("/fiches/nouvelle/", {"precisions": TYPED})
    assert answer.status_code == 403
    assert TYPED in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_health_check_needs_no_transaction_and_no_session(client: Client) -> None:
    with connection.execute_wrapper(_refuse):
        answer = client.get("/sante/")
    assert answer.status_code == 200
    assert not transaction.get_connection().in_atomic_block


def _refuse(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
    raise AssertionError(f"a query was made: {sql[:80]}")
