"""A file of places from its deposit to its import: read first, decided on its page, written with a trace."""

import hashlib
import json
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from spo_portal.kernel import audit, outbox, sheets
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import clean_text
from spo_portal.kernel.sheets import Sheet
from territories.access import Actor, require
from territories.enums import SiteChangeKind
from territories.models import DirectoryImport, Site, SiteService, Territory
from territories.permissions import Perm
from territories.services.exchange.lines import CHANGED, CREATED, Line, Plan
from territories.services.exchange.plan import make_plan
from territories.services.hours import Rows, write_week
from territories.services.organisations import add_organisation
from territories.services.record.edit import MOVED, Record, save, write
from territories.services.record.lifecycle import insert_place
from territories.services.record.note import checked_text, note

REASON_MAX = 300
STALE = "L’annuaire a changé depuis votre lecture de cette page. Vérifiez de nouveau avant d’enregistrer."


@dataclass(frozen=True, slots=True)
class Done:
    """How many places a file made and changed."""

    created: int
    changed: int


def territory_of(by: Actor) -> Territory | None:
    """The territory a file is for: the coordinator's own, all of the region for who runs it."""
    if by.territory_id is None:
        return None
    return Territory.objects.visible_to(by).get(pk=by.territory_id)


def read(content: bytes) -> Sheet:
    """A table of text out of a deposited file; raises ``Refused`` (field ``fichier``) for anything else."""
    return sheets.read(
        content, max_rows=settings.IMPORT_MAX_ROWS, max_bytes=settings.UPLOAD_MAX_BYTES, sheet="lieux"
    )


def deposit(*, by: Actor, name: str, content: bytes) -> DirectoryImport:
    """Have a file wait for a decision. Only the text of its table is kept, 30 days at most (domain § 10)."""
    require(by, Perm.IMPORT_DIRECTORY)
    sheet = read(content)
    territory = territory_of(by)
    # Its columns are refused here, before anything is kept.
    make_plan(by, sheet, territory)
    kept = json.dumps([sheet.headers, sheet.rows], ensure_ascii=False).encode()
    row = DirectoryImport(
        region_id=by.region_id,
        territory=territory,
        name=_name(name),
        content=kept,
        sha256=hashlib.sha256(content).hexdigest(),
        rows=len(sheet.rows),
        uploaded_by_id=by.user_id,
        uploaded_by_label=by.label[:240],
    )
    row.save(force_insert=True)
    return row


def _name(name: str) -> str:
    try:
        return clean_text(name)[:120] or "fichier"
    except ValueError:
        return "fichier"


def plan_of(by: Actor, file: DirectoryImport) -> Plan:
    """What a waiting file would do now."""
    require(by, Perm.IMPORT_DIRECTORY)
    headers, rows = json.loads(bytes(file.content or b"[[], []]"))
    sheet = Sheet(tuple(headers), tuple((number, tuple(cells)) for number, cells in rows))
    return make_plan(by, sheet, file.territory)


