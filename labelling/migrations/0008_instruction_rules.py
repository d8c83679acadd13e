"""Rules of the instruction as triggers: who is confided what and when, notes, findings, complements.

They bind the web's role. The worker's system work (imports of past calls) is bound by the keys and checks.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations, models
from django.db.models import Q

from spo_portal.kernel.tenancy.rls import Policy, is_person, within


def as_owner(name: str, table: str, events: str, body: str, declare: str = "") -> str:
    """A trigger of the web's writes that reads every row of the file, whatever the writer may see."""
    return f"""
CREATE FUNCTION labelling_{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    {declare}
BEGIN
    PERFORM set_config('app.system', '1', true);
{body}
    PERFORM set_config('app.system', before, true);
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION labelling_{name}() FROM PUBLIC;
CREATE TRIGGER {name} BEFORE {events} ON {table}
    FOR EACH ROW WHEN (current_user = 'spo_web') EXECUTE FUNCTION labelling_{name}();
"""


def refuse(why: str, constraint: str) -> str:
    return f"RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation', CONSTRAINT = '{constraint}';"


# The file is held FOR SHARE: it can't leave « recevable » (and open its notes) while it is confided.
ASSIGNMENT = as_owner(
    "assignment_holds",
    "labelling_amiassignment",
    "INSERT OR UPDATE",
    f"""    SELECT state INTO the_file FROM labelling_amiapplication WHERE id = NEW.application_id FOR SHARE;
    IF TG_OP = 'INSERT' THEN
        IF the_file.state IS DISTINCT FROM 'recevable' THEN
            {refuse('a file is confided before its notes open', 'amiassignment_open')}
        END IF;
        IF NEW.state NOT IN ('attendue', 'recusee') THEN
            {refuse('a note is expected first', 'amiassignment_moves')}
        END IF;
    ELSE
        IF (NEW.region_id, NEW.application_id, NEW.scorer_id) IS DISTINCT FROM (OLD.region_id, OLD.application_id, OLD.scorer_id) THEN
            {refuse('a confided file stays with its scorer', 'amiassignment_moves')}
        END IF;
        IF NEW.state <> OLD.state THEN
            IF (OLD.state, NEW.state) NOT IN (('attendue', 'donnee'), ('attendue', 'abstention'), ('attendue', 'recusee'),
                ('attendue', 'retiree'), ('abstention', 'recusee'), ('abstention', 'attendue'), ('retiree', 'attendue'),
                ('retiree', 'recusee')) THEN
                {refuse('no such move', 'amiassignment_moves')}
            END IF;
            IF the_file.state NOT IN ('deposee', 'recevable')
                OR (NEW.state IN ('attendue', 'donnee') AND the_file.state <> 'recevable') THEN
                {refuse('a file is confided before its notes open', 'amiassignment_open')}
            END IF;
            IF (NEW.state = 'donnee') <> EXISTS (SELECT 1 FROM labelling_amiscoresheet s
                WHERE s.assignment_id = NEW.id AND s.given_at IS NOT NULL) THEN
                {refuse('a note is given with its sheet', 'amiassignment_moves')}
            END IF;
        END IF;
    END IF;""",
    declare="the_file record;",
)

# The note is weighed here, in hundredths, halves up: no sheet says another sum than its notes.
SHEET = as_owner(
    "sheet_holds",
    "labelling_amiscoresheet",
    "INSERT OR UPDATE",
    f"""    SELECT a.state, a.call_id INTO the_file FROM labelling_amiapplication a WHERE a.id = NEW.application_id FOR SHARE;
    SELECT m.state INTO the_work FROM labelling_amiassignment m WHERE m.id = NEW.assignment_id FOR SHARE;
    IF TG_OP = 'INSERT' THEN
        IF NEW.given_at IS NOT NULL OR NEW.released_at IS NOT NULL THEN
            {refuse('a sheet starts as a draft', 'amisheet_draft')}
        END IF;
    ELSIF (NEW.region_id, NEW.application_id, NEW.assignment_id, NEW.scorer_id)
        IS DISTINCT FROM (OLD.region_id, OLD.application_id, OLD.assignment_id, OLD.scorer_id) THEN
        {refuse('a sheet stays with its scorer', 'amisheet_draft')}
    ELSIF NEW.released_at IS DISTINCT FROM OLD.released_at THEN
        {refuse('notes open with the end of the instruction', 'amisheet_released')}
    END IF;
    IF the_work.state IS DISTINCT FROM 'attendue' OR the_file.state IS DISTINCT FROM 'recevable' THEN
        {refuse('no note is expected here', 'amisheet_expected')}
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.given_at IS NOT NULL THEN
        SELECT count(*) AS wanted, count(n.id) AS noted, sum(g.weight) AS weights, sum(g.weight * n.value) AS points INTO sums
            FROM labelling_amigridcriterion g LEFT JOIN labelling_amiscore n ON n.grid_id = g.id AND n.sheet_id = NEW.id
            WHERE g.call_id = the_file.call_id;
        IF sums.wanted = 0 OR sums.noted <> sums.wanted
            OR sums.noted <> (SELECT count(*) FROM labelling_amiscore n WHERE n.sheet_id = NEW.id) THEN
            {refuse('every line of the grid has its note', 'amisheet_complete')}
        END IF;
        NEW.given_at := clock_timestamp();
        NEW.weighted := (200 * sums.points + sums.weights) / (2 * sums.weights);
    END IF;""",
    declare="the_file record; the_work record; sums record;",
)

