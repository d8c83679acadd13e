"""Shares given by an organisation, mandates that porteurs may know, and one to three bassins per commission."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, within

# AMI §4: a commission covers one to three bassins. Counted at commit, over all of them.
BASSINS = """
CREATE FUNCTION territories_commission_bassins() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    bassins int;
BEGIN
    PERFORM set_config('app.system', '1', true);
    SELECT count(*) INTO bassins FROM territories_territory
        WHERE commission_id = NEW.commission_id AND kind = 'bassin_emploi';
    PERFORM set_config('app.system', before, true);
    IF bassins > 3 THEN
        RAISE EXCEPTION 'a commission covers one to three bassins' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'commission_one_to_three_bassins';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION territories_commission_bassins() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER commission_one_to_three_bassins AFTER INSERT OR UPDATE OF commission_id, kind
    ON territories_territory DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION territories_commission_bassins();
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0006_share_organisation")]
    operations = [
        same_tenant("territories_share", "organisation_id, region_id", "territories_organisation", "id, region_id", "share_organisation_same_region"),
        migrations.RunSQL(
            Policy("given_by_body", "ALL", within("body", "organisation_id")).sql("territories_share"),
            "DROP POLICY given_by_body ON territories_share;",
        ),
        # Public officers of a bassin: whoever works in the region may know who to write a project with.
        migrations.RunSQL(
            Policy("officers_known", "SELECT", f"(role = 'charge_mission' AND {within('wide', 'region_id')})").sql("territories_membership"),
            "DROP POLICY officers_known ON territories_membership;",
        ),
        # A porteur knows the other accounts of its organisation, a member those of its commission.
        migrations.RunSQL(
            Policy("same_body", "SELECT", f"({within('body', 'organisation_id')} OR {within('board', 'commission_id')})").sql("territories_membership"),
            "DROP POLICY same_body ON territories_membership;",
        ),
        migrations.RunSQL(BASSINS, "DROP FUNCTION territories_commission_bassins() CASCADE;"),
    ]
