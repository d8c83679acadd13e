"""Which role writes what of the label's procedure: an axis is shared with those who only read it.

``tenant`` is set for the coordinator, and for the animation, the Région, the chargé de mission and the State's
animator, who read the same rows; ``unit`` for a référent and for its conseillers. As the conventions do, these
locks ask for the mandate itself. They hold for the web's role; the worker writes under the system scope.
Acts bear the clock of the database and their author; steps say what just happened, once.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations

PATH = "SET search_path = pg_catalog, public, pg_temp"
DOSSIER = "labelling_labeldossier"
SCOPES = f"""
CREATE OR REPLACE FUNCTION labelling_scope_has(axis text, key bigint) RETURNS boolean LANGUAGE sql STABLE {PATH} AS $$
    SELECT coalesce(key = ANY (nullif(current_setting('app.' || axis, true), '')::bigint[]), false)
        OR (coalesce(current_setting('app.system', true), '') = '1' AND current_user <> 'spo_web')
$$;
CREATE FUNCTION labelling_coordinates(key bigint) RETURNS boolean LANGUAGE sql STABLE {PATH} AS $$
    SELECT labelling_scope_has('tenant', key) AND EXISTS (SELECT 1 FROM territories_membership m
        WHERE m.user_id = nullif(current_setting('app.person', true), '')::bigint
        AND m.role = 'coordinateur' AND m.territory_id = key)
$$;
-- The Région runs its region too, and decides what it funds: the avis is recorded by the animation.
CREATE FUNCTION labelling_animates(key bigint) RETURNS boolean LANGUAGE sql STABLE {PATH} AS $$
    SELECT labelling_scope_has('lead', key) AND NOT labelling_scope_has('award', key)
$$;
CREATE FUNCTION labelling_answers_for(key bigint) RETURNS boolean LANGUAGE sql STABLE {PATH} AS $$
    SELECT labelling_scope_has('unit', key) AND EXISTS (SELECT 1 FROM territories_membership m
        WHERE m.user_id = nullif(current_setting('app.person', true), '')::bigint
        AND m.role = 'referent' AND m.site_id = key)
