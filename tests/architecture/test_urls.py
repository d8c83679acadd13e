"""Every address has a name, a place and a right (habit 2)."""

from collections import Counter

from django.http import HttpResponse
from django.urls import path

from spo_portal.management.commands.show_access import describe, patterns
from territories import access

# Named twice on purpose: an old address that must keep working. Reason beside each.
TWICE: dict[str, str] = {}


def rows() -> list[dict[str, object]]:
    return [describe(path, entry) for path, entry in patterns()]


def unclassified(found: list[dict[str, object]]) -> list[object]:
    """Addresses that say neither who may open them nor why everybody may."""
    return [
        r["path"]
        for r in found
        if sum(bool(r[k]) for k in ("permission", "public_reason", "logged_in_reason")) != 1
    ]


def test_every_address_is_classified_once() -> None:
    assert unclassified(rows()) == []


def test_twin_a_bare_view_is_seen() -> None:
    entry = path("oubliee/", lambda request: HttpResponse(), name="oubliee")
    assert unclassified([describe("oubliee/", entry)]) == ["/oubliee/"]


def test_every_address_has_one_name() -> None:
    names = Counter(str(r["name"] or "") for r in rows())
    assert names.pop("", 0) == 0
    assert {name for name, times in names.items() if times > 1} - TWICE.keys() == set()


# Typed by hand or read from a QR code in capitals: short, with or without the last slash.
PRINTED = "suite_publique"


def test_addresses_are_french_plain_and_closed() -> None:
    """Lower case, no accent, a slash at the end unless it is a file."""
    import re

    odd = []
    for row in rows():
        if str(row["name"]).startswith(PRINTED):
            continue
        address = re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]*>", "x", str(row["path"])).replace("\\", "")
        if not re.fullmatch(r"/(?:[a-z0-9._-]+/)*(?:[a-z0-9._-]+\.[a-z0-9]+)?", address):
            odd.append(row["path"])
    assert odd == []


def test_a_reason_is_a_sentence() -> None:
    short = [
        r["path"]
        for r in rows()
        for key in ("public_reason", "logged_in_reason")
        if r[key] is not None and len(str(r[key])) < 12
    ]
    assert short == []


def test_every_permission_has_a_holder_and_an_address() -> None:
    used = {r["permission"] for r in rows()}
    for permission in access.labels:
        assert access.holders(permission), permission
    known = set(access.labels)
    assert used - {None} <= known
