"""The list of « Où s’adresser ? » as its page shows it: the places of one page and the words of each."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from django.utils import timezone

from contacts.models import ListVersion, OrientationRule
from contacts.services.matching import Target
from contacts.services.public import places
from contacts.services.public.asking import Asked
from contacts.services.public.kept import kept
from contacts.services.public.places import Found, Moment, Rules
from contacts.services.public.whereabouts import Whereabouts, locate
from contacts.services.suggestions import Point
from labelling.enums import LabelStatus
from labelling.models import Labellisation
from spo_portal.kernel.typography import join
from territories import hours
from territories.access import Actor
from territories.enums import SitePublic
from territories.models import Region, Site
from territories.services.fulltext import Question, question_of
from territories.services.hours import weeks_of_sites
from territories.services.public_address import slug_of

LABELLED = "Lieu labellisé par l’État"
PARTNER = "Partenaire associé"


@dataclass(frozen=True, slots=True)
class Line:
    """A place in the list: where, how far, open or not, today's ribbon, why it is there."""

    number: int
    site: Site
    slug: str
    status: hours.OpenStatus
    ribbon: hours.Ribbon
    distance_km: float | None
    reason: str
    label: str
    point: Point | None

    @property
    def kind(self) -> str:
        """Kind of badge: open without an appointment, by appointment, closed, unknown."""
        if not self.status.known:
            return ""
        return {"walk_in": "ok", "appointment": "info", "closed": "warn"}[self.status.kind.value]

    @property
    def publics(self) -> str:
        return publics_words(self.site)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the page shows of one search."""

    asked: Asked
    where: Whereabouts
    found: Found
    lines: list[Line]
    at: datetime.datetime
    radius: float | None
    question: Question
    # Some of the words only: no place has them all.
    loose: bool = False
    # What an empty list offers instead.
    nearest: list[Line] = field(default_factory=list)


def current_lists(by: Actor, day: datetime.date) -> ListVersion | None:
    """The lists in force: what « votre question » and « votre situation » are chosen from."""
    return ListVersion.objects.visible_to(by).filter(starts_on__lte=day).order_by("-starts_on").first()


def listing(by: Actor, asked: Asked, at: datetime.datetime) -> Listing:
    """Answer a search, within the reader's scope."""
    moment = Moment(at)
    where = locate(by, asked)
    question = question_of(asked.text) if asked.text else Question()
    radius = places.radius_of(asked, where.origin)
    # A commune still to be chosen, or one nobody knows: the whole region would answer another question.
    # So would a text of signs alone.
    if where.choices or where.lost or (asked.text and not question.strict):
        return Listing(asked, where, Found(), [], at, radius, question)
    rules = places.rules_for(by, asked)
    # Nothing in the region's rules for this person: every place may still answer.
    loose = False

    def search(*, question: str) -> Found:
        commune = where.commune.pk if where.commune else ""
        ask = partial(places.search, by, asked, rules=rules, origin=where.origin, at=moment, radius=radius)
        return kept((by.scope.wide, asked, commune, question), at, partial(ask, question=question))

    found = search(question=question.strict)
    if not found.total and question.loose != question.strict:
        found = search(question=question.loose)
        loose = bool(found.total)
    # What was asked past the last page is the last page.
    asked = replace(asked, page=min(asked.page, max(1, -(-found.total // places.PER_PAGE))))
    lines = lines_of(by, found.ids, rules, at, first=(asked.page - 1) * places.PER_PAGE + 1)
    near: list[Line] = []
    if not found.total and where.origin is not None:
        offered = places.nearest(by, origin=where.origin, rules=rules, at=moment)
        near = lines_of(by, offered, rules, at, first=1)
    return Listing(asked, where, found, lines, at, radius, question, loose, near)


def lines_of(
    by: Actor, ids: Mapping[int, float | None], rules: Rules, at: datetime.datetime, *, first: int
) -> list[Line]:
    """Places of a page in the order of ``ids``, read in full in a constant number of queries."""
    if not ids:
        return []
    day = timezone.localdate(at)
    weeks = weeks_of_sites(by, list(ids), day)
    labels = labels_of(by, list(ids), day)
    rows = Site.objects.visible_to(by).can_be_suggested().filter(pk__in=list(ids))
    sites = {site.pk: site for site in rows.select_related("reseau", "organisation")}
    lines = []
    for pk, kilometres in ids.items():
        site = sites.get(pk)
        if site is None:
            continue
        week = weeks[pk]
        lines.append(
            Line(
                number=first + len(lines),
                site=site,
                slug=slug_of(site),
                status=hours.status_at(week, at),
                ribbon=hours.day_ribbon(week, day, at),
                distance_km=None if kilometres is None else round(kilometres, 1),
                reason=_reason(site, rules),
                label=labels.get(pk, PARTNER if site.direction else ""),
                point=point_on_map(site),
            )
        )
    return lines


def labels_of(by: Actor, ids: Collection[int], day: datetime.date) -> dict[int, str]:
    """In plain words, what each place is today: labelled, associated partner, or nothing said."""
    words = {LabelStatus.LABELLISE: LABELLED, LabelStatus.ASSOCIE: PARTNER}
    rows = Labellisation.objects.visible_to(by).in_force(day).filter(site_id__in=ids)
    return {pk: words[LabelStatus(status)] for pk, status in rows.values_list("site_id", "status")}


def _reason(site: Site, rules: Mapping[Target, OrientationRule]) -> str:
    target: Target = (site.reseau_id, "") if site.reseau_id else (None, site.partner_kind)
    rule = rules.get(target)
    return rule.reason if rule else ""


def publics_words(site: Site) -> str:
    """« Pour : jeunes de moins de 26 ans et demandeurs d’emploi »; empty when the place says nothing."""
    if SitePublic.TOUS in site.publics:
        said = SitePublic.TOUS.label
    else:
        labels = [SitePublic(value).label for value in site.publics]
        said = join([label[:1].lower() + label[1:] for label in labels])
    return " – ".join(part for part in (said[:1].upper() + said[1:], site.publics_note) if part)


def point_on_map(site: Site) -> Point | None:
    """Its own point, never its commune's: a mark on a map says « here »."""
    if site.latitude is None or site.longitude is None:
        return None
    return float(site.latitude), float(site.longitude)


def open_regions() -> list[Region]:
    """Every region has its directory; names in order."""
    return list(Region.objects.order_by("name"))
