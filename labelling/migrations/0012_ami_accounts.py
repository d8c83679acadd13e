"""Requests for a porteur's account, co-writers named by address, and the links a public page may ask for."""

# ruff: noqa: S608 - our own constants
import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, has_token, same_tenant, secure, within

# A call that takes applications now, on the clock of the database, within its last second included.
OPEN_CALL = (
    "EXISTS (SELECT 1 FROM labelling_amicall c WHERE {which} AND c.state = 'ouvert' AND clock_timestamp() >= c.opens_at"
    " AND clock_timestamp() < date_trunc('second', c.closes_at) + interval '1 second')"
)
ASKED = OPEN_CALL.format(which="c.id = call_id AND c.region_id = labelling_amiregistration.region_id")
# Whoever opens the public page of an open call may be sent one link, for one new organisation and nothing else.
SELF = Policy(
    "asked_on_call",
    "INSERT",
    f"({has_token('token_hash')} AND role = 'porteur' AND organisation_name <> '' AND organisation_id IS NULL"
    " AND commission_id IS NULL AND site_id IS NULL AND territory_id IS NULL AND invited_by_id IS NULL"
    " AND accepted_at IS NULL AND withdrawn_at IS NULL AND "
    + OPEN_CALL.format(which="c.region_id = territories_invitation.region_id")
    + ")",
)
AWARD = within("award", "region_id")
BODY = f"EXISTS (SELECT 1 FROM labelling_amiapplication a WHERE a.id = application_id AND {within('body', 'a.organisation_id')})"


class Migration(migrations.Migration):
    dependencies = [
        ('labelling', '0011_steps_told_at_once'),
        ('territories', '0008_invite_bodies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AmiCowriter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='adresse électronique')),
                ('label', models.CharField(max_length=240, verbose_name='nom affiché')),
                ('right', models.CharField(choices=[('lire', 'Lire'), ('ecrire', 'Lire et modifier')], max_length=10, verbose_name='droit')),
                ('until', models.DateTimeField(verbose_name='jusqu’au')),
                ('named_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='nommé le')),
                ('named_by_id', models.BigIntegerField(verbose_name='nommé par')),
                ('membership_id', models.BigIntegerField(verbose_name='nommé au titre de')),
                ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='ouvert le')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='retiré le')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cowriters', to='labelling.amiapplication', verbose_name='dossier')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='territories.region', verbose_name='région')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='compte')),
            ],
            options={
                'verbose_name': 'corédacteur',
                'verbose_name_plural': 'corédacteurs',
                'ordering': ['application', 'named_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('right__in', ['lire', 'ecrire'])), name='amicowriter_right'), models.CheckConstraint(condition=models.Q(models.Q(('email', ''), ('user__isnull', False)), models.Q(('user__isnull', True), models.Q(('email', ''), _negated=True)), _connector='OR'), name='amicowriter_named_once'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('application', 'user', 'email'), name='amicowriter_one_open', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='AmiRegistration',
            fields=[
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name='clé')),
                ('organisation_name', models.CharField(max_length=160, verbose_name='nom écrit')),
                ('email', models.EmailField(max_length=254, verbose_name='adresse électronique')),
                ('display_name', models.CharField(max_length=80, verbose_name='fonction')),
                ('state', models.CharField(choices=[('attente', 'En attente'), ('approuvee', 'Invitation envoyée'), ('refusee', 'Refusée')], default='attente', max_length=10, verbose_name='état')),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='demandé le')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='réglé le')),
                ('settled_by_label', models.CharField(blank=True, default='', max_length=240, verbose_name='réglé par')),
                ('reason', models.CharField(blank=True, default='', max_length=400, verbose_name='motif du refus')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='registrations', to='labelling.amicall', verbose_name='appel')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territories.organisation', verbose_name='organisation')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='territories.region', verbose_name='région')),
            ],
            options={
                'verbose_name': 'demande de compte',
                'verbose_name_plural': 'demandes de compte',
                'ordering': ['asked_at', 'pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'attente')), fields=('region', 'organisation', 'email'), name='amiregistration_one_pending'), models.CheckConstraint(condition=models.Q(('state__in', ['attente', 'approuvee', 'refusee'])), name='amiregistration_state'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'attente')), models.Q(models.Q(('state', 'attente'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='amiregistration_settled'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'refusee'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='amiregistration_reason')],
            },
        ),
        same_tenant("labelling_amiregistration", "call_id, region_id", "labelling_amicall", "id, region_id", "amiregistration_call_same_region"),
        same_tenant("labelling_amiregistration", "organisation_id, region_id", "territories_organisation", "id, region_id", "amiregistration_body_same_region"),
        same_tenant("labelling_amicowriter", "application_id, region_id", "labelling_amiapplication", "id, region_id", "amicowriter_same_region"),
        secure(
            "labelling_amiregistration",
            Policy("asked_of_open_call", "INSERT", f"(state = 'attente' AND {ASKED})"),
            Policy("read_by_region", "SELECT", AWARD),
            Policy("settled_by_region", "UPDATE", AWARD),
        ),
        secure(
            "labelling_amicowriter",
            Policy("read_by_body", "SELECT", BODY),
            Policy("named_by_body", "INSERT", BODY),
            Policy("ended_by_body", "UPDATE", BODY),
        ),
        migrations.RunSQL(SELF.sql("territories_invitation"), "DROP POLICY asked_on_call ON territories_invitation;"),
    ]
