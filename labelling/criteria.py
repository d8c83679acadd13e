"""What a new call starts with besides its text: the 17 criteria and a scoring grid, both edited per call.

The criteria are those that the AMI's sections 2, 3 and 5 set, in our own words; the AMI has no scoring grid:
ours gives a weight to what those criteria say of a place, a partnership, a public, a progress and a budget.
"""

from dataclasses import dataclass

from labelling.models.call import NOTE_MAX


@dataclass(frozen=True)
class Criterion:
    """A line of the checklist: its stable code, its section of the text, the sentence shown.

    ``{service}`` is the name of the public service in the region. ``evidence``: a file is asked for.
    """

    code: str
    section: int
    text: str
    evidence: bool = False


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "LIEU_PHYSIQUE",
        2,
        "Le lieu mutualisé est un lieu physique ; il respecte les principes et le cahier des charges du"
        " service.",
        evidence=True,
    ),
    Criterion("PROJET_COMMUN", 2, "Le projet est commun à l’ensemble des partenaires du territoire."),
    Criterion(
        "ACCES_SIMPLIFIE",
        2,
        "Toute personne qui le demande accède simplement à son droit à l’orientation.",
    ),
    Criterion(
        "COMPLEMENTARITE",
        2,
        "Le lieu complète les implantations locales des opérateurs ; il peut s’appuyer sur un lieu existant.",
    ),
    Criterion(
        "ACCESSIBLE",
        2,
        "Le lieu est accessible : aux personnes handicapées, par les transports, à des horaires utiles.",
        evidence=True,
    ),
    Criterion("SIGNALETIQUE", 2, "Le lieu porte la signalétique « {service} »."),
    Criterion(
        "PREMIER_ACCUEIL",
        2,
        "Chacun est accueilli, écouté, reçoit un premier niveau d’information et, si besoin, est réorienté"
        " vers l’organisme le plus qualifié.",
    ),
    Criterion("CONFIDENTIALITE", 2, "Un espace préserve la confidentialité des échanges."),
    Criterion("DOCUMENTATION", 2, "Un espace documentaire est à la disposition du public."),
    Criterion(
        "INTERNET",
        2,
        "L’accès à Internet est gratuit ; les personnes les moins autonomes y sont accompagnées.",
    ),
    Criterion(
        "PARTENARIAT",
        2,
        "Les opérateurs locaux reconnaissent le lieu ; chaque partenaire prend part au service.",
    ),
    Criterion("CONTRIBUTIONS", 2, "La contribution de chaque partenaire est définie et formalisée."),
    Criterion(
        "PROGRES",
        2,
        "Une démarche de progrès mène de la situation initiale à la situation à atteindre.",
    ),
    Criterion(
        "PORTEUR",
        3,
        "Les partenaires ont désigné un porteur, qui est l’interlocuteur de la Région.",
    ),
    Criterion(
        "BUDGET_SPECIFIQUE",
        5,
        "Le lieu a son propre budget : nature et montant des charges et des produits prévisionnels.",
    ),
    Criterion("PLAFOND_80", 5, "La contribution de la Région ne dépasse pas 80 % du budget du lieu."),
    Criterion(
        "PUBLICITE",
        5,
        "Les partenaires et le public sont informés des participations de la Région et du Fonds social"
        " européen.",
    ),
)


@dataclass(frozen=True)
class GridLine:
    """A line of the scoring grid: weight in hundredths, and one sentence for each note from 0 to 5."""

    label: str
    help: str
    weight: int
    levels: tuple[str, ...]


GRID: tuple[GridLine, ...] = (
    GridLine(
        "Lieu, accès, confidentialité",
        "Adresse, accessibilité, horaires, signalétique, espace confidentiel, documentation et Internet.",
        25,
        (
            "Aucun lieu n’est identifié, ou il ne peut pas recevoir de public.",
            "Un lieu est cité ; l’accès ou la confidentialité ne sont pas assurés.",
            "Le lieu convient en partie ; des travaux ou des horaires manquent encore.",
            "Le lieu convient : accessible, confidentiel, ouvert chaque semaine sans rendez-vous.",
            "Le lieu est bien situé et ouvert largement, y compris à des heures utiles aux salariés.",
            "Le lieu est exemplaire : central, accessible à tous, ouvert le soir ou le samedi, bien équipé.",
        ),
    ),
    GridLine(
        "Projet commun et contributions",
        "Partenaires réunis, contribution de chacun écrite et confirmée, place du porteur.",
        25,
        (
            "Le porteur répond seul.",
            "Des partenaires sont cités ; aucun n’a confirmé sa contribution.",
            "Quelques partenaires ont confirmé ; des opérateurs importants manquent.",
            "La plupart des opérateurs du bassin contribuent et l’ont confirmé.",
            "Tous les opérateurs contribuent ; qui fait quoi est clair et tenu par écrit.",
            "Le projet est porté en commun : décisions partagées, moyens réunis, relais prévus.",
        ),
    ),
    GridLine(
        "Services et publics prioritaires",
        "Accueil, écoute, premier niveau d’information, réorientation ; salariés et autres actifs occupés.",
        20,
        (
            "Les services ne sont pas décrits.",
            "Les services sont cités ; le premier accueil n’est pas organisé.",
            "Le premier accueil est organisé ; les publics prioritaires ne sont pas visés.",
            "Les quatre temps de l’accueil sont assurés, pour tous les publics.",
            "Des actions visent les salariés et les actifs peu accueillis aujourd’hui.",
            "Ces publics ont contribué au projet ; l’accueil va jusqu’à eux et le résultat est mesuré.",
        ),
    ),
    GridLine(
        "Démarche de progrès",
        "Situation initiale, objectifs, moyens et échéances ; actions innovantes.",
        15,
        (
            "Aucune démarche de progrès.",
            "Des intentions, sans situation de départ ni objectif.",
            "Des objectifs, sans moyens ou sans dates.",
            "Situation de départ, objectifs, moyens et dates sont cohérents.",
            "Les objectifs sont mesurables et suivis avec les partenaires.",
            "La démarche innove, prévoit son évaluation et peut servir à d’autres bassins.",
        ),
    ),
    GridLine(
        "Budget et gestion",
        "Budget propre au lieu, équilibre, cofinancements, organisation et pilotage.",
        15,
        (
            "Le budget manque ou ne concerne pas le lieu.",
            "Le budget est incomplet ; la gestion n’est pas décrite.",
            "Le budget est équilibré ; des montants ne sont pas expliqués.",
            "Le budget est équilibré et expliqué ; la gestion est claire.",
            "Les coûts sont maîtrisés et d’autres financeurs sont engagés.",
            "Le financement est durable, la part de la Région décroît, le pilotage est partagé.",
        ),
    ),
)

WEIGHTS = 100
if sum(line.weight for line in GRID) != WEIGHTS or {len(line.levels) for line in GRID} != {NOTE_MAX + 1}:
    raise AssertionError("the starting grid weighs a hundred and says every note")
