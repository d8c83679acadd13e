"""A rule of the label speaks to those it is open to: to a stranger, row security speaks first.

The triggers read as the owner. Before the policies, they told anybody in SQL where a convention stood.
"""

from django.db import migrations

PARTS = (
    ("part_is_open", "BEFORE INSERT OR UPDATE", "labelling_conventionparty", "convention_part_is_open"),
    ("part_is_open", "BEFORE INSERT OR UPDATE", "labelling_conventionsignatory", "convention_part_is_open"),
    ("convention_text_kept", "BEFORE INSERT", "labelling_conventiontext", "convention_text_kept"),
)
DOSSIER = ("dossier_starts", "BEFORE INSERT", "labelling_labeldossier", "labeldossier_starts")
SIGNATURE = ("signature_holds", "BEFORE INSERT", "labelling_conventionsignature", "convention_signature_holds")
# Asked with the rights of who writes: the row of a link is read by its holder alone.
HOLDS = """
CREATE FUNCTION labelling_holds_link(key bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM labelling_conventionsignatory k WHERE k.id = key
        AND k.token_hash = nullif(current_setting('app.token', true), ''))
$$;
"""


def made(trigger: tuple[str, str, str, str], condition: str = "") -> str:
    name, when, table, function = trigger
    asked = f" WHEN (current_user <> 'spo_web' OR {condition})" if condition else ""
    return (
        f"DROP TRIGGER {name} ON {table};"
        f" CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW{asked} EXECUTE FUNCTION labelling_{function}();\n"
    )


TENANT, LINK = "labelling_scope_has('tenant', NEW.territory_id)", "labelling_holds_link(NEW.signatory_id)"
AGAIN = HOLDS + "".join(made(one, TENANT) for one in (*PARTS, DOSSIER)) + made(SIGNATURE, LINK)
BEFORE = "".join(made(one) for one in (*PARTS, DOSSIER, SIGNATURE)) + "DROP FUNCTION labelling_holds_link(bigint);"


class Migration(migrations.Migration):
    dependencies = [("labelling", "0026_label_roles")]
    operations = [migrations.RunSQL(AGAIN, BEFORE)]
