"""Fiches of the past, many at once: imported files and demonstration data go through here (domain § 3)."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from contacts import codes
from contacts.enums import Entry, Suite, SuiteSource
from contacts.models import FicheContact, ListVersion
from contacts.permissions import Perm
from contacts.querysets import FicheQuerySet
from contacts.services.fiche_checks import check_content, check_destinations
from contacts.services.fiches import FicheData, announce
from spo_portal.kernel import audit
from spo_portal.kernel.bulk import insert_rows
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import clean_text
from territories.access import Actor, require
from territories.models import Site


@dataclass(frozen=True, slots=True)
class PastFiche:
    """One contact already made. The same ``cle_idempotence`` at the same site is the same contact, kept once.

    ``created_at`` (aware) is when it was filled in, now by default. ``suite`` is its outcome if known:
    ``suite_at`` is then required, ``suite_site_id`` names the site that said it (None: the person did).
    """

    data: FicheData
    cle_idempotence: uuid.UUID
    created_at: datetime.datetime | None = None
    suite: str = ""
    suite_at: datetime.datetime | None = None
    suite_site_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastResult:
    """``created`` fiches are new, ``known`` ones were there before (their key says so) and did not change."""

    created: int
    known: int


class PastRefused(Refused):
    """One row breaks a rule: nothing at all was written. ``index`` is its rank among the rows, from 0."""

    def __init__(self, index: int, cause: Refused) -> None:
        super().__init__(str(cause), cause.field)
        self.index = index


class PastRules:
    """The rules of ``fiche_checks.check`` for many rows of one site: two queries whatever their number."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.versions = list(ListVersion.objects.for_region(site.region_id).order_by("-starts_on"))
        self.receivers = set(
            Site.objects.for_region(site.region_id)
            .can_be_suggested()
            .exclude(pk=site.pk)
            .values_list("pk", flat=True)
        )

    def version_on(self, day: datetime.date) -> ListVersion:
        """Lists in force on ``day``, the oldest ones before they existed."""
        if not self.versions:
            raise Refused("Les listes de la fiche ne sont pas encore chargées pour votre région.")
        return next((version for version in self.versions if version.starts_on <= day), self.versions[-1])

    def check(self, data: FicheData) -> ListVersion:
        """Version of the lists of this contact; raises ``Refused`` naming the field."""
        version = self.version_on(data.jour)
        check_content(data, version)
        check_destinations(data, site_id=self.site.pk, all_receive=self.receivers.issuperset)
        return version


def fiches_of(by: Actor, site: Site) -> FicheQuerySet:
    """Fiches of one site, for its own staff or for the system."""
    if by.scope.system:
        return FicheContact.objects.for_territory(site.territory_id).filter(site_id=site.pk)
    return FicheContact.objects.visible_to(by).filter(site_id=site.pk)


