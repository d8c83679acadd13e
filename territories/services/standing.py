"""What a place is to the label today: asked of the app above, which keeps the labels.

This app knows no label: whoever keeps them registers a provider in its ``apps.py``.
"""

import datetime
from collections.abc import Callable, Collection, Mapping

from territories.access import Actor

# Site id to words: « labellisé », « partenaire associé ». A place that is absent is neither.
Provider = Callable[[Actor, Collection[int], datetime.date], Mapping[int, str]]
_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Say who knows; the last one that registers answers."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def standings(*, by: Actor, sites: Collection[int], day: datetime.date) -> Mapping[int, str]:
    """Words of what each place is to the label on ``day``, as ``by`` may read them."""
    return _providers[-1](by, sites, day) if _providers and sites else {}
