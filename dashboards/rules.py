"""Validation rules, declared: two sides, an operator, a message, an importance, whom to ask.

A rule compares published figures, or asks a raw check that answers by bands, so that what it finds can be
shown to those in charge of the place. A rule warns; it never changes a fiche.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from statistics import median

from dashboards.enums import LATE, Dimension
from dashboards.services.release import Release
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import NBSP, number, percent

# Under this many fiches a rate proves nothing.
LEAST = 20
LEAST_MONTHS, LEAST_MEDIAN = 6, 10


class Operator(StrEnum):
    """How the left side must stand to the right one for the rule to hold."""

    AT_MOST = "au plus"
    AT_LEAST = "au moins"
    EQUAL = "égal à"

    def holds(self, left: Fraction, right: Fraction) -> bool:
        if self is Operator.AT_MOST:
            return left <= right
        return left >= right if self is Operator.AT_LEAST else left == right


class Importance(StrEnum):
    HIGH = "à corriger"
    MEDIUM = "à vérifier"
    LOW = "à savoir"


class Who(StrEnum):
    """Whom to ask. Never an agent: the one in charge of the place, or of the territory."""

    REFERENT = "le référent"
    COORDINATION = "la coordination"


class Check(StrEnum):
    """Raw checks on fiches, made by the worker: numbers of fiches, told by bands."""

    NO_DESTINATION = "reorientee_sans_lieu"
    NO_DEMANDE = "reponse_sans_demande"
    CLOSED_DAY = "jour_ferme"


@dataclass(frozen=True)
class Context:
    """What a rule reads: the territory's release (for its own teams), one of its sites, one month or none.

    ``raw`` holds the answers of the raw checks on the site; ``other`` the list numbers of « Autre ».
    """

    release: Release
    past: Release | None = None
    site: int | None = None
    month: int | None = None
    raw: Mapping[Check, int] = field(default_factory=dict)
    other: frozenset[str] = frozenset()
    has_hours: bool = True
    has_fiches: bool = False

    def count(self, dimension: str, value: str = "") -> int | None:
        """A shown count of the year, or None when it is hidden."""
        return self.release.cell(dimension, value, site=self.site).value

    def share(self, dimension: str, values: Iterable[str]) -> Fraction | None:
        """Percent of the fiches of the year; None when hidden or when there are too few to judge."""
        parts = [self.count(dimension, value) for value in values]
        whole = self.count(Dimension.CONTACTS)
        if whole is None or whole < LEAST or not parts or any(part is None for part in parts):
            return None
        return Fraction(100 * sum(part or 0 for part in parts), whole)


Read = Callable[[Context], Fraction | None]


@dataclass(frozen=True)
class Side:
    """One side of a rule: what it is in French, how it is read, how its value is written."""

    words: str
    read: Read
    write: Callable[[Fraction], str]


@dataclass(frozen=True)
class Rule:
    """A rule that should hold. ``message`` says what was found and what to do, with {left} and {right}."""

    key: str
    title: str
    left: Side
    operator: Operator
    right: Side
    message: str
    importance: Importance
    who: Who = Who.REFERENT
    monthly: bool = False
    by_site: bool = True

    def broken(self, context: Context) -> tuple[str, str] | None:
        """Both sides as words when the rule does not hold; None when it does, or can't be judged."""
        left, right = self.left.read(context), self.right.read(context)
        if left is None or right is None or self.operator.holds(left, right):
            return None
        return self.left.write(left), self.right.write(right)

    @property
    def sentence(self) -> str:
        """« Part des demandes « Autre » : au plus 30 % »."""
        return f"{self.left.words}{NBSP}: {self.operator} {self.right.words}"


def banded(count: Fraction) -> str:
    """A raw number of fiches by band: nobody learns a small one."""
    if count <= 0:
        return "aucune fiche"
    return "de 1 à 4 fiches" if count <= 4 else "5 fiches ou plus"


def _whole(value: Fraction) -> str:
    return number(int(value))


def _percent(value: Fraction) -> str:
    return percent(float(value), 0 if value == int(value) or value >= 10 else 1)


def _fixed(value: int, words: str, write: Callable[[Fraction], str]) -> Side:
    return Side(words, lambda context: Fraction(value), write)


def _part(words: str, dimension: str, *values: str) -> Side:
    return Side(words, lambda context: context.share(dimension, values), _percent)


def _raw(words: str, check: Check) -> Side:
    def read(context: Context) -> Fraction | None:
        return Fraction(context.raw[check]) if check in context.raw else None

    return Side(words, read, banded)


def _usual(context: Context) -> Fraction | None:
    """Median of the shown months before the one judged, a year at most; None when there are too few."""
    shown = [cell.value for cell in _months_before(context) if cell.value is not None]
    if len(shown) < LEAST_MONTHS:
        return None
    middle = median(shown)
    return None if middle < LEAST_MEDIAN else Fraction(middle)


