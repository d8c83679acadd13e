"""Who writes what of a place: an axis is shared with those who only read it, so the mandate itself is asked.

``unit`` is set for a référent and for its conseillers; ``tenant`` for the coordinateur, and for the chargé de
mission, the animateur de l'État, the animation and the Région. A place is kept by its référent, by its
coordinateur, by the animation (files of places); the Région opens shared places (AMI §2) and nothing else.
These policies stand beside those that open the tables, for the web's role. A place hangs on one that hangs on
nothing: no chain, so no circle, whoever writes.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations

from spo_portal.kernel.tenancy.rls import within

PATH = "SET search_path = pg_catalog, public, pg_temp"
MINE = (
    "m.user_id = nullif(current_setting('app.person', true), '')::bigint"
    " AND m.starts_on <= (now() AT TIME ZONE 'Europe/Paris')::date"
    " AND (m.ends_on IS NULL OR m.ends_on >= (now() AT TIME ZONE 'Europe/Paris')::date)"
)


def axis(name: str) -> str:
    return f"ANY (nullif(current_setting('app.{name}', true), '')::bigint[])"


# Arrays, read once per statement: a file of places writes thousands of rows.
FUNCTIONS = f"""
CREATE FUNCTION territories_kept_units() RETURNS bigint[] LANGUAGE sql STABLE {PATH} AS $$
    SELECT array_agg(m.site_id) FROM territories_membership m
    WHERE {MINE} AND m.role = 'referent' AND m.site_id = {axis("unit")}
$$;
CREATE FUNCTION territories_kept_areas() RETURNS bigint[] LANGUAGE sql STABLE {PATH} AS $$
    SELECT array_agg(t.id) FROM territories_territory t WHERE t.id = {axis("tenant")}
    AND EXISTS (SELECT 1 FROM territories_membership m WHERE {MINE} AND (
        (m.role = 'coordinateur' AND m.territory_id = t.id)
        OR (m.role = 'animation' AND m.region_id = t.region_id AND t.region_id = {axis("lead")}
            AND NOT coalesce(t.region_id = {axis("award")}, false))))
$$;
CREATE FUNCTION territories_shared_areas() RETURNS bigint[] LANGUAGE sql STABLE {PATH} AS $$
    SELECT array_agg(t.id) FROM territories_territory t
    WHERE t.id = {axis("tenant")} AND t.region_id = {axis("award")}
    AND EXISTS (SELECT 1 FROM territories_membership m WHERE {MINE} AND m.role = 'region' AND m.region_id = t.region_id)
$$;
"""
NAMES = ("kept_units", "kept_areas", "shared_areas")
UNDO_FUNCTIONS = "".join(f"DROP FUNCTION territories_{name}();\n" for name in NAMES)


def among(column: str, which: str) -> str:
    return f"{column} = ANY ((SELECT territories_{which}())::bigint[])"


SHARED = f"(shared_place AND {among('territory_id', 'shared_areas')})"
KEEPS = f"({among('id', 'kept_units')} OR {among('territory_id', 'kept_areas')} OR {among('territory_id', 'shared_areas')})"
KEPT = f"({among('id', 'kept_units')} OR {among('territory_id', 'kept_areas')} OR {SHARED})"
OF_PLACE = (
    f"({among('site_id', 'kept_units')} OR EXISTS (SELECT 1 FROM territories_site s WHERE s.id = site_id"
    f" AND ({among('s.territory_id', 'kept_areas')} OR (s.shared_place AND {among('s.territory_id', 'shared_areas')}))))"
)
OF_FILE = (
    f"({among('territory_id', 'kept_areas')} OR (territory_id IS NULL AND EXISTS (SELECT 1 FROM territories_territory t"
    f" WHERE t.region_id = territories_directoryimport.region_id AND {among('t.id', 'kept_areas')})))"
)
WRITES = ("INSERT", "UPDATE", "DELETE")
# Table, command, what is reached, what is written.
NARROWED = (
    ("site", "INSERT", "", f"({among('territory_id', 'kept_areas')} OR {SHARED})"),
    ("site", "UPDATE", KEEPS, KEPT),
    *(
        (table, verb, OF_PLACE, OF_PLACE)
        for table in ("openingslot", "closure", "siteservice", "season", "seasonslot")
        for verb in WRITES
    ),
    ("sitechange", "INSERT", "", OF_PLACE),
    *(("directoryimport", verb, OF_FILE, OF_FILE) for verb in WRITES),
)


def narrow(table: str, verb: str, reached: str, written: str) -> str:
    using = f" USING ({reached})" if verb != "INSERT" else ""
    check = f" WITH CHECK ({written})" if verb != "DELETE" else ""
    return (
        f"CREATE POLICY role_{verb.lower()} ON territories_{table} AS RESTRICTIVE FOR {verb}"
        f" TO spo_web{using}{check};\n"
    )


BODIES = "territories_organisation"
NAMED_BY = (
    f"NOT is_training_body AND EXISTS (SELECT 1 FROM territories_territory t WHERE t.region_id = {BODIES}.region_id"
    " AND {})"
)
ALL_ROLES = "spo_web, spo_worker, spo_owner"
# Permissive rows of an organisation: a link makes one too, so a restriction would close it.
ORGANISATIONS = f"""
DROP POLICY added_by_keepers ON {BODIES};
CREATE POLICY added_by_keepers ON {BODIES} FOR INSERT TO {ALL_ROLES} WITH CHECK ({NAMED_BY.format(among("t.id", "kept_areas"))});
CREATE POLICY role_update ON {BODIES} AS RESTRICTIVE FOR UPDATE TO spo_web
    USING (NOT coalesce({within("award", "region_id")}, false));
