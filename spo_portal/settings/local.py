"""Demo and development: the embedded PostgreSQL and Redis of .local/, mails written to a folder."""

import sys

from spo_portal import env
from spo_portal.local import secrets as local_secrets
from spo_portal.local import state
from spo_portal.settings.base import *  # noqa: F403
from spo_portal.settings.base import BASE_DIR, DATA_DIR

DEMO = env.flag("DEMO", True)

_OWNER_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "showmigrations", "dbshell", "check"}
_WEB_COMMANDS = {"runserver", "shell", "show_access", "collectstatic"}


def _role() -> str:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in _OWNER_COMMANDS:
        return "owner"
    return "web" if command in _WEB_COMMANDS else "worker"


_running = state.read(DATA_DIR) or {}
_hint = "Start the portal first with `make demo`, or give the address of a PostgreSQL server."
DATABASES = {
    "default": env.database(
        env.text("DATABASE_URL", _running.get(_role(), "") or "postgresql://spo_web@/portal", hint=_hint),
        pool_max=env.integer("DB_POOL_MAX", 0),
    )
}
REDIS_URL = env.text("REDIS_URL", _running.get("redis", "") or "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = env.broker(REDIS_URL)

_keys = local_secrets.read_or_create(DATA_DIR)
SECRET_KEY = env.text("SECRET_KEY", _keys["SECRET_KEY"])
CODE_KEY = env.text("CODE_KEY", _keys["CODE_KEY"])

EMAIL_BACKEND = "spo_portal.kernel.mail.FolderBackend"
MAIL_DIR = env.path("MAIL_DIR", BASE_DIR / ".local" / "mails")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
