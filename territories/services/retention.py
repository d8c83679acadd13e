"""Unused accounts: 24 months without login, notice 30 and 7 days before, then anonymised (domain § 10)."""

import datetime
import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone

from spo_portal.kernel import audit
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.access import SYSTEM_ACTOR
from territories.models import Membership, User

log = logging.getLogger("portal.retention")
KEPT_DAYS = 730
NOTICES = (30, 7)
BATCH = 200


def run(*, now: datetime.datetime | None = None) -> dict[str, int]:
    """Warn, then anonymise, the accounts past their term; safe to run twice. System scope only (worker)."""
    now = now or timezone.now()
    return {"noticed": sum(_notice(now, days) for days in NOTICES), "anonymised": _anonymise(now)}


def _idle(before: datetime.datetime) -> list[User]:
    """Accounts whose last login (or opening, if none) is older than ``before``; demonstration ones apart."""
    last = Coalesce("last_login", "date_joined")
    found = User.objects.filter(is_active=True, is_demo=False).annotate(last=last).filter(last__lt=before)
    return list(found.order_by("pk")[:BATCH])


def _notice(now: datetime.datetime, days: int) -> int:
    """One mail per account and term: ``retention_notice`` keeps the last term said, cleared by a login."""
    sent = 0
    for user in _idle(now - datetime.timedelta(days=KEPT_DAYS - days)):
        if user.retention_notice and user.retention_notice <= days and not _seen_since(user):
            continue
        # An account found late (the portal was stopped, mails did not go) still gets its last week.
        week = now + datetime.timedelta(days=NOTICES[-1] + 1)
        term = user.last + datetime.timedelta(days=KEPT_DAYS)  # type: ignore[attr-defined]
        ends = timezone.localdate(max(term, week))
        context = {"user": user, "ends": ends, "url": settings.BASE_URL}
        body = render_to_string("territories/email/inactivite.txt", context)
        try:
            EmailMessage("Votre accès au portail de l’orientation va se fermer", body, to=[user.email]).send()
        except (SMTPException, OSError) as error:
            log.error("inactivity notice not sent: %s", type(error).__name__)
            continue
        User.objects.filter(pk=user.pk).update(retention_notice=days, retention_noticed_at=now)
        sent += 1
    return sent


def _seen_since(user: User) -> bool:
    """Whether the account was used after its last notice: the terms then start again."""
    return bool(user.last_login and user.retention_noticed_at and user.last_login > user.retention_noticed_at)


def _anonymise(now: datetime.datetime) -> int:
    done = 0
    for user in _idle(now - datetime.timedelta(days=KEPT_DAYS)):
        # Never without the last notice, a week before: a mail server that was away only delays.
        noticed = user.retention_noticed_at
        if user.retention_notice != NOTICES[-1] or noticed is None or _seen_since(user):
            continue
        if noticed > now - datetime.timedelta(days=NOTICES[-1]):
            continue
        with transaction.atomic():
            apply(SYSTEM)
            _erase(user, timezone.localdate(now))
        done += 1
    return done


def _erase(user: User, today: datetime.date) -> None:
    """Keep the row for the audit trail and the figures; take away all that names its holder."""
    user.email = f"compte-{user.pk}@anonyme.invalid"
    user.display_name = "Ancien compte"
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["email", "display_name", "is_active", "password"])
    user.emailaddress_set.all().delete()  # type: ignore[attr-defined]
    yesterday = today - datetime.timedelta(days=1)
    for membership in Membership.objects.for_system().filter(user=user, ends_on=None):
        Membership.objects.for_system().filter(pk=membership.pk).update(
            ends_on=yesterday, starts_on=min(membership.starts_on, yesterday)
        )
    audit.record("territories.account_anonymised", by=SYSTEM_ACTOR, object_type="user", object_id=user.pk)
