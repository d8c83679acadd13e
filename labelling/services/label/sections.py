"""The six texts of a label dossier, saved as they are typed, never over someone else's (domain § 6)."""

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_label import LabelSectionKey
from labelling.models import LabelDossier, LabelSection
from labelling.services.label import moves
from labelling.services.label.parts import require_part
from labelling.services.sections import check_text
from spo_portal.kernel.texts import NOTHING, Saved, must_write
from territories.access import Actor

K = LabelSectionKey
# What each text is expected to say, under its label (GUIDE, « Labellisation »).
HINTS: dict[LabelSectionKey, str] = {
    K.TERRITOIRE: "État des lieux en bref : population, emploi et chômage, métiers qui recrutent,"
    " mobilité des habitants. Les chiffres du portail sont à côté.",
    K.OFFRE: "Les réseaux présents et leurs lieux, les horaires sans rendez-vous, ce que chacun fait en"
    " accueil, information et conseil, ce qui manque.",
    K.BESOINS: "Les publics reçus et ceux qui ne viennent pas, leurs demandes, les communes éloignées d’un"
    " lieu.",
    K.COOPERATION: "Comment les lieux travaillent ensemble : réorientation, relais entre lieux, réunions,"
    " outils et formations communes, place des partenaires associés.",
    K.ENGAGEMENTS: "Gratuité, accessibilité, qualité, égalité, confidentialité ; accueil de tout public,"
    " sans rendez-vous à hauteur de 50 % des heures d’ouverture.",
    K.PLAN: "Les actions prévues sur cinq ans, leur calendrier, qui les mène et comment elles seront"
    " évaluées.",
}


def saved_of(row: LabelSection | None) -> Saved:
    return Saved(row.text, row.version, row.saved_at, row.saved_by_label) if row else NOTHING


def save_section(*, by: Actor, dossier: LabelDossier, key: str, text: str, seen: int) -> Saved:
    """Save one text. ``seen`` is the number the writer started from, 0 for none.

    The same text again writes nothing. Raises ``TextConflict`` with both texts, or ``Refused``.
    """
    require_part(by, dossier, key)
    cleaned = check_text(text)
    try:
        with transaction.atomic():
            locked = moves.lock(by, dossier)
            require_part(by, locked, key)
            row = LabelSection.objects.visible_to(by).filter(dossier=locked, key=key).first()
            stored = saved_of(row)
            if not must_write(stored, cleaned, seen):
                return stored
            row = row or LabelSection(dossier=locked, key=LabelSectionKey(key))
            row.text, row.version, row.saved_at = cleaned, stored.version + 1, timezone.now()
            row.saved_by_id, row.saved_by_label = by.user_id, by.label or "Système"
            row.save()
            touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return saved_of(row)


def touch(by: Actor, dossier: LabelDossier) -> None:
    """The dossier changed now."""
    LabelDossier.objects.visible_to(by).filter(pk=dossier.pk).update(changed_at=timezone.now())
