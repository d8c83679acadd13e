"""Attacks in SQL found by the tests of the locks, closed: who moves a file, who says what in whose name.

Row security says which rows a role writes; these triggers say which words of them. They bind the web's role;
the worker's system work is bound by the keys and the checks.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, is_person, within

APP = "labelling_amiapplication"
BODY = within("body", "a.organisation_id")
AWARD = within("award", "a.region_id")
AWARD_REGION = within("award", "region_id")
SHARED = (
    f"EXISTS (SELECT 1 FROM territories_share h WHERE {is_person('h.user_id')}"
    " AND h.object_id = a.id::text AND h.organisation_id = a.organisation_id"
    " AND h.permission = 'change_amiapplication' AND h.withdrawn_at IS NULL AND h.until > now()"
    " AND h.content_type_id = (SELECT t.id FROM django_content_type t"
    " WHERE t.app_label = 'labelling' AND t.model = 'amiapplication'))"
)


def of_application(condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM {APP} a WHERE a.id = application_id AND {condition})"


WRITE = of_application(f"({BODY} OR {SHARED})")
RUN = of_application(AWARD)

# « lead » is held by the Region, but also by the animation and by the administrator, who decide no grant.
# Every policy of the calls that asks for it asks for « award » instead. The map of coverage stays readable.
AWARDS = """
DO $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT tablename, policyname, qual, with_check FROM pg_policies
        WHERE schemaname = 'public' AND (tablename LIKE 'labelling\\_ami%' OR tablename = 'labelling_avis')
          AND tablename <> 'labelling_amicoverage'
          AND coalesce(qual, '') || coalesce(with_check, '') LIKE '%''app.{old}''%'
    LOOP
        EXECUTE format('ALTER POLICY %I ON %I', p.policyname, p.tablename)
            || coalesce(' USING (' || replace(p.qual, '''app.{old}''', '''app.{new}''') || ')', '')
            || coalesce(' WITH CHECK (' || replace(p.with_check, '''app.{old}''', '''app.{new}''') || ')', '');
    END LOOP;
END $$;
"""


def awards(old: str, new: str) -> str:
    return AWARDS.replace("{old}", old).replace("{new}", new)


def policy(table: str, name: str, command: str, using: str, check: str = "") -> str:
    """Write one policy anew."""
    return f"DROP POLICY IF EXISTS {name} ON labelling_{table};" + Policy(name, command, using, check).sql(f"labelling_{table}")


def guard(name: str, table: str, events: str, body: str, declare: str = "") -> str:
    """A trigger on the web's writes, under the writer's own eyes: what it can't see, row security refuses."""
    return f"""
CREATE FUNCTION labelling_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ours boolean := false;
    {declare}
BEGIN
{body}
    RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE {events} ON labelling_{table}
    FOR EACH ROW WHEN (current_user = 'spo_web') EXECUTE FUNCTION labelling_{name}();
"""


def refuse(why: str, constraint: str) -> str:
    return f"RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation', CONSTRAINT = '{constraint}';"


def only(*columns: str) -> str:
    """True when another column than ``columns`` changes."""
    dropped = "".join(f" - '{column}'" for column in columns)
    return f"(to_jsonb(NEW){dropped}) IS DISTINCT FROM (to_jsonb(OLD){dropped})"


# The number, the date and the hand of a submission are its proof. A porteur submits and withdraws; the
# Region does the rest; a draft is nobody else's.
WHO_MOVES = guard(
    "who_moves",
    "amiapplication",
    "UPDATE",
    f"""    ours := {within('award', 'NEW.region_id')};
    IF NEW.state <> OLD.state THEN
        IF (OLD.state, NEW.state) IN (('brouillon', 'deposee'), ('brouillon', 'retiree'), ('deposee', 'retiree'), ('recevable', 'retiree')) THEN
            IF NOT coalesce({within('body', 'NEW.organisation_id')}, false) THEN
                {refuse('its own organisation submits it and withdraws it', 'amiapplication_who')}
            END IF;
        ELSIF NOT coalesce(ours, false) THEN
            {refuse('the Region instructs and decides', 'amiapplication_who')}
        END IF;
    END IF;
    IF NOT coalesce(ours, false) AND (NEW.site_id, NEW.decided_at) IS DISTINCT FROM (OLD.site_id, OLD.decided_at) THEN
        {refuse('the Region instructs and decides', 'amiapplication_who')}
    END IF;
    IF (NEW.created_at, NEW.created_by_label) IS DISTINCT FROM (OLD.created_at, OLD.created_by_label)
        OR OLD.state <> 'brouillon' AND (NEW.number, NEW.submitted_at, NEW.submitted_by_label)
            IS DISTINCT FROM (OLD.number, OLD.submitted_at, OLD.submitted_by_label) THEN
        {refuse('what was submitted keeps its date', 'amiapplication_who')}
    END IF;""",
)

