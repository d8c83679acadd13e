"""Use cases of the fiche: record, correct. Every contact counts; only a re-orientation gives a part to hand
over."""

import datetime
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from contacts import codes
from contacts.enums import Entry
from contacts.events import FICHE_CHANGED
from contacts.models import FicheContact, FicheDestination, ListVersion
from contacts.permissions import Perm
from contacts.services import saving
from contacts.services.fiche_checks import DESTINATIONS_MAX, check, check_precisions
from spo_portal.kernel import audit, outbox, rows
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import clean_text
from territories.access import Actor, require
from territories.models import Site

__all__ = [
    "DESTINATIONS_MAX",
    "DestinationData",
    "FicheData",
    "already_recorded",
    "announce",
    "check",
    "check_precisions",
    "code_of",
    "correct_fiche",
    "correctable_until",
    "desk_of",
    "give_code",
    "lists_on",
    "record_fiche",
    "version_mark",
]


@dataclass(frozen=True, slots=True)
class DestinationData:
    """A structure to contact, with the appointment if one was made (a time at least, or nothing)."""

    site_id: int
    rdv_at: datetime.datetime | None = None
    rdv_place: str = ""
    rdv_with: str = ""


@dataclass(frozen=True, slots=True)
class FicheData:
    """What the counsellor ticked. ``statut``, ``demandes`` and ``reponses`` are list numbers."""

    jour: datetime.date
    canal: str
    statut: int
    demandes: tuple[int, ...]
    reponses: tuple[int, ...] = ()
    sexe: str = ""
    age: str = ""
    precisions: str = ""
    destinations: tuple[DestinationData, ...] = ()


def lists_on(by: Actor, day: datetime.date) -> ListVersion:
    """Version of the lists in force in the actor's region on ``day`` (the oldest one for days before it)."""
    # Written once: every screen of the desk and every save ask for it.
    with rows.prepared() as cursor:
        cursor.execute(
            f"SELECT {rows.columns(ListVersion)} FROM contacts_listversion t"  # noqa: S608 - our own columns
            " WHERE t.region_id = ANY(%(wide)s::bigint[])"
            " ORDER BY t.starts_on <= %(day)s::date DESC,"
            " CASE WHEN t.starts_on <= %(day)s::date THEN t.starts_on END DESC, t.starts_on LIMIT 1",
            {"wide": list(by.scope.wide), "day": day},
        )
        found = cursor.fetchone()
    version = rows.instance(ListVersion, found) if found else None
    if version is None:
        raise Refused("Les listes de la fiche ne sont pas encore chargées pour votre région.")
    return version


def desk_of(by: Actor) -> Site:
    """The site where the actor works."""
    return Site.objects.visible_to(by).select_related("territory", "reseau", "region").get(pk=by.site_id)


def _writing_site(by: Actor) -> Site:
    """What saving needs of the actor's site, and no more: this is on the 150 ms path."""
    wanted = ("code", "region", "reseau", "territory", "territory__short_code")
    return Site.objects.visible_to(by).select_related("territory").only(*wanted).get(pk=by.site_id)


def record_fiche(
    *,
    by: Actor,
    data: FicheData,
    cle_idempotence: uuid.UUID,
    entry: Entry = Entry.ECRAN,
    version: ListVersion | None = None,
) -> tuple[FicheContact, bool]:
    """Record one contact once, whatever is clicked twice or replayed; return it and whether it is new.

    Writes the fiche, its destinations, the hash of its return code, the audit event and the outbox event in
    one
    transaction. Raises ``Refused`` (with the field) when a rule of the trade forbids it. ``version`` spares
    a query
    to a caller that already has the lists in force on ``data.jour``.
    """
    require(by, Perm.FILL_FICHE)
    try:
        version = version or lists_on(by, data.jour)
        check(by, data, version)
    except Refused:
        # A fiche once kept stays kept, even if the same send would be refused today.
        known = already_recorded(by=by, cle_idempotence=cle_idempotence)
        if known is None:
            raise
        return known, False
    with transaction.atomic(savepoint=False):
        kept = _kept(data)
        saved = saving.save(
            by=by, version_id=version.pk, kept=kept, destinations=data.destinations, key=cle_idempotence,
            entry=entry.value, with_code=bool(data.destinations) and entry == Entry.ECRAN,
        )  # fmt: skip
        if saved is None:
            return FicheContact.objects.visible_to(by).get(
                site_id=by.site_id, cle_idempotence=cle_idempotence
            ), False
        fiche = FicheContact(
            id=saved.id, uuid=saved.uuid, cle_idempotence=cle_idempotence, reference=saved.reference,
            territory_id=saved.territory_id, site_id=by.site_id, reseau_id=saved.reseau_id,
            list_version=version,
            created_by_id=by.user_id, created_at=saved.created_at, entry=entry, **kept,
        )  # fmt: skip
        fiche._state.adding, fiche._state.db = False, "default"
        if data.destinations and entry == Entry.ECRAN and not saved.coded:
            give_code(fiche)
    return fiche, True


def already_recorded(*, by: Actor, cle_idempotence: uuid.UUID) -> FicheContact | None:
    """The fiche this key already gave at the actor's site, if any."""
    return (
        FicheContact.objects.visible_to(by)
        .filter(site_id=by.site_id, cle_idempotence=cle_idempotence)
        .first()
    )


