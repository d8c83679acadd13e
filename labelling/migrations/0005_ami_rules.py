"""Rules of the calls for interest as triggers: moves, dates, frozen texts, open parts, budget, envelope.

Functions written by ``as_owner`` read as the owner under the system scope: the rule holds over all rows, not
over those of whoever writes.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations


def as_owner(name: str, body: str, *, returns: str, declare: str = "") -> str:
    """A trigger function that sees every row; ``EXIT work`` ends it early. The scope it found comes back."""
    return f"""
CREATE FUNCTION labelling_{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    {declare}
BEGIN
    PERFORM set_config('app.system', '1', true);
    <<work>>
    BEGIN
{body}
    END work;
    PERFORM set_config('app.system', before, true);
    RETURN {returns};
END $$;
REVOKE ALL ON FUNCTION labelling_{name}() FROM PUBLIC;
"""


NEVER = """
CREATE FUNCTION labelling_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was said stays said' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER never_changes BEFORE UPDATE ON labelling_amicallversion FOR EACH ROW EXECUTE FUNCTION labelling_never_changes();
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON labelling_amierratum FOR EACH ROW EXECUTE FUNCTION labelling_never_changes();
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON labelling_amiextension FOR EACH ROW EXECUTE FUNCTION labelling_never_changes();

CREATE FUNCTION labelling_step_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.application_id, NEW.key, NEW.from_state, NEW.to_state, NEW.at, NEW.by_id, NEW.by_label, NEW.comment)
        IS DISTINCT FROM (OLD.application_id, OLD.key, OLD.from_state, OLD.to_state, OLD.at, OLD.by_id, OLD.by_label, OLD.comment)
        OR OLD.told_at IS NOT NULL AND NEW.told_at IS DISTINCT FROM OLD.told_at THEN
        RAISE EXCEPTION 'what was said stays said' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER step_stays BEFORE UPDATE ON labelling_amistep FOR EACH ROW EXECUTE FUNCTION labelling_step_stays();

CREATE FUNCTION labelling_letter_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.application_id, NEW.kind, NEW.sha256, NEW.made_at) IS DISTINCT FROM (OLD.application_id, OLD.kind, OLD.sha256, OLD.made_at)
        OR OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a letter never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER letter_stays BEFORE UPDATE ON labelling_amiletter FOR EACH ROW EXECUTE FUNCTION labelling_letter_stays();
ALTER TABLE labelling_amiletter ADD CONSTRAINT amiletter_fingerprint CHECK (sha256 = encode(sha256(pdf), 'hex'));
ALTER TABLE labelling_amisession ADD CONSTRAINT amisession_fingerprint CHECK (
    minutes_pdf IS NULL OR minutes_sha256 = encode(sha256(minutes_pdf), 'hex'));
ALTER TABLE labelling_amiconvention ADD CONSTRAINT amiconvention_fingerprint CHECK (
    pdf IS NULL OR pdf_sha256 = encode(sha256(pdf), 'hex'));
ALTER TABLE labelling_amiattachment ADD CONSTRAINT amiattachment_fingerprint CHECK (
    sha256 = encode(sha256(content), 'hex') AND size = octet_length(content));
ALTER TABLE labelling_amipublicityproof ADD CONSTRAINT amiproof_fingerprint CHECK (
    sha256 = encode(sha256(content), 'hex') AND size = octet_length(content));
ALTER TABLE labelling_amiattachment ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE labelling_amipublicityproof ALTER COLUMN content SET STORAGE EXTERNAL;
"""

CALL = """
CREATE FUNCTION labelling_call_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.region_id <> OLD.region_id THEN
        RAISE EXCEPTION 'a call stays in its region' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
        (('brouillon', 'ouvert'), ('ouvert', 'publie'), ('ouvert', 'annule')) THEN
        RAISE EXCEPTION 'no such move' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'brouillon' THEN
        IF (NEW.title, NEW.slug, NEW.summary, NEW.sections, NEW.opens_at, NEW.envelope, NEW.questions_until, NEW.version, NEW.opened_at)
            IS DISTINCT FROM (OLD.title, OLD.slug, OLD.summary, OLD.sections, OLD.opens_at, OLD.envelope, OLD.questions_until, OLD.version, OLD.opened_at) THEN
            RAISE EXCEPTION 'an open call is frozen' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amicall_frozen';
        END IF;
        IF NEW.closes_at IS DISTINCT FROM OLD.closes_at AND NOT EXISTS (SELECT 1 FROM labelling_amiextension e
            WHERE e.call_id = NEW.id AND e.before = OLD.closes_at AND e.after = NEW.closes_at) THEN
            RAISE EXCEPTION 'a deadline is put off with its reason' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amicall_extension';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_moves BEFORE UPDATE ON labelling_amicall FOR EACH ROW EXECUTE FUNCTION labelling_call_moves();

