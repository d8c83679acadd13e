"""Use cases of accounts: invite, accept, withdraw, end a mandate, name (system)."""

import datetime
import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from spo_portal.kernel import audit, throttle
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import Scope, apply
from territories import access
from territories.access import Actor, require
from territories.enums import Role
from territories.models import Commission, Invitation, Membership, Organisation, Region, Site, Territory, User
from territories.permissions import MAY_NAME, Perm
from territories.services import bodies
from territories.services.posts import label_of, where_held

# Invitations of one account in an hour: the portal must not become a way to send mail in numbers.
INVITATIONS = (60, 3600)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(
    *,
    by: Actor,
    email: str,
    display_name: str,
    role: Role,
    site: Site | None = None,
    territory: Territory | None = None,
    region: Region | None = None,
    commission: Commission | None = None,
    organisation: Organisation | None = None,
    organisation_name: str = "",
) -> tuple[Invitation, str]:
    """Invite an address to hold ``role`` on one scope; return the invitation and its link's secret.

    Who may name whom follows domain § 2. An earlier pending invitation for the same role and scope is
    replaced. ``organisation_name`` (with ``region``): an organisation made when the link is used. Raises
    ``Refused`` when the acting role may not name this one.
    """
    _require_naming(by, role, "Votre rôle ne permet pas de nommer à cette fonction.")
    scope = where_held(role, site, territory, region, commission, organisation, organisation_name)
    _require_own_area(by, scope)
    email = email.strip().lower()
    now = timezone.now()
    held = Membership.objects.visible_to(by) | Membership.objects.of_same_body(by)
    if not organisation_name and held.in_force().filter(user__email=email, role=role, **scope).exists():
        raise Refused("Cette personne tient déjà ce rôle à cet endroit.", "email")
    throttle.limit(f"invitation:compte:{by.user_id}", attempts=INVITATIONS[0], seconds=INVITATIONS[1])
    with transaction.atomic():
        Invitation.objects.visible_to(by).filter(
            email=email,
            role=role,
            organisation_name=organisation_name,
            accepted_at=None,
            withdrawn_at=None,
            **scope,
        ).update(withdrawn_at=now)
        token = secrets.token_urlsafe(32)
        invitation = Invitation(
            email=email,
            display_name=display_name.strip(),
            role=role,
            organisation_name=organisation_name,
            scope_label=label_of(scope, organisation_name),
            token_hash=token_hash(token),
            expires_at=now + datetime.timedelta(days=settings.INVITATION_DAYS),
            invited_by_id=by.user_id,
            **scope,
        )
        invitation.save(force_insert=True)
        audit.record(
            "territories.invited",
            by=by,
            object_type="invitation",
            object_id=invitation.pk,
            tenant_id=invitation.territory_id,
            unit_id=invitation.site_id,
            data={"role": role},
        )
        # The secret is nowhere but in this mail: it can't wait in a queue. A mail server that is away is
        # logged, the invitation stays, and « Renvoyer » makes a new link.
        transaction.on_commit(lambda: send_invitation(invitation, token), robust=True)
    return invitation, token


def send_again(*, by: Actor, invitation: Invitation) -> tuple[Invitation, str]:
    """Replace a pending invitation, expired or not, by a new one for the same role and scope."""
    if invitation.accepted_at or invitation.withdrawn_at:
        raise Refused("Cette invitation a déjà été acceptée ou retirée.")
    role = Role(invitation.role)
    held_on = role.held_on
    target = {held_on.value: getattr(invitation, held_on.value)}
    if invitation.organisation_name and invitation.organisation_id is None:
        target |= {"region": invitation.region, "organisation_name": invitation.organisation_name}
    return invite(by=by, email=invitation.email, display_name=invitation.display_name, role=role, **target)


def _require_naming(by: Actor, role: Role, refusal: str) -> None:
    """The acting role names to this function: its own area's staff, or who applies and deliberates (§ 7)."""
    require(by, Perm.INVITE if by.role not in access.holders(Perm.INVITE_BODY) else Perm.INVITE_BODY)
    if role not in MAY_NAME.get(by.role, ()):  # type: ignore[arg-type]
        raise Refused(refusal, "role")


def _require_own_area(by: Actor, scope: dict[str, Any]) -> None:
    """A nominee's scope lies within the area of who names (domain § 2); row-level security says the same."""
    if by.role == Role.PORTEUR:
        own = scope["organisation"] is not None and scope["organisation"].pk in by.scope.body
    else:
        site, territory, region = scope["site"], scope["territory"], scope["region"]
        own = (
            (site is not None and site.pk in by.scope.unit)
            or (territory is not None and territory.pk in by.scope.tenant)
            or (region is not None and region.pk in by.scope.lead)
        )
    if not own:
        raise Refused("Choisissez un périmètre qui fait partie du vôtre.", "scope")


def send_invitation(invitation: Invitation, token: str) -> None:
    """Mail the personal link. The secret is in this mail and nowhere else."""
    link = f"{settings.BASE_URL}/invitation/{token}/"
    body = render_to_string("territories/email/invitation.txt", {"invitation": invitation, "link": link})
    EmailMessage("Votre accès au portail de l’orientation", body, to=[invitation.email]).send()


