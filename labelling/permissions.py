"""Who reads the labels and who records one (domain § 6)."""

from enum import StrEnum

from territories import access
from territories.enums import Role
from territories.permissions import STAFF


class Perm(StrEnum):
    READ_LABELS = "labelling.read_labels"
    RECORD_LABEL = "labelling.record_label"


access.declare(Perm.READ_LABELS, "Lire les labels des lieux", STAFF)
access.declare(Perm.RECORD_LABEL, "Noter la décision de label d’un lieu", (Role.ANIMATION, Role.REGION))
