"""Tests: the same engine as production, fast password hashing, mails in memory."""

import logging

from spo_portal import env
from spo_portal.settings.base import *  # noqa: F403
from spo_portal.settings.base import TEMPLATES

SECRET_KEY = "test-only-secret-key-0123456789-0123456789-0123456789"
CODE_KEY = "test-only-code-key-0123456789-0123456789-0123456789"
DEMO = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DATABASES = {
    "default": env.database(
        env.text("DATABASE_URL", hint="Run the tests with `make test`: it starts the private test cluster.")
    )
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/9")
CELERY_BROKER_URL = env.broker(REDIS_URL)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
logging.captureWarnings(True)


class _Missing(str):
    """A template that shows a variable which does not exist fails the test."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, name: object) -> str:
        raise AssertionError(f"Undefined template variable: {name}")


TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = _Missing("%s")  # type: ignore[index]
# A test changes places and asks again within the minute.
DIRECTORY_CACHE = 0
