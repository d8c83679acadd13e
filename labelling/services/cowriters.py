"""Co-writers of a file, named by its porteur until a date (domain § 2, § 7; ``territories.grants``).

A public officer of the region is known by name and opened at once. Anybody else is named by an address: the
worker opens the file if an account bears it, then or the day one does, and the answer is the same either way.
"""

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.utils import IntegrityError
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import ApplicationState, SharedRight
from labelling.models import AmiApplication, AmiCowriter
from labelling.permissions import Perm
from labelling.querysets_ami import CHANGE, VIEW
from labelling.services import moves, notices
from spo_portal.kernel import outbox, throttle
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories import grants
from territories.access import Actor, require
from territories.models import Membership, User
from territories.scopes import open_for_membership

NAMED = "labelling.cowriter_named"
PERMISSIONS = {SharedRight.LIRE: VIEW, SharedRight.ECRIRE: CHANGE}
COWRITERS_MAX = 30
NAMINGS = (40, 3600)
KEPT_DAYS = 365
LONGEST = datetime.timedelta(days=730)
OVER = (ApplicationState.IRRECEVABLE, ApplicationState.NON_RETENUE, ApplicationState.RETIREE)


def cowriters_of(*, by: Actor, application: AmiApplication) -> list[AmiCowriter]:
    """Those named on the file, not taken off; ``over`` says that the date has passed."""
    now = timezone.now()
    rows = list(AmiCowriter.objects.visible_to(by).filter(application=application, ended_at=None))
    for row in rows:
        row.over = row.until <= now
    return rows


def officers_of(*, by: Actor, application: AmiApplication) -> list[Membership]:
    """Chargés de mission of the bassin: who the Region put there to help write projects (AMI, preamble)."""
    rows = Membership.objects.officers_known_to(by).in_force().select_related("user")
    return list(rows.filter(territory_id=application.territory_id, user__is_active=True).order_by("pk"))


def may_name(by: Actor, application: AmiApplication) -> bool:
    return application.organisation_id in by.scope.body and application.state not in OVER


def name_officer(
    *, by: Actor, application: AmiApplication, user_id: int, right: str, until: datetime.datetime
) -> AmiCowriter:
    """Name a chargé de mission of the bassin; the file opens to them at once, a mail tells them."""
    officers = {m.user_id: m for m in officers_of(by=by, application=application)}
    if user_id not in officers:
        raise Refused("Cette personne n’est plus chargée de mission sur ce bassin.", "user")
    user = officers[user_id].user
    return _name(by=by, application=application, right=right, until=until, user=user, label=str(user))


def name_address(
    *, by: Actor, application: AmiApplication, email: str, right: str, until: datetime.datetime
) -> AmiCowriter:
    """Name whoever holds the account of this address, whether there is one or not: nothing tells which."""
    address = email.strip().lower()
    return _name(by=by, application=application, right=right, until=until, email=address, label=address)


def _name(
    *,
    by: Actor,
    application: AmiApplication,
    right: str,
    until: datetime.datetime,
    label: str,
    user: User | None = None,
    email: str = "",
) -> AmiCowriter:
    require(by, Perm.SHARE_APPLICATION)
    if right not in SharedRight.values:
        raise Refused("Choisissez ce que cette personne pourra faire.", "right")
    now = timezone.now()
    if not now < until <= now + LONGEST:
        raise Refused("Choisissez une fin à venir, dans deux ans au plus.", "until")
    own = by.user.email if by.user else ""
    if (user is not None and user.pk == by.user_id) or (email and email == own):
        raise Refused("Ce dossier est déjà le vôtre.", "email")
    throttle.limit(f"coredacteur:compte:{by.user_id}", attempts=NAMINGS[0], seconds=NAMINGS[1])
    with transaction.atomic():
        locked = moves.lock(by, application)
        if not may_name(by, locked):
            raise Refused("Ce dossier est terminé : il ne se partage plus.")
        rows = AmiCowriter.objects.visible_to(by).filter(application=locked, ended_at=None)
        if rows.count() >= COWRITERS_MAX:
            raise Refused(f"Un dossier compte {COWRITERS_MAX} corédacteurs au plus.")
        if rows.filter(user=user, email=email).exists():
            raise Refused(
                "Cette personne est déjà dans la liste. Retirez-la pour changer son droit.", "email"
            )
        made = AmiCowriter(
            application=locked, region_id=locked.region_id, user=user, email=email, label=label[:240],
            right=right, until=until, named_by_id=by.user_id or 0, membership_id=by.membership_id or 0,
        )  # fmt: skip
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:
            raise Refused("Cette personne est déjà dans la liste.", "email") from None
        if user is not None:
            _open(by, made, user)
        outbox.emit(NAMED, tenant_id=locked.territory_id, payload={"cowriter": made.pk})
    return made


