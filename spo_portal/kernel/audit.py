"""Audit trail: one row per act, in the transaction of the act, with the acting role."""

import json
from typing import Protocol

from django.db import connection

# Table and columns, for a statement that writes its audit event together with its act.
INTO = (
    "kernel_auditevent"
    " (actor_id, acting_role, membership_id, action, object_type, object_id, tenant_id, unit_id, data)"
)


class Author(Protocol):
    """What the audit needs to know of the one who acts."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def membership_id(self) -> int | None: ...
    @property
    def role_value(self) -> str: ...


def record(
    action: str,
    *,
    by: Author,
    object_type: str,
    object_id: object,
    tenant_id: int | None = None,
    unit_id: int | None = None,
    data: dict[str, object] | None = None,
) -> None:
    """Write one audit event. ``data`` holds codes and counts, never what names a person received.

    Plain SQL: the web role may insert but not read back, and bulk work must not slip past the trail.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {INTO}"  # noqa: S608 - our own constants
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                by.user_id,
                by.role_value,
                by.membership_id,
                action,
                object_type,
                str(object_id),
                tenant_id,
                unit_id,
                json.dumps(data or {}, default=str),
            ],
        )
