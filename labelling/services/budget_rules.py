"""Rules of the budget of a place, on lines in centimes: pure, the same on the screen and in services.

The budget is the place's own; charges and produits balance; the Region pays 80 % of the forecast charges at
most; the FSE is shown apart; voluntary contributions are shown outside the base (AMI §5; domain § 7).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from hashlib import sha256
from typing import Self

from labelling.enums_ami import BudgetNature, BudgetSide
from spo_portal.kernel.typography import NBSP, counted, euros, join, percent

LINES_MAX = 60
LABEL_MAX = 160
# From three quarters of the charges on, the bar turns: the ceiling is near.
NEAR_PERCENT = 75


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its column, its nature, its words, its amount in centimes."""

    side: BudgetSide
    nature: BudgetNature
    label: str
    amount: int

    @property
    def words(self) -> str:
        """What the line is called: its own words, its nature without any."""
        return self.label or str(self.nature.label)


@dataclass(frozen=True, slots=True)
class Part:
    """One payer in the bar of the financing: its words, its amount, its place among 1,000 units."""

    words: str
    amount: int
    x: str
    width: str
    css: str


@dataclass(frozen=True, slots=True)
class Budget:
    """A whole budget, balanced or not."""

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Self:
        return cls(tuple(lines))

    def side(self, side: BudgetSide) -> list[Line]:
        return [line for line in self.lines if line.side == side]

    def _sum(self, side: BudgetSide, nature: BudgetNature | None = None) -> int:
        return sum(line.amount for line in self.side(side) if nature is None or line.nature == nature)

    @property
    def charge_lines(self) -> list[Line]:
        return self.side(BudgetSide.CHARGE)

    @property
    def product_lines(self) -> list[Line]:
        return self.side(BudgetSide.PRODUIT)

    @property
    def valued_lines(self) -> list[Line]:
        return self.side(BudgetSide.VALORISATION)

    @property
    def region_lines(self) -> list[Line]:
        return [line for line in self.product_lines if line.nature == BudgetNature.REGION]

    @property
    def charges(self) -> int:
        return self._sum(BudgetSide.CHARGE)

    @property
    def products(self) -> int:
        return self._sum(BudgetSide.PRODUIT)

    @property
    def region(self) -> int:
        return self._sum(BudgetSide.PRODUIT, BudgetNature.REGION)

    @property
    def fse(self) -> int:
        return self._sum(BudgetSide.PRODUIT, BudgetNature.FSE)

    @property
    def valued(self) -> int:
        """Voluntary contributions: shown, never counted in the 80 %."""
        return self._sum(BudgetSide.VALORISATION)

    @property
    def gap(self) -> int:
        """Charges less produits: positive when some are not paid for."""
        return self.charges - self.products

    @property
    def balanced(self) -> bool:
        return self.charges > 0 and self.gap == 0

    @property
    def ceiling(self) -> int:
        """What the Region may pay at most: 80 % of the charges, cut down to the centime."""
        return self.charges * 4 // 5

    @property
    def room(self) -> int:
        """What may still be asked of the Region; negative past the ceiling."""
        return self.ceiling - self.region

    @property
    def excess(self) -> int:
        """What is asked of the Region past the ceiling."""
        return max(0, -self.room)

    @property
    def over(self) -> bool:
        return 5 * self.region > 4 * self.charges

    @property
    def near(self) -> bool:
        return not self.over and self.charges > 0 and 100 * self.region >= NEAR_PERCENT * self.charges

    @property
    def holds(self) -> bool:
        return self.balanced and not self.over

    @property
    def charges_wanted(self) -> int:
        """The least charges that would allow what is asked of the Region."""
        return -(-self.region * 5 // 4)

    @property
    def share_words(self) -> str:
        """« 79,5 % »: cut down under the ceiling, up past it, so that 80,0 never hides a centime too much."""
        return self._percent(self.region, up=self.over)

    @property
    def fse_words(self) -> str:
        return self._percent(self.fse)

    def _percent(self, amount: int, *, up: bool = False) -> str:
        if not self.charges:
            return f"–{NBSP}%"
        exact = Decimal(amount) * 100 / Decimal(self.charges)
        rounded = exact.quantize(Decimal("0.1"), rounding=ROUND_CEILING if up else ROUND_FLOOR)
        return percent(min(rounded, Decimal("999.9")), 1)

    @property
    def fill(self) -> str:
        """Length of the bar, in thousandths of the charges."""
        return _units(self.region, self.charges)

    @property
    def room_fill(self) -> str:
        return _units(max(self.room, 0), self.charges)

    @property
    def parts(self) -> list[Part]:
        """Who pays: the Region, the FSE, then the others by nature, each with its place in the bar."""
        found: list[Part] = []
        before = 0
        for nature in BudgetNature:
            amount = self._sum(BudgetSide.PRODUIT, nature)
            if not amount:
                continue
            x, width = _units(before, self.products), _units(amount, self.products)
            css = f"q{min(len(found) + 1, 5)}"
            found.append(Part(_payer(self.product_lines, nature), amount, x, width, css))
            before += amount
        return found

    @property
    def fingerprint(self) -> str:
        """Changes with any line: two people who write see each other's save by it."""
        said = "\n".join(f"{line.side}\t{line.nature}\t{line.amount}\t{line.label}" for line in self.lines)
        return sha256(said.encode()).hexdigest()[:16]

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __bool__(self) -> bool:
        return bool(self.lines)


def _units(amount: int, whole: int) -> str:
    return f"{min(1000 * amount / whole, 1000):.1f}".removesuffix(".0") if whole else "0"


def _payer(lines: Sequence[Line], nature: BudgetNature) -> str:
    """A payer alone in its nature is called by its line's words, the Region and the FSE by their names."""
    same = [line for line in lines if line.nature == nature and line.amount]
    if nature in (BudgetNature.REGION, BudgetNature.FSE) or len(same) != 1:
        return str(nature.label)
    return same[0].words


def sentences(budget: Budget) -> list[str]:
    """What keeps this budget from being submitted: by how much, which line. Empty when it holds."""
    if not budget.charges and not budget.products:
        return ["Le budget est vide : écrivez les charges du lieu, puis les produits qui les paient."]
    found = []
    if not budget.charges:
        found.append(f"Aucune charge n’est chiffrée, pour {euros(budget.products)} de produits.")
    elif budget.gap > 0:
        found.append(
            f"Il manque {euros(budget.gap)} de produits : {euros(budget.charges)} de charges, "
            f"{euros(budget.products)} de produits. Ajoutez un financement, ou baissez une charge."
        )
    elif budget.gap < 0:
        found.append(
            f"Les produits dépassent les charges de {euros(-budget.gap)} : {euros(budget.products)} de "
            f"produits, {euros(budget.charges)} de charges. Baissez un produit{_example(budget)}, ou ajoutez "
            "la charge oubliée."
        )
    if budget.charges and budget.over:
        found.append(
            f"La part de la Région dépasse {percent(80)} : {euros(budget.region)} demandés pour un plafond "
            f"de {euros(budget.ceiling)}. {_lower(budget)}, ou ajoutez un autre financement, avec la charge "
            f"qu’il paie : il faudrait {euros(budget.charges_wanted - budget.charges)} de charges en plus."
        )
    if not budget.region and budget.products:
        found.append("Rien n’est demandé à la Région : ajoutez une ligne de produit de nature « Région ».")
    return found


def _example(budget: Budget) -> str:
    """Points at a line that can take the whole excess, unless the Region's share is to be lowered first."""
    if budget.over:
        return ""
    able = [line for line in budget.product_lines if line.amount >= -budget.gap]
    return f" (par exemple « {able[-1].words} »)" if able else ""


def _lower(budget: Budget) -> str:
    """« Baissez la demande de 400 € à la ligne « Région » »; names every line of the Region."""
    lines = [line for line in budget.region_lines if line.amount]
    start = f"Baissez la demande de {euros(-budget.room)}"
    if len(lines) == 1:
        return f"{start} à la ligne « {lines[0].words} »"
    named = join(f"« {line.words} » ({euros(line.amount)})" for line in lines)
    return f"{start} au total sur ses {counted(len(lines), 'ligne')} : {named}"
