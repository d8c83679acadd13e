"""A place stays in its territory; a line of its history bears the clock of the database and its author.

The staff of a place may write its row: without this, one of them could carry it to another territory.
"""

from django.db import migrations

STAYS = """
CREATE FUNCTION territories_site_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.region_id, NEW.territory_id, NEW.reference_id) IS DISTINCT FROM (OLD.region_id, OLD.territory_id, OLD.reference_id) THEN
        RAISE EXCEPTION 'a place stays in its territory' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'site_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER site_stays BEFORE UPDATE ON territories_site FOR EACH ROW
    WHEN (current_user = 'spo_web') EXECUTE FUNCTION territories_site_stays();
CREATE FUNCTION territories_history_says() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    NEW.by_id := nullif(current_setting('app.person', true), '')::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER history_says BEFORE INSERT ON territories_sitechange FOR EACH ROW
    WHEN (current_user = 'spo_web') EXECUTE FUNCTION territories_history_says();
"""
UNDO = """
DROP TRIGGER site_stays ON territories_site; DROP FUNCTION territories_site_stays();
DROP TRIGGER history_says ON territories_sitechange; DROP FUNCTION territories_history_says();
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0015_directory_import")]
    operations = [migrations.RunSQL(STAYS, UNDO)]
