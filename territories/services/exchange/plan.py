"""What a file of places would change: line by line, field by field, before anything is written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from spo_portal.kernel.errors import Refused
from spo_portal.kernel.sheets import Sheet
from spo_portal.kernel.transfer import CellError, Row
from territories import hours
from territories.access import Actor
from territories.enums import SiteKind
from territories.models import (
    Organisation,
    Reseau,
    ServiceItem,
    Site,
    Territory,
)
from territories.services.exchange.cells import Known, PlaceResource
from territories.services.exchange.columns import BY_FOLDED, TITLES
from territories.services.exchange.ground import ABSENT, Ground, get
from territories.services.exchange.lines import CHANGED, CREATED, REFUSED, Grid, Line, Plan
from territories.services.hours import week_of
from territories.services.hours_effect import asks_for_a_reason
from territories.services.record.edit import FORM_FIELD, WORDS, Record, checked, differences, record_of, shown
from territories.services.record.lifecycle import organisations_of, refuse_twin
from territories.services.record.note import checked_text
from territories.services.record.services import Given
from territories.services.search import fold

EXTRA = {"hours_note": "Précision sur les horaires", "partner_kind": "Nature du partenaire"}
_FIELDS = tuple(name for name in WORDS if name not in {"organisation", "parent", "commune"})
_COLUMN = {form: TITLES.get(name, name) for name, form in FORM_FIELD.items()} | {"horaires": TITLES["hours"]}


def make_plan(by: Actor, sheet: Sheet, territory: Territory | None) -> Plan:
    """Compare a read file with the directory as it is now; raises ``Refused`` on its columns.

    ``territory`` is the one the file is for; without it, all those of the region the actor keeps.
    """
    return _Planner(by, sheet, territory).run()


def with_titles(sheet: Sheet) -> Sheet:
    """Titles as the model writes them, however they were retyped."""
    return Sheet(tuple(BY_FOLDED.get(fold(title), title) for title in sheet.headers), sheet.rows)


class _Planner:
    def __init__(self, by: Actor, sheet: Sheet, territory: Territory | None) -> None:
        self.by = by
        kept = Territory.objects.visible_to(by).filter(pk__in=by.scope.tenant)
        territories = [territory] if territory is not None else list(kept)
        self.organisations = dict(organisations_of(by))
        items = list(ServiceItem.objects.visible_to(by).filter(region_id=by.region_id, active=True))
        self.items = {item.pk: item for item in items}
        known = Known(
            territories=territories,
            reseaux=list(Reseau.objects.filter(region_id=by.region_id)),
            organisations=self.organisations,
            items=items,
        )
        self.resource = PlaceResource(known)
        self.reading = self.resource.read(with_titles(sheet))
        self.seen: dict[object, int] = {}
        self.today = timezone.localdate()
        self._names = dict(sheet.rows)
        self._headers = with_titles(sheet).headers
        self.ground = Ground(by, self.reading.rows, [t.pk for t in territories])

    def run(self) -> Plan:
        lines = {}
        for error in self.reading.errors:
            line = lines.setdefault(error.line, Line(error.line, self._name_of(error.line), REFUSED))
            line.errors.append(error)
        for row in self.reading.rows:
            lines[row.line] = self._line(row)
        plan = Plan([lines[number] for number in sorted(lines)])
        _refuse_chains(plan)
        return plan

    def _name_of(self, number: int) -> str:
        cells = self._names[number]
        index = self._headers.index(TITLES["name"])
        return cells[index][:80]

    def _line(self, row: Row) -> Line:
        line = Line(row.line, get(row, "name") or "")
        try:
            self._decide(row, line)
        except Refused as refused:
            column = _COLUMN.get(refused.field or "", refused.field or "ligne")
            line.errors.append(CellError(line.number, column, str(refused)))
            line.status = REFUSED
        return line

    def _decide(self, row: Row, line: Line) -> None:
        territory: Territory = get(row, "territory")
        line.territory, line.site = territory, self.ground.site(row, territory)
        self._once(line, row, territory)
        line.extra = {
            key: checked_text(value, field=TITLES[key], limit=300)
            for key in EXTRA
            if (value := get(row, key)) is not None
        }
        line.week = self._week(row, line.site)
        if line.site is None:
            self._create(row, line, territory)
        else:
            self._change(row, line, line.site)

    def _once(self, line: Line, row: Row, territory: Territory) -> None:
        code = get(row, "code")
        town = get(row, "commune") or fold(get(row, "city") or "")
        key: object = ("nom", territory.pk, fold(line.name), town)
        if line.site is not None:
            key = line.site.pk
        elif code:
            key = (territory.pk, code)
        first = self.seen.setdefault(key, line.number)
        if first != line.number:
            raise Refused(f"Ce lieu est déjà à la ligne {first} de ce fichier.", TITLES["name"])

    def _week(self, row: Row, site: Site | None) -> hours.Week | None:
        """The week to come of the file; what it does not say of bank holidays stays as it was (closed)."""
        found = get(row, "hours")
        if found is None:
            return None
        week, says_holidays = found
        off = week.holidays_off if says_holidays else site is None or site.closed_on_holidays
        closures = tuple(c for c in week.closures if c.last_day >= self.today)
        return replace(week, closures=closures, holidays_off=off)

    def _values(self, row: Row, territory: Territory) -> dict[str, Any]:
        """Fields of the record the file says something of; a column that is not there says nothing."""
        values = {name: value for name in _FIELDS if (value := get(row, name, ABSENT)) is not ABSENT}
        if not values.get("kind"):
            values.pop("kind", None)
        organisation = get(row, "organisation")
        if organisation:
            values["organisation"] = self.organisations.setdefault(
                fold(organisation), Organisation(region_id=territory.region_id, name=organisation)
            )
        reference = get(row, "parent", ABSENT)
        if reference is not ABSENT:
            values["parent"] = self.ground.parent(reference)
        commune = self.ground.commune(row, territory)
        if commune is not None:
            values["commune"] = commune
        return values

    def _create(self, row: Row, line: Line, territory: Territory) -> None:
        line.reseau, line.direction = get(row, "reseau"), get(row, "direction") or ""
        if line.reseau is None and not line.direction:
            raise Refused(
                "Écrivez le réseau du lieu, ou dites dans quel sens il est partenaire.", TITLES["reseau"]
            )
        values = self._values(row, territory)
        if "organisation" not in values:
            raise Refused("Écrivez l’organisation qui tient le lieu.", TITLES["organisation"])
        if values["organisation"].is_training_body:
            raise Refused(
                "Un organisme de formation ne tient pas de lieu d’accueil : indépendance de toute "
                "prescription.",
                TITLES["organisation"],
            )
        place = Site(region_id=territory.region_id, territory=territory, reseau=line.reseau)
        place.organisation_id = values["organisation"].pk
        line.record = checked(Record(**values), by=self.by, site=place)
        refuse_twin(self.by, territory, line.record)
        line.code, line.status = get(row, "code") or "", CREATED
        if line.week is not None:
            line.asks_why = asks_for_a_reason(hours.Week(), line.week)
        line.changes = {name: ("", words) for name in WORDS if (words := shown(name, line.record))}
        line.changes |= {EXTRA[key]: ("", value) for key, value in line.extra.items() if value}
        self._say_week(line, hours.Week())
        self._say_services(line, get(row, "services"), {})

    def _change(self, row: Row, line: Line, site: Site) -> None:
        for key, mine in (("reseau", site.reseau), ("direction", site.direction)):
            said = get(row, key, ABSENT)
            if said is not ABSENT and (said or None) != (mine or None):
                raise Refused(
                    "Le réseau et le partenariat d’un lieu ne changent pas par fichier : ouvrez sa fiche.",
                    TITLES[key],
                )
        before = record_of(site)
        record = replace(before, **self._values(row, site.territory))
        # Two communes may bear one name, and two places: what is shown alike is checked all the same.
        if record != before:
            record = checked(record, by=self.by, site=site)
        line.record, line.changes = record, differences(before, record)
        for key, words in EXTRA.items():
            stored = getattr(site, key)
            if line.extra.get(key, stored) != stored:
                line.changes[words] = (stored, line.extra[key])
        current = week_of(site)
        self._say_week(
            line, replace(current, closures=tuple(c for c in current.closures if c.last_day >= self.today))
        )
        self._say_services(line, get(row, "services"), self.ground.given.get(site.pk, {}))
        if not line.changes:
            return
        seen = get(row, "version")
        if seen is not None and seen != site.version:
            raise Refused(
                f"Ce lieu a changé depuis votre téléchargement (numéro {site.version}, votre fichier : "
                f"{seen}). Téléchargez l’annuaire de nouveau.",
                TITLES["version"],
            )
        if not site.active:
            raise Refused("Ce lieu est fermé : rouvrez-le avant de modifier sa fiche.", TITLES["name"])
        line.status = CHANGED

    def _say_week(self, line: Line, before: hours.Week) -> None:
        """Keep the week of the file only when it is another one."""
        if line.week is None:
            return
        old, new = hours.write_osm(before), hours.write_osm(line.week)
        if old == new:
            line.week = None
            return
        line.changes["Horaires"] = (old, new)
        line.asks_why = asks_for_a_reason(before, line.week)

    def _say_services(self, line: Line, modes: Mapping[int, str] | None, before: Grid) -> None:
        if modes is None:
            return
        after = {pk: Given(mode, before[pk].who if pk in before else "") for pk, mode in modes.items()}
        if after == before:
            return
        line.grid = after
        for pk, item in self.items.items():
            old, new = before.get(pk), after.get(pk)
            if old != new:
                name = f"{item.block_name} : {item.name}"
                line.changes[name] = (old.words if old else "", new.words if new else "")


def _refuse_chains(plan: Plan) -> None:
    """Each line was held against the directory as it is: two of them can hang two places on each other."""
    moved = {
        line.site.pk: line
        for line in plan.of(CHANGED)
        if line.site and line.record and line.record.kind != SiteKind.SIEGE
    }
    for line in (*plan.of(CREATED), *plan.of(CHANGED)):
        parent = line.record.parent if line.record else None
        above = moved.get(parent.pk) if parent else None
        kept = line.site is not None and parent is not None and line.site.parent_id == parent.pk
        if above is None or kept or above.status == REFUSED:
            continue
        words = f"À la ligne {above.number}, ce fichier fait de {above.name} autre chose qu’un siège."
        line.errors.append(CellError(line.number, TITLES["parent"], words))
        line.status = REFUSED
