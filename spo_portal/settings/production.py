"""Production: every address and key comes from the environment; a missing one stops the start."""

from spo_portal import env
from spo_portal.settings.base import *  # noqa: F403
from spo_portal.settings.base import BASE_URL

SECRET_KEY = env.text("SECRET_KEY", hint="Fifty random characters, the same for web, worker and beat.")
CODE_KEY = env.text(
    "CODE_KEY", hint="Fifty random characters; changing it makes the return codes in circulation unusable."
)
DATABASES = {
    "default": env.database(
        env.text(
            "DATABASE_URL", hint="The role differs by process: spo_web, spo_worker, or spo_owner to migrate."
        ),
        pool_max=env.integer("DB_POOL_MAX", 0),
    )
}
REDIS_URL = env.text("REDIS_URL", hint="For instance redis://redis:6379/0")
CELERY_BROKER_URL = env.broker(REDIS_URL)

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_TLS", False)

if BASE_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^sante/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
