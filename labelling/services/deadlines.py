"""What is due, when, and by whom: the deadlines of the calls for interest, for the reminders.

System scope only (worker). Each source gives what is still to be done and dated from today on; what is
settled meanwhile is not in it any more, so a reminder never speaks of it.
"""

import datetime
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from labelling.enums_ami import (
    ApplicationState,
    AssignmentState,
    CallState,
    FollowUpState,
    Presence,
    SessionState,
)
from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiComplement,
    AmiFollowUp,
    AmiInstalment,
    AmiQuestion,
    AmiSessionMember,
)
from labelling.services import recipients
from territories.enums import Role


@dataclass(frozen=True)
class Deadline:
    """One thing due. ``about`` names it for good (« depot:12 »); ``page`` and ``key`` open it."""

    about: str
    region_id: int
    due_on: datetime.date
    what: str
    people: frozenset[int]
    page: str
    key: int
    at: datetime.datetime | None = None


Keys = Collection[int] | None
Source = Callable[[datetime.date, datetime.date, Keys], Iterator[Deadline]]
_sources: dict[str, Source] = {}


def register(kind: str) -> Callable[[Source], Source]:
    """Add a source of deadlines, called ``kind``: given the first and last day, what is due between them.

    With keys, only what bears them: what follows « kind: » in ``Deadline.about``.
    """

    def keep(source: Source) -> Source:
        _sources[kind] = source
        return source

    return keep


def due_between(
    first: datetime.date, last: datetime.date, abouts: Collection[str] | None = None
) -> Iterator[Deadline]:
    """What is due between two days, of every source; with ``abouts``, what is still due among them."""
    wanted: dict[str, set[int]] = {}
    for about in abouts or ():
        kind, _, key = about.partition(":")
        wanted.setdefault(kind, set()).add(int(key))
    for kind, source in _sources.items():
        if abouts is None:
            yield from source(first, last, None)
        elif kind in wanted:
            yield from source(first, last, wanted[kind])


def _days(first: datetime.date, last: datetime.date) -> tuple[datetime.datetime, datetime.datetime]:
    """The instants of those days in Paris: from midnight to midnight."""
    start = timezone.make_aware(datetime.datetime.combine(first, datetime.time()))
    end = timezone.make_aware(datetime.datetime.combine(last + datetime.timedelta(days=1), datetime.time()))
    return start, end


def _only(rows: QuerySet, keys: Keys, name: str) -> QuerySet:
    return rows if keys is None else rows.filter(**{f"{name}__in": keys})


@register("depot")
def drafts(first: datetime.date, last: datetime.date, keys: Keys) -> Iterator[Deadline]:
    """Files still written when their call closes: those who write them."""
    start, end = _days(first, last)
    rows = AmiApplication.objects.for_system().filter(
        state=ApplicationState.BROUILLON,
        call__state=CallState.OUVERT,
        call__closes_at__gte=start,
        call__closes_at__lt=end,
    )
    rows = _only(rows, keys, "pk")
    for row in rows.select_related("call"):
        at = row.call.closes_at
        yield Deadline(
            about=f"depot:{row.pk}",
            region_id=row.region_id,
            due_on=timezone.localdate(at),
            what=f"Déposer le dossier « {row.title} »",
            people=frozenset(recipients.writers(row)),
            page="ami_dossier",
            key=row.pk,
            at=at,
        )


@register("complement")
def complements(first: datetime.date, last: datetime.date, keys: Keys) -> Iterator[Deadline]:
    """Complements asked and not answered: those who write the file."""
    start, end = _days(first, last)
    rows = AmiComplement.objects.for_system().filter(
        answered_at=None, closed_at=None, deadline__gte=start, deadline__lt=end
    )
    rows = _only(rows, keys, "pk")
    for row in rows.select_related("application"):
        yield Deadline(
            about=f"complement:{row.pk}",
            region_id=row.application.region_id,
            due_on=timezone.localdate(row.deadline),
            what=f"Compléter le dossier « {row.application.title} »",
            people=frozenset(recipients.writers(row.application)),
            page="ami_dossier",
            key=row.application_id,
            at=row.deadline,
        )


