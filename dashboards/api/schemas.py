"""JSON schemas of the answers: OpenAPI and the page of help say them, tests check answers with them."""

from typing import Any

Schema = dict[str, Any]


def text(what: str = "", *, null: bool = False, form: str = "") -> Schema:
    found: Schema = {"type": ["string", "null"] if null else "string"}
    return found | ({"format": form} if form else {}) | ({"description": what} if what else {})


def whole(what: str = "", *, null: bool = False) -> Schema:
    found: Schema = {"type": ["integer", "null"] if null else "integer"}
    return found | ({"description": what} if what else {})


def record(**fields: Schema) -> Schema:
    """An object whose keys are all there, and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def several(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _page(of: str) -> Schema:
    return record(
        donnees=several(ref(of)),
        suite=text("À redonner dans « curseur » ; null à la dernière page.", null=True),
    )


_CELL = {
    "type": "object",
    "description": "Un nombre de fiches. Masqué : « valeur » est null et « motif » dit pourquoi. Null sans"
    " « masque » : il n’y a pas de chiffre.",
    "properties": {
        "valeur": {"type": ["integer", "null"], "minimum": 0},
        "masque": {"type": "boolean"},
        "motif": text("Seulement quand « masque » est vrai."),
    },
    "required": ["valeur", "masque"],
    "additionalProperties": False,
}


def _dimension(number: str) -> Schema:
    values = record(valeur=text(), libelle=text(), nombre=ref(number))
    return record(dimension=text("Nom stable."), libelle=text(), valeurs=several(values))


_REGION_TERRITORY = record(
    id=whole(), nom=text(), contacts=ref("Nombre"), arrete_le=text(null=True, form="date-time")
)
_PLACE_TEXTS = (
    "reference", "nom", "nature", "adresse", "code_postal", "ville", "telephone", "courriel", "site",
    "accessibilite",
)  # fmt: skip

SCHEMAS: dict[str, Schema] = {
    "Accueil": record(
        version=text(), aide=text(), openapi=text(), authentification=text(),
        adresses=several(record(adresse=text(), titre=text(), jeton={"type": "boolean"})),
    ),
    "Description": {"type": "object", "description": "Un document OpenAPI 3.1."},
    "Territoire": record(
        id=whole("Identifiant dans cette interface."), zonage=text("Système de zonage."),
        code=text("Code dans ce zonage."), nom=text(), commission=text(null=True),
        population=whole(null=True),
    ),
    "Territoires": _page("Territoire"),
    "Nombre": _CELL,
    "Somme": record(
        valeur={"type": ["integer", "null"], "minimum": 0}, masque={"type": "boolean"},
        hors=several(text("Territoire dont la case est masquée, et que la somme laisse de côté.")),
    ),
    "Chiffres": record(
        territoire=record(id=whole(), nom=text()),
        annee=whole(), mois=whole(null=True), reseau=text(null=True),
        lecteurs={"enum": ["equipe", "autres"]},
        seuil=whole("Les cases de 1 à ce nombre sont masquées."), masquage=text(),
        arrete_le=text("Quand les chiffres ont été arrêtés.", null=True, form="date-time"),
        reseaux=several(record(code=text(), nom=text())),
        contacts=ref("Nombre"), dimensions=several(_dimension("Nombre")),
        corrections=several(
            record(mois=text("AAAA-MM"), changements=whole(), le=text(null=True, form="date-time"))
        ),
    ),
    "ChiffresRegion": record(
        region=record(code=text(), nom=text()), annee=whole(), mois=whole(null=True),
        contacts=ref("Somme"), dimensions=several(_dimension("Somme")),
        territoires=several(_REGION_TERRITORY),
    ),
    "Indicateur": record(
        cle=text(), libelle=text(), theme=text(), definition=text(), source=text(), unite=text(), sens=text(),
        masquage=text(), depuis=text(), niveaux=several(text()), dimension=text(null=True),
    ),
    "Indicateurs": record(donnees=several(ref("Indicateur"))),
    "Lieu": record(
        id=whole(), **{name: text() for name in _PLACE_TEXTS},
        reseau=text("Code du réseau, null pour un partenaire associé.", null=True),
        partenaire=text(null=True),
        territoire=record(id=whole(), nom=text()), commune=text("Code INSEE.", null=True),
        latitude={"type": ["number", "null"]}, longitude={"type": ["number", "null"]},
        horaires=text("Écriture d’OpenStreetMap (opening_hours)."),
    ),
    "Lieux": _page("Lieu"),
    "Probleme": record(
        type=text(form="uri"), title=text(), status=whole(), detail=text(), code=text("Ne change jamais.")
    ),
}  # fmt: skip
