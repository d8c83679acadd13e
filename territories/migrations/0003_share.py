"""Dated shares of one object, with their row-level security."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, is_person, same_tenant, secure, within


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("territories", "0002_security"),
    ]
    operations = [
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_id", models.CharField(max_length=64, verbose_name="objet")),
                ("permission", models.CharField(max_length=100, verbose_name="droit")),
                ("granted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="accordé le")),
                ("granted_by_id", models.BigIntegerField(verbose_name="accordé par")),
                ("until", models.DateTimeField(verbose_name="jusqu’au")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="retiré le")),
                ("content_type", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="contenttypes.contenttype", verbose_name="nature de l’objet")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
                ("territory", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="territories.territory", verbose_name="territoire")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="shares", to=settings.AUTH_USER_MODEL, verbose_name="compte")),
            ],
            options={
                "verbose_name": "partage",
                "verbose_name_plural": "partages",
                "ordering": ["-granted_at", "-id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("until__gt", models.F("granted_at"))), name="share_dates"),
                    models.UniqueConstraint(condition=models.Q(("withdrawn_at__isnull", True)), fields=("user", "content_type", "object_id", "permission"), name="share_one_open"),
                ],
            },
        ),
        same_tenant("territories_share", "territory_id, region_id", "territories_territory", "id, region_id", "share_territory_same_region"),
        secure(
            "territories_share",
            Policy("own_shares", "SELECT", is_person("user_id")),
            Policy("own_area", "ALL", f"({within('tenant', 'territory_id')} OR {within('lead', 'region_id')})"),
        ),
    ]
