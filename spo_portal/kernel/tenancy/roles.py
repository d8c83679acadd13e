"""Rights of the three database roles, given again after each migration."""

from django.db import connection

# Tables where the web role gets less than read and write. Key: table, value: privileges.
RESTRICTED: dict[str, str] = {}
RESTRICTED_WORKER: dict[str, str] = {}


def restrict(table: str, *, web: str, worker: str | None = None) -> None:
    """Declare that the web role holds only ``web`` privileges on ``table`` (called from an app's ``ready``).
    """
    RESTRICTED[table] = web
    if worker is not None:
        RESTRICTED_WORKER[table] = worker


def grant_tables(**_: object) -> None:
    """Give spo_web and spo_worker their rights on every table; only the owner may TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname IN ('spo_web', 'spo_worker')")
        if cursor.fetchone()[0] < 2:
            return
        cursor.execute(
            "GRANT USAGE ON SCHEMA public TO spo_web, spo_worker;"
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO spo_web, spo_worker;"
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO spo_web, spo_worker;"
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM spo_web, spo_worker;"
        )
        existing = set(connection.introspection.table_names(cursor))
        for role, tables in (("spo_web", RESTRICTED), ("spo_worker", RESTRICTED_WORKER)):
            for table, privileges in tables.items():
                if table in existing:
                    cursor.execute(f"REVOKE ALL ON {table} FROM {role}")
                    if privileges:
                        cursor.execute(f"GRANT {privileges} ON {table} TO {role}")
