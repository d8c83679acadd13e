"""Row-level security of the figures: territory staff read their territory, a référent the site, the worker writes."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within


class Migration(migrations.Migration):
    dependencies = [("dashboards", "0001_initial"), ("contacts", "0002_security")]
    operations = [
        same_tenant("dashboards_rollup", "site_id, territory_id", "territories_site", "id, territory_id", "rollup_site_same_territory"),
        secure(
            "dashboards_rollup",
            Policy("own_area", "SELECT", f"({within('tenant', 'territory_id')} OR {within('unit', 'site_id')})"),
        ),
        secure(
            "dashboards_fillstate",
            Policy("read_in_region", "SELECT", "EXISTS (SELECT 1 FROM territories_territory t WHERE t.id = territory_id)"),
        ),
    ]
