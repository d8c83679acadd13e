"""Outlines of the territories, read by everyone who works in the region, written by a load only."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within


class Migration(migrations.Migration):
    dependencies = [("territories", "0004_retention")]
    operations = [
        migrations.CreateModel(
            name="Contour",
            fields=[
                ("territory", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="contour", serialize=False, to="territories.territory", verbose_name="territoire")),
                ("path", models.TextField(verbose_name="tracé")),
                ("frame", django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=4, verbose_name="cadre")),
                ("label_x", models.FloatField(verbose_name="nom, abscisse")),
                ("label_y", models.FloatField(verbose_name="nom, ordonnée")),
                ("room", models.FloatField(verbose_name="place pour le nom")),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                ("loaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="chargé le")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
            ],
            options={"verbose_name": "contour", "verbose_name_plural": "contours"},
        ),
        same_tenant("territories_contour", "territory_id, region_id", "territories_territory", "id, region_id", "contour_territory_same_region"),
        secure("territories_contour", Policy("read_in_region", "SELECT", within("wide", "region_id"))),
    ]
