"""Seasons of a place, its bank holidays, and the indexes of « ouvert maintenant »."""

import django.db.models.deletion
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

REGION_READS = Policy("read_in_region", "SELECT", within("wide", "region_id"))
OWN_SITE = (
    f"({within('unit', 'site_id')} OR EXISTS (SELECT 1 FROM territories_site s WHERE s.id = site_id"  # noqa: S608 - our own constants
    f" AND {within('tenant', 's.territory_id')}))"
)
WEEKDAYS = [(0, "lundi"), (1, "mardi"), (2, "mercredi"), (3, "jeudi"), (4, "vendredi"), (5, "samedi"), (6, "dimanche")]
CASCADE = django.db.models.deletion.CASCADE
# Two seasons of a place never share a day. A yearly one that runs over the new year is two ranges.
NO_OVERLAP = """
ALTER TABLE territories_seasonslot ADD CONSTRAINT seasonslot_no_overlap EXCLUDE USING gist
    (season_id WITH =, weekday WITH =, int4range(start::int, "end"::int) WITH &&) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE territories_season ADD CONSTRAINT season_dates_no_overlap EXCLUDE USING gist
    (site_id WITH =, daterange(first_day, last_day, '[]') WITH &&) WHERE (first_day IS NOT NULL) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE territories_season ADD CONSTRAINT season_years_no_overlap EXCLUDE USING gist
    (site_id WITH =, (CASE WHEN first_md <= last_md THEN int4multirange(int4range(first_md::int, last_md::int, '[]'))
        ELSE int4multirange(int4range(first_md::int, 1231, '[]'), int4range(101, last_md::int, '[]')) END) WITH &&)
    WHERE (first_md IS NOT NULL) DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_NO_OVERLAP = """
ALTER TABLE territories_season DROP CONSTRAINT season_years_no_overlap;
ALTER TABLE territories_season DROP CONSTRAINT season_dates_no_overlap;
ALTER TABLE territories_seasonslot DROP CONSTRAINT seasonslot_no_overlap;
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0012_site_record_security")]
    operations = [
        migrations.CreateModel(
            name="Season",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="nom")),
                ("first_md", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="premier jour de l’année")),
                ("last_md", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="dernier jour de l’année")),
                ("first_day", models.DateField(blank=True, null=True, verbose_name="premier jour")),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="dernier jour")),
                ("region", models.ForeignKey(on_delete=CASCADE, to="territories.region", verbose_name="région")),
                ("site", models.ForeignKey(on_delete=CASCADE, related_name="seasons", to="territories.site", verbose_name="lieu")),
            ],
            options={
                "verbose_name": "saison",
                "verbose_name_plural": "saisons",
                "ordering": ["site", "first_md", "first_day"],
                "constraints": [
                    models.UniqueConstraint(fields=("id", "site", "region"), name="season_id_site_region"),
                    models.CheckConstraint(
                        condition=models.Q(
                            first_md__isnull=False,
                            last_md__isnull=False,
                            first_md__range=(101, 1231),
                            last_md__range=(101, 1231),
                            first_day__isnull=True,
                            last_day__isnull=True,
                        )
                        | models.Q(
                            first_md__isnull=True,
                            last_md__isnull=True,
                            first_day__isnull=False,
                            last_day__isnull=False,
                            first_day__lte=models.F("last_day"),
                        ),
                        name="season_yearly_or_dated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SeasonSlot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weekday", models.PositiveSmallIntegerField(choices=WEEKDAYS, verbose_name="jour")),
                ("start", models.PositiveSmallIntegerField(verbose_name="début")),
                ("end", models.PositiveSmallIntegerField(verbose_name="fin")),
                ("walk_in", models.BooleanField(default=True, verbose_name="sans rendez-vous")),
                ("region", models.ForeignKey(on_delete=CASCADE, to="territories.region", verbose_name="région")),
                ("season", models.ForeignKey(on_delete=CASCADE, related_name="slots", to="territories.season", verbose_name="saison")),
                ("site", models.ForeignKey(on_delete=CASCADE, related_name="+", to="territories.site", verbose_name="lieu")),
            ],
            options={
                "verbose_name": "plage d’ouverture d’une saison",
                "verbose_name_plural": "plages d’ouverture d’une saison",
                "ordering": ["season", "weekday", "start"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(start__lt=models.F("end")) & models.Q(end__lte=1440),
                        name="seasonslot_starts_before_end",
                    ),
                    models.CheckConstraint(condition=models.Q(weekday__lte=6), name="seasonslot_weekday"),
                ],
            },
        ),
        migrations.AddField(
            model_name="site",
            name="closed_on_holidays",
            field=models.BooleanField(db_default=True, default=True, verbose_name="fermé les jours fériés"),
        ),
        migrations.AddIndex(
            model_name="closure",
            index=models.Index(fields=["last_day", "first_day"], include=("site", "region"), name="closure_at"),
        ),
        migrations.AddIndex(
            model_name="openingslot",
            index=models.Index(fields=["site", "weekday", "start"], include=("end", "walk_in", "region"), name="slot_of_site"),
        ),
        migrations.AddIndex(
            model_name="openingslot",
            index=models.Index(fields=["weekday", "start", "end"], include=("site", "walk_in", "region"), name="slot_at"),
        ),
        same_tenant("territories_season", "site_id, region_id", "territories_site", "id, region_id", "season_site_same_region"),
        same_tenant("territories_seasonslot", "site_id, region_id", "territories_site", "id, region_id", "seasonslot_site_same_region"),
        same_tenant("territories_seasonslot", "season_id, site_id, region_id", "territories_season", "id, site_id, region_id", "seasonslot_season_same_site"),
        migrations.RunSQL(NO_OVERLAP, UNDO_NO_OVERLAP),
        *(
            secure(
                table,
                REGION_READS,
                Policy("kept_insert", "INSERT", OWN_SITE),
                Policy("kept_update", "UPDATE", OWN_SITE),
                Policy("kept_delete", "DELETE", OWN_SITE),
            )
            for table in ("territories_season", "territories_seasonslot")
        ),
    ]
