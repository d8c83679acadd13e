"""Closed lists of the app. Stored values are ASCII lower case; French labels are never stored."""

from django.db import models


class LabelStatus(models.TextChoices):
    """What a decision made of a place. A place without a row in force is neither."""

    LABELLISE = "labellise", "Labellisé"
    ASSOCIE = "associe", "Partenaire associé"
