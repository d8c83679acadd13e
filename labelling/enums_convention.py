"""Words of the convention multipartite (GUIDE, « Labellisation »). Stored in ASCII, shown in French."""

from django.db.models import TextChoices


class ConventionKind(TextChoices):
    CONVENTION = "convention", "Convention"
    AVENANT = "avenant", "Avenant"


class ConventionState(TextChoices):
    """Project > signature > signed; an avenant or a later convention takes its place once signed."""

    PROJET = "projet", "En projet"
    SIGNATURE = "signature", "À la signature"
    SIGNEE = "signee", "Signée"
    REMPLACEE = "remplacee", "Remplacée"
    ABANDONNEE = "abandonnee", "Abandonnée"


class Capacity(TextChoices):
    """As what one signs: public bodies need both."""

    ELU = "elu", "Élu ou représentant légal"
    ADMINISTRATIF = "administratif", "Responsable administratif"


class PartyNeed(TextChoices):
    """Signatures a party asks of itself."""

    UN = "un", "Un signataire au moins"
    DEUX = "deux", "Un élu et un responsable administratif"


class Answer(TextChoices):
    """What comes back by a personal link."""

    SIGNE = "signe", "Signé"
    REFUSE = "refuse", "Refusé"
    AUTRE_PERSONNE = "autre_personne", "Lien reçu par quelqu’un d’autre"


class SignatoryState(TextChoices):
    """Where a signatory is, worked out from what is kept: never stored."""

    A_INVITER = "a_inviter", "À inviter"
    INVITE = "invite", "Invité"
    OUVERT = "ouvert", "Lien ouvert"
    EXPIRE = "expire", "Lien expiré"
    SIGNE = "signe", "Signé"
    REFUSE = "refuse", "Refusé"
    RETIRE = "retire", "Retiré"
