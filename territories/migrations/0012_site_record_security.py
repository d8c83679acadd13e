"""Locks of the record of a place: the region reads, its staff and its territory write; history stays."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

REGION_READS = Policy("read_in_region", "SELECT", within("wide", "region_id"))
OWN_SITE = (
    f"({within('unit', 'site_id')} OR EXISTS (SELECT 1 FROM territories_site s WHERE s.id = site_id"  # noqa: S608 - our own constants
    f" AND {within('tenant', 's.territory_id')}))"
)
# What the reference wrote in words becomes a choice; the words stay, as a precision.
WHEELCHAIR = """
SELECT set_config('app.system', '1', true);
UPDATE territories_site SET wheelchair = CASE
    WHEN accessibility ILIKE 'non accessible%' THEN 'non'
    WHEN accessibility ILIKE '%sur demande%' THEN 'sur_demande'
    WHEN accessibility ILIKE 'accessible%' THEN 'oui'
    ELSE '' END
WHERE accessibility <> '';
SELECT set_config('app.system', '', true);
"""
HISTORY = """
CREATE FUNCTION territories_history_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was noted stays noted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER history_stays BEFORE UPDATE ON territories_sitechange FOR EACH ROW EXECUTE FUNCTION territories_history_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0011_site_record")]
    operations = [
        migrations.RunSQL(WHEELCHAIR, migrations.RunSQL.noop),
        same_tenant("territories_site", "parent_id, region_id", "territories_site", "id, region_id", "site_parent_same_region"),
        same_tenant("territories_siteservice", "site_id, region_id", "territories_site", "id, region_id", "siteservice_site_same_region"),
        same_tenant("territories_siteservice", "item_id, region_id", "territories_serviceitem", "id, region_id", "siteservice_item_same_region"),
        same_tenant("territories_sitechange", "site_id, region_id", "territories_site", "id, region_id", "sitechange_site_same_region"),
        secure("territories_serviceitem", REGION_READS),
        secure(
            "territories_siteservice",
            REGION_READS,
            Policy("kept_insert", "INSERT", OWN_SITE),
            Policy("kept_update", "UPDATE", OWN_SITE),
            Policy("kept_delete", "DELETE", OWN_SITE),
        ),
        # Read by those who keep the record, not by the public.
        secure(
            "territories_sitechange",
            Policy("read_by_keepers", "SELECT", f"({OWN_SITE} OR {within('lead', 'region_id')})"),
            Policy("noted_by_keepers", "INSERT", f"({OWN_SITE} OR {within('lead', 'region_id')})"),
        ),
        migrations.RunSQL(
            HISTORY,
            "DROP TRIGGER history_stays ON territories_sitechange; DROP FUNCTION territories_history_stays();",
        ),
    ]
