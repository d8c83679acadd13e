"""Parts of the annual report, in the order they are printed (GUIDE, « Tableau de bord du territoire »).

``comment`` is the question put to the coordinator beside the figures; a part without one takes no comment.
``required`` parts must be commented before the report can be marked as complete; the opinion of the committee
is asked for at the signature.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part: its key in addresses and tables, its title, what the coordinator is asked."""

    key: str
    title: str
    comment: str = ""
    required: bool = False

    @property
    def takes_comment(self) -> bool:
        return bool(self.comment)


BRIEF, TERRITORY, OFFER = "annee", "territoire", "offre"
ACTIVITY, REQUESTS, OUTCOMES = "activite", "demandes", "suites"
PARTNERS, LABEL, TARGETS = "partenariats", "label", "cibles"
PLAN, OPINION, ANNEXES, METHODS = "plan", "avis", "annexes", "methode"

PARTS = (
    Part(BRIEF, "L’année en bref", "Les faits marquants de l’année, en quelques lignes.", required=True),
    Part(TERRITORY, "Le territoire", "Ce qui a changé sur le territoire : emploi, population, transports."),
    Part(OFFER, "L’offre d’accueil", "Ouvertures, fermetures, horaires : ce qui a changé et pourquoi."),
    Part(
        ACTIVITY,
        "L’activité",
        "Comment expliquer la hausse, la baisse ou les mois les plus chargés ?",
        required=True,
    ),
    Part(
        REQUESTS,
        "Les demandes des usagers",
        "Ce que les personnes demandent, et ce qui manque pour y répondre.",
    ),
    Part(OUTCOMES, "Ce que deviennent les réorientations", "Délais, retours, personnes jamais venues."),
    Part(PARTNERS, "Les partenariats", "Partenaires associés, actions communes, conventions."),
    Part(LABEL, "Label ou appel à manifestation", "Lieux labellisés ou retenus, démarches en cours."),
    Part(TARGETS, "Les cibles de l’année", "Pourquoi une cible est atteinte ou manquée."),
    Part(
        PLAN,
        "Plan d’action et perspectives",
        "Actions menées cette année, actions prévues l’an prochain.",
        required=True,
    ),
    Part(
        OPINION,
        "Avis du comité technique territorial",
        "L’avis du CTT, tel qu’il figure à son relevé de décisions.",
    ),
    Part(ANNEXES, "Annexes"),
    Part(METHODS, "Comment les chiffres sont faits"),
)
BY_KEY = {part.key: part for part in PARTS}
COMMENTED = tuple(part for part in PARTS if part.takes_comment)
REQUIRED = tuple(part for part in PARTS if part.required)

# Parts of the regional synthesis.
SYNTHESIS_PARTS = (
    Part(BRIEF, "L’année dans la région", "Ce que l’année a d’important pour la région.", required=True),
    Part(OFFER, "L’offre d’accueil et le label", "Ce que montrent les lieux, les horaires et le label."),
    Part(ACTIVITY, "L’activité des territoires", "Lecture des écarts entre territoires."),
    Part(REQUESTS, "Les demandes des usagers", "Ce que les personnes demandent dans la région."),
    Part(OUTCOMES, "Ce que deviennent les réorientations", "Délais et suites dans la région."),
    Part("paroles", "Ce que disent les territoires", "Ce qui ressort des commentaires des coordinateurs."),
    Part(PLAN, "Perspectives", "Ce que l’animation régionale propose pour l’an prochain."),
    Part("rapports", "Les rapports repris"),
    Part(METHODS, "Comment les chiffres sont faits"),
)
SYNTHESIS_BY_KEY = {part.key: part for part in SYNTHESIS_PARTS}
