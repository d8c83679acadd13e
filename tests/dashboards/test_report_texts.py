"""Texts saved as they are typed, conflicts, refusals; files joined: hostile until proved otherwise."""

import zlib
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dashboards.models import AnnualReport, ReportAnnex
from dashboards.report_sections import COMMENTED
from dashboards.services import report as service
from dashboards.services import report_annexes as annexes
from dashboards.services.annex_files import prove
from dashboards.services.report_comments import comments_of, save_comment
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.texts import TextConflict
from tests.dashboards.report_world import YEAR, completed, jpeg, png, xlsx
from tests.factories import World, system
from tests.territories.test_brochure import HOSTILE

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj <</Type /Page>> endobj\nstartxref\n9\n%%EOF\n"
HX = {"HX-Request": "true"}


@pytest.fixture
def report(world: World) -> AnnualReport:
    return service.open_report(by=world.actor("coordinateur"), territory=world.lille, year=YEAR)


@pytest.fixture
def client(world: World, login: Callable[..., Client], report: AnnualReport) -> Client:
    return login(world.users["coordinateur"])


def url(world: World, part: str = "annee") -> str:
    return reverse("rapport_partie", args=[world.lille.pk, YEAR, part])


def stored(report: AnnualReport, part: str = "annee") -> tuple[str, int]:
    with system():
        row = report.comments.filter(section=part).first()
    return (row.text, row.version) if row else ("", 0)


def test_a_text_is_saved_as_it_is_typed(world: World, client: Client, report: AnnualReport) -> None:
    answer = client.post(url(world), {"texte": "Une hausse.", "version": "0"}, headers=HX)
    assert answer.status_code == 200
    body = answer.content.decode()
    assert "Enregistré" in body
    assert 'id="version-annee" value="1" hx-swap-oob="true"' in body
    client.post(url(world), {"texte": "Une hausse nette.", "version": "1"}, headers=HX)
    assert stored(report) == ("Une hausse nette.", 2)


def test_the_same_text_again_writes_nothing(world: World, client: Client, report: AnnualReport) -> None:
    for version in ("0", "1", "0"):
        assert (
            client.post(url(world), {"texte": "Pareil.", "version": version}, headers=HX).status_code == 200
        )
    assert stored(report) == ("Pareil.", 1)


def test_without_scripts_the_button_saves_and_comes_back(
    world: World, client: Client, report: AnnualReport
) -> None:
    answer = client.post(url(world), {"texte": "Sans script.", "version": "0"})
    assert answer.status_code == 302
    assert answer["Location"].endswith("#partie-annee")
    assert stored(report)[0] == "Sans script."


def test_two_writers_never_overwrite_each_other(world: World, client: Client, report: AnnualReport) -> None:
    """409 shows both texts; each of the three choices keeps what it says."""
    client.post(url(world), {"texte": "Le premier.", "version": "0"}, headers=HX)
    for headers in (HX, {}):
        answer = client.post(url(world), {"texte": "Le second.", "version": "0"}, headers=headers)
        assert answer.status_code == 409
        body = answer.content.decode()
        assert "Le premier." in body
        assert all(
            words in body for words in ("Garder mon texte", "Reprendre l’autre texte", "Réunir les deux")
        )
        assert 'hx-swap-oob="true"' not in body, "the number seen must not move before a choice is made"
    assert stored(report) == ("Le premier.", 1)
    merged = client.post(
        url(world), {"texte": "Le second.", "version": "0", "choix": "fusionner:1"}, headers=HX
    )
    assert merged["HX-Retarget"] == "#boite-annee"
    assert "Le premier.\n\nLe second." in merged.content.decode()
    assert stored(report) == ("Le premier.", 1)
    back = client.post(url(world), {"texte": "Le second.", "version": "0", "choix": "reprendre"}, headers=HX)
    assert "Le premier." in back.content.decode()
    client.post(url(world), {"texte": "Le second.", "version": "0", "choix": "garder:1"}, headers=HX)
    assert stored(report) == ("Le second.", 2)


def test_keeping_mine_fails_too_when_a_third_text_came(world: World, report: AnnualReport) -> None:
    by = world.actor("coordinateur")
    for number, text in enumerate(("Un.", "Deux.", "Trois.")):
        save_comment(by=by, report=report, section="annee", text=text, seen=number)
    with pytest.raises(TextConflict) as conflict:
        save_comment(by=by, report=report, section="annee", text="Quatre.", seen=2)
    assert (conflict.value.stored.text, conflict.value.typed) == ("Trois.", "Quatre.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Écrire à jeanne@exemple.example", "adresse électronique"),
        ("Appeler le 06 12 34 56 78", "téléphone"),
        ("x" * 4001, "4"),
        ("a\u202eb", "sens de lecture"),
    ],
)
def test_a_text_that_reaches_someone_is_refused_with_its_reason(
    world: World, client: Client, report: AnnualReport, text: str, why: str
) -> None:
    for headers in (HX, {}):
        answer = client.post(url(world), {"texte": text, "version": "0"}, headers=headers)
        assert answer.status_code == 422
        assert why in answer.content.decode()
    assert stored(report) == ("", 0)