$$;
"""
UNDO_SCOPES = """
DROP FUNCTION labelling_answers_for(bigint); DROP FUNCTION labelling_animates(bigint); DROP FUNCTION labelling_coordinates(bigint);
CREATE OR REPLACE FUNCTION labelling_scope_has(axis text, key bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(key = ANY (nullif(current_setting('app.' || axis, true), '')::bigint[]), false)
        OR coalesce(current_setting('app.system', true), '') = '1'
$$;
ALTER FUNCTION labelling_scope_has(text, bigint) RESET search_path;
"""


def of_dossier(way: str) -> str:
    return f"EXISTS (SELECT 1 FROM {DOSSIER} d WHERE d.id = dossier_id AND ({way}))"


COORDINATES = of_dossier("labelling_coordinates(d.territory_id)")
RUNS = of_dossier("labelling_coordinates(d.territory_id) OR labelling_scope_has('seal', d.region_id)")
# Beside the policies that open a table: each of these must hold too.
NARROWED = (
    (DOSSIER, "INSERT", "labelling_coordinates(territory_id)"),
    (
        DOSSIER,
        "UPDATE",
        "labelling_coordinates(territory_id) OR labelling_scope_has('seal', region_id)"
        " OR (labelling_animates(region_id) AND submitted_at IS NOT NULL)",
    ),
    *(
        (f"labelling_{table}", verb, COORDINATES)
        for table in ("labelsection", "labelattachment")
        for verb in ("INSERT", "UPDATE", "DELETE")
    ),
    ("labelling_labelplace", "INSERT", COORDINATES),
    ("labelling_labelplace", "DELETE", COORDINATES),
    ("labelling_labelplace", "UPDATE", RUNS),
    ("labelling_labelcomplement", "UPDATE", RUNS),
    (
        "labelling_labelavis",
        "INSERT",
        of_dossier("labelling_scope_has('seal', d.region_id) OR labelling_animates(d.region_id)"),
    ),
    ("labelling_associatedpartner", "INSERT", "labelling_coordinates(territory_id)"),
    ("labelling_associatedpartner", "UPDATE", "labelling_coordinates(territory_id)"),
    (
        "labelling_labelwithdrawal",
        "UPDATE",
        "labelling_coordinates(territory_id) OR labelling_answers_for(site_id)"
        " OR labelling_scope_has('seal', region_id) OR labelling_animates(region_id)",
    ),
)


def narrow(table: str, verb: str, way: str) -> str:
    using = f" USING ({way})" if verb != "INSERT" else ""
    check = f" WITH CHECK ({way})" if verb != "DELETE" else ""
    return (
        f"CREATE POLICY role_{verb.lower()} ON {table} AS RESTRICTIVE FOR {verb} TO spo_web{using}{check};\n"
    )


LINKS = """
DROP POLICY link_reads ON labelling_conventionparty;
CREATE POLICY link_reads ON labelling_conventionparty FOR SELECT TO spo_web, spo_worker, spo_owner USING (EXISTS (
    SELECT 1 FROM labelling_conventionsignatory k
    WHERE k.token_hash = (SELECT nullif(current_setting('app.token', true), ''))
    AND k.convention_id = labelling_conventionparty.convention_id
    AND (k.party_id = labelling_conventionparty.id OR (k.removed_at IS NULL AND k.expires_at > now()))));
"""
UNDO_LINKS = """
DROP POLICY link_reads ON labelling_conventionparty;
CREATE POLICY link_reads ON labelling_conventionparty FOR SELECT TO spo_web, spo_worker, spo_owner USING (EXISTS (
    SELECT 1 FROM labelling_conventionsignatory k
    WHERE k.token_hash = (SELECT nullif(current_setting('app.token', true), ''))
    AND k.convention_id = labelling_conventionparty.convention_id));
"""


def rule(name: str, body: str, declare: str = "") -> str:
    """A trigger's function, run as the writer."""
    return (
        f"CREATE FUNCTION labelling_{name}() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$\n"
        f"{f'DECLARE {declare}' if declare else ''}\nBEGIN\n{body}\n    RETURN NEW;\nEND $$;\n"
    )


def on_web(trigger: str, table: str, when: str, name: str) -> str:
    return (
        f"CREATE TRIGGER {trigger} BEFORE {when} ON labelling_{table} FOR EACH ROW"
        f" WHEN (current_user = 'spo_web') EXECUTE FUNCTION labelling_{name}();\n"
    )


NOT_YOURS = "RAISE EXCEPTION 'not the act of this role' USING ERRCODE = 'insufficient_privilege';"
STAYS = "RAISE EXCEPTION 'an act stays as it was' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelact_stays';"
PERSON = "nullif(current_setting('app.person', true), '')::bigint"
RULES = (
    rule(
        "labeldossier_words",
        f"""    IF NEW.submitted_by_label <> OLD.submitted_by_label AND (OLD.state, NEW.state) <> ('brouillon', 'depose') THEN
        {STAYS}
    END IF;
    IF (NEW.purpose, NEW.figures) IS DISTINCT FROM (OLD.purpose, OLD.figures) AND OLD.state <> 'brouillon' THEN
        {STAYS}
    END IF;
    IF (NEW.purpose, NEW.figures, NEW.convention_id) IS DISTINCT FROM (OLD.purpose, OLD.figures, OLD.convention_id)
        AND NOT labelling_coordinates(NEW.territory_id) THEN
        {NOT_YOURS}
    END IF;
    IF OLD.state <> NEW.state AND NEW.state IN ('depose', 'abandonne') AND NOT labelling_coordinates(NEW.territory_id) THEN
        {NOT_YOURS}
    END IF;""",
    )
    + on_web("dossier_words", "labeldossier", "UPDATE", "labeldossier_words")
    + rule(
        "labelplace_words",
        f"""    SELECT territory_id INTO owner_id FROM {DOSSIER} WHERE id = NEW.dossier_id;
    IF (to_jsonb(NEW) - 'outcome' - 'outcome_reason') IS DISTINCT FROM (to_jsonb(OLD) - 'outcome' - 'outcome_reason')
        AND NOT labelling_coordinates(owner_id) THEN
        {NOT_YOURS}
    END IF;""",
        "owner_id bigint;",
    )
    + on_web("place_words", "labelplace", "UPDATE", "labelplace_words")
    + rule(
        "labelcomplement_ends",
        f"""    IF TG_OP = 'INSERT' THEN
        IF NEW.answered_at IS NOT NULL OR NEW.closed_at IS NOT NULL OR NEW.answer <> '' OR NEW.answered_by_label <> '' THEN
            {NOT_YOURS}
        END IF;
        RETURN NEW;
    END IF;
    SELECT territory_id, region_id INTO the_dossier FROM {DOSSIER} WHERE id = NEW.dossier_id;
    IF NEW.deadline <> OLD.deadline THEN
        RAISE EXCEPTION 'what was asked stays asked' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelcomplement_stays';
    END IF;
    IF (NEW.answered_at, NEW.answer, NEW.answered_by_label) IS DISTINCT FROM (OLD.answered_at, OLD.answer, OLD.answered_by_label) THEN
        IF NOT labelling_coordinates(the_dossier.territory_id) THEN
            {NOT_YOURS}
        END IF;
        NEW.answered_at := clock_timestamp();
    END IF;
    IF NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
        IF NOT labelling_scope_has('seal', the_dossier.region_id) THEN
            {NOT_YOURS}
        END IF;
        NEW.closed_at := clock_timestamp();
    END IF;""",
        "the_dossier record;",
    )
    + on_web("complement_ends", "labelcomplement", "INSERT OR UPDATE", "labelcomplement_ends")
    # A state is reached once: a second line that says so is a forgery.
    + rule(
        "labelstep_says",
        f"""    SELECT state, territory_id, region_id INTO the_dossier FROM {DOSSIER} WHERE id = NEW.dossier_id;
    -- Out of sight: row security speaks next.
    IF the_dossier.state IS NULL THEN
        RETURN NEW;
    END IF;
    NEW.at := clock_timestamp();
    NEW.by_id := {PERSON};
    IF NEW.to_state <> the_dossier.state OR (NEW.from_state <> NEW.to_state AND EXISTS (SELECT 1 FROM labelling_labelstep s
        WHERE s.dossier_id = NEW.dossier_id AND s.to_state = NEW.to_state AND s.from_state <> s.to_state)) THEN
        RAISE EXCEPTION 'a step says what just happened' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_step';
    END IF;
    IF NOT (CASE
        WHEN NEW.key IN ('ouvrir', 'deposer', 'abandonner', 'complement_repondu') THEN labelling_coordinates(the_dossier.territory_id)
        WHEN NEW.key = 'rendre_avis' THEN
            labelling_scope_has('seal', the_dossier.region_id) OR labelling_animates(the_dossier.region_id)
        ELSE labelling_scope_has('seal', the_dossier.region_id) END) THEN
        {NOT_YOURS}
    END IF;""",
        "the_dossier record;",
    )
    + on_web("step_says", "labelstep", "INSERT", "labelstep_says")
    + rule(
        "labelwithdrawalstep_says",
        f"""    SELECT state, territory_id, region_id, site_id INTO the_row FROM labelling_labelwithdrawal WHERE id = NEW.withdrawal_id;
    IF the_row.state IS NULL THEN
        RETURN NEW;
    END IF;
    NEW.at := clock_timestamp();
    NEW.by_id := {PERSON};
    IF NEW.to_state <> the_row.state OR (NEW.from_state <> NEW.to_state AND EXISTS (SELECT 1 FROM labelling_labelwithdrawalstep s
        WHERE s.withdrawal_id = NEW.withdrawal_id AND s.to_state = NEW.to_state AND s.from_state <> s.to_state)) THEN
        RAISE EXCEPTION 'a step says what just happened' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_step';
    END IF;
    IF NOT (CASE
        WHEN NEW.key = 'observer' THEN labelling_coordinates(the_row.territory_id) OR labelling_answers_for(the_row.site_id)
        WHEN NEW.key = 'rendre_avis' THEN
            labelling_scope_has('seal', the_row.region_id) OR labelling_animates(the_row.region_id)
        ELSE labelling_scope_has('seal', the_row.region_id) END) THEN
        {NOT_YOURS}
    END IF;""",
        "the_row record;",
    )
    + on_web("step_says", "labelwithdrawalstep", "INSERT", "labelwithdrawalstep_says")
    + rule(
        "labelwithdrawal_words",
        f"""    IF (NEW.observations, NEW.observed_by_label) IS DISTINCT FROM (OLD.observations, OLD.observed_by_label)
        AND NOT (labelling_coordinates(NEW.territory_id) OR labelling_answers_for(NEW.site_id)) THEN
        {NOT_YOURS}
    END IF;""",
    )
    + on_web("withdrawal_words", "labelwithdrawal", "UPDATE", "labelwithdrawal_words")
    # Who runs the region notes what was decided before the portal; the préfet's own rows come from its act.
    + rule(
        "labellisation_decided",
        f"""    IF labelling_scope_has('lead', NEW.region_id) OR NOT labelling_scope_has('seal', NEW.region_id) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM labelling_labeldecision x JOIN {DOSSIER} d ON d.id = x.dossier_id
        JOIN labelling_labelplace p ON p.dossier_id = d.id
        WHERE d.territory_id = NEW.territory_id AND p.site_id = NEW.site_id AND p.outcome = NEW.status AND x.granted
        AND x.number = NEW.decision_number AND x.starts_on = NEW.starts_on
        AND (NEW.ends_on IS NULL OR NEW.ends_on <= x.ends_on)) THEN
        RAISE EXCEPTION 'a label comes from its act' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labellisation_decided';
    END IF;""",
    )
    + on_web("label_decided", "labellisation", "INSERT", "labellisation_decided")
    + rule(
        "labellisation_ends",
        f"""    IF (to_jsonb(NEW) - 'ends_on') IS DISTINCT FROM (to_jsonb(OLD) - 'ends_on')
        OR NEW.ends_on IS NULL OR NEW.ends_on > OLD.ends_on THEN
        {STAYS}
    END IF;""",
    )
    + on_web("label_ends", "labellisation", "UPDATE", "labellisation_ends")
    # The worker makes certificates.
    + "DROP POLICY made_by_state ON labelling_labelcertificate;\n"
)
NAMES = (
    "labeldossier_words", "labelplace_words", "labelcomplement_ends", "labelstep_says", "labelwithdrawalstep_says",
    "labelwithdrawal_words", "labellisation_decided", "labellisation_ends",
)  # fmt: skip
UNDO_RULES = "".join(f"DROP FUNCTION labelling_{name}() CASCADE;\n" for name in NAMES) + (
    "CREATE POLICY made_by_state ON labelling_labelcertificate FOR INSERT TO spo_web, spo_worker, spo_owner"
    " WITH CHECK (region_id = ANY ((SELECT nullif(current_setting('app.seal', true), '')::bigint[])::bigint[]));\n"
)


class Migration(migrations.Migration):
    dependencies = [("labelling", "0025_share_check")]
    operations = [
        migrations.RunSQL(SCOPES, UNDO_SCOPES),
        migrations.RunSQL(
            "".join(narrow(*one) for one in NARROWED),
            "".join(f"DROP POLICY role_{verb.lower()} ON {table};\n" for table, verb, _ in NARROWED),
        ),
        migrations.RunSQL(LINKS, UNDO_LINKS),
        migrations.RunSQL(RULES, UNDO_RULES),
    ]