"""
UNDO_ORGANISATIONS = f"""
DROP POLICY role_update ON {BODIES};
DROP POLICY added_by_keepers ON {BODIES};
CREATE POLICY added_by_keepers ON {BODIES} FOR INSERT TO {ALL_ROLES} WITH CHECK ({NAMED_BY.format(within("tenant", "t.id"))});
"""
# What each may say of a place it reaches.
WORDS = f"""
CREATE FUNCTION territories_site_words() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
DECLARE
    changed jsonb := to_jsonb(NEW);
BEGIN
    IF NEW.territory_id = ANY (territories_kept_areas()) THEN
        RETURN NEW;
    END IF;
    IF NEW.id = ANY (territories_kept_units()) THEN
        IF (NEW.active, NEW.shared_place, NEW.code, NEW.reseau_id, NEW.direction, NEW.partner_kind, NEW.checked_on, NEW.checked_by_label)
            IS DISTINCT FROM (OLD.active, OLD.shared_place, OLD.code, OLD.reseau_id, OLD.direction, OLD.partner_kind, OLD.checked_on,
            OLD.checked_by_label) THEN
            RAISE EXCEPTION 'not the act of this role' USING ERRCODE = 'insufficient_privilege';
        END IF;
    ELSIF (changed - 'shared_place' - 'active' - 'closed_on_holidays') IS DISTINCT FROM
        (to_jsonb(OLD) - 'shared_place' - 'active' - 'closed_on_holidays') THEN
        RAISE EXCEPTION 'not the act of this role' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER site_words BEFORE UPDATE ON territories_site FOR EACH ROW
    WHEN (current_user = 'spo_web') EXECUTE FUNCTION territories_site_words();
"""
# Asked under a lock of the region: two places hung on each other at once would pass unseen.
PARENTS = f"""
CREATE FUNCTION territories_site_hangs() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('territories_site_hangs', NEW.region_id));
    IF EXISTS (SELECT 1 FROM territories_site s WHERE s.id = NEW.parent_id AND s.parent_id IS NOT NULL)
        OR EXISTS (SELECT 1 FROM territories_site s WHERE s.parent_id = NEW.id) THEN
        RAISE EXCEPTION 'a place hangs on one that hangs on nothing' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'site_no_chain';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER site_hangs_new BEFORE INSERT ON territories_site FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION territories_site_hangs();
CREATE TRIGGER site_hangs BEFORE UPDATE ON territories_site FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id) EXECUTE FUNCTION territories_site_hangs();
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0016_site_stays")]
    operations = [
        migrations.RunSQL(FUNCTIONS, UNDO_FUNCTIONS),
        migrations.RunSQL(
            "".join(narrow(*one) for one in NARROWED),
            "".join(
                f"DROP POLICY role_{verb.lower()} ON territories_{table};\n" for table, verb, _, _ in NARROWED
            ),
        ),
        migrations.RunSQL(ORGANISATIONS, UNDO_ORGANISATIONS),
        migrations.RunSQL(WORDS, "DROP FUNCTION territories_site_words() CASCADE;"),
        migrations.RunSQL(PARENTS, "DROP FUNCTION territories_site_hangs() CASCADE;"),
    ]
