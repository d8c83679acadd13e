"""Whether a place can be labelled, computed with its reasons; a person decides (domain § 5).

GUIDE, « Labellisation ». A place is eligible when it is a member of a network, open, no training body; when
half of its opening hours at least are without an appointment, in the ordinary week and in each season, and
those of its network on the territory too; when its level « accueil » of the grid is complete and its record
tells address, phone and wheelchair access. Pure functions over rows already read (``ground``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from spo_portal.kernel.typography import agree, duration, no_break
from territories import hours
from territories.enums import ServiceLevel
from territories.models import ServiceItem, Site

# Which page of the record mends a reason.
RECORD, HOURS, GRID = "fiche", "horaires", "services"
CLOSED, TRAINING, NETWORK = "ferme", "formation", "reseau"
Minutes = tuple[int, int]


@dataclass(frozen=True)
class Reason:
    """One condition, met or not, in words; ``where`` is the page of the record that mends it."""

    key: str
    met: bool
    text: str
    where: str = ""


@dataclass(frozen=True)
class LevelCount:
    """Services given at one level of the grid, out of those it holds."""

    level: str
    label: str
    given: int
    asked: int

    @property
    def short(self) -> str:
        """Its first word: « Accueil », « Information », « Conseil »."""
        return self.label.partition(" ")[0]

    @property
    def complete(self) -> bool:
        return self.asked > 0 and self.given >= self.asked


@dataclass(frozen=True)
class Eligibility:
    """What was found of a place; ``share`` and ``network`` are walk-in and opening minutes."""

    share: Minutes = (0, 0)
    network: Minutes = (0, 0)
    reasons: tuple[Reason, ...] = ()
    levels: tuple[LevelCount, ...] = ()
    address: str = ""

    @property
    def eligible(self) -> bool:
        return bool(self.reasons) and all(one.met for one in self.reasons)

    @property
    def unmet(self) -> list[Reason]:
        return [one for one in self.reasons if not one.met]

    @property
    def percent(self) -> str:
        return percent_of(self.share)

    def has(self, key: str) -> bool:
        """A condition that is not met, by its key."""
        return any(one.key == key for one in self.unmet)

    def stored(self) -> dict[str, Any]:
        """As it is frozen with the place of a dossier."""
        return {
            "share": list(self.share),
            "network_share": list(self.network),
            "eligible": self.eligible,
            "reasons": [[one.key, one.met, one.text] for one in self.reasons],
            "levels": [[one.level, one.given, one.asked] for one in self.levels],
            "address": self.address,
        }


def from_stored(kept: Mapping[str, Any]) -> Eligibility | None:
    """What was frozen at the submission; None when nothing was."""
    if not kept or "reasons" not in kept:
        return None
    walk_in, total = kept.get("share", (0, 0))
    network = kept.get("network_share", (0, 0))
    return Eligibility(
        share=(walk_in, total),
        network=(network[0], network[1]),
        reasons=tuple(Reason(key, met, text) for key, met, text in kept["reasons"]),
        levels=tuple(
            LevelCount(level, str(ServiceLevel(level).label), given, asked)
            for level, given, asked in kept.get("levels", ())
        ),
        address=kept.get("address", ""),
    )


@dataclass(frozen=True)
class Grid:
    """Services of the Region's grid in force, by level."""

    items: Mapping[int, ServiceItem] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Iterable[ServiceItem]) -> "Grid":
        return cls({item.pk: item for item in items if item.active})

    def levels(self, given: Iterable[int]) -> tuple[LevelCount, ...]:
        """Counts of the three levels for the items a place gives."""
        kept = {pk for pk in given if pk in self.items}
        found = []
        for level in ServiceLevel:
            asked = [pk for pk, item in self.items.items() if item.level == level]
            count = sum(pk in kept for pk in asked)
            found.append(LevelCount(str(level), str(level.label), count, len(asked)))
        return tuple(found)


def minutes_of(weeks: Iterable[hours.Week]) -> Minutes:
    """Walk-in and opening minutes of an ordinary week, over several places."""
    walk_in = total = 0
    for week in weeks:
        walk_in += hours.walk_in_minutes(week)
        total += hours.opening_minutes(week)
    return walk_in, total


