"""Asking for a porteur's account from the public page of an open call (AMI §3; domain § 2).

Whoever opens the page may be sent one link, for an organisation the portal does not know yet. The name of a
known one proves nothing: the request waits for the Region. The page answers one sentence in every case.
"""

import datetime
import re
import secrets
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.utils import IntegrityError
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import CallState, RegistrationState
from labelling.models import AmiCall, AmiRegistration
from labelling.permissions import Perm
from labelling.services import clock, notices, recipients
from labelling.services.moments import end_of
from labelling.services.partners import cleaned
from spo_portal.kernel import audit, outbox, throttle
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import Scope, scoped
from territories.access import ANONYMOUS, Actor, require
from territories.enums import Role
from territories.models import Invitation, Region
from territories.services import accounts, bodies

ASKED = "labelling.registration_asked"
SETTLED = "labelling.registration_settled"
NAME_MAX, FUNCTION_MAX, REASON_MAX = 160, 80, 400
# From one address of the network in an hour; for one e-mail address in a day; on one call in an hour.
FROM_ADDRESS, FOR_EMAIL, FOR_CALL = (10, 3600), (4, 86400), (300, 3600)
KEPT_DAYS = 365
# An address of page or of mail: anybody may fill this form in, and its words leave in a mail of the portal.
_ADDRESS = re.compile(r"://|\b[wW]{3}\.|@|[\w-]{2,}\.(?:[a-z]{2,}|[A-Z]{2,})(?![\w.])|\w\.[a-zA-Z]{2,}/")


def open_call(region: Region, slug: str) -> AmiCall | None:
    """The call of that public address, if it takes applications now (clock of the database)."""
    call = AmiCall.objects.public().filter(region=region, slug=slug, state=CallState.OUVERT).first()
    if call is None or call.opens_at is None or call.closes_at is None:
        return None
    at = clock.now()
    return call if call.opens_at <= at < end_of(call.closes_at) else None


def register(*, call: AmiCall, email: str, organisation_name: str, function: str, client: str) -> None:
    """Send a link for a new organisation, or leave a request for a known one; says nothing of which.

    ``client``: address of the network, for the throttle. Raises ``Refused`` for what is typed only.
    """
    name = _words(organisation_name, "organisation", NAME_MAX)
    display_name = _words(function, "display_name", FUNCTION_MAX)
    if len(bodies.plain_name(name)) < 3:
        raise Refused("Écrivez le nom entier de votre organisation.", "organisation")
    address = email.strip().lower()
    throttle.limit(throttle.address_bucket("candidater", client), attempts=FROM_ADDRESS[0], seconds=3600)
    throttle.limit(f"candidater:appel:{call.pk}", attempts=FOR_CALL[0], seconds=FOR_CALL[1])
    # Past the fourth of the day for one address, nothing more leaves, and the page says the same.
    bucket = throttle.address_bucket("candidater:courriel", address)
    if throttle.count(bucket, seconds=FOR_EMAIL[1]) > FOR_EMAIL[0]:
        return
    token = secrets.token_urlsafe(32)
    digest = accounts.token_hash(token)
    with scoped(Scope(token=digest, wide=(call.region_id,))):
        known = bodies.known_as(call.region_id, name)
        if known is not None:
            _ask(call, known.pk, name, address, display_name)
            return
        invitation = Invitation(
            email=address,
            display_name=display_name,
            role=Role.PORTEUR,
            region_id=call.region_id,
            organisation_name=name,
            scope_label=name,
            token_hash=digest,
            expires_at=timezone.now() + datetime.timedelta(days=settings.INVITATION_DAYS),
        )
        invitation.save(force_insert=True)
        audit.record(
            "labelling.registered",
            by=ANONYMOUS,
            object_type="invitation",
            object_id=invitation.pk,
            data={"appel": call.pk},
        )
    # As any invitation: the secret is in this mail and nowhere else, it can't wait in a queue.
    transaction.on_commit(lambda: accounts.send_invitation(invitation, token), robust=True)


