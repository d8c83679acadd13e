"""SQL of row-level security: fail-closed policies, written once for every migration.

Each predicate reads its setting in a scalar sub-select, so that PostgreSQL evaluates it once per query
(InitPlan) and not once per row. After a transaction a setting reads as an empty string, hence ``nullif``.
"""

from dataclasses import dataclass

from django.db import migrations

WORKER_ROLES = "spo_worker, spo_owner"
WEB_ROLES = "spo_web, spo_worker, spo_owner"


def within(axis: str, column: str) -> str:
    """True when ``column`` is one of the ids set on ``axis``; no setting, no row."""
    return f"{column} = ANY ((SELECT nullif(current_setting('app.{axis}', true), '')::bigint[])::bigint[])"


def is_person(column: str) -> str:
    return f"{column} = (SELECT nullif(current_setting('app.person', true), '')::bigint)"


def has_token(column: str) -> str:
    return f"{column} = (SELECT nullif(current_setting('app.token', true), ''))"


SYSTEM = "(SELECT current_setting('app.system', true)) = '1'"


@dataclass(frozen=True)
class Policy:
    """One policy: ``command`` is ALL, SELECT, INSERT, UPDATE or DELETE; ``check`` narrows what is written."""

    name: str
    command: str
    predicate: str
    check: str = ""

    def sql(self, table: str) -> str:
        using = "" if self.command == "INSERT" else f" USING ({self.predicate})"
        written = self.check or self.predicate
        check = "" if self.command in {"SELECT", "DELETE"} else f" WITH CHECK ({written})"
        return f'CREATE POLICY {self.name} ON {table} FOR {self.command} TO {WEB_ROLES}{using}{check};'


def secure(table: str, *policies: Policy) -> migrations.RunSQL:
    """Enable and force row-level security on ``table``; system work of the worker keeps a way in."""
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
        f"CREATE POLICY system_work ON {table} FOR ALL TO {WORKER_ROLES}"
        f" USING ({SYSTEM}) WITH CHECK ({SYSTEM});",
        *(policy.sql(table) for policy in policies),
    ]
    undo = [
        *(f"DROP POLICY IF EXISTS {policy.name} ON {table};" for policy in policies),
        f"DROP POLICY IF EXISTS system_work ON {table};",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    ]
    return migrations.RunSQL("\n".join(statements), "\n".join(undo))


def same_tenant(table: str, columns: str, parent: str, parent_columns: str, name: str) -> migrations.RunSQL:
    """Composite foreign key: a child can't point at another tenant's parent (plain keys skip row locks)."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns})"
        f" REFERENCES {parent} ({parent_columns}) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;",
        f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )
