"""Short releases of many territories, in one query each: pages of a region read hundreds of them."""

from collections.abc import Iterable

from django.db.models import F, Func, JSONField, Q, QuerySet, TextField, Value

from dashboards.enums import Audience, Dimension
from dashboards.models import Release as StoredRelease
from dashboards.services.release import Release, make_release
from territories.access import Actor


def summaries(
    *, by: Actor, territory_ids: Iterable[int], year: int, networks: bool = True
) -> dict[int, Release]:
    """Shorter releases of many territories; a territory without figures has an empty one.

    Their measures come without the sites and without their ways. Without ``networks`` the axis of networks is
    left out: a page that asks nothing of them reads half as much.
    """
    rows, found = _readable(by=by, territory_ids=territory_ids, year=year)
    cells = F("summary") if networks else _Without("summary", "r")
    measures = _Without("measures", "sites", "trajets")
    for pk, held, facts, filled_at in rows.values_list("territory_id", cells, measures, "filled_at"):
        if pk in found:
            found[pk] = make_release(year, found[pk].audience, held, facts, filled_at)
    return found


def past_contacts(
    *, by: Actor, territory_ids: Iterable[int], year: int, sliced: bool = True
) -> dict[int, Release]:
    """The contacts of a year to compare with, and nothing more: by month, and when ``sliced`` by network and
    by demande."""
    rows, found = _readable(by=by, territory_ids=territory_ids, year=year)
    wanted = ["summary__y__contacts", "summary__m__contacts"]
    wanted += ["summary__y__demande", "summary__r__contacts", "summary__r__demande"] if sliced else []
    fields = ("territory_id", "measures__first_month", "filled_at", *wanted)
    for pk, first, filled_at, *held in rows.values_list(*fields):
        if pk not in found:
            continue
        contacts, months, demandes, reseaux, crossed = (part or {} for part in (*held, *_NOTHING)[:5])
        cells = {
            "y": {Dimension.CONTACTS: contacts, Dimension.DEMANDE: demandes},
            "m": {Dimension.CONTACTS: months},
            "r": {Dimension.CONTACTS: reseaux, Dimension.DEMANDE: crossed},
        }
        found[pk] = Release(year, found[pk].audience, cells, {"first_month": first or 1}, filled_at)
    return found


_NOTHING = (None, None, None)


def _readable(
    *, by: Actor, territory_ids: Iterable[int], year: int
) -> tuple[QuerySet[StoredRelease], dict[int, Release]]:
    """Stored releases of these territories and year, each as this actor reads it; and empty ones."""
    ids = list(dict.fromkeys(territory_ids))
    inside = set(ids) & set(by.scope.tenant)
    found = {pk: Release(year, Audience.INSIDE if pk in inside else Audience.OUTSIDE) for pk in ids}
    rows = StoredRelease.objects.visible_to(by).filter(territory__isnull=False, site__isnull=True, year=year)
    if len(inside) == len(ids):
        # What the actor is in charge of is all it sees of them: no need to send hundreds of numbers twice.
        return rows.filter(audience=Audience.INSIDE), found
    wanted = Q(audience=Audience.INSIDE, territory_id__in=inside)
    wanted |= Q(audience=Audience.OUTSIDE, territory_id__in=set(ids) - inside)
    return rows.filter(wanted), found


class _Without(Func):
    """A stored object less some of its keys, left out by the database."""

    template, arg_joiner = "(%(expressions)s)", " - "
    output_field = JSONField()

    def __init__(self, name: str, *keys: str) -> None:
        super().__init__(F(name), *(Value(key, output_field=TextField()) for key in keys))
