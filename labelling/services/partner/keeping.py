"""A partnership begins, changes and ends; the directory follows it (GUIDE, « Partenaires Associés »; PART-1).

The one place where three facts are kept in step: the partnership, ``Site.direction`` (what the suggestions
read) and the label. A place of no network is in the directory because it is a partner: it leaves it when the
partnership ends. A network's place stays; only the préfet's decision makes it labelled or associated
(``recording``): a partnership may be noted before, and a labelled place can't be a partner.
"""

import datetime
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.enums_ami import FileKind
from labelling.enums_label import AssociationMotive
from labelling.models import AssociatedPartner, Labellisation
from labelling.permissions import Perm
from labelling.services.attachments import safe_name
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import plain_date
from territories.access import Actor, require
from territories.enums import PartnerDirection, SiteChangeKind, SitePublic
from territories.models import Site
from territories.services.brochure import inspect_pdf
from territories.services.record.lifecycle import close_place, reopen_place
from territories.services.record.note import checked_text, note

TRAINING = (
    "Les organismes de formation ne font pas partie des partenaires associés : indépendance de toute "
    "prescription."
)
FILE_BYTES, FILE_PAGES = 5 * 1024 * 1024, 60
DIRECTION_WORDS = {
    PartnerDirection.NONE: "membre d’un réseau",
    PartnerDirection.DESTINATAIRE: "destinataire",
    PartnerDirection.PRESCRIPTEUR: "prescripteur",
    PartnerDirection.BOTH: "destinataire et prescripteur",
}


@dataclass(frozen=True)
class Terms:
    """What a partnership says, its dates of beginning and end apart."""

    direction: str
    publics: tuple[str, ...] = ()
    conditions: str = ""
    convention_number: str = ""
    signed_on: datetime.date | None = None
    convention_ends_on: datetime.date | None = None


@dataclass(frozen=True)
class Paper:
    """The signed convention, as it was given."""

    name: str
    content: bytes


def motive_of(site: Site) -> AssociationMotive:
    """Why a place is a partner and not labelled: of no network, or a network’s place that is not eligible."""
    return AssociationMotive.NON_ELIGIBLE if site.reseau_id else AssociationMotive.HORS_RESEAU


def add_partner(
    *, by: Actor, site: Site, terms: Terms, since: datetime.date, paper: Paper | None = None
) -> AssociatedPartner:
    """Make a place of one's territory a partner from ``since`` on (today or before).

    Refused for a training body, a labelled place, a place that is already a partner.
    """
    require(by, Perm.KEEP_PARTNERS)
    terms = _checked(terms)
    if since > timezone.localdate():
        raise Refused("Le partenariat commence aujourd’hui, ou a commencé avant.", "depuis")
    with transaction.atomic():
        locked = _lock(by, site)
        _may_be_partner(by, locked)
        row = AssociatedPartner(
            region_id=locked.region_id,
            territory_id=locked.territory_id,
            site=locked,
            motive=motive_of(locked),
            since=since,
        )
        _write(row, terms, paper, by)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise _broken(error) from error
        if not locked.active:
            locked = reopen_place(by=by, site=locked, reason="Partenariat repris.")
        turn(by, locked, terms.direction, f"Partenaire associé depuis le {plain_date(since)}.")
        _trace("labelling.partner_added", by, row)
    return row


def change_partner(
    *, by: Actor, partner: AssociatedPartner, terms: Terms, seen: int, paper: Paper | None = None
) -> AssociatedPartner:
    """Change a partnership in force. ``seen`` is the number the form started from: ``Conflict`` otherwise."""
    require(by, Perm.KEEP_PARTNERS)
    terms = _checked(terms)
    with transaction.atomic():
        site = _lock(by, partner.site)
        row = _held(by, partner)
        if site.organisation.is_training_body:
            raise Refused(f"{TRAINING} Mettez fin à ce partenariat.")
        if row.version != seen:
            raise Conflict("Quelqu’un d’autre a modifié ce partenariat pendant que vous l’écriviez.")
        before = terms_of(row)
        if before == terms and paper is None:
            return row
        _write(row, terms, paper, by)
        row.version += 1
        row.save()
        if before.direction != terms.direction:
            turn(by, site, terms.direction, "Sens du partenariat modifié.")
        changed = sorted(key for key, value in asdict(terms).items() if asdict(before)[key] != value)
        _trace("labelling.partner_changed", by, row, champs=changed, fichier=paper is not None)
    return row


def end_partner(
    *, by: Actor, partner: AssociatedPartner, on: datetime.date, reason: str
) -> AssociatedPartner:
    """End a partnership, ``on`` being its last day (today or before). A place of no network is closed."""
    require(by, Perm.KEEP_PARTNERS)
    reason = checked_text(reason, field="motif", limit=300, kept="le partenariat")
    if not reason:
        raise Refused("Écrivez pourquoi : le motif reste dans l’historique.", "motif")
    with transaction.atomic():
        site = _lock(by, partner.site)
        row = _held(by, partner)
        if on > timezone.localdate():
            raise Refused("Le dernier jour est aujourd’hui, ou avant.", "le")
        if on < row.since:
            raise Refused(f"Ce partenariat a commencé le {plain_date(row.since)} : il finit ensuite.", "le")
        row.until, row.end_reason = on, reason
        row.version += 1
        _sign(row, by)
        row.save()
        if site.reseau_id:
            turn(by, site, PartnerDirection.NONE, f"Partenariat terminé : {reason}"[:300])
        elif not site.shared_place and site.active:
            close_place(by=by, site=site, reason=f"Partenariat terminé : {reason}"[:300])
        _trace("labelling.partner_ended", by, row, motif=reason)
    return row


