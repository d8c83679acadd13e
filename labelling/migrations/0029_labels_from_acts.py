"""A label comes from the préfet's act (R. 6111-3 to -5): who runs a region writes none, and ends none.

What was decided before the portal is loaded by the worker. A mandate asked for is one in force today.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations

TABLE = "labelling_labellisation"
PATH = "SET search_path = pg_catalog, public, pg_temp"
LEAD = "region_id = ANY ((SELECT nullif(current_setting('app.lead', true), '')::bigint[])::bigint[])"
ROLES = "spo_web, spo_worker, spo_owner"
CLOSED = f"DROP POLICY recorded_by_lead ON {TABLE};\nDROP POLICY ended_by_lead ON {TABLE};\n"
OPENED = (
    f"CREATE POLICY recorded_by_lead ON {TABLE} FOR INSERT TO {ROLES} WITH CHECK ({LEAD});\n"
    f"CREATE POLICY ended_by_lead ON {TABLE} FOR UPDATE TO {ROLES} USING ({LEAD}) WITH CHECK ({LEAD});\n"
)


def decided(passes: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION labelling_labellisation_decided() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
BEGIN
    IF {passes} THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM labelling_labeldecision x JOIN labelling_labeldossier d ON d.id = x.dossier_id
        JOIN labelling_labelplace p ON p.dossier_id = d.id
        WHERE d.territory_id = NEW.territory_id AND p.site_id = NEW.site_id AND p.outcome = NEW.status AND x.granted
        AND x.number = NEW.decision_number AND x.starts_on = NEW.starts_on
        AND (NEW.ends_on IS NULL OR NEW.ends_on <= x.ends_on)) THEN
        RAISE EXCEPTION 'a label comes from its act' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labellisation_decided';
    END IF;
    RETURN NEW;
END $$;
"""


# Out of the préfecture's reach, row security speaks next.
BY_ACT = decided("NOT labelling_scope_has('seal', NEW.region_id)")
BY_LEAD = decided(
    "labelling_scope_has('lead', NEW.region_id) OR NOT labelling_scope_has('seal', NEW.region_id)"
)
TODAY = (
    " AND m.starts_on <= (now() AT TIME ZONE 'Europe/Paris')::date"
    " AND (m.ends_on IS NULL OR m.ends_on >= (now() AT TIME ZONE 'Europe/Paris')::date)"
)


def mandates(in_force: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION labelling_coordinates(key bigint) RETURNS boolean LANGUAGE sql STABLE {PATH} AS $$
    SELECT labelling_scope_has('tenant', key) AND EXISTS (SELECT 1 FROM territories_membership m
        WHERE m.user_id = nullif(current_setting('app.person', true), '')::bigint
        AND m.role = 'coordinateur' AND m.territory_id = key{in_force})
$$;
CREATE OR REPLACE FUNCTION labelling_answers_for(key bigint) RETURNS boolean LANGUAGE sql STABLE {PATH} AS $$
    SELECT labelling_scope_has('unit', key) AND EXISTS (SELECT 1 FROM territories_membership m
        WHERE m.user_id = nullif(current_setting('app.person', true), '')::bigint
        AND m.role = 'referent' AND m.site_id = key{in_force})
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0028_kept_coverage")]
    operations = [
        migrations.RunSQL(CLOSED, OPENED),
        migrations.RunSQL(BY_ACT, BY_LEAD),
        migrations.RunSQL(mandates(TODAY), mandates("")),
    ]
