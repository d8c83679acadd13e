"""Filters that write words, numbers and dates the French way; each takes what a template holds, safely."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any

from django.utils import timezone

from spo_portal.kernel import typography
from territories.hours import share_words


def local(value: Any) -> Any:
    """Bring an aware instant to Europe/Paris; dates and plain times are local already."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _written(value: Any, types: tuple[type, ...], writer: Any) -> str:
    value = local(value)
    return str(writer(value)) if isinstance(value, types) else ""


def date_fr(value: Any) -> str:
    """mardi 24 novembre 2026"""
    return _written(value, (date,), typography.long_date)


def date_simple(value: Any) -> str:
    """24 novembre 2026"""
    return _written(value, (date,), typography.plain_date)


def date_courte(value: Any) -> str:
    """24 nov."""
    return _written(value, (date,), typography.short_date)


def jour(value: Any) -> str:
    """mardi 24 novembre"""
    return _written(value, (date,), typography.day_and_month)


def mois(value: Any) -> str:
    """novembre 2026"""
    return _written(value, (date,), typography.month_and_year)


def heure(value: Any) -> str:
    """10 h 42"""
    return _written(value, (time, datetime), typography.hour)


def instant(value: Any) -> str:
    """mardi 24 novembre 2026, 10 h 42"""
    return _written(value, (datetime,), typography.moment)


def nombre(value: Any, decimals: int | None = None) -> str:
    """1 284; empty for what is not a number."""
    try:
        return typography.number(value, decimals)
    except ValueError:
        return ""


def pourcent(value: Any, decimals: int = 0) -> str:
    """61 % from 61 (already in percent); empty for what is not a number."""
    try:
        return typography.percent(value, decimals)
    except ValueError:
        return ""


def part(share: Any) -> str:
    """« 7,9 % » from 3/38: a share without appointment, by the rule of the hours; empty without hours."""
    return share_words(share) if isinstance(share, Fraction) else ""


def euros(centimes: Any) -> str:
    """60 400 € from 6040000, as amounts are kept in centimes; empty for what is not one."""
    return typography.euros(centimes) if isinstance(centimes, int) else ""


def montant(centimes: Any) -> str:
    """60 400, the amount without its sign, as it is typed; empty for what is not one."""
    return typography.amount(centimes) if isinstance(centimes, int) else ""


def _both_forms(forms: str) -> tuple[str, str | None]:
    singular, _, plural = forms.partition(",")
    return singular, plural or None


def pluriel(count: Any, forms: str = ",s") -> str:
    """{{ n }} fiche{{ n|pluriel }} or {{ n|pluriel:"réseau,réseaux" }}: French plural starts at 2."""
    singular, plural = _both_forms(forms)
    return typography.agree(float(count or 0), singular, plural)


def compte(count: Any, forms: str) -> str:
    """{{ n|compte:"fiche" }} gives "1 284 fiches"."""
    return typography.counted(count or 0, *_both_forms(forms))


def liste(items: Iterable[Any], conjunction: str = "et") -> str:
    """formation, emploi et VAE"""
    return typography.join(items, conjunction)


def quietly(writer: Callable[[Any], str]) -> Callable[[Any], str]:
    """Let a template give nothing (None, "") and get nothing back."""
    return lambda value: "" if value is None or value == "" else writer(value)


WRITERS: dict[str, Callable[[Any], str]] = {
    "date_fr": date_fr,
    "date_simple": date_simple,
    "date_courte": date_courte,
    "jour": jour,
    "mois": mois,
    "heure": heure,
    "instant": instant,
}

FILTERS: dict[str, Callable[..., str]] = {
    **WRITERS,
    "nombre": nombre,
    "pourcent": pourcent,
    "part": part,
    "euros": euros,
    "montant": montant,
    "pluriel": pluriel,
    "compte": compte,
    "liste": liste,
    "de": quietly(typography.of),
    "majuscule": quietly(typography.capital),
    "distance": quietly(typography.distance),
    "telephone": quietly(typography.phone),
    "poids": quietly(typography.file_size),
    "duree": quietly(typography.duration),
    "insecables": quietly(typography.no_break),
}
