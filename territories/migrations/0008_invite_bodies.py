"""Invitations of porteurs and of members of commissions, with their row-level security."""

# ruff: noqa: S608 - our own constants
import django.db.models.deletion
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, has_token, is_person, same_tenant, within

PENDING = "i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > now()"
BEFORE = (
    "EXISTS (SELECT 1 FROM territories_invitation i WHERE "
    + has_token("i.token_hash")
    + f" AND {PENDING} AND i.role = territories_membership.role"
    " AND i.site_id IS NOT DISTINCT FROM territories_membership.site_id"
    " AND i.territory_id IS NOT DISTINCT FROM territories_membership.territory_id"
    " AND i.region_id IS NOT DISTINCT FROM territories_membership.region_id"
)
INVITED = (
    f"{BEFORE}"
    " AND i.organisation_id IS NOT DISTINCT FROM territories_membership.organisation_id"
    " AND i.commission_id IS NOT DISTINCT FROM territories_membership.commission_id)"
)
# An organisation the portal does not know yet: made by whoever holds the link that names it, and no other.
NAMED = (
    "EXISTS (SELECT 1 FROM territories_invitation i WHERE "
    + has_token("i.token_hash")
    + f" AND {PENDING} AND i.role = 'porteur' AND i.organisation_id IS NULL"
    " AND i.organisation_name = territories_organisation.name AND i.region_id = territories_organisation.region_id"
    " AND NOT territories_organisation.is_training_body)"
)
# What a link is for never changes: only its end does, and the organisation it had to make.
STAYS = """
CREATE FUNCTION territories_invitation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.email, NEW.role, NEW.region_id, NEW.territory_id, NEW.site_id, NEW.commission_id, NEW.organisation_name, NEW.token_hash)
        IS DISTINCT FROM (OLD.email, OLD.role, OLD.region_id, OLD.territory_id, OLD.site_id, OLD.commission_id, OLD.organisation_name,
        OLD.token_hash)
        OR (NEW.organisation_id IS DISTINCT FROM OLD.organisation_id AND (OLD.organisation_id IS NOT NULL OR OLD.organisation_name = '')) THEN
        RAISE EXCEPTION 'an invitation stays what it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitation_stays BEFORE UPDATE ON territories_invitation FOR EACH ROW
    EXECUTE FUNCTION territories_invitation_stays();
"""


def replace(table: str, policy: Policy, before: Policy) -> migrations.RunSQL:
    drop = f"DROP POLICY {policy.name} ON {table};"
    return migrations.RunSQL(drop + policy.sql(table), drop + before.sql(table))


def add(table: str, policy: Policy) -> migrations.RunSQL:
    return migrations.RunSQL(policy.sql(table), f"DROP POLICY {policy.name} ON {table};")


class Migration(migrations.Migration):
    dependencies = [("territories", "0007_share_policies")]
    operations = [
        migrations.RemoveConstraint("invitation", "invitation_one_pending"),
        migrations.AddField(
            "invitation",
            "commission",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="territories.commission", verbose_name="commission"),
        ),
        migrations.AddField(
            "invitation",
            "organisation",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="territories.organisation", verbose_name="organisation"),
        ),
        migrations.AddField(
            "invitation",
            "organisation_name",
            models.CharField(blank=True, default="", max_length=160, verbose_name="organisation à créer"),
        ),
        migrations.AddConstraint(
            "invitation",
            models.UniqueConstraint(
                condition=models.Q(("accepted_at__isnull", True), ("organisation_name", ""), ("withdrawn_at__isnull", True)),
                fields=("email", "role", "site", "territory", "region", "commission", "organisation"),
                name="invitation_one_pending",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            "invitation",
            models.CheckConstraint(
                condition=models.Q(("organisation_name", ""), ("role", "porteur"), _connector="OR"),
                name="invitation_new_organisation",
            ),
        ),
        same_tenant("territories_invitation", "organisation_id, region_id", "territories_organisation", "id, region_id", "invitation_organisation_same_region"),
        same_tenant("territories_invitation", "commission_id, region_id", "territories_commission", "id, region_id", "invitation_commission_same_region"),
        replace(
            "territories_membership",
            Policy("invited", "INSERT", f"({is_person('user_id')} AND {INVITED})"),
            Policy("invited", "INSERT", f"({is_person('user_id')} AND {BEFORE}))"),
        ),
        add("territories_invitation", Policy("own_body", "ALL", f"(role = 'porteur' AND {within('body', 'organisation_id')})")),
        add("territories_organisation", Policy("named_by_link", "INSERT", NAMED)),
        migrations.RunSQL(STAYS, "DROP FUNCTION territories_invitation_stays() CASCADE;"),
    ]
