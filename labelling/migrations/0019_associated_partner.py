"""Partenaires associés: one per place and day, kept by their territory, never a training body."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import F, Q

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

TABLE = "labelling_associatedpartner"
PUBLICS = ["tous", "scolaires", "etudiants", "jeunes", "demandeurs", "salaries", "alternants", "handicap", "createurs"]
REFUSED = f"""
CREATE FUNCTION labelling_partner_no_training_body() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    training boolean;
BEGIN
    PERFORM set_config('app.system', '1', true);
    SELECT o.is_training_body INTO training FROM territories_site s
        JOIN territories_organisation o ON o.id = s.organisation_id WHERE s.id = NEW.site_id;
    PERFORM set_config('app.system', before, true);
    -- A partnership begun before its organisation was known as a training body can still be ended.
    IF training AND (TG_OP = 'INSERT' OR NEW.until IS NULL OR NEW.site_id <> OLD.site_id) THEN
        RAISE EXCEPTION 'les organismes de formation ne font pas partie des partenaires associés : indépendance de toute prescription'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'partner_no_training_body';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION labelling_partner_no_training_body() FROM PUBLIC;
CREATE TRIGGER partner_no_training_body BEFORE INSERT OR UPDATE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION labelling_partner_no_training_body();
CREATE FUNCTION labelling_partner_ended_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.until IS NOT NULL OR NEW.site_id <> OLD.site_id OR NEW.territory_id <> OLD.territory_id OR NEW.since <> OLD.since THEN
        RAISE EXCEPTION 'what a partnership was stays' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'partner_ended_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER partner_ended_stays BEFORE UPDATE ON {TABLE}
    FOR EACH ROW WHEN (current_user = 'spo_web') EXECUTE FUNCTION labelling_partner_ended_stays();
"""  # noqa: S608 - our own constants
UNDO = """
DROP FUNCTION labelling_partner_no_training_body() CASCADE;
DROP FUNCTION labelling_partner_ended_stays() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0018_label_rules"), ("territories", "0012_site_record_security")]
    operations = [
        migrations.CreateModel(
            name="AssociatedPartner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("direction", models.CharField(choices=[("destinataire", "destinataire : les lieux lui envoient du public"), ("prescripteur", "prescripteur : il envoie du public"), ("les_deux", "destinataire et prescripteur")], max_length=12, verbose_name="sens")),
                ("motive", models.CharField(choices=[("hors_reseau", "Hors réseau"), ("lieu_non_eligible", "Lieu non éligible")], max_length=20, verbose_name="motif")),
                ("publics", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[("tous", "Tout public"), ("scolaires", "Scolaires et leurs parents"), ("etudiants", "Étudiants"), ("jeunes", "Jeunes de moins de 26 ans"), ("demandeurs", "Demandeurs d’emploi"), ("salaries", "Salariés"), ("alternants", "Alternants"), ("handicap", "Personnes en situation de handicap"), ("createurs", "Créateurs et repreneurs d’entreprise")], max_length=12), blank=True, db_default=[], default=list, size=None, verbose_name="publics reçus")),
                ("conditions", models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="conditions d’accueil")),
                ("convention_number", models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="numéro de la convention")),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="signée le")),
                ("convention_ends_on", models.DateField(blank=True, null=True, verbose_name="jusqu’au")),
                ("file_name", models.CharField(blank=True, db_default="", default="", max_length=120, verbose_name="nom du fichier")),
                ("content", models.BinaryField(null=True, verbose_name="convention signée")),
                ("sha256", models.CharField(blank=True, db_default="", default="", max_length=64, verbose_name="empreinte")),
                ("since", models.DateField(verbose_name="partenaire depuis le")),
                ("until", models.DateField(blank=True, null=True, verbose_name="dernier jour")),
                ("end_reason", models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="motif de la fin")),
                ("version", models.PositiveIntegerField(db_default=1, default=1, verbose_name="numéro d’enregistrement")),
                ("saved_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="enregistré le")),
                ("saved_by_id", models.BigIntegerField(null=True, verbose_name="enregistré par")),
                ("saved_by_label", models.CharField(max_length=240, verbose_name="par le rôle")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
                ("site", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="partnerships", to="territories.site", verbose_name="lieu")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.territory", verbose_name="territoire")),
            ],
            options={
                "verbose_name": "partenaire associé",
                "verbose_name_plural": "partenaires associés",
                "ordering": ["territory", "site__name", "-since"],
                "indexes": [models.Index(fields=["region", "territory", "until"], name="partner_territory")],
                "constraints": [
                    models.CheckConstraint(condition=Q(("direction__in", ["destinataire", "prescripteur", "les_deux"])), name="partner_direction"),
                    models.CheckConstraint(condition=Q(("motive__in", ["hors_reseau", "lieu_non_eligible"])), name="partner_motive"),
                    models.CheckConstraint(condition=Q(("publics__contained_by", PUBLICS)), name="partner_publics"),
                    models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="partner_dates"),
                    models.CheckConstraint(condition=Q(until__isnull=True, end_reason="") | (Q(until__isnull=False) & ~Q(end_reason="")), name="partner_end_says_why"),
                    models.CheckConstraint(condition=Q(convention_ends_on__isnull=True) | Q(signed_on__isnull=False, convention_ends_on__gte=F("signed_on")), name="partner_convention_dates"),
                    models.CheckConstraint(condition=Q(content__isnull=True, sha256="", file_name="") | (Q(content__isnull=False, signed_on__isnull=False) & ~Q(sha256="") & ~Q(file_name="")), name="partner_file_proved"),
                ],
            },
        ),
        same_tenant(TABLE, "site_id, territory_id", "territories_site", "id, territory_id", "partner_site_same_territory"),
        same_tenant(TABLE, "territory_id, region_id", "territories_territory", "id, region_id", "partner_territory_same_region"),
        migrations.RunSQL(
            f"ALTER TABLE {TABLE} ADD CONSTRAINT partner_one_in_force EXCLUDE USING gist"
            " (site_id WITH =, daterange(since, until, '[]') WITH &&);",
            f"ALTER TABLE {TABLE} DROP CONSTRAINT partner_one_in_force;",
        ),
        secure(
            TABLE,
            Policy("read_in_region", "SELECT", within("wide", "region_id")),
            Policy("added_by_territory", "INSERT", within("tenant", "territory_id")),
            Policy("kept_by_territory", "UPDATE", within("tenant", "territory_id")),
        ),
        migrations.RunSQL(REFUSED, UNDO),
    ]
