"""A mandate comes from a link, and a link from who may name to that function (domain § 2).

The axes open the rows of an area to all who work there: without this, a conseiller could write itself a
mandate of référent in SQL, and every lock that asks for the mandate would open. For the web's role.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations

PATH = "SET search_path = pg_catalog, public, pg_temp"
MEMBERS, LINKS = "territories_membership", "territories_invitation"
# The same table as ``territories.permissions.MAY_NAME``.
NAMES = f"""
CREATE FUNCTION territories_names(role text, site bigint, territory bigint, region bigint, body bigint) RETURNS boolean
LANGUAGE sql STABLE {PATH} AS $$
    SELECT EXISTS (SELECT 1 FROM territories_membership m
    WHERE m.user_id = nullif(current_setting('app.person', true), '')::bigint
    AND m.starts_on <= (now() AT TIME ZONE 'Europe/Paris')::date
    AND (m.ends_on IS NULL OR m.ends_on >= (now() AT TIME ZONE 'Europe/Paris')::date)
    AND CASE m.role
        WHEN 'referent' THEN $1 = 'conseiller' AND m.site_id = $2
        WHEN 'coordinateur' THEN $1 IN ('conseiller', 'referent') AND m.territory_id = $3
        WHEN 'animation' THEN $1 IN ('coordinateur', 'charge_mission', 'animateur_etat') AND m.region_id = $4
        WHEN 'administrateur' THEN $1 IN ('animation', 'prefecture', 'region')
        WHEN 'region' THEN $1 IN ('porteur', 'membre_commission') AND m.region_id = $4
        WHEN 'porteur' THEN $1 = 'porteur' AND m.organisation_id = $5
        ELSE false END)
$$;
"""
NAMED = "territories_names(role, site_id, territory_id, region_id, organisation_id)"
BY_LINK = "(SELECT nullif(current_setting('app.token', true), '')) IS NOT NULL"
# Table, command, condition.
NARROWED = (
    (MEMBERS, "INSERT", BY_LINK),
    (MEMBERS, "UPDATE", NAMED),
    (MEMBERS, "DELETE", "false"),
    # An organisation asks for its own link on the page of a call.
    (LINKS, "INSERT", f"({NAMED} OR (role = 'porteur' AND {BY_LINK}))"),
    (LINKS, "UPDATE", f"({BY_LINK} OR {NAMED})"),
    (LINKS, "DELETE", "false"),
)


def narrow(table: str, verb: str, way: str) -> str:
    using = f" USING ({way})" if verb != "INSERT" else ""
    check = f" WITH CHECK ({way})" if verb != "DELETE" else ""
    return (
        f"CREATE POLICY role_{verb.lower()} ON {table} AS RESTRICTIVE FOR {verb} TO spo_web{using}{check};\n"
    )


# Who named to a function ends the mandate; nothing else of it changes, and nobody ends or lengthens its own.
ENDS = f"""
CREATE FUNCTION territories_membership_ends() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
BEGIN
    IF (to_jsonb(NEW) - 'starts_on' - 'ends_on') IS DISTINCT FROM (to_jsonb(OLD) - 'starts_on' - 'ends_on')
        OR NEW.ends_on IS NULL OR NEW.ends_on > OLD.ends_on OR NEW.starts_on > OLD.starts_on
        OR NEW.user_id = nullif(current_setting('app.person', true), '')::bigint THEN
        RAISE EXCEPTION 'a mandate is only ended' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'membership_ends';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER membership_ends BEFORE UPDATE ON {MEMBERS} FOR EACH ROW
    WHEN (current_user = 'spo_web') EXECUTE FUNCTION territories_membership_ends();
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0018_search_narrow")]
    operations = [
        migrations.RunSQL(NAMES, "DROP FUNCTION territories_names(text, bigint, bigint, bigint, bigint);"),
        migrations.RunSQL(
            "".join(narrow(*one) for one in NARROWED),
            "".join(f"DROP POLICY role_{verb.lower()} ON {table};\n" for table, verb, _ in NARROWED),
        ),
        migrations.RunSQL(ENDS, "DROP FUNCTION territories_membership_ends() CASCADE;"),
    ]
