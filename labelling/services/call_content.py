"""What a call says, as plain data: kept with each version, compared, copied, and saved part by part."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labelling.models import AmiCall, AmiCallCommission, AmiCriterion, AmiGridCriterion
from labelling.models.call import NOTE_MAX
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor

Content = dict[str, object]
SECTION_MAX, SECTIONS_MAX = 12_000, 12
CRITERIA_MAX, GRID_MAX = 40, 12
# The screens a draft is written on, each with what it holds.
PARTS: Mapping[str, tuple[str, ...]] = {
    "texte": ("titre", "adresse", "resume", "sections", "contact"),
    "cadre": ("ouverture", "limite", "questions", "enveloppe", "notes", "commissions"),
    "criteres": ("criteres",),
    "grille": ("grille",),
}
_CODE = re.compile(r"[A-Z0-9_]{1,24}")


@dataclass(frozen=True)
class CriterionRow:
    """A line of the checklist as typed. No ``code``: a new line."""

    section: int
    text: str
    evidence: bool = False
    code: str = ""


@dataclass(frozen=True)
class GridRow:
    """A line of the grid as typed; ``levels`` are the sentences of the notes 0 to 5."""

    label: str
    weight: int
    levels: Sequence[str]
    help: str = ""


@dataclass(frozen=True)
class Frame:
    """Dates, envelope (centimes), notes wanted and commissions of a call."""

    opens_at: datetime.datetime | None = None
    closes_at: datetime.datetime | None = None
    questions_until: datetime.datetime | None = None
    envelope: int = 0
    scorers_wanted: int = 3
    commissions: Sequence[int] = field(default_factory=tuple)


def content_of(by: Actor, call: AmiCall) -> Content:
    """Everything the call says, in JSON."""
    links = AmiCallCommission.objects.visible_to(by).filter(call=call).select_related("commission")
    criteria = AmiCriterion.objects.visible_to(by).filter(call=call)
    grid = AmiGridCriterion.objects.visible_to(by).filter(call=call)
    return {
        "titre": call.title,
        "adresse": call.slug,
        "resume": call.summary,
        "sections": call.sections,
        "contact": call.contact,
        "ouverture": _iso(call.opens_at),
        "limite": _iso(call.closes_at),
        "questions": _iso(call.questions_until),
        "enveloppe": call.envelope,
        "notes": call.scorers_wanted,
        "commissions": sorted(([link.commission_id, link.commission.name] for link in links), key=_second),
        "criteres": [
            {"code": c.code, "section": c.section, "texte": c.text, "piece": c.evidence_wanted}
            for c in criteria
        ],
        "grille": [
            {"critere": g.label, "aide": g.help, "poids": g.weight, "phrases": list(g.levels)} for g in grid
        ],
    }


def part_of(content: Mapping[str, object], part: str) -> Content:
    return {key: content.get(key) for key in PARTS[part]}


def one_line(text: str, *, at_most: int, field: str) -> str:
    """A text of one line, cleaned; ``Refused`` under its field otherwise."""
    return _cleaned(text, at_most, field, multiline=False)


def paragraphs(text: str, *, at_most: int, field: str) -> str:
    return _cleaned(text, at_most, field, multiline=True)


def clean_sections(rows: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Sections as kept: an empty one is dropped, one without a title is refused."""
    kept = []
    for at, (title, text) in enumerate(rows):
        heading = one_line(title, at_most=160, field=f"titre-{at}")
        body = paragraphs(text, at_most=SECTION_MAX, field=f"texte-{at}")
        if not heading and not body:
            continue
        if not heading:
            raise Refused("Donnez un titre à cette partie, ou videz-la.", f"titre-{at}")
        kept.append({"titre": heading, "texte": body})
    if len(kept) > SECTIONS_MAX:
        raise Refused(f"Gardez {SECTIONS_MAX} parties au plus.")
    return kept


def write_criteria(call: AmiCall, rows: Sequence[CriterionRow], present: Sequence[AmiCriterion]) -> None:
    """Make the checklist these rows, in this order. A line keeps its code, hence what hangs on it."""
    if len(rows) > CRITERIA_MAX:
        raise Refused(f"Gardez {CRITERIA_MAX} critères au plus.")
    by_code = {one.code: one for one in present}
    taken = {row.code for row in rows if row.code}
    seen: dict[str, int] = {}
    used: set[str] = set()
    for place, row in enumerate(rows):
        text = one_line(row.text, at_most=400, field=f"texte-{place}")
        if not text:
            raise Refused("Écrivez ce critère, ou retirez la ligne.", f"texte-{place}")
        if text.casefold() in seen:
            raise Refused(
                f"Ce critère est déjà écrit à la ligne {seen[text.casefold()] + 1}.", f"texte-{place}"
            )
        seen[text.casefold()] = place
        if not 1 <= row.section <= SECTIONS_MAX:
            raise Refused("Choisissez la partie du texte dont vient ce critère.", f"section-{place}")
        known = bool(_CODE.fullmatch(row.code)) and row.code not in used
        code = row.code if known else _new_code(taken)
        used.add(code)
        one = by_code.pop(code, None) or AmiCriterion(call=call, code=code)
        one.section, one.text, one.evidence_wanted, one.position = row.section, text, row.evidence, place + 1
        one.save()
    for gone in by_code.values():
        gone.delete()


def _new_code(taken: set[str]) -> str:
    number = next(n for n in range(1, 1000) if f"AJOUT_{n}" not in taken)
    taken.add(f"AJOUT_{number}")
    return f"AJOUT_{number}"


def clean_grid(call: AmiCall, rows: Sequence[GridRow]) -> list[AmiGridCriterion]:
    """Lines of the grid, ready to be added. A draft may weigh other than 100; opening asks for it."""
    if len(rows) > GRID_MAX:
        raise Refused(f"Gardez {GRID_MAX} critères de notation au plus.")
    lines, seen = [], set()
    for place, row in enumerate(rows):
        label = one_line(row.label, at_most=120, field=f"critere-{place}")
        if not label:
            raise Refused("Nommez ce critère de notation, ou retirez la ligne.", f"critere-{place}")
        if label.casefold() in seen:
            raise Refused("Deux critères de notation portent ce nom.", f"critere-{place}")
        seen.add(label.casefold())
        if not 1 <= row.weight <= 100:
            raise Refused("Un poids va de 1 à 100 %.", f"poids-{place}")
        if len(row.levels) != NOTE_MAX + 1:
            raise Refused("Il faut une phrase pour chaque note, de 0 à 5.", f"critere-{place}")
        levels = [
            one_line(level, at_most=200, field=f"note{note}-{place}") for note, level in enumerate(row.levels)
        ]
        aid = one_line(row.help, at_most=400, field=f"aide-{place}")
        lines.append(
            AmiGridCriterion(
                call=call, label=label, help=aid, weight=row.weight, levels=levels, position=place + 1
            )
        )
    return lines


def _cleaned(text: str, at_most: int, name: str, *, multiline: bool) -> str:
    try:
        return clean_text(text, multiline=multiline, max_length=at_most)
    except TextRefused as refusal:
        raise Refused(str(refusal), name) from None


def _iso(moment: datetime.datetime | None) -> str:
    return moment.astimezone(datetime.UTC).isoformat() if moment else ""


def _second(pair: list[object]) -> str:
    return str(pair[1])
