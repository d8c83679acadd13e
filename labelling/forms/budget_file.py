"""A budget deposited as a file: the portal's own workbook, or a plain table of two columns.

Nothing is kept: the file is read, its lines are compared with the budget, and whoever deposited it decides.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from labelling.documents.budget import SIDES
from labelling.enums_ami import NATURES, BudgetNature, BudgetSide
from labelling.services.budget_rules import LABEL_MAX, LINES_MAX, Budget, Line
from spo_portal.kernel import sheets
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.money import amount_from_number, parse_amount
from spo_portal.kernel.privacy import TextRefused, clean_text

MAX_BYTES = 1024 * 1024
MAX_ROWS = 3 * LINES_MAX
ERRORS_MAX = 50
N = BudgetNature

# Words that tell a nature in a plain table, tried in order; the person sees the choice before it is applied.
GUESSES: dict[BudgetSide, tuple[tuple[str, BudgetNature], ...]] = {
    BudgetSide.CHARGE: (
        (r"salair|personnel|equivalent temps plein|\betp\b|cotisation|remuneration", N.PERSONNEL),
        (r"loyer|entretien|assurance|nettoyage|reparation|maintenance|location", N.SERVICES_EXTERIEURS),
        (r"communication|deplacement|internet|connexion|telephone|poste|formation|signal", N.AUTRES_SERVICES),
        (r"achat|fourniture|documenta|energie|electricite|eau\b|chauffage", N.ACHATS),
        (r"impot|taxe", N.IMPOTS),
        (r"amortissement|equipement|mobilier|investissement", N.AMORTISSEMENTS),
    ),
    BudgetSide.PRODUIT: (
        (r"\bfse\b|fonds social|europe", N.FSE),
        (r"region", N.REGION),
        (r"departement", N.DEPARTEMENT),
        (r"commun|mairie|ville|agglomeration|metropole|\bepci\b|intercommun", N.COMMUNES),
        (r"autofinancement|fonds propre|ressources propres|reserve", N.AUTOFINANCEMENT),
        (r"\betat\b|ministere|prefecture", N.ETAT),
        (r"partenaire|mission locale|chambre|pole emploi|association", N.PARTENAIRES),
    ),
    BudgetSide.VALORISATION: (
        (r"local|locaux|bureau|salle|materiel", N.LOCAUX),
        (r"temps|permanence|heure|agent", N.TEMPS),
        (r"benevol", N.BENEVOLAT),
    ),
}
OTHERS = {
    BudgetSide.CHARGE: N.AUTRES_CHARGES,
    BudgetSide.PRODUIT: N.AUTRES_PRODUITS,
    BudgetSide.VALORISATION: N.AUTRES_APPORTS,
}
SIDE_WORDS: dict[BudgetSide, tuple[str, ...]] = {
    BudgetSide.CHARGE: (
        "charge",
        "charges",
        "charges previsionnelles",
        "depenses",
        "depenses previsionnelles",
    ),
    BudgetSide.PRODUIT: (
        "produit",
        "produits",
        "produits previsionnels",
        "recettes",
        "recettes previsionnelles",
        "ressources",
    ),
    BudgetSide.VALORISATION: (
        "hors base",
        "hors base de calcul",
        "contributions volontaires",
        "contributions volontaires, hors base",
        "valorisation",
        "valorisations",
    ),
}
_TOTAL = re.compile(r"(sous-)?total\b|totaux\b")


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong in one cell: the line as people see it in their file, the column, the sentence."""

    line: int
    column: str
    text: str


@dataclass(slots=True)
class Reading:
    """A file read without writing anything: its lines, and every cell to mend."""

    lines: list[Line] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    guessed: int = 0

    @property
    def budget(self) -> Budget:
        order = list(BudgetSide)
        return Budget.of(sorted(self.lines, key=lambda line: order.index(line.side)))


@dataclass(frozen=True, slots=True)
class Change:
    """One line before and after: added, removed, changed or the same."""

    before: Line | None
    after: Line | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "ajoutée"
        if self.after is None:
            return "retirée"
        return "inchangée" if self.before == self.after else "changée"

    @property
    def line(self) -> Line:
        line = self.after or self.before
        assert line is not None  # noqa: S101 - one of them is always there
        return line


def read_file(content: bytes) -> Reading:
    """Read a deposited budget. Raises ``Refused`` when the file itself can't be read as a table."""
    sheet = sheets.read(content, max_rows=MAX_ROWS, max_bytes=MAX_BYTES, sheet="budget")
    columns = _columns(sheet.headers)
    reading = Reading()
    section: BudgetSide | None = None
    for number, cells in sheet.rows:
        if len(reading.errors) >= ERRORS_MAX:
            break
        row = {name: cells[place] for name, place in columns.items()}
        title, typed = row.get("label", "") or row.get("nature", ""), row["amount"]
        # « Charges » alone on its line opens a section of a plain table; its totals are counted again.
        opened = _side_of(title) if not typed and not row.get("side") else None
        if opened is not None:
            section = opened
        if opened is not None or (not row.get("side") and _TOTAL.match(fold(title))):
            continue
        _read_row(reading, row, number, section, {name: sheet.headers[at] for name, at in columns.items()})
    for side in BudgetSide:
        if sum(line.side == side for line in reading.lines) > LINES_MAX:
            raise Refused(f"{SIDES[side]} : {LINES_MAX} lignes au plus. Regroupez-en.", "fichier")
    if not reading.lines and not reading.errors:
        raise Refused("Ce fichier n’a aucune ligne de budget.", "fichier")
    return reading


