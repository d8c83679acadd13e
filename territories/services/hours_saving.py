"""The hours of one's own place are changed: nothing is overwritten unseen, every change leaves its trace."""

import datetime
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import NBSP
from territories import hours
from territories.access import Actor, require
from territories.enums import SiteChangeKind
from territories.models import Site, SiteChange
from territories.permissions import Perm
from territories.services.hours import Rows, fingerprint, week_of, write_week
from territories.services.hours_effect import asks_for_a_reason, worst_share


def save_hours(
    *, by: Actor, site: Site, week: hours.Week, seen: str, accept_under_half: bool = False, reason: str = ""
) -> None:
    """Replace the week, the seasons and the closures to come of the actor's own place.

    Going (further) under 50 % without an appointment, in the ordinary week or in a season, asks for a
    decision with its reason; it is never forbidden (domain § 5). ``seen`` is the fingerprint of the hours the
    form was made from: raises ``Conflict`` when someone else changed them since. Past closures are kept.
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
        if asks_for_a_reason(current, week) and not (accept_under_half and reason.strip()):
            raise Refused(
                "Ces horaires passent sous 50 % sans rendez-vous : écrivez pourquoi avant d’enregistrer.",
                "motif",
            )
        write_week(locked, week, rows=Rows(by), since=today)
        _trace(by, locked, current, week, reason.strip() if accept_under_half else "")


def dropped(old: hours.Week, new: hours.Week, today: datetime.date) -> list[hours.Season]:
    """Seasons between two dates that are over and that a save does not keep: the form shows them no more."""
    return [season for season in old.seasons if season.over(today) and season not in new.seasons]


def _trace(by: Actor, site: Site, old: hours.Week, new: hours.Week, reason: str) -> None:
    """A row of the record's history with the shares before and after, and one of the audit."""
    shares = (hours.walk_in_share(old), hours.walk_in_share(new))
    today = timezone.localdate()
    changes = {
        "Horaires": [hours.sentence_calendar(week, today) for week in (old, new)],
        "Part sans rendez-vous": [_told(share) for share in shares],
    }
    worst = (worst_share(old), worst_share(new))
    gone = " ".join(
        f"{season.label}{NBSP}: {hours.sentence_week(season)}." for season in dropped(old, new, today)
    )
    if gone:
        # The sentences of the calendar leave out what is over: without this line nobody would read it again.
        changes["Saisons passées"] = [gone, ""]
    if new.seasons or old.seasons:
        changes["Part la plus basse de l’année"] = [_told(share) for share in worst]
    changes = {name: values for name, values in changes.items() if values[0] != values[1]}
    # Saved again as it was: nothing to read in the history.
    if changes or reason:
        SiteChange(
            region_id=site.region_id,
            site=site,
            kind=SiteChangeKind.HOURS,
            by_id=by.user_id,
            by_label=by.label[:240],
            changes=changes,
            reason=reason,
        ).save(force_insert=True)
    before, after = (None if share is None else round(float(share), 4) for share in shares)
    data: dict[str, object] = {"part_avant": before, "part_apres": after, "fermetures": len(new.closures)}
    if reason:
        data["motif"] = reason
    audit.record(
        "territories.hours_changed",
        by=by,
        object_type="site",
        object_id=site.pk,
        tenant_id=site.territory_id,
        unit_id=site.pk,
        data=data,
    )


def _told(share: Fraction | None) -> str:
    return hours.share_words(share) or "sans horaires"
