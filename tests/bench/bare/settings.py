"""A bare Django: no application, no middleware, no template; the portal's connection pool."""

from spo_portal import env

SECRET_KEY = "bench"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "tests.bench.bare.urls"
DATABASES = {"default": env.database(env.text("DATABASE_URL"), pool_max=env.integer("DB_POOL_MAX", 4))}
LOGGING_CONFIG = None