def _open(by: Actor, row: AmiCowriter, user: User) -> None:
    permission = PERMISSIONS[SharedRight(row.right)]
    grants.share(by=by, user=user, obj=row.application, permission=permission, until=row.until)


def take_off(*, by: Actor, application: AmiApplication, row: AmiCowriter) -> None:
    """Close the file to a co-writer at once. Same answer whether the address had an account or not."""
    require(by, Perm.SHARE_APPLICATION)
    with transaction.atomic():
        rows = AmiCowriter.objects.visible_to(by).filter(application=application, pk=row.pk, ended_at=None)
        if not rows.update(ended_at=timezone.now()):
            raise Refused("Ce partage a déjà été retiré.")
        user = row.user or User.objects.filter(email=row.email).first()
        permission = PERMISSIONS[SharedRight(row.right)]
        if user is not None and grants.is_shared(by=by, user=user, obj=application, permission=permission):
            grants.withdraw(by=by, user=user, obj=application, permission=permission)


def on_named(events: Sequence[outbox.Event]) -> None:
    """Open the file to the account that bears the address, if any, and tell it. System scope (worker)."""
    for event in events:
        key = event.payload.get("cowriter")
        if isinstance(key, int):
            open_named(key)


def open_named(key: int) -> bool:
    """Open and tell once. The right to share is the porteur's: its mandate is checked again here."""
    rows = AmiCowriter.objects.for_system().select_for_update(of=("self",)).in_force()
    row = rows.select_related("application__organisation", "user").filter(pk=key, opened_at=None).first()
    if row is None:
        return False
    user = row.user or User.objects.filter(email=row.email).first()
    if user is None or not user.is_active:
        return False
    if row.user is None:
        with scoped(SYSTEM):
            by = open_for_membership(row.membership_id, row.named_by_id)
            if not may_name(by, row.application):
                return False
            _open(by, row, user)
    AmiCowriter.objects.for_system().filter(pk=row.pk).update(opened_at=timezone.now())
    link = settings.BASE_URL + reverse("ami_dossier", args=[row.application_id])
    context = {"row": row, "application": row.application, "user": user, "link": link}
    notices.send(user.email, f"Dossier partagé avec vous : {row.application.title}", "coredacteur", context)
    return True


def open_late() -> int:
    """Addresses that bear an account since they were named. System scope (worker, once a day)."""
    waiting = AmiCowriter.objects.for_system().in_force().filter(opened_at=None, user=None)
    keys = list(waiting.values_list("pk", "email"))
    known = set(User.objects.filter(email__in=[e for _, e in keys]).values_list("email", flat=True))
    found = [key for key, email in keys if email in known]
    for key in found:
        outbox.emit(NAMED, tenant_id=None, payload={"cowriter": key})
    return len(found)


def purge(*, now: datetime.datetime) -> int:
    """Erase those named whose share ended a year ago. System scope (worker, once a day)."""
    before = now - datetime.timedelta(days=KEPT_DAYS)
    ended = Q(until__lt=before) | Q(ended_at__lt=before)
    return AmiCowriter.objects.for_system().filter(ended).delete()[0]