def fold(text: str) -> str:
    """Lower case, without accents, spaces made one: how titles and natures are compared."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return " ".join(bare.replace("’", "'").split())


def _columns(headers: tuple[str, ...]) -> dict[str, int]:
    tests: dict[str, Callable[[str], bool]] = {
        "side": lambda title: title in ("colonne", "type", "sens", "cote"),
        "nature": lambda title: title == "nature",
        "label": lambda title: title.startswith(("intitule", "libelle", "poste", "designation", "ligne")),
        "amount": lambda title: title.startswith(("montant", "valeur", "euros", "somme", "budget")),
    }
    folded = [fold(header) for header in headers]
    found: dict[str, int] = {}
    for name, test in tests.items():
        place = next((at for at, title in enumerate(folded) if test(title)), None)
        if place is not None:
            found[name] = place
    if len(headers) == 2 and ("amount" not in found or len(found) == 1):
        if any(character.isdigit() for character in headers[1]):
            raise Refused(
                "La première ligne doit porter les titres des deux colonnes : Intitulé et Montant.", "fichier"
            )
        return {"label": 0, "amount": 1}
    if "amount" not in found or not ({"label", "nature"} & set(found)):
        raise Refused(
            "Les titres attendus sont Colonne, Nature, Intitulé et Montant, ou Intitulé et Montant seuls.",
            "fichier",
        )
    return found


def _side_of(text: str) -> BudgetSide | None:
    words = fold(text).rstrip(" :")
    return next((side for side, known in SIDE_WORDS.items() if words in known), None)


def _read_row(
    reading: Reading, row: dict[str, str], number: int, section: BudgetSide | None, titles: dict[str, str]
) -> None:
    def wrong(column: str, text: str) -> None:
        reading.errors.append(CellError(number, titles.get(column, "Ligne").capitalize(), text))

    before = len(reading.errors)
    label, nature_words = row.get("label", ""), row.get("nature", "")
    for column, text in (("label", label), ("nature", nature_words)):
        if sheets.looks_like_formula(text):
            wrong(column, "Cette cellule ressemble à une formule. Écrivez un texte simple.")
    side = section
    if row.get("side"):
        side = _side_of(row["side"])
        if side is None:
            wrong("side", "Écrivez Charges, Produits ou Hors base.")
            return
    nature, sure = _nature(side, nature_words, label)
    if nature is None:
        wrong(
            "nature" if nature_words else "label",
            f"Nature inconnue : « {nature_words[:60]} ». Reprenez-la de la feuille Lisez-moi du classeur."
            if nature_words
            else "Est-ce une charge ou un produit ? Ajoutez au-dessus une ligne « Charges » ou « Produits ».",
        )
    try:
        label = clean_text(label, max_length=LABEL_MAX)
    except TextRefused as error:
        wrong("label", str(error))
    try:
        centimes = amount_of(row["amount"])
    except Refused as error:
        wrong("amount", str(error))
        return
    if len(reading.errors) == before and nature is not None:
        found = next(side for side, natures in NATURES.items() if nature in natures)
        # A plain table often repeats the nature as its words.
        kept = "" if not nature_words and fold(label) == fold(str(nature.label)) else label
        reading.lines.append(Line(found, nature, kept, centimes))
        reading.guessed += not sure


def _nature(side: BudgetSide | None, words: str, label: str) -> tuple[BudgetNature | None, bool]:
    """The nature written, else the one its words suggest (then it is not sure)."""
    sides = [side] if side else list(BudgetSide)
    for text in (words, label):
        for one in sides:
            exact = next((n for n in NATURES[one] if fold(str(n.label)) == fold(text)), None)
            if exact is not None:
                return exact, True
    if words:
        return None, False
    for one in sides:
        guessed = next((nature for like, nature in GUESSES[one] if re.search(like, fold(label))), None)
        if guessed is not None:
            return guessed, False
    return (OTHERS[side], False) if side and label else (None, False)


def amount_of(text: str) -> int:
    """The amount of a cell in centimes: typed in French, or the number of a spreadsheet."""
    if re.fullmatch(r"-?[0-9]+\.[0-9]{3,}|-?[0-9.]+e[+-]?[0-9]+", text):
        # A number of a spreadsheet, with its binary noise or its power of ten.
        return amount_from_number(float(text))
    return parse_amount(text)


def compare(before: Budget, after: Budget) -> list[Change]:
    """What applying ``after`` would change, in the order of the new budget, then what would go."""
    left = list(before)
    paired: dict[int, Line] = {}
    same: tuple[Callable[[Line], object], ...] = (
        lambda line: line,
        lambda line: (line.side, line.nature, line.label),
    )
    for key in same:
        for place, line in enumerate(after):
            match = next((old for old in left if key(old) == key(line)), None)
            if place not in paired and match is not None:
                paired[place] = match
                left.remove(match)
    changes = [Change(paired.get(place), line) for place, line in enumerate(after)]
    return changes + [Change(line, None) for line in left]
