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
