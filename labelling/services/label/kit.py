"""Communication kit of a place: which pieces it prints and what they say (GUIDE, « Kit de communication »).

A labelled place has the sign, the poster, the leaflet and the kakémono. A shared place opened by the Region
has them under the Region's sign, without a word of the label. A partenaire associé has the leaflet, as a
partner. Any other has none: the label's words belong to the label.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from labelling.enums import LabelStatus
from labelling.models import Labellisation
from spo_portal.kernel import typography
from territories import hours
from territories.access import Actor, get_visible_or_404
from territories.enums import PartnerDirection, ServiceLevel, ServiceMode, Wheelchair
from territories.models import Region, Reseau, Site, SiteService
from territories.services.hours import WITH_HOURS, week_of
from territories.services.public_address import slug_of


class Piece(StrEnum):
    """What is printed; the value is in the address."""

    PLAQUE = "plaque"
    AFFICHE = "affiche"
    DEPLIANT = "depliant"
    KAKEMONO = "kakemono"


class Standing(StrEnum):
    """By what right a place has a kit."""

    LABEL = "label"
    SHARED = "mutualise"
    PARTNER = "associe"
    CLOSED = "ferme"
    NONE = "aucun"


@dataclass(frozen=True, slots=True)
class Format:
    """Size of the finished piece, once cut, in millimetres."""

    piece: Piece
    name: str
    width: int
    height: int
    support: str
    use: str

    @property
    def size(self) -> str:
        return f"{self.width / 10:g} × {self.height / 10:g}\u00a0cm".replace(".", ",")


# GUIDE: plaque 20 × 30 cm on PVC of 5 mm, affiche 40 × 60 cm, kakémono 200 × 80 cm (tall, wide);
# the leaflet is a sheet A4 folded in three.
FORMATS = {
    Piece.PLAQUE: Format(
        Piece.PLAQUE, "Plaque", 200, 300, "PVC expansé de 5\u00a0mm", "Sur la façade, près de l’entrée."
    ),
    Piece.AFFICHE: Format(
        Piece.AFFICHE, "Affiche", 400, 600, "Papier d’affiche", "À l’accueil et chez vos partenaires."
    ),
    Piece.DEPLIANT: Format(
        Piece.DEPLIANT,
        "Dépliant",
        297,
        210,
        "Papier, recto verso, plié en trois",
        "À remettre aux personnes reçues.",
    ),
    Piece.KAKEMONO: Format(
        Piece.KAKEMONO,
        "Kakémono",
        800,
        2000,
        "Toile à enrouleur ou à suspendre",
        "Dans le hall, et aux forums où vous êtes présent.",
    ),
}
ENTERED = (Wheelchair.YES, Wheelchair.ON_REQUEST)
PIECES: dict[Standing, tuple[Piece, ...]] = {
    Standing.LABEL: tuple(Piece),
    Standing.SHARED: tuple(Piece),
    Standing.PARTNER: (Piece.DEPLIANT,),
}


@dataclass(frozen=True, slots=True)
class Level:
    """A niveau de service with what the place gives of it."""

    name: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KitFacts:
    """All that the pieces say. Plain text; nothing of a person."""

    standing: Standing
    place: str
    network: str
    address: tuple[str, ...]
    phone: str
    email: str
    hours: tuple[str, ...]
    hours_note: str
    transport: str
    access: str
    levels: tuple[Level, ...]
    sign: str
    mention: str
    networks: tuple[str, ...]
    url: str
    directory: str

    @property
    def columns(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """The levels over two panels of the leaflet, the lines shared out as evenly as the levels allow."""
        lines = [len(level.services) + 2 for level in self.levels]
        cut = min(range(len(lines) + 1), key=lambda n: abs(sum(lines[:n]) - sum(lines[n:])) - (n > 0))
        return self.levels[:cut], self.levels[cut:]

    @property
    def missing(self) -> tuple[str, ...]:
        """What a visitor would look for and not find on the wall."""
        asked = (("l’adresse", self.address), ("le téléphone", self.phone), ("les horaires", self.hours))
        return tuple(words for words, there in asked if not there)


@dataclass(frozen=True, slots=True)
class Kit:
    """A place, by what right it has a kit, and until when."""

    site: Site
    region: Region
    standing: Standing
    until: datetime.date | None
    facts: KitFacts

    @property
    def formats(self) -> tuple[Format, ...]:
        return tuple(FORMATS[piece] for piece in PIECES.get(self.standing, ()))


def place_of(by: Actor, pk: int) -> Site:
    """A place whose kit this actor prints: its own, of its territory, of the region it runs or labels.

    Any other is the 404 of a place that does not exist.
    """
    scope = by.scope
    mine = (
        Q(pk__in=scope.unit) | Q(territory_id__in=scope.tenant) | Q(region_id__in=(*scope.lead, *scope.seal))
    )
    rows = (
        Site.objects.visible_to(by)
        .filter(mine)
        .select_related("region", "reseau", "organisation", "territory")
    )
    return get_visible_or_404(rows.prefetch_related(*WITH_HOURS), by, pk=pk)


def kit_of(by: Actor, site: Site, today: datetime.date) -> Kit:
    """What the place may print today. ``site`` comes from ``place_of``."""
    standing, until = _standing(by, site, today)
    return Kit(site, site.region, standing, until, _facts(by, site, standing))


def _standing(by: Actor, site: Site, today: datetime.date) -> tuple[Standing, datetime.date | None]:
    if not site.active:
        return Standing.CLOSED, None
    held = (
        Labellisation.objects.visible_to(by).in_force(today).filter(site=site).order_by("-starts_on").first()
    )
    if held is not None and held.status == LabelStatus.LABELLISE:
        return Standing.LABEL, held.ends_on
    if site.shared_place:
        return Standing.SHARED, None
    if site.direction or held is not None:
        return Standing.PARTNER, None
    return Standing.NONE, None


def public_url(site: Site) -> str:
    """The address of the place's public page; empty when nobody is sent there (a partner that only sends)."""
    if (
        site.direction == PartnerDirection.PRESCRIPTEUR
        or not site.active
        or site.organisation.is_training_body
    ):
        return ""
    return settings.BASE_URL + reverse("ou_lieu", args=[site.region.slug, site.pk, slug_of(site)])


