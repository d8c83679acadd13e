"""Row-level security of the fiche: the site is the border. One function lets a receiver close the loop blind."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

# The receiver holds a code, never a fiche: the function answers one word and shows no row. It runs with the owner's
# rights under the system scope, which it gives back; the caller's own site is checked against its scope. The work is
# in a function of the owner's that nobody else may call. ``pg_temp`` comes last in both search paths: left out, it is
# searched first, and a caller's temporary view named like one of our tables would run its code as the owner.
CLOSE_LOOP = """
CREATE FUNCTION contacts_say_outcome_as_owner(p_hash bytea, p_outcome text, p_site bigint) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE f record;
BEGIN
    IF p_site IS NOT NULL AND NOT coalesce(
        p_site = ANY (nullif(current_setting('app.unit', true), '')::bigint[]), false) THEN
        RETURN 'inconnu';
    END IF;
    SELECT fc.id, fc.site_id, fc.territory_id, fc.jour, fc.suite, fc.suite_source, s.region_id INTO f
    FROM contacts_coderetour c
    JOIN contacts_fichecontact fc ON fc.id = c.fiche_id
    JOIN territories_site s ON s.id = fc.site_id
    WHERE c.code_hash = p_hash AND c.expires_at > now()
    FOR UPDATE OF fc;
    IF NOT FOUND THEN RETURN 'inconnu'; END IF;
    IF p_site IS NOT NULL THEN
        IF p_site = f.site_id THEN RETURN 'meme_lieu'; END IF;
        IF NOT EXISTS (SELECT 1 FROM territories_site s WHERE s.id = p_site AND s.region_id = f.region_id) THEN
            RETURN 'inconnu';
        END IF;
    END IF;
    IF p_outcome IS NULL THEN RETURN 'valide'; END IF;
    IF f.suite = p_outcome AND (p_site IS NULL OR f.suite_source = 'site') THEN RETURN 'deja'; END IF;
    IF f.suite NOT IN ('', 'rendez_vous') AND NOT (f.suite_source = 'personne' AND p_site IS NOT NULL) THEN
        RETURN 'fermee';
    END IF;
    UPDATE contacts_fichecontact SET suite = p_outcome, suite_at = clock_timestamp(), suite_site_id = p_site,
        suite_source = CASE WHEN p_site IS NULL THEN 'personne' ELSE 'site' END
    WHERE id = f.id;
    INSERT INTO kernel_outboxevent (kind, tenant_id, payload)
    VALUES ('contacts.fiche_changed', f.territory_id,
            jsonb_build_object('site', f.site_id, 'month', to_char(date_trunc('month', f.jour), 'YYYY-MM-DD')));
    RETURN 'notee';
END $$;
CREATE FUNCTION contacts_say_outcome(p_hash bytea, p_outcome text, p_site bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    answer text;
BEGIN
    PERFORM set_config('app.system', '1', true);
    answer := contacts_say_outcome_as_owner(p_hash, p_outcome, p_site);
    PERFORM set_config('app.system', before, true);
    RETURN answer;
END $$;
REVOKE ALL ON FUNCTION contacts_say_outcome(bytea, text, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION contacts_say_outcome_as_owner(bytea, text, bigint) FROM PUBLIC;
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'spo_web') THEN
        GRANT EXECUTE ON FUNCTION contacts_say_outcome(bytea, text, bigint) TO spo_web, spo_worker;
    END IF;
END $$;
"""

# Plain foreign keys skip row-level security: without this a fiche could name another region's network, lists or site,
# and tell by the error which of them exist. The sub-selects see what the writer sees.
WRITES_FICHE = (
    within("unit", "site_id")  # noqa: S608  # made of constants
    + " AND EXISTS (SELECT 1 FROM contacts_listversion v WHERE v.id = contacts_fichecontact.list_version_id)"
    " AND (contacts_fichecontact.reseau_id IS NULL"
    " OR EXISTS (SELECT 1 FROM territories_reseau r WHERE r.id = contacts_fichecontact.reseau_id))"
    " AND (contacts_fichecontact.suite_site_id IS NULL"
    " OR EXISTS (SELECT 1 FROM territories_site s WHERE s.id = contacts_fichecontact.suite_site_id))"
)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial"), ("territories", "0002_security")]
    operations = [
        same_tenant("contacts_fichecontact", "site_id, territory_id", "territories_site", "id, territory_id", "fiche_site_same_territory"),
        same_tenant("contacts_fichedestination", "fiche_id, origin_id", "contacts_fichecontact", "id, site_id", "destination_fiche_same_site"),
        same_tenant("contacts_fichedestination", "origin_id, region_id", "territories_site", "id, region_id", "destination_origin_same_region"),
        same_tenant("contacts_fichedestination", "site_id, region_id", "territories_site", "id, region_id", "destination_site_same_region"),
        same_tenant("contacts_coderetour", "fiche_id, origin_id", "contacts_fichecontact", "id, site_id", "code_fiche_same_site"),
        same_tenant("contacts_orientationrule", "reseau_id, region_id", "territories_reseau", "id, region_id", "rule_reseau_same_region"),
        secure("contacts_listversion", Policy("read_in_region", "SELECT", within("wide", "region_id"))),
        secure(
            "contacts_orientationrule",
            Policy("read_in_region", "SELECT", within("wide", "region_id")),
            Policy("edited_by_lead", "ALL", within("lead", "region_id")),
        ),
        secure("contacts_fichecontact", Policy("own_site", "ALL", within("unit", "site_id"), check=WRITES_FICHE)),
        secure(
            "contacts_fichedestination",
            Policy("own_site", "ALL", within("unit", "origin_id")),
            Policy("receiver_reads", "SELECT", within("unit", "site_id")),
        ),
        secure("contacts_coderetour", Policy("own_site", "ALL", within("unit", "origin_id"))),
        secure("contacts_referencecounter", Policy("own_site", "ALL", within("unit", "site_id"))),
        secure("contacts_importfile", Policy("own_site", "ALL", within("unit", "site_id"))),
        migrations.RunSQL(CLOSE_LOOP, "DROP FUNCTION contacts_say_outcome(bytea, text, bigint); DROP FUNCTION contacts_say_outcome_as_owner(bytea, text, bigint);"),
    ]
