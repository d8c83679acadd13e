"""The budget screen: with and without scripts, half typed, in two tabs, closed, from a file."""

import html
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labelling.enums_ami import BudgetNature, BudgetSide
from labelling.models import AmiApplication, AmiComplement
from labelling.services.budget import budget_of, save_lines
from labelling.services.budget_rules import Budget, Line
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling import ami_world
from tests.labelling.ami_world import Porteur

C, P, V = BudgetSide.CHARGE, BudgetSide.PRODUIT, BudgetSide.VALORISATION
N = BudgetNature
LINES = (
    Line(C, N.PERSONNEL, "Accueil", 7_600_000),
    Line(P, N.REGION, "Région Poitou-Charentes", 6_040_000),
    Line(P, N.AUTOFINANCEMENT, "", 1_560_000),
)


class Desk:
    """A porteur at its screen."""

    def __init__(self, world: World, login: LoginAs, *, submitted: bool = False) -> None:
        call = ami_world.make_call(world.region)
        self.porteur: Porteur = ami_world.make_porteur(world.region)
        make = ami_world.ready_application if submitted else ami_world.make_application
        self.file: AmiApplication = make(call, world.lille, self.porteur)
        self.client: Client = login(self.porteur.user, self.porteur.membership)
        self.url = reverse("ami_budget", args=[self.file.pk])
        self.upload = reverse("ami_budget_import", args=[self.file.pk])

    def read(self) -> Budget:
        with self.porteur.acting() as by:
            return budget_of(by, self.file)

    def save(self, *lines: Line) -> None:
        with self.porteur.acting() as by:
            save_lines(by=by, application=self.file, lines=lines, seen=budget_of(by, self.file).fingerprint)

    def typed(self, *lines: Line, **more: str) -> dict[str, str]:
        """What the fields of the screen send."""
        data = {"vu": self.read().fingerprint}
        for side in BudgetSide:
            for index, line in enumerate(Budget.of(lines).side(side)):
                data[f"{side}-{index}-nature"] = str(line.nature)
                data[f"{side}-{index}-label"] = line.label
                data[f"{side}-{index}-amount"] = f"{line.amount / 100:.2f}"
        return data | more

    def complement(self) -> None:
        with system():
            AmiComplement.objects.create(
                application=self.file,
                parts=["fonctionnement"],
                text="Revoyez le budget.",
                deadline="2099-01-01T00:00Z",
                asked_by_label="Région",
            )


HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def desk(world: World, login: LoginAs) -> Desk:
    return Desk(world, login)


@pytest.fixture
def closed(world: World, login: LoginAs) -> Desk:
    return Desk(world, login, submitted=True)


def text_of(response: object) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())  # type: ignore[attr-defined]
    return " ".join(html.unescape(text).replace("\u202f", " ").replace("\u00a0", " ").split())


def test_an_empty_budget_shows_first_lines_to_fill(desk: Desk) -> None:
    page = desk.client.get(desk.url)
    assert page.status_code == 200
    assert 'name="charge-3-amount"' in page.content.decode()
    assert 'name="produit-0-nature"' in page.content.decode()


def test_a_save_without_scripts_redirects_and_shows_totals(desk: Desk) -> None:
    sent = desk.client.post(desk.url, desk.typed(*LINES, faire="enregistrer"))
    assert sent.status_code == 302
    assert list(desk.read()) == list(LINES)
    shown = text_of(desk.client.get(desk.url))
    assert "79,4 %" in shown
    assert "Encore 400 € possibles" in shown
    assert "plafond 60 800 € (80 % de 76 000 €)" in shown
    assert "Budget équilibré" in shown


def test_continue_goes_to_the_criteria(desk: Desk) -> None:
    sent = desk.client.post(desk.url, desk.typed(*LINES, faire="continuer"))
    assert sent.headers["Location"] == reverse("ami_partie", args=[desk.file.pk, "criteres"])


def test_a_pause_in_the_typing_keeps_the_draft_and_swaps_no_field(desk: Desk) -> None:
    live = desk.client.post(desk.url, desk.typed(*LINES[:2]), **HTMX)
    assert live.status_code == 200
    assert live.headers["HX-Reswap"] == "none"
    body = live.content.decode()
    assert "<form" not in body
    assert 'name="charge-0-amount"' not in body
    assert desk.read().fingerprint in body
    assert "Il manque 15 600 € de produits" in text_of(live)
    assert list(desk.read()) == list(LINES[:2])


def test_a_wrong_cell_is_told_and_nothing_is_kept(desk: Desk) -> None:
    data = desk.typed(*LINES) | {"charge-0-amount": "1e30", "produit-1-amount": "-5"}
    live = desk.client.post(desk.url, data, **HTMX)
    assert 'data-cellule="charge-0-amount"' in live.content.decode()
    assert "Pas encore enregistré : 2 points à revoir" in text_of(live)
    page = desk.client.post(desk.url, data | {"faire": "enregistrer"})
    assert page.status_code == 422
    body = page.content.decode()
    assert '<a href="#charge-0-amount">' in body
    assert 'value="1e30"' in body
    assert "Un montant ne peut pas être négatif" in text_of(page).replace("un montant", "Un montant")
    assert not desk.read()


def test_lines_come_and_go_without_scripts(desk: Desk) -> None:
    more = desk.client.post(desk.url, desk.typed(*LINES, faire="ajouter:charge"))
    assert more.status_code == 200
    assert 'name="charge-1-label"' in more.content.decode()
    fewer = desk.client.post(desk.url, desk.typed(*LINES, faire="retirer:produit-1"))
    body = fewer.content.decode()
    assert 'name="produit-1-label"' not in body
    assert list(desk.read()) == list(LINES[:2])
    [back] = re.findall(r'value="(remettre:[^"]*)"', body)
    assert back == "remettre:produit|autofinancement|15600.00|"
    desk.client.post(desk.url, desk.typed(*LINES[:2], faire=back))
    assert list(desk.read()) == list(LINES)


