"""A rule that reads as the owner says nothing of a file its writer can't see: row security refuses alone.

Otherwise the sentence of the rule told a foreign file from a missing one, and in which state it was.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, is_person, same_tenant

RULES = ("assignment_holds", "sheet_holds", "finding_holds", "decision_holds", "item_is_instructed", "avis_holds")
EYE = "PERFORM set_config(''app.system'', ''1'', true);"
# The owner is under row security too, with the scope of whoever writes.
SILENT = (
    "IF TG_OP = ''INSERT'' AND NOT EXISTS (SELECT 1 FROM labelling_amiapplication WHERE id = NEW.application_id) THEN"
    " RETURN NEW; END IF; "
)

# A note is put on a line of the grid of its own call.
NOTED = (
    "EXISTS (SELECT 1 FROM labelling_amiscoresheet s JOIN labelling_amiapplication a ON a.id = s.application_id"
    " JOIN labelling_amigridcriterion g ON g.call_id = a.call_id"
    f" WHERE s.id = sheet_id AND g.id = grid_id AND {is_person('s.scorer_id')} AND s.given_at IS NULL)"
)
OWN_SHEET = (
    f"EXISTS (SELECT 1 FROM labelling_amiscoresheet s WHERE s.id = sheet_id AND {is_person('s.scorer_id')} AND s.given_at IS NULL)"
)


def notes(check: str) -> str:
    return (
        "DROP POLICY noted ON labelling_amiscore; DROP POLICY changed ON labelling_amiscore;"
        + Policy("noted", "INSERT", check).sql("labelling_amiscore")
        + Policy("changed", "UPDATE", OWN_SHEET, check).sql("labelling_amiscore")
    )


def rewrite(old: str, new: str) -> str:
    names = ", ".join(f"'labelling_{name}'" for name in RULES)
    return f"""
DO $do$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT oid, proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN ({names}) LOOP
        IF position('{old}' IN pg_get_functiondef(f.oid)) = 0 THEN
            RAISE EXCEPTION '% does not read as the owner', f.proname;
        END IF;
        EXECUTE replace(pg_get_functiondef(f.oid), '{old}', '{new}');
    END LOOP;
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0014_ami_locks")]
    operations = [
        migrations.RunSQL(rewrite(EYE, SILENT + EYE), rewrite(SILENT + EYE, EYE)),
        migrations.RunSQL(notes(NOTED), notes(OWN_SHEET)),
        same_tenant(
            "labelling_amicall", "copied_from_id, region_id", "labelling_amicall", "id, region_id", "amicall_copied_same_region"
        ),
    ]
