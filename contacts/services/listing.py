"""The list of a site's fiches: filters kept in the address, rows in words, for screen and exports."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone

from contacts.enums import Canal, Entry, ListKind, Suite
from contacts.models import FicheContact, FicheDestination, ListVersion
from contacts.querysets import FicheQuerySet
from spo_portal.kernel.typography import join, number, plain_date
from territories.access import Actor

WAITING = "attendue"
ISSUES = {"reorientee": "Réorientée", "sur_place": "Résolue sur place"}
SUITES = {WAITING: "Suite attendue", **dict(Suite.choices)}
PARAMETERS = ("du", "au", "statut", "demande", "canal", "issue", "suite", "saisie")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows; empty means everything.

    ``notes`` says in French which parts of the address were ignored.
    """

    du: datetime.date | None = None
    au: datetime.date | None = None
    statut: int | None = None
    demande: int | None = None
    canal: str = ""
    issue: str = ""
    suite: str = ""
    saisie: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)

    def values(self) -> dict[str, str]:
        """Parameters of the address, in a stable order, without the empty ones."""
        found = {name: getattr(self, name) for name in PARAMETERS}
        return {
            name: value.isoformat() if isinstance(value, datetime.date) else str(value)
            for name, value in found.items()
            if value not in (None, "")
        }

    def query(self) -> str:
        return urlencode(self.values())

    def between(self, du: datetime.date, au: datetime.date) -> "Filters":
        return replace(self, du=du, au=au)

    def apply(self, fiches: FicheQuerySet) -> FicheQuerySet:
        """The same rows for the screen, the count, the CSV and the XLSX."""
        if self.du:
            fiches = fiches.filter(jour__gte=self.du)
        if self.au:
            fiches = fiches.filter(jour__lte=self.au)
        if self.statut is not None:
            fiches = fiches.filter(statut=self.statut)
        if self.demande is not None:
            fiches = fiches.filter(demandes__contains=[self.demande])
        if self.canal:
            fiches = fiches.filter(canal=self.canal)
        if self.issue:
            fiches = fiches.filter(reoriented=self.issue == "reorientee")
        if self.suite == WAITING:
            fiches = fiches.filter(reoriented=True, suite="")
        elif self.suite:
            fiches = fiches.filter(suite=self.suite)
        if self.saisie:
            fiches = fiches.filter(entry=self.saisie)
        return fiches.order_by("-jour", "-id")

    def words(self, version: ListVersion | None) -> list[tuple[str, str]]:
        """(filter, value) in French, for the page and the sheet « Lisez-moi »."""
        lines = []
        if self.du or self.au:
            lines.append(("Période", _period(self.du, self.au)))
        for kind, value in ((ListKind.STATUT, self.statut), (ListKind.DEMANDE, self.demande)):
            if value is not None:
                item = version.item(kind, value) if version else None
                lines.append((str(kind.label), item.label if item else str(value)))
        labels = (
            ("Canal", self.canal, dict(Canal.choices)),
            ("Issue", self.issue, ISSUES),
            ("Suite", self.suite, SUITES),
            ("Saisie", self.saisie, dict(Entry.choices)),
        )
        return lines + [(title, str(choices[value])) for title, value, choices in labels if value]


def _period(du: datetime.date | None, au: datetime.date | None) -> str:
    if du and au:
        return f"du {plain_date(du)} au {plain_date(au)}"
    return f"depuis le {plain_date(du)}" if du else f"jusqu’au {plain_date(au)}" if au else ""


