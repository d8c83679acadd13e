# The portal alone: PostgreSQL, Redis and mail are other services (docker-compose.yml).
FROM python:3.13-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 XDG_CACHE_HOME=/tmp/cache \
    DJANGO_SETTINGS_MODULE=spo_portal.settings.production DATA_DIR=/data

# What WeasyPrint loads: layout, HarfBuzz's subsetter (four times faster PDF files) and a font.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/portal --shell /usr/sbin/nologin portal \
    && install --directory --owner portal --mode 0700 /data

WORKDIR /srv/portal
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY . .
# The keys of this step only let the settings load; none stays in the image.
RUN SECRET_KEY=build CODE_KEY=build DATABASE_URL=postgresql://build@/build REDIS_URL=redis://build \
    DATA_DIR=/tmp python manage.py collectstatic --no-input

USER portal
VOLUME /data
EXPOSE 8000
CMD ["scripts/process", "web"]
