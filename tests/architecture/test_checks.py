"""Each system check fails when what it guards is taken away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from spo_portal import checks
from spo_portal.kernel import http
from tests.factories import acting_as_role


def ids(check: Callable[..., list[CheckMessage]], **options: Any) -> list[str]:
    return [str(message.id) for message in check(None, **options)]


def test_the_portal_passes_its_own_checks() -> None:
    ours = [str(m.id) for m in run_checks() if str(m.id).startswith("portal.")]
    assert ours == []


def test_an_unclassified_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = path("oubliee/", lambda request: HttpResponse(), name="oubliee")
    module = "spo_portal.management.commands.show_access.patterns"
    monkeypatch.setattr(module, lambda: iter([("oubliee/", bare)]))
    assert ids(checks.every_address_is_classified) == ["portal.E001"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}},
            ["portal.E002"],
        ),
        ({"SESSION_ENGINE": "django.contrib.sessions.backends.cache"}, ["portal.E003"]),
    ],
)
def test_sessions_or_throttling_elsewhere_are_errors(change: dict[str, object], expected: list[str]) -> None:
    assert ids(checks.sessions_and_throttling_are_in_postgresql) == []
    with override_settings(**change):
        assert ids(checks.sessions_and_throttling_are_in_postgresql) == expected


def test_a_weakened_or_missing_policy_is_an_error(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    assert ids(checks.the_policy_is_sent) == []
    monkeypatch.setattr(http, "POLICY", http.POLICY.replace("script-src", "script-src 'unsafe-inline'"))
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "Headers" not in m and "Scope" not in m]
    assert ids(checks.the_policy_is_sent) == ["portal.E004", "portal.E005", "portal.E006"]
    settings.MIDDLEWARE = ["territories.middleware.ScopeMiddleware", *settings.MIDDLEWARE]
    assert "portal.E007" in ids(checks.the_policy_is_sent)


def test_short_or_shared_keys_are_errors(settings: Any) -> None:
    assert ids(checks.keys_are_long_enough) == []
    settings.SECRET_KEY = settings.CODE_KEY = "a" * 60
    assert ids(checks.keys_are_long_enough) == ["portal.E008", "portal.E008", "portal.E009"]


def test_demonstration_is_refused_on_deployment(settings: Any) -> None:
    settings.DEMO, settings.BASE_URL = True, "http://portail.example"
    assert ids(checks.demonstration_is_off) == ["portal.E010", "portal.W001"]
    settings.DEMO, settings.BASE_URL = False, "https://portail.example"
    assert ids(checks.demonstration_is_off) == []


@pytest.mark.django_db
def test_a_role_that_owns_tables_is_refused_for_serving(settings: Any) -> None:
    assert ids(checks.the_role_is_bound_by_row_security) == [], "no database asked for, nothing said"
    assert ids(checks.the_role_is_bound_by_row_security, databases=["default"]) == []
    with acting_as_role("spo_owner"):
        assert ids(checks.the_role_is_bound_by_row_security, databases=["default"]) == []
        settings.DATABASE_ROLES = {**settings.DATABASE_ROLES, "owner": "someone_else"}
        assert ids(checks.the_role_is_bound_by_row_security, databases=["default"]) == ["portal.E012"]
