"""A named, dated share of one object with one account: the only door to django-guardian.

A role opens a whole area; a share opens one object to one person for a time (co-writer of an application,
scorer of a file). Both a guardian permission and a share in force are needed: a date that passes closes it.
"""

import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from guardian.core import ObjectPermissionChecker
from guardian.shortcuts import assign_perm, remove_perm

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from territories.access import Actor
from territories.models import Share, User

LONGEST = datetime.timedelta(days=731)


def _key(obj: Model) -> dict[str, Any]:
    return {"content_type": ContentType.objects.get_for_model(obj), "object_id": str(obj.pk)}


def _require_own_area(by: Actor, obj: Model) -> tuple[int, int | None]:
    """Region and territory of the object, if the actor runs that area or acts for its organisation."""
    region_id: int | None = getattr(obj, "region_id", None)
    territory_id: int | None = getattr(obj, "territory_id", None)
    if region_id is None:
        raise TypeError(f"{type(obj).__name__} has no region: it can't be shared.")
    own = territory_id in by.scope.tenant or region_id in by.scope.lead or _body_of(obj) in by.scope.body
    if not own:
        raise Refused("Vous partagez seulement ce qui relève de votre périmètre.")
    return region_id, territory_id


def _body_of(obj: Model) -> int | None:
    return getattr(obj, "organisation_id", None)


def share(*, by: Actor, user: User, obj: Model, permission: str, until: datetime.datetime) -> Share:
    """Let ``user`` use ``permission`` (a codename such as ``change_site``) on ``obj`` until a date.

    Sharing again replaces the date. Raises ``Refused`` for an inactive account, a date past or beyond two
    years, an unknown right, or an object outside the actor's area.
    """
    region_id, territory_id = _require_own_area(by, obj)
    now = timezone.now()
    if not now < until <= now + LONGEST:
        raise Refused("Choisissez une fin à venir, dans deux ans au plus.", "until")
    if not user.is_active:
        raise Refused("Ce compte est désactivé.", "user")
    key = _key(obj)
    if not Permission.objects.filter(content_type=key["content_type"], codename=permission).exists():
        raise Refused("Ce droit n’existe pas pour cet objet.", "permission")
    with transaction.atomic():
        _close(by, user, key, permission, now)
        assign_perm(permission, user, obj)
        made = Share(
            user=user,
            permission=permission,
            until=until,
            granted_by_id=by.user_id or 0,
            region_id=region_id,
            territory_id=territory_id,
            # The organisation's own word only: nobody else shares in its name.
            organisation_id=body if (body := _body_of(obj)) in by.scope.body else None,
            **key,
        )
        made.save(force_insert=True)
        audit.record(
            "territories.shared",
            by=by,
            object_type=key["content_type"].model,
            object_id=obj.pk,
            tenant_id=territory_id,
            data={"account": user.pk, "permission": permission, "until": until.isoformat()},
        )
    return made


def withdraw(*, by: Actor, user: User, obj: Model, permission: str) -> None:
    """Take a share back at once; raises ``Refused`` when there is none."""
    _, territory_id = _require_own_area(by, obj)
    key = _key(obj)
    with transaction.atomic():
        if not _close(by, user, key, permission, timezone.now()):
            raise Refused("Ce partage n’existe pas, ou a déjà été retiré.")
        remove_perm(permission, user, obj)
        audit.record(
            "territories.share_withdrawn",
            by=by,
            object_type=key["content_type"].model,
            object_id=obj.pk,
            tenant_id=territory_id,
            data={"account": user.pk, "permission": permission},
        )


def _close(by: Actor, user: User, key: dict[str, Any], permission: str, now: datetime.datetime) -> int:
    return (
        Share.objects.visible_to(by)
        .filter(user=user, permission=permission, withdrawn_at=None, **key)
        .update(withdrawn_at=now)
    )


def has_share(user: User, obj: Model, permission: str) -> bool:
    """True while a share is in force; the transaction's scope is that of ``user`` or of the object's area."""
    if not user.is_active:
        return False
    dated = Share.objects.filter(user=user, permission=permission, **_key(obj)).in_force()
    return dated.exists() and ObjectPermissionChecker(user).has_perm(permission, obj)


def is_shared(*, by: Actor, user: User, obj: Model, permission: str) -> bool:
    """True when ``by`` may take this share back: it was given and not withdrawn, its date over or not."""
    rows = Share.objects.visible_to(by).filter(user=user, permission=permission, withdrawn_at=None)
    return rows.filter(**_key(obj)).exists()
