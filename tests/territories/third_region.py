"""Files of a Region nobody has heard of: its words, networks, lists, rules and places, all invented."""

import json
from pathlib import Path

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 16"><title>Val d’Essai</title>'
    '<rect width="40" height="16" fill="#4a2f6b"/></svg>'
)
TABLES = {
    "regions.csv": """
        cle,nom,pilote
        A98,Val d’Essai,1
    """,
    "territoires.csv": """
        territoire_id,ordre,cle_region,nom,systeme,code_zone,population,lat,lon
        VDE-1,1,A98,Pays de Modèle,PAYS,1,61000,47.10,2.40
        VDE-2,2,A98,Pays de Témoin,PAYS,2,32000,47.40,2.90
    """,
    "communes.csv": """
        code_insee,nom,codes_postaux,departement,population,lat,lon
        99001,Modèle-le-Bourg,99100,99,41000,47.10,2.40
        99002,Spécimen,99100|99110,99,9000,47.15,2.45
        99003,Témoin,99200,99,21000,47.40,2.90
    """,
    "communes_zones.csv": """
        code_insee,territoire_id
        99001,VDE-1
        99002,VDE-1
        99003,VDE-2
    """,
    "communes_anciennes.csv": """
        ancien_code,ancien_nom,code_actuel
        99009,Saint-Exemple,99002
    """,
    "reseaux.csv": """
        region,code,nom,nom_court,nom_papier,ordre,logo
        A98,CARREFOUR,Carrefours des métiers,Carrefour,CARREFOURS,1,essai.svg
        A98,RELAIS,Relais de l’emploi,Relais,RELAIS EMPLOI,2,essai.svg
        A98,ATELIER,Ateliers du projet,Atelier,ATELIERS,3,essai.svg
    """,
    "commissions.csv": """
        region,ordre,nom,territoires,exemple
        A98,1,Commission du Val,VDE-1|VDE-2,0
    """,
}


PLACE = "id,{},nom,adresse,code_postal,ville,commune_insee,territoire_id,telephone,horaires_osm,lat,lon"
ALL_DAY = '"Mo-Su 00:00-24:00"'
# The space before the last quote is cut when the file is read.
BOOKED = '"Mo-Su 00:00-24:00 ""sur rendez-vous"" "'
MODELE = "1 rue de l’Exemple,99100,Modèle-le-Bourg,99001,VDE-1"
SPECIMEN = "2 rue de l’Exemple,99110,Spécimen,99002,VDE-1"
TEMOIN = "3 rue de l’Exemple,99200,Témoin,99003,VDE-2"
PLACES = {
    "structures.csv": (
        PLACE.format("reseau"),
        f"vde:1,CARREFOUR,Carrefour des métiers de Modèle,{MODELE},03 53 01 90 01,{ALL_DAY},47.10,2.40",
        f"vde:2,RELAIS,Relais de l’emploi de Spécimen,{SPECIMEN},03 53 01 90 02,{BOOKED},47.15,2.45",
        f"vde:3,ATELIER,Atelier du projet de Témoin,{TEMOIN},03 53 01 90 03,,47.40,2.90",
    ),
    "partenaires.csv": (
        PLACE.format("nature,sens_guide"),
        f"vde:4,CHAMBRE,DESTINATAIRE,Chambre d’agriculture du Val,{MODELE},03 53 01 90 04,,47.11,2.41",
    ),
}


def _item(n: int, code: str, label: str) -> dict[str, object]:
    return {"n": n, "code": code, "label": label, "court": label, "papier": label}


# Numbers of other Regions' boxes mean something else here: 21 is no status of theirs.
LISTS = {
    "A98": {
        "version": 1,
        "debut": "2014-01-01",
        "statut": [
            _item(21, "en_etudes", "En études"),
            _item(22, "en_poste", "En poste"),
            _item(23, "en_recherche", "En recherche"),
        ],
        "demande": [
            _item(31, "reconversion", "Reconversion"),
            _item(32, "installation", "Installation agricole"),
            _item(33, "emploi", "Emploi"),
        ],
        "reponse": [_item(41, "conseil", "Conseil donné"), _item(42, "atelier", "Atelier proposé")],
        "referentiel": {"statuts": {}, "demandes": {}},
    }
}
WORDS = {
    "A98": {
        "nom": "Val d’Essai",
        "slug": "val-d-essai",
        "regime": "spro",
        "service": "Service régional du conseil",
        "service_court": "SRC",
        "nom_du_site": "Conseil en Val d’Essai",
        "accueil": "Un conseiller vous reçoit près de chez vous.",
        "niveau_local": {
            "singulier": "pays", "pluriel": "pays", "genre": "masculin", "court": "pays",
            "court_pluriel": "pays",
        },
        "instance": {"sigle": "CREFOP", "nom": "Comité régional"},
        "animation": {"sigle": "Agence du Val", "nom": "Agence du Val d’Essai"},
        "couleur_principale": "#4a2f6b",
        "couleur_accent": "#8a5a00",
        "logo": "essai.svg",
        "site_public": "https://conseil.val.example",
        "ressources": [
            {
                "categorie": "S’installer", "nom": "Terres du Val", "url": "https://terres.val.example",
                "verifie_le": "", "exemple": True,
            }
        ],
    }
}  # fmt: skip
RULES = {
    "A98": [
        {
            "statuts": ["en_recherche"], "ages": [], "demandes": ["emploi", "installation"],
            "reseau": "RELAIS", "poids": 80, "raison": "En recherche : le relais tient les offres du pays.",
        },
        {
            "statuts": [], "ages": [], "demandes": ["installation"], "partenaire": "CHAMBRE",
            "poids": 60, "raison": "S’installer : la chambre accompagne le projet.",
        },
        {
            "statuts": ["en_etudes"], "ages": [], "demandes": [], "reseau": "ATELIER", "poids": 50,
            "raison": "En études : l’atelier aide à choisir.",
        },
    ]
}  # fmt: skip


def write_files(folder: Path) -> Path:
    """Write the Region's directory, as a Region would hand it over."""
    (folder / "logos").mkdir(parents=True)
    (folder / "logos" / "essai.svg").write_text(LOGO, encoding="utf-8")
    for name, text in TABLES.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, rows in PLACES.items():
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    for name, document in (("listes.json", LISTS), ("vocabulaire.json", WORDS), ("regles.json", RULES)):
        (folder / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return folder
