"""Row-level security of the kernel's tables, extensions and the cache table (sessions' throttling lives there)."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, is_person, secure, within

CACHE = """
CREATE TABLE kernel_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX kernel_cache_expires ON kernel_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        migrations.RunSQL(CACHE, "DROP TABLE kernel_cache;"),
        secure(
            "kernel_auditevent",
            Policy("written_by_all", "INSERT", "true"),
            Policy(
                "read_in_own_area",
                "SELECT",
                f"({within('tenant', 'tenant_id')} OR {within('unit', 'unit_id')} OR {is_person('actor_id')})",
            ),
        ),
        secure("kernel_outboxevent", Policy("written_by_all", "INSERT", "true"), Policy("read_in_own_area", "SELECT", within("tenant", "tenant_id"))),
    ]
