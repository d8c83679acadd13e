"""Name of the project, and who speaks for the porteur with the Region (AMI §3)."""

import hashlib

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from labelling.enums_ami import PartKey
from labelling.models import AmiApplication
from labelling.services import moves
from labelling.services.parts import require_part
from labelling.services.sections import touch
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor

FIELDS = ("title", "contact_name", "contact_email", "contact_phone")
PART = str(PartKey.GESTION)


def fingerprint(application: AmiApplication) -> str:
    """What the form started from."""
    said = "\x1f".join(getattr(application, name) for name in FIELDS)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def save_identity(
    *,
    by: Actor,
    application: AmiApplication,
    seen: str,
    title: str,
    contact_name: str,
    contact_email: str,
    contact_phone: str,
) -> AmiApplication:
    """Save the four lines; raises ``Conflict`` when someone changed them since, or ``Refused``."""
    require_part(by, application, PART)
    typed = {
        "title": _line("title", title, 160),
        "contact_name": _line("contact_name", contact_name, 120),
        "contact_email": _line("contact_email", contact_email, 254),
        "contact_phone": _line("contact_phone", contact_phone, 20),
    }
    if not typed["title"]:
        raise Refused("Donnez un nom au projet.", "title")
    if typed["contact_email"]:
        try:
            validate_email(typed["contact_email"])
        except ValidationError:
            raise Refused("Écrivez un courriel comme accueil@structure.fr.", "contact_email") from None
    with transaction.atomic():
        locked = moves.lock(by, application)
        require_part(by, locked, PART)
        if all(getattr(locked, name) == value for name, value in typed.items()):
            return locked
        if fingerprint(locked) != seen:
            raise Conflict("Quelqu’un d’autre vient de changer ces lignes.")
        for name, value in typed.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(FIELDS))
        touch(by, locked)
        audit.record(
            "labelling.ami_identity_saved",
            by=by,
            object_type="amiapplication",
            object_id=locked.pk,
            tenant_id=locked.territory_id,
        )
    return locked


def _line(name: str, text: str, most: int) -> str:
    try:
        return clean_text(text, max_length=most)
    except TextRefused as error:
        raise Refused(str(error), name) from None