@register("note")
def notes(first: datetime.date, last: datetime.date, keys: Keys) -> Iterator[Deadline]:
    """Files confided to a scorer: that scorer."""
    start, end = _days(first, last)
    rows = AmiAssignment.objects.for_system().filter(
        state=AssignmentState.ATTENDUE,
        application__state=ApplicationState.RECEVABLE,
        due_at__gte=start,
        due_at__lt=end,
    )
    rows = _only(rows, keys, "pk")
    for row in rows.select_related("application"):
        yield Deadline(
            about=f"note:{row.pk}",
            region_id=row.region_id,
            due_on=timezone.localdate(row.due_at),
            what=f"Noter le dossier {row.application.number}, « {row.application.title} »",
            people=frozenset({row.scorer_id}),
            page="ami_noter",
            key=row.application_id,
            at=row.due_at,
        )


@register("questions")
def questions(first: datetime.date, last: datetime.date, keys: Keys) -> Iterator[Deadline]:
    """Questions on a call, to be answered before it closes: the Region, once for the call."""
    start, end = _days(first, last)
    rows = AmiQuestion.objects.for_system().filter(
        answered_at=None,
        call__state=CallState.OUVERT,
        call__closes_at__gte=start,
        call__closes_at__lt=end,
    )
    seen: set[int] = set()
    rows = _only(rows, keys, "call_id")
    for row in rows.select_related("call"):
        if row.call_id in seen:
            continue
        seen.add(row.call_id)
        yield Deadline(
            about=f"questions:{row.call_id}",
            region_id=row.region_id,
            due_on=timezone.localdate(row.call.closes_at),
            what=f"Répondre aux questions posées sur l’appel « {row.call.title} »",
            people=frozenset(recipients.holders(Role.REGION, region_id=row.region_id)),
            page="ami_appel",
            key=row.call_id,
            at=row.call.closes_at,
        )


@register("seance")
def sessions(first: datetime.date, last: datetime.date, keys: Keys) -> Iterator[Deadline]:
    """Sessions convened: the members that have an account and did not send word that they can't come."""
    start, end = _days(first, last)
    rows = AmiSessionMember.objects.for_system().filter(
        session__state=SessionState.CONVOQUEE,
        session__starts_at__gte=start,
        session__starts_at__lt=end,
        user__is_active=True,
    )
    rows = _only(rows, keys, "session_id")
    for row in rows.exclude(presence=Presence.EXCUSE).select_related("session__commission"):
        yield Deadline(
            about=f"seance:{row.session_id}",
            region_id=row.session.region_id,
            due_on=timezone.localdate(row.session.starts_at),
            what=f"Séance : {row.session.title}, {row.session.place}",
            people=frozenset({row.user_id} if row.user_id else ()),
            page="ami_seance",
            key=row.session_id,
            at=row.session.starts_at,
        )


@register("bilan")
def follow_ups(first: datetime.date, last: datetime.date, keys: Keys) -> Iterator[Deadline]:
    """Yearly reports expected or sent back: the porteur's accounts."""
    rows = AmiFollowUp.objects.for_system().filter(
        state__in=[FollowUpState.ATTENDU, FollowUpState.A_REPRENDRE], due_on__gte=first, due_on__lte=last
    )
    rows = _only(rows, keys, "pk")
    for row in rows.select_related("application"):
        yield Deadline(
            about=f"bilan:{row.pk}",
            region_id=row.application.region_id,
            due_on=row.due_on,
            what=f"Remettre le bilan {row.year} de « {row.application.title} »",
            people=frozenset(
                recipients.holders(Role.PORTEUR, organisation_id=row.application.organisation_id)
            ),
            page="ami_suivi",
            key=row.application_id,
        )


@register("versement")
def instalments(first: datetime.date, last: datetime.date, keys: Keys) -> Iterator[Deadline]:
    """Payments of signed conventions: the Region."""
    rows = AmiInstalment.objects.for_system().filter(
        paid_on=None, convention__signed_on__isnull=False, due_on__gte=first, due_on__lte=last
    )
    rows = _only(rows, keys, "pk")
    for row in rows.exclude(application__state=ApplicationState.RETIREE).select_related("application"):
        yield Deadline(
            about=f"versement:{row.pk}",
            region_id=row.application.region_id,
            due_on=row.due_on,
            what=f"Verser « {row.label} » au projet « {row.application.title} »",
            people=frozenset(recipients.holders(Role.REGION, region_id=row.application.region_id)),
            page="ami_convention",
            key=row.application_id,
        )
