"""Opening hours of a place: from the tables to a week, the effect of a change, and its record."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from territories import hours
from territories.access import Actor, require
from territories.models import Closure, OpeningSlot, Site
from territories.permissions import Perm


def week_of(site: Site) -> hours.Week:
    """The week of a place from its (prefetched) slots and closures."""
    return hours.Week(
        tuple(hours.Slot(slot.weekday, slot.start, slot.end, slot.walk_in) for slot in site.slots.all()),
        tuple(hours.Closure(c.first_day, c.last_day, c.reason) for c in site.closures.all()),
    )


def fingerprint(week: hours.Week) -> str:
    """Short mark of a week as shown: two people who change the same hours can't overwrite each other."""
    return hashlib.sha256(repr((week.slots, week.closures)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to the 50 % rule: the place's share, its network's on the territory (domain § 5)."""

    before: Fraction | None
    after: Fraction | None
    walk_in_minutes: int
    opening_minutes: int
    missing: int
    fix: hours.Slot | None
    fixed_share: Fraction | None
    network_sites: int
    network_before: Fraction | None
    network_after: Fraction | None

    @property
    def under_half(self) -> bool:
        return self.after is not None and self.after < hours.HALF

    @property
    def needs_a_reason(self) -> bool:
        return worsens(self.before, self.after)

    @property
    def network_under_half(self) -> bool:
        return self.network_after is not None and self.network_after < hours.HALF


def worsens(before: Fraction | None, after: Fraction | None) -> bool:
    """A change that takes a place under 50 %, or further under, is a decision; any other is not."""
    return after is not None and after < hours.HALF and (before is None or after < min(before, hours.HALF))


def effect_of(site: Site, old: hours.Week, new: hours.Week, *, by: Actor) -> Effect:
    """Compute the effect of ``new`` before anything is saved."""
    others = _other_weeks(site, by)
    fix = hours.simplest_fix(new)
    fixed = None
    if fix is not None:
        walk_in = hours.walk_in_minutes(new) + fix.minutes
        fixed = Fraction(walk_in, hours.opening_minutes(new))
    return Effect(
        before=hours.walk_in_share(old),
        after=hours.walk_in_share(new),
        walk_in_minutes=hours.walk_in_minutes(new),
        opening_minutes=hours.opening_minutes(new),
        missing=hours.missing_minutes(new),
        fix=fix,
        fixed_share=fixed,
        network_sites=len(others) + 1 if site.reseau_id else 0,
        network_before=hours.share_of([old, *others]) if site.reseau_id else None,
        network_after=hours.share_of([new, *others]) if site.reseau_id else None,
    )


def _other_weeks(site: Site, by: Actor) -> list[hours.Week]:
    if site.reseau_id is None:
        return []
    others = (
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(territory_id=site.territory_id, reseau_id=site.reseau_id)
        .exclude(pk=site.pk)
        .prefetch_related("slots", "closures")
    )
    return [week_of(other) for other in others]


def save_hours(
    *, by: Actor, site: Site, week: hours.Week, seen: str, accept_under_half: bool = False, reason: str = ""
) -> None:
    """Replace the week and the closures to come of the actor's own place.

    Going (further) under 50 % without an appointment asks for a decision with its reason; it is never
    forbidden (domain § 5). ``seen`` is the fingerprint of the week the form was made from: raises
    ``Conflict`` when someone else changed it since. Past closures are kept.
    """
    require(by, Perm.EDIT_HOURS)
    if site.pk not in by.scope.unit:
        raise Refused("Vous tenez les horaires de votre lieu seulement.")
    today = timezone.localdate()
    with transaction.atomic():
        locked = Site.objects.visible_to(by).select_for_update(of=("self",)).get(pk=site.pk)
        current = week_of(locked)
        if fingerprint(current) != seen:
            raise Conflict("Quelqu’un d’autre vient de changer ces horaires.")
        worse = worsens(hours.walk_in_share(current), hours.walk_in_share(week))
        if worse and not (accept_under_half and reason.strip()):
            raise Refused(
                "Ces horaires passent sous 50 % sans rendez-vous : écrivez pourquoi avant d’enregistrer.",
                "motif",
            )
        OpeningSlot.objects.visible_to(by).filter(site=locked).delete()
        Closure.objects.visible_to(by).filter(site=locked, last_day__gte=today).delete()
        OpeningSlot.objects.bulk_create(_slots(locked, week.slots))
        Closure.objects.bulk_create(
            Closure(
                site=locked,
                region_id=locked.region_id,
                first_day=c.first_day,
                last_day=c.last_day,
                reason=c.reason,
            )
            for c in week.closures
            if c.last_day >= today
        )
        audit.record(
            "territories.hours_changed",
            by=by,
            object_type="site",
            object_id=site.pk,
            tenant_id=locked.territory_id,
            unit_id=locked.pk,
            data=_trace(current, week, reason if accept_under_half else ""),
        )


def _slots(site: Site, slots: Iterable[hours.Slot]) -> list[OpeningSlot]:
    return [
        OpeningSlot(
            site=site,
            region_id=site.region_id,
            weekday=slot.weekday,
            start=slot.start,
            end=slot.end,
            walk_in=slot.walk_in,
        )
        for slot in slots
    ]


def _trace(old: hours.Week, new: hours.Week, reason: str) -> dict[str, object]:
    """What the trail keeps: the shares before and after, the number of closures, the reason of a decision."""
    shares: Sequence[Fraction | None] = (hours.walk_in_share(old), hours.walk_in_share(new))
    before, after = (None if share is None else round(float(share), 4) for share in shares)
    trace: dict[str, object] = {"part_avant": before, "part_apres": after, "fermetures": len(new.closures)}
    if reason.strip():
        trace["motif"] = reason.strip()
    return trace
