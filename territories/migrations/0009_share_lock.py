"""Whoever runs an area shares in its own name, never in that of an organisation.

A share that carries an organisation opens that organisation's file: only who acts for it gives it, puts its
end off or takes it back.
"""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, within

AREA = f"({within('tenant', 'territory_id')} OR {within('lead', 'region_id')})"
TABLE = "territories_share"


class Migration(migrations.Migration):
    dependencies = [("territories", "0008_invite_bodies")]
    operations = [
        migrations.RunSQL(
            f"DROP POLICY own_area ON {TABLE};"
            + Policy("own_area", "ALL", f"({AREA} AND organisation_id IS NULL)").sql(TABLE)
            + Policy("area_known", "SELECT", AREA).sql(TABLE),
            f"DROP POLICY area_known ON {TABLE}; DROP POLICY own_area ON {TABLE};"
            + Policy("own_area", "ALL", AREA).sql(TABLE),
        )
    ]
