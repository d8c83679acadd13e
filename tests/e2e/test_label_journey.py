"""The label from the hours of one place to its certificate, each by their own screens (issue 5)."""

import datetime
import io
import re
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from pypdf import PdfReader, PdfWriter

from tests.e2e.ami import press
from tests.e2e.label import REGION, Cast, cast, column, fresh_link, sign
from tests.e2e.stack import Stack
from tests.e2e.test_ami_journey import kept
from tests.e2e.test_keyboard import go_to
from tests.e2e.test_keyboard import press as key
from tests.e2e.visitor import PHONE, Visitor, until

PARTS = ("territoire", "offre", "besoins", "cooperation", "engagements", "plan")
TEXT = "Les lieux du territoire se réunissent chaque mois et tiennent une porte ouverte chaque jour."
PLAN = "2027 : formation commune des agents d’accueil. 2028 : accueil du samedi matin."
ASKED = "Précisez le calendrier du plan d’action, année par année."
AVIS = "L’instance est favorable : une porte reste ouverte chaque jour de la semaine."
ADDED = "Les parties se réunissent une fois par trimestre."


def today() -> datetime.date:
    return datetime.datetime.now(ZoneInfo("Europe/Paris")).date()


def signed_act() -> bytes:
    """A sheet, as the préfet's office would scan it."""
    writer, held = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(held)
    return held.getvalue()


def keep_the_place(page: Page, one: Cast) -> None:
    """The référent: the effect of the hours is read before they are saved; then the record and the grid."""
    page.goto("/lieu/horaires/")
    effect = page.locator("#effet")
    expect(effect).to_contain_text("sans rendez-vous")
    for slot in page.locator(".week .slot").all():
        if slot.locator("[name$=_de]").input_value():
            slot.locator("select").select_option(label="Sur rendez-vous")
    expect(effect).to_contain_text("Le lieu passe sous 50 %.")
    expect(effect.get_by_role("heading", name="Qui passe sous 50 %")).to_be_visible()
    page.get_by_role("link", name="Tout annuler").click()
    expect(effect).not_to_contain_text("passe sous 50 %")
    page.locator("[name=j5c0_de]").fill("09:00")
    page.locator("[name=j5c0_a]").fill("12:00")
    page.locator("[name=j5c0_a]").press("Tab")
    expect(effect.get_by_role("heading", name="Si vous enregistrez")).to_be_visible()
    expect(effect).to_contain_text("avant :")
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.goto("/lieu/horaires/")
    expect(page.locator("[name=j5c0_de]")).to_have_value("09:00")

    page.goto(f"/annuaire/{one.place}/fiche/")
    page.locator("label.chip", has_text=re.compile(r"^\s*Accessible en fauteuil\s*$")).click()
    press(page, "Enregistrer la fiche")
    page.goto(f"/annuaire/{one.place}/services/")
    first = page.locator("#grille section").first
    for number in range(first.get_by_role("button", name="Tout sur place").count()):
        with page.expect_navigation():
            first.get_by_role("button", name="Tout sur place").nth(number).click()
    press(page, "Enregistrer la grille")
    # Who keeps a place reads of the label, but writes no dossier.
    page.goto("/label/")
    expect(page.get_by_role("button", name="Préparer la demande")).to_have_count(0)


def write_the_dossier(page: Page, one: Cast) -> int:
    """The coordinator: six texts kept as typed, the places judged, one proposed, the others partners."""
    page.goto("/label/")
    press(page, "Préparer la demande")
    found = re.search(r"/label/(\d+)/", page.url)
    assert found
    dossier = int(found[1])
    for part in PARTS:
        page.goto(f"/label/{dossier}/{part}/")
        kept(page, part, TEXT)
    page.goto(f"/label/{dossier}/lieux/")
    place = page.locator(f"#lieu-{one.place}")
    expect(place).to_contain_text("Conditions remplies")
    press(page, "Proposer, et les autres en partenaires associés")
    expect(place).to_contain_text("Proposé au label")
    partner = page.locator("article.label-lieu", has_text="Conditions non remplies").first
    expect(partner.get_by_role("combobox", name="Ce que vous proposez")).to_have_value("associe")
    page.goto(f"/label/{dossier}/deposer/")
    expect(page.get_by_role("button", name="Déposer auprès du préfet")).to_have_count(0)
    return dossier


def present_the_convention(page: Page, one: Cast) -> tuple[int, list[str]]:
    """Opened from the model, the place's organisation and another, one signatory each, out for signature."""
    page.goto("/conventions/")
    press(page, "Ouvrir une convention")
    found = re.search(r"/conventions/(\d+)/", page.url)
    assert found
    convention = int(found[1])
    page.goto(f"/conventions/{convention}/parties/")
    page.get_by_role("checkbox", name=one.organisation, exact=True).check()
    page.locator("input[name=organisations]:not(:checked)").first.check()
    press(page, "Ajouter")
    mails = []
    for number in range(2):
        page.goto(f"/conventions/{convention}/parties/")
        page.get_by_role("link", name=re.compile("^Ajouter un signataire")).nth(number).click()
        mails.append(f"signataire.{convention}.{number}@organisme.example")
        page.get_by_text("Élu ou représentant légal").click()
        page.get_by_label("Fonction", exact=True).fill("Présidence")
        page.get_by_label("Courriel", exact=True).fill(mails[-1])
        press(page, "Ajouter ce signataire")
    page.goto(f"/conventions/{convention}/presenter/")
    press(page, "Présenter ce texte à la signature")
    return convention, mails


