"""The migrations are run once for all the workers: the databases of the others are copies of the first.

Half a minute of processor for each database otherwise. Each run makes its own, from the migrations as they
stand, and drops it at its end; Django still runs ``migrate`` on each copy, which must find nothing to do.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from spo_portal.local import files

# Where the journeys, which make a database of their own, learn the name of the one to copy.
VARIABLE = "MIGRATED_DATABASE"


def database_name() -> str:
    """One name for each database given to the tests: two runs on one database already step on each other."""
    return f"test_{urlsplit(os.environ['DATABASE_URL']).path.lstrip('/')}_migrated"


def copy_from(folder: Path) -> None:
    """Make this worker's database a copy of the migrated one; the first worker here migrates it.

    ``folder`` is shared by the workers of the run, and by no other run.
    """
    name = database_name()
    with files.locked(folder / "migrated.lock"):
        done = folder / "migrated"
        if not done.exists():
            _migrate(name)
            done.touch()
    connection.settings_dict["TEST"]["TEMPLATE"] = name
    os.environ[VARIABLE] = name


def _migrate(name: str) -> None:
    given, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    usual = test["NAME"]
    test["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        # A database that somebody is connected to can't be copied.
        connection.close()
        test["NAME"] = usual
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = given


def drop() -> None:
    """After the last worker. The database given may not exist: Django too goes by the server's own."""
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as opened:
        opened.execute("SET ROLE spo_owner")
        opened.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database_name()))
        )
