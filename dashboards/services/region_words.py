"""What the page of a region says in words: three sentences, the big figures, what to act upon."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dashboards.computing import Figure, written
from dashboards.indicators import Unit
from dashboards.services.region import Line, RegionFigures
from dashboards.services.wide_slices import Question
from spo_portal.kernel.typography import (
    MINUS,
    MONTHS,
    NBSP,
    NNBSP,
    agree,
    counted,
    join,
    month_and_year,
    number,
    percent,
    plain_date,
)

MOST_NAMED = 4
MOST_ALERTS = 4


@dataclass(frozen=True)
class Big:
    """A figure, what it is, what it is compared with, and the key of its definition."""

    text: str
    what: str
    versus: str = ""
    key: str = ""


@dataclass(frozen=True)
class Alert:
    """Something to act upon (warn) or to know (info): bold subject, then the rest of the sentence."""

    kind: str
    subject: str
    said: str


def signed(value: Fraction) -> str:
    """« + 5 % », « − 8 % », « stable »."""
    rounded = round(float(value))
    if not rounded:
        return "stable"
    return f"{'+' if rounded > 0 else MINUS}{NNBSP}{percent(abs(rounded))}"


def names(found: Sequence[str], most: int = MOST_NAMED) -> str:
    """« Maubeuge et Cambrai », or « 12 territoires » when they are too many to be read."""
    return join(found) if len(found) <= most else counted(len(found), "territoire")


def left_out(figure: Figure) -> str:
    """« , hors Maubeuge, masqué » after a sum that hidden cells leave incomplete."""
    if not figure.left_out:
        return ""
    word = agree(len(figure.left_out), "masqué", "masqués")
    return f", hors {names(figure.left_out)}, {word}"


def compared(asked: Question) -> str:
    """What the change of a year in progress is about: « de janvier à octobre »."""
    if not asked.running or asked.month:
        return "en un an"
    if asked.closed <= 1:
        return f"en un an, {MONTHS[0]}"
    return f"en un an, de {MONTHS[0]} à {MONTHS[asked.closed - 1]}"


def bigs(figures: RegionFigures, asked: Question) -> list[Big]:
    """The four figures of the head, each with its comparison."""
    found = [
        Big(
            figures.contacts.text,
            "fiches dans la région",
            _join(
                f"{signed(figures.change.value)} {compared(asked)}"
                if figures.change.value is not None
                else "",
                left_out(figures.contacts).removeprefix(", "),
            ),
            "contacts",
        ),
        Big(figures.reoriented.text, "de personnes réorientées", _spread(figures), "reorientes"),
        Big(figures.closed.text, "de boucles fermées", _reached(figures), "boucles_fermees"),
    ]
    labels = figures.labels
    if labels.labelled is None:
        found.append(Big(number(labels.existing), "lieux d’accueil ouverts"))
    else:
        before = ""
        if labels.published_on and labels.published[1]:
            part = percent(100 * labels.published[0] / labels.published[1])
            before = f"{part} en {month_and_year(labels.published_on)}"
        shown = f"{number(labels.labelled)}{NBSP}/{NBSP}{number(labels.existing)}"
        found.append(Big(shown, "lieux labellisés sur lieux existants", before, "lieux_labellises"))
    return found


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _known(figures: RegionFigures, name: str) -> list[tuple[Line, Fraction]]:
    found = [(line, getattr(line, name).value) for line in figures.lines]
    return sorted(((line, v) for line, v in found if v is not None), key=lambda pair: pair[1])


def _spread(figures: RegionFigures) -> str:
    known = _known(figures, "reoriented")
    if len(known) < 2:
        return ""
    low, high = written(Unit.PERCENT, known[0][1]), written(Unit.PERCENT, known[-1][1])
    return f"de {low} à {high} selon le territoire"


def _reached(figures: RegionFigures) -> str:
    reached, known = figures.reached
    if not known:
        return "pas de cible fixée"
    verb = agree(reached, "atteint sa cible", "atteignent leur cible")
    return f"{counted(reached, 'territoire')} sur {number(known)} {verb}"


def sentences(figures: RegionFigures, asked: Question) -> list[tuple[str, str]]:
    """At most three: (bold beginning, rest). Nothing is said that a shown figure does not say."""
    if figures.empty:
        return []
    return [
        found for found in (_activity(figures, asked), _targets(figures), _moves(figures, asked)) if found
    ]


def _activity(figures: RegionFigures, asked: Question) -> tuple[str, str] | None:
    if figures.contacts.value is None:
        return None
    total = counted(int(figures.contacts.value), "fiche")
    said = left_out(figures.contacts)
    if figures.change.value is not None:
        said += f"{NNBSP}; {signed(figures.change.value)} {compared(asked)}"
    else:
        said += f" {_since(asked)}" if not said else f"{NNBSP}; chiffres {_since(asked)}"
    return total, f"{said}.{_greatest(figures)}"


def _since(asked: Question) -> str:
    """« en octobre 2026 », « en 2025 », « depuis le 1er janvier »."""
    if asked.month:
        return f"en {month_and_year(datetime.date(asked.year, asked.month, 1))}"
    return "depuis le 1er janvier" if asked.running else f"en {asked.year}"


def _greatest(figures: RegionFigures) -> str:
    """« Lille en reçoit 21 %. »: only of a sum that leaves no territory out."""
    known = _known(figures, "contacts")
    if figures.contacts.left_out or len(known) < 3 or not figures.contacts.value:
        return ""
    (_, second), (line, most) = known[-2:]
    if most <= second:
        return ""
    return f" {line.territory.name} en reçoit {percent(float(round(100 * most / figures.contacts.value)))}."


def _targets(figures: RegionFigures) -> tuple[str, str] | None:
    reached, known = figures.reached
    if not known:
        return None
    verb = agree(reached, "atteint", "atteignent")
    bold = f"{counted(reached, 'territoire')} sur {number(known)} {verb}"
    far = min((line for line in figures.lines if line.gap is not None), key=lambda line: line.gap or 0)
    rest = " la cible de boucles fermées."
    if far.gap is not None and far.gap < 0:
        rest = (
            f" la cible de boucles fermées. {far.territory.name} en est le plus loin, à {points(-far.gap)}."
        )
    return bold, rest


def points(gap: Fraction) -> str:
    """« 1 point », « 14 points », « 0,4 point »."""
    rounded = max(round(float(gap), 1), 0.1)
    shown = int(rounded) if rounded == int(rounded) else round(rounded) if rounded >= 10 else rounded
    return counted(shown, "point")


def _moves(figures: RegionFigures, asked: Question) -> tuple[str, str] | None:
    known = sorted(
        (line for line in figures.lines if line.change.value is not None),
        key=lambda line: line.change.value or 0,
    )
    if len(known) > 1:
        low, high = known[0], known[-1]
        return (
            f"Le nombre de fiches va de {_moved(low)} à {_moved(high)}",
            f" {compared(asked)}.",
        )
    spread = _known(figures, "reoriented")
    if len(spread) < 2:
        return None
    (low_line, low_value), (high_line, high_value) = spread[0], spread[-1]
    return (
        "La part réorientée varie",
        f" de {written(Unit.PERCENT, low_value)} ({low_line.territory.name})"
        f" à {written(Unit.PERCENT, high_value)} ({high_line.territory.name}).",
    )


def _moved(line: Line) -> str:
    return f"{signed(line.change.value or Fraction(0))} ({line.territory.name})"


def alerts(figures: RegionFigures, asked: Question, day: datetime.date) -> list[Alert]:
    """Labels that end soon, targets passed in one way or the other, territories without figures."""
    found = [*_labels(figures.lines), *_crossings(figures, asked), *_silent(figures, asked)][:MOST_ALERTS]
    # What to act upon first, in the same order otherwise.
    return sorted(found, key=lambda alert: alert.kind != "warn")


def _labels(lines: Iterable[Line]) -> list[Alert]:
    soon: dict[datetime.date, list[Line]] = {}
    for line in lines:
        if line.label and line.label.soon:
            soon.setdefault(line.label.until, []).append(line)
    found = []
    for until, same in sorted(soon.items())[:2]:
        end = same[0].label
        if end is None:
            continue
        asked = "devait partir" if end.late else "doit partir"
        said = (
            f"{NBSP}: label jusqu’au {plain_date(until)}. "
            f"La demande de renouvellement {asked} avant le {plain_date(end.ask_by)}."
        )
        found.append(Alert("warn", names(sorted(line.territory.name for line in same)), said))
    return found


def _crossings(figures: RegionFigures, asked: Question) -> list[Alert]:
    found = []
    last = asked.month or asked.closed
    for line, after, earlier in figures.crossed[:MOST_ALERTS]:
        above = (line.gap_at(after) or 0) >= 0
        said = (
            f"{NBSP}: {after.text} de boucles fermées en {MONTHS[last - 1]}, "
            f"contre {earlier.text} en {MONTHS[last - 2]}."
        )
        where = "passe au-dessus de sa cible" if above else "passe sous sa cible"
        found.append(Alert("info" if above else "warn", f"{line.territory.name} {where}", said))
    return found


def _silent(figures: RegionFigures, asked: Question) -> list[Alert]:
    if not asked.running or figures.empty:
        return []
    silent = sorted(line.territory.name for line in figures.lines if line.empty)
    if not silent:
        return []
    verb = agree(len(silent), "n’a", "n’ont")
    return [Alert("info", names(silent), f" {verb} encore aucune fiche en {asked.year}.")]