def sign_all(page: Page, visitor: Visitor, stack: Stack, convention: int, mails: list[str]) -> None:
    """One signs, the text changes, that one signs again; a link already used says so."""
    first = fresh_link(stack, mails[0])
    signatory = sign(visitor, first, "présidence")
    page.goto(f"/conventions/{convention}/texte/")
    box = page.get_by_label("Texte de la convention")
    box.fill(f"{box.input_value()}\n\n{ADDED}")
    press(page, "Enregistrer")
    page.goto(f"/conventions/{convention}/presenter/")
    expect(page.get_by_text("1 signature est à redonner")).to_be_visible()
    page.get_by_role("textbox", name=re.compile("^Ce qui change")).fill("Le rythme des réunions est dit.")
    press(page, "Présenter ce texte et redemander 1 signature")
    second = sign(visitor, fresh_link(stack, mails[1]), "présidence")
    expect(second.get_by_text("Quand toutes les parties auront signé")).to_be_visible()
    again = fresh_link(stack, mails[0], known=first)
    signatory.goto(again)
    expect(signatory.get_by_text("C’est le texte n° 2")).to_be_visible()
    expect(signatory.locator(".conv-corps").first).to_contain_text(ADDED)
    sign(visitor, again, "présidence")
    signatory.goto(again)
    expect(signatory.get_by_role("heading", level=1)).to_have_text("Vous avez signé")
    expect(signatory.get_by_role("button", name="Signer ce texte")).to_have_count(0)
    page.goto(f"/conventions/{convention}/")
    expect(page.get_by_text("Signée par toutes les parties")).to_be_visible()
    until(lambda: column(stack, "convention", "pdf_sha256", convention) != "", 30)


def submit(page: Page, dossier: int) -> None:
    page.goto(f"/label/{dossier}/deposer/")
    page.locator("label[for=certifie]").click()
    press(page, "Déposer auprès du préfet")


def instruct(page: Page, coordinator: Page, animation: Page, dossier: int, one: Cast) -> None:
    """The préfecture asks, the territory answers, the file goes on, the animation records the avis."""
    page.get_by_role("link", name=one.territory_name, exact=True).first.click()
    page.get_by_role("link", name="Demander un complément").click()
    page.get_by_label("Le plan d’action sur cinq ans").check()
    page.get_by_label("Ce qui est demandé").fill(ASKED)
    page.get_by_label("Réponse attendue avant le").fill((today() + datetime.timedelta(days=15)).isoformat())
    press(page, "Envoyer la demande")
    coordinator.goto(f"/label/{dossier}/plan/")
    expect(coordinator.get_by_text(ASKED).first).to_be_visible()
    kept(coordinator, "plan", PLAN)
    coordinator.goto(f"/label/{dossier}/repondre/")
    coordinator.get_by_label("Ce que vous avez complété").fill("Le calendrier est ajouté.")
    press(coordinator, "Envoyer la réponse")
    page.goto(f"/label/{dossier}/procedure/")
    expect(page.get_by_text("Le calendrier est ajouté.").first).to_be_visible()
    press(page, "Déclarer le dossier complet")
    press(page, "Transmettre pour avis")
    animation.goto(f"/label/{dossier}/procedure/")
    animation.get_by_role("link", name="Enregistrer l’avis").click()
    animation.get_by_role("radio", name=re.compile("^Favorable(?! avec)")).check()
    animation.get_by_label("Rendu le").fill(today().isoformat())
    animation.get_by_label("Texte de l’avis").fill(AVIS)
    press(animation, "Enregistrer l’avis")


def decide(page: Page, dossier: int) -> None:
    """The effects are read, then the act is joined with its number."""
    page.goto(f"/label/{dossier}/procedure/decider/")
    page.get_by_role("radio", name="Accorder le label").check()
    for name in ("Acte daté du", "Label à partir du"):
        page.get_by_label(name).fill(today().isoformat())
    press(page, "Voir les effets")
    expect(page.get_by_text("lieux labellisés").first).to_be_visible()
    page.get_by_label("Numéro de l’acte").fill(f"2026-{dossier:04d}")
    act = {"name": "acte.pdf", "mimeType": "application/pdf", "buffer": signed_act()}
    page.get_by_label("Acte signé (PDF)").set_input_files(act)  # type: ignore[arg-type]
    press(page, "Enregistrer la décision")


