"""Closed lists of the app. Stored values are ASCII lower case; French labels are never stored."""

from django.db import models


class Regime(models.TextChoices):
    """Which rules a Region follows: SPO (label of the State, GUIDE 2013) or SPRO (Region, AMI 2015)."""

    SPO = "spo", "Service public de l’orientation"
    SPRO = "spro", "Service public régional de l’orientation"


class TerritoryKind(models.TextChoices):
    ZONE = "zone_emploi", "zone d’emploi formation"
    BASSIN = "bassin_emploi", "bassin d’emploi"


class SiteKind(models.TextChoices):
    SIEGE = "siege", "siège"
    ANTENNE = "antenne", "antenne"
    PERMANENCE = "permanence", "permanence"


class PartnerDirection(models.TextChoices):
    """Partenaires associés (GUIDE, « Partenaires Associés »): who sends whom to whom."""

    NONE = "", "membre d’un réseau"
    DESTINATAIRE = "destinataire", "destinataire : les lieux lui envoient du public"
    PRESCRIPTEUR = "prescripteur", "prescripteur : il envoie du public"
    BOTH = "les_deux", "destinataire et prescripteur"


class Wheelchair(models.TextChoices):
    """Whether one enters and is received in a wheelchair (AMI-3: declared, never guessed)."""

    UNKNOWN = "", "Non renseigné"
    YES = "oui", "Accessible en fauteuil"
    ON_REQUEST = "sur_demande", "Accessible en fauteuil sur demande"
    NO = "non", "Non accessible en fauteuil"


class AccessFeature(models.TextChoices):
    """What else makes a place accessible, told as it is met on the spot."""

    PLACE_PMR = "place_pmr", "Place de stationnement réservée"
    ASCENSEUR = "ascenseur", "Ascenseur, ou accueil de plain-pied"
    SANITAIRES = "sanitaires", "Sanitaires adaptés"
    BOUCLE = "boucle", "Boucle à induction magnétique"
    LSF = "lsf", "Accueil en langue des signes"
    GUIDAGE = "guidage", "Guidage au sol ou balise sonore"
    FALC = "falc", "Documents faciles à lire et à comprendre"
    CALME = "calme", "Espace calme ou confidentiel"


class SitePublic(models.TextChoices):
    """Whom a place receives (GUIDE: a labelled place receives everybody)."""

    TOUS = "tous", "Tout public"
    SCOLAIRES = "scolaires", "Scolaires et leurs parents"
    ETUDIANTS = "etudiants", "Étudiants"
    JEUNES = "jeunes", "Jeunes de moins de 26 ans"
    DEMANDEURS = "demandeurs", "Demandeurs d’emploi"
    SALARIES = "salaries", "Salariés"
    ALTERNANTS = "alternants", "Alternants"
    HANDICAP = "handicap", "Personnes en situation de handicap"
    CREATEURS = "createurs", "Créateurs et repreneurs d’entreprise"


class ServiceLevel(models.TextChoices):
    """The three niveaux de service of the label (GUIDE, « Niveaux de service SPO »)."""

    ACCUEIL = "accueil", "Accueil individualisé et premier conseil"
    INFORMATION = "information", "Information exhaustive et objective"
    CONSEIL = "conseil", "Conseil personnalisé"


class ServiceMode(models.TextChoices):
    """How a service is given."""

    SUR_PLACE = "sur_place", "Sur place, sans rendez-vous"
    RENDEZ_VOUS = "rendez_vous", "Sur rendez-vous"
    DISTANCE = "distance", "À distance"
    COLLECTIF = "collectif", "En groupe"
    RELAIS = "relais", "Par un partenaire vers qui l’on oriente"


class SiteChangeKind(models.TextChoices):
    """What happened to the record of a place."""

    CREATED = "creation", "Fiche créée"
    EDITED = "modification", "Fiche modifiée"
    SERVICES = "services", "Grille des services modifiée"
    HOURS = "horaires", "Horaires modifiés"
    CONFIRMED = "confirmation", "Informations confirmées"
    CHECKED = "verification", "Vérifiée par le coordinateur"
    IMPORTED = "import", "Reprise d’un fichier"
    CLOSED = "fermeture", "Lieu fermé"
    REOPENED = "reouverture", "Lieu rouvert"


class RoleScope(models.TextChoices):
    SITE = "site", "lieu"
    TERRITORY = "territory", "territoire"
    COMMISSION = "commission", "commission"
    ORGANISATION = "organisation", "organisation"
    REGION = "region", "région"
    PLATFORM = "platform", "plateforme"


class Role(models.TextChoices):
    CONSEILLER = "conseiller", "Conseiller"
    REFERENT = "referent", "Référent"
    COORDINATEUR = "coordinateur", "Coordinateur"
    CHARGE_MISSION = "charge_mission", "Chargé de mission (Région)"
    ANIMATEUR_ETAT = "animateur_etat", "Animateur de l’État"
    ANIMATION = "animation", "Animation régionale"
    PREFECTURE = "prefecture", "Préfecture"
    REGION = "region", "Région"
    MEMBRE_COMMISSION = "membre_commission", "Membre de commission"
    PORTEUR = "porteur", "Porteur"
    ADMINISTRATEUR = "administrateur", "Administrateur"

    @property
    def held_on(self) -> RoleScope:
        return ROLE_SCOPE[self]


ROLE_SCOPE: dict[Role, RoleScope] = {
    Role.CONSEILLER: RoleScope.SITE,
    Role.REFERENT: RoleScope.SITE,
    Role.COORDINATEUR: RoleScope.TERRITORY,
    Role.CHARGE_MISSION: RoleScope.TERRITORY,
    Role.ANIMATEUR_ETAT: RoleScope.TERRITORY,
    Role.ANIMATION: RoleScope.REGION,
    Role.PREFECTURE: RoleScope.REGION,
    Role.REGION: RoleScope.REGION,
    Role.MEMBRE_COMMISSION: RoleScope.COMMISSION,
    Role.PORTEUR: RoleScope.ORGANISATION,
    Role.ADMINISTRATEUR: RoleScope.PLATFORM,
}


class Weekday(models.IntegerChoices):
    MONDAY = 0, "lundi"
    TUESDAY = 1, "mardi"
    WEDNESDAY = 2, "mercredi"
    THURSDAY = 3, "jeudi"
    FRIDAY = 4, "vendredi"
    SATURDAY = 5, "samedi"
    SUNDAY = 6, "dimanche"
