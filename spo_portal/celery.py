"""Celery application. Tasks carry ids only; PostgreSQL is the queue of record, Redis rings the bell."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spo_portal.settings.local")
app = Celery("spo_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["spo_portal.kernel"])

# The tick expires before the next ones pile up: a worker that was away does not find thousands of them.
app.conf.beat_schedule = {
    "drain-outbox": {"task": "kernel.drain_outbox", "schedule": 2.0, "options": {"expires": 4}},
    "run-jobs": {"task": "kernel.run_jobs", "schedule": 2.0, "options": {"expires": 4}},
    "generated-files": {
        "task": "kernel.purge_files",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 600},
    },
    "build-releases": {"task": "dashboards.build_releases", "schedule": 2.0, "options": {"expires": 4}},
    "keep-coverage": {"task": "labelling.keep_coverage", "schedule": 5.0, "options": {"expires": 10}},
    "check-figures": {
        "task": "dashboards.check_figures",
        "schedule": crontab(minute="20", hour="3"),
        "options": {"expires": 3600},
    },
    "accounts": {
        "task": "territories.retention",
        "schedule": crontab(minute="40", hour="4"),
        "options": {"expires": 3600},
    },
    # A morning missed is made up for by the next one.
    "ami-reminders": {
        "task": "labelling.remind",
        "schedule": crontab(minute="0", hour="7"),
        "options": {"expires": 12 * 3600},
    },
    # Before the working day: who fell under 50 % without an appointment reads it in the morning.
    "walk-in-shares": {
        "task": "labelling.check_shares",
        "schedule": crontab(minute="30", hour="4"),
        "options": {"expires": 12 * 3600},
    },
    "validation-rules": {
        "task": "dashboards.check_rules",
        "schedule": crontab(minute="20", hour="5"),
        "options": {"expires": 3600},
    },
    "api-tokens": {
        "task": "dashboards.purge_tokens",
        "schedule": crontab(minute="50", hour="4"),
        "options": {"expires": 3600},
    },
    "daily-purge": {
        "task": "contacts.purge",
        "schedule": crontab(minute="17", hour="*/6"),
        "options": {"expires": 3600},
    },
}
