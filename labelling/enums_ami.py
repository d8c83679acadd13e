"""Closed lists of the calls for interest (domain § 7). Stored values are ASCII; labels are never stored."""

from django.db import models


class CallState(models.TextChoices):
    """A call is written, opened (its text is then frozen), its results published. « Clos » is read on the
    clock, not stored."""

    BROUILLON = "brouillon", "En préparation"
    OUVERT = "ouvert", "Publié"
    PUBLIE = "publie", "Résultats publiés"
    ANNULE = "annule", "Annulé"


class ApplicationState(models.TextChoices):
    """Steps of an application (domain § 7); ``labelling.workflows.ami`` says how it moves."""

    BROUILLON = "brouillon", "Brouillon"
    DEPOSEE = "deposee", "Déposée"
    RECEVABLE = "recevable", "Recevable"
    IRRECEVABLE = "irrecevable", "Irrecevable"
    INSTRUITE = "instruite", "Instruite"
    AVIS_RENDU = "avis_rendu", "Avis rendu"
    DECIDEE = "decidee", "Décidée, non publiée"
    RETENUE = "retenue", "Retenue"
    NON_RETENUE = "non_retenue", "Non retenue"
    CONVENTIONNEE = "conventionnee", "Conventionnée"
    OUVERTE = "ouverte", "Lieu ouvert"
    RETIREE = "retiree", "Retirée"


class SectionKey(models.TextChoices):
    """The seven contents of a project, in the order of the text (AMI §2 and §3)."""

    SERVICES = "services", "Services proposés"
    CONDITIONS = "conditions", "Conditions des services"
    CONTRIBUTIONS = "contributions", "Contribution de chaque partenaire"
    PARTENARIATS = "partenariats", "Partenariats, développement et innovation"
    PROGRES = "progres", "Démarche de progrès"
    GESTION = "gestion", "Gestion et administration"
    FONCTIONNEMENT = "fonctionnement", "Fonctionnement, organisation et budget"


class PartKey(models.TextChoices):
    """What a request for complements may open again: the seven sections, the criteria and the files.

    The place and its hours go with CONDITIONS, the partners' answers with CONTRIBUTIONS, the progress table
    with PROGRES, the budget with FONCTIONNEMENT.
    """

    SERVICES = "services", "Services proposés"
    CONDITIONS = "conditions", "Conditions des services : lieu et horaires"
    CONTRIBUTIONS = "contributions", "Contribution de chaque partenaire"
    PARTENARIATS = "partenariats", "Partenariats, développement et innovation"
    PROGRES = "progres", "Démarche de progrès"
    GESTION = "gestion", "Gestion et administration"
    FONCTIONNEMENT = "fonctionnement", "Fonctionnement, organisation et budget"
    CRITERES = "criteres", "Critères de l’appel"
    PIECES = "pieces", "Pièces jointes"


class CriterionAnswer(models.TextChoices):
    OUI = "oui", "Oui"
    EN_PARTIE = "en_partie", "En partie, ou à venir"
    NON = "non", "Non"


class ContributionState(models.TextChoices):
    A_INVITER = "a_inviter", "À inviter"
    INVITEE = "invitee", "Réponse attendue"
    CONFIRMEE = "confirmee", "Confirmée"
    MODIFIEE = "modifiee", "Confirmée avec une modification"
    DECLINEE = "declinee", "Déclinée"


class BudgetSide(models.TextChoices):
    """Charges and produits balance; valorisations are shown, never counted (domain § 7)."""

    CHARGE = "charge", "Charges"
    PRODUIT = "produit", "Produits"
    VALORISATION = "valorisation", "Contributions volontaires, hors base"


class BudgetNature(models.TextChoices):
    """Nature of a line: of charges as the plan comptable groups them, of produits by who pays."""

    ACHATS = "achats", "Achats et fournitures"
    SERVICES_EXTERIEURS = "services_exterieurs", "Services extérieurs : loyer, entretien, assurance"
    AUTRES_SERVICES = "autres_services", "Autres services : communication, déplacements, connexion"
    IMPOTS = "impots", "Impôts et taxes"
    PERSONNEL = "personnel", "Charges de personnel"
    AUTRES_CHARGES = "autres_charges", "Autres charges de gestion"
    AMORTISSEMENTS = "amortissements", "Amortissements et équipement"
    REGION = "region", "Région"
    FSE = "fse", "Fonds social européen"
    ETAT = "etat", "État"
    DEPARTEMENT = "departement", "Département"
    COMMUNES = "communes", "Communes et intercommunalités"
    PARTENAIRES = "partenaires", "Partenaires du projet"
    AUTOFINANCEMENT = "autofinancement", "Autofinancement"
    AUTRES_PRODUITS = "autres_produits", "Autres produits"
    LOCAUX = "locaux", "Mise à disposition de locaux ou de matériel"
    TEMPS = "temps", "Temps de travail mis à disposition"
    BENEVOLAT = "benevolat", "Bénévolat"
    AUTRES_APPORTS = "autres_apports", "Autres apports en nature"