def _kept(data: FicheData) -> dict[str, object]:
    return {
        "jour": data.jour,
        "canal": data.canal,
        "sexe": data.sexe,
        "age": data.age,
        "statut": data.statut,
        "demandes": sorted(set(data.demandes)),
        "reponses": sorted(set(data.reponses)),
        "precisions": clean_text(data.precisions),
        "reoriented": bool(data.destinations),
    }


def _add_destinations(fiche: FicheContact, site: Site, data: FicheData) -> None:
    if data.destinations:
        FicheDestination.objects.bulk_create(
            FicheDestination(
                fiche=fiche,
                region_id=site.region_id,
                origin_id=site.pk,
                site_id=d.site_id,
                position=position,
                rdv_at=d.rdv_at,
                rdv_place=d.rdv_place if d.rdv_at else "",
                rdv_with=d.rdv_with if d.rdv_at else "",
            )
            for position, d in enumerate(data.destinations, 1)
        )


def give_code(fiche: FicheContact) -> str:
    """Store the keyed hash of the fiche's return code for 90 days; return the code, never stored itself."""
    key = settings.CODE_KEY.encode()
    for nonce in range(8):
        code = codes.derive(key, fiche.uuid, nonce)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO contacts_coderetour (fiche_id, origin_id, nonce, code_hash, expires_at)"
                " VALUES (%s, %s, %s, %s, now() + make_interval(days => %s))"
                " ON CONFLICT (code_hash) DO NOTHING",
                [fiche.pk, fiche.site_id, nonce, codes.code_hash(key, code), settings.RETURN_CODE_DAYS],
            )
            if cursor.rowcount == 1:
                return code
    raise RuntimeError("No free return code after eight draws.")


def code_of(fiche: FicheContact) -> str | None:
    """The fiche's return code, derived again; None once its hash has been wiped."""
    found = fiche.code if hasattr(fiche, "code") else None
    return codes.derive(settings.CODE_KEY.encode(), fiche.uuid, found.nonce) if found else None


def announce(territory_id: int, site_id: int, *days: datetime.date) -> None:
    """Ask for the figures of each month touched to be counted again."""
    for month in sorted({day.replace(day=1) for day in days}):
        outbox.emit(
            FICHE_CHANGED, tenant_id=territory_id, payload={"site": site_id, "month": month.isoformat()}
        )


def correctable_until(fiche: FicheContact) -> datetime.datetime:
    """A fiche can be corrected for 24 hours after it was recorded (domain § 2)."""
    return fiche.created_at + datetime.timedelta(hours=settings.CORRECTION_HOURS)


def correct_fiche(*, by: Actor, fiche: FicheContact, data: FicheData, seen_at: str = "") -> FicheContact:
    """Correct a fiche of the site within 24 hours; the audit keeps which fields changed, not what they said.

    ``seen_at`` is the version the form showed: someone else's correction in between raises ``Conflict``.
    """
    require(by, Perm.FILL_FICHE)
    with transaction.atomic():
        locked = (
            FicheContact.objects.visible_to(by)
            .select_for_update(of=("self",))
            .select_related("list_version")
            .get(pk=fiche.pk)
        )
        if timezone.now() > correctable_until(locked):
            raise Refused("Le délai de correction de 24 heures est passé.")
        if seen_at and seen_at != version_mark(locked):
            raise Conflict(
                "Cette fiche vient d’être corrigée par quelqu’un d’autre. Relisez-la avant de recommencer."
            )
        check(by, data, locked.list_version)
        if locked.suite and not data.destinations:
            raise Refused(
                "La structure a déjà répondu : gardez au moins une structure à contacter.", "destinations"
            )
        before, first_day = _snapshot(by, locked), locked.jour
        for name, value in _kept(data).items():
            setattr(locked, name, value)
        locked.updated_at = timezone.now()
        locked.save()
        FicheDestination.objects.visible_to(by).filter(fiche=locked).delete()
        site = _writing_site(by)
        _add_destinations(locked, site, data)
        _keep_code_in_step(by, locked)
        changed = sorted(name for name, value in _snapshot(by, locked).items() if value != before[name])
        audit.record(
            "contacts.fiche_corrected",
            by=by,
            object_type="fiche",
            object_id=locked.pk,
            tenant_id=locked.territory_id,
            unit_id=locked.site_id,
            data={"fields": changed},
        )
        announce(locked.territory_id, locked.site_id, first_day, locked.jour)
    return locked


def _keep_code_in_step(by: Actor, fiche: FicheContact) -> None:
    from contacts.models import CodeRetour

    stored = CodeRetour.objects.visible_to(by).filter(fiche=fiche)
    if not fiche.reoriented:
        stored.delete()
    elif fiche.entry == Entry.ECRAN and not stored.exists():
        give_code(fiche)


def version_mark(fiche: FicheContact) -> str:
    return (fiche.updated_at or fiche.created_at).isoformat()


def _snapshot(by: Actor, fiche: FicheContact) -> dict[str, object]:
    destinations = [
        (d.site_id, d.rdv_at, d.rdv_place, d.rdv_with)
        for d in FicheDestination.objects.visible_to(by).filter(fiche=fiche).order_by("position")
    ]
    names = ("jour", "canal", "sexe", "age", "statut", "demandes", "reponses", "precisions")
    return {name: getattr(fiche, name) for name in names} | {"destinations": destinations}
