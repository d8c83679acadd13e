"""What a record tells of a place, and how it changes: checked, never over somebody else's change."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require
from territories.enums import AccessFeature, SiteChangeKind, SiteKind, SitePublic, Wheelchair
from territories.models import Commune, Organisation, Site
from territories.permissions import Perm
from territories.services.record.note import ABOUT_PEOPLE_IN_PLACES, checked_text, note
from territories.services.record.where import check_commune, check_parent, check_postcode, point_of

# Said to the apps above: a place that moves asks for an amendment of the label.
MOVED = "territories.place_moved"


@dataclass(frozen=True)
class Record:
    """The identity and the welcome of a place, as its record holds them."""

    name: str
    organisation: Organisation
    kind: str = SiteKind.SIEGE
    parent: Site | None = None
    address: str = ""
    complement: str = ""
    postcode: str = ""
    commune: Commune | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    phone: str = ""
    email: str = ""
    website: str = ""
    transport: str = ""
    wheelchair: str = ""
    access_features: tuple[str, ...] = ()
    accessibility: str = ""
    publics: tuple[str, ...] = ()
    publics_note: str = ""
    staff_tenths: int | None = None


# Field of the form and words of each field, in the order of the page: errors, conflicts and history use them.
FORM_FIELD = {
    "name": "nom",
    "organisation": "organisation",
    "kind": "nature",
    "parent": "rattache",
    "address": "adresse",
    "complement": "complement",
    "postcode": "code_postal",
    "commune": "commune",
    "latitude": "latitude",
    "longitude": "longitude",
    "phone": "telephone",
    "email": "courriel",
    "website": "site_web",
    "transport": "transports",
    "wheelchair": "fauteuil",
    "access_features": "equipements",
    "accessibility": "accessibilite",
    "publics": "publics",
    "publics_note": "publics_precision",
    "staff_tenths": "agents",
}
WORDS = {
    "name": "Nom",
    "organisation": "Organisme",
    "kind": "Nature",
    "parent": "Rattaché à",
    "address": "Adresse",
    "complement": "Complément d’adresse",
    "postcode": "Code postal",
    "commune": "Commune",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "phone": "Téléphone",
    "email": "Courriel",
    "website": "Site internet",
    "transport": "Transports en commun",
    "wheelchair": "Accès en fauteuil",
    "access_features": "Équipements",
    "accessibility": "Précision sur l’accès",
    "publics": "Publics reçus",
    "publics_note": "Précision sur les publics",
    "staff_tenths": "Agents d’accueil",
}
PLAIN_CHAIR = {str(label) for value, label in Wheelchair.choices if value}


class RecordConflict(Conflict):
    """Somebody saved this record in between: ``differences`` are (field in words, theirs, mine)."""

    def __init__(self, stored: Site, differences: list[tuple[str, str, str]]) -> None:
        super().__init__("Quelqu’un d’autre a enregistré cette fiche pendant que vous la modifiiez.")
        self.stored, self.differences = stored, differences


def record_of(site: Site) -> Record:
    """The record as stored; ``commune``, ``organisation`` and ``parent`` come with the row."""
    return Record(
        name=site.name,
        organisation=site.organisation,
        kind=site.kind,
        parent=site.parent,
        address=site.address,
        complement=site.complement,
        postcode=site.postcode,
        commune=site.commune,
        latitude=site.latitude,
        longitude=site.longitude,
        phone=site.phone,
        email=site.email,
        website=site.website,
        transport=site.transport,
        wheelchair=site.wheelchair,
        access_features=tuple(site.access_features),
        accessibility=precision_of(site),
        publics=tuple(site.publics),
        publics_note=site.publics_note,
        staff_tenths=site.staff_tenths,
    )


def precision_of(site: Site) -> str:
    """What is said of the access beyond the choice itself, which reference files repeat in words."""
    return "" if site.accessibility in PLAIN_CHAIR else site.accessibility


def save_record(*, by: Actor, site: Site, record: Record, seen: int) -> Site:
    """Change the record of a place one keeps. ``seen`` is the version the form started from.

    Raises ``RecordConflict`` when it was saved since with other values, ``Refused`` on a rule. What is
    stored already writes nothing.
    """
    require(by, Perm.KEEP_RECORD)
    if not keeps(by, site):
        raise Refused("Vous tenez la fiche de votre lieu, ou des lieux de votre territoire, seulement.")
    with transaction.atomic():
        locked = lock(by, site)
        record = checked(record, by=by, site=locked)
        changes = differences(record_of(locked), record)
        if not changes:
            return locked
        if locked.version != seen:
            rows = [(WORDS[name], *values) for name, values in changes.items()]
            raise RecordConflict(locked, rows)
        write(locked, record)
        locked.version += 1
        locked.changed_at = timezone.now()
        save(locked)
        note(by=by, site=locked, kind=SiteChangeKind.EDITED, changes=changes)
        if changes.keys() & {"address", "commune"}:
            outbox.emit(MOVED, tenant_id=locked.territory_id, payload={"site": locked.pk})
    return locked


def keeps(by: Actor, site: Site) -> bool:
    """One's own place, or a place of one's own territory."""
    return site.pk in by.scope.unit or site.territory_id in by.scope.tenant


def lock(by: Actor, site: Site) -> Site:
    """The row as it is now, held until the end of the transaction."""
    rows = Site.objects.visible_to(by).select_related("organisation", "commune", "parent", "reseau")
    return rows.select_for_update(of=("self",)).get(pk=site.pk)


def differences(before: Record, after: Record) -> dict[str, tuple[str, str]]:
    """Name of each field that differs, with both values as shown."""
    found = {}
    for field in fields(Record):
        old, new = shown(field.name, before), shown(field.name, after)
        if old != new:
            found[field.name] = (old, new)
    return found


def shown(name: str, record: Record) -> str:
    """One field in words, as the page and the history show it; empty when it is not filled."""
    value = getattr(record, name)
    if value is None or value in ("", ()):
        return ""
    if name == "kind":
        return str(SiteKind(value).label)
    if name == "wheelchair":
        return str(Wheelchair(value).label)
    if name == "access_features":
        return ", ".join(str(AccessFeature(one).label) for one in value)
    if name == "publics":
        return ", ".join(str(SitePublic(one).label) for one in value)
    if name == "staff_tenths":
        return f"{value // 10},{value % 10}" if value % 10 else str(value // 10)
    if name in {"latitude", "longitude"}:
        return f"{value:.5f}".replace(".", ",")
    return str(value)


def checked(record: Record, *, by: Actor, site: Site) -> Record:
    """The record cleaned and held against the rules of the trade; ``Refused`` on the first field amiss."""
    texts: dict[str, Any] = {}
    for name in ("name", "address", "complement", "postcode", "phone", "email", "website"):
        try:
            texts[name] = clean_text(getattr(record, name))
        except TextRefused as refusal:
            raise Refused(str(refusal), FORM_FIELD[name]) from None
    if not texts["name"]:
        raise Refused("Écrivez le nom du lieu.", "nom")
    texts["transport"] = checked_text(
        record.transport, field="transports", limit=300, kinds=ABOUT_PEOPLE_IN_PLACES
    )
    texts["accessibility"] = checked_text(record.accessibility, field="accessibilite", limit=200)
    texts["publics_note"] = checked_text(record.publics_note, field="publics_precision", limit=200)
    if not record.wheelchair and texts["accessibility"] in PLAIN_CHAIR:
        raise Refused("Choisissez l’accès en fauteuil dans la liste.", "fauteuil")
    clean = replace(
        record,
        **texts,
        access_features=tuple(v for v in AccessFeature.values if v in record.access_features),
        publics=tuple(v for v in SitePublic.values if v in record.publics),
    )
    if clean.organisation.is_training_body and clean.organisation.pk != site.organisation_id:
        raise Refused("Un organisme de formation ne tient pas de lieu d’accueil.", "organisation")
    check_parent(clean.kind, clean.parent, by=by, site=site)
    check_commune(clean.commune, site)
    check_postcode(clean.postcode, clean.commune, by=by, site=site)
    latitude, longitude = point_of(clean.latitude, clean.longitude, clean.commune, site)
    parent = None if clean.kind == SiteKind.SIEGE else clean.parent
    return replace(clean, parent=parent, latitude=latitude, longitude=longitude)


def write(site: Site, record: Record) -> None:
    """Put the values on the row, unsaved. The town is the commune's; words of access follow the choice."""
    for name in FORM_FIELD:
        value = getattr(record, name)
        setattr(site, name, list(value) if isinstance(value, tuple) else value)
    if record.commune is not None:
        site.city = record.commune.name[:80]
    if not record.accessibility and record.wheelchair:
        site.accessibility = str(Wheelchair(record.wheelchair).label)


def save(site: Site, *, insert: bool = False) -> None:
    """Write the row; what the database would refuse is told as a refusal."""
    try:
        site.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Refused(f"{WORDS.get(name, 'Le lieu')} : {' '.join(messages)}", FORM_FIELD.get(name)) from None
    site.save(force_insert=insert)
