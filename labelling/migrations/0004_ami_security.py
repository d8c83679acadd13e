"""Locks of the calls for interest: who reads and writes each row (domain § 7)."""

# ruff: noqa: S608 - our own constants
from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, has_token, is_person, same_tenant, secure, within

APP = "labelling_amiapplication"
AFTER = "('retenue', 'conventionnee', 'ouverte')"


def shared(alias: str, *permissions: str) -> str:
    """A share in force of the application with the account, given by the application's own organisation."""
    names = ", ".join(f"'{permission}'" for permission in permissions)
    return (
        f"EXISTS (SELECT 1 FROM territories_share h WHERE {is_person('h.user_id')}"
        f" AND h.object_id = {alias}.id::text AND h.organisation_id = {alias}.organisation_id"
        f" AND h.permission IN ({names}) AND h.withdrawn_at IS NULL AND h.until > now()"
        " AND h.content_type_id = (SELECT t.id FROM django_content_type t"
        " WHERE t.app_label = 'labelling' AND t.model = 'amiapplication'))"
    )


def of_application(*ways: str, column: str = "application_id") -> str:
    """The application exists for the reader, and one of ``ways`` (on alias ``a``) holds."""
    ways_sql = f" AND ({' OR '.join(ways)})" if ways else ""
    return f"EXISTS (SELECT 1 FROM {APP} a WHERE a.id = {column}{ways_sql})"


READERS = shared("a", "view_amiapplication", "change_amiapplication")
WRITERS = shared("a", "change_amiapplication")
BODY = within("body", "a.organisation_id")
LEAD = within("lead", "a.region_id")
BOARD = within("board", "a.commission_id")
READ = of_application("a.state <> 'brouillon'", BODY, READERS)
WRITE = of_application(BODY, WRITERS)
RUN = of_application(LEAD)
INSIDE = of_application(LEAD, BOARD)
LEAD_REGION = within("lead", "region_id")
OF_CALL = "EXISTS (SELECT 1 FROM labelling_amicall c WHERE c.id = call_id)"
RUNS_CALL = f"EXISTS (SELECT 1 FROM labelling_amicall c WHERE c.id = call_id AND {within('lead', 'c.region_id')})"
OF_SESSION = "EXISTS (SELECT 1 FROM labelling_amisession s WHERE s.id = session_id)"
RUNS_SESSION = (
    f"EXISTS (SELECT 1 FROM labelling_amisession s WHERE s.id = session_id AND {within('lead', 's.region_id')})"
)
SITS_IN_SESSION = (
    f"EXISTS (SELECT 1 FROM labelling_amisession s WHERE s.id = session_id AND {within('board', 's.commission_id')})"
)
MINE = (
    "EXISTS (SELECT 1 FROM labelling_amiassignment m WHERE m.application_id = labelling_amiscoresheet.application_id"
    f" AND {is_person('m.scorer_id')} AND m.state "
)
BOARD_OF_SHEET = f"EXISTS (SELECT 1 FROM {APP} a WHERE a.id = application_id AND {BOARD})"
OWN_SHEET = f"EXISTS (SELECT 1 FROM labelling_amiscoresheet s WHERE s.id = sheet_id AND {is_person('s.scorer_id')} AND s.given_at IS NULL)"


def part(table: str, read: str = READ, write: str = WRITE) -> migrations.RunSQL:
    """A part of an application: read with it, written by who writes it."""
    return secure(
        table,
        Policy("read_with_file", "SELECT", read),
        Policy("added_to_file", "INSERT", write),
        Policy("changed_in_file", "UPDATE", write),
        Policy("removed_from_file", "DELETE", write),
    )


def call_part(table: str) -> migrations.RunSQL:
    return secure(
        table,
        Policy("read_with_call", "SELECT", OF_CALL),
        Policy("added_by_region", "INSERT", RUNS_CALL),
        Policy("changed_by_region", "UPDATE", RUNS_CALL),
        Policy("removed_by_region", "DELETE", RUNS_CALL),
    )


def session_part(table: str, *more: Policy) -> migrations.RunSQL:
    return secure(
        table,
        Policy("read_with_session", "SELECT", OF_SESSION),
        Policy("added_by_region", "INSERT", RUNS_SESSION),
        Policy("changed_by_region", "UPDATE", RUNS_SESSION),
        Policy("removed_by_region", "DELETE", RUNS_SESSION),
        *more,
    )


def region_work(table: str) -> migrations.RunSQL:
    return secure(table, Policy("own_region", "ALL", LEAD_REGION))


