"""States of the worker: cells filled, sites seen, releases to build again, checks made."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

OWN_AREA = f"({within('tenant', 'territory_id')} OR {within('unit', 'site_id')})"


def of_the_site(table: str) -> migrations.RunSQL:
    name = f"{table.removeprefix('dashboards_')}_site_same_territory"
    return same_tenant(table, "site_id, territory_id", "territories_site", "id, territory_id", name)


class Migration(migrations.Migration):
    dependencies = [('dashboards', '0007_annual_report_security')]

    operations = [
        migrations.CreateModel(
            name='CheckRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='date')),
                ('cells', models.PositiveIntegerField(verbose_name='cases recomptées')),
                ('differences', models.PositiveIntegerField(verbose_name='écarts')),
            ],
            options={
                'verbose_name': 'contrôle des chiffres',
                'verbose_name_plural': 'contrôles des chiffres',
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='SiteState',
            fields=[
                ('site', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='territories.site', verbose_name='lieu')),
                ('last_jour', models.DateField(null=True, verbose_name='dernier contact')),
                ('last_entry_at', models.DateTimeField(null=True, verbose_name='dernière saisie')),
                ('filled_at', models.DateTimeField(verbose_name='compté le')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='territories.territory', verbose_name='territoire')),
            ],
            options={
                'verbose_name': 'état d’un lieu',
                'verbose_name_plural': 'états des lieux',
            },
        ),
        migrations.CreateModel(
            name='CellState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='mois')),
                ('filled_at', models.DateTimeField(verbose_name='compté le')),
                ('changes_after_close', models.PositiveIntegerField(default=0, verbose_name='changements après clôture')),
                ('changed_at', models.DateTimeField(null=True, verbose_name='dernier changement après clôture')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='territories.site', verbose_name='lieu')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='territories.territory', verbose_name='territoire')),
            ],
            options={
                'verbose_name': 'état d’une case',
                'verbose_name_plural': 'états des cases',
                'indexes': [models.Index(fields=['filled_at'], name='cellstate_filled'), models.Index(condition=models.Q(('changes_after_close__gt', 0)), fields=['territory', 'month'], name='cellstate_corrected')],
                'constraints': [models.UniqueConstraint(fields=('site', 'month'), name='cellstate_cell'), models.CheckConstraint(condition=models.Q(models.Q(('changed_at__isnull', True), ('changes_after_close', 0)), models.Q(('changed_at__isnull', False), ('changes_after_close__gt', 0)), _connector='OR'), name='cellstate_change_dated')],
            },
        ),
        migrations.CreateModel(
            name='ReleaseMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='année')),
                ('version', models.BigIntegerField(default=1, verbose_name='version des chiffres')),
                ('inside', models.BigIntegerField(default=0, verbose_name='version publiée aux équipes')),
                ('outside', models.BigIntegerField(default=0, verbose_name='version publiée à tous')),
                ('outside_at', models.DateTimeField(null=True, verbose_name='publiée à tous le')),
                ('changed_at', models.DateTimeField(verbose_name='chiffres changés le')),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='territories.site', verbose_name='lieu')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='territories.territory', verbose_name='territoire')),
            ],
            options={
                'verbose_name': 'publication à refaire',
                'verbose_name_plural': 'publications à refaire',
                'indexes': [models.Index(condition=models.Q(('inside__lt', models.F('version'))), fields=['changed_at'], name='mark_stale'), models.Index(condition=models.Q(('outside__lt', models.F('version')), ('site__isnull', True)), fields=['outside_at'], name='mark_stale_outside')],
                'constraints': [models.UniqueConstraint(fields=('territory', 'site', 'year'), name='mark_area_year', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('inside__lte', models.F('version')), ('outside__lte', models.F('version'))), name='mark_not_ahead')],
            },
        ),
        of_the_site("dashboards_cellstate"),
        of_the_site("dashboards_sitestate"),
        of_the_site("dashboards_releasemark"),
        secure("dashboards_cellstate", Policy("own_area", "SELECT", OWN_AREA)),
        secure("dashboards_sitestate", Policy("own_area", "SELECT", OWN_AREA)),
        secure(
            "dashboards_releasemark",
            Policy("read_in_region", "SELECT", "EXISTS (SELECT 1 FROM territories_territory t WHERE t.id = territory_id)"),
        ),
    ]