def _words(text: str, field: str, most: int) -> str:
    """Words alone: the portal carries nobody's link to an address it was given."""
    said = cleaned(text, field, most)
    if _ADDRESS.search(said):
        raise Refused("Écrivez ce nom sans adresse de site ni de courriel.", field)
    return said


def _ask(call: AmiCall, organisation_id: int, name: str, address: str, display_name: str) -> None:
    asked = AmiRegistration(
        region_id=call.region_id,
        call=call,
        organisation_id=organisation_id,
        organisation_name=name,
        email=address,
        display_name=display_name,
    )
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError:
        # The same request already waits: one is enough, and the page does not tell.
        return
    outbox.emit(ASKED, tenant_id=None, payload={"registration": str(asked.pk)})


def waiting_for(*, by: Actor) -> list[AmiRegistration]:
    """Requests the Region has still to answer, oldest first."""
    rows = AmiRegistration.objects.visible_to(by).select_related("organisation", "call")
    return list(rows.filter(state=RegistrationState.ATTENTE)[:200])


def approve(*, by: Actor, registration: AmiRegistration) -> None:
    """Send the invitation: whoever asked becomes a porteur of the organisation by opening its link."""
    with transaction.atomic():
        row = _settle(by, registration, RegistrationState.APPROUVEE)
        accounts.invite(
            by=by,
            email=row.email,
            display_name=row.display_name,
            role=Role.PORTEUR,
            organisation=row.organisation,
        )


def refuse(*, by: Actor, registration: AmiRegistration, reason: str) -> None:
    """Refuse a request, and mail why to whoever asked."""
    words = cleaned(reason, "reason", REASON_MAX)
    if len(words) < 5:
        raise Refused("Écrivez pourquoi : la personne qui a demandé lira ce motif.", "reason")
    with transaction.atomic():
        row = _settle(by, registration, RegistrationState.REFUSEE, words)
        outbox.emit(SETTLED, tenant_id=None, payload={"registration": str(row.pk)})


def _settle(
    by: Actor, registration: AmiRegistration, state: RegistrationState, reason: str = ""
) -> AmiRegistration:
    require(by, Perm.INVITE_PORTEUR)
    rows = AmiRegistration.objects.visible_to(by).filter(pk=registration.pk)
    if not rows.filter(state=RegistrationState.ATTENTE).update(
        state=state, settled_at=timezone.now(), settled_by_label=by.label, reason=reason
    ):
        raise Refused("Cette demande a déjà reçu sa réponse.")
    audit.record(
        f"labelling.registration_{state}",
        by=by,
        object_type="amiregistration",
        object_id=registration.pk,
    )
    return rows.select_related("organisation").get()


def on_asked(events: Sequence[outbox.Event]) -> None:
    """Tell the Region that a request waits, and whoever asked that it does. System scope (worker)."""
    for event in events:
        row = _row(event)
        if row is None or row.state != RegistrationState.ATTENTE:
            continue
        context = {"row": row, "link": settings.BASE_URL + reverse("ami_equipe")}
        notices.send(row.email, "Votre demande de compte attend la Région", "compte_attente", context)
        for user_id in sorted(recipients.holders(Role.REGION, region_id=row.region_id)):
            user = recipients.address_of(user_id)
            if user is not None:
                notices.send(user.email, "Demande de compte à examiner", "compte_region", context)


def on_settled(events: Sequence[outbox.Event]) -> None:
    """Mail a refusal with its reason. System scope (worker)."""
    for event in events:
        row = _row(event)
        if row is not None and row.state == RegistrationState.REFUSEE:
            notices.send(row.email, "Votre demande de compte", "compte_refus", {"row": row})


def _row(event: outbox.Event) -> AmiRegistration | None:
    rows = AmiRegistration.objects.for_system().select_related("organisation", "call", "region")
    return rows.filter(pk=event.payload.get("registration")).first()


def purge(*, now: datetime.datetime) -> int:
    """Erase the requests older than a year. System scope (worker, once a day)."""
    before = now - datetime.timedelta(days=KEPT_DAYS)
    return AmiRegistration.objects.for_system().filter(asked_at__lt=before).delete()[0]
