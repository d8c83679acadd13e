"""The convention a dossier was submitted with: of the same territory, kept once the dossier has left."""

import django.db.models.deletion
from django.db import migrations, models

from spo_portal.kernel.tenancy.rls import same_tenant

DOSSIER = "labelling_labeldossier"
STAYS = """
CREATE FUNCTION labelling_labeldossier_convention() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'brouillon' AND NEW.convention_id IS DISTINCT FROM OLD.convention_id
        AND NOT EXISTS (SELECT 1 FROM labelling_labelcomplement k WHERE k.dossier_id = NEW.id
            AND 'pieces' = ANY (k.parts) AND k.answered_at IS NULL AND k.closed_at IS NULL) THEN
        RAISE EXCEPTION 'this part is closed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_part_closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dossier_convention BEFORE UPDATE OF convention_id ON labelling_labeldossier
    FOR EACH ROW EXECUTE FUNCTION labelling_labeldossier_convention();
"""
UNDO = """
DROP TRIGGER dossier_convention ON labelling_labeldossier;
DROP FUNCTION labelling_labeldossier_convention();
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0023_label_locks")]
    operations = [
        migrations.AddField(
            "labeldossier",
            "convention",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labelling.convention",
                verbose_name="convention",
            ),
        ),
        same_tenant(
            DOSSIER,
            "convention_id, territory_id",
            "labelling_convention",
            "id, territory_id",
            "labeldossier_convention_same_territory",
        ),
        migrations.RunSQL(STAYS, UNDO),
    ]
