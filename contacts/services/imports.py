"""Files of past fiches between their dry run and a decision: kept all or none (domain § 3)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from contacts.models import ImportFile
from contacts.permissions import Perm
from contacts.services.past import PastFiche, PastResult, record_past_fiches
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict
from spo_portal.kernel.privacy import clean_text
from spo_portal.kernel.transfer import CellError, Row
from territories.access import Actor, require
from territories.models import Site


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the dry run: its row, the contact, and whether the site has it already."""

    row: Row
    fiche: PastFiche
    known: bool


@dataclass(slots=True)
class DryRun:
    """What would happen: nothing was written. One error anywhere and nothing can be imported."""

    lines: list[Line] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    total: int = 0

    @property
    def new(self) -> int:
        return sum(not line.known for line in self.lines)

    @property
    def known(self) -> int:
        return sum(line.known for line in self.lines)

    @property
    def refused(self) -> int:
        return len({error.line for error in self.errors})


def deposit(*, by: Actor, site: Site, name: str, kept: bytes, rows: int) -> ImportFile:
    """Have a good file wait for a decision. ``kept`` is what the portal wrote of it, never the file as it
    came.

    An unknown column, another sheet or the properties of a workbook may name someone: only the columns of the
    model are kept, until the import, and 30 days at most.
    """
    require(by, Perm.IMPORT_FICHES)
    return ImportFile.objects.create(
        site=site,
        name=_name(name),
        content=kept,
        sha256=hashlib.sha256(kept).hexdigest(),
        rows=rows,
        uploaded_by_id=by.user_id,
    )


def _name(name: str) -> str:
    try:
        return clean_text(name)[:120] or "fichier"
    except ValueError:
        return "fichier"


def confirm(*, by: Actor, site: Site, file: ImportFile, rows: Sequence[PastFiche]) -> PastResult:
    """Import a waiting file (``rows`` are its content), all or nothing; the content is erased at once."""
    require(by, Perm.IMPORT_FICHES)
    with transaction.atomic():
        waiting = ImportFile.objects.visible_to(by).select_for_update().get(pk=file.pk)
        if waiting.imported_at is not None or waiting.content is None:
            raise Conflict("Ce fichier est déjà importé.")
        result = record_past_fiches(by=by, site=site, rows=rows)
        waiting.imported_at, waiting.content = timezone.now(), None
        waiting.save(update_fields=["imported_at", "content"])
        audit.record(
            "contacts.file_imported",
            by=by,
            object_type="importfile",
            object_id=waiting.uuid,
            tenant_id=site.territory_id,
            unit_id=site.pk,
            data={"created": result.created, "known": result.known},
        )
    return result


def drop(*, by: Actor, file: ImportFile) -> None:
    """Give up a waiting file: it is erased."""
    require(by, Perm.IMPORT_FICHES)
    ImportFile.objects.visible_to(by).filter(pk=file.pk, imported_at__isnull=True).delete()
