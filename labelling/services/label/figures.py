"""Figures of the territory that the portal already knows, for the état des lieux of its dossier.

Each says where it comes from and on which day. What the places received is asked of the app above, which says
what may be read: it registers a provider in its ``apps.py``.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone

from labelling.services.figures import Figures
from labelling.services.label.eligibility import minutes_of, percent_of
from labelling.services.label.ground import Ground, ground_of
from spo_portal.kernel.typography import agree, counted, duration, number, of, plain_date
from territories.access import Actor
from territories.models import Commune, Territory

Provider = Callable[[Actor, Territory, int], Figures]
_providers: list[Provider] = []
CENSUS = "Insee, recensement de la population"
DIRECTORY = "Annuaire du portail"
LABELS = "Labels notés dans le portail"
CONTACTS = "Fiches contact du portail"


def register(provider: Provider) -> Provider:
    """Say who knows what the places received; the last one that registers answers."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


@dataclass(frozen=True)
class Figure:
    """One figure: label, value, the sentence that goes into a text, source and day.

    ``why``: why the value may not be shown; such a figure goes into no text.
    """

    key: str
    label: str
    value: str
    sentence: str
    source: str
    on: str
    why: str = ""


def figures_of(*, by: Actor, territory: Territory, ground: Ground | None = None) -> list[Figure]:
    """Every figure ``by`` may read of the territory, in the order of the état des lieux."""
    found = ground or ground_of(by, territory)
    today = timezone.localdate()
    return [
        *_people(by, territory, plain_date(today)),
        *_places(found, territory, plain_date(today)),
        *_contacts(by, territory, today),
    ]


def _people(by: Actor, territory: Territory, on: str) -> list[Figure]:
    communes = Commune.objects.visible_to(by).filter(territory=territory)
    counts = communes.aggregate(n=Count("pk"), people=Sum("population"))
    found = []
    people = territory.population or counts["people"]
    if people:
        said = number(people)
        found.append(
            Figure(
                "population",
                "Habitants",
                said,
                f"La zone {of(territory.name)} compte {said} habitants.",
                CENSUS,
                on,
            )
        )
    if counts["n"]:
        said = number(counts["n"])
        words = agree(counts["n"], "commune")
        found.append(
            Figure("communes", "Communes", said, f"Elle réunit {said} {words}.", "Insee, zonage", on)
        )
    return found


def _places(ground: Ground, territory: Territory, on: str) -> list[Figure]:
    members = [line for line in ground.lines if line.site.reseau_id is not None and line.site.active]
    if not members:
        return []
    found = []
    labelled = sum(line.standing == "labellise" for line in members)
    found.append(
        Figure(
            "lieux",
            "Lieux des réseaux",
            f"{number(len(members))}, dont {labelled} {agree(labelled, 'labellisé')}",
            f"Les réseaux y ont {counted(len(members), 'lieu', 'lieux')},"
            f" dont {labelled} {agree(labelled, 'labellisé')}.",
            LABELS,
            on,
        )
    )
    for one in ground.networks:
        if one.code and one.existing:
            said = f"{number(one.existing)}, dont {one.labelled} {agree(one.labelled, 'labellisé')}"
            sentence = f"{one.name} : {counted(one.existing, 'lieu', 'lieux')},"
            sentence += f" dont {one.labelled} {agree(one.labelled, 'labellisé')}."
            found.append(Figure(f"reseau-{one.code}", one.name, said, sentence, LABELS, on))
    total = minutes_of([])
    for one in ground.networks:
        total = (total[0] + one.minutes[0], total[1] + one.minutes[1])
    if total[1]:
        share, opened = percent_of(total), duration(total[1])
        found += [
            Figure(
                "heures",
                "Heures d’ouverture par semaine",
                opened,
                f"Leurs portes sont ouvertes {opened} par semaine au total.",
                DIRECTORY,
                on,
            ),
            Figure(
                "part",
                "Part sans rendez-vous",
                share,
                f"On y vient sans rendez-vous {share} du temps d’ouverture.",
                DIRECTORY,
                on,
            ),
        ]
    return found


def _contacts(by: Actor, territory: Territory, today: datetime.date) -> list[Figure]:
    """What was received this year, when the reader may know it; a masked count says why."""
    if not _providers:
        return []
    known = _providers[-1](by, territory, today.year)
    if known.filled_at is None:
        return []
    on = plain_date(timezone.localtime(known.filled_at))
    return [
        Figure(
            f"contacts-{rank}",
            f"{line.label} en {today.year}",
            line.value,
            "" if line.why else f"{line.label} en {today.year} : {line.value}.",
            CONTACTS,
            on,
            line.why,
        )
        for rank, line in enumerate(known.lines, 1)
    ]


def stored(figures: list[Figure], at: datetime.datetime) -> dict[str, Any]:
    """As they are frozen with the dossier, the day it is submitted."""
    rows = [[one.key, one.label, one.value, one.sentence, one.source, one.on, one.why] for one in figures]
    return {"lignes": rows, "au": at.isoformat()}


def from_stored(kept: Mapping[str, Any]) -> list[Figure]:
    """Figures frozen with a dossier; none for a draft."""
    return [Figure(*row) for row in kept.get("lignes", ())]
