"""Checks a value against the part of JSON Schema that the API's description uses."""

from typing import Any

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def faults(value: Any, schema: dict[str, Any], schemas: dict[str, Any], where: str = "$") -> list[str]:
    """What does not fit, one line each; an empty list says that all does."""
    if "$ref" in schema:
        return faults(value, schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, where)
    if "const" in schema:
        return [] if value == schema["const"] else [f"{where}: {value!r}"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{where}: {value!r}"]
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if isinstance(value, bool) and "boolean" not in wanted:
        return [f"{where}: a boolean"]
    if not any(isinstance(value, TYPES[name]) for name in wanted):
        return [f"{where}: {value!r} is no {wanted}"]
    found = []
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{where}.{key} is missing" for key in schema.get("required", ()) if key not in value]
        for key, inner in value.items():
            if key in schema["properties"]:
                found += faults(inner, schema["properties"][key], schemas, f"{where}.{key}")
            elif schema.get("additionalProperties", True) is False:
                found.append(f"{where}.{key} is not described")
    if isinstance(value, list):
        for number, inner in enumerate(value):
            found += faults(inner, schema["items"], schemas, f"{where}[{number}]")
    if isinstance(value, int) and value < schema.get("minimum", value):
        found.append(f"{where}: {value} is too small")
    return found
