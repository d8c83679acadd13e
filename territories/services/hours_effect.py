"""What a change of hours does to the 50 % rule, before anything is saved (domain § 5)."""

from dataclasses import dataclass
from fractions import Fraction

from django.utils import timezone

from territories import hours
from territories.access import Actor
from territories.models import Site
from territories.services.hours import ordinary_of
from territories.services.standing import standings


@dataclass(frozen=True, slots=True)
class SeasonShare:
    """Share of one season, as the ordinary week's."""

    label: str
    share: Fraction
    missing: int
    fix: hours.Slot | None

    @property
    def under_half(self) -> bool:
        return self.share < hours.HALF


@dataclass(frozen=True, slots=True)
class Affected:
    """A place that falls under 50 % or comes back: itself, or with its network; what it is to the label."""

    name: str
    standing: str
    own: bool


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
    seasons: tuple[SeasonShare, ...] = ()
    worst_before: Fraction | None = None
    worst_after: Fraction | None = None
    falls: tuple[Affected, ...] = ()
    comes_back: tuple[Affected, ...] = ()

    @property
    def under_half(self) -> bool:
        return self.after is not None and self.after < hours.HALF

    @property
    def needs_a_reason(self) -> bool:
        return worsens(self.before, self.after) or worsens(self.worst_before, self.worst_after)

    @property
    def network_under_half(self) -> bool:
        return under(self.network_after)

    @property
    def network_falls(self) -> bool:
        return under(self.network_after) and not under(self.network_before)

    @property
    def network_comes_back(self) -> bool:
        return under(self.network_before) and not under(self.network_after)


def under(share: Fraction | None) -> bool:
    return share is not None and share < hours.HALF


def worsens(before: Fraction | None, after: Fraction | None) -> bool:
    """A change that takes a place under 50 %, or further under, is a decision; any other is not."""
    return after is not None and after < hours.HALF and (before is None or after < min(before, hours.HALF))


def worst_share(week: hours.Week) -> Fraction | None:
    """The lowest share of the year: the ordinary week and each season that opens; None without hours."""
    weeks = [week, *(week.in_season(season) for season in week.seasons)]
    shares = [share for share in map(hours.walk_in_share, weeks) if share is not None]
    return min(shares, default=None)


def asks_for_a_reason(old: hours.Week, new: hours.Week) -> bool:
    """Whether saving ``new`` is a decision: the ordinary week or a season goes (further) under 50 %."""
    return worsens(hours.walk_in_share(old), hours.walk_in_share(new)) or worsens(
        worst_share(old), worst_share(new)
    )


def effect_of(site: Site, old: hours.Week, new: hours.Week, *, by: Actor) -> Effect:
    """Compute the effect of ``new`` before anything is saved."""
    others = _other_sites(site, by)
    weeks = [ordinary_of(other) for other in others]
    fix = hours.simplest_fix(new)
    fixed = None
    if fix is not None:
        walk_in = hours.walk_in_minutes(new) + fix.minutes
        fixed = Fraction(walk_in, hours.opening_minutes(new))
    member = site.reseau_id is not None
    before, after = hours.walk_in_share(old), hours.walk_in_share(new)
    network = tuple(hours.share_of([week, *weeks]) if member else None for week in (old, new))
    falls, comes_back = _affected(site, others, (before, after), network, by=by)
    return Effect(
        before=before,
        after=after,
        walk_in_minutes=hours.walk_in_minutes(new),
        opening_minutes=hours.opening_minutes(new),
        missing=hours.missing_minutes(new),
        fix=fix,
        fixed_share=fixed,
        network_sites=len(others) + 1 if member else 0,
        network_before=network[0],
        network_after=network[1],
        seasons=tuple(_season_shares(new)),
        worst_before=worst_share(old),
        worst_after=worst_share(new),
        falls=falls,
        comes_back=comes_back,
    )


def _season_shares(week: hours.Week) -> list[SeasonShare]:
    found = []
    for season in week.seasons:
        own = week.in_season(season)
        share = hours.walk_in_share(own)
        if share is not None:
            found.append(
                SeasonShare(season.label, share, hours.missing_minutes(own), hours.simplest_fix(own))
            )
    return found


def _affected(
    site: Site,
    others: list[Site],
    own: tuple[Fraction | None, Fraction | None],
    network: tuple[Fraction | None, ...],
    *,
    by: Actor,
) -> tuple[tuple[Affected, ...], tuple[Affected, ...]]:
    """Who falls and who comes back; with its network, every place of the network on the territory."""

    def crossed(before: Fraction | None, after: Fraction | None) -> bool:
        return under(after) and not under(before)

    down, up = crossed(*own), crossed(own[1], own[0])
    all_down, all_up = crossed(network[0], network[1]), crossed(network[1], network[0])
    if not (down or up or all_down or all_up):
        return (), ()
    words = standings(by=by, sites=[site.pk, *(o.pk for o in others)], day=timezone.localdate())

    def places(itself: bool, network_too: bool) -> tuple[Affected, ...]:
        named = [Affected(site.name, words.get(site.pk, ""), own=itself)] if itself or network_too else []
        if network_too:
            named += [Affected(other.name, words.get(other.pk, ""), own=False) for other in others]
        return tuple(named)

    return places(down, all_down), places(up, all_up)


def _other_sites(site: Site, by: Actor) -> list[Site]:
    if site.reseau_id is None:
        return []
    return list(
        Site.objects.visible_to(by)
        .open_to_public()
        .filter(territory_id=site.territory_id, reseau_id=site.reseau_id)
        .exclude(pk=site.pk)
        .order_by("name", "pk")
        .prefetch_related("slots")
    )
