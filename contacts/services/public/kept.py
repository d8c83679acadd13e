"""Searches answered lately, kept in the memory of the process for the minute they were asked in.

Pages are kept a minute by browsers anyway, and everybody who opens the region's page asks the same question,
the one that reads every place of the region. Only keys, distances and counts are kept: the places shown are
read anew, and one that may no longer be shown is left out.
"""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from django.conf import settings

from contacts.services.public.places import Found

_kept: OrderedDict[Hashable, Found] = OrderedDict()
_lock = Lock()


def kept(question: tuple[Hashable, ...], at: datetime.datetime, search: Callable[[], Found]) -> Found:
    """The answer to a question of this minute; the oldest give way past ``DIRECTORY_CACHE`` of them."""
    most = settings.DIRECTORY_CACHE
    if not most:
        return search()
    key = (int(at.timestamp()) // 60, *question)
    with _lock:
        known = _kept.get(key)
        if known is not None:
            _kept.move_to_end(key)
            return known
    found = search()
    with _lock:
        _kept[key] = found
        while len(_kept) > most:
            _kept.popitem(last=False)
    return found


def forget() -> None:
    """Empty the memory (tests)."""
    with _lock:
        _kept.clear()
