"""Row-level security of the labels: the region reads, who runs it writes; one row in force per place on any day."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

REGION_READS = Policy("read_in_region", "SELECT", within("wide", "region_id"))
LEAD = within("lead", "region_id")


class Migration(migrations.Migration):
    dependencies = [("labelling", "0001_initial"), ("territories", "0002_security")]
    operations = [
        same_tenant("labelling_labellisation", "site_id, territory_id", "territories_site", "id, territory_id", "labellisation_site_same_territory"),
        same_tenant("labelling_labellisation", "territory_id, region_id", "territories_territory", "id, region_id", "labellisation_territory_same_region"),
        same_tenant("labelling_labelcount", "reseau_id, region_id", "territories_reseau", "id, region_id", "labelcount_reseau_same_region"),
        migrations.RunSQL(
            "ALTER TABLE labelling_labellisation ADD CONSTRAINT labellisation_one_in_force EXCLUDE USING gist"
            " (site_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&) DEFERRABLE INITIALLY DEFERRED;",
            "ALTER TABLE labelling_labellisation DROP CONSTRAINT labellisation_one_in_force;",
        ),
        secure(
            "labelling_labellisation",
            REGION_READS,
            Policy("recorded_by_lead", "INSERT", LEAD),
            Policy("ended_by_lead", "UPDATE", LEAD),
        ),
        secure("labelling_labelcount", REGION_READS),
    ]