def _months_before(context: Context) -> list[Cell]:
    month = context.month or 1
    old = context.past
    cells = [_of_month(old, m, context.site) for m in range(month, 13)] if old and not old.empty else []
    return cells + [_of_month(context.release, m, context.site) for m in range(1, month)]


def _of_month(release: Release, month: int, site: int | None) -> Cell:
    if month < release.first_month:
        return Cell(None)
    return release.cell(Dimension.CONTACTS, month=month, site=site)


def _this_month(context: Context) -> Fraction | None:
    if context.month is None:
        return None
    value = _of_month(context.release, context.month, context.site).value
    return None if value is None else Fraction(value)


def _times(factor: Fraction) -> Read:
    def read(context: Context) -> Fraction | None:
        usual = _usual(context)
        return None if usual is None else usual * factor

    return read


def _others(context: Context) -> Fraction | None:
    return context.share(Dimension.DEMANDE, context.other)


def _without_hours(context: Context) -> Fraction | None:
    return Fraction(context.has_fiches and not context.has_hours)


NONE = _fixed(0, "aucune", banded)
MONTH = Side("Contacts du mois", _this_month, _whole)
HOURS = Side("Lieu qui saisit des fiches sans horaires", _without_hours, lambda value: "aucun horaire")

RULES: tuple[Rule, ...] = (
    Rule(
        "reorientee_sans_lieu", "Réorientation sans destination",
        _raw("Fiches réorientées sans structure de destination", Check.NO_DESTINATION), Operator.EQUAL, NONE,
        "{left} des 60 derniers jours : réorientées sans structure de destination. Celles de moins de 24 h "
        "se corrigent ; pour les autres, rappelez la règle à l’équipe.",
        Importance.HIGH,
    ),
    Rule(
        "reponse_sans_demande", "Réponse sans demande",
        _raw("Fiches avec une réponse et aucune demande", Check.NO_DEMANDE), Operator.EQUAL, NONE,
        "{left} des 60 derniers jours : une réponse est cochée sans aucune demande.",
        Importance.HIGH,
    ),
    Rule(
        "jour_ferme", "Fiches un jour de fermeture",
        _raw("Fiches sur place datées d’un jour fermé", Check.CLOSED_DAY), Operator.EQUAL, NONE,
        "{left} des 60 derniers jours : sur place, un jour où le lieu est fermé. "
        "La date ou les horaires sont à revoir.",
        Importance.MEDIUM,
    ),
    Rule(
        "sans_horaires", "Lieu sans horaires",
        HOURS, Operator.EQUAL, _fixed(0, "aucun", lambda value: "des horaires"),
        "Le lieu saisit des fiches et n’a pas d’horaires : il n’est jamais proposé "
        "comme ouvert. Renseignez-les.",
        Importance.MEDIUM,
    ),
    Rule(
        "autre_frequent", "Demandes « Autre » fréquentes",
        Side("Part des demandes « Autre »", _others, _percent), Operator.AT_MOST,
        _fixed(30, "30 %", _percent),
        "{left} des fiches cochent la demande « Autre » (au plus {right} attendus) : une case de la liste "
        "convient peut-être.",
        Importance.LOW,
    ),
    Rule(
        "sans_age", "Âge souvent non dit",
        _part("Part des fiches sans âge", Dimension.AGE, ""), Operator.AT_MOST, _fixed(40, "40 %", _percent),
        "{left} des fiches ne disent pas l’âge (au plus {right} attendus) : la question est facultative, "
        "elle reste utile.",
        Importance.LOW,
    ),
    Rule(
        "saisie_tardive", "Saisie tardive",
        _part("Part des fiches saisies en retard", Dimension.SAISIE, LATE), Operator.AT_MOST,
        _fixed(20, "20 %", _percent),
        "{left} des fiches sont saisies en retard (au plus {right} attendus) : les chiffres du mois bougent "
        "après coup.",
        Importance.MEDIUM,
    ),
    Rule(
        "mois_haut", "Mois très au-dessus de l’habitude",
        MONTH, Operator.AT_MOST, Side("3 fois la médiane des 12 mois d’avant", _times(Fraction(3)), _whole),
        "{left} contacts, plus de trois fois un mois habituel (seuil {right}) : pile saisie deux fois, "
        "forum, ou vrai afflux ?",
        Importance.MEDIUM, monthly=True,
    ),
    Rule(
        "mois_bas", "Mois très au-dessous de l’habitude",
        MONTH, Operator.AT_LEAST,
        Side("un tiers de la médiane des 12 mois d’avant", _times(Fraction(1, 3)), _whole),
        "{left} contacts, moins du tiers d’un mois habituel (seuil {right}) : une pile papier attend "
        "peut-être.",
        Importance.MEDIUM, monthly=True,
    ),
)  # fmt: skip


def get(key: str) -> Rule:
    """The rule of a key; KeyError when it is no longer declared."""
    return BY_KEY[key]


BY_KEY = {rule.key: rule for rule in RULES}
