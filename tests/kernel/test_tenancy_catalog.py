"""The second lock as PostgreSQL's own catalogue has it: no table is forgotten, no role is too strong."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from tests.factories import acting_as_role, system

pytestmark = pytest.mark.django_db

# Tables a foreign key leads from to a territory, and that row security does not cover. Reason beside each.
WITHOUT_POLICY: dict[str, str] = {}

# Plain foreign keys between tenant tables that no composite key repeats. Reason beside each.
PLAIN_KEYS = {
    ("dashboards_apitoken", "membership_id"): "the policy's WITH CHECK asks for the writer's own mandate",
    ("contacts_fichecontact", "reseau_id"): "the policy's WITH CHECK asks that the writer sees the network",
    (
        "contacts_fichecontact",
        "list_version_id",
    ): "the policy's WITH CHECK asks that the writer sees the lists",
    ("contacts_fichecontact", "suite_site_id"): "the policy's WITH CHECK asks that the writer sees the site",
    ("contacts_fichecontact", "territory_id"): "tied to the site by fiche_site_same_territory",
    ("contacts_importfile", "site_id"): "the site is the tenant key itself",
    ("contacts_referencecounter", "site_id"): "the site is the tenant key itself",
    ("dashboards_fillstate", "territory_id"): "the territory is the tenant key itself",
    ("dashboards_cellstate", "territory_id"): "tied to the site by cellstate_site_same_territory",
    ("dashboards_sitestate", "territory_id"): "tied to the site by sitestate_site_same_territory",
    ("dashboards_releasemark", "territory_id"): "the tenant key itself; the site is tied to it",
    ("dashboards_finding", "territory_id"): "the tenant key itself; the site is tied to it",
    ("dashboards_reportcomment", "report_id"): "its policy asks that the writer sees the report",
    ("dashboards_reportannex", "report_id"): "its policy asks that the writer sees the report",
    ("dashboards_reportversion", "report_id"): "its policy asks that the writer sees the report",
    ("dashboards_synthesisquote", "report_id"): "its policy asks for a report of its region",
    ("dashboards_synthesisquote", "synthesis_id"): "its policy asks that the writer runs its region",
    ("dashboards_synthesiscomment", "synthesis_id"): "its policy asks that the writer runs its region",
    ("dashboards_synthesisversion", "synthesis_id"): "its policy asks that the writer runs its region",
    ("dashboards_rollup", "reseau_id"): "written by the worker alone, from the site's own network",
    ("dashboards_rollup", "territory_id"): "tied to the site by rollup_site_same_territory",
    ("contacts_coderetour", "origin_id"): "tied to the fiche's own site by code_fiche_same_site",
    **{
        (f"labelling_convention{table}", "territory_id"): "tied to its convention by a composite key"
        for table in ("text", "party", "signatory", "signature", "step")
    },
    **{
        (f"labelling_{table}", "application_id"): "its policies ask that the writer writes this very file"
        for table in (
            "amiattachment",
            "amibudgetline",
            "amifollowup",
            "amiplace",
            "amiprogressline",
            "amipublicityproof",
            "amisection",
            "amispending",
            "amiprogressreport",
            "amistep",
        )
    },
    **{
        (f"labelling_{table}", "application_id"): "its policies ask for a file of the region that decides"
        for table in ("amicomplement", "amiconvention", "amiinstalment", "amiletter", "avis")
    },
    ("labelling_amiplace", "commune_id"): "the policy's WITH CHECK asks that the writer sees the commune",
    ("labelling_amiplace", "site_id"): "the policy's WITH CHECK asks that the writer sees the site",
    ("labelling_amiscore", "sheet_id"): "its policy asks for a sheet of the writer, not given yet",
    ("labelling_amisessionitem", "commission_id"): "tied to the session by amisessionitem_same_commission",
    **{
        (f"labelling_{table}", "call_id"): "its policy asks that the writer runs the call"
        for table in ("amicallversion", "amicriterion", "amigridcriterion", "amierratum", "amiextension")
    },
    **{
        (f"labelling_{table}", "call_id"): "tied to the file by a key with its call"
        for table in ("amicriterionanswer", "amieligibility", "amidecision")
    },
    ("labelling_amiscore", "grid_id"): "its policy asks for a line of the file's own call",
    (
        "labelling_amisessionrecusal",
        "session_id",
    ): "its policy asks that the writer runs the session, or sits in it",
    ("labelling_amisessionmember", "session_id"): "its policy asks that the writer runs the session",
    **{
        (f"labelling_{table}", "dossier_id"): "its policies ask that the writer may write this dossier"
        for table in (
            "labelsection",
            "labelattachment",
            "labelstep",
            "labelcomplement",
            "labelavis",
            "labeldecision",
        )
    },
    ("labelling_labelplace", "territory_id"): "tied to the dossier by labelplace_own_dossier",
    ("labelling_labelwithdrawalstep", "withdrawal_id"): "its policies ask that it is seen",
}

# Reference tables of a region: no path to a territory, locked all the same.
BY_REGION = [
    "territories_reseau",
    "territories_organisation",
    "territories_commission",
    "contacts_listversion",
    "contacts_orientationrule",
    "territories_brochure",
    "territories_serviceitem",
    "territories_searchweek",
    "territories_searchword",
    "labelling_labelcount",
    "dashboards_synthesis",
    "dashboards_synthesiscomment",
    "dashboards_synthesisversion",
    "labelling_amicall",
    "labelling_amicallcommission",
    "labelling_amicallversion",
    "labelling_amicriterion",
    "labelling_amigridcriterion",
    "labelling_amierratum",
    "labelling_amiextension",
    "labelling_amiquestion",
    "labelling_amiregistration",
    "labelling_amiscenario",
    "labelling_amisession",
    "labelling_amisessionmember",
]

# Rows of one account: whatever the role, nobody else's.
BY_PERSON = ["kernel_job", "kernel_generatedfile", "kernel_filechunk"]

TO_TERRITORY = """
WITH RECURSIVE path AS (
    SELECT 'territories_territory'::regclass AS t
    UNION
    SELECT c.conrelid FROM pg_constraint c JOIN path ON c.confrelid = path.t WHERE c.contype = 'f'
) SELECT t::text FROM path ORDER BY 1
"""


def rows(sql: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def tenant_tables() -> list[str]:
    return [name for (name,) in rows(TO_TERRITORY)]


def unprotected() -> list[str]:
    found = rows(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.oid::regclass::text = ANY(%s) AND NOT ("
        " c.relrowsecurity AND c.relforcerowsecurity"
        " AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))",
        tenant_tables() + BY_REGION,
    )
    return sorted({name for (name,) in found} - WITHOUT_POLICY.keys())


def test_every_table_with_a_path_to_a_territory_is_locked() -> None:
    tables = tenant_tables()
    assert {"contacts_fichecontact", "dashboards_rollup", "territories_membership"} <= set(tables)
    assert unprotected() == []


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE forgotten (id int PRIMARY KEY, fiche_id bigint REFERENCES contacts_fichecontact(id))",
        "ALTER TABLE contacts_fichecontact NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE contacts_coderetour DISABLE ROW LEVEL SECURITY",
    ],
)
def test_twin_a_table_left_open_is_found(change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE spo_owner")
        cursor.execute(change)
        assert unprotected() != []
        cursor.execute("SET ROLE spo_web")


def test_tables_that_hold_a_tenant_without_a_foreign_key_are_locked_too() -> None:
    """The trail and the outbox name their tenant by a bare number."""
    for table in ("kernel_auditevent", "kernel_outboxevent", *BY_PERSON):
        locks = rows(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", table
        )
        assert locks == [(True, True)], table


def test_roles_hold_no_more_than_they_need() -> None:
    strong = rows(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'spo\\_%%' AND (rolsuper OR rolbypassrls OR"
        " rolcreaterole"
        " OR rolreplication)"
    )
    assert strong == []
    owned = rows(
        "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) IN ('spo_web', 'spo_worker')"
        " UNION SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) IN ('spo_web', 'spo_worker')"
    )
    assert owned == []
    members = rows(
        "SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"
        " WHERE r.rolname IN ('spo_web', 'spo_worker')"
    )
    assert members == []
    for role in ("spo_web", "spo_worker"):
        granted = rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace ="
            " 'public'::regnamespace"
            " AND (has_table_privilege(%s, oid, 'TRUNCATE') OR has_table_privilege(%s, oid, 'TRIGGER')"
            " OR has_table_privilege(%s, oid, 'REFERENCES'))",
            role,
            role,
            role,
        )
        assert granted == [], role
        assert rows("SELECT has_schema_privilege(%s, 'public', 'CREATE')", role) == [(False,)]


@pytest.mark.parametrize(
    ("table", "forbidden"),
    [
        ("kernel_auditevent", "UPDATE"),
        ("kernel_auditevent", "DELETE"),
        ("kernel_outboxevent", "UPDATE"),
        ("kernel_outboxevent", "DELETE"),
        ("kernel_job", "INSERT"),
        ("kernel_job", "UPDATE"),
        ("kernel_job", "DELETE"),
        ("kernel_generatedfile", "INSERT"),
        ("kernel_filechunk", "INSERT"),
        ("labelling_amireminder", "SELECT"),
        ("labelling_amicoverage", "UPDATE"),
        ("labelling_coveragefigures", "UPDATE"),
        ("labelling_coveragechange", "DELETE"),
        ("labelling_amiscoresheet", "DELETE"),
        ("labelling_amidecision", "DELETE"),
        ("labelling_labeldossier", "DELETE"),
        ("labelling_labelstep", "UPDATE"),
        ("labelling_labelavis", "UPDATE"),
        ("labelling_labeldecision", "UPDATE"),
        ("labelling_labelcertificate", "UPDATE"),
        ("dashboards_rollup", "INSERT"),
        ("dashboards_rollup", "UPDATE"),
        ("dashboards_rollup", "DELETE"),
        ("contacts_fichecontact", "DELETE"),
        ("territories_territory", "UPDATE"),
        ("territories_serviceitem", "INSERT"),
        ("territories_sitechange", "UPDATE"),
        ("territories_sitechange", "DELETE"),
        ("territories_sitesearch", "UPDATE"),
        ("territories_searchword", "INSERT"),
        ("territories_searchplace", "INSERT"),
        ("territories_searchweek", "UPDATE"),
        ("django_migrations", "INSERT"),
    ],
)
def test_the_web_role_lacks_what_it_never_does(table: str, forbidden: str) -> None:
    assert rows("SELECT has_table_privilege('spo_web', %s, %s)", table, forbidden) == [(False,)]


def test_views_and_definer_functions_open_no_side_door() -> None:
    """A view owned by the owner would show every row the owner sees; a definer function runs as its owner."""
    views = rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
        " AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = pg_class.oid AND d.deptype = 'e')"
    )
    assert views == []
    definers = rows(
        "SELECT proname, coalesce(array_to_string(proconfig, ';'), ''), has_function_privilege('spo_web',"
        " oid, 'EXECUTE')"
        " FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e')"
    )
    for name, config, _ in definers:
        assert config.endswith("pg_temp"), f"{name} must search the temporary schema last"
    # Results: the projects selected, once published, and nothing of the others (test_ami_locks).
    assert sorted(name for name, _, open_to_web in definers if open_to_web) == [
        "contacts_say_outcome",
        # What the holder of a fingerprint may know; that a link was opened (test_convention_locks).
        "labelling_convention_check",
        "labelling_convention_link_opened",
        "labelling_public_results",
        # Keys of places and words of the scope's own regions (test_fulltext).
        "territories_search_places",
        "territories_search_ranked",
        "territories_search_words",
    ]
    hidden = rows(
        "SELECT has_function_privilege('spo_web', 'contacts_say_outcome_as_owner(bytea,text,bigint)',"
        " 'EXECUTE')"
    )
    assert hidden == [(False,)]


def test_every_key_between_tenant_tables_is_composite_or_explained() -> None:
    """A plain foreign key is checked without row security: a child could point at another tenant's parent."""
    plain = rows(
        "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        " WHERE c.contype = 'f' AND cardinality(c.conkey) = 1"
        " AND c.conrelid::regclass::text = ANY(%s) AND c.confrelid::regclass::text = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = c.conrelid"
        "   AND k.confrelid = c.confrelid AND cardinality(k.conkey) > 1 AND c.conkey[1] = ANY (k.conkey))",
        *[tenant_tables() + BY_REGION] * 2,
    )
    assert sorted(set(plain) - PLAIN_KEYS.keys()) == []
    assert sorted(PLAIN_KEYS.keys() - set(plain)) == [], "explained for nothing"


