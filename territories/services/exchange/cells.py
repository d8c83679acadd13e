"""Reading of each cell of a file of places: as people write it, or one sentence that says what to write."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.tables import is_formula
from spo_portal.kernel.transfer import Column, Resource
from territories import hours
from territories.enums import AccessFeature, PartnerDirection, ServiceMode, SiteKind, SitePublic, Wheelchair
from territories.models import Organisation, Reseau, ServiceItem, Territory
from territories.services.exchange.columns import COMPUTED, TITLES
from territories.services.search import fold

_LIST = re.compile(r"[,;|/\n]")
_PHONE = re.compile(r"\+?[0-9][0-9 .()-]{1,18}")
_HOLIDAYS = re.compile(r"\bPH\b", re.IGNORECASE)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}")
FTE_MAX = 500


def plain(text: str) -> str:
    """A text as it was typed: the apostrophe that our own files put before a formula is taken off."""
    bare = text[1:] if text.startswith("'") and is_formula(text[1:]) else text
    try:
        return clean_text(bare)
    except TextRefused as refusal:
        raise ValueError(str(refusal)) from None


def short(limit: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        value = plain(text)
        if len(value) > limit:
            raise ValueError(f"{limit} caractères au plus : il y en a {len(value)}.")
        return value

    return read


def required(limit: int, what: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        value = short(limit)(text)
        if not value:
            raise ValueError(what)
        return value

    return read


def one_of(choices: list[tuple[str, str]]) -> Callable[[str], str]:
    """A code or its label, whatever the case and the accents."""
    known = {fold(str(word)): str(value) for value, label in choices for word in (value, label) if value}
    allowed = ", ".join(str(value) for value, _ in choices if value)

    def read(text: str) -> str:
        value = plain(text)
        if not value:
            return ""
        if fold(value) not in known:
            raise ValueError(f"« {value[:30]} » n’est pas prévu. Écrivez : {allowed}.")
        return known[fold(value)]

    return read


def several_of(choices: list[tuple[str, str]]) -> Callable[[str], tuple[str, ...]]:
    one = one_of(choices)
    order = [str(value) for value, _ in choices]

    def read(text: str) -> tuple[str, ...]:
        found = {one(part) for part in _LIST.split(text) if part.strip()}
        return tuple(value for value in order if value in found)

    return read


def degrees(most: int) -> Callable[[str], Decimal | None]:
    def read(text: str) -> Decimal | None:
        value = plain(text).replace(",", ".").replace("\u2212", "-")
        if not value:
            return None
        try:
            found = round(Decimal(value), 5)
        except ArithmeticError:
            raise ValueError("Écrivez un nombre de degrés, comme 50,63297.") from None
        # « NaN » is a Decimal that no comparison takes.
        if not found.is_finite() or abs(found) > most:
            raise ValueError(f"Ce nombre va de -{most} à {most} degrés.")
        return found

    return read


def staff(text: str) -> int | None:
    value = plain(text).replace(",", ".")
    if not value:
        return None
    try:
        tenths = Decimal(value) * 10
    except ArithmeticError:
        raise ValueError("Écrivez un nombre d’agents, comme 2,5.") from None
    if not tenths.is_finite() or tenths != tenths.to_integral_value() or not 0 <= tenths <= FTE_MAX * 10:
        raise ValueError(f"De 0 à {FTE_MAX} agents, avec un chiffre après la virgule au plus.")
    return int(tenths)


def phone(text: str) -> str:
    value = short(20)(text)
    # The short numbers of public services have four digits.
    if value and (not _PHONE.fullmatch(value) or sum(one.isdigit() for one in value) < 4):
        raise ValueError("Écrivez un numéro de téléphone, comme 03 20 12 34 56.")
    return value


def postcode(text: str) -> str:
    value = plain(text)
    # A spreadsheet drops the first zero.
    value = value.zfill(5) if value.isascii() and value.isdigit() and len(value) == 4 else value
    if value and not re.fullmatch(r"[0-9]{5}", value):
        raise ValueError("Écrivez les cinq chiffres du code postal.")
    return value


def insee(text: str) -> str:
    value = plain(text).upper()
    value = value.zfill(5) if value.isascii() and value.isdigit() and len(value) == 4 else value
    if value and not re.fullmatch(r"(?:[0-9]{2}|2[AB])[0-9]{3}", value):
        raise ValueError("Un code INSEE a cinq caractères, comme 59350.")
    return value


def site_code(text: str) -> str:
    value = plain(text).upper()
    if value and not _CODE.fullmatch(value):
        raise ValueError("Un sigle a 16 lettres ou chiffres au plus.")
    return value


def number(text: str) -> int | None:
    value = plain(text)
    if value and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ValueError("Écrivez le numéro tel qu’il était dans le fichier téléchargé, ou rien.")
    return int(value) if value else None


def week(text: str) -> tuple[hours.Week, bool] | None:
    """A week in OpenStreetMap's syntax, and whether it says anything of bank holidays; nothing when empty."""
    value = text[1:] if text.startswith("'") else text
    if not value.strip():
        return None
    try:
        return hours.parse_osm(value), bool(_HOLIDAYS.search(value))
    except hours.HoursError as error:
        raise ValueError(str(error)) from None


