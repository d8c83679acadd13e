"""Closed lists of the label's procedure (domain § 6). Stored values are ASCII; labels are never stored."""

from django.db import models


class DossierKind(models.TextChoices):
    """Why a territory asks: the first label, its renewal, or a place that opens, closes or moves."""

    INITIALE = "initiale", "Première demande"
    RENOUVELLEMENT = "renouvellement", "Renouvellement"
    MODIFICATION = "modification", "Modification : un lieu ouvre, ferme ou déménage"


class DossierState(models.TextChoices):
    """Steps of a dossier; ``labelling.workflows.label`` says how it moves."""

    BROUILLON = "brouillon", "En préparation"
    DEPOSE = "depose", "Déposé"
    COMPLET = "complet", "Complet"
    TRANSMIS = "transmis", "Transmis pour avis"
    AVIS_RENDU = "avis_rendu", "Avis rendu"
    ACCORDE = "accorde", "Label accordé"
    REFUSE = "refuse", "Label refusé"
    ABANDONNE = "abandonne", "Retiré par le territoire"


OPEN_STATES = (
    DossierState.BROUILLON,
    DossierState.DEPOSE,
    DossierState.COMPLET,
    DossierState.TRANSMIS,
    DossierState.AVIS_RENDU,
)


class LabelSectionKey(models.TextChoices):
    """Texts of the état des lieux and of the commitments (GUIDE, « Labellisation »)."""

    TERRITOIRE = "territoire", "Le territoire et ses habitants"
    OFFRE = "offre", "L’accueil et l’orientation aujourd’hui"
    BESOINS = "besoins", "Les besoins et les publics"
    COOPERATION = "cooperation", "L’organisation commune des lieux"
    ENGAGEMENTS = "engagements", "Les engagements du cahier des charges"
    PLAN = "plan", "Le plan d’action sur cinq ans"


class LabelPart(models.TextChoices):
    """What a request for complements may open again."""

    TERRITOIRE = "territoire", "Le territoire et ses habitants"
    OFFRE = "offre", "L’accueil et l’orientation aujourd’hui"
    BESOINS = "besoins", "Les besoins et les publics"
    COOPERATION = "cooperation", "L’organisation commune des lieux"
    ENGAGEMENTS = "engagements", "Les engagements du cahier des charges"
    PLAN = "plan", "Le plan d’action sur cinq ans"
    LIEUX = "lieux", "Lieux proposés"
    PIECES = "pieces", "Pièces jointes et convention"


class PlaceProposal(models.TextChoices):
    """What the territory proposes for a place."""

    LABEL = "label", "Proposé au label"
    ASSOCIE = "associe", "Partenaire associé"
    ECARTE = "ecarte", "Hors du dossier"


class AssociationMotive(models.TextChoices):
    """Why a place is a partner and not labelled (PART-1)."""

    NONE = "", "Sans objet"
    HORS_RESEAU = "hors_reseau", "Hors réseau"
    NON_ELIGIBLE = "lieu_non_eligible", "Lieu non éligible"


class PlaceOutcome(models.TextChoices):
    """What the préfet decided for a place."""

    NONE = "", "Pas encore décidé"
    LABELLISE = "labellise", "Labellisé"
    ASSOCIE = "associe", "Partenaire associé"
    REFUSE = "refuse", "Non labellisé"
    FIN = "fin", "Label terminé"


class LabelAvisSense(models.TextChoices):
    """Avis of the CCREFP (or CREFOP); « non rendu » once its thirty days have passed."""

    FAVORABLE = "favorable", "Favorable"
    RESERVES = "reserves", "Favorable avec réserves"
    DEFAVORABLE = "defavorable", "Défavorable"
    NON_RENDU = "non_rendu", "Non rendu dans le délai"


class WithdrawalState(models.TextChoices):
    """Three steps of thirty days each: observations, avis, notification (R. 6111-3 to -5)."""

    OBSERVATIONS = "observations", "Observations attendues"
    AVIS = "avis", "Avis attendu"
    NOTIFICATION = "notification", "Décision à notifier"
    RETIRE = "retire", "Label retiré"
    MAINTENU = "maintenu", "Label maintenu"
