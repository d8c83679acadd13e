"""A file is submitted, or withdrawn, by its porteur (AMI §3; domain § 7)."""

from django.db import connection, transaction
from django.db.utils import IntegrityError

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.completeness import completeness_of
from labelling.services.dossier import material_of
from labelling.services.opening import is_open
from labelling.workflows import ami as flow
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor, require

TOO_LATE = moves.RULES["amiapplication_deadline"]


def submit(*, by: Actor, application: AmiApplication) -> AmiApplication:
    """Submit a complete draft before the deadline. Asked again, it answers the file already submitted.

    Raises ``Refused`` with the reason (late, incomplete, budget), ``Conflict`` when the file is no draft any
    more; the draft stays as it was.
    """
    require(by, Perm.SUBMIT_APPLICATION)
    if application.organisation_id not in by.scope.body and not by.scope.system:
        raise Refused("Seul le porteur dépose le dossier de son organisation.")
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            if locked.state == ApplicationState.RETIREE:
                raise Conflict("Ce dossier a été retiré : il ne peut plus être déposé.")
            if locked.submitted_at is not None:
                return locked
            if not is_open(locked.call):
                raise Refused(TOO_LATE)
            missing = completeness_of(material_of(by=by, application=locked)).missing
            if missing:
                words = counted(len(missing), "point")
                raise Refused(f"Le dossier n’est pas complet : il reste {words} à compléter.")
            moved = moves.move(by=by, application=locked, key="deposer")
            # The balance and the 80 % are deferred rules: hear them now, while their reason can be told.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            return moved
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def withdraw(*, by: Actor, application: AmiApplication, reason: str) -> AmiApplication:
    """Take the file out of the call, with its reason. It stays readable and can't be submitted again."""
    require(by, Perm.SUBMIT_APPLICATION)
    if application.organisation_id not in by.scope.body and not by.scope.system:
        raise Refused("Seul le porteur retire le dossier de son organisation.")
    if application.state not in (*flow.RETIRER.sources, ApplicationState.RETIREE):
        raise Refused("Ce dossier est trop avancé pour être retiré ici. Écrivez à la Région.")
    return moves.move(by=by, application=application, key="retirer", comment=reason)
