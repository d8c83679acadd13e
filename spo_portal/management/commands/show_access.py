"""``manage.py show_access [--json]``: every address with its right or the reason why it is public."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every leaf of the resolver with its whole path."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        else:
            yield path, entry


def methods(view: Any) -> list[str]:
    """Verbs a view answers, read from Django's ``require_http_methods`` under our decorators."""
    while view is not None:
        names = getattr(getattr(view, "__code__", None), "co_freevars", ())
        if "request_method_list" in names:
            return sorted(view.__closure__[names.index("request_method_list")].cell_contents)
        view = getattr(view, "__wrapped__", None)
    return METHODS


def describe(path: str, entry: URLPattern) -> dict[str, object]:
    view: Any = entry.callback
    return {
        "path": "/" + path.lstrip("^").removesuffix("$").removesuffix("\\Z"),
        "name": entry.name,
        "permission": getattr(view, "permission", None),
        "public_reason": getattr(view, "public_reason", None),
        "logged_in_reason": getattr(view, "logged_in_reason", None),
        "methods": methods(view),
    }


class Command(BaseCommand):
    help = "Liste chaque adresse, son droit ou la raison pour laquelle elle est publique."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        rows = [describe(path, entry) for path, entry in patterns()]
        if as_json:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in rows:
            right = row["permission"] or (
                f"public : {row['public_reason']}" if row["public_reason"] else None
            )
            right = right or (
                f"compte : {row['logged_in_reason']}" if row["logged_in_reason"] else "!! NON CLASSÉE"
            )
            self.stdout.write(f"{row['path']:48} {right}")
