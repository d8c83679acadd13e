"""Closed lists of the fiche that do not vary by Region. Statuts, demandes and réponses are versioned data."""

from django.db import models


class Canal(models.TextChoices):
    SUR_PLACE = "sur_place", "Sur place"
    TELEPHONE = "telephone", "Téléphone"
    COURRIEL = "courriel", "Courriel"


class Sexe(models.TextChoices):
    FEMME = "femme", "Femme"
    HOMME = "homme", "Homme"


class Age(models.TextChoices):
    """−26 is under 26, +26 is 26 and over (guide.json FICHE-2)."""

    MOINS_26 = "moins_26", "Moins de 26 ans"
    PLUS_26 = "plus_26", "26 ans et plus"


class Entry(models.TextChoices):
    ECRAN = "ecran", "à l’écran"
    PAPIER = "papier", "pile papier"
    IMPORT = "import", "fichier importé"


class Suite(models.TextChoices):
    """What became of a re-orientation, said by the receiving site or by the person (domain § 3)."""

    RENDEZ_VOUS = "rendez_vous", "Rendez-vous fixé"
    RECUE = "recue", "Reçue"
    REORIENTEE = "reorientee", "Réorientée ailleurs"
    NE_CONVIENT_PAS = "ne_convient_pas", "Ne convient pas"
    JAMAIS_VENUE = "jamais_venue", "Jamais venue"


class SuiteSource(models.TextChoices):
    SITE = "site", "le lieu d’accueil"
    PERSONNE = "personne", "la personne"


class ListKind(models.TextChoices):
    STATUT = "statut", "Statut"
    DEMANDE = "demande", "Demande initiale"
    REPONSE = "reponse", "Réponse apportée"