def half(minutes: Minutes) -> bool:
    """Half of the opening time at least without an appointment."""
    walk_in, total = minutes
    return total > 0 and Fraction(walk_in, total) >= hours.HALF


def percent_of(minutes: Minutes) -> str:
    """As every share without appointment is written; empty without hours."""
    walk_in, total = minutes
    return hours.share_words(Fraction(walk_in, total)) if total else ""


def judge(site: Site, week: hours.Week, network: Minutes, grid: Grid, given: Sequence[int]) -> Eligibility:
    """Every condition of the label for one place. ``given``: items of the grid it gives."""
    own = minutes_of([week])
    levels = grid.levels(given)
    reasons = [*_standing(site), *_opening(week, own), *_record(site)]
    if site.reseau is not None:
        reasons.insert(-3, _network(site, network))
    reasons.insert(-3, _reception(levels))
    return Eligibility(own, network, tuple(reasons), levels, address_of(site))


def address_of(site: Site) -> str:
    parts = (site.address, site.complement, f"{site.postcode} {site.city}".strip())
    return ", ".join(part for part in parts if part)


def _standing(site: Site) -> list[Reason]:
    found = []
    if not site.active:
        found.append(Reason(CLOSED, False, "Ce lieu n’est plus ouvert au public.", RECORD))
    if site.organisation.is_training_body:
        found.append(
            Reason(TRAINING, False, "Organisme de formation : l’indépendance de toute prescription l’exclut.")
        )
    if site.reseau is None:
        found.append(Reason(NETWORK, False, "Il n’est membre d’aucun réseau."))
    else:
        found.append(Reason(NETWORK, True, f"Membre du réseau {site.reseau.short_name}."))
    return found


def _opening(week: hours.Week, own: Minutes) -> list[Reason]:
    if not week.known or not own[1]:
        return [Reason("horaires", False, "Les horaires de la semaine ordinaire ne sont pas remplis.", HOURS)]
    found = [Reason("part", half(own), _share("Sans rendez-vous", own), HOURS)]
    for season in week.seasons:
        part = minutes_of([week.in_season(season)])
        # A season without slots is closed: nothing to count.
        if part[1]:
            found.append(Reason("saison", half(part), _share(season.label, part), HOURS))
    return found


def _share(what: str, minutes: Minutes) -> str:
    walk_in, total = minutes
    said = f"{what} : {duration(walk_in)} sur {duration(total)}, soit {percent_of(minutes)}"
    return no_break(f"{said}." if half(minutes) else f"{said} ; il faut 50 %.")


def _network(site: Site, network: Minutes) -> Reason:
    name = site.reseau.short_name if site.reseau else ""
    if not network[1]:
        return Reason("reseau_part", False, f"Réseau {name} sur le territoire : aucun horaire connu.", HOURS)
    return Reason("reseau_part", half(network), _share(f"Réseau {name} sur le territoire", network), HOURS)


def _reception(levels: Sequence[LevelCount]) -> Reason:
    level = levels[0]
    if not level.asked:
        return Reason("accueil", False, "La grille des services de la région n’est pas encore chargée.", GRID)
    count = f"{level.given} {agree(level.given, 'service')} sur {level.asked}"
    words = f"Niveau « Accueil » de la grille : {count}."
    return Reason("accueil", level.complete, words, GRID)


def _record(site: Site) -> list[Reason]:
    address = bool(site.address and site.city)
    return [
        Reason(
            "adresse", address, "Adresse renseignée." if address else "L’adresse n’est pas complète.", RECORD
        ),
        Reason(
            "telephone",
            bool(site.phone),
            "Téléphone renseigné." if site.phone else "Le téléphone n’est pas renseigné.",
            RECORD,
        ),
        Reason(
            "fauteuil",
            bool(site.wheelchair),
            f"Accès en fauteuil déclaré : {site.get_wheelchair_display().lower()}."
            if site.wheelchair
            else "L’accès en fauteuil n’est pas déclaré.",
            RECORD,
        ),
    ]