def known_keys(by: Actor, site: Site, keys: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these contacts the site has already."""
    wanted = list(keys)
    found: set[uuid.UUID] = set()
    for start in range(0, len(wanted), 5000):
        part = wanted[start : start + 5000]
        found |= set(
            fiches_of(by, site).filter(cle_idempotence__in=part).values_list("cle_idempotence", flat=True)
        )
    return found


def record_past_fiches(
    *, by: Actor, site: Site, rows: Sequence[PastFiche], entry: Entry = Entry.IMPORT, with_codes: bool = False
) -> PastResult:
    """Record many past contacts of ``site`` at once, all or none; a second run with the same keys changes
    nothing.

    ``by`` is the site's référent (who may import), or ``SYSTEM_ACTOR`` under the system scope for
    demonstration data. ``site`` needs its ``territory`` (``select_related``). Rules are those of a fiche
    typed today; the oldest day is ``first_countable_month``. References are numbered in the order of ``rows``
    with one counter update per year, one audit event, one outbox event per month touched. ``with_codes``
    gives a return code to re-oriented fiches of less than 90 days. Raises :class:`PastRefused` with the rank
    of the first row refused.
    """
    require(by, Perm.IMPORT_FICHES)
    if not by.scope.system and by.site_id != site.pk:
        raise PermissionDenied("Ces fiches appartiennent à un autre lieu.")
    rules = PastRules(site)
    checked: list[tuple[PastFiche, ListVersion]] = []
    for index, row in enumerate(rows):
        try:
            checked.append((row, rules.check(row.data)))
        except Refused as refused:
            raise PastRefused(index, refused) from None
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two imports of one file at once: the second waits, then finds every key there.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x1F1C, site.pk % 2**31])
        known = known_keys(by, site, (row.cle_idempotence for row, _ in checked))
        seen = set(known)
        fresh: list[tuple[PastFiche, ListVersion]] = []
        for row, version in checked:
            if row.cle_idempotence not in seen:
                seen.add(row.cle_idempotence)
                fresh.append((row, version))
        if fresh:
            _write(by, site, fresh, entry, with_codes)
    return PastResult(len(fresh), len(checked) - len(fresh))


def _write(
    by: Actor, site: Site, rows: list[tuple[PastFiche, ListVersion]], entry: Entry, with_codes: bool
) -> None:
    numbers = _reserve(site, Counter(row.data.jour.year for row, _ in rows))
    now = timezone.now()
    fiches, uuids = [], []
    for row, version in rows:
        year = row.data.jour.year
        numbers[year] += 1
        reference = f"{site.territory.short_code}-{site.code}-{year % 100:02d}-{numbers[year]:06d}"
        uuids.append(uuid.uuid4())
        fiches.append((uuids[-1], *_values(by, site, row, version, entry, reference, now)))
    ids = dict(insert_rows("contacts_fichecontact", FICHE, fiches, returning="cle_idempotence, id"))
    keys = [ids[row.cle_idempotence] for row, _ in rows]
    destinations = [
        (
            pk,
            site.region_id,
            site.pk,
            d.site_id,
            position,
            d.rdv_at,
            *((d.rdv_place, d.rdv_with) if d.rdv_at else ("", "")),
        )
        for pk, (row, _) in zip(keys, rows, strict=True)
        for position, d in enumerate(row.data.destinations, 1)
    ]
    insert_rows("contacts_fichedestination", DESTINATION, destinations)
    if with_codes:
        _give_codes(site, zip(keys, uuids, (row for row, _ in rows), strict=True), now)
    months = sorted({row.data.jour.replace(day=1) for row, _ in rows})
    audit.record(
        "contacts.fiches_imported", by=by, object_type="site", object_id=site.pk, tenant_id=site.territory_id,
        unit_id=site.pk, data={"entry": str(entry), "rows": len(rows),
        "months": [m.isoformat() for m in months]},
    )  # fmt: skip
    announce(site.territory_id, site.pk, *months)


FICHE = {
    "uuid": "uuid", "cle_idempotence": "uuid", "reference": "text",
    "territory_id": "bigint", "site_id": "bigint", "reseau_id": "bigint", "list_version_id": "bigint",
    "created_by_id": "bigint", "entry": "text", "jour": "date", "canal": "text", "sexe": "text",
    "age": "text", "statut": "smallint", "demandes": "smallint[]", "reponses": "smallint[]",
    "precisions": "text", "reoriented": "boolean", "created_at": "timestamptz",
    "suite": "text", "suite_at": "timestamptz", "suite_site_id": "bigint", "suite_source": "text",
}  # fmt: skip
DESTINATION = {
    "fiche_id": "bigint", "region_id": "bigint", "origin_id": "bigint", "site_id": "bigint",
    "position": "smallint", "rdv_at": "timestamptz", "rdv_place": "text", "rdv_with": "text",
}  # fmt: skip
CODE = {
    "fiche_id": "bigint", "origin_id": "bigint", "nonce": "smallint", "code_hash": "bytea",
    "expires_at": "timestamptz",
}  # fmt: skip


def _values(
    by: Actor,
    site: Site,
    row: PastFiche,
    version: ListVersion,
    entry: Entry,
    reference: str,
    now: datetime.datetime,
) -> tuple[object, ...]:
    """Values of one fiche, in the order of ``FICHE`` after its public identifier."""
    data, source = row.data, ""
    if row.suite:
        source = SuiteSource.SITE if row.suite_site_id else SuiteSource.PERSONNE
    return (
        row.cle_idempotence, reference, site.territory_id, site.pk, site.reseau_id, version.pk, by.user_id,
        str(entry),
        data.jour, data.canal, data.sexe, data.age, data.statut, _array(data.demandes), _array(data.reponses),
        clean_text(data.precisions), bool(data.destinations), row.created_at or now,
        str(Suite(row.suite)) if row.suite else "",
        row.suite_at if row.suite else None, row.suite_site_id if row.suite else None, str(source),
    )  # fmt: skip


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, sorted(set(numbers)))) + "}"


def _reserve(site: Site, wanted: Counter[int]) -> dict[int, int]:
    """Last number used before ours, per year: one counter update each, however many fiches."""
    before = {}
    with connection.cursor() as cursor:
        for year, count in sorted(wanted.items()):
            cursor.execute(
                "INSERT INTO contacts_referencecounter (site_id, year, last) VALUES (%s, %s, %s)"
                " ON CONFLICT (site_id, year) DO UPDATE SET last = contacts_referencecounter.last + "
                "excluded.last"
                " RETURNING last",
                [site.pk, year, count],
            )
            before[year] = int(cursor.fetchone()[0]) - count
    return before


def _give_codes(
    site: Site, fiches: Iterable[tuple[object, uuid.UUID, PastFiche]], now: datetime.datetime
) -> None:
    key, life = settings.CODE_KEY.encode(), datetime.timedelta(days=settings.RETURN_CODE_DAYS)
    # A collision (once in eighty billion draws) leaves a fiche without a code: nothing of the past is printed
    # again.
    rows = [
        (pk, site.pk, 0, codes.code_hash(key, codes.derive(key, public, 0)), (row.created_at or now) + life)
        for pk, public, row in fiches
        if row.data.destinations and (row.created_at or now) > now - life
    ]
    insert_rows("contacts_coderetour", CODE, rows, ignore=True)
