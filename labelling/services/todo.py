"""« À faire »: what waits for the one who looks, with its date and its link (domain § 7).

Each provider asks one question and costs one query or two, whatever the number of files. Parts of the app
register theirs; what a role may not know is the business of ``visible_to``, as everywhere.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils import timezone

from territories.access import Actor

SOON = datetime.timedelta(days=7)
# Rows of one provider on the page; past this, the list it links to says it all.
MOST = 100


@dataclass(frozen=True)
class Item:
    """One thing to do: what, about what, until when, and where."""

    what: str
    about: str
    url: str
    due: datetime.datetime | None = None
    group: str = ""

    @property
    def late(self) -> bool:
        return self.due is not None and self.due < timezone.now()

    @property
    def soon(self) -> bool:
        return self.due is not None and not self.late and self.due - timezone.now() < SOON

    @property
    def left(self) -> str:
        """« en retard de 3 jours », « aujourd’hui », « demain », « dans 12 jours »; empty without a date."""
        if self.due is None:
            return ""
        days = (timezone.localdate(self.due) - timezone.localdate()).days
        if days < 0:
            return f"en retard de {-days} jour{'s' if days < -1 else ''}"
        if self.late:
            return "en retard"
        return {0: "aujourd’hui", 1: "demain"}.get(days, f"dans {days} jours")


Provider = Callable[[Actor], Iterable[Item]]
_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Add a provider; it answers nothing to whom it does not concern."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def todo(*, by: Actor) -> list[Item]:
    """Everything that waits for the actor: what is late first, then by date, what has none last."""
    found = [item for provider in _providers for item in provider(by)]
    far = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return sorted(found, key=lambda item: (item.due or far, item.group, item.about))


def day(value: datetime.date) -> datetime.datetime:
    """The end of that day in Paris: until then, nothing is late."""
    return timezone.make_aware(datetime.datetime.combine(value, datetime.time(23, 59, 59)))
