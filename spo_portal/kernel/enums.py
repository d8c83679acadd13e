"""Closed lists of the kernel: stored value in ASCII, French label apart."""

from django.db.models import TextChoices


class JobState(TextChoices):
    """Where a long job stands."""

    ATTENTE = "attente", "En attente"
    EN_COURS = "en_cours", "En cours"
    FINI = "fini", "Terminé"
    ANNULE = "annule", "Annulé"
    ECHOUE = "echoue", "Interrompu par une erreur"

    @classmethod
    def ended(cls) -> frozenset[str]:
        return frozenset({cls.FINI, cls.ANNULE, cls.ECHOUE})
