"""Files of places that wait for a decision; organisations named by those who keep the directory."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import Policy, same_tenant, secure, within

TABLE, BODIES = "territories_directoryimport", "territories_organisation"
OWN = f"({within('tenant', 'territory_id')} OR (territory_id IS NULL AND {within('lead', 'region_id')}))"
OF_MY_TERRITORIES = (
    f"(NOT is_training_body AND EXISTS (SELECT 1 FROM territories_territory t WHERE t.region_id = {BODIES}.region_id"  # noqa: S608 - our own constants
    f" AND {within('tenant', 't.id')}))"
)
# Whether it is a training body is the only thing the web says of an organisation that exists.
STAYS = f"""
CREATE FUNCTION territories_organisation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'is_training_body') IS DISTINCT FROM (to_jsonb(OLD) - 'is_training_body') THEN
        RAISE EXCEPTION 'an organisation keeps its name' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'organisation_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER organisation_stays BEFORE UPDATE ON {BODIES}
    FOR EACH ROW WHEN (current_user = 'spo_web') EXECUTE FUNCTION territories_organisation_stays();
"""
POLICIES = (
    Policy("added_by_keepers", "INSERT", OF_MY_TERRITORIES),
    Policy("kind_said_by_lead", "UPDATE", within("lead", "region_id")),
)


class Migration(migrations.Migration):
    dependencies = [("territories", "0014_search")]
    operations = [
        migrations.CreateModel(
            name="DirectoryImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="nom du fichier")),
                ("content", models.BinaryField(null=True, verbose_name="contenu")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="lignes")),
                ("uploaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="déposé le")),
                ("uploaded_by_id", models.BigIntegerField(null=True, verbose_name="déposé par")),
                ("uploaded_by_label", models.CharField(max_length=240, verbose_name="par le rôle")),
                ("imported_at", models.DateTimeField(null=True, verbose_name="importé le")),
                ("created", models.PositiveIntegerField(default=0, verbose_name="lieux créés")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="lieux modifiés")),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="territories.region", verbose_name="région")),
                ("territory", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="territories.territory", verbose_name="territoire")),
            ],
            options={
                "verbose_name": "fichier de lieux",
                "verbose_name_plural": "fichiers de lieux",
                "ordering": ["-uploaded_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(imported_at__isnull=True) | models.Q(content__isnull=True), name="directoryimport_erased")
                ],
            },
        ),
        same_tenant(TABLE, "territory_id, region_id", "territories_territory", "id, region_id", "directoryimport_territory_same_region"),
        secure(TABLE, Policy("own_files", "ALL", OWN)),
        migrations.RunSQL(
            "".join(policy.sql(BODIES) for policy in POLICIES),
            "".join(f"DROP POLICY {policy.name} ON {BODIES};" for policy in POLICIES),
        ),
        migrations.RunSQL(STAYS, "DROP FUNCTION territories_organisation_stays() CASCADE;"),
    ]
