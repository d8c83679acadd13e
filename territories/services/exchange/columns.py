"""Columns of a file of places: the same in what leaves and in what comes back.

A file downloaded and deposited again changes nothing. Columns that the portal computes leave with the others
and are not read back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from spo_portal.kernel.tables import Column, Kind
from territories.enums import AccessFeature, PartnerDirection, ServiceMode, SiteKind, SitePublic, Wheelchair
from territories.services.search import fold

SEPARATOR = ", "


@dataclass(frozen=True, slots=True)
class PlaceColumn:
    """One column: its title, the field of a place it holds, what it accepts (empty: computed, never read)."""

    title: str
    key: str
    accepts: str = ""
    required: bool = False
    kind: Kind = "text"
    width: int = 16


def _codes(choices: list[tuple[str, str]]) -> str:
    return SEPARATOR.join(str(value) for value, _ in choices if value)


COLUMNS: tuple[PlaceColumn, ...] = (
    PlaceColumn(
        "identifiant",
        "reference_id",
        "Identifiant du lieu dans le portail. Vide : le lieu est reconnu à son territoire et à son sigle.",
        width=24,
    ),
    PlaceColumn("territoire", "territory", "Sigle ou nom du territoire.", required=True, width=12),
    PlaceColumn(
        "sigle",
        "code",
        "Sigle du lieu sur son territoire, 16 caractères au plus. Vide : le portail le choisit.",
        width=10,
    ),
    PlaceColumn("nom", "name", "Nom du lieu, 200 caractères au plus.", required=True, width=40),
    PlaceColumn("organisation", "organisation", "Nom de l’organisation qui tient le lieu.", width=32),
    PlaceColumn("réseau", "reseau", "Code du réseau, comme CIO. Vide pour un lieu hors réseau.", width=18),
    PlaceColumn("nature", "kind", _codes(SiteKind.choices) + ".", width=12),
    PlaceColumn(
        "sens du partenariat",
        "direction",
        f"{_codes(PartnerDirection.choices)}. Pour un lieu hors réseau qui n’est pas encore dans l’annuaire.",
        width=18,
    ),
    PlaceColumn("nature du partenaire", "partner_kind", "40 caractères au plus, comme cap_emploi.", width=18),
    PlaceColumn("rattaché à", "parent", "Identifiant du lieu dont celui-ci dépend.", width=24),
    PlaceColumn("adresse", "address", "Numéro et rue.", width=32),
    PlaceColumn("complément d’adresse", "complement", "Bâtiment, étage.", width=20),
    PlaceColumn("code postal", "postcode", "Cinq chiffres.", width=10),
    PlaceColumn("ville", "city", "Comme elle s’écrit dans l’adresse.", width=20),
    PlaceColumn("code insee", "commune", "Code INSEE de la commune, qui est de ce territoire.", width=10),
    PlaceColumn("latitude", "latitude", "En degrés, comme 50,63297.", kind="decimal", width=12),
    PlaceColumn("longitude", "longitude", "En degrés, comme 3,05858.", kind="decimal", width=12),
    PlaceColumn("téléphone", "phone", "Comme 03 20 12 34 56.", width=16),
    PlaceColumn("courriel", "email", "Adresse du lieu, jamais celle d’une personne.", width=28),
    PlaceColumn("site web", "website", "Adresse complète, avec https://", width=28),
    PlaceColumn("transports", "transport", "Arrêts et lignes, 300 caractères au plus.", width=32),
    PlaceColumn("accès en fauteuil", "wheelchair", _codes(Wheelchair.choices) + ", ou rien.", width=14),
    PlaceColumn(
        "équipements", "access_features", f"Un ou plusieurs : {_codes(AccessFeature.choices)}.", width=24
    ),
    PlaceColumn("accessibilité", "accessibility", "Précision en clair, 200 caractères au plus.", width=28),
    PlaceColumn("publics", "publics", f"Un ou plusieurs : {_codes(SitePublic.choices)}.", width=24),
    PlaceColumn("précision sur les publics", "publics_note", "200 caractères au plus.", width=28),
    PlaceColumn(
        "agents", "staff_tenths", "Équivalents temps plein à l’accueil, comme 2,5.", kind="decimal", width=8
    ),
    PlaceColumn(
        "horaires",
        "hours",
        'Syntaxe OpenStreetMap, comme Mo-Fr 09:00-12:00; We 14:00-17:00 "sur rendez-vous". Vide : les '
        "horaires restent.",
        width=48,
    ),
    PlaceColumn("précision sur les horaires", "hours_note", "300 caractères au plus.", width=28),
    PlaceColumn(
        "services",
        "services",
        f"Codes de la grille, chacun suivi de « = » et d’un de : {_codes(ServiceMode.choices)}. Vide : les "
        "services restent.",
        width=48,
    ),
    PlaceColumn(
        "version",
        "version",
        "Numéro d’enregistrement au téléchargement : un lieu modifié depuis est refusé.",
        kind="int",
        width=9,
    ),
    PlaceColumn("part sans rendez-vous", "share", kind="share", width=12),
    PlaceColumn("label", "label", width=20),
    PlaceColumn("label jusqu’au", "label_until", kind="date", width=13),
    PlaceColumn("ouvert au public", "active", width=10),
    PlaceColumn("fiche remplie", "filled", kind="share", width=10),
    PlaceColumn("confirmée le", "confirmed_on", kind="date", width=13),
    PlaceColumn("modifiée le", "changed_at", kind="date", width=13),
)
READ = tuple(column for column in COLUMNS if column.accepts)
COMPUTED = tuple(column for column in COLUMNS if not column.accepts)
TITLES = {column.key: column.title for column in COLUMNS}
# Titles as people retype them: accents and apostrophes do not count.
BY_FOLDED = {fold(column.title): column.title for column in COLUMNS}


def table_columns(columns: Sequence[PlaceColumn] = COLUMNS) -> list[Column]:
    """The columns as a table that leaves."""
    return [Column(column.title, column.kind, column.width) for column in columns]
