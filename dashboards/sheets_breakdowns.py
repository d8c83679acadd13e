"""Definition sheets of the breakdowns: the same fiches, laid out by one or two of their answers."""

from dashboards.enums import Dimension
from dashboards.indicators import ALL, BOX, WIDE, Direction, Indicator, Level, Theme, Unit, declare
from dashboards.services.build_flows import often
from dashboards.services.published import is_published
from spo_portal.kernel.privacy import INSIDE, OUTSIDE
from spo_portal.kernel.typography import join

_FICHES = "Fiches contact saisies à l’écran, en pile papier ou importées."


_CUTS = {"m": "par mois", "r": "par réseau", "s": "par lieu"}


def _masking(dimension: str) -> str:
    """The rule, and along which axes the breakdown is published when it is not along all of them."""
    cuts = [word for axis, word in _CUTS.items() if is_published(dimension, axis)]
    if len(cuts) == len(_CUTS):
        return BOX
    return f"{BOX} Publié {join(['pour l’année', *cuts]) if cuts else 'pour l’année seule'}."


def _breakdown(
    key: str,
    dimension: str,
    label: str,
    what: str,
    theme: Theme = Theme.PUBLIC,
    levels: tuple[Level, ...] = ALL,
) -> Indicator:
    return Indicator(
        key,
        label,
        theme,
        what,
        _FICHES,
        Unit.FICHES,
        Direction.NEUTRAL,
        _masking(dimension),
        levels=levels,
        dimension=dimension,
    )


declare(
    _breakdown(
        "par_issue",
        Dimension.ISSUE,
        "Réorientés et résolus sur place",
        "Fiches selon l’issue : au moins une structure de destination, ou aucune.",
        Theme.ACTIVITY,
    ),
    _breakdown(
        "par_mois",
        "mois",
        "Contacts par mois",
        "Fiches selon le mois du contact. Un mois se ferme le 10 du mois suivant ; une correction "
        "plus tardive le rouvre, et la page le dit.",
        Theme.ACTIVITY,
    ),
    _breakdown(
        "par_reseau",
        "reseau",
        "Contacts par réseau",
        "Fiches selon le réseau du lieu qui reçoit. Les partenaires associés forment une ligne à part.",
        Theme.ACTIVITY,
        WIDE,
    ),
    _breakdown(
        "par_lieu",
        "site",
        "Contacts par lieu",
        "Fiches selon le lieu qui reçoit. Le lieu est la plus petite unité : "
        "aucun chiffre ne porte sur un agent.",
        Theme.ACTIVITY,
        (Level.TERRITORY,),
    ),
    _breakdown(
        "par_canal",
        Dimension.CANAL,
        "Contacts par canal",
        "Fiches selon la venue : sur place, par téléphone, par courriel.",
        Theme.ACTIVITY,
    ),
    _breakdown(
        "par_statut",
        Dimension.STATUT,
        "Statuts",
        "Fiches selon le statut de la personne, un seul par fiche, dans la liste de la région.",
    ),
    _breakdown(
        "par_demande",
        Dimension.DEMANDE,
        "Demandes",
        "Fiches où la demande est cochée. Une fiche peut porter plusieurs demandes : "
        "la somme dépasse le nombre de fiches.",
    ),
    _breakdown(
        "par_reponse",
        Dimension.REPONSE,
        "Réponses apportées",
        "Fiches où la réponse est cochée, plusieurs possibles, aucune aussi.",
    ),
    _breakdown(
        "par_age", Dimension.AGE, "Âges", "Fiches selon l’âge dit : moins de 26 ans, 26 ans et plus, non dit."
    ),
    _breakdown("par_sexe", Dimension.SEXE, "Femmes et hommes", "Fiches selon le sexe dit, ou non dit."),
    _breakdown(
        "statut_age",
        Dimension.STATUT_AGE,
        "Statut et âge",
        "Fiches selon le statut et l’âge ensemble.",
    ),
    _breakdown(
        "demande_reponse",
        Dimension.DEMANDE_REPONSE,
        "Ce qui est demandé, ce qui est répondu",
        "Pour chaque demande cochée, les réponses cochées sur les mêmes fiches. Une fiche à deux demandes "
        "et deux réponses compte dans quatre cases.",
    ),
    _breakdown(
        "demande_statut",
        Dimension.DEMANDE_STATUT,
        "Demandes par statut",
        "Pour chaque demande cochée, le statut de la personne.",
    ),
    _breakdown(
        "demande_issue",
        Dimension.DEMANDE_ISSUE,
        "Issue par demande",
        "Pour chaque demande cochée, fiches réorientées et fiches résolues sur place.",
    ),
    _breakdown(
        "flux_reseaux",
        Dimension.DESTINATION,
        "Qui envoie vers qui, par réseau",
        "Fiches réorientées selon le réseau du lieu qui envoie et celui de la structure proposée. "
        "Une fiche qui propose deux réseaux compte dans deux cases.",
        Theme.FLOWS,
        WIDE,
    ),
    _breakdown(
        "flux_lieux",
        Dimension.DESTINATION_SITE,
        "Qui envoie vers qui, par lieu",
        "Fiches réorientées selon la structure proposée. Les trajets, d’un lieu à une structure, sont ceux "
        f"qu’ont pris {often(INSIDE)} fiches ou plus ({often(OUTSIDE)} hors du territoire), du plus fréquent "
        "au moins fréquent, sans leur nombre. D’un autre trajet rien n’est dit, pas même qu’il n’existe pas.",
        Theme.FLOWS,
        (Level.SITE, Level.TERRITORY),
    ),
    _breakdown(
        "par_suite",
        Dimension.SUITE,
        "Suites des réorientations",
        "Fiches réorientées selon la suite connue : reçue, rendez-vous fixé, réorientée ailleurs, "
        "ne convient pas, jamais venue, ou pas encore de suite.",
        Theme.FLOWS,
    ),
)