def keys() -> list[migrations.RunSQL]:
    """Composite keys: no row hangs on another region's, another call's or another application's parent."""
    t = "labelling_"
    rows = [
        (APP, "call_id, region_id", t + "amicall", "id, region_id", "amiapplication_call_same_region"),
        (APP, "territory_id, region_id", "territories_territory", "id, region_id", "amiapplication_territory_same_region"),
        (APP, "commission_id, region_id", "territories_commission", "id, region_id", "amiapplication_commission_same_region"),
        (APP, "organisation_id, region_id", "territories_organisation", "id, region_id", "amiapplication_body_same_region"),
        (APP, "site_id, region_id", "territories_site", "id, region_id", "amiapplication_site_same_region"),
        (t + "amicallcommission", "call_id, region_id", t + "amicall", "id, region_id", "amicallcommission_call_same_region"),
        (t + "amicallcommission", "commission_id, region_id", "territories_commission", "id, region_id", "amicallcommission_same_region"),
        (t + "amiquestion", "call_id, region_id", t + "amicall", "id, region_id", "amiquestion_same_region"),
        (t + "amicriterionanswer", "application_id, call_id", APP, "id, call_id", "amianswer_same_call"),
        (t + "amicriterionanswer", "criterion_id, call_id", t + "amicriterion", "id, call_id", "amianswer_criterion_same_call"),
        (t + "amicriterionanswer", "attachment_id, application_id", t + "amiattachment", "id, application_id", "amianswer_own_file"),
        (t + "amicontribution", "application_id, region_id", APP, "id, region_id", "amicontribution_same_region"),
        (t + "amicontribution", "organisation_id, region_id", "territories_organisation", "id, region_id", "amicontribution_body_same_region"),
        (t + "amieligibility", "application_id, call_id", APP, "id, call_id", "amieligibility_same_call"),
        (t + "amieligibility", "criterion_id, call_id", t + "amicriterion", "id, call_id", "amieligibility_criterion_same_call"),
        (t + "amiassignment", "application_id, region_id", APP, "id, region_id", "amiassignment_same_region"),
        (t + "amiscoresheet", "assignment_id, application_id, scorer_id", t + "amiassignment", "id, application_id, scorer_id", "amisheet_own_assignment"),
        (t + "amiscoresheet", "application_id, region_id", APP, "id, region_id", "amisheet_same_region"),
        (t + "amisession", "commission_id, region_id", "territories_commission", "id, region_id", "amisession_commission_same_region"),
        (t + "amisession", "call_id, region_id", t + "amicall", "id, region_id", "amisession_call_same_region"),
        (t + "amisessionitem", "session_id, commission_id", t + "amisession", "id, commission_id", "amisessionitem_same_commission"),
        (t + "amisessionitem", "application_id, commission_id", APP, "id, commission_id", "amisessionitem_own_bassin"),
        (t + "amisessionrecusal", "item_id, session_id", t + "amisessionitem", "id, session_id", "amirecusal_item_same_session"),
        (t + "amisessionrecusal", "member_id, session_id", t + "amisessionmember", "id, session_id", "amirecusal_member_same_session"),
        (t + "avis", "item_id, application_id", t + "amisessionitem", "id, application_id", "avis_own_item"),
        (t + "amidecision", "application_id, call_id", APP, "id, call_id", "amidecision_same_call"),
        (t + "amidecision", "avis_id, application_id", t + "avis", "id, application_id", "amidecision_own_avis"),
        (t + "amiscenario", "call_id, region_id", t + "amicall", "id, region_id", "amiscenario_same_region"),
        (t + "amiscenarioline", "scenario_id, call_id", t + "amiscenario", "id, call_id", "amiscenarioline_same_call"),
        (t + "amiscenarioline", "application_id, call_id", APP, "id, call_id", "amiscenarioline_own_call"),
        (t + "amiscenarioline", "call_id, region_id", t + "amicall", "id, region_id", "amiscenarioline_same_region"),
        (t + "amiinstalment", "convention_id, application_id", t + "amiconvention", "id, application_id", "amiinstalment_own_convention"),
        (t + "amispending", "follow_up_id, application_id", t + "amifollowup", "id, application_id", "amispending_own_report"),
        (t + "amispending", "line_id, application_id", t + "amibudgetline", "id, application_id", "amispending_own_line"),
        (t + "amiprogressreport", "follow_up_id, application_id", t + "amifollowup", "id, application_id", "amiprogressreport_own_report"),
        (t + "amiprogressreport", "line_id, application_id", t + "amiprogressline", "id, application_id", "amiprogressreport_own_line"),
        (t + "amicoverage", "call_id, region_id", t + "amicall", "id, region_id", "amicoverage_call_same_region"),
        (t + "amicoverage", "territory_id, region_id", "territories_territory", "id, region_id", "amicoverage_territory_same_region"),
    ]
    return [same_tenant(*row) for row in rows]


