"""The public side of the label with scripts off: the directory answers, a convention is signed."""

import re

from playwright.sync_api import expect

from tests.e2e.ami import press
from tests.e2e.label import cast, fresh_link, sign
from tests.e2e.stack import Stack
from tests.e2e.test_label_journey import present_the_convention
from tests.e2e.visitor import PHONE, Visitor


def test_directory(visitor: Visitor, stack: Stack) -> None:
    """Commune mistyped, chosen in the list, filters applied by their button, the page of a place."""
    page = visitor.new(viewport=PHONE, java_script_enabled=False)
    page.goto("/ou-s-adresser/")
    page.get_by_role("link", name="Nord-Pas de Calais").first.click()
    page.get_by_label("Votre commune ou son code postal").fill("Roubaxi")
    page.get_by_role("button", name="Chercher").click()
    page.locator("#resultats").get_by_role("link", name=re.compile("^Roubaix")).first.click()
    expect(page.get_by_label("Votre commune ou son code postal")).to_have_value(re.compile("^Roubaix"))
    page.locator("label.chip", has_text="Sans rendez-vous").click()
    page.get_by_role("button", name="Appliquer").click()
    assert "sans_rdv=1" in page.url
    place = page.locator("#resultats li.place").first
    expect(place.locator(".place-open")).not_to_be_empty()
    name = place.get_by_role("link").first.inner_text()
    place.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("heading", name="Aujourd’hui")).to_be_visible()
    # What needs a script is not promised.
    expect(page.get_by_role("button", name="Voir la carte")).to_have_count(0)


def test_signature(visitor: Visitor, stack: Stack) -> None:
    """The whole convention and its signature, without a script on either side."""
    page = visitor.new(java_script_enabled=False)
    one = cast(stack)
    visitor.log_in(page, one.coordinator)
    convention, mails = present_the_convention(page, one)
    for mail in mails:
        sign(visitor, fresh_link(stack, mail), "présidence", scripts=False)
    page.goto(f"/conventions/{convention}/")
    expect(page.get_by_text("Signée par toutes les parties")).to_be_visible()
    # The fingerprint that everybody holds is checked by who asks, under no name.
    page.goto(f"/conventions/{convention}/texte/")
    sha256 = page.locator(".conv-empreinte").first.inner_text()
    reader = visitor.new(viewport=PHONE, java_script_enabled=False)
    reader.goto("/convention/verifier/")
    reader.get_by_label("Empreinte", exact=True).fill(sha256)
    press(reader, "Vérifier")
    expect(reader.get_by_role("heading", name=re.compile("^Reconnue : convention signée"))).to_be_visible()
