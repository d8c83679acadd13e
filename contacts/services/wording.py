"""Sentences about a fiche: who it is for, what it asks, when the appointment is."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.utils import timezone

from contacts.enums import Age, ListKind, Sexe
from contacts.models import FicheContact, ListVersion
from spo_portal.kernel.typography import day_and_month, hour, join, long_date
from territories.models import Site, User


def lower_first(text: str) -> str:
    """« Formation » as it stands inside a sentence; an acronym keeps its capitals (« VAE »)."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def counsellor(user: User | None, site: Site) -> str:
    """The displayed name before « , CIO de Lille »; a name that ends with the place does not say it twice."""
    name = user.display_name if user else ""
    return name.removesuffix(f", {site.name}")


def subject(version: ListVersion, demandes: Collection[int]) -> str:
    """What the request is about, joined in French: « métier, formation et VAE »."""
    words = [
        item.short for item in version.of(ListKind.DEMANDE) if item.n in demandes and item.code != "autre"
    ]
    other = [
        item.short for item in version.of(ListKind.DEMANDE) if item.n in demandes and item.code == "autre"
    ]
    # « Autre » alone says nothing to the one who reads the sheet at home.
    return join([*map(lower_first, words), *("autre question" for _ in other)])


def person(version: ListVersion, statut: int | None, age: str, demandes: Collection[int]) -> str:
    """« demandeur d’emploi non inscrit, moins de 26 ans, formation »: what suggestions start from."""
    known = version.item(ListKind.STATUT, statut) if statut is not None else None
    parts = [
        "statut autre" if known and known.code == "autre" else lower_first(known.short) if known else "",
        lower_first(Age(age).label) if age in Age.values else "",
        subject(version, demandes),
    ]
    return ", ".join(part for part in parts if part)


def kept_statut(version: ListVersion, fiche: FicheContact) -> str:
    """« Demandeur d’emploi non inscrit, moins de 26 ans, femme » as the saved page shows it."""
    item = version.item(ListKind.STATUT, fiche.statut)
    parts = [
        item.short if item else str(fiche.statut),
        lower_first(Age(fiche.age).label) if fiche.age else "",
        lower_first(Sexe(fiche.sexe).label) if fiche.sexe else "",
    ]
    return ", ".join(part for part in parts if part)


def boxes(version: ListVersion, kind: ListKind, numbers: Collection[int]) -> str:
    """Ticked boxes of one list, in its order: « Métier, formation »."""
    words = [item.short for item in version.of(kind) if item.n in numbers]
    return ", ".join([words[0], *map(lower_first, words[1:])]) if words else ""


def at_hour(value: datetime.time | datetime.datetime) -> str:
    return hour(value)


def rdv_day(day: datetime.date) -> str:
    """« jeudi 26 novembre », with the year when it is another one."""
    return day_and_month(day) if day.year == timezone.localdate().year else long_date(day)


def appointment(at: datetime.datetime, *, full: bool = False) -> str:
    """« jeudi 26 novembre à 10 h »; ``full`` gives the year, for the paper."""
    local = timezone.localtime(at)
    return f"{long_date(local) if full else rdv_day(local.date())} à {hour(local)}"
