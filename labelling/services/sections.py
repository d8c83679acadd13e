"""The seven texts of a file, saved as they are typed, never over someone else's (AMI §2 and §3)."""

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import SectionKey
from labelling.models import AmiApplication, AmiSection
from labelling.models.application import SECTION_MAX
from labelling.services import moves
from labelling.services.parts import require_part
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.texts import NOTHING, Saved, must_write
from spo_portal.kernel.typography import number
from territories.access import Actor

# What each text is expected to say, under its label (AMI, contents of the project).
HINTS: dict[SectionKey, str] = {
    SectionKey.SERVICES: "Accueil, prise en compte de la demande, premier niveau d’information, Internet"
    " public gratuit et aide aux personnes les moins autonomes, ressources documentaires.",
    SectionKey.CONDITIONS: "Modalités de contact, accès, espace confidentiel, signalétique. L’adresse et les"
    " horaires se remplissent plus bas.",
    SectionKey.CONTRIBUTIONS: "Ce que les partenaires apportent ensemble. La contribution de chacun se"
    " confirme auprès de lui, par un lien qu’il reçoit.",
    SectionKey.PARTENARIATS: "Partenariats existants, axes de développement, actions innovantes.",
    SectionKey.PROGRES: "Objectifs et modalités, de la situation initiale à la situation à atteindre. Le"
    " tableau est plus bas.",
    SectionKey.GESTION: "Coordination, animation, manifestations, communication, publicité des financements.",
    SectionKey.FONCTIONNEMENT: "Moyens humains et techniques, organisation. Le budget se remplit à part.",
}


def check_text(text: str) -> str:
    """A text fit to keep, 12,000 characters at most."""
    try:
        cleaned = clean_text(text, multiline=True)
    except TextRefused as error:
        raise Refused(str(error), "texte") from None
    if len(cleaned) > SECTION_MAX:
        found, most = number(len(cleaned)), number(SECTION_MAX)
        raise Refused(f"Gardez {most} caractères au plus : il y en a {found}.", "texte")
    return cleaned


def saved_of(row: AmiSection | None) -> Saved:
    return Saved(row.text, row.version, row.saved_at, row.saved_by_label) if row else NOTHING


def save_section(*, by: Actor, application: AmiApplication, key: str, text: str, seen: int) -> Saved:
    """Save one text. ``seen`` is the number the writer started from, 0 for none.

    The same text again writes nothing. Raises ``TextConflict`` with both texts, or ``Refused``.
    """
    require_part(by, application, key)
    cleaned = check_text(text)
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            require_part(by, locked, key)
            row = AmiSection.objects.visible_to(by).filter(application=locked, key=key).first()
            stored = saved_of(row)
            if not must_write(stored, cleaned, seen):
                return stored
            row = row or AmiSection(application=locked, key=SectionKey(key))
            row.text, row.version, row.saved_at = cleaned, stored.version + 1, timezone.now()
            row.saved_by_id, row.saved_by_label = by.user_id, by.label
            row.save()
            touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return saved_of(row)


def touch(by: Actor, application: AmiApplication) -> None:
    """The file changed now."""
    AmiApplication.objects.visible_to(by).filter(pk=application.pk).update(changed_at=timezone.now())
