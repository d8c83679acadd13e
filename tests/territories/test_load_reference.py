"""``load_reference``: the same files change nothing, other files change what differs, bad lines are told."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from contacts.models import ListVersion, OrientationRule
from spo_portal.kernel.models import AuditEvent
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.hours import parse_osm
from territories.models import Commune, OpeningSlot, Region, Reseau, Site, Territory
from territories.reference import BUILTIN
from territories.services.hours import week_of
from tests.factories import acting_as_role, make_fiche, system

pytestmark = pytest.mark.django_db
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
KINDS = {
    "régions": Region,
    "territoires": Territory,
    "communes": Commune,
    "réseaux": Reseau,
    "lieux": Site,
    "listes": ListVersion,
    "règles d’orientation": OrientationRule,
}
Tallies = dict[str, tuple[int, int, int]]


def load(*arguments: str) -> str:
    told = StringIO()
    with transaction.atomic(), acting_as_role("spo_worker"):
        call_command("load_reference", *arguments, stdout=told)
    return told.getvalue()


def tallies(told: str) -> Tallies:
    """Kind to (added, changed, left as they were), as the summary says them."""
    lines = re.findall(r"^  (\S.*?) +(\d+) ajoutés +(\d+) modifiés +(\d+) inchangés$", told, re.MULTILINE)
    return {kind: (int(added), int(changed), int(same)) for kind, added, changed, same in lines}


def changed(told: str) -> dict[str, tuple[int, int]]:
    return {kind: (added, other) for kind, (added, other, _) in tallies(told).items() if added or other}


def rows() -> dict[str, int]:
    with system():
        return {kind: model.objects.all().count() for kind, model in KINDS.items()}


@contextmanager
def edited(folder: Path, name: str) -> Iterator[dict]:
    path = folder / name
    document = json.loads(path.read_text(encoding="utf-8"))
    yield document
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def replace(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The built-in files as a directory of one's own; two places, which a directory must bring itself."""
    folder = tmp_path / "referentiel"
    shutil.copytree(BUILTIN, folder)
    columns = (
        "id,reseau,sous_type,nom,adresse,code_postal,ville,commune_insee,territoire_id,telephone,"
        "horaires_osm,minutes_semaine,minutes_sans_rdv,horaires_note,lat,lon"
    )
    lines = [
        columns,
        "essai:cio,CIO,CIO,CIO de Lille,1 rue de l’Exemple,59000,Lille,59350,NPC-3111,03 53 01 00 01,"
        '"Mo-Fr 09:00-12:00,13:30-17:00",1950,1950,,50.63,3.06',
        "essai:ml,MISSION_LOCALE,,Mission locale de Lille,2 rue de l’Exemple,59000,Lille,59350,NPC-3111,"
        "03 53 01 00 02,,,,,50.64,3.07",
    ]
    (folder / "structures.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_fresh_clone_gets_the_builtin_reference() -> None:
    told = load()
    found = tallies(told)
    assert found["régions"] == (2, 0, 0)
    assert found["territoires"] == (34, 0, 0)
    assert {kind: found[kind][0] for kind in KINDS} == rows()
    assert found["plages d’ouverture"][0] > 1000
    assert "refusé" not in told


def test_a_second_load_changes_nothing() -> None:
    load()
    before = rows()
    told = load()
    assert changed(told) == {}
    assert rows() == before
    assert {kind: same for kind, (_, _, same) in tallies(told).items() if kind in KINDS} == before


def test_each_version_that_changed_something_is_in_the_trail(files: Path) -> None:
    first = load(str(files))
    load(str(files))
    load(str(files), "--dry-run")
    replace(files, "territoires.csv", ",Douai,", ",Douaisis,")
    second = load(str(files))
    with system():
        events = AuditEvent.objects.filter(action="territories.reference_loaded").order_by("pk")
        trail = [(event.object_id, event.acting_role, event.data) for event in events]
    assert [
        f"version {version}" in told for (version, *_), told in zip(trail, (first, second), strict=True)
    ] == [True, True]
    assert trail[1][1:] == ("system", {"changes": {"régions": [0, 2], "territoires": [0, 1]}, "refused": 0})


def test_a_dry_run_says_what_would_change_and_changes_nothing(files: Path) -> None:
    load(str(files))
    before = rows()
    replace(files, "communes.csv", "59350,Lille,", "59350,Lille-en-Flandre,")
    told = load(str(files), "--dry-run")
    assert "Essai à blanc : rien n’a été enregistré." in told
    assert changed(told) == {"communes": (0, 1), "régions": (0, 2)}
    assert rows() == before
    with system():
        assert Commune.objects.for_system().get(pk="59350").name == "Lille"
    assert changed(load(str(files))) == changed(told)


def test_another_version_changes_only_what_differs(files: Path) -> None:
    load(str(files))
    with system():
        versions = set(Region.objects.values_list("reference_version", flat=True))
        before = dict(Commune.objects.for_system().exclude(pk="59350").values_list("pk", "name"))
    replace(files, "communes.csv", "59350,Lille,59000|59160|59260|59777|59800", "59350,Lille,59000|59800")
    replace(files, "territoires.csv", ",Douai,", ",Douaisis,")
    told = load(str(files))
    # The version is written on both regions, whatever else differs.
    assert changed(told) == {"communes": (0, 1), "territoires": (0, 1), "régions": (0, 2)}
    with system():
        after = set(Region.objects.values_list("reference_version", flat=True))
        assert len(versions) == len(after) == 1
        assert after != versions
        assert f"version {after.pop()}" in told
        assert Commune.objects.for_system().get(pk="59350").postcodes == ["59000", "59800"]
        territory = Territory.objects.for_system().get(reference_id="NPC-3114")
        # What is printed on fiches already handed over does not move with the name.
        assert (territory.name, territory.short_code) == ("Douaisis", "DOU")
        assert dict(Commune.objects.for_system().exclude(pk="59350").values_list("pk", "name")) == before


def test_refused_lines_are_told_with_their_line_and_reason(files: Path) -> None:
    with (files / "structures.csv").open("a", encoding="utf-8") as lines:
        lines.write(
            "essai:x,CIO,CIO,Sans territoire,,59000,Lille,59350,NPC-9999,03 53 01 00 03,,,,,50.6,3.1\n"
        )
        lines.write("essai:y,CIO,CIO,Trop court\n")
    told = load(str(files), "--quiet")
    assert "  refusé : structures.csv, ligne 4 : territoire inconnu : NPC-9999" in told
    assert "  refusé : structures.csv, ligne 5 : 4 colonnes au lieu de 16" in told
    assert "ajoutés" not in told
    with system():
        assert set(Site.objects.for_system().values_list("reference_id", flat=True)) == {
            "essai:cio",
            "essai:ml",
        }


def test_hours_kept_in_the_portal_stay(files: Path) -> None:
    load(str(files))
    with system():
        site = Site.objects.for_system().get(reference_id="essai:cio")
        assert OpeningSlot.objects.for_system().filter(site=site).count() == 10
        OpeningSlot.objects.for_system().filter(site=site, weekday__gt=0).delete()
        kept = list(OpeningSlot.objects.for_system().filter(site=site).values_list("weekday", "start", "end"))
    replace(files, "structures.csv", "Mo-Fr 09:00-12:00", "Mo-Sa 08:00-12:00")
    # The other place had none: it takes those of the new files.
    replace(files, "structures.csv", "03 53 01 00 02,,,,", "03 53 01 00 02,Tu 09:00-12:00,180,180,")
    assert tallies(load(str(files)))["plages d’ouverture"][0] == 1
    with system():
        slots = OpeningSlot.objects.for_system()
        assert list(slots.filter(site=site).values_list("weekday", "start", "end")) == kept
        assert slots.get(site__reference_id="essai:ml").weekday == 1


def test_seasons_closures_and_bank_holidays_of_a_line_are_kept_once(files: Path) -> None:
    line = "Mo-Fr 09:00-12:00; Jul 01-Aug 31 off; 2027 Dec 24-2027 Dec 31 off; PH off"
    replace(files, "structures.csv", "03 53 01 00 02,,,,", f"03 53 01 00 02,{line},900,900,")
    load(str(files))
    load(str(files))
    with system():
        site = Site.objects.for_system().get(reference_id="essai:ml")
        assert week_of(site) == parse_osm(line)
        assert site.closed_on_holidays
        Site.objects.for_system().filter(pk=site.pk).update(closed_on_holidays=False)
        site.slots.all().delete()
        site.seasons.all().delete()
    load(str(files))
    with system():
        assert week_of(Site.objects.for_system().get(pk=site.pk)) == parse_osm(line)


def test_a_place_that_left_the_files_is_suggested_no_more_and_may_come_back(files: Path) -> None:
    load(str(files))
    kept = (files / "structures.csv").read_text(encoding="utf-8")
    without = "".join(line for line in kept.splitlines(keepends=True) if "essai:ml" not in line)

    def open_places() -> set[str]:
        with system():
            return set(Site.objects.for_system().open_to_public().values_list("reference_id", flat=True))

    (files / "structures.csv").write_text(without + "essai:z,trop court\n", encoding="utf-8")
    load(str(files))
    assert open_places() == {"essai:cio", "essai:ml"}, "a refused line may be the one that seems missing"
    (files / "structures.csv").unlink()
    load(str(files))
    assert open_places() == {"essai:cio", "essai:ml"}, "files without any place say nothing of them"
    (files / "structures.csv").write_text(without, encoding="utf-8")
    assert changed(load(str(files)))["lieux retirés"] == (0, 1)
    assert open_places() == {"essai:cio"}
    (files / "structures.csv").write_text(kept, encoding="utf-8")
    assert changed(load(str(files)))["lieux"] == (0, 1)
    assert open_places() == {"essai:cio", "essai:ml"}


def test_rules_belong_to_the_region_once_loaded(files: Path) -> None:
    load(str(files))
    with system():
        rule = OrientationRule.objects.for_system().filter(region__code="A31").first()
        assert rule is not None
        rule.reason = "Raison écrite par l’animation régionale."
        rule.save()
        count = OrientationRule.objects.for_system().count()
    load(str(files))
    with system():
        rule.refresh_from_db()
        assert rule.reason == "Raison écrite par l’animation régionale."
        assert OrientationRule.objects.for_system().count() == count


def test_a_version_of_the_lists_may_be_mended_until_it_serves(files: Path) -> None:
    load(str(files))
    with edited(files, "listes.json") as lists:
        lists["A31"]["statut"][0]["court"] = "À l’école"
    assert changed(load(str(files)))["listes"] == (0, 1)
    with system():
        version = ListVersion.objects.for_system().get(region__code="A31")
        assert version.statuts[0].short == "À l’école"


def test_a_version_that_serves_never_changes_and_a_new_one_is_added(files: Path) -> None:
    load(str(files))
    with system():
        first = ListVersion.objects.for_system().get(region__code="A31")
        make_fiche(Site.objects.for_system().get(reference_id="essai:cio"), first)
        before = first.items
    with edited(files, "listes.json") as lists:
        lists["A31"]["statut"][0]["label"] = "Élève"
    told = load(str(files))
    assert "listes" not in changed(told)
    assert "  refusé : listes.json : A31, la version 1 sert déjà : publiez une version 2" in told
    with edited(files, "listes.json") as lists:
        lists["A31"] |= {"version": 2, "debut": "2027-01-01"}
    assert changed(load(str(files)))["listes"] == (1, 0)
    with system():
        versions = ListVersion.objects.for_system().filter(region__code="A31").order_by("number")
        assert [v.number for v in versions] == [1, 2]
        assert [v.statuts[0].label for v in versions] == ["Scolarisé", "Élève"]
        assert versions[0].items == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"debut": "2013-10-01"}, "une autre version commence le même jour"),
        ({"n": 5}, "le numéro 5 désigne déjà « de_inscrit », donnez-en un autre à « en_reconversion »"),
    ],
)
def test_a_new_version_that_would_mix_figures_up_is_refused(files: Path, change: dict, reason: str) -> None:
    """Fiches, figures and rules hold numbers: a number never names another box later."""
    load(str(files))
    with edited(files, "listes.json") as lists:
        lists["A31"] |= {"version": 2, "debut": change.get("debut", "2027-01-01")}
        statuts = [item for item in lists["A31"]["statut"] if item["n"] != change.get("n", 11)]
        new = {"code": "en_reconversion", "label": "En reconversion", "court": "En reconversion"}
        lists["A31"]["statut"] = [*statuts, {"n": change.get("n", 11), **new, "papier": "En reconversion"}]
        lists["A31"]["referentiel"] = {"statuts": {}, "demandes": {}}
    told = load(str(files))
    assert f"refusé : listes.json : A31, version 2 : {reason}" in told
    with system():
        assert ListVersion.objects.for_system().filter(region__code="A31").count() == 1


