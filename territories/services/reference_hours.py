"""Hours of a reference: slots, seasons, closures and bank holidays of a place that has none yet."""

from collections.abc import Mapping

from territories import hours
from territories.hours import HoursError, reference_week
from territories.models import Closure, OpeningSlot, Season, SeasonSlot, Site
from territories.reference.rows import PlaceRow, Refusal
from territories.services.hours import closure_rows, season_row, slot_rows
from territories.services.upsert import Summary, Tally


def load_hours(
    sites: Mapping[str, Site], rows: Mapping[str, PlaceRow], summary: Summary, files: tuple[str, str]
) -> None:
    """Take the hours of each place that has none; ``files`` names the sources of members and of partners.

    « PH off » closes on bank holidays; a line that says nothing of them leaves the portal's own rule.
    """
    known = {*_with(OpeningSlot), *_with(Season)}
    tally = summary.tallies.setdefault("plages d’ouverture", Tally())
    found: list[tuple[Site, hours.Week]] = []
    for key, site in sites.items():
        row = rows[key]
        if site.pk in known or not row.hours_osm:
            tally.same += site.pk in known
            continue
        try:
            week = reference_week(row.hours_osm, row.hours_note, row.walk_in_minutes).week
        except HoursError as error:
            summary.refusals.append(Refusal(files[bool(row.partner_kind)], 0, f"{row.name} : {error}"))
            continue
        found.append((site, week))
    slots = [row for site, week in found for row in slot_rows(site, week.slots)]
    OpeningSlot.objects.bulk_create(slots, batch_size=2000)
    closed = {site.pk for site, week in found if week.closures}
    # A place without hours may hold closures of its own: those of the line come once.
    held = set(
        Closure.objects.for_system()
        .filter(site_id__in=closed)
        .values_list("site_id", "first_day", "last_day")
    )
    Closure.objects.bulk_create(
        (
            row
            for site, week in found
            for row in closure_rows(site, week.closures)
            if (site.pk, row.first_day, row.last_day) not in held
        ),
        batch_size=2000,
    )
    for site, week in found:
        for season in week.seasons:
            kept = season_row(site, season)
            kept.save(force_insert=True)
            SeasonSlot.objects.bulk_create(slot_rows(site, season.slots, kept))
    off = [site.pk for site, week in found if week.holidays_off]
    Site.objects.for_system().filter(pk__in=off, closed_on_holidays=False).update(closed_on_holidays=True)
    tally.added += len(slots)


def _with(model: type[OpeningSlot] | type[Season]) -> set[int]:
    return set(model.objects.for_system().values_list("site_id", flat=True).distinct())
