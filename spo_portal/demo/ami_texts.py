"""Words of the demonstration's projects: what a porteur writes, what a partner brings. Nobody is named."""

from labelling.enums_ami import SectionKey

SECTIONS: dict[str, str] = {
    SectionKey.SERVICES: (
        "Le lieu accueille toute personne, avec ou sans rendez-vous : écoute de la demande, premier niveau"
        " d’information, réorientation vers l’organisme le plus qualifié. Un espace documentaire et quatre"
        " postes reliés à Internet sont en accès libre, un conseiller accompagne les moins autonomes."
    ),
    SectionKey.CONDITIONS: (
        "Le lieu est au centre de {place}, à deux minutes de l’arrêt des cars, de plain-pied. Un bureau fermé"
        " préserve la confidentialité. La signalétique régionale est posée en façade et dans le hall."
    ),
    SectionKey.CONTRIBUTIONS: (
        "Chaque partenaire tient une permanence et apporte sa documentation. Les conseillers se forment"
        " ensemble deux fois par an ; un planning commun est affiché et publié."
    ),
    SectionKey.PARTENARIATS: (
        "Le partenariat s’appuie sur le comité local d’animation du bassin {of}. Trois axes : l’ouverture aux"
        " salariés le soir, une permanence itinérante dans deux communes rurales, des ateliers communs."
    ),
    SectionKey.PROGRES: (
        "Aujourd’hui, les personnes s’adressent à quatre portes différentes. En trois ans, nous visons un"
        " accueil unique, la moitié des ouvertures sans rendez-vous et un suivi partagé des réorientations."
    ),
    SectionKey.GESTION: (
        "Un comité de pilotage réunit les partenaires chaque trimestre. Le porteur tient le budget propre du"
        " lieu, gère l’espace documentaire et rend compte à la Région."
    ),
    SectionKey.FONCTIONNEMENT: (
        "Deux personnes à temps plein : un accueil et une coordination. Le lieu dispose de 120 m², de quatre"
        " postes et d’un espace de rendez-vous. Le budget prévisionnel est joint, poste par poste."
    ),
}
PROGRESS: tuple[tuple[str, str, str], ...] = (
    (
        "Quatre accueils séparés, dont un seul le samedi",
        "Un accueil commun, cinq jours et un samedi sur deux",
        "Deux personnes à temps plein, planning partagé",
    ),
    (
        "Aucun suivi des personnes réorientées",
        "Deux réorientations sur trois confirmées par la structure qui reçoit",
        "Le portail régional et une revue mensuelle entre partenaires",
    ),
)
PARTNERS: tuple[tuple[str, str, str], ...] = (
    ("Agence pour l’emploi du bassin", "agence", "Une permanence le mardi et le jeudi, de 9 h à 12 h."),
    (
        "Réseau information jeunesse",
        "jeunesse",
        "La documentation sur les métiers et un atelier numérique par mois.",
    ),
)
AMENDED = "Une permanence le jeudi seulement, de 9 h à 12 h, et la documentation des métiers."
ERRATUM = (
    "Partie 5 : les charges de personnel mis à disposition se portent hors base, avec leur valorisation."
)
QUESTION = "Un lieu peut-il ouvrir dans les locaux d’une mairie, avec une convention d’occupation ?"
ANSWER = "Oui, si l’accès est libre aux heures d’ouverture et si un espace préserve la confidentialité."
COMPLEMENT = "Précisez les horaires du samedi et joignez l’accord écrit du propriétaire des locaux."
NOTES = (
    "Réponse étayée, chiffres à l’appui.",
    "Partenariat réel, contributions confirmées.",
    "Moyens justes, planning à préciser.",
    "Progression crédible.",
    "Budget clair et équilibré.",
)
PRESENTATION = (
    "L’instruction présente le projet. Les membres interrogent le porteur sur les horaires du samedi et sur"
    " l’accueil des salariés ; il s’engage sur une soirée par semaine."
)
AVIS = {
    "favorable": "Le lieu répond à une attente ancienne du bassin. Un bilan est demandé à six mois.",
    "reserve": "Projet utile, mais les horaires du soir restent à confirmer avant la convention.",
    "defavorable": "Le partenariat n’est pas constitué : un seul organisme s’engage par écrit.",
}
REASONS = {
    "retenue": "Projet complet, partenariat confirmé, horaires accordés aux besoins du bassin.",
    "non_retenue": "Le partenariat n’est pas constitué et un autre projet couvre déjà ce bassin.",
}
ACTIVITY = (
    "Le lieu a ouvert au public à l’été. La fréquentation a doublé en six mois ; les salariés représentent"
    " un visiteur sur quatre, surtout le jeudi soir."
)
OPENING = "La séance est ouverte à l’heure dite. Le procès-verbal précédent est adopté."
