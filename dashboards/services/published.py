"""What a release publishes: along which axes, from which size on, and the words of what it hides."""

from functools import lru_cache

from dashboards.enums import Audience, Dimension
from spo_portal.kernel.privacy import INSIDE, OUTSIDE, explain
from spo_portal.kernel.typography import NBSP

SMALL, NEIGHBOUR, PARTIAL, UNDER, LEFT_OUT = -1, -2, -3, -4, -5
# Contacts a month, a network or a site needs in the year to be published in detail, in thresholds.
FLOOR_TIMES = 10
UNDER_REASON = f"Détail publié à partir de {{}}{NBSP}fiches dans l’année"
PARTIAL_REASON = "Masqué dans une partie des territoires de la région"
NO_RESEAU = "0"
UNIT = "fiches"
NOT_PUBLISHED = "Non publié à ce niveau de détail : presque toutes les cases seraient trop petites"
# Axes each dimension is published along, beside the year; all three for those not named here.
_ALONG = {
    Dimension.STATUT_AGE: "",
    Dimension.DEMANDE_REPONSE: "",
    Dimension.DEMANDE_STATUT: "",
    Dimension.DEMANDE_ISSUE: "",
    Dimension.DESTINATION_SITE: "",
    Dimension.DESTINATION: "mr",
    Dimension.SEXE: "mr",
}
THRESHOLDS = {Audience.INSIDE: INSIDE, Audience.OUTSIDE: OUTSIDE}


@lru_cache(maxsize=256)
def is_published(dimension: str, axis: str) -> bool:
    """True when a dimension is published for the year (``"y"``), or by month, network or site."""
    if dimension == Dimension.DELAI:
        return False
    return axis == "y" or axis in _ALONG.get(dimension, "mrs")  # type: ignore[call-overload]


def why_masked(threshold: int) -> str:
    """What a screen or a file says of its masked figures, for the readers whose threshold this is."""
    return (
        f"{explain(threshold, UNIT)} Mois, réseau ou lieu{NBSP}: détail publié à partir de "
        f"{threshold * FLOOR_TIMES}{NBSP}{UNIT} dans l’année."
    )
