"""What is on the screen while it is being filled, read with indulgence: nothing refused, nothing stored.

Suggestions and the preview work on an unfinished form; only the final save validates.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from contacts.enums import Age
from contacts.forms.fiche import DAY_FORMATS, NOT_SAID
from contacts.forms.fields import HourField
from contacts.models import FicheContact, FicheDestination
from contacts.services.fiches import DESTINATIONS_MAX
from territories.services.search import QUERY_MAX

_TEXT_MAX = 400
LISTS = ("demandes", "reponses", "vers")
TEXTS = (
    "canal", "statut", "age", "sexe", "precisions", "rdv", "rdv_site", "rdv_jour", "rdv_heure", "rdv_avec",
    "rdv_lieu", "jour", "commune",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """The screen as it stands. ``initial`` shows it again as typed; the rest is what could be read of it."""

    initial: dict[str, Any] = field(default_factory=dict)
    statut: int | None = None
    age: str = ""
    demandes: tuple[int, ...] = ()
    vers: tuple[int, ...] = ()
    commune: str = ""
    day: datetime.date | None = None
    rdv: bool = False
    rdv_site: int | None = None
    rdv_day: datetime.date | None = None
    rdv_hour: datetime.time | None = None
    rdv_with: str = ""
    rdv_place: str = ""
    place_query: str = ""
    structure_query: str = ""
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    @classmethod
    def read(cls, data: QueryDict) -> Typed:
        """Read a posted form, finished or not."""
        initial: dict[str, Any] = {name: data[name][:_TEXT_MAX] for name in TEXTS if name in data}
        initial |= {name: data.getlist(name)[:50] for name in LISTS if name in data}
        age = initial.get("age", "")
        return cls(
            initial=initial,
            statut=_number(initial.get("statut", "")),
            age=age if age in Age.values else "",
            demandes=_numbers(initial.get("demandes", ())),
            vers=_numbers(initial.get("vers", ()))[: DESTINATIONS_MAX + 1],
            commune=_clean(initial.get("commune", ""))[:5],
            day=_day(initial.get("jour", "")),
            rdv=initial.get("rdv") == "oui",
            rdv_site=_number(initial.get("rdv_site", "")),
            rdv_day=_day(initial.get("rdv_jour", "")),
            rdv_hour=_hour(initial.get("rdv_heure", "")),
            rdv_with=_clean(initial.get("rdv_avec", ""))[:80],
            rdv_place=_clean(initial.get("rdv_lieu", ""))[:200],
            place_query=_clean(data.get("lieu_q", ""))[:QUERY_MAX],
            structure_query=_clean(data.get("structure_q", ""))[:QUERY_MAX],
            key=_key(data.get("cle_idempotence", "")),
        )

    @classmethod
    def of_fiche(cls, fiche: FicheContact, destinations: Iterable[FicheDestination]) -> Typed:
        """The screen of a recorded fiche, to correct it."""
        rows = list(destinations)
        booked = next((row for row in rows if row.rdv_at), None)
        at = timezone.localtime(booked.rdv_at) if booked else None
        initial: dict[str, Any] = {
            "canal": fiche.canal,
            "statut": fiche.statut,
            "age": fiche.age,
            "sexe": fiche.sexe,
            "demandes": fiche.demandes,
            "reponses": fiche.reponses,
            "precisions": fiche.precisions,
            "jour": fiche.jour,
            "vers": [row.site_id for row in rows],
            "rdv": "oui" if booked else "non",
        }
        if booked and at:
            initial |= {
                "rdv_site": booked.site_id, "rdv_jour": at.date(), "rdv_heure": at.time(),
                "rdv_avec": booked.rdv_with, "rdv_lieu": booked.rdv_place,
            }  # fmt: skip
        return cls(
            initial=initial,
            statut=fiche.statut,
            age=fiche.age,
            demandes=tuple(fiche.demandes),
            vers=tuple(initial["vers"]),
            day=fiche.jour,
            rdv=booked is not None,
            rdv_site=booked.site_id if booked else None,
            rdv_day=at.date() if at else None,
            rdv_hour=at.time() if at else None,
            rdv_with=booked.rdv_with if booked else "",
            rdv_place=booked.rdv_place if booked else "",
        )

    @property
    def asks(self) -> bool:
        """Enough is known to suggest something."""
        return self.statut is not None or bool(self.demandes)


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _numbers(texts: Iterable[str]) -> tuple[int, ...]:
    found = (_number(text) for text in texts)
    return tuple(dict.fromkeys(n for n in found if n is not None))


def _day(text: str) -> datetime.date | None:
    for form in DAY_FORMATS:
        try:
            return datetime.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day on the calendar
        except ValueError:
            continue
    return None


def _hour(text: str) -> datetime.time | None:
    try:
        return HourField(required=False).clean(text)
    except ValidationError:  # an hour being typed is not an error yet
        return None


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


__all__ = ["NOT_SAID", "Typed"]
