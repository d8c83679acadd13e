"""The text a convention multipartite starts from: articles in the region's words, to be rewritten freely.

Facts: GUIDE, « Labellisation », « Niveaux de service SPO », « Rôle de la Coordination territoriale ». Words
between double brackets are filled when the text is shown: organisations, places, dates.
"""

BODIES, PLACES, STARTS, ENDS = "[[organisations]]", "[[lieux]]", "[[début]]", "[[fin]]"
MARKS = {
    BODIES: "les organisations qui s’engagent, d’après la liste des parties",
    PLACES: "leurs lieux d’accueil sur le territoire, d’après l’annuaire",
    STARTS: "le premier jour de la convention",
    ENDS: "le dernier jour de la convention",
}

TITLE = "Convention multipartite de labellisation, {territory_word} {of_territory}"

ARTICLES = """{title}

Entre les organisations suivantes :

[[organisations]]

Il est convenu ce qui suit.

Préambule

Le {service_name} ({service_short}) garantit à toute personne le droit d’être informée, conseillée \
et accompagnée en matière d’orientation. Plusieurs réseaux partagent cette mission sur chaque \
{territory_word}. Une seule demande de label y est déposée auprès du préfet de région : elle \
comprend le dossier de demande et la présente convention.

Article 1 – Objet

La convention fixe les engagements communs des organisations signataires pour l’accueil, \
l’information et le conseil en orientation sur la {territory_word} {of_territory}. Elle est jointe \
au dossier de demande de label.

Article 2 – Lieux concernés

Les lieux d’accueil suivants sont proposés au label ou y participent :

[[lieux]]

La grille des services de chaque lieu, annexée au dossier de demande, dit ce que chacun propose et \
sous quelle forme.

Article 3 – Accueil de tout public

Chaque lieu labellisé accueille toute personne en recherche d’emploi ou salariée, quel que soit son \
âge ou son statut. Quand la demande relève d’un autre lieu, la personne y est orientée avec une \
fiche de contact, et le rendez-vous est pris chaque fois que c’est possible.

Article 4 – Principes du cahier des charges

Les organisations signataires s’engagent sur les principes suivants :

- gratuité : l’accueil, l’information et le conseil ne coûtent rien à la personne ;
- accessibilité : les lieux, les horaires et les documents sont accessibles à tous, y compris aux \
personnes en situation de handicap ;
- qualité : l’information est complète, objective et tenue à jour ; les professionnels sont formés ;
- égalité : chaque personne est reçue avec la même attention, où qu’elle s’adresse ;
- confidentialité : ce que dit la personne reste entre elle et son conseiller.

Article 5 – Permanence sans rendez-vous

Chaque réseau propose, sur le territoire, une permanence sans rendez-vous sur la moitié au moins de \
ses heures d’ouverture hebdomadaires (50 %). Le réseau qui ne peut pas la tenir est partenaire \
associé : il participe à la démarche sans être labellisé.

Article 6 – Niveaux de service

Les organisations signataires rendent ensemble les trois niveaux de service :

- l’accueil individualisé et le premier conseil ;
- une information exhaustive et objective sur les métiers, les formations, l’alternance et la \
validation des acquis de l’expérience ;
- le conseil personnalisé, que chaque réseau réalise pour son public.

Article 7 – Coordination territoriale

Un coordinateur territorial, désigné sur proposition des réseaux après consensus entre l’État et la \
Région, anime la démarche. Il organise la concertation, suit les indicateurs et tient le tableau de \
bord du territoire.

Chaque organisation signataire désigne un référent. Les référents forment avec le chargé de mission \
territoriale de la Région et l’animateur territorial de l’État le comité technique territorial, qui \
met en œuvre la convention et veille à l’atteinte de ses objectifs.

Article 8 – Plan d’action

Les organisations signataires conduisent un plan d’action progressif sur cinq ans. Elles échangent \
leurs pratiques, partagent leurs outils et se forment ensemble. Un groupe d’usagers, réuni deux fois \
par an, donne son avis sur les services rendus.

Article 9 – Indicateurs et évaluation

Chaque organisation fournit les données du tableau de bord, sans aucune donnée nominative sur les \
personnes reçues. L’évaluation est présentée chaque année au comité technique territorial et \
transmise au {body_name}.

Article 10 – Durée

La convention court du [[début]] au [[fin]].

Article 11 – Avenant

Toute modification des engagements, des organisations signataires ou des lieux fait l’objet d’un \
avenant signé par toutes les organisations. La convention reste applicable tant que l’avenant n’est \
pas signé par toutes.

Article 12 – Retrait et résiliation

Une organisation qui ne peut plus tenir ses engagements en avertit la coordination par écrit, avec \
un préavis de trois mois. La coordination en informe le préfet de région : le label des lieux \
concernés est revu.
"""