class Known:
    """What the words of a file may name: territories, networks, organisations, services of the region."""

    def __init__(
        self,
        *,
        territories: list[Territory],
        reseaux: list[Reseau],
        organisations: Mapping[str, Organisation],
        items: list[ServiceItem],
    ) -> None:
        self.territories = {
            fold(word): t for t in territories for word in (t.short_code, t.name, t.reference_id)
        }
        self.reseaux = {fold(word): r for r in reseaux for word in (r.code, r.short_name, r.name)}
        self.organisations = organisations
        self.items = {fold(item.code): item for item in items}

    def territory(self, text: str) -> Territory:
        value = plain(text)
        if not value:
            raise ValueError("Le territoire manque.")
        found = self.territories.get(fold(value))
        if found is None:
            raise ValueError(f"« {value[:30]} » n’est pas un territoire de votre périmètre.")
        return found

    def reseau(self, text: str) -> Reseau | None:
        value = plain(text)
        found = self.reseaux.get(fold(value))
        if value and found is None:
            raise ValueError(f"« {value[:30]} » n’est pas un réseau de la région.")
        return found

    def services(self, text: str) -> dict[int, str] | None:
        """Item → mode; nothing when the cell is empty."""
        read_mode = one_of(ServiceMode.choices)
        found: dict[int, str] = {}
        for part in _LIST.split(plain(text)):
            if not part.strip():
                continue
            code, _, mode = part.partition("=")
            item = self.items.get(fold(code))
            if item is None:
                raise ValueError(f"« {code.strip()[:30]} » n’est pas un code de la grille des services.")
            if item.pk in found:
                raise ValueError(f"Le service {item.code} est écrit deux fois.")
            if not mode.strip():
                raise ValueError(
                    f"Dites comment le service {item.code} est rendu, comme {item.code}=sur_place."
                )
            found[item.pk] = read_mode(mode)
        return found or None


class PlaceResource(Resource):
    """A file of places; columns that the portal computes are accepted and never read."""

    required = (TITLES["territory"], TITLES["name"])

    def __init__(self, known: Known) -> None:
        super().__init__()
        readers: dict[str, Callable[[str], object]] = {
            "reference_id": short(80),
            "territory": known.territory,
            "code": site_code,
            "name": required(200, "Le nom du lieu manque."),
            "organisation": short(160),
            "reseau": known.reseau,
            "kind": one_of(SiteKind.choices),
            "direction": one_of(PartnerDirection.choices),
            "partner_kind": short(40),
            "parent": short(80),
            "address": short(200),
            "complement": short(200),
            "postcode": postcode,
            "city": short(80),
            "commune": insee,
            "latitude": degrees(90),
            "longitude": degrees(180),
            "phone": phone,
            "email": short(254),
            "website": short(200),
            "transport": short(300),
            "wheelchair": one_of(Wheelchair.choices),
            "access_features": several_of(AccessFeature.choices),
            "accessibility": short(200),
            "publics": several_of(SitePublic.choices),
            "publics_note": short(200),
            "staff_tenths": staff,
            "hours": week,
            "hours_note": short(300),
            "services": known.services,
            "version": number,
        }
        for key, reader in readers.items():
            self.fields[TITLES[key]] = Column(TITLES[key], reader, attribute=key)
        for column in COMPUTED:
            self.fields[column.title] = Column(column.title, lambda text: "", attribute=column.key)

    def get_import_order(self) -> list[str]:
        return list(self.fields)


__all__ = ["Known", "PlaceResource"]
