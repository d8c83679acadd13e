"""Locks of the proposals and of the agreements; letters kept whole; the public list of results by a function."""


from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, is_person, same_tenant, secure, within

APP = "labelling_amiapplication"
# Who decides grants (the Region alone), not whoever runs the region (animation, platform).
AWARD = within("award", "region_id")
OWN = f"({AWARD} AND {is_person('author_id')})"

# A letter keeps every word of what it was: its date of delivery is the only thing still to come.
LETTERS = """
CREATE OR REPLACE FUNCTION labelling_letter_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'published_at' - 'pdf') IS DISTINCT FROM (to_jsonb(OLD) - 'published_at' - 'pdf')
        OR NEW.pdf IS DISTINCT FROM OLD.pdf OR OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a letter never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION labelling_letter_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.application_id, NEW.kind, NEW.sha256, NEW.made_at) IS DISTINCT FROM (OLD.application_id, OLD.kind, OLD.sha256, OLD.made_at)
        OR OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a letter never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# Opinions are written while the decision is open, and stay with the file afterwards.
OPINIONS = """
CREATE FUNCTION labelling_opinion_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_file record;
BEGIN
    SELECT state INTO the_file FROM labelling_amiapplication WHERE id = NEW.application_id FOR SHARE;
    IF FOUND AND the_file.state NOT IN ('recevable', 'instruite', 'avis_rendu', 'decidee') THEN
        RAISE EXCEPTION 'the decision is published' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiopinion_closed';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.application_id, NEW.author_id) IS DISTINCT FROM (OLD.application_id, OLD.author_id) THEN
        RAISE EXCEPTION 'an opinion stays its author''s' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER opinion_is_open BEFORE INSERT OR UPDATE ON labelling_amiopinionnote
    FOR EACH ROW EXECUTE FUNCTION labelling_opinion_is_open();
CREATE TRIGGER opinion_is_open BEFORE INSERT OR UPDATE ON labelling_amiproposal
    FOR EACH ROW EXECUTE FUNCTION labelling_proposal_is_open();
"""
PROPOSALS = """
CREATE FUNCTION labelling_proposal_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_file record;
BEGIN
    SELECT state INTO the_file FROM labelling_amiapplication WHERE id = NEW.application_id FOR SHARE;
    IF FOUND AND the_file.state NOT IN ('recevable', 'instruite', 'avis_rendu') THEN
        RAISE EXCEPTION 'the file is decided' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amiproposal_closed';
    END IF;
    RETURN NEW;
END $$;
"""

# What anybody may read of a call's results: projects selected and published, nothing of the others.
RESULTS = """
CREATE FUNCTION labelling_public_results(p_call bigint)
RETURNS TABLE (territory_id bigint, territory text, place text, city text, body text, title text, amount bigint,
    state text, published_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
BEGIN
    PERFORM set_config('app.system', '1', true);
    RETURN QUERY
        SELECT t.id, t.name::text, coalesce(s.name, nullif(p.name, ''), '')::text, coalesce(s.city, c.name, '')::text,
            o.name::text, a.title::text, d.amount, a.state::text, d.published_at
        FROM labelling_amiapplication a
        JOIN labelling_amidecision d ON d.application_id = a.id AND d.superseded_at IS NULL
            AND d.outcome = 'retenue' AND d.published_at <= now()
        JOIN territories_territory t ON t.id = a.territory_id
        JOIN territories_organisation o ON o.id = a.organisation_id
        LEFT JOIN labelling_amiplace p ON p.application_id = a.id
        LEFT JOIN territories_site s ON s.id = coalesce(a.site_id, p.site_id)
        LEFT JOIN territories_commune c ON c.code_insee = p.commune_id
        WHERE a.call_id = p_call AND a.state IN ('retenue', 'conventionnee', 'ouverte')
        ORDER BY t.name, a.number;
    PERFORM set_config('app.system', before, true);
END $$;
REVOKE ALL ON FUNCTION labelling_public_results(bigint) FROM PUBLIC;
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'spo_web') THEN
        GRANT EXECUTE ON FUNCTION labelling_public_results(bigint) TO spo_web, spo_worker;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0009_decision_work")]
    operations = [
        same_tenant("labelling_amiproposal", "application_id, region_id", APP, "id, region_id", "amiproposal_same_region"),
        same_tenant("labelling_amiopinionnote", "application_id, region_id", APP, "id, region_id", "amiopinionnote_same_region"),
        same_tenant("labelling_amiletter", "decision_id, application_id", "labelling_amidecision", "id, application_id", "amiletter_own_decision"),
        secure("labelling_amiproposal", Policy("own_region", "ALL", AWARD)),
        secure(
            "labelling_amiopinionnote",
            Policy("own_region", "SELECT", AWARD),
            Policy("noted_by_author", "INSERT", OWN),
            Policy("changed_by_author", "UPDATE", OWN),
            Policy("removed_by_author", "DELETE", OWN),
        ),
        migrations.RunSQL(LETTERS, BEFORE),
        migrations.RunSQL(
            PROPOSALS + OPINIONS,
            "DROP FUNCTION labelling_proposal_is_open() CASCADE; DROP FUNCTION labelling_opinion_is_open() CASCADE;",
        ),
        migrations.RunSQL(RESULTS, "DROP FUNCTION labelling_public_results(bigint);"),
    ]
