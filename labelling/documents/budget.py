"""The budget as a workbook: its lines as the import takes them back, what they add up to, how to fill it.

Values only, no formula: the same file is deposited again.
"""

from labelling.enums_ami import NATURES, BudgetSide
from labelling.models import AmiApplication
from labelling.services.budget_rules import Budget, sentences
from spo_portal.kernel.tables import Column, Note, Table, readme
from spo_portal.kernel.typography import euros, percent

SIDES: dict[BudgetSide, str] = {
    BudgetSide.CHARGE: "Charges",
    BudgetSide.PRODUIT: "Produits",
    BudgetSide.VALORISATION: "Hors base",
}
COLUMNS = (
    Column("Colonne", width=14),
    Column("Nature", width=52),
    Column("Intitulé", width=52),
    Column("Montant", "amount", 16),
)


def workbook(application: AmiApplication, budget: Budget) -> tuple[list[Table], list[Note]]:
    """Tables and « Lisez-moi » of one budget, for ``tables.download``."""
    lines = Table(
        "Budget",
        "Budget du lieu mutualisé",
        COLUMNS,
        [(SIDES[line.side], str(line.nature.label), line.label, line.amount) for line in budget],
    )
    return [lines, _sums(budget)], _notes(application, budget)


def _sums(budget: Budget) -> Table:
    rows: list[tuple[str, int | str]] = [
        ("Total des charges", budget.charges),
        ("Total des produits", budget.products),
        ("Part de la Région", budget.region),
        (f"Plafond de la Région ({percent(80)} des charges)", budget.ceiling),
        ("Encore possible" if not budget.over else "De trop", abs(budget.room)),
        ("Fonds social européen, à part", budget.fse),
        ("Contributions volontaires, hors base", budget.valued),
    ]
    return Table(
        "Totaux", "Totaux du budget", (Column("Total", width=48), Column("Montant", "amount", 16)), rows
    )


def _notes(application: AmiApplication, budget: Budget) -> list[Note]:
    natures = [
        (f"Natures : {SIDES[side].lower()}", ", ".join(f"« {nature.label} »" for nature in NATURES[side]))
        for side in BudgetSide
    ]
    return readme(
        source=f"{application.organisation.name}, {application.title}, bassin {application.territory.name}",
        filters="Toutes les lignes du budget",
        masking="Sans objet : ces montants ne concernent personne",
        licence="Document de travail du dossier de candidature",
        more=[
            ("État du budget", " ".join(sentences(budget)) or f"Équilibré à {euros(budget.charges)}"),
            (
                "Pour le déposer de nouveau",
                "Gardez la première feuille et ses titres, une ligne par charge ou par produit. La colonne "
                "vaut Charges, Produits ou Hors base. Écrivez des montants, pas de formule.",
            ),
            *natures,
            ("Montants", "En euros, toutes taxes comprises, deux décimales au plus"),
        ],
    )