UNIQUE = migrations.RunSQL(
    f"ALTER TABLE {APP} ADD CONSTRAINT amiapplication_id_commission UNIQUE (id, commission_id);"
    "ALTER TABLE labelling_amiconvention ADD CONSTRAINT amiconvention_id_application UNIQUE (id, application_id);",
    f"ALTER TABLE {APP} DROP CONSTRAINT amiapplication_id_commission;"
    "ALTER TABLE labelling_amiconvention DROP CONSTRAINT amiconvention_id_application;",
)


class Migration(migrations.Migration):
    dependencies = [("labelling", "0003_ami"), ("territories", "0007_share_policies"), ("contenttypes", "0002_remove_content_type_name")]
    operations = [
        UNIQUE,
        *keys(),
        secure(
            "labelling_amicall",
            Policy("out_for_all", "SELECT", "state <> 'brouillon'"),
            Policy("own_region", "SELECT", LEAD_REGION),
            Policy("written_by_region", "INSERT", LEAD_REGION),
            Policy("changed_by_region", "UPDATE", LEAD_REGION),
            Policy("draft_removed", "DELETE", f"{LEAD_REGION} AND state = 'brouillon'"),
        ),
        secure("labelling_amicallversion", Policy("read_by_region", "SELECT", RUNS_CALL), Policy("kept_by_region", "INSERT", RUNS_CALL), Policy("draft_removed", "DELETE", RUNS_CALL)),
        *(call_part(f"labelling_{name}") for name in ("amicallcommission", "amicriterion", "amigridcriterion")),
        *(
            secure(f"labelling_{name}", Policy("read_with_call", "SELECT", OF_CALL), Policy("added_by_region", "INSERT", RUNS_CALL))
            for name in ("amierratum", "amiextension")
        ),
        secure(
            "labelling_amiquestion",
            Policy("answered_for_all", "SELECT", f"(answered_at IS NOT NULL AND {OF_CALL})"),
            Policy("own_question", "SELECT", is_person("asked_by_id")),
            Policy("read_by_region", "SELECT", LEAD_REGION),
            Policy("asked", "INSERT", f"({is_person('asked_by_id')} AND {within('wide', 'region_id')} AND {OF_CALL} AND answered_at IS NULL)"),
            Policy("answered_by_region", "UPDATE", LEAD_REGION),
        ),
        secure(
            "labelling_amiassignment",
            Policy("own_work", "SELECT", is_person("scorer_id")),
            Policy("settled_by_scorer", "UPDATE", is_person("scorer_id")),
            Policy("run_by_region", "ALL", LEAD_REGION),
        ),
        secure(
            APP,
            Policy("own_body", "SELECT", within("body", "organisation_id")),
            Policy("own_region", "SELECT", LEAD_REGION),
            Policy("own_board", "SELECT", f"({within('board', 'commission_id')} AND state <> 'brouillon')"),
            Policy("selected_in_area", "SELECT", f"({within('tenant', 'territory_id')} AND state IN {AFTER})"),
            Policy("shared", "SELECT", shared(APP, "view_amiapplication", "change_amiapplication")),
            Policy(
                "confided",
                "SELECT",
                f"(state <> 'brouillon' AND EXISTS (SELECT 1 FROM labelling_amiassignment m WHERE m.application_id = {APP}.id"
                f" AND {is_person('m.scorer_id')} AND m.state NOT IN ('recusee', 'retiree')))",
            ),
            Policy("opened_by_body", "INSERT", f"({within('body', 'organisation_id')} AND state = 'brouillon')"),
            Policy("changed_by_body", "UPDATE", within("body", "organisation_id")),
            Policy("changed_by_region", "UPDATE", LEAD_REGION),
            Policy("changed_by_writer", "UPDATE", shared(APP, "change_amiapplication")),
            Policy("draft_removed", "DELETE", f"({within('body', 'organisation_id')} AND state = 'brouillon')"),
        ),
        *(
            part(f"labelling_{name}")
            for name in ("amisection", "amiplace", "amiattachment", "amicriterionanswer", "amiprogressline", "amibudgetline")
        ),
        secure(
            "labelling_amicontribution",
            Policy("read_with_file", "SELECT", READ),
            Policy("added_to_file", "INSERT", WRITE),
            Policy("changed_in_file", "UPDATE", WRITE),
            Policy("removed_from_file", "DELETE", WRITE),
            Policy("link_reads", "SELECT", f"({has_token('token_hash')} AND expires_at > now())"),
            Policy("link_answers", "UPDATE", f"({has_token('token_hash')} AND expires_at > now() AND answered_at IS NULL)", has_token("token_hash")),
        ),
        part("labelling_amieligibility", of_application(LEAD, BOARD, "a.state = 'irrecevable'"), RUN),
        secure(
            "labelling_amicomplement",
            Policy("read_with_file", "SELECT", READ),
            Policy("asked_by_region", "INSERT", RUN),
            Policy("closed_by_region", "UPDATE", RUN),
            Policy("answered_in_file", "UPDATE", WRITE),
        ),
        secure(
            "labelling_amiscoresheet",
            Policy("own_notes", "SELECT", is_person("scorer_id")),
            Policy("after_ones_own", "SELECT", f"(given_at IS NOT NULL AND {MINE} = 'donnee'))"),
            Policy("released_to_region", "SELECT", f"(released_at IS NOT NULL AND {LEAD_REGION} AND NOT {MINE} = 'recusee'))"),
            Policy("released_to_board", "SELECT", f"(released_at IS NOT NULL AND {BOARD_OF_SHEET})"),
            Policy("started_by_scorer", "INSERT", f"({is_person('scorer_id')} AND {MINE} = 'attendue'))"),
            Policy("written_by_scorer", "UPDATE", is_person("scorer_id")),
        ),
        secure(
            "labelling_amiscore",
            Policy("read_with_sheet", "SELECT", "EXISTS (SELECT 1 FROM labelling_amiscoresheet s WHERE s.id = sheet_id)"),
            Policy("noted", "INSERT", OWN_SHEET),
            Policy("changed", "UPDATE", OWN_SHEET),
            Policy("removed", "DELETE", OWN_SHEET),
        ),
        secure(
            "labelling_amisession",
            Policy("own_region", "ALL", LEAD_REGION),
            Policy("own_board", "SELECT", within("board", "commission_id")),
            Policy("approved_by_board", "UPDATE", within("board", "commission_id")),
        ),
        session_part("labelling_amisessionmember", Policy("own_answer", "UPDATE", f"({is_person('user_id')} AND {OF_SESSION})")),
        session_part("labelling_amisessionitem"),
        session_part("labelling_amisessionrecusal", Policy("declared_by_member", "INSERT", SITS_IN_SESSION)),
        secure(
            "labelling_avis",
            Policy("read_inside", "SELECT", INSIDE),
            Policy("read_once_published", "SELECT", f"(published_at <= now() AND {READ})"),
            Policy("given", "INSERT", RUN),
            Policy("corrected", "UPDATE", RUN),
            Policy("taken_back", "DELETE", RUN),
        ),
        *(
            secure(
                table,
                Policy("read_by_region", "SELECT", RUN),
                Policy("read_once_published", "SELECT", f"(published_at <= now() AND {READ})"),
                Policy("made_by_region", "INSERT", RUN),
                Policy("told_by_region", "UPDATE", RUN),
            )
            for table in ("labelling_amidecision", "labelling_amiletter")
        ),
        region_work("labelling_amiscenario"),
        region_work("labelling_amiscenarioline"),
        part("labelling_amiconvention", READ, RUN),
        part("labelling_amiinstalment", READ, RUN),
        *(
            secure(
                f"labelling_{name}",
                Policy("read_with_file", "SELECT", READ),
                Policy("expected_or_written", "INSERT", of_application(BODY, WRITERS, LEAD)),
                Policy("written_or_checked", "UPDATE", of_application(BODY, WRITERS, LEAD)),
            )
            for name in ("amifollowup", "amispending", "amiprogressreport")
        ),
        secure(
            "labelling_amipublicityproof",
            Policy("read_with_file", "SELECT", READ),
            Policy("added_by_body", "INSERT", WRITE),
            Policy("checked_by_region", "UPDATE", RUN),
            Policy("removed_by_body", "DELETE", f"(state = 'deposee' AND {WRITE})"),
        ),
        secure(
            "labelling_amistep",
            Policy("read_inside", "SELECT", INSIDE),
            Policy("read_once_told", "SELECT", f"(told_at <= now() AND {READ})"),
            Policy("step_left", "INSERT", of_application(BODY, WRITERS, LEAD)),
            Policy("told", "UPDATE", RUN),
        ),
        secure("labelling_amireminder"),
        secure(
            "labelling_amicoverage",
            Policy("own_region", "SELECT", LEAD_REGION),
            Policy("boards_of_region", "SELECT", f"({within('wide', 'region_id')} AND nullif((SELECT current_setting('app.board', true)), '') IS NOT NULL)"),
        ),
    ]
