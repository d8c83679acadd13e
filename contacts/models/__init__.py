"""The fiche contact, its lists, the orientation rules and the anonymous loop."""

from contacts.models.fiche import CodeRetour, FicheContact, FicheDestination, ReferenceCounter
from contacts.models.imports import ImportFile
from contacts.models.lists import ListVersion, OrientationRule

__all__ = [
    "CodeRetour",
    "FicheContact",
    "FicheDestination",
    "ImportFile",
    "ListVersion",
    "OrientationRule",
    "ReferenceCounter",
]
