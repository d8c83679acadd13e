"""The built-in reference is complete and invented where it must be; the readers refuse, they never raise."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from territories.hours import opening_minutes, parse_osm, walk_in_minutes
from territories.reference import BUILTIN, Reference, documents, read_reference, tables
from territories.reference.colours import contrast, problem
from territories.reference.demo import STREETS, of
from territories.reference.fields import BadField
from territories.reference.rows import AGES
from territories.reference.svg import check_svg
from tests.territories.coverage import MINIMUM, best_rules, coverage

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="real reference data (../shared/data) is not beside the project"
)
SUBPREFECTURES = """
59350 59036 59122 59178 59183 59606 62041 62119 62160 62193 62498 62588 62765
16015 16102 16106 17300 17197 17299 17415 17347 79191 79049 79202 86194 86066 86165
""".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def reference() -> Reference:
    return read_reference()


def region_of(reference: Reference) -> dict[str, str]:
    return {t.reference_id: t.region for t in reference.territories}


# The built-in reference


def test_nothing_of_the_builtin_reference_is_refused(reference: Reference) -> None:
    assert reference.refusals == []


def test_two_regions_thirty_four_territories(reference: Reference) -> None:
    assert [r.code for r in reference.regions] == ["A31", "A54"]
    assert Counter(t.region for t in reference.territories) == {"A31": 15, "A54": 19}
    assert {t.kind for t in reference.territories if t.region == "A31"} == {"zone_emploi"}
    assert {t.kind for t in reference.territories if t.region == "A54"} == {"bassin_emploi"}
    for region, count in (("A31", 15), ("A54", 19)):
        orders = sorted(t.order for t in reference.territories if t.region == region)
        assert orders == list(range(1, count + 1))


def test_every_territory_has_towns_and_sites(reference: Reference) -> None:
    towns = Counter(c.territory for c in reference.communes)
    sites = Counter(s.territory for s in reference.sites)
    for territory in reference.territories:
        assert towns[territory.reference_id] >= 3, territory
        assert 5 <= sites[territory.reference_id] <= 12, territory
        assert {p.direction for p in reference.partners if p.territory == territory.reference_id} >= {
            "destinataire",
            "prescripteur",
        }


def test_prefectures_and_sous_prefectures_are_there(reference: Reference) -> None:
    assert {c.code_insee for c in reference.communes} >= set(SUBPREFECTURES)


def test_old_names_find_todays_commune(reference: Reference) -> None:
    names = {c.code_insee: c.former_names for c in reference.communes}
    assert "Lomme" in names["59350"]
    assert "Saint-Pol-sur-Mer" in names["59183"]


def test_points_are_rounded(reference: Reference) -> None:
    points = [(t.latitude, t.longitude) for t in reference.territories]
    points += [(c.latitude, c.longitude) for c in reference.communes]
    assert all(value == round(value or 0, 2) for point in points for value in point)


def test_seven_networks_per_region_with_paper_names_and_logos(reference: Reference) -> None:
    assert Counter(r.region for r in reference.reseaux) == {"A31": 7, "A54": 7}
    npdc = sorted((r for r in reference.reseaux if r.region == "A31"), key=lambda r: r.order)
    assert [r.paper_name for r in npdc] == [
        "CIO",
        "EIF",
        "FONGECIF",
        "MISSION LOCALE",
        "PÔLE EMPLOI",
        "RIJ",
        "UNIVERSITÉS",
    ]
    assert all(r.logo_svg.startswith("<svg ") for r in reference.reseaux)


def test_table_of_2013_adds_up(reference: Reference) -> None:
    """GUIDE p. 24: 260 labelled places out of 384."""
    assert sum(r.labelled for r in reference.history) == 260
    assert sum(r.existing for r in reference.history) == 384
    assert {r.counted_on for r in reference.history} == {date(2013, 10, 1)}


def test_ten_example_commissions_cover_the_nineteen_bassins(reference: Reference) -> None:
    covered = [t for c in reference.commissions for t in c.territories]
    assert len(reference.commissions) == 10
    assert len(covered) == len(set(covered)) == 19
    assert all(1 <= len(c.territories) <= 3 for c in reference.commissions)
    assert all(c.example and "exemple" in c.name for c in reference.commissions)


# Lists, words, colours


def test_codes_and_numbers_of_the_fiche_never_change(reference: Reference) -> None:
    """A fiche stores ``n``: these pairs are written on purpose, do not adapt them to the file."""
    statuts = {
        1: "scolarise",
        2: "etudiant",
        3: "salarie",
        4: "stagiaire_fc",
        5: "de_inscrit",
        6: "de_non_inscrit",
        7: "fonctionnaire",
        8: "alternant",
        9: "actif_non_salarie",
        10: "autre",
    }
    demandes = {
        1: "metier",
        2: "formation",
        3: "emploi",
        4: "vae",
        5: "financement",
        6: "creation_reprise",
        7: "autre",
    }
    assert {v.region: v.starts_on for v in reference.lists} == {
        "A31": date(2013, 10, 1),
        "A54": date(2015, 1, 1),
    }
    for version in reference.lists:
        assert version.number == 1
        assert {i.n: i.code for i in version.statuts} == statuts
        assert {i.n: i.code for i in version.demandes} == demandes
        assert {i.n: i.code for i in version.reponses} == demandes
        assert version.referentiel_demandes["orientation"] == ("autre",)
        assert version.referentiel_demandes["bilan"] == ("autre",)
        assert [i["n"] for i in version.items()["statut"]] == list(range(1, 11))
        assert version.numbers_of(version.statuts, ("autre", "scolarise")) == [1, 10]


def test_words_of_each_regime(reference: Reference) -> None:
    words = {v.region: v for v in reference.vocabularies}
    assert (words["A31"].regime, words["A31"].service_short, words["A31"].body_name) == (
        "spo",
        "SPO",
        "CCREFP",
    )
    assert (words["A54"].regime, words["A54"].service_short, words["A54"].body_name) == (
        "spro",
        "SPRO",
        "CREFOP",
    )
    assert words["A31"].territory_word == "zone d’emploi formation"
    assert words["A54"].territory_word == "bassin d’emploi"


def test_colours_keep_their_contrast(reference: Reference) -> None:
    for words in reference.vocabularies:
        assert contrast(words.brand_primary) >= 7
        assert contrast(words.brand_accent) >= 3
    assert contrast("#000000") == pytest.approx(21)
    assert "contraste" in problem("#bf5a1c", 7)
    assert "État" in problem("#000091", 7)
    assert problem("bleu", 7)


def test_verso_lists_only_placeholders(reference: Reference) -> None:
    """The addresses of 2013 are unverified and several services are gone: none is shipped."""
    for words in reference.vocabularies:
        assert all(re.match(r"https://[a-z.-]+\.example$", r.url) for r in words.resources)
        assert all(r.example and r.checked_on is None and r.printable for r in words.resources)
        assert not replace(words.resources[0], example=False).printable
        assert len(words.printed_resources()) >= 5


def french_texts(reference: Reference) -> list[str]:
    texts = [r.reason for r in reference.rules] + [v.welcome_sentence for v in reference.vocabularies]
    texts += [i.label for v in reference.lists for i in (*v.statuts, *v.demandes)]
    return texts + [s.name for s in reference.sites] + [s.hours_note for s in reference.sites]


def test_french_typography(reference: Reference) -> None:
    for text in french_texts(reference):
        assert "'" not in text, text
        assert not re.search(r"[^\u202f][;?!]|[^\u00a0]:", text), text


# Rules


def test_each_situation_has_two_doors(reference: Reference) -> None:
    for version in reference.lists:
        rules = [r for r in reference.rules if r.region == version.region]
        assert coverage(rules, version) == []


def test_two_doors_really_exist_on_each_territory(reference: Reference) -> None:
    """One door at least on the territory itself, two in the Region."""
    regions = region_of(reference)
    places = [
        *reference.sites,
        *(p for p in reference.partners if p.direction in ("destinataire", "les_deux")),
    ]
    for version in reference.lists:
        rules = [r for r in reference.rules if r.region == version.region]
        in_region = {p.reseau or p.partner_kind for p in places if regions[p.territory] == version.region}
        local = [
            {p.reseau or p.partner_kind for p in places if p.territory == t.reference_id}
            for t in reference.territories
            if t.region == version.region
        ]
        for statut in version.statuts:
            for demande in version.demandes:
                for age in AGES:
                    best = best_rules(rules, statut=statut.code, age=age, demandes=[demande.code])
                    found = {r.destination for r in best}
                    assert len(found & in_region) >= MINIMUM, (version.region, statut.code, demande.code, age)
                    assert all(found & here for here in local), (
                        version.region,
                        statut.code,
                        demande.code,
                        age,
                    )


def test_rules_never_name_a_training_body_or_a_prescripteur(reference: Reference) -> None:
    sends_us = {p.partner_kind for p in reference.partners if p.direction in ("prescripteur", "")}
    assert not sends_us & {r.destination for r in reference.rules}


def test_the_counsellors_example(reference: Reference) -> None:
    """Under 26, not registered, formation and emploi: mission locale, then Pôle emploi."""
    rules = [r for r in reference.rules if r.region == "A31"]
    best = best_rules(rules, statut="de_non_inscrit", age="moins_26", demandes=["formation", "emploi"])
    assert [r.reseau for r in best][:2] == ["MISSION_LOCALE", "POLE_EMPLOI"]
    assert best[0].reason.startswith("Moins de 26 ans, à la recherche d’un emploi")


def test_an_age_not_given_is_not_presumed(reference: Reference) -> None:
    for rule in reference.rules:
        if rule.reason.startswith("Moins de 26 ans"):
            assert rule.ages == ("moins_26",)
    assert MINIMUM == 2
    assert "" in AGES


def test_coverage_sees_a_gap(reference: Reference) -> None:
    version = reference.lists[0]
    only = [
        r for r in reference.rules if r.region == version.region and "salarie" not in r.statuts and r.statuts
    ]
    assert ("salarie", "metier", "plus_26", 0) in coverage(only, version)


# Invented places


def test_places_are_evidently_invented(reference: Reference) -> None:
    regions = region_of(reference)
    phones = [p.phone for p in [*reference.sites, *reference.partners]]
    assert len(phones) == len(set(phones))
    for place in [*reference.sites, *reference.partners]:
        prefix = {"A31": "03 53 01 ", "A54": "05 36 49 "}[regions[place.territory]]
        assert place.phone.startswith(prefix)
        assert place.email.endswith((".example",))
        assert place.website == ""
        assert place.address.split(" ", 1)[1] in STREETS


def test_invented_places_are_always_the_same(reference: Reference) -> None:
    again = read_reference()
    assert again.sites == reference.sites
    assert again.partners == reference.partners
    assert again.version == reference.version


def test_networks_and_kinds_of_places(reference: Reference) -> None:
    regions = region_of(reference)
    found = {
        region: {s.reseau for s in reference.sites if regions[s.territory] == region}
        for region in ("A31", "A54")
    }
    assert found["A31"] == {"CIO", "EIF", "FONGECIF", "MISSION_LOCALE", "PIJ", "POLE_EMPLOI", "UNIVERSITE"}
    assert "EIF" not in found["A54"]
    assert {s.kind for s in reference.sites} == {"siege", "antenne", "permanence"}
    assert sum(s.reseau == "FONGECIF" and regions[s.territory] == "A31" for s in reference.sites) == 4


def test_hours_say_what_their_minutes_say(reference: Reference) -> None:
    for place in [*reference.sites, *reference.partners]:
        week = parse_osm(place.hours_osm)
        assert opening_minutes(week) == (place.week_minutes or 0)
        assert walk_in_minutes(week) == (place.walk_in_minutes or 0)
    assert any(not s.hours_osm for s in reference.sites)
    assert any(s.walk_in_minutes == 0 for s in reference.sites)
    shares = [
        s.walk_in_minutes / s.week_minutes
        for s in reference.sites
        if s.week_minutes and s.walk_in_minutes is not None
    ]
    assert any(0 < share < 0.5 for share in shares)
    assert any(0.5 <= share < 1 for share in shares)


def test_one_training_body_is_known_and_no_partner(reference: Reference) -> None:
    bodies = [p for p in reference.partners if p.is_training_body]
    assert len(bodies) == 1
    assert bodies[0].direction == ""


@pytest.mark.parametrize(
    ("town", "expected"),
    [
        ("Lille", "de Lille"),
        ("Arras", "d’Arras"),
        ("Le Portel", "du Portel"),
        ("Les Trois-Moutiers", "des Trois-Moutiers"),
        ("La Rochelle", "de La Rochelle"),
        ("Étaples", "d’Étaples"),
    ],
)
def test_of_a_town(town: str, expected: str) -> None:
    assert of(town) == expected


# Hostile files

COMMUNES = "code_insee,nom,codes_postaux,departement,population,lat,lon\n"
GOOD = "59350,Lille,59000|59800,59,238000,50.63,3.06\n"


def communes(tmp_path: Path, content: str | bytes) -> tables.Read[tables.CommuneRow]:
    path = tmp_path / "communes.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tables.read_communes(path)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("59351,Trop,59000,59,1,50.6\n", "colonnes au lieu de"),
        ("59351,Trop,59000,59,1,50.6,3.0,x\n", "colonnes au lieu de"),
        ("5935,Court,59000,59,1,50.6,3.0\n", "code_insee"),
        ("59351,,59000,59,1,50.6,3.0\n", "nom est vide"),
        ("59351,Ville,590000,59,1,50.6,3.0\n", "codes_postaux"),
        ("59351,Ville,59000|59000,59,1,50.6,3.0\n", "répète"),
        ("59351,Ville,59000,62,1,50.6,3.0\n", "département"),
        ("59351,Ville,59000,59,-4,50.6,3.0\n", "population"),
        ("59351,Ville,59000,59,١٢,50.6,3.0\n", "population"),
        ("59351,Ville,59000,59,1,3.0,50.6\n", "inversées"),
        ("59351,Ville,59000,59,1,nan,3.0\n", "hors de France"),
        ("59351,Ville,59000,59,1,,3.0\n", "deux nombres"),
        (f"59351,{'x' * 81},59000,59,1,50.6,3.0\n", "dépasse 80"),
        (f"59351,{'x' * 30_000},59000,59,1,50.6,3.0\n", "trop longue"),
        ("59351,Vi\x00lle,59000,59,1,50.6,3.0\n", "nul"),
        ("59351,Vi\u202elle,59000,59,1,50.6,3.0\n", "contrôle"),
        ('59351,"Ville,59000,59,1,50.6,3.0\n', "guillemets"),
        ("59350,Encore,59000,59,1,50.6,3.0\n", "déjà présent à la ligne 2"),
    ],
)
def test_a_bad_line_costs_that_line_only(tmp_path: Path, line: str, reason: str) -> None:
    read = communes(tmp_path, COMMUNES + GOOD + line + GOOD.replace("59350", "59009"))
    assert [c.code_insee for c in read.rows] == ["59350", "59009"]
    assert [(r.file, r.line) for r in read.refusals] == [("communes.csv", 3)]
    assert reason in read.refusals[0].reason


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    read = communes(
        tmp_path, (COMMUNES + GOOD).encode() + "59009,Béthune,59000,59,1,50.6,3.0\n".encode("latin-1")
    )
    assert len(read.rows) == 1
    assert "UTF-8" in read.refusals[0].reason


def test_byte_order_mark_and_windows_ends_are_accepted(tmp_path: Path) -> None:
    read = communes(tmp_path, b"\xef\xbb\xbf" + (COMMUNES + GOOD).replace("\n", "\r\n").encode())
    assert [c.postcodes for c in read.rows] == [("59000", "59800")]
    assert read.refusals == []


@pytest.mark.parametrize(
    "header",
    ["", "code_insee;nom;codes_postaux\n", "nom,nom\n", "code_insee,nom\n", "\ufffe\x00", '"'],
)
def test_a_bad_header_refuses_the_file(tmp_path: Path, header: str) -> None:
    read = communes(tmp_path, header + GOOD)
    assert read.rows == []
    assert len(read.refusals) == 1


def test_a_missing_file_is_a_refusal(tmp_path: Path) -> None:
    assert "ne peut pas être lu" in tables.read_communes(tmp_path / "communes.csv").refusals[0].reason


def test_reading_stops_when_all_is_bad(tmp_path: Path) -> None:
    read = communes(tmp_path, COMMUNES + "x\n" * 5_000)
    assert len(read.refusals) == 501
    assert "arrêtée" in read.refusals[-1].reason


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_no_content_raises(tmp_path: Path, content: bytes) -> None:
    communes(tmp_path, content)
    communes(tmp_path, COMMUNES.encode() + content)
    for read in (documents.read_lists, documents.read_vocabularies, documents.read_rules):
        path = tmp_path / "document.json"
        path.write_bytes(content)
        read(path)


@pytest.mark.parametrize(
    "content",
    ["[", "[]", "3", '{"A31": 3}', '{"A31": {}}', '{"A31": [3]}', "[" * 100_000, '{"A31": {"statut": [{}]}}'],
)
def test_bad_documents_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "document.json"
    path.write_text(content)
    for read in (documents.read_lists, documents.read_vocabularies, documents.read_rules):
        found = read(path)
        assert found.rows == []
        assert found.refusals


@pytest.mark.parametrize(
    "rule",
    [
        '{"reseau": "CIO", "partenaire": "CCI", "poids": 5, "raison": "x"}',
        '{"poids": 5, "raison": "x"}',
        '{"partenaire": "ORGANISME_FORMATION", "poids": 5, "raison": "x"}',
        '{"reseau": "CIO", "poids": true, "raison": "x"}',
        '{"reseau": "CIO", "poids": 101, "raison": "x"}',
        '{"reseau": "CIO", "poids": 5, "raison": ""}',
        '{"reseau": "CIO", "poids": 5, "raison": "x", "ages": ["vieux"]}',
    ],
)
def test_a_bad_rule_is_refused_alone(tmp_path: Path, rule: str) -> None:
    path = tmp_path / "regles.json"
    path.write_text('{"A31": [' + rule + ', {"reseau": "CIO", "poids": 5, "raison": "Bonne"}]}')
    read = documents.read_rules(path)
    assert [r.reason for r in read.rows] == ["Bonne"]
    assert [r.line for r in read.refusals] == [1]


@pytest.mark.parametrize(
    "svg",
    [
        "<svg ></svg><script>1</script>",
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        '<svg onload="x()"></svg>',
        '<svg ><path d="M0" style="fill:url(http://x.example)"/></svg>',
        '<svg ><path fill="url(#a)"/></svg>',
        '<svg ><use href="#a"/></svg>',
        '<svg ><image href="x"/></svg>',
        "<svg ><!-- x --></svg>",
        "<svg >&lt;</svg>",
        "<svg ><path d='M0'/></svg>",
        "<p></p>",
    ],
)
def test_a_logo_holds_shapes_only(svg: str) -> None:
    with pytest.raises(BadField):
        check_svg(svg)


def test_a_training_body_is_refused_as_partner() -> None:
    line = {"id": "x", "nom": "X", "nature": "ORGANISME_FORMATION", "sens_guide": "DESTINATAIRE"}
    read = tables.parse_places("partenaires.csv", [line], tables.partner_of)
    assert "organisme de formation" in read.refusals[0].reason


# A directory given by the user


def write(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content, encoding="utf-8")


def test_rows_that_point_nowhere_are_refused(tmp_path: Path) -> None:
    write(
        tmp_path,
        "communes_zones.csv",
        "code_insee,territoire_id\n59350,NPC-9999\n00000,NPC-3111\n62041,NPC-3121\n",
    )
    found = read_reference(tmp_path)
    reasons = [str(r) for r in found.refusals]
    assert "communes_zones.csv, ligne 2 : territoire inconnu : NPC-9999" in reasons
    assert "communes_zones.csv, ligne 3 : commune inconnue : 00000" in reasons
    assert [c.code_insee for c in found.communes] == ["62041"]
    assert found.sites == []  # no invented place beside given data


def test_a_third_region_needs_its_words(tmp_path: Path) -> None:
    write(tmp_path, "regions.csv", "cle,nom,pilote\nA99,Région test,1\n")
    write(
        tmp_path,
        "territoires.csv",
        "territoire_id,ordre,cle_region,nom,systeme,code_zone,population,lat,lon\nT-1,1,A99,Ici,ZE2010,1,10,46,1\n",
    )
    found = read_reference(tmp_path)
    assert [t.reference_id for t in found.territories] == ["T-1"]
    assert {"vocabulaire.json : rien pour la région A99", "reseaux.csv : rien pour la région A99"} <= {
        str(r) for r in found.refusals
    }


# The real data, when it stands beside the project


@needs_shared
def test_real_data_is_read_whole() -> None:
    found = read_reference(SHARED)
    assert [r.code for r in found.regions] == ["A31", "A54"]
    assert len(found.territories) == 34
    assert len(found.communes) == 2872
    assert len(found.sites) == 268
    assert len(found.partners) == 40
    # Two former communes have no name in the source: the only lines refused.
    assert {(r.file, r.reason) for r in found.refusals} <= {("communes_anciennes.csv", "ancien_nom est vide")}
    assert len(found.refusals) == 2


@needs_shared
def test_the_builtin_reference_agrees_with_the_real_data(reference: Reference) -> None:
    real = read_reference(SHARED)
    territories = {t.reference_id: t for t in real.territories}
    for mine in reference.territories:
        theirs = territories[mine.reference_id]
        assert (mine.name, mine.order, mine.system, mine.code) == (
            theirs.name,
            theirs.order,
            theirs.system,
            theirs.code,
        )
        assert mine.coordinating_network == theirs.coordinating_network
    towns = {c.code_insee: c for c in real.communes}
    for town in reference.communes:
        theirs_town = towns[town.code_insee]
        assert (town.name, town.postcodes, town.territory) == (
            theirs_town.name,
            theirs_town.postcodes,
            theirs_town.territory,
        )


@needs_shared
def test_no_real_place_is_shipped(reference: Reference) -> None:
    real: list[dict[str, str]] = []
    for name in ("structures.csv", "partenaires.csv"):
        with (SHARED / name).open(encoding="utf-8", newline="") as lines:
            real += list(csv.DictReader(lines))
    addresses = {r["adresse"].replace("'", "’") for r in real}
    phones = {r["telephone"] for r in real}
    ids = {r["id"] for r in real}
    for place in [*reference.sites, *reference.partners]:
        assert place.address not in addresses
        assert place.phone not in phones
        assert place.reference_id not in ids


def test_builtin_files_hold_no_mail_of_a_person() -> None:
    for path in BUILTIN.glob("*.*"):
        content = path.read_text(encoding="utf-8")
        assert "@" not in content, path.name
        assert not re.search(r"\b0\d(?: \d\d){4}\b", content), path.name
