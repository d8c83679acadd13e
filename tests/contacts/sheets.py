"""Sample sheets: two regions, invented places, telephone numbers reserved for fiction, no person's name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from contacts.documents import Brand, Destination, Item, Place, Rdv, Sheet
from territories.reference import BUILTIN


def logo(name: str) -> str:
    return (BUILTIN / "logos" / f"{name}.svg").read_text(encoding="utf-8")


NETWORKS = tuple(
    (code, name, logo(code))
    for code, name in (
        ("cio", "CIO"),
        ("eif", "EIF"),
        ("fongecif", "FONGECIF"),
        ("mission_locale", "MISSION LOCALE"),
        ("pole_emploi", "PÔLE EMPLOI"),
        ("pij", "RIJ"),
        ("universite", "UNIVERSITÉS"),
    )
)
NORD = Brand(
    primary="#0f4c5c",
    soft="#e8f1f2",
    accent="#e9a23b",
    service="Service public de l’orientation",
    short="SPO",
    region="Région Nord-Pas de Calais",
    logo_svg=logo("region-a31"),
    site="orientation-nord.example",
    leaflet_word="la plaquette SPO",
    resources=(
        ("Découvrir un métier", (("Métiers en région", "metiers.example"), ("Onisep", "onisep.example"))),
        (
            "Trouver une formation",
            (("L’offre de formation", "formation.example"), ("Vos questions", "faq.example")),
        ),
        ("Faire reconnaître votre expérience (VAE)", (("VAE", "vae.example"),)),
        ("Créer ou reprendre une entreprise", (("Je crée", "creation.example"),)),
        (
            "Les sites de nos partenaires",
            tuple((name.capitalize(), f"{code}.example") for code, name, _ in NETWORKS),
        ),
    ),
    networks=NETWORKS,
)
POITOU = replace(
    NORD,
    primary="#7a2e1d",
    soft="#f7ece4",
    accent="#3f7d58",
    service="Service public régional de l’orientation",
    short="SPRO",
    region="Région Poitou-Charentes",
    logo_svg=logo("region-a54"),
    site="orientation-poitou.example",
    leaflet_word="la plaquette SPRO",
    networks=tuple(network for network in NETWORKS if network[0] not in ("eif", "fongecif", "pij")),
)

STATUTS = tuple(
    Item(n, label)
    for n, label in enumerate(
        (
            "Scolarisé",
            "Étudiant",
            "Salarié",
            "Stagiaire FC",
            "Demandeur d’emploi inscrit",
            "Fonctionnaire",
            "Demandeur d’emploi non inscrit",
            "Alternants (apprenti, contrat pro)",
            "Actif non salarié (artisan, prof. lib., assoc., intermittent, auto-entrep.)",
            "Autre",
        ),
        1,
    )
)
TWELVE = (*STATUTS[:9], Item(10, "Volontaire en service civique"), Item(11, "Retraité"), Item(12, "Autre"))
DEMANDES = tuple(
    Item(n, label)
    for n, label in enumerate(
        ("Métier", "Formation", "Emploi", "VAE", "Financement", "Création/reprise d’entreprise", "Autre"), 1
    )
)

ML = Destination(
    Place(
        "Mission locale de Lille",
        "5 boulevard du Canal",
        "59000",
        "Lille",
        "0353010001",
        "accueil@ml.example",
    )
)
PE = Destination(
    Place(
        "Pôle emploi - Lille - Vaucanson", "21 rue des Filtiers", "59000", "Lille", "3949", "lille@pe.example"
    )
)
EIF = Destination(
    Place(
        "Espace Info Formation de Lille",
        "1 place du Marché",
        "59000",
        "Lille",
        "0353010003",
        "eif@region.example",
    )
)
FONGECIF = Destination(
    Place(
        "Fongecif, antenne de Lille",
        "2 rue du Faubourg",
        "59000",
        "Lille",
        "0353010004",
        "lille@fongecif.example",
    )
)
SUIO = Destination(
    Place(
        "Service universitaire d’information et d’orientation (SUIO) - Université Lille 2",
        "42 rue des Écoles",
        "59000",
        "Lille",
        "0353010005",
        "suio@universite.example",
    )
)
SUIO_LONG = Destination(
    Place(
        "Service universitaire d’information et d’orientation (SUIO) - Université Lille 3 - Secteur "
        "sciences humaines et sociales",
        "Domaine universitaire, rue du Barreau, bâtiment F, niveau forum, entrée par la galerie, BP 60149",
        "59653",
        "Villeneuve-d’Ascq Cedex",
        "0353010006",
        "service.universitaire.information.orientation.sciences.humaines@universite-lille-3.example",
    )
)
CRIJ_LONG = Destination(
    Place(
        "Centre régional d’information jeunesse du Nord-Pas de Calais - Point information jeunesse "
        "intercommunal de Villeneuve-d’Ascq et Mons-en-Barœul",
        "Maison de la jeunesse et de l’initiative locale, 223 avenue de la Liberté prolongée",
        "59650",
        "Villeneuve-d’Ascq",
        "0353010007",
        "point.information.jeunesse.intercommunal@villeneuve-dascq-mons.example",
    )
)
RDV = Rdv(
    "jeudi 26 novembre 2026 à 14 h 30",
    "Mission locale de Lille, 5 boulevard du Canal, 1er étage",
    "Conseiller, Mission locale de Lille, 03 53 01 00 08",
)
SENTENCE = (
    "Apportez de quoi écrire et les brochures déjà reçues ; "
    "l’entrée se trouve derrière la poste, porte bleue."
)
POSTAL = (
    "Madame Exemple",
    "Appartement 12, escalier B",
    "Résidence des Tilleuls",
    "14 rue du Moulin",
    "59000 LILLE",
)

BASE = Sheet(
    brand=NORD,
    network_code="cio",
    jour=date(2026, 11, 20),
    sexe="femme",
    age="moins_26",
    statuts=STATUTS,
    statut=7,
    demandes=DEMANDES,
    demandes_ticked=frozenset({1, 2}),
    reponses=DEMANDES,
    reponses_ticked=frozenset({1}),
    precisions="Souhaite travailler en cuisine. Cherche une formation courte, accessible en métro ; "
    "disponible dès janvier.",
    destinations=(ML, PE),
    structure="Centre d’information et d’orientation (CIO)",
    city="Lille",
    counsellor="Conseillère, CIO Lille",
    objet="un métier et une formation",
    code="K7PM3XWR9",
    base_url="https://orientation-nord.example",
)
VARIANTS: dict[str, tuple[Sheet, int]] = {
    "one": (replace(BASE, destinations=(ML,)), 2),
    "one-booked": (replace(BASE, destinations=(replace(ML, rdv=RDV),)), 2),
    "two": (BASE, 2),
    "two-booked": (replace(BASE, destinations=(replace(ML, rdv=RDV), PE)), 2),
    "five": (replace(BASE, destinations=(ML, PE, EIF, FONGECIF, SUIO), age="plus_26", statut=3), 3),
    "long-names": (
        replace(
            BASE,
            destinations=(SUIO_LONG, CRIJ_LONG),
            network_code="universite",
            sexe="",
            age="",
            statut=9,
            demandes_ticked=frozenset(range(1, 8)),
            reponses_ticked=frozenset(range(1, 7)),
            structure="Service universitaire d’information et d’orientation (SUIO) - Université Lille 1 - "
            "Secteur sciences et technologies",
            city="Villeneuve-d’Ascq",
            precisions="Artisan menuisier qui veut devenir formateur en lycée professionnel ; compare "
            "licence professionnelle, VAE et titre. Question de financement pendant l’arrêt de l’activité. "
            "Revient en mars.",
            objet="un métier, une formation, un emploi, la VAE, un financement, la création ou la reprise "
            "d’une entreprise, autre chose",
        ),
        3,
    ),
    "on-the-spot": (
        replace(BASE, destinations=(), code=None, sexe="homme", age="plus_26", statut=3, objet=""),
        1,
    ),
    "second-region": (
        replace(
            BASE,
            brand=POITOU,
            network_code="mission_locale",
            destinations=(replace(ML, rdv=RDV),),
            sexe="homme",
            statut=1,
        ),
        2,
    ),
    "twelve-statuts": (replace(BASE, statuts=TWELVE, statut=10), 2),
    "sentence": (replace(BASE, destinations=(replace(ML, rdv=RDV), PE), sentence=SENTENCE), 2),
    "no-code": (replace(BASE, code=None), 2),
}