COMPOSITE = (
    "SELECT c.conname, c.conrelid::regclass::text, array_agg(a.attname::text ORDER BY k.n) FROM"
    " pg_constraint c,"
    " unnest(c.conkey) WITH ORDINALITY k(attnum, n) JOIN pg_attribute a ON a.attnum = k.attnum"
    " WHERE a.attrelid = c.conrelid AND c.contype = 'f' AND cardinality(c.conkey) > 1 GROUP BY 1, 2 ORDER"
    " BY 1"
)


# A trigger refuses the move before the key can: each key is tried elsewhere, on an INSERT or trigger off.
TRIED_ELSEWHERE = dict.fromkeys(
    (
        "report_own_version",
        "reportversion_same_report",
        "synthesis_own_version",
        "synthesisversion_same_synthesis",
    ),
    "tests/dashboards/test_report_workflow.py",
) | {"amicall_copied_same_region": "tests/labelling/test_ami_locks.py"}


def test_each_composite_key_refuses_the_parent_of_another_tenant(world) -> None:  # type: ignore[no-untyped-def]
    """Every composite key, found in the catalogue: a row that moves to the other side's tenant is refused."""
    from tests.kernel.tenancy_rows import fill_every_table

    fill_every_table(world)
    constraints = rows(COMPOSITE)
    assert len(constraints) >= 18
    for name, table, columns in constraints:
        if name in TRIED_ELSEWHERE:
            continue
        tenant_column = columns[-1]
        foreign = {
            "region_id": world.other_region.pk,
            "territory_id": world.douai.pk,
            "site_id": world.mission.pk,
            "origin_id": world.mission.pk,
        }.get(tenant_column) or abroad(table, tenant_column)
        with pytest.raises(IntegrityError, match=name), without_rules(), connection.cursor() as cursor:  # noqa: PT012
            cursor.execute(f'SET CONSTRAINTS "{name}" IMMEDIATE')
            # The other composite keys wait for the commit that never comes: this one answers alone.
            cursor.execute(
                f"UPDATE {table} SET {tenant_column} = %s WHERE ctid = (SELECT min(ctid) FROM {table}"
                f" WHERE {tenant_column} IS NOT NULL AND {tenant_column} <> %s AND {child_of(name)} IS NOT"
                " NULL)",
                [foreign, foreign],
            )
            assert cursor.rowcount == 1, f"no row of {table} to try {name} on"