def read_filters(given: Mapping[str, str], version: ListVersion | None) -> Filters:
    """Read an address someone may have typed: a value that means nothing is ignored, and the page says so."""
    notes: list[str] = []

    def ignore(name: str) -> None:
        notes.append(f"Le filtre « {name} » de l’adresse n’a pas été compris : il est ignoré.")

    def day(name: str) -> datetime.date | None:
        text = given.get(name, "").strip()
        if not text:
            return None
        try:
            value = datetime.date.fromisoformat(text[:32])
        except ValueError:
            ignore(name)
            return None
        if not 2000 <= value.year <= 2100:
            ignore(name)
            return None
        return value

    def number_of(name: str, kind: ListKind) -> int | None:
        text = given.get(name, "").strip()
        if not text:
            return None
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else -1
        if version is None or version.item(kind, value) is None:
            ignore(name)
            return None
        return value

    def word(name: str, allowed: Iterable[str]) -> str:
        text = given.get(name, "").strip()
        if text and text not in allowed:
            ignore(name)
            return ""
        return text

    du, au = day("du"), day("au")
    if du and au and du > au:
        notes.append("La période finissait avant de commencer : ses deux dates ont été échangées.")
        du, au = au, du
    return Filters(
        du,
        au,
        number_of("statut", ListKind.STATUT),
        number_of("demande", ListKind.DEMANDE),
        word("canal", Canal.values),
        word("issue", ISSUES),
        word("suite", SUITES),
        word("saisie", Entry.values),
        tuple(notes),
    )


def presets(filters: Filters, today: datetime.date) -> list[tuple[str, str, bool]]:
    """Usual periods: (label, address, is it the current one)."""
    month = today.replace(day=1)
    last = month - datetime.timedelta(days=1)
    periods = (
        ("Aujourd’hui", today, today),
        ("7 derniers jours", today - datetime.timedelta(days=6), today),
        ("Ce mois", month, today),
        ("Mois dernier", last.replace(day=1), last),
        ("Cette année", today.replace(month=1, day=1), today),
    )
    return [
        (label, filters.between(du, au).query(), (filters.du, filters.au) == (du, au))
        for label, du, au in periods
    ]


def versions_of(by: Actor) -> dict[int, ListVersion]:
    """Every version of the lists of the region, the current one first: a fiche is read with its own."""
    return {version.pk: version for version in ListVersion.objects.visible_to(by).order_by("-starts_on")}


def current(versions: Mapping[int, ListVersion], today: datetime.date) -> ListVersion | None:
    ordered = list(versions.values())
    return next((v for v in ordered if v.starts_on <= today), ordered[-1] if ordered else None)


def fiches_of(by: Actor) -> FicheQuerySet:
    return FicheContact.objects.visible_to(by).filter(site_id=by.site_id)


def with_destinations(fiches: FicheQuerySet, by: Actor) -> FicheQuerySet:
    destinations = FicheDestination.objects.visible_to(by).select_related("site").order_by("position")
    return fiches.prefetch_related(Prefetch("destinations", queryset=destinations))


@dataclass(frozen=True, slots=True)
class FicheRow:
    """One fiche in words."""

    fiche: FicheContact
    statut: str
    demandes: str
    vers: str
    suite: str
    suite_kind: str


def rows(fiches: Iterable[FicheContact], versions: Mapping[int, ListVersion]) -> list[FicheRow]:
    return [row(fiche, versions[fiche.list_version_id]) for fiche in fiches]


def row(fiche: FicheContact, version: ListVersion) -> FicheRow:
    item = version.item(ListKind.STATUT, fiche.statut)
    short = [i.short for i in version.demandes if i.n in fiche.demandes]
    names = [destination.site.name for destination in fiche.destinations.all()] if fiche.reoriented else []
    vers = (
        names[0]
        if len(names) == 1
        else f"{names[0]} (+\u00a0{number(len(names) - 1)})"
        if names
        else "Résolue sur place"
    )
    suite, kind = suite_words(fiche)
    return FicheRow(fiche, item.short if item else "", join(short), vers, suite, kind)


_KINDS = {Suite.RECUE: "ok", Suite.RENDEZ_VOUS: "ok", Suite.REORIENTEE: "info"}


def suite_words(fiche: FicheContact) -> tuple[str, str]:
    """What is known of a re-orientation, and the badge that says it."""
    if not fiche.reoriented:
        return "Sur place", "info"
    if fiche.suite:
        return str(Suite(fiche.suite).label), _KINDS.get(Suite(fiche.suite), "warn")
    if fiche.entry != Entry.ECRAN:
        return "Sans code", "plain"
    life = datetime.timedelta(days=settings.RETURN_CODE_DAYS)
    return ("Attendue", "") if fiche.created_at + life > timezone.now() else ("Sans réponse", "plain")
