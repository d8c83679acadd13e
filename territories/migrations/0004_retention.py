"""Remember the notices of closing sent to unused accounts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("territories", "0003_share")]
    operations = [
        migrations.AddField(
            "user",
            "retention_notice",
            models.PositiveSmallIntegerField("préavis de fermeture", default=0, db_default=0),
        ),
        migrations.AddField("user", "retention_noticed_at", models.DateTimeField("préavis envoyé le", null=True)),
    ]