def abroad(table: str, column: str) -> int:
    """The parent of the other region's row: the last one written, without children of its own."""
    with system():
        if column == "application_id":
            return rows("SELECT max(id) FROM labelling_amiapplication")[0][0]
        return rows(f"SELECT max({column}) FROM {table}")[0][0]


CALLS = (
    "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND (relname LIKE 'labelling\\_ami%%'"
    " OR relname LIKE 'labelling\\_label%%' OR relname LIKE 'labelling\\_convention%%'"
    " OR relname IN ('labelling_avis', 'territories_invitation', 'territories_sitechange'))"
)


@contextmanager
def without_rules() -> Iterator[None]:
    """As the system; triggers that would refuse before a key does look away until the rollback."""
    with transaction.atomic():
        with acting_as_role("spo_owner"):
            rows("SET CONSTRAINTS ALL IMMEDIATE")
            rows("SET CONSTRAINTS ALL DEFERRED")
            # Children follow by cascade: theirs too.
            for (table,) in rows(CALLS):
                rows(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        with system():
            yield


def child_of(constraint: str) -> str:
    return next(columns[0] for name, _, columns in rows(COMPOSITE) if name == constraint)


def test_twin_without_the_composite_key_the_child_points_abroad(world) -> None:  # type: ignore[no-untyped-def]
    from tests.kernel.tenancy_rows import fill_every_table

    fill_every_table(world)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET ROLE spo_owner")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE contacts_fichedestination DROP CONSTRAINT destination_site_same_region")
        cursor.execute("SELECT set_config('app.system', '1', true)")
        cursor.execute("UPDATE contacts_fichedestination SET site_id = %s", [world.niort_site.pk])
        assert cursor.rowcount >= 1
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE spo_web")


def lead_policies() -> list[str]:
    return [
        f"{table}.{policy}"
        for table, policy in rows(
            "SELECT tablename, policyname FROM pg_policies WHERE tablename = ANY (%s)"
            " AND coalesce(qual, '') || coalesce(with_check, '') LIKE '%%app.lead%%'",
            [table for (table,) in rows(CALLS) if table.startswith(("labelling_ami", "labelling_avis"))],
        )
    ]


def test_who_runs_a_region_decides_no_grant_of_it() -> None:
    """``lead`` is the animation's and the administrator's too: of the calls, only the map asks it."""
    assert lead_policies() == ["labelling_amicoverage.own_region"]