CREATE FUNCTION labelling_call_is_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent record;
BEGIN
    SELECT state INTO parent FROM labelling_amicall
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.call_id ELSE NEW.call_id END FOR SHARE;
    IF FOUND AND parent.state <> 'brouillon' THEN
        RAISE EXCEPTION 'an open call is frozen' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amicall_frozen';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
""" + "".join(
    f"CREATE TRIGGER call_is_draft BEFORE INSERT OR UPDATE OR DELETE ON labelling_{table}"
    " FOR EACH ROW EXECUTE FUNCTION labelling_call_is_draft();\n"
    for table in ("amicallcommission", "amicriterion", "amigridcriterion")
)

# The number is the call's own and is never given twice, whatever the applicant may see.
MOVES = (
    """
CREATE FUNCTION labelling_next_number(p_call bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    prefix text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('labelling_number', p_call));
    SELECT left(upper(slug), 19) INTO prefix FROM labelling_amicall WHERE id = p_call;
    RETURN prefix || '-' || lpad((SELECT count(*) + 1 FROM labelling_amiapplication
        WHERE call_id = p_call AND number <> '')::text, 3, '0');
END $$;

"""
    + as_owner(
        "application_moves",
        """    IF (NEW.region_id, NEW.call_id, NEW.organisation_id) IS DISTINCT FROM (OLD.region_id, OLD.call_id, OLD.organisation_id)
        OR ((NEW.territory_id, NEW.commission_id) IS DISTINCT FROM (OLD.territory_id, OLD.commission_id) AND OLD.state <> 'brouillon')
        OR (NEW.number <> OLD.number AND OLD.number <> '') THEN
        RAISE EXCEPTION 'an application stays where it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        EXIT work;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('brouillon', 'deposee'), ('brouillon', 'retiree'), ('deposee', 'retiree'), ('recevable', 'retiree'),
        ('deposee', 'recevable'), ('deposee', 'irrecevable'), ('recevable', 'deposee'), ('irrecevable', 'deposee'),
        ('recevable', 'instruite'), ('instruite', 'avis_rendu'), ('avis_rendu', 'instruite'),
        ('avis_rendu', 'decidee'), ('decidee', 'avis_rendu'), ('decidee', 'retenue'), ('decidee', 'non_retenue'),
        ('retenue', 'conventionnee'), ('conventionnee', 'ouverte'), ('retenue', 'retiree'), ('conventionnee', 'retiree')) THEN
        RAISE EXCEPTION 'no such move' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_moves';
    END IF;
    IF NEW.state = 'deposee' AND OLD.state = 'brouillon' THEN
        SELECT state, opens_at, closes_at INTO the_call FROM labelling_amicall WHERE id = NEW.call_id FOR SHARE;
        -- The clock is the database's: within the last second is in time, one second later is not.
        IF the_call.state <> 'ouvert' OR clock_timestamp() < the_call.opens_at
            OR clock_timestamp() >= date_trunc('second', the_call.closes_at) + interval '1 second' THEN
            RAISE EXCEPTION 'the call is closed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_deadline';
        END IF;
        NEW.submitted_at := clock_timestamp();
        NEW.number := labelling_next_number(NEW.call_id);
    END IF;
    IF NEW.state = 'instruite' AND OLD.state = 'recevable' THEN
        IF EXISTS (SELECT 1 FROM labelling_amiassignment m WHERE m.application_id = NEW.id AND m.state = 'attendue')
            OR NOT EXISTS (SELECT 1 FROM labelling_amiscoresheet s WHERE s.application_id = NEW.id AND s.given_at IS NOT NULL) THEN
            RAISE EXCEPTION 'notes are still expected' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_notes';
        END IF;
        UPDATE labelling_amiscoresheet SET released_at = clock_timestamp() WHERE application_id = NEW.id AND given_at IS NOT NULL;
    END IF;
    IF NEW.state = 'deposee' AND OLD.state <> 'brouillon'
        AND EXISTS (SELECT 1 FROM labelling_amiscoresheet s WHERE s.application_id = NEW.id AND s.given_at IS NOT NULL) THEN
        RAISE EXCEPTION 'notes were given' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_notes';
    END IF;
    IF NEW.state IN ('avis_rendu', 'decidee', 'retenue', 'non_retenue')
        AND NOT EXISTS (SELECT 1 FROM labelling_avis v WHERE v.application_id = NEW.id) THEN
        RAISE EXCEPTION 'no decision without an avis' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_avis';
    END IF;
    IF NEW.state = 'decidee' AND NOT EXISTS (SELECT 1 FROM labelling_amidecision d WHERE d.application_id = NEW.id
        AND d.superseded_at IS NULL AND d.published_at IS NULL) THEN
        RAISE EXCEPTION 'a decision is written down' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_decision';
    END IF;
    IF OLD.state = 'decidee' AND NEW.state IN ('retenue', 'non_retenue') AND NOT EXISTS (SELECT 1 FROM labelling_amidecision d
        WHERE d.application_id = NEW.id AND d.superseded_at IS NULL AND d.published_at IS NOT NULL AND d.outcome = NEW.state) THEN
        RAISE EXCEPTION 'a decision is published with its outcome' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_decision';
    END IF;
    IF NEW.state = 'conventionnee' AND NOT EXISTS (SELECT 1 FROM labelling_amiconvention k
        WHERE k.application_id = NEW.id AND k.signed_on IS NOT NULL) THEN
        RAISE EXCEPTION 'a convention is signed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_convention';
    END IF;""",
        returns="NEW",
        declare="the_call record;",
    )
    + """CREATE TRIGGER application_moves BEFORE UPDATE ON labelling_amiapplication FOR EACH ROW EXECUTE FUNCTION labelling_application_moves();

