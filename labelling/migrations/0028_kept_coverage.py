"""Figures of the coverage kept by territory, marked behind by triggers in the transaction of each change."""

import django.db.models.deletion
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

CASCADE = django.db.models.deletion.CASCADE
FIGURES, CHANGE = "labelling_coveragefigures", "labelling_coveragechange"
REGION_READS = Policy("read_in_region", "SELECT", within("wide", "region_id"))
# Triggers write as the owner, whoever changes a place.
OWNER = f"CREATE POLICY owner_marks ON {CHANGE} FOR INSERT TO spo_owner WITH CHECK (true);"
UNDO_OWNER = f"DROP POLICY owner_marks ON {CHANGE};"
# The key goes with its territory: a mark may be left while its places are being erased.
SAME_REGION = f"""
ALTER TABLE {CHANGE} ADD CONSTRAINT coveragechange_territory_same_region FOREIGN KEY (territory_id, region_id)
    REFERENCES territories_territory (id, region_id) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_SAME_REGION = f"ALTER TABLE {CHANGE} DROP CONSTRAINT coveragechange_territory_same_region;"
MARK = """
-- A place comes or goes, a label is written: its territory, and the distances of the region.
CREATE FUNCTION labelling_coverage_of_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO labelling_coveragechange (region_id, territory_id, reach)
    SELECT DISTINCT region_id, territory_id, true FROM changed;
    RETURN NULL;
END $$;
-- What is counted of a place, its hours and its point excepted.
CREATE FUNCTION labelling_coverage_of_places() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO labelling_coveragechange (region_id, territory_id, reach)
    SELECT DISTINCT t.region_id, t.territory_id, false
    FROM before b JOIN changed c ON c.id = b.id,
        LATERAL (VALUES (b.region_id, b.territory_id), (c.region_id, c.territory_id)) AS t(region_id, territory_id)
    WHERE (b.active, b.reseau_id, b.territory_id, b.confirmed_on)
        IS DISTINCT FROM (c.active, c.reseau_id, c.territory_id, c.confirmed_on);
    RETURN NULL;
END $$;
-- Its hours, its point and whether people are sent there, as the search keeps them.
CREATE FUNCTION labelling_coverage_of_search() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE system_before text := coalesce(current_setting('app.system', true), '');
BEGIN
    PERFORM set_config('app.system', '1', true);
    INSERT INTO labelling_coveragechange (region_id, territory_id, reach)
    SELECT s.region_id, s.territory_id, bool_or(
        (b.active, b.training, b.network IS NULL, b.direction, b.latitude, b.longitude, isempty(b.walk_week))
        IS DISTINCT FROM
        (c.active, c.training, c.network IS NULL, c.direction, c.latitude, c.longitude, isempty(c.walk_week)))
    FROM before b JOIN changed c ON c.site_id = b.site_id JOIN territories_site s ON s.id = c.site_id
    WHERE (b.active, b.training, b.network IS NULL, b.direction, b.latitude, b.longitude, b.walk_week, b.open_week)
        IS DISTINCT FROM
        (c.active, c.training, c.network IS NULL, c.direction, c.latitude, c.longitude, c.walk_week, c.open_week)
    GROUP BY 1, 2;
    PERFORM set_config('app.system', system_before, true);
    RETURN NULL;
END $$;
-- Communes come with the reference: all the distances of their region.
CREATE FUNCTION labelling_coverage_of_communes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO labelling_coveragechange (region_id, reach) SELECT DISTINCT region_id, true FROM changed WHERE region_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION labelling_coverage_of_changed_communes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO labelling_coveragechange (region_id, reach)
    SELECT DISTINCT t.region_id, true FROM before b JOIN changed c ON c.code_insee = b.code_insee,
        LATERAL (VALUES (b.region_id), (c.region_id)) AS t(region_id)
    WHERE t.region_id IS NOT NULL AND (b.region_id, b.territory_id, b.name, b.population, b.latitude, b.longitude)
        IS DISTINCT FROM (c.region_id, c.territory_id, c.name, c.population, c.latitude, c.longitude);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION labelling_coverage_of_rows(), labelling_coverage_of_places(), labelling_coverage_of_search(),
    labelling_coverage_of_communes(), labelling_coverage_of_changed_communes() FROM PUBLIC;

