"""What a place is to the label: asked of the app above, which keeps the labels.

This app knows no label: whoever keeps them registers a provider in its ``apps.py``.
"""

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from territories.access import Actor
from territories.models import Site


@dataclass(frozen=True, slots=True)
class Standing:
    """« labellisé » or « partenaire associé » between two days, by which act, with what may be opened of it.

    ``certificate``: its address, empty when there is none or when the reader may not open it; ``kit``: the
    reader prints that of the place.
    """

    words: str
    since: datetime.date
    until: datetime.date | None
    number: str = ""
    decided_on: datetime.date | None = None
    labelled: bool = False
    certificate: str = ""
    kit: bool = False

    def holds(self, day: datetime.date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)

    def is_over(self, day: datetime.date) -> bool:
        return self.until is not None and self.until < day


# Site id to its standing: the one that holds, else the next, else the last. Who is absent never had any.
Provider = Callable[[Actor, Collection[int], datetime.date], Mapping[int, Standing]]
_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Say who knows; the last one that registers answers."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def standings(*, by: Actor, sites: Collection[int], day: datetime.date) -> Mapping[int, str]:
    """Words of what each place is to the label on ``day``, as ``by`` may read them."""
    found = _providers[-1](by, sites, day) if _providers and sites else {}
    return {pk: one.words for pk, one in found.items() if one.holds(day)}


def standing_of(*, by: Actor, site: Site, day: datetime.date) -> Standing | None:
    """What one place is to the label: now, or else soon, or else what it was; None when it never was."""
    return _providers[-1](by, [site.pk], day).get(site.pk) if _providers else None