# A file is read by the commission it names: the one of its bassin, and one the call concerns.
BELONGS = """
CREATE FUNCTION labelling_application_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    SELECT commission_id INTO t FROM territories_territory WHERE id = NEW.territory_id;
    IF FOUND AND t.commission_id IS DISTINCT FROM NEW.commission_id THEN
        RAISE EXCEPTION 'a bassin is heard by its own commission' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'amiapplication_own_commission';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER application_belongs BEFORE INSERT OR UPDATE OF territory_id, commission_id ON labelling_amiapplication
    FOR EACH ROW EXECUTE FUNCTION labelling_application_belongs();
ALTER TABLE labelling_amiapplication ADD CONSTRAINT amiapplication_commission_concerned
    FOREIGN KEY (call_id, commission_id) REFERENCES labelling_amicallcommission (call_id, commission_id)
    DEFERRABLE INITIALLY DEFERRED;
"""

# AMI §2: each partner's contribution is confirmed by that partner. Its link answers and does nothing else;
# whoever writes the file proposes, and asks again, but answers for nobody.
CONTRIBUTION = guard(
    "who_answers",
    "amicontribution",
    "UPDATE",
    f"""    IF OLD.token_hash = (SELECT nullif(current_setting('app.token', true), '')) THEN
        IF {only('state', 'amended', 'reason', 'answered_at', 'answered_as')}
            OR NEW.state NOT IN ('confirmee', 'modifiee', 'declinee') THEN
            {refuse('a link answers and does nothing else', 'amicontribution_who')}
        END IF;
    ELSIF NEW.state IN ('confirmee', 'modifiee', 'declinee') THEN
        IF (NEW.state, NEW.amended, NEW.reason, NEW.answered_at, NEW.answered_as, NEW.text, NEW.partner_name, NEW.email, NEW.organisation_id)
            IS DISTINCT FROM (OLD.state, OLD.amended, OLD.reason, OLD.answered_at, OLD.answered_as, OLD.text, OLD.partner_name, OLD.email, OLD.organisation_id) THEN
            {refuse('a partner speaks for itself', 'amicontribution_who')}
        END IF;
    ELSIF (NEW.amended, NEW.answered_as) IS DISTINCT FROM ('', '') AND (NEW.amended, NEW.answered_as) IS DISTINCT FROM (OLD.amended, OLD.answered_as) THEN
        {refuse('a partner speaks for itself', 'amicontribution_who')}
    END IF;""",
)

# A member approves the minutes of its commission, and answers its own convening; the Region keeps the rest.
SESSION = guard(
    "who_approves",
    "amisession",
    "UPDATE",
    f"""    ours := {AWARD_REGION.replace('region_id', 'NEW.region_id')};
    IF NOT coalesce(ours, false) AND ((OLD.state, NEW.state) <> ('tenue', 'approuvee')
        OR {only('state', 'approved_at', 'approved_by_label', 'minutes_pdf', 'minutes_sha256', 'version')}) THEN
        {refuse('a member approves the minutes', 'amisession_who')}
    END IF;""",
) + guard(
    "who_attends",
    "amisessionmember",
    "UPDATE",
    f"""    SELECT {within('award', 's.region_id')} INTO ours FROM labelling_amisession s WHERE s.id = NEW.session_id;
    IF NOT coalesce(ours, false) AND ({only('answer', 'answered_at', 'excuse', 'presence')}
        OR NEW.presence NOT IN ('convoque', 'excuse')) THEN
        {refuse('presence is noted by the Region', 'amisession_who')}
    END IF;""",
)

