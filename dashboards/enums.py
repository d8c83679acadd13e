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
    STATUT_AGE = "statut_age", "Statut et âge"
    DESTINATION = "destination", "Réseau de destination"
    SUITE = "suite", "Suite connue"


REORIENTED = "reoriente"
ON_THE_SPOT = "sur_place"
