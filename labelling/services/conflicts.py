"""Conflicts of interest between an account and a file: mandates, contributions, co-writing (domain § 7).

Strong: the account holds a mandate, or held one within two years, in the porteur's organisation or a
partner's (the organisation or one of its places), or wrote the file with the porteur. Such an account does
not score. Weak: its e-mail address is of the domain of the porteur or of a partner; a person decides.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from labelling.enums_ami import ContributionState
from labelling.models import AmiApplication, AmiContribution
from labelling.querysets_ami import CHANGE
from spo_portal.kernel.typography import plain_date
from territories.access import Actor
from territories.models import Membership, Share, User
from territories.services.search import fold

YEARS_BACK = 2
# Mailboxes anybody opens, and the names kept for examples (RFC 2606): they say nothing of an employer.
PUBLIC_DOMAINS = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.fr",
        "outlook.com",
        "outlook.fr",
        "live.com",
        "live.fr",
        "msn.com",
        "yahoo.com",
        "yahoo.fr",
        "ymail.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "sfr.fr",
        "neuf.fr",
        "laposte.net",
        "bbox.fr",
        "numericable.fr",
        "gmx.com",
        "gmx.fr",
        "protonmail.com",
        "proton.me",
        "pm.me",
        "mailo.com",
    }
)
RESERVED = ("example", "test", "invalid", "localhost", "example.com", "example.org", "example.net")


class Kind(StrEnum):
    MANDATE = "mandat"
    COWRITER = "coredacteur"
    DOMAIN = "domaine"


@dataclass(frozen=True)
class Found:
    """One link between an account and a file, in a sentence; a ``strong`` one keeps it from scoring."""

    kind: Kind
    strong: bool
    sentence: str


@dataclass(frozen=True)
class _Body:
    """An organisation of the file: the porteur, or a partner known by its row or by its name only."""

    organisation_id: int | None
    name: str
    partner: bool
    email: str = ""

    @property
    def words(self) -> str:
        return f"{self.name}, partenaire du projet" if self.partner else f"{self.name}, porteur du projet"


Conflicts = dict[tuple[int, int], list[Found]]


def conflicts_of(*, by: Actor, user_ids: Iterable[int], applications: Iterable[AmiApplication]) -> Conflicts:
    """Links found between each account and each file, the strong ones first; a pair without any is absent.

    ``applications`` with their organisation. The same number of queries whatever their number.
    """
    users, files = sorted(set(user_ids)), list(applications)
    if not users or not files:
        return {}
    bodies = _bodies(by, files)
    mandates = _mandates(by, users)
    writers = _writers(by, users, files)
    addresses = dict(User.objects.filter(pk__in=users).values_list("pk", "email"))
    found: Conflicts = {}
    for application in files:
        for user_id in users:
            links = _by_mandate(mandates.get(user_id, ()), bodies[application.pk])
            if (user_id, application.pk) in writers:
                links.append(Found(Kind.COWRITER, True, "Ce compte a écrit ce dossier avec le porteur."))
            links += _by_domain(addresses.get(user_id, ""), bodies[application.pk])
            if links:
                found[(user_id, application.pk)] = sorted(links, key=lambda link: not link.strong)
    return found


def strong(links: Iterable[Found]) -> list[Found]:
    return [link for link in links if link.strong]


def domain_of(address: str) -> str:
    """The domain of an address, empty when it says nothing of an employer."""
    domain = address.rpartition("@")[2].strip().lower().rstrip(".")
    reserved = any(domain == name or domain.endswith(f".{name}") for name in RESERVED)
    return "" if domain in PUBLIC_DOMAINS or reserved else domain


def _bodies(by: Actor, files: Sequence[AmiApplication]) -> Mapping[int, list[_Body]]:
    bodies: dict[int, list[_Body]] = defaultdict(list)
    for application in files:
        porteur = application.organisation
        bodies[application.pk].append(_Body(porteur.pk, porteur.name, False, application.contact_email))
    partners = (
        AmiContribution.objects.visible_to(by)
        .filter(application__in=[application.pk for application in files])
        .exclude(state=ContributionState.DECLINEE)
        .order_by("application_id", "pk")
        .values_list("application_id", "organisation_id", "partner_name", "email")
    )
    for application_id, organisation_id, name, email in partners:
        bodies[application_id].append(_Body(organisation_id, name, True, email))
    return bodies


@dataclass(frozen=True)
class _Mandate:
    organisation_id: int
    name: str
    ends_on: datetime.date | None


def _mandates(by: Actor, users: Sequence[int]) -> Mapping[int, list[_Mandate]]:
    today = timezone.localdate()
    rows = (
        Membership.objects.visible_to(by)
        .filter(user_id__in=users)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=_years_before(today)))
        .filter(Q(organisation__isnull=False) | Q(site__isnull=False))
        .order_by("pk")
        .values_list(
            "user_id",
            "organisation_id",
            "organisation__name",
            "site__organisation_id",
            "site__organisation__name",
            "ends_on",
        )
    )
    held: dict[int, list[_Mandate]] = defaultdict(list)
    for user_id, body, body_name, site_body, site_body_name, ends_on in rows:
        over = ends_on if ends_on and ends_on < today else None
        held[user_id].append(_Mandate(body or site_body, body_name or site_body_name, over))
    return held


def _years_before(day: datetime.date) -> datetime.date:
    try:
        return day.replace(year=day.year - YEARS_BACK)
    except ValueError:
        return day.replace(year=day.year - YEARS_BACK, day=28)


def _writers(by: Actor, users: Sequence[int], files: Sequence[AmiApplication]) -> set[tuple[int, int]]:
    """Co-writers now or before: a share taken back does not undo what was written."""
    rows = (
        Share.objects.visible_to(by)
        .filter(
            user_id__in=users,
            content_type__app_label="labelling",
            content_type__model="amiapplication",
            object_id__in=[str(application.pk) for application in files],
            permission=CHANGE,
        )
        .values_list("user_id", "object_id")
    )
    return {(user_id, int(object_id)) for user_id, object_id in rows}


def _by_mandate(mandates: Iterable[_Mandate], bodies: Iterable[_Body]) -> list[Found]:
    links: dict[tuple[str, bool], Found] = {}
    for mandate in mandates:
        for body in bodies:
            same = (
                mandate.organisation_id == body.organisation_id
                if body.organisation_id
                else fold(mandate.name) == fold(body.name)
            )
            if not same:
                continue
            when = f"jusqu’au {plain_date(mandate.ends_on)}" if mandate.ends_on else "aujourd’hui"
            sentence = f"Mandat {when} : {body.words}."
            links.setdefault((body.name, body.partner), Found(Kind.MANDATE, True, sentence))
    return list(links.values())


def _by_domain(address: str, bodies: Iterable[_Body]) -> list[Found]:
    domain = domain_of(address)
    if not domain:
        return []
    names = dict.fromkeys(body.words for body in bodies if domain_of(body.email) == domain)
    return [Found(Kind.DOMAIN, False, f"Même domaine de courriel ({domain}) : {words}.") for words in names]
