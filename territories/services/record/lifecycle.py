"""A place opens, closes, opens again. It is never removed: its fiches, its label and its figures stay."""

import uuid
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Refused
from territories.access import Actor, require
from territories.enums import PartnerDirection, SiteChangeKind
from territories.models import Organisation, Reseau, Site, Territory
from territories.permissions import Perm
from territories.services.codes import site_code
from territories.services.record.edit import Record, checked, lock, save, shown, write
from territories.services.record.note import checked_text, note
from territories.services.record.origin import OPENED
from territories.services.search import fold

REASON_MAX = 300
# Said to the apps above: the label of a territory follows its places.
PLACE_OPENED, PLACE_CLOSED = "territories.place_opened", "territories.place_closed"


def open_place(
    *,
    by: Actor,
    territory: Territory,
    record: Record,
    reseau: Reseau | None,
    direction: str = "",
    partner_kind: str = "",
    kind: SiteChangeKind = SiteChangeKind.CREATED,
) -> Site:
    """Put a place in the directory: member of a network, or partner (then ``direction`` says which).

    Raises ``Refused`` outside the actor's territories, for a training body, or for a name already borne by
    an open place of the same commune.
    """
    require(by, Perm.CHECK_RECORD)
    return insert_place(
        by=by,
        territory=territory,
        record=record,
        reseau=reseau,
        direction=direction,
        partner_kind=partner_kind,
        kind=kind,
    )


def insert_place(
    *,
    by: Actor,
    territory: Territory,
    record: Record,
    reseau: Reseau | None,
    direction: str,
    partner_kind: str,
    kind: SiteChangeKind,
    code: str = "",
) -> Site:
    """The same for a service that has checked its own right (files of places); ``code`` when it is chosen."""
    if territory.pk not in by.scope.tenant:
        raise Refused("Ce territoire n’est pas dans votre périmètre.")
    if record.organisation.is_training_body:
        raise Refused("Un organisme de formation ne tient pas de lieu d’accueil.", "organisation")
    if reseau is None and direction not in set(PartnerDirection.values) - {""}:
        raise Refused("Choisissez le réseau du lieu, ou dites dans quel sens il est partenaire.", "reseau")
    if reseau is not None and reseau.region_id != territory.region_id:
        raise Refused("Choisissez un réseau de la région.", "reseau")
    with transaction.atomic():
        site = Site(
            region_id=territory.region_id,
            territory=territory,
            organisation=record.organisation,
            reseau=reseau,
            direction="" if reseau else direction,
            partner_kind="" if reseau else partner_kind[:40],
            reference_id=f"{OPENED}{uuid.uuid4()}",
            changed_at=timezone.now(),
        )
        record = checked(record, by=by, site=site)
        refuse_twin(by, territory, record)
        write(site, record)
        taken = Site.objects.visible_to(by).filter(territory=territory).values_list("code", flat=True)
        site.code = code or site_code(reseau.code if reseau else partner_kind or "PARTENAIRE", set(taken))
        try:
            with transaction.atomic():
                save(site, insert=True)
        except IntegrityError:
            raise Refused("Un autre lieu vient d’être ouvert sur ce territoire : recommencez.") from None
        filled = {name: ("", words) for name in vars(record) if (words := shown(name, record))}
        note(by=by, site=site, kind=kind, changes=filled)
        outbox.emit(PLACE_OPENED, tenant_id=territory.pk, payload={"site": site.pk})
    return site


def refuse_twin(by: Actor, territory: Territory, record: Record) -> None:
    """An open place of the same commune already bears this name."""
    commune = record.commune.pk if record.commune else None
    rows = Site.objects.visible_to(by).filter(territory=territory, commune_id=commune, active=True)
    if fold(record.name) in {fold(name) for name in rows.values_list("name", flat=True)}:
        raise Refused("Un lieu ouvert de cette commune porte déjà ce nom : complétez sa fiche.", "nom")


def close_place(*, by: Actor, site: Site, reason: str) -> Site:
    """The place receives nobody any more. It leaves the directory and the suggestions; nothing is removed."""
    return _turn(by, site, active=False, reason=reason)


def reopen_place(*, by: Actor, site: Site, reason: str) -> Site:
    """The place receives people again."""
    return _turn(by, site, active=True, reason=reason)


def _turn(by: Actor, site: Site, *, active: bool, reason: str) -> Site:
    require(by, Perm.CHECK_RECORD)
    if site.territory_id not in by.scope.tenant:
        raise Refused("Ce lieu n’est pas de votre territoire.")
    reason = checked_text(reason, field="motif", limit=REASON_MAX)
    if not reason:
        raise Refused("Écrivez pourquoi : le motif reste dans l’historique du lieu.", "motif")
    with transaction.atomic():
        locked = lock(by, site)
        if locked.active == active:
            return locked
        locked.active = active
        locked.version += 1
        locked.changed_at = timezone.now()
        locked.save(update_fields=["active", "version", "changed_at"])
        kind = SiteChangeKind.REOPENED if active else SiteChangeKind.CLOSED
        note(by=by, site=locked, kind=kind, reason=reason)
        outbox.emit(
            PLACE_OPENED if active else PLACE_CLOSED,
            tenant_id=locked.territory_id,
            payload={"site": locked.pk},
        )
    return locked


def organisation_named(
    *, by: Actor, name: str, known: Mapping[str, Organisation] | None = None
) -> Organisation:
    """The organisation of the region that bears this name, however typed; ``Refused`` when none does."""
    organisations = known if known is not None else organisations_of(by)
    found = organisations.get(fold(name))
    if found is None:
        raise Refused("Choisissez un organisme de la liste, écrit comme il y est.", "organisation")
    return found


def organisations_of(by: Actor) -> dict[str, Organisation]:
    """Organisations of the region that may hold a place, by their folded name, in the order of the list."""
    rows = Organisation.objects.visible_to(by).filter(region_id=by.region_id).order_by("name", "pk")
    return {fold(row.name): row for row in rows}
