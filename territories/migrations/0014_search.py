"""Search of places: full text in French without accents, close words, point and hours, kept by triggers.

A policy is checked before an operator that might tell what it saw, and neither ``@@`` nor ``%`` is known to
tell nothing: under row security their indexes are never used. Two functions of the owner read them instead;
each keeps to the regions of the transaction's own scope, as the policies do.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

import territories.models.search
from spo_portal.kernel.tenancy.rls import Policy, secure, within

REGION_READS = Policy("read_in_region", "SELECT", within("wide", "region_id"))
OWNER = """
CREATE POLICY owner_keeps ON territories_sitesearch FOR ALL TO spo_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_keeps ON territories_searchword FOR ALL TO spo_owner USING (true) WITH CHECK (true);
"""
UNDO_OWNER = """
DROP POLICY owner_keeps ON territories_sitesearch;
DROP POLICY owner_keeps ON territories_searchword;
"""
# The composite key goes with the place: triggers may write the row again while a place is being erased.
SAME_REGION = """
ALTER TABLE territories_sitesearch ADD CONSTRAINT sitesearch_site_same_region FOREIGN KEY (site_id, region_id)
    REFERENCES territories_site (id, region_id) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_SAME_REGION = "ALTER TABLE territories_sitesearch DROP CONSTRAINT sitesearch_site_same_region;"

