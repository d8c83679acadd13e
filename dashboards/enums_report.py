"""States of the annual report and of the regional synthesis."""

from django.db import models


class ReportState(models.TextChoices):
    """Life of a territory's annual report (GUIDE, « Outil de suivi et d'auto évaluation »)."""

    OUVERT = "ouvert", "Ouvert"
    COMPLETE = "complete", "Complété"
    SIGNE = "signe", "Signé par le CTT"
    TRANSMIS = "transmis", "Transmis"
    SYNTHETISE = "synthetise", "Synthétisé"


SIGNED = (ReportState.SIGNE, ReportState.TRANSMIS, ReportState.SYNTHETISE)


class SynthesisState(models.TextChoices):
    OUVERTE = "ouverte", "Ouverte"
    FIGEE = "figee", "Figée"


class AnnexFormat(models.TextChoices):
    PDF = "pdf", "PDF"
    PNG = "png", "Image PNG"
    JPEG = "jpeg", "Photo JPEG"
    CSV = "csv", "Tableau CSV"
    XLSX = "xlsx", "Classeur XLSX"
