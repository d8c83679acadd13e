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


access.declare(Perm.READ_SITE, "Lire les chiffres de son lieu", (Role.REFERENT,))
access.declare(
    Perm.READ_TERRITORY,
    "Lire le tableau de bord d’un territoire",
    (Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT, Role.ANIMATION, Role.REGION),
)
access.declare(Perm.READ_REGION, "Lire les tableaux de bord de la région", (Role.ANIMATION, Role.REGION))
access.declare(
    Perm.SET_TARGETS, "Fixer les cibles d’une année", (Role.COORDINATEUR, Role.ANIMATION, Role.REGION)
)
access.declare(
    Perm.USE_API, "Lire les chiffres par un programme", (Role.COORDINATEUR, Role.ANIMATION, Role.REGION)
)