# A report is written and handed in by its porteur, read again by the Region; neither writes the other's part.
FOLLOW_UP = guard(
    "who_reports",
    "amifollowup",
    "UPDATE",
    f"""    SELECT {AWARD} INTO ours FROM {APP} a WHERE a.id = NEW.application_id;
    IF coalesce(ours, false) THEN
        IF {only('state', 'checked_at', 'checked_by_label', 'check_note', 'due_on')}
            OR OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('remis', 'valide'), ('remis', 'a_reprendre'))
            OR NEW.due_on <> OLD.due_on AND OLD.state NOT IN ('attendu', 'a_reprendre') THEN
            {refuse('the Region reads what was handed in', 'amifollowup_who')}
        END IF;
    ELSE
        IF (NEW.application_id, NEW.year, NEW.due_on, NEW.checked_at, NEW.checked_by_label, NEW.check_note)
                IS DISTINCT FROM (OLD.application_id, OLD.year, OLD.due_on, OLD.checked_at, OLD.checked_by_label, OLD.check_note)
            OR OLD.state NOT IN ('attendu', 'a_reprendre') OR NEW.state NOT IN (OLD.state, 'remis') THEN
            {refuse('a report handed in waits for the Region', 'amifollowup_who')}
        END IF;
        IF NEW.state = 'remis' THEN
            NEW.handed_at := clock_timestamp();
        END IF;
    END IF;""",
) + guard(
    "who_checks",
    "amipublicityproof",
    "UPDATE",
    f"""    IF {only('state', 'checked_at', 'checked_by_label', 'reason')} OR OLD.state <> 'deposee' THEN
        {refuse('a proof is accepted or refused once', 'amiproof_who')}
    END IF;""",
)
REPORT_OPEN = (
    f"EXISTS (SELECT 1 FROM labelling_amifollowup f JOIN {APP} a ON a.id = f.application_id"
    " WHERE f.id = follow_up_id AND f.state IN ('attendu', 'a_reprendre')"
    f" AND ({BODY} OR {SHARED}))"
)
SEEN = (
    "(site_id IS NULL OR EXISTS (SELECT 1 FROM territories_site s WHERE s.id = site_id))"
    " AND (commune_id IS NULL OR EXISTS (SELECT 1 FROM territories_commune c WHERE c.code_insee = commune_id))"
)

POLICIES = "".join(
    (
        policy(
            "amiapplication",
            "opened_by_body",
            "INSERT",
            f"({within('body', 'organisation_id')} AND state = 'brouillon' AND EXISTS (SELECT 1 FROM labelling_amicall c"
            " WHERE c.id = call_id AND c.state = 'ouvert'))",
        ),
        policy("amiapplication", "changed_by_region", "UPDATE", f"({AWARD_REGION} AND state <> 'brouillon')"),
        policy(
            "amiassignment",
            "settled_by_scorer",
            "UPDATE",
            f"({is_person('scorer_id')} AND state IN ('attendue', 'abstention'))",
            f"({is_person('scorer_id')} AND state IN ('attendue', 'donnee', 'abstention', 'recusee'))",
        ),
        policy(
            "amicallversion",
            "draft_removed",
            "DELETE",
            "EXISTS (SELECT 1 FROM labelling_amicall c WHERE c.id = call_id AND c.state = 'brouillon'"
            f" AND {within('award', 'c.region_id')})",
        ),
        policy("amiplace", "added_to_file", "INSERT", f"({WRITE} AND {SEEN})"),
        policy("amiplace", "changed_in_file", "UPDATE", WRITE, f"({WRITE} AND {SEEN})"),
        policy("amicontribution", "added_to_file", "INSERT", f"({WRITE} AND state IN ('a_inviter', 'invitee'))"),
        policy(
            "amistep",
            "step_left",
            "INSERT",
            f"({is_person('by_id')} AND {of_application(f'({BODY} OR {SHARED} OR {AWARD})')})",
        ),
        policy("amiconvention", "added_to_file", "INSERT", of_application(f"a.state = 'retenue' AND {AWARD}")),
        policy(
            "amifollowup",
            "expected_or_written",
            "INSERT",
            "(state = 'attendu' AND " + of_application(f"a.state IN ('conventionnee', 'ouverte') AND {AWARD}") + ")",
        ),
        *(
            policy(table, "expected_or_written", "INSERT", REPORT_OPEN)
            + policy(table, "written_or_checked", "UPDATE", REPORT_OPEN)
            + policy(table, "removed", "DELETE", REPORT_OPEN)
            for table in ("amispending", "amiprogressreport")
        ),
        policy(
            "amipublicityproof",
            "added_by_body",
            "INSERT",
            "(state = 'deposee' AND "
            + of_application(f"a.state IN ('conventionnee', 'ouverte') AND ({BODY} OR {SHARED})")
            + ")",
        ),
    )
)
FUNCTIONS = (
    "who_moves",
    "application_belongs",
    "who_answers",
    "who_approves",
    "who_attends",
    "who_reports",
    "who_checks",
)
# The policies that were too wide do not come back: only the triggers and the axis do.
UNDO = (
    "ALTER TABLE labelling_amiapplication DROP CONSTRAINT amiapplication_commission_concerned;"
    + "".join(f"DROP FUNCTION labelling_{name}() CASCADE;" for name in FUNCTIONS)
    + awards("award", "lead")
)


class Migration(migrations.Migration):
    dependencies = [("labelling", "0013_call_rules")]
    operations = [
        migrations.RunSQL(
            awards("lead", "award") + WHO_MOVES + BELONGS + CONTRIBUTION + SESSION + FOLLOW_UP + POLICIES, UNDO
        )
    ]
