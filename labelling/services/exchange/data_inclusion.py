"""The directory in the schema of data·inclusion, version 1: structures, and services they give.

Source: data·inclusion, schéma v1 (PyPI ``data-inclusion-schema``, with which the tests validate every row).
Only what the public directory shows leaves; what the schema has no word for is left out, never bent.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from django.utils import timezone

from labelling.services.exchange.reading import Line
from territories.enums import ServiceLevel, ServiceMode, SitePublic
from territories.models import Region, SiteService

NAME_LENGTH = (3, 150)
FORMAT = "data-inclusion-v1"
# Words of the standard for our own closed lists.
PUBLICS = {
    SitePublic.SCOLAIRES: "jeunes",
    SitePublic.ETUDIANTS: "etudiants",
    SitePublic.JEUNES: "jeunes",
    SitePublic.DEMANDEURS: "demandeurs-emploi",
    SitePublic.SALARIES: "actifs",
    SitePublic.ALTERNANTS: "actifs",
    SitePublic.HANDICAP: "personnes-en-situation-de-handicap",
}
TYPES = {
    ServiceLevel.ACCUEIL: "information",
    ServiceLevel.INFORMATION: "information",
    ServiceLevel.CONSEIL: "accompagnement",
}
TOPICS = {
    ServiceLevel.ACCUEIL: ["choisir-un-metier--decouvrir-un-metier-ou-un-secteur-dactivite"],
    ServiceLevel.INFORMATION: [
        "choisir-un-metier--decouvrir-un-metier-ou-un-secteur-dactivite",
        "se-former--trouver-sa-formation",
    ],
    ServiceLevel.CONSEIL: [
        "choisir-un-metier--confirmer-son-choix-de-metier",
        "choisir-un-metier--identifier-ses-points-forts-et-ses-competences",
    ],
}
# National networks the standard has a word for, by their code in the portal.
NETWORKS = {
    "MISSION_LOCALE": "mission-locale",
    "POLE_EMPLOI": "france-travail",
    "FRANCE_TRAVAIL": "france-travail",
    "PIJ": "reseau-information-jeunesse",
    "RIJ": "reseau-information-jeunesse",
    "CAP_EMPLOI": "cap-emploi-reseau-cheops",
}
_PHONE = re.compile(r"0[1-9]\d{8}")


def source_of(region: Region) -> str:
    """Who publishes: the region's service, as an identifier."""
    return f"{region.service_short.lower()}-{region.slug}"


def document(region: Region, read: Callable[[], Iterable[Line]]) -> Iterator[str]:
    """``{"structures": […], "services": […]}``, written as the places come; they are read twice."""
    yield '{"structures": ['
    yield from _array(structure(region, line) for line in read())
    yield '\n],\n"services": ['
    yield from _array(one for line in read() for one in services(region, line))
    yield "\n]}\n"


def _array(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    mark = "\n"
    for row in rows:
        yield mark + json.dumps(row, ensure_ascii=False)
        mark = ",\n"


def structure(region: Region, line: Line) -> dict[str, Any]:
    """One place as a « structure »; what is not known is null."""
    site = line.site
    source = source_of(region)
    network = NETWORKS.get(site.reseau.code) if site.reseau else NETWORKS.get(site.partner_kind.upper())
    return {
        "source": source,
        "id": f"{source}--{site.reference_id}",
        "nom": name_of(site.name),
        "date_maj": changed_on(line),
        "description": describe(region, line),
        "commune": (site.commune.name if site.commune else site.city) or None,
        "code_postal": site.postcode if re.fullmatch(r"\d{5}", site.postcode) else None,
        "code_insee": site.commune_id,
        "adresse": site.address or None,
        "complement_adresse": site.complement or None,
        "longitude": float(site.longitude) if site.longitude is not None else None,
        "latitude": float(site.latitude) if site.latitude is not None else None,
        "telephone": phone(site.phone),
        "courriel": site.email or None,
        "site_web": site.website or None,
        "horaires_accueil": line.osm or None,
        "reseaux_porteurs": [network] if network else None,
    }


def services(region: Region, line: Line) -> Iterator[dict[str, Any]]:
    """One « service » per block of the grid that the place gives something of."""
    site, source = line.site, source_of(region)
    for block, found in groupby(line.services, key=lambda one: one.item.block):
        given = list(found)
        item = given[0].item
        level = ServiceLevel(item.level)
        modes = {ServiceMode(one.mode) for one in given}
        publics = sorted({PUBLICS[SitePublic(p)] for p in site.publics if SitePublic(p) in PUBLICS})
        yield {
            "source": source,
            "structure_id": f"{source}--{site.reference_id}",
            "id": f"{source}--{site.reference_id}--{block.lower()}",
            "nom": name_of(item.block_name),
            "description": _what(given),
            "date_maj": changed_on(line),
            "type": TYPES[level],
            "thematiques": TOPICS[level],
            # « Gratuité » is a criterion of the label (GUIDE); of a partner nothing is said.
            "frais": "gratuit" if site.reseau_id or site.shared_place else None,
            "publics": ["tous-publics"] if SitePublic.TOUS in site.publics else publics or None,
            "publics_precisions": site.publics_note or None,
            "modes_accueil": sorted(
                ({"a-distance"} if ServiceMode.DISTANCE in modes else set())
                | ({"en-presentiel"} if modes - {ServiceMode.DISTANCE, ServiceMode.RELAIS} else set())
            )
            or None,
            "modes_mobilisation": _ways(line, modes) or None,
            "mobilisable_par": ["usagers"],
            "zone_eligibilite": None,
        }


def _what(given: list[SiteService]) -> str:
    return " ; ".join(dict.fromkeys(one.item.name for one in given)) + "."


def _ways(line: Line, modes: set[ServiceMode]) -> list[str]:
    ways = {"telephoner"} if line.site.phone else set()
    if line.site.email:
        ways.add("envoyer-un-courriel")
    if ServiceMode.SUR_PLACE in modes and any(slot.walk_in for slot in line.week.slots):
        ways.add("se-presenter")
    return sorted(ways)


def name_of(text: str) -> str:
    """A name the schema accepts: 3 to 150 characters, no full stop at the end."""
    low, high = NAME_LENGTH
    cut = text.strip().rstrip(".")[:high].strip()
    return cut if len(cut) >= low else f"Lieu {cut}".strip()


def describe(region: Region, line: Line) -> str:
    """One sentence on what the place is, in the words of its region."""
    site = line.site
    if site.reseau is not None:
        what = f"Lieu d’accueil du réseau {site.reseau.name}"
    elif site.shared_place:
        what = "Lieu d’accueil mutualisé"
    else:
        what = "Partenaire associé"
    label = ", labellisé" if line.label is not None and line.label.status == "labellise" else ""
    return f"{what}{label}, {region.service_name}, {site.territory.name} ({region.name})."


def changed_on(line: Line) -> str:
    """Day of the last change, never in the future."""
    return min(timezone.localdate(line.site.changed_at), timezone.localdate()).isoformat()


def phone(text: str) -> str | None:
    """E.164 for an ordinary French number; a short number stays as it is."""
    digits = re.sub(r"\D", "", text)
    return f"+33{digits[1:]}" if _PHONE.fullmatch(digits) else text or None