def terms_of(row: AssociatedPartner) -> Terms:
    return Terms(
        direction=row.direction,
        publics=tuple(row.publics),
        conditions=row.conditions,
        convention_number=row.convention_number,
        signed_on=row.signed_on,
        convention_ends_on=row.convention_ends_on,
    )


def _checked(terms: Terms) -> Terms:
    if terms.direction not in set(PartnerDirection.values) - {""}:
        raise Refused("Dites dans quel sens ce lieu est partenaire.", "sens")
    if terms.convention_ends_on and not terms.signed_on:
        raise Refused("Dites quand la convention a été signée.", "signee_le")
    if terms.convention_ends_on and terms.signed_on and terms.convention_ends_on < terms.signed_on:
        raise Refused("La convention finit avant sa signature : corrigez l’une des deux dates.", "jusqu_au")
    if terms.signed_on and terms.signed_on > timezone.localdate():
        raise Refused("Une convention est signée aujourd’hui, ou l’a été avant.", "signee_le")
    return Terms(
        direction=terms.direction,
        publics=tuple(value for value in SitePublic.values if value in terms.publics),
        conditions=checked_text(terms.conditions, field="conditions", limit=300, kept="le partenariat"),
        convention_number=checked_text(
            terms.convention_number, field="numero", limit=40, kinds=set(), kept="le partenariat"
        ),
        signed_on=terms.signed_on,
        convention_ends_on=terms.convention_ends_on,
    )


def _lock(by: Actor, site: Site) -> Site:
    """The place as it is now, of a territory the actor keeps, held until the end of the transaction."""
    if site.territory_id not in by.scope.tenant:
        raise Refused("Ce lieu n’est pas de votre territoire.", "lieu")
    rows = Site.objects.visible_to(by).select_related("organisation", "reseau")
    return rows.select_for_update(of=("self",)).get(pk=site.pk)


def _held(by: Actor, partner: AssociatedPartner) -> AssociatedPartner:
    rows = AssociatedPartner.objects.visible_to(by).select_for_update(of=("self",))
    row = rows.get(pk=partner.pk)
    if row.until is not None:
        raise Conflict("Ce partenariat est déjà terminé.")
    return row


def _may_be_partner(by: Actor, site: Site) -> None:
    if site.organisation.is_training_body:
        raise Refused(TRAINING, "lieu")
    if site.shared_place:
        raise Refused("Un lieu mutualisé n’est pas un partenaire associé.", "lieu")
    today = timezone.localdate()
    labelled = Labellisation.objects.visible_to(by).in_force(today).filter(site=site).first()
    if labelled is not None and labelled.status == LabelStatus.LABELLISE:
        raise Refused("Ce lieu est labellisé : il n’est pas un partenaire associé.", "lieu")
    if AssociatedPartner.objects.visible_to(by).in_force(today).filter(site=site).exists():
        raise Refused("Ce lieu est déjà partenaire : modifiez son partenariat.", "lieu")


def _write(row: AssociatedPartner, terms: Terms, paper: Paper | None, by: Actor) -> None:
    for name, value in asdict(terms).items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    if paper is not None:
        if row.signed_on is None:
            raise Refused("Dites quand cette convention a été signée.", "signee_le")
        found = inspect_pdf(paper.content, most=FILE_PAGES, what="Une convention", most_bytes=FILE_BYTES)
        row.file_name = _file_name(paper.name)
        row.content, row.sha256 = paper.content, found.sha256
    if row.content is not None and row.signed_on is None:
        raise Refused("Une convention est jointe : gardez la date de sa signature.", "signee_le")
    _sign(row, by)


def _file_name(name: str) -> str:
    return safe_name(name, FileKind.PDF)


def _sign(row: AssociatedPartner, by: Actor) -> None:
    row.saved_at, row.saved_by_id, row.saved_by_label = timezone.now(), by.user_id, by.label[:240]


def turn(by: Actor, site: Site, direction: str, reason: str) -> None:
    """Say the direction in the directory: suggestions, maps and reports read it there."""
    if site.direction == direction:
        return
    words = (DIRECTION_WORDS[PartnerDirection(site.direction)], DIRECTION_WORDS[PartnerDirection(direction)])
    site.direction = direction
    site.version += 1
    site.changed_at = timezone.now()
    site.save(update_fields=["direction", "version", "changed_at"])
    note(by=by, site=site, kind=SiteChangeKind.EDITED, changes={"Partenariat": words}, reason=reason)


def _broken(error: IntegrityError) -> Refused:
    text = str(error)
    if "partner_no_training_body" in text or "organismes de formation" in text:
        return Refused(TRAINING, "lieu")
    if "partner_one_in_force" in text:
        return Refused(
            "Ce lieu était déjà partenaire ce jour-là : choisissez une date après la fin du partenariat "
            "précédent.",
            "depuis",
        )
    return Refused("Ce partenariat ne peut pas être enregistré ainsi : revoyez ses dates.")


def _trace(action: str, by: Actor, row: AssociatedPartner, **more: object) -> None:
    audit.record(
        action,
        by=by,
        object_type="associatedpartner",
        object_id=row.pk,
        tenant_id=row.territory_id,
        unit_id=row.site_id,
        data={
            "sens": row.direction,
            "motif_partenariat": row.motive,
            "du": row.since.isoformat(),
            "au": row.until.isoformat() if row.until else None,
            "sha256": row.sha256,
            **more,
        },
    )


__all__ = [
    "DIRECTION_WORDS",
    "TRAINING",
    "Paper",
    "Terms",
    "add_partner",
    "change_partner",
    "end_partner",
    "motive_of",
    "terms_of",
    "turn",
]