def test_an_ended_session_loses_nothing(world: World, client: Client, report: AnnualReport) -> None:
    """A fragment gets a bare 401 (the page keeps its text); a form comes back whole."""
    client.logout()
    assert (
        client.post(
            url(world), {"texte": "Gardé.", "version": "0"}, headers={**HX, "HX-Trigger-Name": "texte"}
        ).status_code
        == 401
    )
    answer = client.post(url(world), {"texte": "Gardé.", "version": "0"})
    assert answer.status_code == 401
    assert "Gardé." in answer.content.decode()


def test_the_page_shows_figures_beside_a_box_for_each_part(world: World, client: Client) -> None:
    body = client.get(reverse("territoire_rapport", args=[world.lille.pk, YEAR])).content.decode()
    assert body.count('name="texte"') == len(COMMENTED) == 11
    assert 'aria-live="polite"' in body
    assert "delay:1500ms" in body


def test_a_reader_sees_the_report_and_no_box(
    world: World, report: AnnualReport, login: Callable[..., Client]
) -> None:
    for key in ("charge_mission", "animateur_etat", "animation", "region"):
        answer = login(world.users[key]).get(reverse("territoire_rapport", args=[world.lille.pk, YEAR]))
        assert answer.status_code == 200, key
        assert 'name="texte"' not in answer.content.decode(), key


GOOD = {
    "bilan.pdf": PDF,
    "plan.png": png(),
    "photo.JPG": jpeg(),
    "tableau.csv": b"Action;Date\nForum;12 mars\n",
    "tableau.xlsx": xlsx(["Action", "Date"], ["Forum", "12 mars"]),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_ordinary_file_is_joined_and_given_back(
    world: World, client: Client, report: AnnualReport, name: str
) -> None:
    sent = {"titre": "Une pièce", "fichier": SimpleUploadedFile(name, GOOD[name])}
    client.post(reverse("rapport_annexe_ajouter", args=[world.lille.pk, YEAR]), sent)
    with system():
        annex = ReportAnnex.objects.for_system().get()
    answer = client.get(reverse("rapport_annexe", args=[annex.pk]))
    assert answer.content == GOOD[name]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


BAD = {
    "vide": b"",
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
    "exe": b"MZ\x90\x00" + bytes(200),
    "zip": b"PK\x03\x04" + bytes(60),
    "png coupé": png()[:-9],
    "png géant": png()[:16] + (60_000).to_bytes(4, "big") * 2 + png()[24:],
    "png abîmé": png().replace(b"IDAT", b"IDAX"),
    "jpeg coupé": jpeg()[:-2],
    "jpeg sans image": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xd9",
    "csv formule": b"a;b\n=HYPERLINK(1);2\n",
    "xlsx formule": xlsx(["a"], ["=1+1"]),
    "lourd": b"%PDF-1.4\n" + bytes(5 * 1024 * 1024),
    **{f"pdf {key}": content for key, content in HOSTILE.items() if key != "too many pages"},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_hostile_file_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        prove("../../etc/passwd.pdf", BAD[name])
    assert len(str(refusal.value)) > 10


def test_a_picture_keeps_its_pixels_and_loses_its_notes() -> None:
    note = b"GPS 50.63 3.06"
    assert note in jpeg(note)
    assert prove("photo.jpg", jpeg(note)).content == jpeg()
    # A second picture or an archive behind the first one, with an end of its own.
    assert prove("photo.jpg", jpeg() + note + b"PK\x03\x04\xff\xd9").content == jpeg()
    assert prove("plan.png", png(2, 2, (b"tEXt", note), (b"eXIf", note))).content == png()
    assert zlib.crc32(png()) == zlib.crc32(prove("x.png", png() + b"<script>").content)


def test_a_name_never_leads_out_of_the_report() -> None:
    assert prove("../..\\\x00Bilan 2025.exe", PDF).name == "Bilan 2025.exe.pdf"
    assert prove("<>.pdf", PDF).name == "annexe.pdf"


def test_annexes_are_ordered_renamed_and_removed(world: World, report: AnnualReport) -> None:
    by = world.actor("coordinateur")
    made = [
        annexes.add_annex(by=by, report=report, title=f"Pièce {n}", name="x.png", content=png(n, 1))
        for n in (1, 2, 3)
    ]
    annexes.move_annex(by=by, annex=made[2], up=True)
    annexes.move_annex(by=by, annex=made[0], up=True)
    annexes.rename_annex(by=by, annex=made[0], title="Première")
    titles = list(ReportAnnex.objects.visible_to(by).filter(report=report).values_list("title", flat=True))
    assert titles == ["Première", "Pièce 3", "Pièce 2"]
    annexes.remove_annex(by=by, annex=made[1])
    assert ReportAnnex.objects.visible_to(by).filter(report=report).count() == 2
    with pytest.raises(Refused):
        annexes.add_annex(by=by, report=report, title="Encore", name="x.png", content=png(1, 1))
    with pytest.raises(Refused):
        annexes.rename_annex(by=by, annex=made[0], title="écrire à a@b.example")


def test_a_completed_report_takes_no_annex(world: World) -> None:
    by = world.actor("coordinateur")
    done = completed(by, world.lille)
    with pytest.raises(Conflict):
        annexes.add_annex(by=by, report=done, title="x", name="x.png", content=png())
    assert comments_of(by=by, report=done)
