"""The text that a new call starts with: the five sections of the AMI, written for the region that opens it.

Facts from the AMI (2015); the wording is ours, and the Region rewrites it as it likes before the call opens.
"""

from dataclasses import dataclass

from spo_portal.kernel.typography import number


@dataclass(frozen=True)
class Words:
    """The region's own words, and how many bassins and commissions it counts."""

    service: str
    body: str
    bassin: str
    bassins: str
    bassins_count: int
    commissions_count: int


SUMMARY = (
    "La Région recherche au moins un lieu mutualisé d’accueil et d’information, ouvert à tous, dans chacun"
    " de ses {count} {bassins}. Les partenaires d’un territoire répondent ensemble, par un porteur qu’ils"
    " désignent."
)

SECTIONS: tuple[tuple[str, str], ...] = (
    (
        "Constats et enjeux",
        """De nombreux organismes informent et accompagnent les personnes dans leur orientation \
professionnelle. Chacun s’adresse le plus souvent à un public précis : il n’est pas toujours facile de \
savoir à quelle porte frapper.

« {service} » rapproche ces organismes. La priorité va aux publics que les réseaux reçoivent peu \
aujourd’hui, en particulier les salariés et les autres actifs occupés.

La Région part d’un diagnostic des habitants, des territoires et de leurs attentes. Elle fixe les normes \
de qualité et le cahier des charges, et coordonne l’offre des réseaux. Chacun doit pouvoir trouver près \
de chez lui un accueil qu’il reconnaît, où qu’il habite et à tout moment de sa vie active.

Les actions menées en commun complètent le métier de chaque partenaire ; elles ne le remplacent pas.""",
    ),
    (
        "Objectifs de l’appel à manifestation d’intérêt",
        """Cet appel recherche au moins un lieu mutualisé dans chacun des {count} {bassins} de la région. \
Le projet est commun à l’ensemble des partenaires du territoire.

Ce que le lieu offre :
- une porte ouverte à toute personne qui le demande, quelle que soit sa situation ;
- une place qui complète les implantations des opérateurs, et qui peut être un lieu existant ;
- un accès facile et la signalétique « {service} » ;
- un premier accueil : écouter la demande, remettre un premier niveau d’information, réorienter si besoin \
;
- un espace confidentiel, un espace documentaire et un accès gratuit à Internet, avec une aide pour les \
personnes les moins autonomes ;
- la reconnaissance des opérateurs locaux, qui prennent chacun part au service.

Ce que le dossier présente :
- les services proposés : accueil, prise en compte de la demande, information, Internet, documentation ;
- les conditions des services : adresse, horaires d’ouverture, moyens de joindre le lieu ;
- la contribution de chaque partenaire, confirmée par lui ;
- les partenariats existants, les axes de développement et les actions innovantes ;
- la démarche de progrès : la situation initiale, l’objectif, les moyens et les échéances ;
- la gestion et l’administration : coordination, manifestations, communication, documentation.""",
    ),
    (
        "Le porteur du projet",
        """Les partenaires désignent un porteur. Il tient le lieu mutualisé et gère son espace \
documentaire.

Il présente dans le dossier le fonctionnement du lieu (moyens humains et techniques), l’organisation \
retenue et un budget prévisionnel. Il est l’interlocuteur de la Région pour la coordination et \
l’animation du lieu.""",
    ),
    (
        "La coordination du service dans les territoires",
        """La Région arrête un schéma régional, en lien avec le {body}. Dans les territoires, « {service} \
» est conduit par {commissions}, animées par des élus régionaux. Chacune couvre de un à trois {bassins}. \
La commission suit les projets et donne un avis sur chacun d’eux.

Dans chaque {bassin}, un chargé de mission de la Région réunit un comité local d’animation. Ce comité \
organise la coopération des opérateurs, veille à la mise en œuvre et suit l’activité du lieu.

Les chargés de mission de la Région peuvent aider à préparer les dossiers.""",
    ),
    (
        "Les moyens",
        """La Région apporte ses chargés de mission, des conseillers tuteurs en insertion, ses espaces \
d’information, un programme de professionnalisation et des outils collaboratifs. Elle peut aussi soutenir \
le fonctionnement du lieu.

Le porteur établit un budget propre au lieu : nature et montant des charges et des produits \
prévisionnels. La part de la Région ne dépasse pas 80 % des charges prévisionnelles. Les contributions \
volontaires sont montrées à part.

Le porteur fait connaître à ses partenaires et au public les participations de la Région et du Fonds \
social européen.""",
    ),
)


def summary(words: Words) -> str:
    return _filled(SUMMARY, words)


def sections(words: Words) -> list[dict[str, str]]:
    """The five sections, as ``AmiCall.sections`` keeps them."""
    return [{"titre": _filled(title, words), "texte": _filled(text, words)} for title, text in SECTIONS]


def _filled(text: str, words: Words) -> str:
    commissions = f"{number(words.commissions_count)} commissions territoriales"
    return text.format(
        service=words.service,
        body=words.body,
        bassin=words.bassin,
        bassins=words.bassins,
        count=number(words.bassins_count),
        commissions=commissions if words.commissions_count > 1 else "les commissions territoriales",
    )