"""
    + as_owner(
        "application_step",
        """    IF NOT EXISTS (SELECT 1 FROM labelling_amistep s WHERE s.application_id = NEW.id
        AND s.from_state = OLD.state AND s.to_state = NEW.state AND s.at >= transaction_timestamp()) THEN
        RAISE EXCEPTION 'a step leaves its trace' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_step';
    END IF;""",
        returns="NULL",
    )
    + """CREATE CONSTRAINT TRIGGER application_step AFTER UPDATE ON labelling_amiapplication DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION labelling_application_step();
"""
)

# What a child row belongs to; FOR SHARE on the file, so that a text saved while it is submitted comes first or is refused.
PARTS = """
CREATE FUNCTION labelling_part_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_file record;
    owner_id bigint;
    keys text[];
BEGIN
    owner_id := CASE WHEN TG_OP = 'DELETE' THEN OLD.application_id ELSE NEW.application_id END;
    IF TG_OP = 'UPDATE' AND NEW.application_id <> OLD.application_id THEN
        RAISE EXCEPTION 'a part stays in its file' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_TABLE_NAME = 'labelling_amicontribution' AND TG_OP = 'UPDATE' THEN
        -- The partner may answer, and be asked again, after the submission: only what is proposed is closed.
        IF (NEW.partner_name, NEW.email, NEW.text, NEW.organisation_id) IS NOT DISTINCT FROM
            (OLD.partner_name, OLD.email, OLD.text, OLD.organisation_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT id, state INTO the_file FROM labelling_amiapplication WHERE id = owner_id FOR SHARE;
    -- A file that can't be seen is the business of row security, which speaks next.
    IF NOT FOUND OR the_file.state = 'brouillon' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    keys := CASE TG_TABLE_NAME
        WHEN 'labelling_amisection' THEN ARRAY[CASE WHEN TG_OP = 'DELETE' THEN '' ELSE to_jsonb(NEW) ->> 'key' END]
        WHEN 'labelling_amiplace' THEN ARRAY['conditions']
        WHEN 'labelling_amicontribution' THEN ARRAY['contributions']
        WHEN 'labelling_amiprogressline' THEN ARRAY['progres']
        WHEN 'labelling_amibudgetline' THEN ARRAY['fonctionnement']
        WHEN 'labelling_amicriterionanswer' THEN ARRAY['criteres']
        ELSE ARRAY['pieces', 'criteres'] END;
    IF NOT EXISTS (SELECT 1 FROM labelling_amicomplement k WHERE k.application_id = owner_id AND k.parts && keys::varchar[]
        AND k.answered_at IS NULL AND k.closed_at IS NULL
        AND clock_timestamp() < date_trunc('second', k.deadline) + interval '1 second') THEN
        RAISE EXCEPTION 'this part is closed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_part_closed';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
""" + "".join(
    f"CREATE TRIGGER part_is_open BEFORE INSERT OR UPDATE OR DELETE ON labelling_{table}"
    " FOR EACH ROW EXECUTE FUNCTION labelling_part_is_open();\n"
    for table in (
        "amisection",
        "amiplace",
        "amiattachment",
        "amicriterionanswer",
        "amiprogressline",
        "amibudgetline",
        "amicontribution",
    )
)

BUDGET = (
    """
"""
    + as_owner(
        "budget_sums",
        """    UPDATE labelling_amiapplication SET
        charges = s.charges, products = s.products, region_asked = s.region, fse_asked = s.fse
    FROM (SELECT coalesce(sum(amount) FILTER (WHERE side = 'charge'), 0) AS charges,
                 coalesce(sum(amount) FILTER (WHERE side = 'produit'), 0) AS products,
                 coalesce(sum(amount) FILTER (WHERE side = 'produit' AND nature = 'region'), 0) AS region,
                 coalesce(sum(amount) FILTER (WHERE side = 'produit' AND nature = 'fse'), 0) AS fse
          FROM labelling_amibudgetline WHERE application_id = owner_id) s
    WHERE id = owner_id;""",
        returns="NULL",
        declare="owner_id bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.application_id ELSE NEW.application_id END;",
    )
    + """CREATE TRIGGER budget_sums AFTER INSERT OR UPDATE OR DELETE ON labelling_amibudgetline
    FOR EACH ROW EXECUTE FUNCTION labelling_budget_sums();

"""
    + as_owner(
        "budget_holds",
        """    SELECT a.id, a.state, a.charges, a.products, a.region_asked,
           (SELECT coalesce(sum(amount), 0) FROM labelling_amibudgetline WHERE application_id = a.id AND side = 'charge') AS counted
        INTO f FROM labelling_amiapplication a WHERE a.id = NEW.id;
    IF NOT FOUND OR f.state IN ('brouillon', 'retiree') THEN
        EXIT work;
    END IF;
    IF f.charges <= 0 OR f.charges <> f.counted OR f.charges <> f.products THEN
        RAISE EXCEPTION 'the budget does not balance' USING ERRCODE = 'check_violation', CONSTRAINT = 'amiapplication_balance';
    END IF;
    IF 5 * f.region_asked > 4 * f.charges THEN
        RAISE EXCEPTION 'the Region pays 80 %% at most' USING ERRCODE = 'check_violation', CONSTRAINT = 'amiapplication_80_percent';
    END IF;""",
        returns="NULL",
        declare="f record;",
    )
    + """CREATE CONSTRAINT TRIGGER budget_holds AFTER INSERT OR UPDATE ON labelling_amiapplication DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION labelling_budget_holds();

"""
    + as_owner(
        "decision_holds",
        """    IF TG_OP = 'UPDATE' THEN
        IF (NEW.application_id, NEW.call_id, NEW.avis_id, NEW.outcome, NEW.amount, NEW.reasons, NEW.decided_at)
            IS DISTINCT FROM (OLD.application_id, OLD.call_id, OLD.avis_id, OLD.outcome, OLD.amount, OLD.reasons, OLD.decided_at)
            OR (OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at) THEN
            RAISE EXCEPTION 'a decision is taken back, never rewritten' USING ERRCODE = 'restrict_violation';
        END IF;
        EXIT work;
    END IF;
    -- One decision at a time in a call: what the envelope has left is counted under this lock.
    SELECT id, envelope INTO the_call FROM labelling_amicall WHERE id = NEW.call_id FOR UPDATE;
    SELECT state, charges, region_asked INTO the_file FROM labelling_amiapplication WHERE id = NEW.application_id FOR UPDATE;
    IF the_file.state <> 'avis_rendu' THEN
        RAISE EXCEPTION 'no decision without an avis' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiapplication_avis';
    END IF;
    IF NEW.outcome = 'retenue' THEN
        IF NEW.amount > the_file.region_asked THEN
            RAISE EXCEPTION 'more than asked' USING ERRCODE = 'check_violation', CONSTRAINT = 'amidecision_asked';
        END IF;
        IF 5 * NEW.amount > 4 * the_file.charges THEN
            RAISE EXCEPTION 'the Region pays 80 %% at most' USING ERRCODE = 'check_violation', CONSTRAINT = 'amidecision_80_percent';
        END IF;
        SELECT coalesce(sum(d.amount), 0) INTO spent FROM labelling_amidecision d
            JOIN labelling_amiapplication a ON a.id = d.application_id
            WHERE d.call_id = NEW.call_id AND d.superseded_at IS NULL AND d.outcome = 'retenue'
              AND a.state <> 'retiree' AND d.application_id <> NEW.application_id;
        IF spent + NEW.amount > the_call.envelope THEN
            RAISE EXCEPTION 'more than the envelope has left' USING ERRCODE = 'check_violation', CONSTRAINT = 'amidecision_envelope';
        END IF;
    END IF;""",
        returns="NEW",
        declare="the_call record; the_file record; spent bigint;",
    )
    + """CREATE TRIGGER decision_holds BEFORE INSERT OR UPDATE ON labelling_amidecision
    FOR EACH ROW EXECUTE FUNCTION labelling_decision_holds();

"""
    + as_owner(
        "instalments_hold",
        """    SELECT c.signed_on, c.amount, (SELECT coalesce(sum(i.amount), 0) FROM labelling_amiinstalment i WHERE i.convention_id = c.id) AS total,
           (SELECT d.amount FROM labelling_amidecision d WHERE d.application_id = c.application_id AND d.superseded_at IS NULL) AS decided
        INTO k FROM labelling_amiconvention c
        WHERE c.id = CASE WHEN TG_TABLE_NAME = 'labelling_amiconvention' THEN (to_jsonb(NEW) ->> 'id')::bigint
                          ELSE (to_jsonb(NEW) ->> 'convention_id')::bigint END;
    IF FOUND AND k.signed_on IS NOT NULL AND (k.total <> k.amount OR k.amount IS DISTINCT FROM k.decided) THEN
        RAISE EXCEPTION 'payments make the amount decided' USING ERRCODE = 'check_violation', CONSTRAINT = 'amiconvention_payments';
    END IF;""",
        returns="NULL",
        declare="k record;",
    )
    + """CREATE CONSTRAINT TRIGGER instalments_hold AFTER INSERT OR UPDATE ON labelling_amiinstalment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION labelling_instalments_hold();
CREATE CONSTRAINT TRIGGER instalments_hold AFTER INSERT OR UPDATE ON labelling_amiconvention DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION labelling_instalments_hold();

CREATE FUNCTION labelling_signed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'labelling_amiconvention' THEN
        IF OLD.signed_on IS NOT NULL THEN
            RAISE EXCEPTION 'a signed convention never changes' USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF EXISTS (SELECT 1 FROM labelling_amiconvention c WHERE c.id = OLD.convention_id AND c.signed_on IS NOT NULL)
        AND (TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'paid_on') IS DISTINCT FROM (to_jsonb(OLD) - 'paid_on')) THEN
        RAISE EXCEPTION 'a signed convention never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER signed_stays BEFORE UPDATE OR DELETE ON labelling_amiconvention FOR EACH ROW EXECUTE FUNCTION labelling_signed_stays();
