"""What each partner brings to a project: proposed by the porteur, answered by the partner (AMI §2).

The porteur and its co-writers propose while the part is open; they may invite, and the partner may answer,
until the end of the procedure. A text changed after an answer goes back to « à inviter ».
"""

import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import ApplicationState, ContributionState, PartKey
from labelling.models import AmiApplication, AmiContribution
from labelling.permissions import Perm
from labelling.services import moves, parts
from labelling.services.partner_links import LINK_DAYS, derive, digest_of
from spo_portal.kernel import audit, outbox, throttle
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

INVITED = "labelling.partner_invited"
NAME_MAX, TEXT_MAX, PARTNERS_MAX = 160, 2000, 60
# Mails to partners in an hour: of one account, and to one address.
MAILS, MAILS_OF_ADDRESS = (60, 3600), (6, 3600)
ANSWERED = (ContributionState.CONFIRMEE, ContributionState.MODIFIEE, ContributionState.DECLINEE)
OVER = (ApplicationState.IRRECEVABLE, ApplicationState.NON_RETENUE, ApplicationState.RETIREE)
S = ContributionState


def cleaned(text: str, field: str, most: int, *, multiline: bool = False) -> str:
    """A text typed by hand, without invisible characters. Raises ``Refused`` naming the field."""
    try:
        return clean_text(text, multiline=multiline, max_length=most)
    except TextRefused as error:
        raise Refused(str(error), field) from None


def partners_of(*, by: Actor, application: AmiApplication) -> list[AmiContribution]:
    """Every contribution of the file with its state; ``late`` says that its link has expired."""
    now = timezone.now()
    rows = list(AmiContribution.objects.visible_to(by).filter(application=application))
    for row in rows:
        row.late = row.state == S.INVITEE and row.expires_at is not None and row.expires_at <= now
    return rows


def save_partner(
    *,
    by: Actor,
    application: AmiApplication,
    partner_name: str,
    email: str,
    text: str,
    contribution: AmiContribution | None = None,
) -> AmiContribution:
    """Add a partner, or change what is proposed to it. Raises ``Refused`` when the part is closed.

    Whatever is changed kills the link sent, and takes back an answer already given.
    """
    name = cleaned(partner_name, "partner_name", NAME_MAX)
    said = cleaned(text, "text", TEXT_MAX, multiline=True)
    if not name:
        raise Refused("Écrivez le nom de l’organisation partenaire.", "partner_name")
    if not said:
        raise Refused("Écrivez ce que ce partenaire apporte.", "text")
    # Before the lock, which a reader can't take: it is told 403, not that the file has gone.
    parts.require_part(by, application, PartKey.CONTRIBUTIONS)
    with transaction.atomic():
        locked = moves.lock(by, application)
        parts.require_part(by, locked, PartKey.CONTRIBUTIONS)
        rows = AmiContribution.objects.visible_to(by).filter(application=locked)
        if contribution is None:
            if rows.count() >= PARTNERS_MAX:
                raise Refused(f"Un dossier compte {PARTNERS_MAX} partenaires au plus.")
            kept = AmiContribution(application=locked, region_id=locked.region_id)
        else:
            found = rows.select_for_update(of=("self",)).filter(pk=contribution.pk).first()
            if found is None:
                raise Refused("Ce partenaire a été retiré entre-temps.")
            kept = found
            if (kept.partner_name, kept.email, kept.text) == (name, email, said):
                return kept
        kept.partner_name, kept.email, kept.text = name, email.strip(), said
        _forget_answer(kept)
        try:
            with transaction.atomic():
                kept.save()
        except IntegrityError as error:
            raise moves.rule_broken(error) from error
        _record(by, locked, kept, "partner_added" if contribution is None else "partner_changed")
    return kept


def remove_partner(*, by: Actor, application: AmiApplication, contribution: AmiContribution) -> None:
    """Take a partner off the file, answer included: its link dies."""
    # Before the lock, which a reader can't take: it is told 403, not that the file has gone.
    parts.require_part(by, application, PartKey.CONTRIBUTIONS)
    with transaction.atomic():
        locked = moves.lock(by, application)
        parts.require_part(by, locked, PartKey.CONTRIBUTIONS)
        rows = AmiContribution.objects.visible_to(by).filter(application=locked, pk=contribution.pk)
        if not rows.delete()[0]:
            raise Refused("Ce partenaire a déjà été retiré.")
        _record(by, locked, contribution, "partner_removed")


def may_invite(by: Actor, application: AmiApplication) -> bool:
    """Partners are asked by who writes the file, until it stops: after the submission too."""
    return application.state not in OVER and parts.may_write(by, application)


def invite_partner(
    *, by: Actor, application: AmiApplication, contribution: AmiContribution
) -> AmiContribution:
    """Send the partner its link, or a new one: the former dies. The mail is the worker's."""
    require(by, Perm.WRITE_APPLICATION)
    if not parts.may_write(by, application):
        raise PermissionDenied("Ce dossier vous est ouvert en lecture seulement.")
    now = timezone.now()
    with transaction.atomic():
        locked = moves.lock(by, application)
        if not may_invite(by, locked):
            raise Refused("Ce dossier n’est plus ouvert : ses partenaires ne sont plus invités.")
        rows = AmiContribution.objects.visible_to(by).select_for_update(of=("self",))
        kept = rows.filter(application=locked, pk=contribution.pk).first()
        if kept is None:
            raise Refused("Ce partenaire a été retiré entre-temps.")
        if kept.state in ANSWERED:
            raise Refused("Ce partenaire a déjà répondu. Modifiez le texte pour l’interroger de nouveau.")
        throttle.limit(f"partenaire:compte:{by.user_id}", attempts=MAILS[0], seconds=MAILS[1])
        bucket = throttle.address_bucket("partenaire:courriel", kept.email.lower())
        throttle.limit(bucket, attempts=MAILS_OF_ADDRESS[0], seconds=MAILS_OF_ADDRESS[1])
        kept.nonce += 1
        kept.token_hash = digest_of(derive(kept.pk, kept.nonce))
        kept.state, kept.invited_at = S.INVITEE, now
        kept.expires_at = now + datetime.timedelta(days=LINK_DAYS)
        kept.shown = _shown(locked)
        kept.save()
        outbox.emit(
            INVITED,
            tenant_id=locked.territory_id,
            payload={"contribution": kept.pk, "nonce": kept.nonce},
        )
        _record(by, locked, kept, "partner_invited")
    return kept


def _shown(application: AmiApplication) -> dict[str, str]:
    """What the partner reads with its link: what project, by whom, for what. It sees no row of the file."""
    call = application.call
    return {
        "projet": application.title,
        "porteur": application.organisation.name,
        "bassin": application.territory.name,
        "appel": call.title,
        "region": application.region.name,
        "limite": call.closes_at.isoformat() if call.closes_at else "",
        "contact": application.contact_email or call.contact,
    }


def _forget_answer(kept: AmiContribution) -> None:
    kept.state, kept.token_hash, kept.expires_at, kept.invited_at = S.A_INVITER, None, None, None
    kept.answered_at, kept.answered_as, kept.amended, kept.reason = None, "", "", ""


def _record(by: Actor, application: AmiApplication, contribution: AmiContribution, act: str) -> None:
    audit.record(
        f"labelling.{act}",
        by=by,
        object_type="amicontribution",
        object_id=contribution.pk,
        tenant_id=application.territory_id,
        data={"dossier": application.pk},
    )
