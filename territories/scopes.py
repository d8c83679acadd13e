"""From a mandate to a scope: which rows the acting role reads and writes (domain § 2)."""

from django.utils import timezone

from spo_portal.kernel import rows
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from territories.access import ANONYMOUS, Actor
from territories.enums import Role
from territories.models import Membership, Region, Territory, User

TERRITORY_ROLES = (Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT)
REGION_ROLES = (Role.ANIMATION, Role.REGION)


def scope_of(membership: Membership) -> Scope:
    """Axes of one mandate. Site staff write the fiches of their site; territory staff read figures; nobody
    else reads a fiche, the administrator included. A porteur acts for its organisation, a member sits in its
    commission (domain § 7)."""
    person = membership.user_id
    role = Role(membership.role)
    if role == Role.ADMINISTRATEUR:
        regions = tuple(Region.objects.values_list("id", flat=True))
        return Scope(person=person, wide=regions, lead=regions)
    wide = (membership.region_id,) if membership.region_id else ()
    if membership.site_id:
        return Scope(person=person, wide=wide, unit=(membership.site_id,))
    if role in TERRITORY_ROLES and membership.territory_id:
        return Scope(person=person, wide=wide, tenant=(membership.territory_id,))
    if role in REGION_ROLES:
        # The animation runs the region too; the Region alone decides what it funds.
        award = wide if role == Role.REGION else ()
        return Scope(person=person, wide=wide, lead=wide, award=award, tenant=_territories(membership))
    if role == Role.PORTEUR and membership.organisation_id:
        return Scope(person=person, wide=wide, body=(membership.organisation_id,))
    if role == Role.MEMBRE_COMMISSION and membership.commission_id:
        return Scope(person=person, wide=wide, board=(membership.commission_id,))
    if role == Role.PREFECTURE:
        # The préfet decides the labels of the region (R. 6111-3 to -5), and reads no figure for it.
        return Scope(person=person, wide=wide, seal=wide)
    return Scope(person=person, wide=wide)


def _territories(membership: Membership) -> tuple[int, ...]:
    apply(Scope(person=membership.user_id, wide=(membership.region_id or 0,)))
    return tuple(Territory.objects.for_region(membership.region_id or 0).values_list("id", flat=True))


def open_for(user: User, wanted: int | None) -> Actor:
    """Choose the acting mandate (``wanted``, else the first in force), set the scope, return the actor.

    Must run inside a transaction. An account without a mandate in force sees nothing but its own account.
    """
    apply(Scope(person=user.pk))
    memberships = mandates_in_force(user.pk)
    if not memberships:
        return Actor(user=user, scope=Scope(person=user.pk))
    chosen = next((m for m in memberships if m.pk == wanted), memberships[0])
    scope = scope_of(chosen)
    apply(scope)
    others = tuple(m for m in memberships if m.pk != chosen.pk)
    return Actor(user=user, membership=chosen, region=chosen.region, scope=scope, others=others)


def mandates_in_force(user_id: int) -> list[Membership]:
    """The account's own mandates running today (Europe/Paris), oldest first, each with its region.

    The rule of ``MembershipQuerySet.of_user().in_force()``, in a statement written once: every request asks.
    """
    with rows.prepared() as cursor:
        cursor.execute(
            f"SELECT {rows.columns(Membership, 'm')}, {rows.columns(Region, 'r')}"  # noqa: S608 - our own columns
            " FROM territories_membership m"
            " LEFT JOIN territories_region r ON r.id = m.region_id"
            " WHERE m.user_id = %(user)s::bigint AND m.starts_on <= %(today)s::date"
            " AND (m.ends_on IS NULL OR m.ends_on >= %(today)s::date) ORDER BY m.id",
            {"user": user_id, "today": timezone.localdate()},
        )
        found = cursor.fetchall()
    split = rows.width(Membership)
    regions: dict[int, Region] = {}
    memberships = []
    for row in found:
        membership = rows.instance(Membership, row[:split])
        if membership.region_id is not None:
            if membership.region_id not in regions:
                regions[membership.region_id] = rows.instance(Region, row[split:])
            membership.region = regions[membership.region_id]
        memberships.append(membership)
    return memberships


def open_for_membership(membership_id: int, user_id: int) -> Actor:
    """Actor of a background job: the author's mandate, checked again (a revoked one sees nothing)."""
    apply(Scope(person=user_id))
    user = User.objects.filter(pk=user_id, is_active=True).first()
    found = (
        Membership.objects.of_user(user_id)
        .in_force()
        .select_related("region")
        .filter(pk=membership_id)
        .first()
    )
    if user is None or found is None:
        apply(NOBODY)
        return ANONYMOUS
    scope = scope_of(found)
    apply(scope)
    return Actor(user=user, membership=found, region=found.region, scope=scope)
