"""Rules of a call by the database too: a grid of a hundred to open, questions in time, a deadline put off in time."""

from django.db import migrations

# Rows written apart from the web (loaders, tests of other rules) keep their own dates.
RULES = """
CREATE FUNCTION labelling_call_opens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(g.weight), 0) FROM labelling_amigridcriterion g WHERE g.call_id = NEW.id) <> 100
        OR NOT EXISTS (SELECT 1 FROM labelling_amicriterion c WHERE c.call_id = NEW.id)
        OR NOT EXISTS (SELECT 1 FROM labelling_amicallcommission k WHERE k.call_id = NEW.id) THEN
        RAISE EXCEPTION 'the call is not ready' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amicall_ready';
    END IF;
    IF current_user = 'spo_web' AND NEW.closes_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'the deadline is past' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amicall_ready';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_opens BEFORE UPDATE ON labelling_amicall FOR EACH ROW
    WHEN (OLD.state = 'brouillon' AND NEW.state = 'ouvert') EXECUTE FUNCTION labelling_call_opens();

CREATE FUNCTION labelling_question_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_call record;
BEGIN
    IF current_user <> 'spo_web' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        -- No lock: a porteur may not lock a call, and its text is frozen anyway.
        SELECT state, questions_until INTO the_call FROM labelling_amicall WHERE id = NEW.call_id;
        -- Unseen: row security refuses it after.
        IF FOUND AND (the_call.state <> 'ouvert' OR the_call.questions_until IS NULL
            OR clock_timestamp() >= date_trunc('second', the_call.questions_until) + interval '1 second') THEN
            RAISE EXCEPTION 'no more questions' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiquestion_late';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.answered_at IS NOT NULL OR NEW.call_id <> OLD.call_id OR NEW.region_id <> OLD.region_id
        OR NEW.asked_by_id <> OLD.asked_by_id OR NEW.asked_at <> OLD.asked_at THEN
        RAISE EXCEPTION 'what was answered stays' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiquestion_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER question_stays BEFORE INSERT OR UPDATE ON labelling_amiquestion
    FOR EACH ROW EXECUTE FUNCTION labelling_question_stays();

CREATE FUNCTION labelling_extension_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_call record;
BEGIN
    SELECT state, closes_at INTO the_call FROM labelling_amicall WHERE id = NEW.call_id FOR UPDATE;
    IF FOUND AND (the_call.state <> 'ouvert' OR NEW.before <> the_call.closes_at OR (current_user = 'spo_web'
        AND clock_timestamp() >= date_trunc('second', the_call.closes_at) + interval '1 second')) THEN
        RAISE EXCEPTION 'too late to put off' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amicall_extension';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER extension_in_time BEFORE INSERT ON labelling_amiextension
    FOR EACH ROW EXECUTE FUNCTION labelling_extension_in_time();
"""
BACK = """
DROP TRIGGER extension_in_time ON labelling_amiextension;
DROP FUNCTION labelling_extension_in_time();
DROP TRIGGER question_stays ON labelling_amiquestion;
DROP FUNCTION labelling_question_stays();
DROP TRIGGER call_opens ON labelling_amicall;
DROP FUNCTION labelling_call_opens();
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0012_ami_accounts")]
    operations = [migrations.RunSQL(RULES, BACK)]
