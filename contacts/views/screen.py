"""What the fiche's screen shows around its fields: doors, communes to choose from, preview, state."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils import timezone

from contacts.forms.typed import Typed
from contacts.models import ListVersion
from contacts.services import suggestions, wording
from contacts.services.suggestions import Suggestion
from spo_portal.kernel.typography import counted, join
from territories.access import Actor
from territories.models import Commune, Site
from territories.services.search import Found, find_commune, search_communes, search_places


@dataclass(frozen=True, slots=True)
class Doors:
    """Step 3: what was chosen and is suggested no more, what the rules suggest, what was searched for."""

    kept: list[Suggestion]
    suggested: list[Suggestion]
    found: list[Suggestion]
    asks: bool
    has_rules: bool
    searched: str
    pour: str
    more: str
    around: str
    commune: str
    now: datetime.datetime

    @property
    def chosen(self) -> dict[int, Suggestion]:
        return {door.site.pk: door for door in (*self.kept, *self.suggested, *self.found)}

    @property
    def news(self) -> str:
        """What a screen reader hears when the list changes."""
        if not self.asks:
            return ""
        count = len(self.suggested)
        return (
            f"{counted(count, 'structure proposée', 'structures proposées')}."
            if count
            else "Aucune structure proposée."
        )


def doors(*, by: Actor, desk: Site, version: ListVersion, typed: Typed, now: datetime.datetime) -> Doors:
    """Compute step 3 around the desk or the chosen commune; a constant number of queries."""
    commune = find_commune(by=by, code=typed.commune) if typed.commune else None
    origin = suggestions.point_of(commune) or suggestions.point_of(desk)
    found = search_places(by=by, text=typed.structure_query) if typed.structure_query else []
    ranking = suggestions.Ranking()
    extra = {*typed.vers, *found}
    if typed.asks:
        ranking = suggestions.rank(
            by=by,
            statut=typed.statut,
            age=typed.age,
            demandes=typed.demandes,
            origin=origin,
            at=now,
            exclude_site_id=desk.pk,
            also=extra,
        )
        weeks = ranking.weeks
    else:
        weeks = suggestions.weeks_of(by, extra, now)
    rows = suggestions.describe(
        by=by, ids=[*ranking.reasons, *extra], origin=origin, at=now, weeks=weeks, reasons=ranking.reasons
    )
    rows.pop(desk.pk, None)
    kept = [pk for pk in typed.vers if pk not in ranking.reasons]
    return Doors(
        kept=[rows[pk] for pk in kept if pk in rows],
        suggested=[rows[pk] for pk in ranking.reasons if pk in rows],
        found=[rows[pk] for pk in found if pk in rows and pk not in ranking.reasons and pk not in kept],
        asks=typed.asks,
        has_rules=ranking.has_rules,
        searched=typed.structure_query,
        pour=wording.person(version, typed.statut, typed.age, typed.demandes),
        more=_more(typed),
        around=_around(desk, commune),
        commune=commune.pk if commune else "",
        now=timezone.localtime(now),
    )


def chosen_sites(by: Actor, typed: Typed) -> dict[int, Site]:
    """The ticked structures, for the preview alone: one query."""
    if not typed.vers:
        return {}
    return Site.objects.visible_to(by).can_be_suggested().in_bulk(list(typed.vers))


def communes(*, by: Actor, typed: Typed) -> list[Found]:
    return search_communes(by=by, text=typed.place_query) if typed.place_query else []


def preview(
    *, by: Actor, desk: Site, version: ListVersion, typed: Typed, sites: dict[int, Site]
) -> dict[str, object]:
    """The part handed over as it would be now, and the sentence of the action bar."""
    picked = [sites[pk] for pk in typed.vers if pk in sites and pk != desk.pk]
    with_site = picked[0].pk if len(picked) == 1 else typed.rdv_site
    rdv = ""
    if typed.rdv and picked:
        day = wording.rdv_day(typed.rdv_day) if typed.rdv_day else "…"
        rdv = f"{day} à {wording.at_hour(typed.rdv_hour) if typed.rdv_hour else '…'}"
    return {
        "jour": typed.day or timezone.localdate(),
        "conseiller": wording.counsellor(by.user, desk),
        "desk": desk,
        "objet": wording.subject(version, typed.demandes),
        "destinations": picked,
        "rdv": rdv,
        "rdv_site": with_site if rdv else None,
        "rdv_avec": typed.rdv_with,
        "rdv_lieu": typed.rdv_place,
        "pret": ready(typed, len(picked)),
    }


def ready(typed: Typed, count: int) -> str:
    """What saving would record now: « Prête. Une réorientation, un rendez-vous. »"""
    missing = [
        word
        for word, known in (("un statut", typed.statut is not None), ("une demande", typed.demandes))
        if not known
    ]
    if missing:
        return f"Il manque {join(missing)}."
    if not count:
        return "Prête. Sans réorientation : la personne repart avec sa réponse."
    words = (
        "Une réorientation"
        if count == 1
        else "Une réorientation au choix entre " + counted(count, "structure")
    )
    return f"Prête. {words}{', un rendez-vous' if typed.rdv else ''}."


def _more(typed: Typed) -> str:
    if typed.statut is None:
        return "Le statut précisera la liste."
    return "" if typed.demandes else "La demande précisera la liste."


def _around(desk: Site, commune: Commune | None) -> str:
    if commune is not None:
        codes = commune.postcodes[0] if len(commune.postcodes) == 1 else commune.pk[:2]
        return f"{commune.name} ({codes})"
    place = desk.city or (desk.commune.name if desk.commune else desk.name)
    return f"{place} ({desk.postcode})" if desk.postcode else place
