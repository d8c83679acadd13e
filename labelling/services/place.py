"""The place of a project: one of the directory or a new one, with its week (AMI §2).

The share without appointment is told, never asked: a place proposed has no label to lose (domain § 5).
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_ami import PartKey
from labelling.models import AmiApplication, AmiPlace
from labelling.services import moves
from labelling.services.dossier import Place, place_of, slots_of
from labelling.services.parts import require_part
from labelling.services.sections import touch
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import of
from territories import hours
from territories.access import Actor
from territories.models import Commune, Site
from territories.services.search import fold

PART = str(PartKey.CONDITIONS)
MOST_FOUND = 12


class PlaceConflict(Conflict):
    """Somebody saved the place in between; ``stored`` is what the file holds now."""

    def __init__(self, stored: Place | None, version: int) -> None:
        super().__init__("Le lieu a été enregistré entre-temps par quelqu’un d’autre.")
        self.stored, self.version = stored, version


@dataclass(frozen=True)
class NewPlace:
    """A place that is not in the directory yet."""

    name: str = ""
    address: str = ""
    complement: str = ""
    postcode: str = ""
    commune: Commune | None = None
    phone: str = ""
    email: str = ""
    website: str = ""
    accessibility: str = ""


def sites_of(by: Actor, application: AmiApplication) -> QuerySet[Site]:
    """Places of the region that may be proposed: those that receive the public."""
    rows = Site.objects.visible_to(by).open_to_public().filter(region_id=application.region_id)
    return rows.select_related("territory", "reseau", "organisation")


def search_sites(*, by: Actor, application: AmiApplication, text: str) -> list[Site]:
    """Places whose name, town, network or organisation holds every word typed; the bassin's own first.

    At most ``MOST_FOUND`` + 1: one more says that the list goes on.
    """
    words = fold(text[:80]).split()
    if not words or max(map(len, words)) < 2:
        return []
    kept = []
    for site in sites_of(by, application):
        network = site.reseau.name if site.reseau else ""
        everything = fold(f"{site.name} {site.city} {site.postcode} {site.organisation.name} {network}")
        if all(word in everything for word in words):
            kept.append((site.territory_id != application.territory_id, fold(site.name), site.pk, site))
    return [row[3] for row in sorted(kept, key=lambda row: row[:3])[: MOST_FOUND + 1]]


def version_of(place: Place | None) -> int:
    return place.row.version if place else 0


def save_place(
    *,
    by: Actor,
    application: AmiApplication,
    site: Site | None,
    new: NewPlace,
    week: hours.Week,
    seen: int,
) -> Place:
    """Replace the place and its week. ``site``: one of the directory, whose address is then its own.

    Raises ``PlaceConflict`` when it changed since ``seen``, ``Refused`` outside the region or once closed.
    """
    require_part(by, application, PART)
    if site is not None and site.region_id != application.region_id:
        raise Refused("Ce lieu est hors de la région.", "site")
    where = site or new.commune
    if where is not None and where.territory_id != application.territory_id:
        bassin = of(application.territory.name)
        raise Refused(
            f"{where.name} n’est pas dans le bassin {bassin} : le lieu doit s’y trouver.",
            "site" if site else "commune",
        )
    kept = NewPlace() if site else new
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            require_part(by, locked, PART)
            stored = place_of(by, locked)
            row = stored.row if stored else AmiPlace(application=locked, version=0)
            wanted = _values(site, kept, week)
            if stored is not None and all(getattr(row, name) == value for name, value in wanted.items()):
                return stored
            if version_of(stored) != seen:
                raise PlaceConflict(stored, version_of(stored))
            for name, value in wanted.items():
                setattr(row, name, value)
            row.version += 1
            row.saved_at, row.saved_by_label = timezone.now(), by.label
            row.save(force_insert=stored is None)
            touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    saved = place_of(by, application)
    assert saved is not None  # noqa: S101 - just written
    return saved


def _values(site: Site | None, new: NewPlace, week: hours.Week) -> dict[str, object]:
    return {
        "site_id": site.pk if site else None,
        "name": new.name,
        "address": new.address,
        "complement": new.complement,
        "postcode": new.postcode,
        "commune_id": new.commune.pk if new.commune else None,
        "phone": new.phone,
        "email": new.email,
        "website": new.website,
        "accessibility": new.accessibility,
        "slots": slots_of(week),
    }