def confirm(*, by: Actor, file: DirectoryImport, seen: str, reason: str = "") -> Done:
    """Write the good lines of a waiting file, all of them or none; the refused ones are left aside.

    ``seen`` is the mark of the plan that was read: raises ``Conflict`` when the directory changed since, and
    ``Refused`` (field ``motif``) when hours go under 50 % without an appointment and nobody says why.
    """
    require(by, Perm.IMPORT_DIRECTORY)
    reason = checked_text(reason, field="motif", limit=REASON_MAX)
    with transaction.atomic():
        waiting = DirectoryImport.objects.visible_to(by).select_for_update(of=("self",)).get(pk=file.pk)
        if waiting.imported_at is not None or waiting.content is None:
            raise Conflict("Ce fichier est déjà importé.")
        plan = plan_of(by, waiting)
        keys = [line.site.pk for line in plan.of(CHANGED) if line.site]
        # Held from here on; the plan is made again from rows that can't move any more.
        list(
            Site.objects.visible_to(by)
            .select_for_update(of=("self",))
            .filter(pk__in=keys)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        plan = plan_of(by, waiting)
        if plan.mark != seen:
            raise Conflict(STALE)
        if plan.asks_why and not reason:
            raise Refused(
                "Des horaires passent sous 50 % sans rendez-vous : écrivez pourquoi avant d’enregistrer.",
                "motif",
            )
        for line in plan.lines:
            if line.status == CREATED:
                _create(by, line, reason, waiting)
            elif line.status == CHANGED:
                _change(by, line, reason, waiting)
        done = Done(plan.created, plan.changed)
        waiting.imported_at, waiting.content = timezone.now(), None
        waiting.created, waiting.changed = done.created, done.changed
        waiting.save(update_fields=["imported_at", "content", "created", "changed"])
        audit.record(
            "territories.directory_imported",
            by=by,
            object_type="directoryimport",
            object_id=waiting.pk,
            tenant_id=waiting.territory_id,
            data={
                "crees": done.created, "modifies": done.changed, "refuses": plan.refused,
                "sha256": waiting.sha256,
            },
        )  # fmt: skip
    return done


def _why(line: Line, reason: str, file: DirectoryImport) -> str:
    """What the history says beside the fields: the file, and the decision when one was asked."""
    return f"Fichier {file.name}. {reason if line.asks_why else ''}".strip()[:300]


def _held(by: Actor, record: Record) -> Record:
    """The record with an organisation that exists: the one of the file is made when it is new."""
    if record.organisation.pk is not None:
        return record
    return replace(record, organisation=add_organisation(by=by, name=record.organisation.name))


def _create(by: Actor, line: Line, reason: str, file: DirectoryImport) -> None:
    assert line.record is not None and line.territory is not None  # noqa: S101, PT018 - said by its status
    record = _held(by, line.record)
    site = insert_place(
        by=by,
        territory=line.territory,
        record=record,
        reseau=line.reseau,
        direction=line.direction,
        partner_kind=line.extra.get("partner_kind", ""),
        kind=SiteChangeKind.IMPORTED,
        code=line.code,
    )
    if line.extra.get("hours_note"):
        site.hours_note = line.extra["hours_note"]
        site.save(update_fields=["hours_note"])
    _write_rest(by, site, line)
    if line.week is not None or line.grid:
        told = {name: values for name, values in line.changes.items() if name not in vars(record)}
        note(by=by, site=site, kind=SiteChangeKind.IMPORTED, changes=told, reason=_why(line, reason, file))


def _change(by: Actor, line: Line, reason: str, file: DirectoryImport) -> None:
    assert line.record is not None and line.site is not None  # noqa: S101, PT018 - said by its status
    site, record = line.site, _held(by, line.record)
    write(site, record)
    for key, value in line.extra.items():
        setattr(site, key, value)
    site.version += 1
    site.changed_at = timezone.now()
    save(site)
    _write_rest(by, site, line)
    note(
        by=by, site=site, kind=SiteChangeKind.IMPORTED, changes=line.changes, reason=_why(line, reason, file)
    )
    if line.changes.keys() & {"address", "commune"}:
        outbox.emit(MOVED, tenant_id=site.territory_id, payload={"site": site.pk})


def _write_rest(by: Actor, site: Site, line: Line) -> None:
    """Hours and services, when the file changes them."""
    if line.week is not None:
        write_week(site, line.week, rows=Rows(by), since=timezone.localdate())
    if line.grid is not None:
        rows = SiteService.objects.visible_to(by).filter(site=site, item__active=True)
        rows.delete()
        SiteService.objects.bulk_create(
            SiteService(region_id=site.region_id, site=site, item_id=pk, mode=one.mode, who=one.who)
            for pk, one in line.grid.items()
        )


def drop(*, by: Actor, file: DirectoryImport) -> None:
    """Give up a waiting file: it is erased."""
    require(by, Perm.IMPORT_DIRECTORY)
    DirectoryImport.objects.visible_to(by).filter(pk=file.pk, imported_at__isnull=True).delete()
