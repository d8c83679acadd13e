"""Who reads figures: the site its own, the territory its own, the region all of its own (domain § 2)."""

from enum import StrEnum

from territories import access
from territories.enums import Role


class Perm(StrEnum):
    READ_SITE = "dashboards.read_site"
    READ_TERRITORY = "dashboards.read_territory"
    READ_REGION = "dashboards.read_region"
    SET_TARGETS = "dashboards.set_targets"
    USE_API = "dashboards.use_api"
    READ_REPORT = "dashboards.read_report"
    WRITE_REPORT = "dashboards.write_report"
    SIGN_REPORT = "dashboards.sign_report"
    TRANSMIT_REPORT = "dashboards.transmit_report"
    READ_REPORTS = "dashboards.read_reports"
    READ_SYNTHESIS = "dashboards.read_synthesis"
    SYNTHESISE = "dashboards.synthesise"


_AREA = (Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT, Role.ANIMATION, Role.REGION)
# The référent reads the place's own figures; territory and region staff its line in the territory's.
access.declare(Perm.READ_SITE, "Lire les chiffres d’un lieu", (Role.REFERENT, *_AREA))
access.declare(Perm.READ_TERRITORY, "Lire le tableau de bord d’un territoire", _AREA)
access.declare(Perm.READ_REGION, "Lire les tableaux de bord de la région", (Role.ANIMATION, Role.REGION))
access.declare(
    Perm.SET_TARGETS, "Fixer les cibles d’une année", (Role.COORDINATEUR, Role.ANIMATION, Role.REGION)
)
access.declare(
    Perm.USE_API, "Lire les chiffres par un programme", (Role.COORDINATEUR, Role.ANIMATION, Role.REGION)
)
access.declare(Perm.READ_REPORT, "Lire le rapport annuel d’un territoire", _AREA)
access.declare(Perm.WRITE_REPORT, "Écrire le rapport annuel de son territoire", (Role.COORDINATEUR,))
access.declare(
    Perm.SIGN_REPORT, "Inscrire la signature du comité technique territorial", (Role.COORDINATEUR,)
)
access.declare(Perm.TRANSMIT_REPORT, "Transmettre le rapport annuel signé", (Role.COORDINATEUR,))
access.declare(
    Perm.READ_REPORTS, "Suivre les rapports annuels de la région", (Role.ANIMATION, Role.REGION)
)
access.declare(Perm.READ_SYNTHESIS, "Lire la synthèse régionale", _AREA)
access.declare(Perm.SYNTHESISE, "Écrire et figer la synthèse régionale", (Role.ANIMATION,))
