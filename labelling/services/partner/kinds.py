"""The two kinds of partenaires associés, with examples to choose by (GUIDE, « Partenaires Associés »)."""

from dataclasses import dataclass

from territories.enums import PartnerDirection, Regime
from territories.models import Region


@dataclass(frozen=True, slots=True)
class Kind:
    """One direction: whom it is for, and examples where the regime gives some. The list is open (PART-2)."""

    direction: PartnerDirection
    title: str
    what: str
    examples: tuple[str, ...] = ()


_DEFINITION = "{}, mais qui reçoivent des publics particuliers ou interviennent sur des thèmes particuliers."
RECEIVING = (
    "Cap emploi",
    "MDPH",
    "Points Info Conseil VAE (réseaux : Pôle emploi, Fongecif, CIBC)",
    "Antennes Fongecif mobilisables sur rendez-vous, OPACIF et OPCA régionaux",
    "Plateformes de décrochage",
    "Mission générale d’insertion (MGI)",
    "Maison de l’entrepreneuriat, Hubhouse des universités",
    "Structures d’accompagnement à la création ou reprise d’entreprise",
    "Structures d’appui aux personnes en situation d’illettrisme",
    "Points d’accueil consulaires (CCI, CMA)",
)
SENDING = (
    "Maisons de l’emploi recevant du public (cyber-bases)",
    "CCAS",
    "Référents RSA",
    "Clubs de prévention",
    "Centres sociaux",
)


def definition_of(region: Region | None) -> str:
    """Who a partenaire associé is (GUIDE); a region without a label says so by the networks."""
    spo = region is not None and region.regime == Regime.SPO
    outside = "Structures qui ne peuvent pas être labellisées" if spo else "Structures hors des réseaux"
    return _DEFINITION.format(outside)


def kinds_of(region: Region | None) -> tuple[Kind, Kind]:
    """The two kinds; the GUIDE is the document of the SPO, its examples are shown where it applies."""
    spo = region is not None and region.regime == Regime.SPO
    return (
        Kind(
            PartnerDirection.DESTINATAIRE,
            "Destinataire",
            "Les lieux d’accueil lui envoient du public : il est proposé au comptoir.",
            RECEIVING if spo else (),
        ),
        Kind(
            PartnerDirection.PRESCRIPTEUR,
            "Prescripteur",
            "Il peut envoyer ses publics vers les lieux d’accueil : il n’est pas proposé au comptoir.",
            SENDING if spo else (),
        ),
    )
