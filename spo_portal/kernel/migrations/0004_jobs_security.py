"""Jobs and generated files belong to one account: row-level security on the person axis."""

from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, is_person, secure

# A megabyte at most per row keeps memory flat; what is stored is compressed already, or read once.
CHUNKS = """
ALTER TABLE kernel_filechunk ADD CONSTRAINT file_chunk_size CHECK (octet_length(content) BETWEEN 1 AND 1048576);
ALTER TABLE kernel_filechunk ALTER COLUMN content SET STORAGE EXTERNAL;
"""
# Expired is gone at once, before the purge has passed; unfinished is not there yet.
READABLE = f"{is_person('person_id')} AND completed_at IS NOT NULL AND expires_at > now()"
OF_OWN_FILE = "EXISTS (SELECT 1 FROM kernel_generatedfile f WHERE f.id = file_id)"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_jobs")]
    operations = [
        migrations.RunSQL(CHUNKS, "ALTER TABLE kernel_filechunk DROP CONSTRAINT file_chunk_size;"),
        secure("kernel_generatedfile", Policy("read_own", "SELECT", READABLE)),
        secure("kernel_filechunk", Policy("read_own", "SELECT", OF_OWN_FILE)),
        secure(
            "kernel_job",
            Policy("read_own", "SELECT", is_person("person_id")),
            Policy("ask_own", "INSERT", is_person("person_id")),
            Policy("cancel_or_retry_own", "UPDATE", is_person("person_id")),
        ),
    ]
