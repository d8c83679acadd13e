"""The progress table: situation initiale > objectif > moyens > échéance (AMI §2, démarche de progrès)."""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError

from labelling.enums_ami import PartKey
from labelling.models import AmiApplication, AmiProgressLine
from labelling.services import moves
from labelling.services.parts import require_part
from labelling.services.sections import touch
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor

PART = str(PartKey.PROGRES)
LINES_MAX, TEXT_MAX = 40, 400
FARTHEST_YEARS = 10


@dataclass(frozen=True)
class Line:
    """One line as typed. ``pk``: the row it comes from, None for a new one."""

    initial: str
    target: str
    means: str = ""
    due_on: datetime.date | None = None
    pk: int | None = None

    @property
    def empty(self) -> bool:
        return not (self.initial or self.target or self.means or self.due_on)


class TableConflict(Conflict):
    """Somebody saved the table in between; ``stored`` is what the file holds now."""

    def __init__(self, stored: Sequence[AmiProgressLine]) -> None:
        super().__init__("Le tableau de progrès a été enregistré entre-temps par quelqu’un d’autre.")
        self.stored = stored


def rows_of(by: Actor, application: AmiApplication) -> list[AmiProgressLine]:
    rows = AmiProgressLine.objects.visible_to(by).filter(application=application)
    return list(rows.order_by("position", "pk"))


def fingerprint(rows: Sequence[AmiProgressLine]) -> str:
    """Short mark of a table as it was shown."""
    said = [(row.pk, row.initial, row.target, row.means, row.due_on) for row in rows]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def check_line(number: int, line: Line) -> Line:
    """A line fit to keep; raises ``Refused`` with its field (``l<n>_initial``…)."""
    texts = {}
    for name in ("initial", "target", "means"):
        try:
            texts[name] = clean_text(getattr(line, name), max_length=TEXT_MAX)
        except TextRefused as error:
            raise Refused(f"Ligne {number + 1} : {error}", f"l{number}_{name}") from None
    for name, words in (("initial", "la situation initiale"), ("target", "l’objectif")):
        if not texts[name]:
            raise Refused(f"Ligne {number + 1} : écrivez {words}.", f"l{number}_{name}")
    if line.due_on is not None and not 2000 <= line.due_on.year <= 2000 + 10 * FARTHEST_YEARS:
        raise Refused(f"Ligne {number + 1} : vérifiez l’année de l’échéance.", f"l{number}_due_on")
    return Line(texts["initial"], texts["target"], texts["means"], line.due_on, line.pk)


def save_progress(
    *, by: Actor, application: AmiApplication, lines: Sequence[Line], seen: str
) -> list[AmiProgressLine]:
    """Replace the table by ``lines``, in their order; a line keeps its row when it names it.

    Raises ``TableConflict`` when the table changed since ``seen``, ``Refused`` with the field to correct.
    """
    require_part(by, application, PART)
    if len(lines) > LINES_MAX:
        raise Refused(f"Gardez {LINES_MAX} lignes au plus.")
    wanted = [check_line(number, line) for number, line in enumerate(lines)]
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            require_part(by, locked, PART)
            stored = rows_of(by, locked)
            if [Line(r.initial, r.target, r.means, r.due_on, r.pk) for r in stored] == wanted:
                return stored
            if fingerprint(stored) != seen:
                raise TableConflict(stored)
            _write(by, locked, stored, wanted)
            touch(by, locked)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return rows_of(by, application)


def _write(
    by: Actor, application: AmiApplication, stored: Sequence[AmiProgressLine], wanted: Sequence[Line]
) -> None:
    rows = {row.pk: row for row in stored}
    kept = {line.pk for line in wanted} & rows.keys()
    gone = rows.keys() - kept
    if gone:
        AmiProgressLine.objects.visible_to(by).filter(application=application, pk__in=gone).delete()
    for position, line in enumerate(wanted, 1):
        row = rows.get(line.pk or 0) or AmiProgressLine(application=application)
        row.position = position
        row.initial, row.target, row.means, row.due_on = line.initial, line.target, line.means, line.due_on
        row.save()
