"""System checks of the portal: what must hold before it opens, told by ``manage.py check --deploy``.

Each failure is one sentence saying what is wrong and what to do. Checks of the database run only where one is
asked for (``--database default``), so that a start without a server still works.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connection

SHORTEST_KEY = 40
REDIS_BACKENDS = ("redis", "memcached", "locmem", "dummy")


@register()
def every_address_is_classified(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Every URL is guarded, public with its reason, or for any account with its reason (habit 2)."""
    from spo_portal.management.commands.show_access import describe, patterns

    rows = [describe(path, entry) for path, entry in patterns()]
    return [
        Error(
            f"The address {row['path']} says neither who may open it nor why everybody may.",
            hint="Add @guarded(permission), @public(reason) or @logged_in(reason) to its view.",
            id="portal.E001",
        )
        for row in rows
        if not (row["permission"] or row["public_reason"] or row["logged_in_reason"])
    ]


@register()
def sessions_and_throttling_are_in_postgresql(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """A flushed Redis logs nobody out and reopens no brute force: both live in PostgreSQL."""
    found: list[CheckMessage] = []
    backend = settings.CACHES["default"]["BACKEND"].lower()
    if any(name in backend for name in REDIS_BACKENDS):
        found.append(
            Error("The default cache counts login attempts: it must be the database's.", id="portal.E002")
        )
    store = import_module(settings.SESSION_ENGINE).SessionStore
    if not issubclass(store, DatabaseStore):
        found.append(Error("Sessions must live in the database.", id="portal.E003"))
    return found


@register()
def the_policy_is_sent(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The Content-Security-Policy goes out with every answer and allows nothing inline."""
    from spo_portal.kernel.http import POLICY

    found: list[CheckMessage] = []
    order = list(settings.MIDDLEWARE)
    headers, scope = "spo_portal.kernel.http.HeadersMiddleware", "territories.middleware.ScopeMiddleware"
    if headers not in order:
        found.append(Error("HeadersMiddleware is missing: pages go out without a policy.", id="portal.E004"))
    if "unsafe" in POLICY or "default-src 'none'" not in POLICY or "frame-ancestors 'none'" not in POLICY:
        found.append(Error("The Content-Security-Policy was weakened.", id="portal.E005"))
    before = ("django.contrib.sessions.middleware.SessionMiddleware", headers)
    auth = "django.contrib.auth.middleware.AuthenticationMiddleware"
    if scope not in order:
        found.append(Error("ScopeMiddleware is missing: no page would see any row.", id="portal.E006"))
    elif any(name in order and order.index(name) > order.index(scope) for name in (*before, auth)):
        found.append(
            Error("ScopeMiddleware comes after headers, sessions and authentication.", id="portal.E007")
        )
    return found


@register(Tags.security)
def keys_are_long_enough(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Both keys are long and differ: whoever holds one must not hold the other."""
    found: list[CheckMessage] = []
    for name in ("SECRET_KEY", "CODE_KEY"):
        key = str(getattr(settings, name, ""))
        if len(key) < SHORTEST_KEY or len(set(key)) < 10:
            found.append(
                Error(
                    f"{name} is too short or too plain.",
                    hint=f"At least {SHORTEST_KEY} random characters.",
                    id="portal.E008",
                )
            )
    if settings.SECRET_KEY == settings.CODE_KEY:
        found.append(Error("SECRET_KEY and CODE_KEY are the same.", id="portal.E009"))
    return found


@register(Tags.security, deploy=True)
def demonstration_is_off(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """One-click accounts never meet real rows."""
    found: list[CheckMessage] = []
    if settings.DEMO:
        found.append(
            Error("DEMO is on: anyone could open such an account.", hint="Unset DEMO.", id="portal.E010")
        )
    if not settings.BASE_URL.startswith("https://"):
        found.append(
            Warning(
                "BASE_URL is not https: links in mails, cookies and HSTS rely on it.",
                hint="BASE_URL=https://…, the address people type.",
                id="portal.W001",
            )
        )
    return found


@register(Tags.database)
def the_role_is_bound_by_row_security(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The process logs in as a role that row-level security binds (``check --database default``).

    A superuser, or a role with BYPASSRLS, would see every row of every territory and nobody would notice.
    """
    if not databases:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, rolsuper, rolbypassrls,"
                " EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relkind = 'r')"
                " FROM pg_roles WHERE rolname = current_user"
            )
            name, superuser, bypass, owns = cursor.fetchone()
    except DatabaseError:
        return [Warning("The database does not answer: its role was not checked.", id="portal.W002")]
    found: list[CheckMessage] = []
    if superuser or bypass:
        found.append(
            Error(
                f"The role {name} is above row-level security.",
                hint="Log in as spo_web, spo_worker or spo_owner (docs/exploitation.md).",
                id="portal.E011",
            )
        )
    if owns and name != settings.DATABASE_ROLES["owner"]:
        found.append(
            Error(
                f"The role {name} owns tables: it could switch row-level security off.",
                hint="Only spo_owner owns tables, and only migrations log in as it.",
                id="portal.E012",
            )
        )
    return found
