"""Which parts of a file the actor may write now: all of them in a draft, those named by an open complement.

The database holds the same rule by a trigger (``amiapplication_part_closed``); this one speaks first.
"""

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Now, Trunc

from labelling.enums_ami import ApplicationState, PartKey
from labelling.models import AmiApplication, AmiComplement
from labelling.permissions import Perm
from spo_portal.kernel.errors import Refused
from territories.access import Actor, can, require

ALL_PARTS = frozenset(str(key) for key in PartKey)
NONE: frozenset[str] = frozenset()
CLOSED = "Cette partie du dossier n’est plus ouverte à la saisie."


def may_write(by: Actor, application: AmiApplication) -> bool:
    """The actor writes this file when a part of it is open: its organisation's, or shared for writing."""
    if not (by.scope.system or can(by, Perm.WRITE_APPLICATION)):
        return False
    if application.organisation_id in by.scope.body or by.scope.system:
        return True
    return AmiApplication.objects.writable_by(by).filter(pk=application.pk).exists()


def open_complement(by: Actor, application: AmiApplication) -> AmiComplement | None:
    """The request for complements still waiting for its answer, its deadline not passed (database clock)."""
    if application.state in (ApplicationState.BROUILLON, ApplicationState.RETIREE):
        return None
    second = Trunc("deadline", "second", output_field=models.DateTimeField())
    return (
        AmiComplement.objects.visible_to(by)
        .filter(application=application, answered_at=None, closed_at=None)
        .alias(last_second=second)
        # Within the last second is in time: as the trigger counts it.
        .filter(last_second__gte=Trunc(Now(), "second", output_field=models.DateTimeField()))
        .first()
    )


def open_parts(by: Actor, application: AmiApplication) -> frozenset[str]:
    """Keys (``PartKey``) the actor may write now; empty for a reader, or once the file is submitted."""
    if not may_write(by, application):
        return NONE
    if application.state == ApplicationState.BROUILLON:
        return ALL_PARTS
    asked = open_complement(by, application)
    return frozenset(asked.parts) if asked else NONE


def require_part(by: Actor, application: AmiApplication, key: str) -> None:
    """Raise 403 to who does not write this file, ``Refused`` when the part is closed."""
    require(by, Perm.WRITE_APPLICATION)
    if not may_write(by, application):
        raise PermissionDenied("Ce dossier vous est ouvert en lecture seulement.")
    if key not in open_parts(by, application):
        raise Refused(CLOSED)
