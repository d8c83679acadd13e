"""Locks of the annual report: row security, transitions, an open report to write in, versions for ever.

A version can't be changed or removed by any role, the owner of the tables included: the owner alone could
first drop the trigger, in a migration, in view of all (see docs/rgpd.md for the day a term is decided).
"""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

OF_REPORT = "EXISTS (SELECT 1 FROM dashboards_annualreport r WHERE r.id = report_id)"
OF_SYNTHESIS = "EXISTS (SELECT 1 FROM dashboards_synthesis s WHERE s.id = synthesis_id)"
RUNS_SYNTHESIS = (
    "EXISTS (SELECT 1 FROM dashboards_synthesis s WHERE s.id = synthesis_id"  # noqa: S608 - our own constants
    f" AND {within('lead', 's.region_id')})"
)
QUOTES_OWN = (
    "EXISTS (SELECT 1 FROM dashboards_synthesis s"  # noqa: S608 - our own constants
    " JOIN dashboards_annualreport r ON r.region_id = s.region_id"
    f" WHERE s.id = synthesis_id AND r.id = report_id AND {within('lead', 's.region_id')})"
)

VERSIONS = """
CREATE FUNCTION dashboards_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a frozen version never changes' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON dashboards_reportversion
    FOR EACH ROW EXECUTE FUNCTION dashboards_never_changes();
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON dashboards_synthesisversion
    FOR EACH ROW EXECUTE FUNCTION dashboards_never_changes();
"""
FINGERPRINTS = "".join(
    f"""
ALTER TABLE {table} ADD CONSTRAINT {name}_fingerprints CHECK (
    pdf_sha256 = encode(sha256(pdf), 'hex') AND workbook_sha256 = encode(sha256(workbook), 'hex')
    AND data_sha256 = encode(sha256(convert_to(data, 'UTF8')), 'hex'));
ALTER TABLE {table} ALTER COLUMN pdf SET STORAGE EXTERNAL;
"""
    for table, name in (
        ("dashboards_reportversion", "reportversion"),
        ("dashboards_synthesisversion", "synthesisversion"),
    )
)
MOVES = """
CREATE FUNCTION dashboards_report_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.territory_id, NEW.year) IS DISTINCT FROM (OLD.territory_id, OLD.year) THEN
        RAISE EXCEPTION 'a report stays where it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('ouvert', 'complete'), ('complete', 'ouvert'), ('complete', 'signe'), ('signe', 'transmis'),
        ('transmis', 'synthetise'), ('signe', 'ouvert'), ('transmis', 'ouvert'), ('synthetise', 'ouvert')) THEN
        RAISE EXCEPTION 'no such move' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.version_id IS DISTINCT FROM OLD.version_id) <> (OLD.state = 'complete' AND NEW.state = 'signe') THEN
        RAISE EXCEPTION 'a signature makes a version, nothing else does' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER report_moves BEFORE UPDATE ON dashboards_annualreport
    FOR EACH ROW EXECUTE FUNCTION dashboards_report_moves();

CREATE FUNCTION dashboards_synthesis_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.region_id, NEW.year) IS DISTINCT FROM (OLD.region_id, OLD.year) THEN
        RAISE EXCEPTION 'a synthesis stays where it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.version_id IS DISTINCT FROM OLD.version_id) <> (OLD.state = 'ouverte' AND NEW.state = 'figee') THEN
        RAISE EXCEPTION 'freezing makes a version, nothing else does' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER synthesis_moves BEFORE UPDATE ON dashboards_synthesis
    FOR EACH ROW EXECUTE FUNCTION dashboards_synthesis_moves();
"""
# FOR SHARE: a text saved at the same time as « complété » comes before it, or is refused.
WRITING = """
CREATE FUNCTION dashboards_report_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent record;
BEGIN
    SELECT state, version_id INTO parent FROM dashboards_annualreport
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.report_id ELSE NEW.report_id END FOR SHARE;
    -- A report that can't be seen is the business of row security, which speaks next.
    IF NOT FOUND THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF parent.state IS DISTINCT FROM 'ouvert' THEN
        -- The opinion of the committee is written down after its meeting, on a completed report.
        IF TG_TABLE_NAME <> 'dashboards_reportcomment' OR parent.state IS DISTINCT FROM 'complete' THEN
            RAISE EXCEPTION 'the report is not open' USING ERRCODE = 'restrict_violation';
        ELSIF TG_OP = 'DELETE' OR NEW.section <> 'avis' THEN
            RAISE EXCEPTION 'the report is not open' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.report_id <> OLD.report_id THEN
        RAISE EXCEPTION 'a part stays in its report' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_TABLE_NAME = 'dashboards_reportannex' THEN
        IF TG_OP = 'DELETE' AND parent.version_id IS NOT NULL THEN
            RAISE EXCEPTION 'a signed version may hold this annex' USING ERRCODE = 'restrict_violation';
        END IF;
        IF TG_OP = 'UPDATE' AND (NEW.sha256, NEW.size, NEW.format) IS DISTINCT FROM (OLD.sha256, OLD.size, OLD.format)
        THEN
            RAISE EXCEPTION 'the content of an annex never changes' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER report_is_open BEFORE INSERT OR UPDATE OR DELETE ON dashboards_reportcomment
    FOR EACH ROW EXECUTE FUNCTION dashboards_report_is_open();
CREATE TRIGGER report_is_open BEFORE INSERT OR UPDATE OR DELETE ON dashboards_reportannex
    FOR EACH ROW EXECUTE FUNCTION dashboards_report_is_open();
ALTER TABLE dashboards_reportannex ADD CONSTRAINT reportannex_fingerprint CHECK (
    sha256 = encode(sha256(content), 'hex') AND size = octet_length(content));
ALTER TABLE dashboards_reportannex ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE FUNCTION dashboards_synthesis_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_is varchar;
BEGIN
    SELECT state INTO now_is FROM dashboards_synthesis
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.synthesis_id ELSE NEW.synthesis_id END FOR SHARE;
    IF FOUND AND now_is IS DISTINCT FROM 'ouverte' THEN
        RAISE EXCEPTION 'the synthesis is not open' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER synthesis_is_open BEFORE INSERT OR UPDATE OR DELETE ON dashboards_synthesiscomment
    FOR EACH ROW EXECUTE FUNCTION dashboards_synthesis_is_open();
CREATE TRIGGER synthesis_is_open BEFORE INSERT OR UPDATE OR DELETE ON dashboards_synthesisquote
    FOR EACH ROW EXECUTE FUNCTION dashboards_synthesis_is_open();
"""
UNDO = """
DROP FUNCTION dashboards_never_changes() CASCADE; DROP FUNCTION dashboards_report_moves() CASCADE;
DROP FUNCTION dashboards_synthesis_moves() CASCADE; DROP FUNCTION dashboards_report_is_open() CASCADE;
DROP FUNCTION dashboards_synthesis_is_open() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("dashboards", "0006_annual_report")]
    operations = [
        migrations.RunSQL(VERSIONS + FINGERPRINTS + MOVES + WRITING, UNDO),
        same_tenant("dashboards_annualreport", "territory_id, region_id", "territories_territory", "id, region_id", "report_territory_same_region"),
        same_tenant("dashboards_annualreport", "version_id, id", "dashboards_reportversion", "id, report_id", "report_own_version"),
        same_tenant("dashboards_reportversion", "parent_id, report_id", "dashboards_reportversion", "id, report_id", "reportversion_same_report"),
        same_tenant("dashboards_synthesis", "version_id, id", "dashboards_synthesisversion", "id, synthesis_id", "synthesis_own_version"),
        same_tenant("dashboards_synthesisversion", "parent_id, synthesis_id", "dashboards_synthesisversion", "id, synthesis_id", "synthesisversion_same_synthesis"),
        secure(
            "dashboards_annualreport",
            Policy("own_area", "SELECT", within("tenant", "territory_id")),
            Policy("opened_in_area", "INSERT", within("tenant", "territory_id")),
            Policy("moved_in_area", "UPDATE", within("tenant", "territory_id")),
        ),
        secure(
            "dashboards_reportcomment",
            Policy("read_with_report", "SELECT", OF_REPORT),
            Policy("written_with_report", "INSERT", OF_REPORT),
            Policy("changed_with_report", "UPDATE", OF_REPORT),
        ),
        secure(
            "dashboards_reportannex",
            Policy("read_with_report", "SELECT", OF_REPORT),
            Policy("joined_to_report", "INSERT", OF_REPORT),
            Policy("changed_with_report", "UPDATE", OF_REPORT),
            Policy("removed_from_report", "DELETE", OF_REPORT),
        ),
        secure(
            "dashboards_reportversion",
            Policy("read_with_report", "SELECT", OF_REPORT),
            Policy("frozen_with_report", "INSERT", OF_REPORT),
        ),
        secure(
            "dashboards_synthesis",
            Policy("read_in_region", "SELECT", within("wide", "region_id")),
            Policy("opened_by_its_region", "INSERT", within("lead", "region_id")),
            Policy("moved_by_its_region", "UPDATE", within("lead", "region_id")),
        ),
        secure(
            "dashboards_synthesiscomment",
            Policy("read_by_its_region", "SELECT", RUNS_SYNTHESIS),
            Policy("written_by_its_region", "INSERT", RUNS_SYNTHESIS),
            Policy("changed_by_its_region", "UPDATE", RUNS_SYNTHESIS),
        ),
        secure(
            "dashboards_synthesisquote",
            Policy("read_by_its_region", "SELECT", RUNS_SYNTHESIS),
            Policy("chosen_by_its_region", "INSERT", QUOTES_OWN),
            Policy("dropped_by_its_region", "DELETE", RUNS_SYNTHESIS),
        ),
        secure(
            "dashboards_synthesisversion",
            Policy("read_in_region", "SELECT", OF_SYNTHESIS),
            Policy("frozen_by_its_region", "INSERT", RUNS_SYNTHESIS),
        ),
    ]