def test_nothing_is_written_when_the_load_stops_half_way(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("spo_portal.management.commands.load_reference.load_lists_and_rules", stop)
    with pytest.raises(RuntimeError, match="power cut"):
        load(str(files))
    assert set(rows().values()) == {0}


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="n’existe pas"):
        load(str(tmp_path / "absent"))


def test_the_web_role_loads_nothing() -> None:
    """The twin of the loads above: the command needs the worker's login, the system scope alone is not
    enough."""
    from django.db.utils import DatabaseError

    with pytest.raises(DatabaseError), transaction.atomic(), scoped(SYSTEM):
        call_command("load_reference", stdout=StringIO())


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="real reference data (../shared/data) is not beside the project"
)
def test_the_real_data_is_loaded_whole_and_once() -> None:
    found = tallies(load(str(SHARED)))
    assert found["territoires"] == (34, 0, 0)
    assert found["communes"] == (2872, 0, 0)
    # Partners in no direction are known as organisations only.
    assert 268 <= found["lieux"][0] <= 308
    with system():
        assert not Site.objects.for_system().filter(reference_id__startswith="demo:").exists()
    assert changed(load(str(SHARED))) == {}


def test_names_are_kept_in_the_form_they_are_searched_in(files: Path) -> None:
    """« St » and « Ste » are read « Saint » and « Sainte » on both sides, « œ » is « oe »."""
    replace(files, "communes_anciennes.csv", "59355,Lomme,", "59355,Ste-Marie-du-Sacré-Cœur,")
    load(str(files))
    with system():
        lille = Commune.objects.for_system().get(pk="59350")
    assert lille.search_name == "lille"
    assert "sainte marie du sacre coeur" in lille.former_search.split(" | ")
