"""Row-level security, composite keys and rules of the trade as constraints, from the first day."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, has_token, is_person, same_tenant, secure, within

OWN_AREA = f"({within('unit', 'site_id')} OR {within('tenant', 'territory_id')} OR {within('lead', 'region_id')})"
OWN_SITE = (
    f"({within('unit', 'site_id')} OR EXISTS (SELECT 1 FROM territories_site s WHERE s.id = site_id"  # noqa: S608 - our own constants
    f" AND {within('tenant', 's.territory_id')}))"
)
INVITED = (
    "EXISTS (SELECT 1 FROM territories_invitation i WHERE "  # noqa: S608 - our own constants
    + has_token("i.token_hash")
    + " AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > now() AND i.role = territories_membership.role"
    " AND i.site_id IS NOT DISTINCT FROM territories_membership.site_id"
    " AND i.territory_id IS NOT DISTINCT FROM territories_membership.territory_id"
    " AND i.region_id IS NOT DISTINCT FROM territories_membership.region_id)"
)
REGION_READS = Policy("read_in_region", "SELECT", within("wide", "region_id"))


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_initial"), ("kernel", "0002_security")]
    operations = [
        same_tenant("territories_territory", "commission_id, region_id", "territories_commission", "id, region_id", "territory_commission_same_region"),
        same_tenant("territories_commune", "territory_id, region_id", "territories_territory", "id, region_id", "commune_territory_same_region"),
        same_tenant("territories_site", "territory_id, region_id", "territories_territory", "id, region_id", "site_territory_same_region"),
        same_tenant("territories_site", "organisation_id, region_id", "territories_organisation", "id, region_id", "site_organisation_same_region"),
        same_tenant("territories_site", "reseau_id, region_id", "territories_reseau", "id, region_id", "site_reseau_same_region"),
        migrations.RunSQL(
            "ALTER TABLE territories_commune ADD CONSTRAINT commune_id_region UNIQUE (code_insee, region_id);",
            "ALTER TABLE territories_commune DROP CONSTRAINT commune_id_region;",
        ),
        same_tenant("territories_site", "commune_id, region_id", "territories_commune", "code_insee, region_id", "site_commune_same_region"),
        same_tenant("territories_openingslot", "site_id, region_id", "territories_site", "id, region_id", "slot_site_same_region"),
        same_tenant("territories_closure", "site_id, region_id", "territories_site", "id, region_id", "closure_site_same_region"),
        same_tenant("territories_membership", "site_id, territory_id", "territories_site", "id, territory_id", "membership_site_same_territory"),
        same_tenant("territories_membership", "territory_id, region_id", "territories_territory", "id, region_id", "membership_territory_same_region"),
        same_tenant("territories_membership", "organisation_id, region_id", "territories_organisation", "id, region_id", "membership_organisation_same_region"),
        same_tenant("territories_membership", "commission_id, region_id", "territories_commission", "id, region_id", "membership_commission_same_region"),
        same_tenant("territories_invitation", "site_id, territory_id", "territories_site", "id, territory_id", "invitation_site_same_territory"),
        same_tenant("territories_invitation", "territory_id, region_id", "territories_territory", "id, region_id", "invitation_territory_same_region"),
        migrations.RunSQL(
            'ALTER TABLE territories_openingslot ADD CONSTRAINT slot_no_overlap EXCLUDE USING gist'
            ' (site_id WITH =, weekday WITH =, int4range(start::int, "end"::int) WITH &&) DEFERRABLE INITIALLY DEFERRED;',
            "ALTER TABLE territories_openingslot DROP CONSTRAINT slot_no_overlap;",
        ),
        secure("territories_commission", REGION_READS),
        secure("territories_territory", REGION_READS),
        secure("territories_commune", REGION_READS),
        secure("territories_organisation", REGION_READS),
        secure("territories_reseau", REGION_READS),
        secure(
            "territories_site",
            REGION_READS,
            Policy("added_by_territory", "INSERT", within("tenant", "territory_id")),
            Policy("kept_by_site_or_territory", "UPDATE", f"({within('unit', 'id')} OR {within('tenant', 'territory_id')})"),
        ),
        *(
            secure(
                table,
                REGION_READS,
                Policy("kept_insert", "INSERT", OWN_SITE),
                Policy("kept_update", "UPDATE", OWN_SITE),
                Policy("kept_delete", "DELETE", OWN_SITE),
            )
            for table in ("territories_openingslot", "territories_closure")
        ),
        secure("territories_brochure", REGION_READS, Policy("added_by_lead", "INSERT", within("lead", "region_id")), Policy("removed_by_lead", "DELETE", within("lead", "region_id"))),
        secure(
            "territories_invitation",
            Policy("own_area", "ALL", OWN_AREA),
            Policy("link_reads", "SELECT", has_token("token_hash")),
            Policy("link_accepts", "UPDATE", has_token("token_hash")),
        ),
        secure(
            "territories_membership",
            Policy("own_mandates", "SELECT", is_person("user_id")),
            Policy("own_area", "ALL", OWN_AREA),
            Policy("invited", "INSERT", f"({is_person('user_id')} AND {INVITED})"),
        ),
    ]
