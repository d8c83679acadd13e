"""The nightly check of the 50 % rule keeps what it last computed; the worker alone writes it."""

import django.db.models.deletion
import django.db.models.functions
from django.db import migrations, models
from django.db.models import F, Q

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

CASCADE = django.db.models.deletion.CASCADE
TABLE = "labelling_labelsharecheck"


class Migration(migrations.Migration):
    dependencies = [("labelling", "0024_label_convention"), ("territories", "0013_seasons")]
    operations = [
        migrations.CreateModel(
            name="LabelShareCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week_from", models.DateField(verbose_name="semaine du")),
                ("walk_in_minutes", models.PositiveIntegerField(verbose_name="minutes sans rendez-vous")),
                ("opening_minutes", models.PositiveIntegerField(verbose_name="minutes d’ouverture")),
                ("checked_at", models.DateTimeField(db_default=django.db.models.functions.Now(), verbose_name="calculée le")),
                ("fell_on", models.DateField(null=True, verbose_name="sous 50 % depuis le")),
                ("alerted_at", models.DateTimeField(null=True, verbose_name="annoncée le")),
                ("region", models.ForeignKey(on_delete=CASCADE, to="territories.region", verbose_name="région")),
                ("reseau", models.ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="territories.reseau", verbose_name="réseau")),
                ("site", models.ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="territories.site", verbose_name="lieu")),
                ("territory", models.ForeignKey(on_delete=CASCADE, to="territories.territory", verbose_name="territoire")),
            ],
            options={
                "verbose_name": "contrôle de la part sans rendez-vous",
                "verbose_name_plural": "contrôles de la part sans rendez-vous",
                "ordering": ["territory", "fell_on"],
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "site", "reseau"), nulls_distinct=False, name="sharecheck_once"),
                    models.CheckConstraint(
                        condition=Q(site__isnull=True, reseau__isnull=False) | Q(site__isnull=False, reseau__isnull=True),
                        name="sharecheck_site_or_reseau",
                    ),
                    models.CheckConstraint(
                        condition=Q(walk_in_minutes__lte=F("opening_minutes"), opening_minutes__gt=0),
                        name="sharecheck_minutes",
                    ),
                    models.CheckConstraint(
                        condition=Q(fell_on__isnull=True, walk_in_minutes__gte=F("opening_minutes") / 2.0)
                        | Q(fell_on__isnull=False, walk_in_minutes__lt=F("opening_minutes") / 2.0),
                        name="sharecheck_fell_under_half",
                    ),
                    models.CheckConstraint(condition=Q(alerted_at__isnull=True) | Q(fell_on__isnull=False), name="sharecheck_alert"),
                ],
            },
        ),
        same_tenant(TABLE, "territory_id, region_id", "territories_territory", "id, region_id", "sharecheck_territory_same_region"),
        same_tenant(TABLE, "site_id, territory_id", "territories_site", "id, territory_id", "sharecheck_site_same_territory"),
        same_tenant(TABLE, "reseau_id, region_id", "territories_reseau", "id, region_id", "sharecheck_reseau_same_region"),
        secure(
            TABLE,
            Policy("read_by_place_or_territory", "SELECT", f"({within('unit', 'site_id')} OR {within('tenant', 'territory_id')})"),
        ),
    ]
