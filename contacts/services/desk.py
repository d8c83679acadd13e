"""What the desk sees when it opens: today's work, counted from what the portal knows."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from contacts.enums import Entry
from contacts.models import FicheDestination, ImportFile
from contacts.permissions import Perm
from contacts.services.listing import WAITING, Filters, fiches_of
from contacts.services.suggestions import weeks_of
from spo_portal.kernel.typography import capital, counted, day_and_month, hour, join
from territories import hours
from territories.access import Actor, can
from territories.models import Site

# A re-orientation without news is chased for a month; after that the list still shows it.
CHASE_DAYS = 30
CLOSURE_DAYS = 14
EXPIRY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: a title, a sentence, where to do it and the word on the button."""

    title: str
    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """Counts of the day at the site."""

    contacts: int
    reoriented: int


def counts(by: Actor, today: datetime.date) -> Today:
    found = (
        fiches_of(by).filter(jour=today).aggregate(n=Count("id"), r=Count("id", filter=Q(reoriented=True)))
    )
    return Today(found["n"], found["r"])


def week_of(by: Actor, now: datetime.datetime) -> hours.Week:
    """Hours of the actor's site."""
    return weeks_of(by, {by.site_id or 0}, now)[by.site_id or 0]


def opening_sentence(site: Site, week: hours.Week, now: datetime.datetime) -> str:
    """« CIO de Lille : sans rendez-vous jusqu’à 12 h. Puis de 13 h 30 à 17 h (sur rendez-vous). »

    Only what is still to come today: the hours already past, or already in the first sentence, help nobody.
    """
    status = hours.status_at(week, now)
    sentence = f"{site.name}\u00a0: {status.sentence[:1].lower()}{status.sentence[1:]}."
    local = timezone.localtime(now)
    minute = local.hour * 60 + local.minute
    slots = [slot for slot in hours.slots_on(week, local.date()) if slot.start > minute]
    if not slots:
        return sentence
    parts = [
        f"de {hours.clock(slot.start)} à {hours.clock(slot.end)} ({'sans' if slot.walk_in else 'sur'} "
        "rendez-vous)"
        for slot in slots
    ]
    return f"{sentence} {'Puis' if status.is_open else 'Aujourd’hui'} {join(parts)}."


def todos(by: Actor, week: hours.Week, now: datetime.datetime) -> list[Todo]:
    """Everything waiting at this desk, the most urgent first."""
    found = [
        *_received(by, now),
        *_without_news(by, now),
        *_expiring(by, now),
        *_imports(by),
        *_hours(by, week, timezone.localdate(now)),
    ]
    return [todo for todo in found if todo]


def _received(by: Actor, now: datetime.datetime) -> list[Todo]:
    """Appointments other desks made here today: the time and where from, never the fiche."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    meetings = list(
        FicheDestination.objects.received_by(by)
        .filter(rdv_at__gte=today, rdv_at__lt=today + datetime.timedelta(days=1))
        .select_related("origin")
        .order_by("rdv_at", "id")[:9]
    )
    if not meetings:
        return []
    lines = [f"{hour(timezone.localtime(m.rdv_at))} depuis {m.origin.name}" for m in meetings[:4]]
    more = len(meetings) - 4
    text = join(lines if more <= 0 else [*lines, counted(more, "autre") if len(meetings) < 9 else "d’autres"])
    title = f"{counted(len(meetings), 'rendez-vous', 'rendez-vous')} pour vous aujourd’hui"
    if len(meetings) == 9:
        title = "Plus de 8 rendez-vous pour vous aujourd’hui"
    return [
        Todo(title, f"{text}. À l’arrivée, notez-la avec le code de la fiche.", reverse("arrivee"), "Noter")
    ]


def _without_news(by: Actor, now: datetime.datetime) -> list[Todo]:
    """Re-orientations of this site whose appointment has passed and nobody said what became of it."""
    late = (
        FicheDestination.objects.visible_to(by)
        .filter(fiche__suite="", rdv_at__lt=now, rdv_at__gte=now - datetime.timedelta(days=CHASE_DAYS))
        .select_related("site")
        .order_by("-rdv_at", "-id")
    )
    found = list(late[:20])
    if not found:
        return []
    last = found[0]
    at = timezone.localtime(last.rdv_at)
    count = (
        "20 rendez-vous ou plus" if len(found) == 20 else counted(len(found), "rendez-vous", "rendez-vous")
    )
    verb = "passés" if len(found) > 1 else "passé"
    first = "Le dernier, " if len(found) > 1 else ""
    text = f"{first}{day_and_month(at)} à {hour(at)}, {last.site.name}. Un appel suffit à le lui rappeler."
    return [Todo(f"{count} {verb} sans nouvelle", capital(text), _list(suite=WAITING), "Voir")]


def _expiring(by: Actor, now: datetime.datetime) -> list[Todo]:
    """Codes that will stop working within a week without an answer."""
    life = datetime.timedelta(days=settings.RETURN_CODE_DAYS)
    soon = fiches_of(by).filter(
        reoriented=True,
        suite="",
        entry=Entry.ECRAN,
        created_at__gt=now - life,
        created_at__lt=now - life + datetime.timedelta(days=EXPIRY_DAYS),
    )
    count = soon.count()
    if not count:
        return []
    day = timezone.localdate(now - life)
    text = (
        f"Leur code ne servira plus dans moins de {EXPIRY_DAYS} jours"
        f" ({settings.RETURN_CODE_DAYS} jours après la fiche)."
    )
    until = day + datetime.timedelta(days=EXPIRY_DAYS)
    title = f"{counted(count, 'réorientation')} bientôt sans réponse"
    return [Todo(title, text, _list(suite=WAITING, du=day, au=until), "Voir")]


def _imports(by: Actor) -> list[Todo]:
    if not can(by, Perm.IMPORT_FICHES):
        return []
    waiting = ImportFile.objects.visible_to(by).filter(imported_at__isnull=True).defer("content")[:1]
    return [
        Todo(
            "Un fichier attend votre décision",
            f"{file.name}, {counted(file.rows, 'ligne')}.",
            reverse("fiches_import_fichier", args=[file.uuid]),
            "Décider",
        )
        for file in waiting
    ]


def _hours(by: Actor, week: hours.Week, today: datetime.date) -> list[Todo]:
    found = []
    if not week.known:
        found.append(Todo("Horaires à renseigner", "Sans eux, votre lieu n’est jamais proposé comme ouvert."))
    for closure in week.closures:
        if today <= closure.last_day and closure.first_day <= today + datetime.timedelta(days=CLOSURE_DAYS):
            same = closure.first_day == closure.last_day
            when = (
                day_and_month(closure.first_day)
                if same
                else f"du {day_and_month(closure.first_day)} au {day_and_month(closure.last_day)}"
            )
            found.append(
                Todo(
                    "Fermeture annoncée", capital(f"{when}{'. ' + closure.reason if closure.reason else ''}.")
                )
            )
    return found


def _list(*, suite: str, du: datetime.date | None = None, au: datetime.date | None = None) -> str:
    return f"{reverse('fiches')}?{Filters(suite=suite, du=du, au=au).query()}"
