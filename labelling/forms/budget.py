"""The budget as it is typed: rows by column, errors by cell, lines in centimes once all is well."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from labelling.enums_ami import NATURES, BudgetNature, BudgetSide
from labelling.services.budget_rules import LABEL_MAX, LINES_MAX, Budget, Line
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.money import parse_amount
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import amount

_NAME = re.compile(r"(charge|produit|valorisation)-([0-9]{1,3})-(nature|label|amount)")
_TYPED_MAX = 400
# Rows shown in an empty budget: those nearly every place has.
STARTERS: dict[BudgetSide, tuple[BudgetNature, ...]] = {
    BudgetSide.CHARGE: (
        BudgetNature.PERSONNEL,
        BudgetNature.SERVICES_EXTERIEURS,
        BudgetNature.AUTRES_SERVICES,
        BudgetNature.ACHATS,
    ),
    BudgetSide.PRODUIT: (
        BudgetNature.REGION,
        BudgetNature.FSE,
        BudgetNature.COMMUNES,
        BudgetNature.AUTOFINANCEMENT,
    ),
    BudgetSide.VALORISATION: (BudgetNature.LOCAUX,),
}
NOUNS = {
    BudgetSide.CHARGE: "des charges",
    BudgetSide.PRODUIT: "des produits",
    BudgetSide.VALORISATION: "hors base",
}


@dataclass(slots=True)
class Row:
    """One row of the screen, as typed; ``errors`` by cell (nature, label, amount)."""

    side: BudgetSide
    index: int
    nature: str
    label: str = ""
    amount: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    focus: bool = False

    @property
    def prefix(self) -> str:
        return f"{self.side}-{self.index}"

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def blank(self) -> bool:
        """Nothing typed: a nature alone, chosen by the screen, makes no line."""
        return not self.label.strip() and not self.amount.strip()

    @property
    def natures(self) -> list[tuple[str, str, bool]]:
        return [(str(n), str(n.label), str(n) == self.nature) for n in NATURES[self.side]]

    @property
    def words(self) -> str:
        """What the row is called when its cells are named."""
        known = {str(nature): str(nature.label) for nature in NATURES[self.side]}
        return self.label.strip() or known.get(self.nature, "") or f"ligne {self.number}"

    def read(self) -> Line | None:
        """The line, or None with the errors said by cell."""
        self.errors = {}
        label, centimes = self.label, 0
        if self.nature not in {str(nature) for nature in NATURES[self.side]}:
            self.errors["nature"] = "Choisissez la nature dans la liste."
        try:
            label = clean_text(self.label, max_length=LABEL_MAX)
        except TextRefused as error:
            self.errors["label"] = str(error)
        try:
            centimes = parse_amount(self.amount)
        except Refused as error:
            self.errors["amount"] = str(error)
        return None if self.errors else Line(self.side, BudgetNature(self.nature), label, centimes)


class BudgetForm:
    """All rows of a budget. ``lines`` holds those that are right; ``errors`` says what to mend, in order."""

    def __init__(self, rows: list[Row], *, bound: bool, seen: str = "") -> None:
        self.rows = rows
        self.seen = seen
        self.too_many = False
        read = [row.read() for row in rows if not row.blank] if bound else []
        self.lines = tuple(line for line in read if line is not None)

    @classmethod
    def of(cls, budget: Budget) -> Self:
        """The rows of a stored budget; a first few to fill in when it is empty."""
        rows = []
        for side in BudgetSide:
            kept = budget.side(side)
            rows += [
                Row(side, index, str(line.nature), line.label, amount(line.amount))
                for index, line in enumerate(kept)
            ]
            if not kept and (not budget or side != BudgetSide.VALORISATION):
                rows += [Row(side, index, str(nature)) for index, nature in enumerate(STARTERS[side])]
        form = cls(rows, bound=False, seen=budget.fingerprint)
        form.lines = budget.lines
        return form

    @classmethod
    def posted(cls, data: Mapping[str, str]) -> Self:
        """What a browser sent, row by row, whatever was left out; indices are counted again."""
        found: dict[tuple[BudgetSide, int], Row] = {}
        for name in data:
            matched = _NAME.fullmatch(name)
            if matched is None:
                continue
            side, index = BudgetSide(matched[1]), int(matched[2])
            row = found.setdefault((side, index), Row(side, index, ""))
            setattr(row, matched[3], str(data[name])[:_TYPED_MAX])
        rows: list[Row] = []
        too_many = False
        for side in BudgetSide:
            own = [found[key] for key in sorted(found) if key[0] == side]
            too_many = too_many or len(own) > LINES_MAX
            for index, row in enumerate(own[:LINES_MAX]):
                row.index = index
                rows.append(row)
        form = cls(rows, bound=True, seen=str(data.get("vu", ""))[:64])
        form.too_many = too_many
        return form

    def column(self, side: BudgetSide) -> list[Row]:
        return [row for row in self.rows if row.side == side]

    @property
    def budget(self) -> Budget:
        return Budget.of(self.lines)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id of the control, sentence) of every cell to mend, in the order of the screen."""
        found = [
            (f"{row.prefix}-{cell}", f"Ligne {row.number} {NOUNS[row.side]} ({row.words}) : {_lower(text)}")
            for row in self.rows
            for cell, text in row.errors.items()
        ]
        return [("", f"{LINES_MAX} lignes au plus par colonne."), *found] if self.too_many else found

    @property
    def valid(self) -> bool:
        return not self.errors

    def add(self, side: BudgetSide, row: Row | None = None) -> bool:
        """One more row at the end of a column, which takes the focus; False when the column is full."""
        index = len(self.column(side))
        if index >= LINES_MAX:
            return False
        added = row or Row(side, index, str(NATURES[side][0]))
        added.index, added.focus = index, True
        last = max((i for i, kept in enumerate(self.rows) if kept.side == side), default=None)
        self.rows.insert(len(self.rows) if last is None else last + 1, added)
        return True

    def remove(self, side: BudgetSide, index: int) -> Row | None:
        """Take a row away; the next ones move up. None when there is no such row."""
        gone = next((row for row in self.rows if row.side == side and row.index == index), None)
        if gone is None:
            return None
        self.rows.remove(gone)
        for place, row in enumerate(self.column(side)):
            row.index = place
        kept = [row.read() for row in self.rows if not row.blank]
        self.lines = tuple(line for line in kept if line is not None)
        return gone


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