def _facts(by: Actor, site: Site, standing: Standing) -> KitFacts:
    region = site.region
    labelled = standing == Standing.LABEL
    sign = region.service_name if labelled else region.portal_name
    mentions = {
        Standing.LABEL: "Lieu labellisé",
        Standing.SHARED: "Lieu mutualisé",
        Standing.PARTNER: "Partenaire associé",
    }
    networks = Reseau.objects.filter(region=region).order_by("order", "code")
    where = (site.address, site.complement, f"{site.postcode} {site.city}".strip())
    return KitFacts(
        standing=standing,
        place=site.name,
        network=site.reseau.name if site.reseau and site.reseau.name not in site.name else "",
        address=tuple(line for line in where if line),
        phone=typography.phone(site.phone),
        email=site.email,
        hours=_hours(site),
        hours_note=site.hours_note,
        transport=site.transport,
        access=Wheelchair(site.wheelchair).label if site.wheelchair in ENTERED else "",
        levels=_levels(by, site),
        sign=sign,
        mention=mentions.get(standing, ""),
        # A partner is of no network: it does not speak for them.
        networks=() if standing == Standing.PARTNER else tuple(network.name for network in networks),
        url=public_url(site),
        directory=settings.BASE_URL.partition("://")[2] + reverse("ou_region", args=[region.slug]),
    )


def _hours(site: Site) -> tuple[str, ...]:
    """The ordinary week and the seasons of each year: a closure passes, a poster stays."""
    week = week_of(site)
    if not week.known:
        return ()
    lines = [f"{typography.capital(hours.sentence_week(week))}."] if week.slots else []
    lines += [
        f"{season.label}\u202f: {hours.sentence_week(season)}." for season in week.seasons if season.yearly
    ]
    return tuple(lines)


def _levels(by: Actor, site: Site) -> tuple[Level, ...]:
    """The services given here, by level, in the order of the region's grid; not those a partner gives.

    A level of several blocks is told by its blocks: « Contenus et programmes » alone says nothing.
    """
    rows = SiteService.objects.visible_to(by).filter(site=site).exclude(mode=ServiceMode.RELAIS)
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows.select_related("item").order_by("item__order"):
        found.setdefault(row.item.level, {}).setdefault(row.item.block_name, []).append(row.item.name)
    levels = []
    for level in ServiceLevel:
        blocks = found.get(level.value, {})
        lines = (
            tuple(blocks) if len(blocks) > 1 else tuple(name for names in blocks.values() for name in names)
        )
        if lines:
            levels.append(Level(str(level.label), lines))
    return tuple(levels)
