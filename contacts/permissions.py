"""Rights on the fiche: only site staff reach rows; everyone else reads counts (domain § 2)."""

from enum import StrEnum

from territories import access
from territories.enums import Role

DESK = (Role.CONSEILLER, Role.REFERENT)


class Perm(StrEnum):
    FILL_FICHE = "contacts.fill_fiche"
    READ_FICHES = "contacts.read_fiches"
    RECORD_ARRIVAL = "contacts.record_arrival"
    PAPER_PILE = "contacts.paper_pile"
    IMPORT_FICHES = "contacts.import_fiches"
    EXPORT_FICHES = "contacts.export_fiches"
    READ_RULES = "contacts.read_rules"
    EDIT_RULES = "contacts.edit_rules"


access.declare(Perm.FILL_FICHE, "Remplir et corriger une fiche", DESK)
access.declare(Perm.READ_FICHES, "Lire les fiches de son lieu", DESK)
access.declare(Perm.RECORD_ARRIVAL, "Noter une arrivée", DESK)
access.declare(Perm.PAPER_PILE, "Saisir une pile de fiches papier", (Role.REFERENT,))
access.declare(Perm.IMPORT_FICHES, "Importer des fiches passées", (Role.REFERENT,))
access.declare(Perm.EXPORT_FICHES, "Exporter les fiches de son lieu", (Role.REFERENT,))
access.declare(
    Perm.READ_RULES,
    "Lire les règles d’orientation",
    (*DESK, Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT, Role.ANIMATION, Role.REGION),
)
access.declare(Perm.EDIT_RULES, "Modifier les règles d’orientation", (Role.ANIMATION,))
