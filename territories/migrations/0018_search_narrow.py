"""What the public directory reads of each place it may show: one narrow row; its week kept apart, once for all
the places that have the same.

A search of a region reads every place. In ``territories_sitesearch`` each one is 800 bytes of text and hours;
here it is a tenth of that, and whether it is open is told once for each week, not once for each place. Rows are
kept by triggers on ``territories_sitesearch``: a place that may not be suggested has none.
"""

import django.db.models.deletion
from django.db import migrations, models

import territories.models.search
from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

REGION_READS = Policy("read_in_region", "SELECT", within("wide", "region_id"))
OWNER = """
CREATE POLICY owner_keeps ON territories_searchplace FOR ALL TO spo_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_keeps ON territories_searchweek FOR ALL TO spo_owner USING (true) WITH CHECK (true);
"""
UNDO_OWNER = """
DROP POLICY owner_keeps ON territories_searchplace;
DROP POLICY owner_keeps ON territories_searchweek;
"""
# The composite key goes with the place: triggers may write the row again while a place is being erased.
SAME_REGION = """
ALTER TABLE territories_searchplace ADD CONSTRAINT searchplace_site_same_region FOREIGN KEY (site_id, region_id)
    REFERENCES territories_site (id, region_id) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_SAME_REGION = "ALTER TABLE territories_searchplace DROP CONSTRAINT searchplace_site_same_region;"
# A week no place has any more is cleared by night (``search_weeks``), alone: somebody saving hours may be about
# to point at it. Writers share a lock that the clearing takes for itself.
KEEP = """
CREATE FUNCTION territories_search_narrow(ids bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('territories_searchweek'));
    WITH shown AS (
        SELECT s.*, md5(concat_ws(' ', s.region_id, s.open_week, s.walk_week))::uuid AS week
        FROM territories_sitesearch s WHERE s.site_id = ANY (ids) AND s.active AND NOT s.training
            AND (s.network IS NOT NULL AND s.direction = '' OR s.direction IN ('destinataire', 'les_deux'))
    ), gone AS (
        DELETE FROM territories_searchplace WHERE site_id = ANY (ids) AND site_id NOT IN (SELECT site_id FROM shown)
    ), weeks AS (
        INSERT INTO territories_searchweek (id, region_id, open_week, walk_week)
        SELECT DISTINCT ON (week) week, region_id, open_week, walk_week FROM shown ORDER BY week
        ON CONFLICT (id) DO NOTHING
    )
    INSERT INTO territories_searchplace AS k (site_id, region_id, network, week_id, latitude, longitude, saturday,
        wheelchair, partner, closed_on_holidays, partner_kind)
    SELECT site_id, region_id, network, week, latitude, longitude, saturday, wheelchair IN ('oui', 'sur_demande'),
        direction <> '', closed_on_holidays, partner_kind
    FROM shown
    ON CONFLICT (site_id) DO UPDATE SET region_id = excluded.region_id, network = excluded.network,
        week_id = excluded.week_id, latitude = excluded.latitude, longitude = excluded.longitude,
        saturday = excluded.saturday, wheelchair = excluded.wheelchair, partner = excluded.partner,
        closed_on_holidays = excluded.closed_on_holidays, partner_kind = excluded.partner_kind
    -- Most changes of a record change nothing here: an address, a telephone.
    WHERE (k.region_id, k.network, k.week_id, k.latitude, k.longitude, k.saturday, k.wheelchair, k.partner,
        k.closed_on_holidays, k.partner_kind) IS DISTINCT FROM (excluded.region_id, excluded.network,
        excluded.week_id, excluded.latitude, excluded.longitude, excluded.saturday, excluded.wheelchair,
        excluded.partner, excluded.closed_on_holidays, excluded.partner_kind);
