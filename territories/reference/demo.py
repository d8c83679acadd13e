"""Invented places for a fresh clone: evidently fictitious, always the same, built from the principal towns.

A function rather than a committed file: the rules of the invention (who exists where, which hours) fit in a
page a reader can check, and a town added to ``communes.csv`` is served without rows to maintain.
Phones are in the ranges the regulator keeps for fiction (03 53 01, 05 36 49), mails under ``.example``
(RFC 2606).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count

from territories.reference.rows import CommuneRow, TerritoryRow

SOURCE = "démonstration"
PHONES = {"A31": "0353010000", "A54": "0536490000"}
MAIL = {"A31": "npdc", "A54": "pch"}

STREETS = (
    "rue de l’Exemple",
    "place du Modèle",
    "avenue de la Démonstration",
    "rue du Spécimen",
    "boulevard de l’Essai",
    "impasse de la Maquette",
    "rue de la Fiction",
    "allée du Prototype",
    "place de l’Ébauche",
    "rue du Brouillon",
    "quai de l’Hypothèse",
    "cours de la Répétition",
    "rue du Faux-Semblant",
    "chemin de la Supposition",
    "square de l’Échantillon",
)

# (opening hours, minutes a week, minutes without appointment, note)
Hours = tuple[str, str, str, str]
NO_HOURS: Hours = ("", "", "", "Horaires à demander par téléphone.")
BY_APPOINTMENT = ' "sur rendez-vous"'
OFFICE: Hours = ("Mo-Fr 09:00-12:00,13:30-17:00", "1950", "1950", "")
OFFICE_SATURDAY: Hours = (
    "Mo-Fr 09:00-12:30,13:30-17:30; Sa 09:00-12:00; "
    "Jul 15-Aug 20 Mo-Fr 09:00-12:30; Jul 15-Aug 20 Sa off; PH off",
    "2430",
    "2430",
    "",
)
MORNINGS_FREE: Hours = (
    f"Mo-Fr 08:30-12:30, Mo-Th 12:30-16:30{BY_APPOINTMENT}; Dec 24-Jan 01 off",
    "2160",
    "1200",
    "Sur rendez-vous l’après-midi.",
)
AFTERNOONS: Hours = ("Mo,Tu,Th,Fr 13:30-18:00; We 10:00-12:00,13:30-18:00", "1470", "1470", "")
SHORT_WALK_IN: Hours = (
    f"Mo-Fr 09:00-12:00{BY_APPOINTMENT}, Tu,Th 13:30-17:00",
    "1320",
    "420",
    "Le matin sur rendez-vous.",
)
ONLY_BOOKED: Hours = (
    f"Mo-Fr 09:00-12:00,14:00-17:00{BY_APPOINTMENT}",
    "1800",
    "0",
    "Uniquement sur rendez-vous.",
)
ONE_MORNING: Hours = ("We 09:00-12:00", "180", "180", "Permanence du mercredi matin.")
TWO_HALF_DAYS: Hours = (f"Tu 14:00-17:00, Th 09:00-12:00{BY_APPOINTMENT}", "360", "180", "")

HOURS: dict[str, tuple[Hours, ...]] = {
    "CIO": (OFFICE, OFFICE_SATURDAY, OFFICE, SHORT_WALK_IN),
    "EIF": (OFFICE, MORNINGS_FREE, SHORT_WALK_IN),
    "FONGECIF": (ONLY_BOOKED, SHORT_WALK_IN, MORNINGS_FREE),
    "MISSION_LOCALE": (OFFICE, OFFICE_SATURDAY, MORNINGS_FREE),
    "ANTENNE": (OFFICE, TWO_HALF_DAYS, MORNINGS_FREE),
    "PERMANENCE": (ONE_MORNING, TWO_HALF_DAYS, NO_HOURS),
    "PIJ": (AFTERNOONS, OFFICE, AFTERNOONS, NO_HOURS),
    "POLE_EMPLOI": (MORNINGS_FREE,),
    "UNIVERSITE": (OFFICE, MORNINGS_FREE),
    "CAP_EMPLOI": (ONLY_BOOKED, OFFICE),
    "PARTNER": (OFFICE, ONLY_BOOKED, NO_HOURS),
}

# Network, sous_type, rank of the town in its territory (the most populated first), name.
Plan = tuple[tuple[str, str, int, str], ...]
EVERYWHERE: Plan = (
    ("CIO", "CIO", 0, "CIO {de}"),
    ("MISSION_LOCALE", "MISSION_LOCALE", 0, "Mission locale {de}"),
    ("MISSION_LOCALE", "PERMANENCE", 2, "Mission locale, permanence {de}"),
    ("PIJ", "PIJ", 1, "Point information jeunesse {de}"),
    ("POLE_EMPLOI", "AGENCE", 0, "Pôle emploi {town} Centre"),
)
IN_NPDC: Plan = (
    ("EIF", "EIF", 0, "Espace info formation {de}"),
    ("MISSION_LOCALE", "ANTENNE", 1, "Mission locale, antenne {de}"),
)
IN_PCH: Plan = (("MISSION_LOCALE", "ANTENNE", 1, "Mission locale, antenne {de}"),)

# INSEE codes of the towns that also have a university site, a Fongecif or a Cap emploi.
UNIVERSITY_TOWNS = (
    *("59350", "59009", "59606", "59178", "59183", "59122", "59392", "59512", "62041", "62119"),
    *("62498", "62160", "62193", "62765", "86194", "17300", "16015", "79191", "86066"),
)
FONGECIF_TOWNS = ("59350", "59606", "59183", "62041", "86194", "17300", "16015", "79191")
CAP_EMPLOI_TOWNS = ("86194", "17300", "16015", "79191", "17415", "86066", "79049")


def demo_structures(
    territories: Sequence[TerritoryRow], communes: Sequence[CommuneRow]
) -> list[dict[str, str]]:
    """Invented places of networks, in the columns of ``structures.csv``; 5 to 10 per territory."""
    rows: list[dict[str, str]] = []
    phones = {region: count(int(first)) for region, first in PHONES.items()}
    for territory in territories:
        towns = _towns(territory, communes)
        if not towns or territory.region not in PHONES:
            continue
        for rank, (reseau, subtype, town, name) in enumerate(_plan(territory, towns), start=1):
            slug = reseau.lower().replace("_", "-")
            row = _row(
                territory, town, f"{slug}-{rank}", name, subtype, reseau, next(phones[territory.region])
            )
            rows.append(row | {"reseau": reseau, "sous_type": subtype})
    return rows


def demo_partners(
    territories: Sequence[TerritoryRow], communes: Sequence[CommuneRow]
) -> list[dict[str, str]]:
    """Invented partners, in the columns of ``partenaires.csv``.

    Two destinataires and one prescripteur a territory. One training body is among them, with no
    direction: it is known, and must be refused as a partner.
    """
    rows: list[dict[str, str]] = []
    phones = {region: count(int(first) + 5_000) for region, first in PHONES.items()}
    for index, territory in enumerate(territories):
        towns = _towns(territory, communes)
        if not towns or territory.region not in PHONES:
            continue
        for rank, (kind, direction, name) in enumerate(_partners_of(territory, index), start=1):
            slug = kind.lower().replace("_", "-")
            row = _row(
                territory, towns[0], f"{slug}-{rank}", name, "PARTNER", kind, next(phones[territory.region])
            )
            rows.append(row | {"nature": kind, "sens_guide": direction})
    return rows


def _towns(territory: TerritoryRow, communes: Sequence[CommuneRow]) -> list[CommuneRow]:
    inside = [c for c in communes if c.territory == territory.reference_id]
    return sorted(inside, key=lambda c: (-(c.population or 0), c.code_insee))


def _plan(territory: TerritoryRow, towns: list[CommuneRow]) -> Iterator[tuple[str, str, CommuneRow, str]]:
    for reseau, subtype, rank, name in EVERYWHERE + (IN_NPDC if territory.region == "A31" else IN_PCH):
        town = towns[min(rank, len(towns) - 1)]
        yield reseau, subtype, town, name
    for town in towns:
        if town.code_insee in UNIVERSITY_TOWNS:
            yield "UNIVERSITE", "SCUIO", town, "Université, service d’orientation {de}"
        if town.code_insee in FONGECIF_TOWNS:
            yield "FONGECIF", "FONGECIF", town, "Fongecif, accueil {de}"
        if town.code_insee in CAP_EMPLOI_TOWNS:
            yield "CAP_EMPLOI", "CAP_EMPLOI", town, "Cap emploi {town}"
    if (territory.population or 0) > 200_000:
        yield "POLE_EMPLOI", "AGENCE", towns[min(1, len(towns) - 1)], "Pôle emploi {town} Gare"
        yield "PIJ", "BIJ", towns[0], "Bureau information jeunesse {de}"


def _partners_of(territory: TerritoryRow, index: int) -> Iterator[tuple[str, str, str]]:
    if index % 2:
        yield "CCI", "DESTINATAIRE", "Chambre de commerce et d’industrie, accueil {de}"
    else:
        yield "CMA", "DESTINATAIRE", "Chambre de métiers et de l’artisanat, accueil {de}"
    if territory.region == "A31" and index % 3:
        yield "CAP_EMPLOI", "DESTINATAIRE", "Cap emploi {town}"
    else:
        yield "MDPH", "DESTINATAIRE", "Maison départementale des personnes handicapées, relais {de}"
    yield (
        ("CCAS", "PRESCRIPTEUR", "Centre communal d’action sociale {de}"),
        ("MAISON_EMPLOI", "PRESCRIPTEUR", "Maison de l’emploi {de}"),
        ("CENTRE_SOCIAL", "PRESCRIPTEUR", "Centre social {de}"),
    )[index % 3]
    if territory.reference_id == "NPC-3111":
        yield "ORGANISME_FORMATION", "", "Organisme de formation de l’Exemple, {town}"


def _row(
    territory: TerritoryRow, town: CommuneRow, slug: str, name: str, subtype: str, kind: str, phone: int
) -> dict[str, str]:
    identity = f"demo:{territory.reference_id.lower()}-{slug}"
    draw = random.Random(identity)  # noqa: S311 (a fixed seed is the point)
    choices = HOURS.get(subtype) or HOURS[kind]
    osm, week, walk_in, note = choices[draw.randrange(len(choices))]
    digits = f"{phone:010d}"
    return {
        "id": identity,
        "nom": name.format(de=of(town.name), town=town.name),
        "adresse": f"{draw.randint(1, 98)} {STREETS[draw.randrange(len(STREETS))]}",
        "code_postal": town.postcodes[0],
        "ville": town.name,
        "commune_insee": town.code_insee,
        "departement": town.department,
        "territoire_id": territory.reference_id,
        "telephone": " ".join(digits[i : i + 2] for i in range(0, 10, 2)),
        "courriel": f"{slug}-{territory.code}@{MAIL[territory.region]}.example",
        "site_web": "",
        "horaires_osm": osm,
        "minutes_semaine": week,
        "minutes_sans_rdv": walk_in,
        "horaires_note": note,
        "lat": f"{(town.latitude or 0) + draw.uniform(-0.008, 0.008):.3f}",
        "lon": f"{(town.longitude or 0) + draw.uniform(-0.008, 0.008):.3f}",
        "accessibilite": ("ACC", "ACC", "ACC", "DEM", "NAC", "")[draw.randrange(6)],
        "source": SOURCE,
    }


def of(town: str) -> str:
    """« de Lille », « d’Arras », « du Portel », « de La Rochelle », « des Trois-Moutiers »."""
    if town.startswith("Le "):
        return f"du {town[3:]}"
    if town.startswith("Les "):
        return f"des {town[4:]}"
    return f"d’{town}" if town[0] in "AEIOUHÉÈÊ" else f"de {town}"
