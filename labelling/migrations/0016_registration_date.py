"""The date of a request comes with it: Django reads a default of the database back, and who asks reads nothing."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labelling', '0015_rules_keep_silent'),
    ]

    operations = [
        migrations.AlterField(
            model_name='amiregistration',
            name='asked_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='demandé le'),
        ),
    ]