CREATE TRIGGER signed_stays BEFORE UPDATE OR DELETE ON labelling_amiinstalment FOR EACH ROW EXECUTE FUNCTION labelling_signed_stays();
"""
)

NOTES = (
    """
CREATE FUNCTION labelling_given_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.given_at IS NOT NULL AND (to_jsonb(NEW) - 'released_at') IS DISTINCT FROM (to_jsonb(OLD) - 'released_at') THEN
        RAISE EXCEPTION 'a note given stays given' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisheet_final';
    END IF;
    IF NEW.released_at IS DISTINCT FROM OLD.released_at
        AND (SELECT state FROM labelling_amiapplication WHERE id = NEW.application_id) <> 'recevable' THEN
        RAISE EXCEPTION 'notes open with the end of the instruction' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER given_stays BEFORE UPDATE ON labelling_amiscoresheet FOR EACH ROW EXECUTE FUNCTION labelling_given_stays();

CREATE FUNCTION labelling_sheet_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    SELECT given_at INTO s FROM labelling_amiscoresheet
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.sheet_id ELSE NEW.sheet_id END FOR SHARE;
    IF FOUND AND s.given_at IS NOT NULL THEN
        RAISE EXCEPTION 'a note given stays given' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisheet_final';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER sheet_is_open BEFORE INSERT OR UPDATE OR DELETE ON labelling_amiscore
    FOR EACH ROW EXECUTE FUNCTION labelling_sheet_is_open();