ELIGIBILITY = (
    as_owner(
        "finding_holds",
        "labelling_amieligibility",
        "INSERT OR UPDATE",
        f"""    SELECT state INTO the_file FROM labelling_amiapplication WHERE id = NEW.application_id FOR SHARE;
    IF the_file.state IS DISTINCT FROM 'deposee' THEN
        {refuse('findings are written before the file is admitted', 'amieligibility_open')}
    END IF;""",
        declare="the_file record;",
    )
    + as_owner(
        "admission_holds",
        "labelling_amiapplication",
        "UPDATE",
        f"""    IF OLD.state = 'deposee' AND NEW.state = 'recevable' AND EXISTS (SELECT 1 FROM labelling_amicriterion c
        LEFT JOIN labelling_amieligibility e ON e.criterion_id = c.id AND e.application_id = NEW.id
        WHERE c.call_id = NEW.call_id AND (e.id IS NULL OR NOT (e.met OR e.waived))) THEN
        {refuse('every criterion is met, or waived with its reason', 'amiapplication_criteria')}
    END IF;
    IF OLD.state = 'deposee' AND NEW.state = 'irrecevable' AND NOT EXISTS (SELECT 1 FROM labelling_amieligibility e
        WHERE e.application_id = NEW.id AND NOT e.met AND NOT e.waived) THEN
        {refuse('a file is refused for a criterion', 'amiapplication_refusal')}
    END IF;""",
    )
)

# What was asked stays as it was asked: to put a deadline off, one asks again.
COMPLEMENT = as_owner(
    "complement_holds",
    "labelling_amicomplement",
    "UPDATE",
    f"""    IF (NEW.application_id, NEW.parts, NEW.text, NEW.asked_at, NEW.asked_by_label, NEW.deadline)
        IS DISTINCT FROM (OLD.application_id, OLD.parts, OLD.text, OLD.asked_at, OLD.asked_by_label, OLD.deadline)
        OR ((OLD.answered_at IS NOT NULL OR OLD.closed_at IS NOT NULL) AND NEW IS DISTINCT FROM OLD) THEN
        {refuse('what was asked stays asked', 'amicomplement_stays')}
    END IF;
    IF NEW.answered_at IS NOT NULL AND OLD.answered_at IS NULL THEN
        IF clock_timestamp() >= date_trunc('second', OLD.deadline) + interval '1 second' THEN
            {refuse('the deadline has passed', 'amicomplement_late')}
        END IF;
        NEW.answered_at := clock_timestamp();
    END IF;""",
)

BOARD = (
    "EXISTS (SELECT 1 FROM labelling_amiapplication a WHERE a.id = application_id"
    f" AND {within('board', 'a.commission_id')})"
)
RECUSED = (
    "EXISTS (SELECT 1 FROM labelling_amiassignment m WHERE m.application_id = labelling_amiscoresheet.application_id"
    f" AND {is_person('m.scorer_id')} AND m.state = 'recusee')"
)
SCORES_IT = (
    "EXISTS (SELECT 1 FROM labelling_amiassignment m WHERE m.application_id = labelling_amistep.application_id"
    f" AND {is_person('m.scorer_id')})"
)
# A scorer leaves its own steps on the file, and no step that moves it.
POLICIES = (
    "DROP POLICY released_to_board ON labelling_amiscoresheet;"
    + Policy("released_to_board", "SELECT", f"(released_at IS NOT NULL AND {BOARD} AND NOT {RECUSED})").sql("labelling_amiscoresheet")
    + Policy("own_steps_read", "SELECT", f"({is_person('by_id')} AND key IN ('note_donnee', 'abstention', 'recusation'))").sql("labelling_amistep")
    + Policy(
        "own_steps_left",
        "INSERT",
        f"({is_person('by_id')} AND key IN ('note_donnee', 'abstention', 'recusation') AND from_state = to_state"
        f" AND told_at IS NULL AND {SCORES_IT})",
    ).sql("labelling_amistep")
)
UNDO = (
    "".join(
        f"DROP FUNCTION labelling_{name}() CASCADE;"
        for name in ("assignment_holds", "sheet_holds", "finding_holds", "admission_holds", "complement_holds")
    )
    + "DROP POLICY own_steps_left ON labelling_amistep; DROP POLICY own_steps_read ON labelling_amistep;"
    "DROP POLICY released_to_board ON labelling_amiscoresheet;"
    + Policy("released_to_board", "SELECT", f"(released_at IS NOT NULL AND {BOARD})").sql("labelling_amiscoresheet")
)


class Migration(migrations.Migration):
    dependencies = [("labelling", "0008_budget_recount")]
    operations = [
        migrations.AddField(
            "amieligibility", "waived", models.BooleanField("admis malgré tout", default=False, db_default=False)
        ),
        migrations.AddConstraint(
            "amieligibility",
            models.CheckConstraint(condition=Q(waived=False) | Q(met=False), name="amieligibility_waived"),
        ),
        migrations.RunSQL(ASSIGNMENT + SHEET + ELIGIBILITY + COMPLEMENT + POLICIES, UNDO),
    ]
