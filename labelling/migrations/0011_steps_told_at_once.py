"""A step told at once is read at once: its author reads back the row it has just written.

``told_at`` is the clock of the write, later than the transaction's own ``now()``: compared with it, the
porteur's own step was refused at INSERT … RETURNING.
"""

from django.db import migrations

READ = (
    "EXISTS (SELECT 1 FROM labelling_amiapplication a WHERE a.id = application_id AND (a.state <> 'brouillon'"
    " OR a.organisation_id = ANY ((SELECT nullif(current_setting('app.body', true), '')::bigint[])::bigint[])"
    " OR EXISTS (SELECT 1 FROM territories_share h"
    " WHERE h.user_id = (SELECT nullif(current_setting('app.person', true), '')::bigint)"
    " AND h.object_id = a.id::text AND h.organisation_id = a.organisation_id"
    " AND h.permission IN ('view_amiapplication', 'change_amiapplication') AND h.withdrawn_at IS NULL AND h.until > now()"
    " AND h.content_type_id = (SELECT t.id FROM django_content_type t"
    " WHERE t.app_label = 'labelling' AND t.model = 'amiapplication'))))"
)


class Migration(migrations.Migration):
    dependencies = [("labelling", "0010_decision_work_security")]
    operations = [
        migrations.RunSQL(
            f"ALTER POLICY read_once_told ON labelling_amistep USING (told_at IS NOT NULL AND {READ});",
            f"ALTER POLICY read_once_told ON labelling_amistep USING (told_at <= now() AND {READ});",
        )
    ]