@pytest.mark.parametrize(
    "act",
    [
        "retirer:produit-99",
        "retirer:x",
        "ajouter:rien",
        "remettre:charge",
        "remettre:",
        "zut",
        "retirer:charge-²",
    ],
)
def test_a_button_made_up_breaks_nothing(desk: Desk, act: str) -> None:
    assert desk.client.post(desk.url, desk.typed(*LINES, faire=act)).status_code == 200
    assert list(desk.read()) == list(LINES)


def test_two_tabs_show_both_versions_and_one_may_be_kept(desk: Desk) -> None:
    old = desk.typed(*LINES[:1])
    desk.save(*LINES)
    told = desk.client.post(desk.url, old | {"faire": "enregistrer"})
    assert told.status_code == 409
    assert "comparez les deux versions" in text_of(told)
    assert "Région Poitou-Charentes" in text_of(told)
    assert 'value="76000.00"' in told.content.decode()
    live = desk.client.post(desk.url, old, **HTMX)
    assert "une autre version attend votre choix" in text_of(live)
    assert list(desk.read()) == list(LINES)
    [keep] = re.findall(r'value="(garder:[^"]*)"', told.content.decode())
    assert desk.client.post(desk.url, old | {"faire": keep}).status_code == 302
    assert list(desk.read()) == list(LINES[:1])


def test_a_closed_budget_is_read_and_what_was_typed_comes_back(closed: Desk) -> None:
    page = closed.client.get(closed.url)
    assert page.status_code == 200
    assert "<select" not in page.content.decode()
    assert "79,4 %" in text_of(page)
    before = closed.read()
    for headers in ({}, HTMX):
        told = closed.client.post(closed.url, closed.typed(*LINES, faire="enregistrer"), **headers)
        assert told.status_code == 409
        assert "Rien n’est enregistré" in text_of(told)
        assert "Région Poitou-Charentes" in text_of(told)
    assert closed.read() == before


def test_in_a_complement_the_budget_must_hold(closed: Desk) -> None:
    closed.complement()
    before = closed.read()
    told = closed.client.post(closed.url, closed.typed(*LINES[:2], faire="enregistrer"))
    assert told.status_code == 422
    assert "doit rester équilibré" in text_of(told)
    assert closed.read() == before
    assert closed.client.post(closed.url, closed.typed(*LINES, faire="enregistrer")).status_code == 302


def test_the_region_reads_no_draft_and_reads_what_is_submitted(
    desk: Desk, closed: Desk, world: World, login: LoginAs
) -> None:
    region = login(world.users["region"])
    for url in (desk.url, reverse("ami_budget_xlsx", args=[desk.file.pk])):
        assert region.get(url).status_code == 404
    assert region.get(closed.url).status_code == 200
    assert region.post(closed.url, closed.typed(*LINES, faire="enregistrer")).status_code == 409


def test_the_workbook_goes_out_and_comes_back_by_a_dry_run(desk: Desk) -> None:
    desk.save(*LINES)
    out = desk.client.get(reverse("ami_budget_xlsx", args=[desk.file.pk]))
    content = b"".join(out.streaming_content)
    assert content.startswith(b"PK")
    desk.save(*LINES[:2])
    run = desk.client.post(desk.upload, {"fichier": SimpleUploadedFile("budget.xlsx", content)})
    assert run.status_code == 200
    assert "Ajoutée" in text_of(run)
    assert list(desk.read()) == list(LINES[:2])
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', run.content.decode()))
    hidden.pop("csrfmiddlewaretoken", None)
    applied = desk.client.post(desk.upload, hidden | {"faire": "appliquer"})
    assert applied.headers["Location"] == desk.url
    assert list(desk.read()) == list(LINES)
    again = desk.client.post(desk.upload, hidden | {"faire": "appliquer", "charge-0-amount": "1"})
    assert again.headers["Location"] == desk.upload
    assert list(desk.read()) == list(LINES)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ\x90\x00", "pas un tableau"),
        (b"Poste;Montant\nLoyer;1e30\n", "10 milliards"),
        (b"Poste;Montant\nLoyer;NaN\n", "en chiffres"),
        (b"", "vide"),
        (b"x" * (1024 * 1024 + 1), "dépasse 1 Mo"),
    ],
)
def test_a_hostile_file_is_told_and_changes_nothing(desk: Desk, content: bytes, words: str) -> None:
    told = desk.client.post(desk.upload, {"fichier": SimpleUploadedFile("budget.xlsx", content)})
    assert told.status_code == 422
    assert words in text_of(told)
    assert not desk.read()


def test_no_file_or_a_field_called_file_is_told(desk: Desk) -> None:
    for data in ({}, {"fichier": "texte"}):
        assert desk.client.post(desk.upload, data).status_code == 422
    assert desk.client.post(desk.upload, {"fichier": io.BytesIO(b"")}).status_code == 422


def test_an_import_in_a_closed_part_goes_back_to_the_budget(closed: Desk) -> None:
    assert closed.client.get(closed.upload).headers["Location"] == closed.url


def test_the_query_count_does_not_grow_with_the_lines(desk: Desk) -> None:
    counts = []
    for lines in (1, 50):
        desk.save(*[Line(C, N.ACHATS, f"Ligne {n}", 100) for n in range(lines)])
        with CaptureQueriesContext(connection) as found:
            assert desk.client.get(desk.url).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]
