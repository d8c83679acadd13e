"""OpenAPI 3.1 description of the API, drawn from the declarations its views read."""

from typing import Any

from django.conf import settings

from dashboards.api.declared import ENDPOINTS, VERSION, Endpoint
from dashboards.api.problems import HELP, KINDS
from dashboards.api.schemas import SCHEMAS, ref
from dashboards.indicators import FROM_FLOOR


def description() -> dict[str, Any]:
    """The whole document; every address, parameter and code in it comes from ``dashboards.api.declared``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chiffres de l’orientation",
            "version": VERSION,
            "description": "Lecture seule. Un jeton ouvre ce qu’ouvre le mandat pour lequel il a été créé,"
            " jamais une fiche. Les petits nombres sont masqués comme à l’écran. Mois ou réseau :"
            f" {FROM_FLOOR}.",
        },
        "externalDocs": {"url": settings.BASE_URL + HELP, "description": "Aide en français"},
        "servers": [{"url": settings.BASE_URL}],
        "paths": {endpoint.address: {"get": _operation(endpoint)} for endpoint in ENDPOINTS},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"jeton": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.title,
        "description": endpoint.what,
        "security": [{"jeton": []}] if endpoint.token else [],
        "parameters": [
            {
                "name": parameter.name,
                "in": "path" if parameter.in_path else "query",
                "required": parameter.in_path,
                "description": parameter.what,
                "schema": parameter.schema,
                **({"example": parameter.example} if parameter.example is not None else {}),
            }
            for parameter in endpoint.parameters
        ],
        "responses": {
            "200": {
                "description": "Réponse",
                "content": {"application/json": {"schema": ref(endpoint.answer)}},
            }
        },
    }
    statuses: dict[int, list[str]] = {}
    for code in endpoint.errors:
        statuses.setdefault(KINDS[code].status, []).append(code)
    for status, codes in sorted(statuses.items()):
        found["responses"][str(status)] = {
            "description": " ; ".join(f"{code} : {KINDS[code].title}" for code in codes),
            "content": {"application/problem+json": {"schema": ref("Probleme")}},
        }
    return found