CREATE FUNCTION labelling_session_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'labelling_amisession' THEN
        IF OLD.state = 'approuvee' THEN
            RAISE EXCEPTION 'approved minutes never change' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisession_frozen';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF EXISTS (SELECT 1 FROM labelling_amisession s WHERE s.state = 'approuvee'
        AND s.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.session_id ELSE NEW.session_id END) THEN
        RAISE EXCEPTION 'approved minutes never change' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisession_frozen';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER session_is_open BEFORE UPDATE OR DELETE ON labelling_amisession FOR EACH ROW EXECUTE FUNCTION labelling_session_is_open();
"""
    + "".join(
        f"CREATE TRIGGER session_is_open BEFORE INSERT OR UPDATE OR DELETE ON labelling_{table}"
        " FOR EACH ROW EXECUTE FUNCTION labelling_session_is_open();\n"
        for table in ("amisessionmember", "amisessionitem", "amisessionrecusal")
    )
    + """
CREATE FUNCTION labelling_avis_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    approved boolean;
BEGIN
    SELECT s.state = 'approuvee' INTO approved FROM labelling_amisessionitem i JOIN labelling_amisession s ON s.id = i.session_id
        WHERE i.id = OLD.item_id;
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'published_at') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'published_at')
        AND (OLD.published_at IS NULL OR NEW.published_at = OLD.published_at) THEN
        RETURN NEW;
    END IF;
    IF approved OR OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'an avis of approved minutes stays' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'avis_frozen';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER avis_stays BEFORE UPDATE OR DELETE ON labelling_avis FOR EACH ROW EXECUTE FUNCTION labelling_avis_stays();