def certificate(page: Page, stack: Stack, dossier: int, one: Cast) -> str:
    """The worker draws it; its code, as it is read on the sheet."""
    query = "SELECT count(*) FROM labelling_labelcertificate WHERE site_id = %s"
    until(lambda: stack.rows(query, (one.place,))[0][0] == 1, 40)
    page.goto(f"/label/{dossier}/decision/")
    link = page.get_by_role("link", name=f"de {one.place_name}")
    code = re.sub(r"^Certificat\s+", "", link.inner_text()).strip().split("\n")[0]
    with page.expect_download() as sheet:
        link.click()
    text = PdfReader(io.BytesIO(sheet.value.path().read_bytes())).pages[0].extract_text()
    assert re.sub(r"\W", "", code)[:12] in re.sub(r"\W", "", text)
    return code


def seen_by_all(page: Page, one: Cast, code: str) -> None:
    """Nobody logged in: the code of the certificate, the directory, the page of the place."""
    page.goto("/label/verifier/")
    page.get_by_label("Code du certificat").fill(code.lower())
    press(page, "Vérifier")
    expect(page.get_by_text("Label en vigueur")).to_be_visible()
    expect(page.get_by_role("heading", level=2).first).to_have_text(one.place_name)
    page.goto("/ou-s-adresser/nord-pas-de-calais/")
    page.get_by_text("Préciser : votre situation").click()
    page.get_by_label("Nom d’un lieu ou d’un réseau").fill(one.place_name)
    page.get_by_label("Lieux", exact=True).select_option(label="Labellisés par l’État")
    page.get_by_role("button", name="Chercher").click()
    found = page.locator("#resultats").get_by_role("link", name=one.place_name).first
    expect(found).to_be_visible()
    found.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(one.place_name)
    expect(page.locator("section[aria-labelledby=lab]")).to_contain_text("abellis")
    # On a telephone the map is after all the places: asked for from their head, it comes into sight.
    page.set_viewport_size(PHONE)
    page.goto("/ou-s-adresser/nord-pas-de-calais/")
    page.get_by_role("link", name="Voir la carte").click()
    expect(page.get_by_role("region", name="Carte des lieux")).to_be_in_viewport()


def test_from_the_hours_to_the_certificate(visitor: Visitor, stack: Stack) -> None:
    """Référent, coordinator, two signatories, préfecture, animation, worker, public."""
    one = cast(stack)
    referent = visitor.as_account(one.referent)
    keep_the_place(referent, one)
    coordinator = visitor.as_account(one.coordinator)
    dossier = write_the_dossier(coordinator, one)
    convention, mails = present_the_convention(coordinator, one)
    sign_all(coordinator, visitor, stack, convention, mails)
    submit(coordinator, dossier)
    assert column(stack, "labeldossier", "state", dossier) == "depose"

    state = visitor.new()
    visitor.log_in(state, stack.account("prefecture", region=REGION))
    assert state.url.endswith("/label/accueil/")
    animation = visitor.as_account(stack.account("animation", region=REGION))
    instruct(state, coordinator, animation, dossier, one)
    assert column(stack, "labeldossier", "state", dossier) == "avis_rendu"
    decide(state, dossier)
    assert column(stack, "labeldossier", "state", dossier) == "accorde"
    code = certificate(state, stack, dossier, one)

    seen_by_all(visitor.new(), one, code)
    referent.goto(f"/annuaire/{one.place}/kit/")
    plate = referent.get_by_role("link", name=re.compile("^Plaque à la taille finie"))
    # The sheet opens in the browser's own reader; it is asked here with the référent's session.
    sheet = referent.request.get(str(plate.get_attribute("href")))
    width, height = PdfReader(io.BytesIO(sheet.body())).pages[0].mediabox[2:]
    assert (round(float(width) / 72 * 2.54), round(float(height) / 72 * 2.54)) == (20, 30)


def test_hours_by_keyboard(visitor: Visitor, stack: Stack) -> None:
    """The week without a mouse: every stop seen, the effect said before the save, then the slot removed."""
    page = visitor.as_account(stack.account("referent"))
    effect = page.locator("#effet")
    for opens, closes in (("0815A", "0945A"), ("", "")):
        page.goto("/lieu/horaires/")
        # Sunday: no place of the demonstration opens on it.
        for name, hour in (("j6c0_de", opens), ("j6c0_a", closes)):
            go_to(page, name, limit=200)
            # Hours, minutes, and the half of the day for the browsers that count in AM and PM.
            for piece in ("Backspace", "ArrowRight", "Backspace", "ArrowRight", "Backspace", "ArrowLeft"):
                page.keyboard.press(piece)
            page.keyboard.press("ArrowLeft")
            page.keyboard.type(hour)
            expect(page.locator(f"[name={name}]")).to_have_value(hour and f"{hour[:2]}:{hour[2:4]}")
        key(page)
        expect(effect.get_by_role("heading", name="Si vous enregistrez")).to_be_visible()
        expect(page.locator("#changements")).to_contain_text("pas encore enregistré")
        go_to(page, "action", "enregistrer", limit=150)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto("/lieu/horaires/")
        expect(page.locator("[name=j6c0_de]")).to_have_value("08:15" if opens else "")