CREATE TRIGGER coverage_added AFTER INSERT ON territories_site REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_rows();
CREATE TRIGGER coverage_erased AFTER DELETE ON territories_site REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_rows();
CREATE TRIGGER coverage_changed AFTER UPDATE ON territories_site REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_places();
CREATE TRIGGER coverage_changed AFTER UPDATE ON territories_sitesearch REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_search();
CREATE TRIGGER coverage_added AFTER INSERT ON labelling_labellisation REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_rows();
CREATE TRIGGER coverage_changed AFTER UPDATE ON labelling_labellisation REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_rows();
CREATE TRIGGER coverage_erased AFTER DELETE ON labelling_labellisation REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_rows();
CREATE TRIGGER coverage_added AFTER INSERT ON territories_commune REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_communes();
CREATE TRIGGER coverage_erased AFTER DELETE ON territories_commune REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_communes();
CREATE TRIGGER coverage_changed AFTER UPDATE ON territories_commune REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION labelling_coverage_of_changed_communes();
"""
UNDO_MARK = """
DROP TRIGGER coverage_changed ON territories_commune;
DROP TRIGGER coverage_erased ON territories_commune;
DROP TRIGGER coverage_added ON territories_commune;
DROP TRIGGER coverage_erased ON labelling_labellisation;
DROP TRIGGER coverage_changed ON labelling_labellisation;
DROP TRIGGER coverage_added ON labelling_labellisation;
DROP TRIGGER coverage_changed ON territories_sitesearch;
DROP TRIGGER coverage_changed ON territories_site;
DROP TRIGGER coverage_erased ON territories_site;
DROP TRIGGER coverage_added ON territories_site;
DROP FUNCTION labelling_coverage_of_rows(), labelling_coverage_of_places(), labelling_coverage_of_search(),
    labelling_coverage_of_communes(), labelling_coverage_of_changed_communes();
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0027_rules_speak_to_their_own"), ("territories", "0016_site_stays")]
    operations = [
        migrations.CreateModel(
            name="CoverageFigures",
            fields=[
                ("territory", models.OneToOneField(on_delete=CASCADE, primary_key=True, related_name="+", serialize=False, to="territories.territory", verbose_name="territoire")),
                ("day", models.DateField(verbose_name="comptés pour le")),
                ("own", models.JSONField(verbose_name="lieux, heures et labels")),
                ("far_door", models.JSONField(verbose_name="communes loin d’une porte ouverte")),
                ("far_label", models.JSONField(verbose_name="communes loin d’un lieu labellisé")),
                ("region", models.ForeignKey(on_delete=CASCADE, related_name="+", to="territories.region", verbose_name="région")),
            ],
            options={
                "verbose_name": "chiffres de la couverture d’un territoire",
                "verbose_name_plural": "chiffres de la couverture des territoires",
            },
        ),
        migrations.CreateModel(
            name="CoverageChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reach", models.BooleanField(verbose_name="distances à refaire")),
                ("region", models.ForeignKey(on_delete=CASCADE, related_name="+", to="territories.region", verbose_name="région")),
                ("territory", models.ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="territories.territory", verbose_name="territoire")),
            ],
            options={
                "verbose_name": "changement de la couverture",
                "verbose_name_plural": "changements de la couverture",
            },
        ),
        same_tenant(FIGURES, "territory_id, region_id", "territories_territory", "id, region_id", "coveragefigures_territory_same_region"),
        migrations.RunSQL(SAME_REGION, UNDO_SAME_REGION),
        secure(FIGURES, REGION_READS),
        secure(CHANGE, REGION_READS),
        migrations.RunSQL(OWNER, UNDO_OWNER),
        migrations.RunSQL(MARK, UNDO_MARK),
    ]