END $$;
CREATE FUNCTION territories_search_narrowed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN PERFORM territories_search_narrow(ARRAY(SELECT site_id FROM changed)); RETURN NULL; END $$;
REVOKE EXECUTE ON FUNCTION territories_search_narrow(bigint[]), territories_search_narrowed() FROM PUBLIC;
CREATE TRIGGER narrow_kept AFTER INSERT ON territories_sitesearch REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_narrowed();
CREATE TRIGGER narrow_kept_again AFTER UPDATE ON territories_sitesearch REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_narrowed();
CREATE TRIGGER narrow_kept_after AFTER DELETE ON territories_sitesearch REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_narrowed();
"""
UNDO_KEEP = """
DROP TRIGGER narrow_kept ON territories_sitesearch;
DROP TRIGGER narrow_kept_again ON territories_sitesearch;
DROP TRIGGER narrow_kept_after ON territories_sitesearch;
DROP FUNCTION territories_search_narrowed();
DROP FUNCTION territories_search_narrow(bigint[]);
"""
READ = """
-- Places of the scope's regions whose text answers the question, and how well, in tenths.
CREATE FUNCTION territories_search_ranked(question tsquery) RETURNS TABLE (site_id bigint, rank double precision)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 2000 SET search_path = public, pg_temp AS $$
    SELECT s.site_id, round(ts_rank(s.vector, question) * 10) FROM territories_sitesearch s WHERE s.vector @@ question
        AND s.region_id = ANY ((SELECT nullif(current_setting('app.wide', true), '')::bigint[])::bigint[])
$$;
"""
UNDO_READ = "DROP FUNCTION territories_search_ranked(tsquery);"
# Django adds its keys at the end of the migration: ours are checked before, and the rows still seen then.
FILL = """
SELECT set_config('app.system', '1', true);
SELECT territories_search_narrow(ARRAY(SELECT site_id FROM territories_sitesearch));
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0017_roles_of_places")]
    operations = [
        migrations.CreateModel(
            name="SearchWeek",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False, verbose_name="empreinte")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
                ("open_week", territories.models.search.WeekMinutes(verbose_name="minutes d’ouverture de la semaine")),
                ("walk_week", territories.models.search.WeekMinutes(verbose_name="minutes sans rendez-vous de la semaine")),
            ],
            options={
                "verbose_name": "semaine d’ouverture",
                "verbose_name_plural": "semaines d’ouverture",
                "constraints": [models.UniqueConstraint(fields=("id", "region"), name="searchweek_id_region")],
            },
        ),
        migrations.CreateModel(
            name="SearchPlace",
            fields=[
                ("site", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="shown", serialize=False, to="territories.site", verbose_name="lieu")),
                ("region", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
                ("network", models.BigIntegerField(null=True, verbose_name="réseau")),
                ("week_id", models.UUIDField(verbose_name="semaine")),
                ("latitude", models.IntegerField(null=True, verbose_name="latitude")),
                ("longitude", models.IntegerField(null=True, verbose_name="longitude")),
                ("saturday", models.BooleanField(default=False, verbose_name="ouvert le samedi")),
                ("wheelchair", models.BooleanField(default=False, verbose_name="accessible en fauteuil")),
                ("partner", models.BooleanField(default=False, verbose_name="partenaire")),
                ("closed_on_holidays", models.BooleanField(default=True, verbose_name="fermé les jours fériés")),
                ("partner_kind", models.CharField(default="", max_length=40, verbose_name="nature du partenaire")),
            ],
            options={
                "verbose_name": "lieu de l’annuaire public",
                "verbose_name_plural": "lieux de l’annuaire public",
                "indexes": [
                    models.Index(fields=["region", "latitude", "longitude"], name="searchplace_box"),
                    models.Index(fields=["week_id"], name="searchplace_week"),
                ],
            },
        ),
        migrations.RunSQL(SAME_REGION, UNDO_SAME_REGION),
        same_tenant("territories_searchplace", "week_id, region_id", "territories_searchweek", "id, region_id", "searchplace_week_same_region"),
        secure("territories_searchplace", REGION_READS),
        secure("territories_searchweek", REGION_READS),
        migrations.RunSQL(OWNER, UNDO_OWNER),
        migrations.RunSQL(KEEP, UNDO_KEEP),
        migrations.RunSQL(READ, UNDO_READ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
