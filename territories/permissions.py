"""What may be done in this app, and by which roles (domain § 2)."""

from enum import StrEnum

from territories import access
from territories.enums import Role

STAFF = (
    Role.CONSEILLER,
    Role.REFERENT,
    Role.COORDINATEUR,
    Role.CHARGE_MISSION,
    Role.ANIMATEUR_ETAT,
    Role.ANIMATION,
    Role.PREFECTURE,
    Role.REGION,
)
EVERYONE = tuple(Role)


class Perm(StrEnum):
    USE_PORTAL = "territories.use_portal"
    READ_DIRECTORY = "territories.read_directory"
    SEE_TEAM = "territories.see_team"
    INVITE = "territories.invite"
    INVITE_BODY = "territories.invite_body"
    EDIT_HOURS = "territories.edit_hours"
    EDIT_BROCHURE = "territories.edit_brochure"
    READ_BROCHURE = "territories.read_brochure"
    KEEP_RECORD = "territories.keep_record"
    CHECK_RECORD = "territories.check_record"
    FOLLOW_RECORDS = "territories.follow_records"
    READ_HISTORY = "territories.read_history"
    IMPORT_DIRECTORY = "territories.import_directory"
    SAY_TRAINING_BODY = "territories.say_training_body"


access.declare(Perm.USE_PORTAL, "Ouvrir le portail", EVERYONE)
access.declare(Perm.READ_DIRECTORY, "Lire l’annuaire", STAFF)
access.declare(
    Perm.SEE_TEAM,
    "Voir les comptes de son périmètre",
    (Role.REFERENT, Role.COORDINATEUR, Role.ANIMATION, Role.ADMINISTRATEUR),
)
access.declare(
    Perm.INVITE,
    "Inviter des collègues",
    (Role.REFERENT, Role.COORDINATEUR, Role.ANIMATION, Role.ADMINISTRATEUR),
)
access.declare(
    Perm.INVITE_BODY, "Inviter des porteurs et des membres de commission", (Role.REGION, Role.PORTEUR)
)
access.declare(Perm.EDIT_HOURS, "Tenir les horaires de son lieu", (Role.REFERENT,))
access.declare(Perm.KEEP_RECORD, "Tenir la fiche d’un lieu", (Role.REFERENT, Role.COORDINATEUR))
access.declare(Perm.CHECK_RECORD, "Vérifier, ouvrir et fermer les lieux du territoire", (Role.COORDINATEUR,))
access.declare(
    Perm.FOLLOW_RECORDS, "Suivre les fiches des lieux", (Role.COORDINATEUR, Role.ANIMATION, Role.REGION)
)
access.declare(
    Perm.READ_HISTORY,
    "Lire l’historique d’un lieu",
    (Role.REFERENT, Role.COORDINATEUR, Role.ANIMATION, Role.REGION),
)
access.declare(
    Perm.IMPORT_DIRECTORY, "Mettre à jour l’annuaire par fichier", (Role.COORDINATEUR, Role.ANIMATION)
)
access.declare(
    Perm.SAY_TRAINING_BODY,
    "Dire quelles organisations sont des organismes de formation",
    (Role.ANIMATION, Role.ADMINISTRATEUR),
)
access.declare(Perm.READ_BROCHURE, "Lire la plaquette", STAFF)
access.declare(Perm.EDIT_BROCHURE, "Déposer la plaquette de la Région", (Role.ANIMATION, Role.ADMINISTRATEUR))

# Who may name whom: a référent its counsellors, a coordinator the site staff of the territory,
# the regional animation the territory staff, the platform the region staff (domain § 2). The Region names
# porteurs and members of commissions, a porteur its own colleagues (domain § 7).
MAY_NAME: dict[Role, tuple[Role, ...]] = {
    Role.REFERENT: (Role.CONSEILLER,),
    Role.COORDINATEUR: (Role.CONSEILLER, Role.REFERENT),
    Role.ANIMATION: (Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT),
    Role.ADMINISTRATEUR: (Role.ANIMATION, Role.PREFECTURE, Role.REGION),
    Role.REGION: (Role.PORTEUR, Role.MEMBRE_COMMISSION),
    Role.PORTEUR: (Role.PORTEUR,),
}
