"""THE DOOR: who acts, what they may do, and which rows exist for them.

Every URL is ``@guarded(permission)`` or ``@public(reason)``; another tenant's row and a missing row give the
same 404; a missing right on a visible row gives 403. Row-level security stands behind, in case a view
forgets.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from spo_portal.kernel.tenancy.scope import NOBODY, SYSTEM, Scope
from territories.enums import Role
from territories.resume import resume_after_login

if TYPE_CHECKING:
    from territories.models import Membership, Region, User

View = Callable[..., HttpResponseBase]
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Actor:
    """The one who acts, in the acting role. Services take it as ``by=``."""

    user: "User | None" = None
    membership: "Membership | None" = None
    region: "Region | None" = None
    scope: Scope = NOBODY
    others: tuple["Membership", ...] = field(default=(), compare=False)

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    @property
    def membership_id(self) -> int | None:
        return self.membership.pk if self.membership else None

    @property
    def role(self) -> Role | None:
        return Role(self.membership.role) if self.membership else None

    @property
    def role_value(self) -> str:
        return self.membership.role if self.membership else ("system" if self.scope.system else "")

    @property
    def site_id(self) -> int | None:
        return self.membership.site_id if self.membership else None

    @property
    def territory_id(self) -> int | None:
        return self.membership.territory_id if self.membership else None

    @property
    def organisation_id(self) -> int | None:
        return self.membership.organisation_id if self.membership else None

    @property
    def commission_id(self) -> int | None:
        return self.membership.commission_id if self.membership else None

    @property
    def region_id(self) -> int | None:
        return self.membership.region_id if self.membership else None

    @property
    def label(self) -> str:
        """« Conseiller · CIO Lille » as the top bar shows it."""
        return self.membership.label if self.membership else ""


ANONYMOUS = Actor()
SYSTEM_ACTOR = Actor(scope=SYSTEM)

_roles: dict[str, frozenset[Role]] = {}
labels: dict[str, str] = {}


def declare(permission: str, label: str, roles: Iterable[Role]) -> None:
    """Say which roles hold ``permission`` (called once, from an app's ``permissions.py``)."""
    _roles[str(permission)] = frozenset(roles)
    labels[str(permission)] = label


def holders(permission: str) -> frozenset[Role]:
    return _roles[str(permission)]


def can(actor: Actor, permission: str) -> bool:
    """True when the acting role holds ``permission``.

    Which rows it reaches is the business of ``visible_to``.
    """
    return actor.role is not None and actor.role in _roles[str(permission)]


def require(actor: Actor, permission: str) -> None:
    """Raise 403 unless the actor may; services call it again, whatever the view checked."""
    if not actor.scope.system and not can(actor, permission):
        raise PermissionDenied(f"{labels[str(permission)]} : ce droit n’est pas attaché à votre rôle.")


def get_visible_or_404(queryset: QuerySet[M], actor: Actor, **lookup: Any) -> M:
    """One row the actor may see; a foreign one and a missing one are the same 404."""
    try:
        return queryset.visible_to(actor).get(**lookup)  # type: ignore[attr-defined]
    except (queryset.model.DoesNotExist, ValueError, OverflowError):
        raise Http404("Cette page n’existe pas, ou elle appartient à un autre périmètre.") from None


def guarded(permission: str) -> Callable[[View], View]:
    """Open the view to accounts whose acting role holds ``permission``; send others to log in, or 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor: Actor = request.actor  # type: ignore[attr-defined]
            if actor.user is None:
                return resume_after_login(request)
            require(actor, permission)
            return view(request, *args, **kwargs)

        inner.permission = str(permission)  # type: ignore[attr-defined]
        return inner

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """Open the view to everybody, and say why."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(*args: Any, **kwargs: Any) -> HttpResponseBase:
            return view(*args, **kwargs)

        inner.public_reason = reason  # type: ignore[attr-defined]
        return inner

    return decorate


def logged_in(reason: str) -> Callable[[View], View]:
    """Open the view to any logged-in account, mandate or not (its own account pages)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.actor.user is None:  # type: ignore[attr-defined]
                return resume_after_login(request)
            return view(request, *args, **kwargs)

        inner.logged_in_reason = reason  # type: ignore[attr-defined]
        return inner

    return decorate


__all__ = [
    "ANONYMOUS",
    "SYSTEM_ACTOR",
    "Actor",
    "can",
    "declare",
    "get_visible_or_404",
    "guarded",
    "holders",
    "labels",
    "logged_in",
    "public",
    "require",
]
