"""A place shared by the networks of a bassin bears the Region's sign (AMI §2)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("territories", "0009_share_lock")]
    operations = [
        migrations.AddField(
            "site",
            "shared_place",
            models.BooleanField(db_default=False, default=False, verbose_name="lieu mutualisé"),
        )
    ]
