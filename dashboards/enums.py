"""Dimensions counted in the rollups: one row per (territory, site, month, dimension, value)."""

from django.db import models


class Dimension(models.TextChoices):
    CONTACTS = "contacts", "Contacts"
    ISSUE = "issue", "Réorientés ou résolus sur place"
    DEMANDE = "demande", "Demande initiale"
    REPONSE = "reponse", "Réponse apportée"
    STATUT = "statut", "Statut"
    AGE = "age", "Âge"
    SEXE = "sexe", "Sexe"
    CANAL = "canal", "Canal"
    SAISIE = "saisie", "Délai de saisie"
    STATUT_AGE = "statut_age", "Statut et âge"
    DEMANDE_REPONSE = "demande_reponse", "Demande et réponse apportée"
    DEMANDE_STATUT = "demande_statut", "Demande et statut"
    DEMANDE_ISSUE = "demande_issue", "Demande et issue"
    DESTINATION = "destination", "Réseau de destination"
    DESTINATION_SITE = "destination_site", "Lieu de destination"
    SUITE = "suite", "Suite connue"
    DELAI = "delai", "Jours entre la fiche et l’accueil suivant"


class Audience(models.TextChoices):
    """Who reads a release: those in charge of the place, or anyone else (domain § 8)."""

    INSIDE = "inside", "Les équipes du lieu ou du territoire"
    OUTSIDE = "outside", "Toute autre personne"


REORIENTED = "reoriente"
ON_THE_SPOT = "sur_place"
ON_TIME = "a_temps"
LATE = "tardive"
AWAITED = "attendue"
