"""Who makes each move of the label's procedure, and when: held by the database as well as by the door.

Row security says who sees and writes a dossier; these triggers say which of them may do what: the territory
submits and gives up, the préfet (``seal``) receives and decides, whoever runs the region (``lead``) records
the avis of its instance too. An act on a dossier that can't be seen is the business of row security alone.
"""

from django.db import migrations

MAY = """
CREATE FUNCTION labelling_scope_has(axis text, key bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(key = ANY (nullif(current_setting('app.' || axis, true), '')::bigint[]), false)
        OR coalesce(current_setting('app.system', true), '') = '1'
$$;
"""
MOVERS = """
CREATE FUNCTION labelling_labeldossier_mover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (CASE
        WHEN NEW.state IN ('depose', 'abandonne') THEN labelling_scope_has('tenant', NEW.territory_id)
        WHEN NEW.state = 'avis_rendu' THEN
            labelling_scope_has('seal', NEW.region_id) OR labelling_scope_has('lead', NEW.region_id)
        ELSE labelling_scope_has('seal', NEW.region_id) END) THEN
        RAISE EXCEPTION 'not the move of this role' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dossier_mover BEFORE UPDATE ON labelling_labeldossier FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION labelling_labeldossier_mover();

-- What is decided of a place is written by the préfet, once the avis is there, and by nobody else.
CREATE FUNCTION labelling_labelplace_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_dossier record;
BEGIN
    IF TG_OP = 'INSERT' AND NEW.outcome = '' AND NEW.outcome_reason = '' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.outcome, NEW.outcome_reason) = (OLD.outcome, OLD.outcome_reason) THEN
        RETURN NEW;
    END IF;
    SELECT state, region_id INTO the_dossier FROM labelling_labeldossier WHERE id = NEW.dossier_id;
    IF the_dossier.region_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF the_dossier.state <> 'avis_rendu' OR NOT labelling_scope_has('seal', the_dossier.region_id) THEN
        RAISE EXCEPTION 'decided by the prefet, after the avis'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelplace_decided_by_state';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER place_outcome BEFORE INSERT OR UPDATE ON labelling_labelplace
    FOR EACH ROW EXECUTE FUNCTION labelling_labelplace_outcome();
"""
# As the writer: a dossier out of sight gives no state, and row security speaks next.
TIMES = """
CREATE OR REPLACE FUNCTION labelling_labelcomplement_asked() RETURNS trigger
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    the_state text;
BEGIN
    SELECT state INTO the_state FROM labelling_labeldossier WHERE id = NEW.dossier_id FOR UPDATE;
    IF the_state NOT IN ('depose', 'complet', 'transmis', 'avis_rendu') THEN
        RAISE EXCEPTION 'nothing to complete' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelcomplement_asked';
    END IF;
    NEW.asked_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION labelling_labelact_time() RETURNS trigger
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found record;
BEGIN
    SELECT state, transmitted_at INTO found FROM labelling_labeldossier WHERE id = NEW.dossier_id FOR UPDATE;
    IF found.state <> (CASE TG_TABLE_NAME WHEN 'labelling_labelavis' THEN 'transmis' ELSE 'avis_rendu' END) THEN
        RAISE EXCEPTION 'not the time of this act' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_moves';
    END IF;
    -- Suspended days only add to these thirty: the service counts them, this is the floor.
    IF TG_TABLE_NAME = 'labelling_labelavis' AND to_jsonb(NEW) ->> 'sense' = 'non_rendu'
        AND (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date
            <= (found.transmitted_at AT TIME ZONE 'Europe/Paris')::date + 30 THEN
        RAISE EXCEPTION 'the instance may still answer' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelavis_thirty_days';
    END IF;
    RETURN NEW;
END $$;
"""
TIMES_BACK = """
CREATE OR REPLACE FUNCTION labelling_labelcomplement_asked() RETURNS trigger
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.asked_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION labelling_labelact_time() RETURNS trigger
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN NEW;
END $$;
"""
# The dates of a withdrawal are the database's; each step is the act of who the law names.
WITHDRAWALS = """
CREATE FUNCTION labelling_labelwithdrawal_starts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_label record;
    today date := (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    NEW.started_at := clock_timestamp();
    SELECT status, starts_on, ends_on INTO the_label FROM labelling_labellisation WHERE id = NEW.label_id;
    IF NEW.state <> 'observations' OR NEW.observed_at IS NOT NULL OR NEW.avis_asked_at IS NOT NULL
        OR NEW.avis_at IS NOT NULL OR NEW.notified_at IS NOT NULL THEN
        RAISE EXCEPTION 'a withdrawal starts with the observations'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_moves';
    END IF;
    IF the_label.status IS NOT NULL AND (the_label.status <> 'labellise' OR the_label.starts_on > today
        OR the_label.ends_on < today) THEN
        RAISE EXCEPTION 'no label to withdraw'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_label';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER withdrawal_starts BEFORE INSERT ON labelling_labelwithdrawal
    FOR EACH ROW EXECUTE FUNCTION labelling_labelwithdrawal_starts();

CREATE FUNCTION labelling_labelwithdrawal_mover() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seals boolean := labelling_scope_has('seal', NEW.region_id);
    leads boolean := labelling_scope_has('lead', NEW.region_id);
    today date := (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    IF NEW.state <> OLD.state AND NOT (seals OR (NEW.state = 'notification' AND leads)) THEN
        RAISE EXCEPTION 'not the move of this role' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.number, NEW.reasons, NEW.ends_on) IS DISTINCT FROM (OLD.number, OLD.reasons, OLD.ends_on) AND NOT seals THEN
        RAISE EXCEPTION 'not the act of this role' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.avis_sense, NEW.avis_text) IS DISTINCT FROM (OLD.avis_sense, OLD.avis_text) AND NOT (seals OR leads) THEN
        RAISE EXCEPTION 'not the act of this role' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Dates go with their act, and with nothing else.
    NEW.avis_asked_at := CASE WHEN OLD.state <> 'avis' AND NEW.state = 'avis' THEN clock_timestamp() ELSE OLD.avis_asked_at END;
    NEW.avis_at := CASE WHEN OLD.state = 'avis' AND NEW.state = 'notification' THEN clock_timestamp() ELSE OLD.avis_at END;
    NEW.notified_at := CASE WHEN NEW.state IN ('retire', 'maintenu') AND NEW.state <> OLD.state THEN clock_timestamp()
        ELSE OLD.notified_at END;
    NEW.observed_at := CASE WHEN NEW.observations <> OLD.observations THEN clock_timestamp() ELSE OLD.observed_at END;
    IF NEW.observations <> OLD.observations AND (OLD.state <> 'observations' OR NEW.state <> OLD.state) THEN
        RAISE EXCEPTION 'observations have their time'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_observations';
    END IF;
    IF NEW.state = 'notification' AND OLD.state = 'avis' AND NEW.avis_sense = 'non_rendu'
        AND today <= (OLD.avis_asked_at AT TIME ZONE 'Europe/Paris')::date + 30 THEN
        RAISE EXCEPTION 'the instance may still answer'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelavis_thirty_days';
    END IF;
    IF NEW.state = 'retire' AND OLD.state <> 'retire' AND NEW.ends_on < today THEN
        RAISE EXCEPTION 'no label ends before its notification'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_ends';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_withdrawal_mover BEFORE UPDATE ON labelling_labelwithdrawal
    FOR EACH ROW EXECUTE FUNCTION labelling_labelwithdrawal_mover();
"""
UNDO = """
DROP TRIGGER dossier_mover ON labelling_labeldossier; DROP TRIGGER place_outcome ON labelling_labelplace;
DROP TRIGGER withdrawal_starts ON labelling_labelwithdrawal; DROP TRIGGER a_withdrawal_mover ON labelling_labelwithdrawal;
DROP FUNCTION labelling_labeldossier_mover(); DROP FUNCTION labelling_labelplace_outcome();
DROP FUNCTION labelling_labelwithdrawal_starts(); DROP FUNCTION labelling_labelwithdrawal_mover();
DROP FUNCTION labelling_scope_has(text, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0022_convention_rules")]
    operations = [migrations.RunSQL(MAY + MOVERS + TIMES + WITHDRAWALS, UNDO + TIMES_BACK)]