# The same form as ``territories.services.search.fold``: lower case, no accent, words apart, « St » = « Saint ».
FOLD = r"""
CREATE FUNCTION territories_fold(typed text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = public, pg_temp AS $$
    SELECT trim(regexp_replace(
        regexp_replace(lower(unaccent('unaccent'::regdictionary, lower(typed))), '[^a-z0-9]+', ' ', 'g'),
        '\mst(e?s?)\M', 'saint\1', 'g'))
$$;
"""
REFRESH = r"""
CREATE FUNCTION territories_search_refresh(ids bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE before text := coalesce(current_setting('app.system', true), '');
BEGIN
    IF cardinality(ids) IS NULL OR cardinality(ids) = 0 THEN RETURN; END IF;
    PERFORM set_config('app.system', '1', true);
    WITH hours AS (
        SELECT o.site_id,
            range_agg(int4range(o.weekday * 1440 + o.start, o.weekday * 1440 + o."end")) AS open_week,
            range_agg(int4range(o.weekday * 1440 + o.start, o.weekday * 1440 + o."end")) FILTER (WHERE o.walk_in) AS walk_week,
            bool_or(o.weekday = 5) AS saturday
        FROM territories_openingslot o WHERE o.site_id = ANY (ids) GROUP BY o.site_id
    ), texts AS (
        SELECT s.*, g.is_training_body, coalesce(s.latitude, c.latitude) AS lat, coalesce(s.longitude, c.longitude) AS lon,
            territories_fold(s.name) AS a,
            territories_fold(concat_ws(' ', r.name, r.short_name, s.city, c.name, array_to_string(c.former_names, ' '), s.postcode, s.code)) AS b,
            territories_fold(concat_ws(' ', t.name, s.partner_kind, g.name, s.address)) AS c
        FROM territories_site s
        JOIN territories_organisation g ON g.id = s.organisation_id
        JOIN territories_territory t ON t.id = s.territory_id
        LEFT JOIN territories_reseau r ON r.id = s.reseau_id
        LEFT JOIN territories_commune c ON c.code_insee = s.commune_id
        WHERE s.id = ANY (ids)
    ), kept AS (
        INSERT INTO territories_sitesearch AS k (site_id, region_id, network, partner_kind, direction, active, training,
            wheelchair, closed_on_holidays, latitude, longitude, open_week, walk_week, saturday, vector)
        SELECT x.id, x.region_id, x.reseau_id, x.partner_kind, x.direction, x.active, x.is_training_body,
            x.wheelchair, x.closed_on_holidays, round(x.lat * 100000)::int, round(x.lon * 100000)::int,
            coalesce(h.open_week, '{}'), coalesce(h.walk_week, '{}'), coalesce(h.saturday, false),
            setweight(to_tsvector('french', x.a) || to_tsvector('simple', x.a), 'A')
            || setweight(to_tsvector('french', x.b) || to_tsvector('simple', x.b), 'B')
            || setweight(to_tsvector('french', x.c) || to_tsvector('simple', x.c), 'C')
        FROM texts x LEFT JOIN hours h ON h.site_id = x.id
        ON CONFLICT (site_id) DO UPDATE SET region_id = excluded.region_id, network = excluded.network,
            partner_kind = excluded.partner_kind, direction = excluded.direction, active = excluded.active,
            training = excluded.training, wheelchair = excluded.wheelchair,
            closed_on_holidays = excluded.closed_on_holidays, latitude = excluded.latitude,
            longitude = excluded.longitude, open_week = excluded.open_week, walk_week = excluded.walk_week,
            saturday = excluded.saturday, vector = excluded.vector
    )
    INSERT INTO territories_searchword (region_id, word)
    SELECT DISTINCT x.region_id, left(w, 80)
    FROM texts x, regexp_split_to_table(concat_ws(' ', x.a, x.b, x.c), ' ') AS w WHERE length(w) > 1
    ON CONFLICT (region_id, word) DO NOTHING;
    PERFORM set_config('app.system', before, true);
END $$;
REVOKE EXECUTE ON FUNCTION territories_search_refresh(bigint[]) FROM PUBLIC;

CREATE FUNCTION territories_search_of_sites() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN PERFORM territories_search_refresh(ARRAY(SELECT id FROM changed)); RETURN NULL; END $$;
CREATE FUNCTION territories_search_of_slots() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN PERFORM territories_search_refresh(ARRAY(SELECT DISTINCT site_id FROM changed)); RETURN NULL; END $$;
-- What a place is found by may be renamed above it. The column of the place comes as the trigger's argument.
CREATE FUNCTION territories_search_of_parents() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE before text := coalesce(current_setting('app.system', true), '');
    ids bigint[];
BEGIN
    PERFORM set_config('app.system', '1', true);
    EXECUTE format('SELECT array_agg(id) FROM territories_site WHERE %I = $1.%I', TG_ARGV[0], TG_ARGV[1]) INTO ids USING NEW;
    PERFORM set_config('app.system', before, true);
    PERFORM territories_search_refresh(ids);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION territories_search_of_sites(), territories_search_of_slots(), territories_search_of_parents() FROM PUBLIC;
CREATE TRIGGER search_kept AFTER INSERT ON territories_site REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_of_sites();
CREATE TRIGGER search_kept_again AFTER UPDATE ON territories_site REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_of_sites();
CREATE TRIGGER search_kept AFTER INSERT ON territories_openingslot REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_of_slots();
CREATE TRIGGER search_kept_again AFTER UPDATE ON territories_openingslot REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_of_slots();
CREATE TRIGGER search_kept_after AFTER DELETE ON territories_openingslot REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION territories_search_of_slots();
CREATE TRIGGER search_kept AFTER UPDATE OF name, is_training_body ON territories_organisation
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.is_training_body IS DISTINCT FROM NEW.is_training_body)
    EXECUTE FUNCTION territories_search_of_parents('organisation_id', 'id');
CREATE TRIGGER search_kept AFTER UPDATE OF name ON territories_territory
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION territories_search_of_parents('territory_id', 'id');
CREATE TRIGGER search_kept AFTER UPDATE OF name, short_name ON territories_reseau
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.short_name IS DISTINCT FROM NEW.short_name)
    EXECUTE FUNCTION territories_search_of_parents('reseau_id', 'id');
CREATE TRIGGER search_kept AFTER UPDATE ON territories_commune
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.former_names IS DISTINCT FROM NEW.former_names
        OR OLD.latitude IS DISTINCT FROM NEW.latitude OR OLD.longitude IS DISTINCT FROM NEW.longitude)
    EXECUTE FUNCTION territories_search_of_parents('commune_id', 'code_insee');
"""
UNDO_REFRESH = """
DROP TRIGGER search_kept ON territories_commune;
DROP TRIGGER search_kept ON territories_reseau;
DROP TRIGGER search_kept ON territories_territory;
DROP TRIGGER search_kept ON territories_organisation;
DROP TRIGGER search_kept ON territories_openingslot;
DROP TRIGGER search_kept_again ON territories_openingslot;
DROP TRIGGER search_kept_after ON territories_openingslot;
DROP TRIGGER search_kept ON territories_site;
DROP TRIGGER search_kept_again ON territories_site;
DROP FUNCTION territories_search_of_parents();
DROP FUNCTION territories_search_of_slots();
DROP FUNCTION territories_search_of_sites();
DROP FUNCTION territories_search_refresh(bigint[]);
"""
READ = r"""
-- Places of the scope's regions whose text answers the question.
CREATE FUNCTION territories_search_places(question tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT site_id FROM territories_sitesearch WHERE vector @@ question
        AND region_id = ANY ((SELECT nullif(current_setting('app.wide', true), '')::bigint[])::bigint[])
$$;
-- For each word typed, itself when some place has it (or a word it begins), else the closest words there are.
CREATE FUNCTION territories_search_words(typed text[]) RETURNS TABLE (place int, word text, known boolean, close real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.n::int, f.word, f.known, f.close FROM unnest(typed) WITH ORDINALITY AS t(typed, n), LATERAL (
        SELECT t.typed AS word, true AS known, 1::real AS close WHERE EXISTS (
            SELECT FROM territories_searchword w WHERE w.word >= t.typed COLLATE "C" AND w.word < t.typed || '~' COLLATE "C"
            AND w.region_id = ANY ((SELECT nullif(current_setting('app.wide', true), '')::bigint[])::bigint[]))
        UNION ALL (
            SELECT w.word, false, max(similarity(w.word, t.typed)) FROM territories_searchword w WHERE w.word % t.typed
            AND w.region_id = ANY ((SELECT nullif(current_setting('app.wide', true), '')::bigint[])::bigint[])
            GROUP BY w.word ORDER BY 3 DESC, 1 LIMIT 8)
    ) AS f ORDER BY 1, 3 DESC, 4 DESC, 2
$$;
"""
UNDO_READ = "DROP FUNCTION territories_search_words(text[]); DROP FUNCTION territories_search_places(tsquery);"
# Django adds its keys at the end of the migration: ours are checked before, and the rows still seen then.
FILL = """
SELECT set_config('app.system', '1', true);
SELECT territories_search_refresh(ARRAY(SELECT id FROM territories_site));
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0013_seasons")]
    operations = [
        migrations.CreateModel(
            name="SiteSearch",
            fields=[
                ("site", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="search", serialize=False, to="territories.site", verbose_name="lieu")),
                ("network", models.BigIntegerField(null=True, verbose_name="réseau")),
                ("partner_kind", models.CharField(default="", max_length=40, verbose_name="nature du partenaire")),
                ("direction", models.CharField(default="", max_length=12, verbose_name="partenariat")),
                ("active", models.BooleanField(default=True, verbose_name="ouvert au public")),
                ("training", models.BooleanField(default=False, verbose_name="organisme de formation")),
                ("wheelchair", models.CharField(default="", max_length=12, verbose_name="accès en fauteuil")),
                ("closed_on_holidays", models.BooleanField(default=True, verbose_name="fermé les jours fériés")),
                ("latitude", models.IntegerField(null=True, verbose_name="latitude")),
                ("longitude", models.IntegerField(null=True, verbose_name="longitude")),
                ("open_week", territories.models.search.WeekMinutes(verbose_name="minutes d’ouverture de la semaine")),
                ("walk_week", territories.models.search.WeekMinutes(verbose_name="minutes sans rendez-vous de la semaine")),
                ("saturday", models.BooleanField(default=False, verbose_name="ouvert le samedi")),
                ("vector", django.contrib.postgres.search.SearchVectorField(verbose_name="texte cherché")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
            ],
            options={
                "verbose_name": "lieu pour la recherche",
                "verbose_name_plural": "lieux pour la recherche",
                "indexes": [
                    models.Index(fields=["region", "latitude", "longitude"], name="sitesearch_box"),
                    django.contrib.postgres.indexes.GinIndex(fields=["vector"], name="sitesearch_vector"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(db_collation="C", max_length=80, verbose_name="mot")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
            ],
            options={
                "verbose_name": "mot de l’annuaire",
                "verbose_name_plural": "mots de l’annuaire",
                "constraints": [models.UniqueConstraint(fields=("region", "word"), name="searchword_region_word")],
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["word"], name="searchword_close", opclasses=["gin_trgm_ops"])],
            },
        ),
        migrations.RunSQL(SAME_REGION, UNDO_SAME_REGION),
        secure("territories_sitesearch", REGION_READS),
        secure("territories_searchword", REGION_READS),
        migrations.RunSQL(OWNER, UNDO_OWNER),
        migrations.RunSQL(FOLD, "DROP FUNCTION territories_fold(text);"),
        migrations.RunSQL(REFRESH, UNDO_REFRESH),
        migrations.RunSQL(READ, UNDO_READ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