def accept(*, invitation: Invitation, token: str, user: User | None, password: str = "") -> User:
    """Accept an invitation: open the account (or take the logged-in one) and give the mandate. Once only.

    The transaction's scope holds the link's hash: row-level security accepts exactly this mandate.
    Raises ``Refused`` when the link is used, withdrawn, expired or belongs to another address.
    """
    digest = token_hash(token)
    with transaction.atomic():
        apply(Scope(token=digest))
        locked = (
            Invitation.objects.by_token(digest)
            .select_for_update(of=("self",))
            .filter(pk=invitation.pk)
            .first()
        )
        if locked is None or locked.accepted_at or locked.withdrawn_at or locked.expires_at <= timezone.now():
            raise Refused(
                "Ce lien n’est plus valable. Demandez une nouvelle invitation à la personne"
                " qui vous l’a envoyée."
            )
        if user is not None and user.email != locked.email:
            raise Refused(
                "Cette invitation est destinée à une autre adresse. Déconnectez-vous, puis rouvrez le lien."
            )
        if user is None:
            try:
                with transaction.atomic():
                    user = User.objects.create_user(locked.email, password, display_name=locked.display_name)
            except IntegrityError:
                raise Refused(
                    "Un compte existe déjà pour cette adresse : connectez-vous, puis rouvrez le lien."
                ) from None
        wide = (locked.region_id,) if locked.region_id else ()
        apply(Scope(token=digest, person=user.pk, wide=wide))
        organisation_id = bodies.of_invitation(locked, user)
        membership = Membership(
            user=user,
            role=locked.role,
            region_id=locked.region_id,
            territory_id=locked.territory_id,
            site_id=locked.site_id,
            commission_id=locked.commission_id,
            organisation_id=organisation_id,
            scope_label=locked.scope_label,
            starts_on=timezone.localdate(),
            named_by_id=locked.invited_by_id,
        )
        membership.save(force_insert=True)
        Invitation.objects.by_token(digest).filter(pk=locked.pk).update(accepted_at=timezone.now())
        audit.record(
            "territories.invitation_accepted",
            by=Actor(user=user, membership=membership),
            object_type="membership",
            object_id=membership.pk,
            tenant_id=locked.territory_id,
            unit_id=locked.site_id,
            data={"role": locked.role},
        )
    return user


def withdraw_invitation(*, by: Actor, invitation: Invitation) -> None:
    """Withdraw a pending invitation, of a role one may give: its link stops working at once."""
    _require_naming(by, Role(invitation.role), "Votre rôle ne permet pas de retirer cette invitation.")
    with transaction.atomic():
        changed = (
            Invitation.objects.visible_to(by)
            .filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
            .update(withdrawn_at=timezone.now())
        )
        if not changed:
            raise Refused("Cette invitation a déjà été acceptée ou retirée.")
        audit.record(
            "territories.invitation_withdrawn",
            by=by,
            object_type="invitation",
            object_id=invitation.pk,
            tenant_id=invitation.territory_id,
            unit_id=invitation.site_id,
        )


def end_membership(*, by: Actor, membership: Membership) -> None:
    """End a mandate yesterday: the account loses it at its next request. Nobody ends their own."""
    if membership.user_id == by.user_id:
        raise Refused("Vous ne pouvez pas mettre fin à votre propre mandat.")
    _require_naming(by, Role(membership.role), "Votre rôle ne permet pas de mettre fin à cette fonction.")
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    with transaction.atomic():
        changed = (
            Membership.objects.visible_to(by)
            .in_force()
            .filter(pk=membership.pk)
            .update(ends_on=yesterday, starts_on=min(membership.starts_on, yesterday))
        )
        if not changed:
            raise Refused("Ce mandat a déjà pris fin.")
        audit.record(
            "territories.membership_ended",
            by=by,
            object_type="membership",
            object_id=membership.pk,
            tenant_id=membership.territory_id,
            unit_id=membership.site_id,
            data={"role": membership.role},
        )


def name_member(
    *,
    by: Actor,
    user: User,
    role: Role,
    site: Site | None = None,
    territory: Territory | None = None,
    region: Region | None = None,
    commission: Commission | None = None,
    organisation: Organisation | None = None,
) -> Membership:
    """System code (first installation, demonstration): give a mandate without an invitation."""
    if not by.scope.system:
        raise Refused("Seule l’installation nomme sans invitation.")
    scope: dict[str, Any] = {}
    if role != Role.ADMINISTRATEUR:
        scope = where_held(role, site, territory, region, commission, organisation)
    membership = Membership(
        user=user,
        role=role,
        scope_label=label_of(scope) if scope else "Plateforme",
        starts_on=timezone.localdate(),
        **scope,
    )
    membership.save(force_insert=True)
    audit.record(
        "territories.named", by=by, object_type="membership", object_id=membership.pk, data={"role": role}
    )
    return membership