"""
)

COVER = (
    """
"""
    + as_owner(
        "cover",
        """    IF TG_OP = 'DELETE' THEN f := OLD; ELSE f := NEW; END IF;
    INSERT INTO labelling_amicoverage (call_id, region_id, territory_id, level, applications, changed_at)
    SELECT f.call_id, f.region_id, f.territory_id,
           coalesce(max(CASE a.state WHEN 'brouillon' THEN 1 WHEN 'retenue' THEN 3 WHEN 'conventionnee' THEN 3 WHEN 'ouverte' THEN 4
               WHEN 'irrecevable' THEN 0 WHEN 'non_retenue' THEN 0 WHEN 'retiree' THEN 0 ELSE 2 END), 0),
           count(*) FILTER (WHERE a.state NOT IN ('brouillon', 'retiree')), now()
    FROM labelling_amiapplication a WHERE a.call_id = f.call_id AND a.territory_id = f.territory_id
    ON CONFLICT (call_id, territory_id) DO UPDATE SET
        level = excluded.level, applications = excluded.applications,
        changed_at = CASE WHEN labelling_amicoverage.level = excluded.level THEN labelling_amicoverage.changed_at ELSE now() END;""",
        returns="NULL",
        declare="f record;",
    )
    + """CREATE TRIGGER cover_added AFTER INSERT OR DELETE ON labelling_amiapplication FOR EACH ROW EXECUTE FUNCTION labelling_cover();
CREATE TRIGGER cover_moved AFTER UPDATE OF state, territory_id ON labelling_amiapplication FOR EACH ROW EXECUTE FUNCTION labelling_cover();
"""
)

FUNCTIONS = (
    "never_changes",
    "step_stays",
    "letter_stays",
    "call_moves",
    "call_is_draft",
    "next_number(bigint)",
    "application_moves",
    "application_step",
    "part_is_open",
    "budget_sums",
    "budget_holds",
    "decision_holds",
    "instalments_hold",
    "signed_stays",
    "given_stays",
    "sheet_is_open",
    "session_is_open",
    "avis_stays",
    "cover",
)
UNDO = "".join(f"DROP FUNCTION labelling_{name} CASCADE;" for name in FUNCTIONS)


class Migration(migrations.Migration):
    dependencies = [("labelling", "0004_ami_security")]
    operations = [migrations.RunSQL(NEVER + CALL + MOVES + PARTS + BUDGET + NOTES + COVER, UNDO)]
