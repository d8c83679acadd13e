"""The whole job with scripts off: the server draws every step, and nothing typed is lost on the way."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.test_journey import choose_outcome, code_on, next_tuesday
from tests.e2e.visitor import Visitor, choose


def without_scripts(visitor: Visitor, account: dict[str, str]) -> Page:
    page = visitor.new(java_script_enabled=False)
    visitor.log_in(page, account)
    return page


def test_fiche_and_arrival(visitor: Visitor, stack: Stack) -> None:
    home, host = stack.account("conseiller", 0), stack.account("conseiller", 2)
    page = without_scripts(visitor, home)
    page.get_by_role("link", name=re.compile("^Nouvelle fiche")).first.click()
    # An error first: the summary names the fields and its links lead to them.
    page.get_by_role("button", name="Enregistrer et remettre").click()
    summary = page.locator("#erreurs")
    expect(summary).to_be_visible()
    assert page.title().startswith("Erreur")
    for link in summary.locator("a").all():
        expect(page.locator(str(link.get_attribute("href")))).to_have_count(1)
    choose(page, "statut", 3)
    choose(page, "age", "plus_26")
    choose(page, "demandes", 2)
    choose(page, "demandes", 5)
    page.get_by_label(re.compile("^Précisions")).fill("CAP cuisine")
    page.get_by_role("button", name="Voir les structures").last.click()
    assert page.url.endswith("#s3")
    door = page.locator("#portes .door", has=page.get_by_text(host["scope"], exact=True))
    expect(door).to_have_count(1)
    expect(page.locator("input[name=statut][value='3']")).to_be_checked()
    expect(page.get_by_label(re.compile("^Précisions"))).to_have_value("CAP cuisine")
    door.locator("label.check").click()
    choose(page, "rdv", "oui")
    page.get_by_label("Date", exact=True).fill(next_tuesday().isoformat())
    page.get_by_label("Heure", exact=True).fill("09:30")
    page.get_by_role("button", name="Enregistrer et remettre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fiche enregistrée")
    assert page.locator("[data-reference]").get_attribute("data-reference")
    expect(page.locator(".slip-full")).to_contain_text("9 h 30")
    code = code_on(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Enregistrer en PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")

    other = without_scripts(visitor, host)
    other.get_by_label("Une personne arrive avec un code").fill(code)
    other.get_by_role("button", name="Noter l’arrivée").click()
    choose_outcome(other, "reorientee")
    other.get_by_role("button", name="Enregistrer la suite").click()
    expect(other.get_by_text("C’est noté, merci.")).to_be_visible()


def test_commune_structure_and_filters(visitor: Visitor, stack: Stack) -> None:
    """The searches of step 3 and the filters of the list are plain forms underneath."""
    page = without_scripts(visitor, stack.account("conseiller", 0))
    page.goto("/fiches/nouvelle/")
    choose(page, "statut", 5)
    page.locator("#lieu summary").click()
    page.locator("#lieu_q").fill("Dunkerque")
    page.locator("#lieu").get_by_role("button", name="Chercher").click()
    page.locator("#communes label", has_text="Dunkerque").first.click()
    page.locator("#lieu").get_by_role("button", name="Chercher").click()
    expect(page.locator("#portes")).to_contain_text("Autour de Dunkerque")
    page.locator("#autre summary").click()
    page.locator("#structure_q").fill("tourcoing")
    page.locator("#autre").get_by_role("button", name="Chercher").click()
    expect(page.locator("#portes")).to_contain_text("Résultats pour « tourcoing »")
    page.goto("/fiches/")
    page.get_by_label("Canal").select_option("telephone")
    page.get_by_role("button", name="Filtrer").click()
    assert "canal=telephone" in page.url
    page.get_by_role("link", name="Tout montrer").first.click()
    assert page.url.endswith("/fiches/")