NATURES: dict[BudgetSide, tuple[BudgetNature, ...]] = {
    BudgetSide.CHARGE: (
        BudgetNature.ACHATS,
        BudgetNature.SERVICES_EXTERIEURS,
        BudgetNature.AUTRES_SERVICES,
        BudgetNature.IMPOTS,
        BudgetNature.PERSONNEL,
        BudgetNature.AUTRES_CHARGES,
        BudgetNature.AMORTISSEMENTS,
    ),
    BudgetSide.PRODUIT: (
        BudgetNature.REGION,
        BudgetNature.FSE,
        BudgetNature.ETAT,
        BudgetNature.DEPARTEMENT,
        BudgetNature.COMMUNES,
        BudgetNature.PARTENAIRES,
        BudgetNature.AUTOFINANCEMENT,
        BudgetNature.AUTRES_PRODUITS,
    ),
    BudgetSide.VALORISATION: (
        BudgetNature.LOCAUX,
        BudgetNature.TEMPS,
        BudgetNature.BENEVOLAT,
        BudgetNature.AUTRES_APPORTS,
    ),
}


class FileKind(models.TextChoices):
    PDF = "pdf", "PDF"
    PNG = "png", "Image PNG"
    JPEG = "jpeg", "Image JPEG"
    DOCX = "docx", "Document Word"
    XLSX = "xlsx", "Classeur Excel"
    ODT = "odt", "Document OpenDocument"
    ODS = "ods", "Classeur OpenDocument"


class AssignmentState(models.TextChoices):
    ATTENDUE = "attendue", "Note attendue"
    DONNEE = "donnee", "Note donnée"
    ABSTENTION = "abstention", "Abstention"
    RECUSEE = "recusee", "Récusation"
    RETIREE = "retiree", "Affectation retirée"


class SessionState(models.TextChoices):
    PREPAREE = "preparee", "En préparation"
    CONVOQUEE = "convoquee", "Convoquée"
    TENUE = "tenue", "Tenue, procès-verbal à approuver"
    APPROUVEE = "approuvee", "Procès-verbal approuvé"
    ANNULEE = "annulee", "Annulée"


class Presence(models.TextChoices):
    CONVOQUE = "convoque", "Convoqué"
    PRESENT = "present", "Présent"
    EXCUSE = "excuse", "Excusé"
    ABSENT = "absent", "Absent"


class Answer(models.TextChoices):
    """What a convened member announces; presence itself is noted on the day."""

    VIENT = "vient", "Sera présent"
    EXCUSE = "excuse", "S’excuse"


class Opinion(models.TextChoices):
    FAVORABLE = "favorable", "Favorable"
    RESERVE = "reserve", "Réservé"
    DEFAVORABLE = "defavorable", "Défavorable"


class Outcome(models.TextChoices):
    RETENUE = "retenue", "Retenue"
    NON_RETENUE = "non_retenue", "Non retenue"
    A_COMPLETER = "a_completer", "À compléter"


class LetterKind(models.TextChoices):
    RECEVABLE = "recevable", "Recevabilité"
    IRRECEVABLE = "irrecevable", "Irrecevabilité"
    RETENUE = "retenue", "Projet retenu"
    NON_RETENUE = "non_retenue", "Projet non retenu"
    A_COMPLETER = "a_completer", "Dossier à compléter"


class FollowUpState(models.TextChoices):
    ATTENDU = "attendu", "Attendu"
    REMIS = "remis", "Remis"
    VALIDE = "valide", "Validé"
    A_REPRENDRE = "a_reprendre", "À reprendre"


class Funder(models.TextChoices):
    """Whose funding is made public (AMI §5)."""

    REGION = "region", "Région"
    FSE = "fse", "Fonds social européen"
    LES_DEUX = "les_deux", "Région et Fonds social européen"


class ProofState(models.TextChoices):
    DEPOSEE = "deposee", "À vérifier"
    ACCEPTEE = "acceptee", "Acceptée"
    REFUSEE = "refusee", "Refusée"


class CoverLevel(models.IntegerChoices):
    """How far a bassin is, the furthest of its applications (AMI §2: one place at least in each)."""

    AUCUN = 0, "Aucun projet"
    BROUILLON = 1, "Projet en préparation"
    DEPOSE = 2, "Dossier déposé"
    RETENU = 3, "Projet retenu"
    OUVERT = 4, "Lieu ouvert"


class RegistrationState(models.TextChoices):
    ATTENTE = "attente", "En attente"
    APPROUVEE = "approuvee", "Invitation envoyée"
    REFUSEE = "refusee", "Refusée"


class SharedRight(models.TextChoices):
    """What a co-writer may do with the file (domain § 7)."""

    LIRE = "lire", "Lire"
    ECRIRE = "ecrire", "Lire et modifier"
