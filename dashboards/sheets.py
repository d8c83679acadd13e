"""The definition sheets. Texts are read on the page « Définitions » and printed with the annual report."""

from django.conf import settings

from dashboards.indicators import (
    AREAS,
    BOX,
    MEDIAN,
    OPEN,
    RATE,
    Direction,
    Indicator,
    Level,
    Theme,
    Unit,
    declare,
)

_FICHES = "Fiches contact saisies à l’écran, en pile papier ou importées."
_LOOP = (
    "Fiches réorientées et suites dites par le lieu d’arrivée ou par la personne, avec le code de la fiche."
)
_HOURS = (
    "Horaires tenus par chaque lieu : semaine ordinaire, de 8 h à 19 h, fermetures exceptionnelles à part."
)
_DIRECTORY = "Annuaire des lieux : lieux ouverts au public, membres d’un réseau."

declare(
    Indicator(
        "contacts",
        "Contacts",
        Theme.ACTIVITY,
        "Nombre de fiches contact. Un contact compte une fois, qu’il soit résolu sur place ou réorienté ; "
        "une personne reçue deux fois compte deux fois.",
        _FICHES + " Le jour de la fiche décide du mois et de l’année, à l’heure de Paris.",
        Unit.FICHES,
        Direction.UP,
        BOX,
        target=True,
    ),
    Indicator(
        "reorientes",
        "Part réorientée",
        Theme.ACTIVITY,
        "Fiches qui envoient la personne vers au moins une structure, rapportées à toutes les fiches.",
        _FICHES,
        Unit.PERCENT,
        Direction.NEUTRAL,
        RATE,
    ),
    Indicator(
        "sur_place",
        "Part résolue sur place",
        Theme.ACTIVITY,
        "Fiches sans structure de destination, rapportées à toutes les fiches. Avec la part réorientée, "
        "elles font 100 %.",
        _FICHES,
        Unit.PERCENT,
        Direction.NEUTRAL,
        RATE,
    ),
)

declare(
    Indicator(
        "boucles_fermees",
        "Boucles fermées",
        Theme.FLOWS,
        "Fiches réorientées dont la suite est connue, rapportées à toutes les fiches réorientées. "
        "Toute suite ferme la boucle, « jamais venue » comprise.",
        _LOOP,
        Unit.PERCENT,
        Direction.UP,
        RATE,
        target=True,
    ),
    Indicator(
        "delai_arrivee",
        "Délai jusqu’à l’accueil suivant",
        Theme.FLOWS,
        "Médiane du nombre de jours entre la fiche et la suite, quand la personne a été reçue, a un "
        "rendez-vous ou a été réorientée ailleurs : la moitié arrive avant, l’autre après. "
        "Au-delà de 90 jours, on compte 90.",
        _LOOP,
        Unit.DAYS,
        Direction.DOWN,
        MEDIAN,
        target=True,
    ),
    Indicator(
        "jamais_venue",
        "Jamais venues",
        Theme.FLOWS,
        "Fiches dont la suite est « jamais venue », rapportées aux fiches réorientées dont la "
        "suite est connue.",
        _LOOP,
        Unit.PERCENT,
        Direction.DOWN,
        RATE,
        target=True,
    ),
    Indicator(
        "lieux_labellises",
        "Lieux labellisés",
        Theme.PLACES,
        "Lieux qui portent le label un jour donné, rapportés aux lieux existants. Sans objet dans une région "
        "où l’État ne délivre pas de label : on y compte les lieux.",
        _DIRECTORY + " Décisions de labellisation notées par la région.",
        Unit.PERCENT,
        Direction.UP,
        OPEN,
        "Comptages publiés en octobre 2013, puis calcul au jour le jour.",
        levels=AREAS,
        target=True,
    ),
    Indicator(
        "sans_rdv_lieu",
        "Ouverture sans rendez-vous",
        Theme.PLACES,
        "Minutes d’ouverture sans rendez-vous rapportées à toutes les minutes d’ouverture d’une "
        "semaine ordinaire.",
        _HOURS,
        Unit.PERCENT,
        Direction.UP,
        OPEN,
        "Depuis que les lieux tiennent leurs horaires ici.",
        target=True,
    ),
    Indicator(
        "sans_rdv_reseau",
        "Réseaux sous 50 % sans rendez-vous",
        Theme.PLACES,
        "Réseaux dont tous les lieux du territoire, ensemble, offrent moins de la moitié de leurs heures "
        "sans rendez-vous. Le portail calcule et prévient ; une personne décide.",
        _HOURS,
        Unit.NETWORKS,
        Direction.DOWN,
        OPEN,
        "Depuis que les lieux tiennent leurs horaires ici.",
        levels=AREAS,
    ),
    Indicator(
        "heures_sans_porte",
        "Heures sans porte ouverte",
        Theme.PLACES,
        "Heures d’une semaine ordinaire, du lundi au samedi de 8 h à 19 h, pendant lesquelles aucun lieu du "
        "territoire ne reçoit sans rendez-vous.",
        _HOURS,
        Unit.HOURS,
        Direction.DOWN,
        OPEN,
        "Depuis que les lieux tiennent leurs horaires ici.",
        levels=(Level.TERRITORY,),
        target=True,
    ),
    Indicator(
        "lieux_silencieux",
        "Lieux silencieux",
        Theme.QUALITY,
        f"Lieux ouverts, membres d’un réseau, sans aucune fiche depuis {settings.SILENT_SITE_DAYS} jours, "
        "ou qui n’en ont jamais saisi.",
        _DIRECTORY + " Date de la dernière fiche de chaque lieu.",
        Unit.SITES,
        Direction.DOWN,
        OPEN,
        levels=AREAS,
        target=True,
    ),
    Indicator(
        "saisie_tardive",
        "Fiches saisies en retard",
        Theme.QUALITY,
        f"Fiches enregistrées plus de {settings.LATE_ENTRY_DAYS} jours après le contact, rapportées à toutes "
        "les fiches. Une pile papier saisie le mois suivant est en retard.",
        _FICHES,
        Unit.PERCENT,
        Direction.DOWN,
        RATE,
        target=True,
    ),
    Indicator(
        "cibles_atteintes",
        "Cibles atteintes",
        Theme.QUALITY,
        "Indicateurs dont la valeur de l’année atteint la cible du territoire ou, à défaut, celle "
        "de la région.",
        "Cibles fixées par la coordination ou par la région, et chiffres de l’année.",
        Unit.TARGETS,
        Direction.UP,
        "Une cible dont le chiffre est masqué n’est comptée ni atteinte ni manquée.",
        "Depuis la première cible fixée.",
        levels=AREAS,
    ),
)
