"""Every address of the API, declared once: views read it, OpenAPI and the page of help are drawn from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from dashboards.api.problems import Problem
from spo_portal.kernel.typography import NBSP

BASE = "/api/v1/"
VERSION = "1.0.0"
PAGE, PAGE_MAX = 100, 200
MOST = 999_999_999


@dataclass(frozen=True)
class Parameter:
    """A parameter of the address: ``whole`` bounds a whole number, None says a code."""

    name: str
    what: str
    whole: tuple[int, int] | None = None
    example: object = None
    in_path: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        if self.whole is None:
            return {"type": "string", "maxLength": 64}
        return {"type": "integer", "minimum": self.whole[0], "maximum": self.whole[1]}

    def read(self, text: str) -> int | str:
        """The value typed; raises Problem when it is none."""
        if self.whole is None:
            if len(text) > 64:
                raise Problem("parametre_refuse", f"« {self.name} » dépasse 64 caractères.")
            return text
        low, high = self.whole
        if text.isascii() and text.isdecimal() and len(text) <= 9 and low <= int(text) <= high:
            return int(text)
        raise Problem("parametre_refuse", f"« {self.name} » est un nombre entier, de {low} à {high}.")


@dataclass(frozen=True)
class Endpoint:
    """One address: where, what it gives, with which parameters, and the schema of its answer."""

    name: str
    path: str
    title: str
    what: str
    answer: str
    parameters: tuple[Parameter, ...] = ()
    token: bool = True
    region_only: bool = False
    example: Mapping[str, object] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return BASE + self.path

    @property
    def errors(self) -> tuple[str, ...]:
        """Codes this address may answer with, beside 200."""
        always = ("verbe_refuse", "indisponible")
        if not self.token:
            return always
        found = ["jeton_dans_adresse", "jeton_absent", "jeton_inconnu", "jeton_perime", "jeton_revoque"]
        found += ["mandat_termine", "droit_manquant", "trop_de_demandes", "parametre_refuse"]
        if any(parameter.in_path for parameter in self.parameters):
            found.append("introuvable")
        return (*found, *always)

    def asked(self, get: QueryDict) -> dict[str, Any]:
        """Values of the address by name, None when left out; a name nobody declared is refused."""
        known = {parameter.name: parameter for parameter in self.parameters if not parameter.in_path}
        for name in get:
            if name not in known:
                allowed = ", ".join(known) or "aucun"
                raise Problem(
                    "parametre_refuse", f"« {name[:40]} » n’existe pas ici. Paramètres{NBSP}: {allowed}."
                )
        return {name: known[name].read(get[name]) if get.get(name) else None for name in known}


YEAR = Parameter("annee", "Année civile ; l’année en cours si elle manque.", (2000, 2100), 2026)
MONTH = Parameter("mois", "Mois, de 1 à 12 ; l’année entière s’il manque.", (1, 12), 10)
RESEAU = Parameter("reseau", "Code d’un réseau (voir « reseaux » de la réponse).", example="CIO")
CURSOR = Parameter("curseur", "Valeur de « suite » de la page précédente.")
LIMIT = Parameter("limite", f"Lignes par page, {PAGE} si elle manque.", (1, PAGE_MAX), PAGE)
TERRITORY = Parameter("id", "Identifiant d’un territoire.", (1, MOST), 12, in_path=True)

INDEX = Endpoint(
    "api_accueil", "", "Adresses", "Les adresses de cette interface, et où lire leur description.",
    "Accueil", token=False,
)  # fmt: skip
OPENAPI = Endpoint(
    "api_openapi", "openapi.json", "Description OpenAPI", "Cette description, au format OpenAPI 3.1.",
    "Description", token=False,
)  # fmt: skip
TERRITORIES = Endpoint(
    "api_territoires", "territoires/", "Territoires",
    "Les territoires dont le mandat du jeton lit les chiffres.",
    "Territoires", (CURSOR, LIMIT),
)  # fmt: skip
FIGURES = Endpoint(
    "api_territoire_chiffres", "territoires/{id}/chiffres/", "Chiffres d’un territoire",
    "Tous les chiffres publiés d’un territoire : pour l’année, pour un mois ou pour un réseau. Avec un mois"
    " et un réseau à la fois, seul le nombre de contacts est publié.",
    "Chiffres", (TERRITORY, YEAR, MONTH, RESEAU),
)  # fmt: skip
REGION = Endpoint(
    "api_region_chiffres", "region/chiffres/", "Chiffres de la région",
    "La somme de ce que les territoires montrent ; « hors » nomme ceux dont la case est masquée.",
    "ChiffresRegion", (YEAR, MONTH), region_only=True,
)  # fmt: skip
INDICATORS = Endpoint(
    "api_indicateurs", "indicateurs/", "Indicateurs",
    "La fiche de définition de chaque indicateur : ce qu’il compte, d’où, comment il est masqué.",
    "Indicateurs",
)  # fmt: skip
PLACES = Endpoint(
    "api_lieux", "lieux/", "Annuaire des lieux",
    "Les lieux ouverts de la région : réseau, adresse, téléphone, horaires (écriture d’OpenStreetMap).",
    "Lieux", (CURSOR, LIMIT, Parameter("territoire", "Identifiant d’un territoire.", (1, MOST), 12)),
)  # fmt: skip
ENDPOINTS = (INDEX, OPENAPI, TERRITORIES, FIGURES, REGION, INDICATORS, PLACES)
