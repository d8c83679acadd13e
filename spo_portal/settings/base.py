"""Settings shared by every way of running the portal."""

from importlib.util import find_spec
from pathlib import Path

from spo_portal import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

DEBUG = False
DEMO = env.flag("DEMO", False)
DATA_DIR = env.path("DATA_DIR", BASE_DIR / ".local")
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "guardian",
    "import_export",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "spo_portal.kernel",
    "territories",
    "labelling",
    "contacts",
    "dashboards",
    "spo_portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "spo_portal.kernel.http.HeadersMiddleware",
    "spo_portal.kernel.http.UnavailableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "territories.views.session.SharedDeskMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "spo_portal.kernel.htmx.FragmentMiddleware",
    "territories.middleware.ScopeMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "spo_portal.urls"
WSGI_APPLICATION = "spo_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "territories.context.portal",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

DATABASES: dict[str, dict[str, object]] = {}
DATABASE_ROLES = {"owner": "spo_owner", "web": "spo_web", "worker": "spo_worker"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sessions and login throttling live in PostgreSQL: emptying Redis logs nobody out and reopens no brute force.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "kernel_cache",
        # Django drops entries past 300 unless told: somebody else's attempts would push a counter out.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    },
}
SESSION_ENGINE = "spo_portal.kernel.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "spo_portal.views.csrf_failure"
# In the session, not in a cookie of their own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SHARED_DESK_SECONDS = 15 * 60

AUTH_USER_MODEL = "territories.User"
AUTHENTICATION_BACKENDS = ["territories.backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accueil"
# Number of HTTP proxies in front, each adding one address to X-Forwarded-For; with 0 that header is not
# believed.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_ADAPTER = "territories.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
PASSWORD_RESET_TIMEOUT = 24 * 3600
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/15m/ip,5/15m/key",
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/h/ip",
    "change_password": "5/m/user",
}
ACCOUNT_FORMS = {
    "login": "territories.forms.LoginForm",
    "reset_password": "territories.forms.ResetPasswordForm",
    "reset_password_from_key": "territories.forms.SetPasswordForm",
    "change_password": "territories.forms.ChangePasswordForm",
}
USERSESSIONS_TRACK_ACTIVITY = False
# Shares of one object go through territories.grants, never through an authentication backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None

LANGUAGE_CODE = "fr"
TIME_ZONE = env.text("TIME_ZONE", "Europe/Paris")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Leaflet's own files alone: nothing else of django-leaflet is asked for.
_LEAFLET = Path(str(find_spec("leaflet").origin)).parent / "static" / "leaflet"  # type: ignore[union-attr]
STATICFILES_DIRS = [BASE_DIR / "static", ("leaflet", _LEAFLET)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Limits of what a browser may send. An upload is read in memory or refused: nothing typed ever reaches a
# disk.
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_MB", 5) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["spo_portal.kernel.uploads.BoundedMemoryUploadHandler"]

REDIS_URL = ""
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "ne-pas-repondre@orientation.example")
EMAIL_TIMEOUT = 10

# Business limits, in days and characters (domain rules; the environment may only tighten operations, not
# these).
CODE_KEY = ""
RETURN_CODE_DAYS = 90
FICHE_RETENTION_MONTHS = 24
CORRECTION_HOURS = 24
INVITATION_DAYS = 7
# A fiche entered more days than this after the contact is entered late.
LATE_ENTRY_DAYS = 3
# Day of the next month from which a month's figures are closed.
MONTH_CLOSES_ON = 10
# A site without a fiche for this many days is silent: its référent is asked why.
SILENT_SITE_DAYS = 14
# What everybody reads is published again at most this often; those in charge of a place read within seconds.
OUTSIDE_EVERY_SECONDS = env.integer("OUTSIDE_EVERY_SECONDS", 600)
# Cells recounted at random by the nightly check, besides those filled the day before.
CHECK_SAMPLE_CELLS = env.integer("CHECK_SAMPLE_CELLS", 500)
# Who is told when figures differ from a recount; nobody when empty.
ALERT_MAIL = env.words("ALERT_MAIL")
CODE_ATTEMPTS_DESK = env.integer("CODE_ATTEMPTS_DESK", 60)
CODE_ATTEMPTS_PUBLIC = env.integer("CODE_ATTEMPTS_PUBLIC", 10)
MAILS_PER_HOUR = env.integer("MAILS_PER_HOUR", 30)
XLSX_MAX_ROWS = env.integer("XLSX_MAX_ROWS", 100_000)
IMPORT_MAX_ROWS = env.integer("IMPORT_MAX_ROWS", 2000)
# Workers that may run long jobs at the same time: one of two, so that the outbox always finds a free hand.
JOBS_AT_ONCE = env.integer("JOBS_AT_ONCE", 1)
JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 20)
# Requests of one API token in a minute; downloads of open data from one address in an hour.
API_PER_MINUTE = env.integer("API_PER_MINUTE", 120)
OPEN_DATA_PER_HOUR = env.integer("OPEN_DATA_PER_HOUR", 300)
OPEN_DATA_LICENCE = env.text("OPEN_DATA_LICENCE", "Licence Ouverte / Open Licence version 2.0 (Etalab)")
OPEN_DATA_LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
# Searches of « Où s’adresser ? » from one address in a minute.
DIRECTORY_PER_MINUTE = env.integer("DIRECTORY_PER_MINUTE", 120)
# Searches each process keeps for the minute they were asked in; 0 keeps none.
DIRECTORY_CACHE = env.integer("DIRECTORY_CACHE", 512)
# Background of its map, « https://tuiles.example/{z}/{x}/{y}.png »; without it the map draws outlines alone.
MAP_TILES_URL = env.tiles(env.text("MAP_TILES_URL", ""))
MAP_TILES_CREDIT = env.text("MAP_TILES_CREDIT", "")
PDF_CHILDREN = env.integer("PDF_CHILDREN", 1)
# One printed, two waiting: a burst of prints never takes all four threads of a web process.
PDF_QUEUE = 2

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Return codes travel in paths: no request line is ever logged.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "spo_portal.kernel.http.BareErrors",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"no_request_line": {"()": "spo_portal.kernel.http.WithoutPath"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_request_line"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "portal": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
    },
}
