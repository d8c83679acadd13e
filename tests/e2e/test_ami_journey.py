"""A call for interest from the first line of a file to its publication, each by its own screens (issue 4)."""

import datetime
import re
import uuid
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.e2e.ami import (
    REGION,
    Called,
    called,
    draft_of,
    letter_to,
    member_of,
    noted_by,
    porteur_of,
    press,
    state_of,
)
from tests.e2e.stack import Stack
from tests.e2e.test_keyboard import go_to
from tests.e2e.test_keyboard import press as key
from tests.e2e.visitor import PHONE, Visitor, until

SECRET = "Une-longue-phrase-de-passe-2026"
TEXT = "Un accueil commun, quatre jours par semaine, dans un local ouvert sur la rue."
AVIS = "La commission est favorable : le lieu manque à ce bassin."
REASONS = "Le projet répond aux besoins du bassin et son budget est tenu."


def dossier(page: Page, file: int, rest: str = "") -> None:
    page.goto(f"/ami/dossiers/{file}/{rest}")


def kept(page: Page, part: str, text: str) -> None:
    """Type in the box of a part; the portal says it is kept, nothing is pressed."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator(f"#texte-{part}").fill(text)
    expect(page.locator(f"#etat-{part}")).to_contain_text("Enregistré à")


def budget_line(page: Page, row: str, label: str, amount: str) -> None:
    page.locator(f"#{row}-label").fill(label)
    page.locator(f"#{row}-amount").fill(amount)
    # The next stop is the button that removes the line: reaching it must not press it.
    page.keyboard.press("Tab")


def open_account(visitor: Visitor, stack: Stack, call: Called) -> tuple[Page, dict[str, str]]:
    """From the public page of the call to an account: a request, a mail, a password."""
    page = visitor.new()
    page.goto(call.path)
    page.get_by_role("link", name=re.compile("^Répondre|^Candidater|^Déposer")).first.click()
    mark = uuid.uuid4().hex[:6].translate(str.maketrans("0123456789", "ghijklmnop"))
    account = {"email": f"direction.{mark}@structure.example", "password": SECRET}
    page.get_by_label("Votre organisation").fill(f"Association {mark} pour l’orientation")
    page.get_by_label("Votre fonction").fill("direction")
    page.get_by_label("Adresse électronique professionnelle").fill(account["email"])
    press(page, "Recevoir mon lien")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est enregistrée")
    page.goto(letter_to(stack, account["email"], "/invitation/"))
    for box in page.locator("input[type=password]").all():
        box.fill(SECRET)
    press(page, "Ouvrir mon compte")
    if "/connexion" in page.url:
        visitor.log_in(page, account)
    return page, account


def test_porteur_opens_a_file_and_its_partner_answers(visitor: Visitor, stack: Stack) -> None:
    """Account asked for on the public page, text kept as it is typed, 80 % said, partner by its own link."""
    call = called(stack)
    page, _ = open_account(visitor, stack, call)
    page.goto("/ami/dossiers/")
    page.get_by_role("link", name=re.compile("^Commencer un dossier")).click()
    page.locator("#bassins label").first.click()
    press(page, "Commencer le dossier")
    found = re.search(r"/ami/dossiers/(\d+)/", page.url)
    assert found
    file = int(found[1])

    dossier(page, file, "services/")
    kept(page, "services", TEXT)
    page.reload()
    expect(page.locator("#texte-services")).to_have_value(TEXT)

    dossier(page, file, "budget/")
    budget_line(page, "charge-0", "Accueil", "10 000")
    budget_line(page, "produit-0", "Région", "9 000")
    budget_line(page, "produit-3", "Autofinancement", "1 000")
    expect(page.locator("#budget-limite")).to_contain_text(re.compile(r"1.000.€ de trop"))
    expect(page.locator("#budget-limite .limit")).to_have_class(re.compile("is-over"))
    expect(page.locator("#budget-etat")).to_contain_text("Brouillon enregistré")
    budget_line(page, "produit-0", "Région", "7 000")
    budget_line(page, "produit-3", "Autofinancement", "3 000")
    expect(page.locator("#budget-equilibre")).to_contain_text("Budget équilibré")
    expect(page.locator("#budget-etat")).to_contain_text("Brouillon enregistré")
    page.reload()
    expect(page.locator("#budget-limite")).to_contain_text("possibles")

    dossier(page, file, "partenaires/")
    address = f"partenaire.{file}@partenaire.example"
    page.get_by_label("Organisation partenaire").fill("Mission locale du bassin")
    page.get_by_label("Adresse électronique de l’organisation").fill(address)
    page.get_by_label("Ce qu’elle apporte").fill("Une permanence par semaine.")
    press(page, "Ajouter")
    press(page, "Inviter à confirmer")

    # The partner has no account: another browser, the link of its mail, on a telephone.
    partner = visitor.new(viewport=PHONE)
    link = letter_to(stack, address, "/ami/contribution/")
    partner.goto(link)
    expect(partner.locator("blockquote")).to_have_text("Une permanence par semaine.")
    partner.locator("label.check", has_text="en la corrigeant").click()
    partner.get_by_label(re.compile("^Votre contribution, corrigée")).fill("Deux permanences par semaine.")
    partner.get_by_label("Votre fonction dans l’organisation").fill("direction")
    press(partner, "Envoyer ma réponse")
    expect(partner.get_by_role("heading", level=1)).to_have_text("Votre réponse est enregistrée")
    # The same link again shows what was answered and offers nothing more.
    partner.goto(link)
    expect(partner.get_by_role("button", name="Envoyer ma réponse")).to_have_count(0)

    page.reload()
    expect(page.locator(".ami-partenaires")).to_contain_text("Deux permanences par semaine.")
    # What is missing is said, and the file can't be submitted.
    dossier(page, file, "deposer/")
    expect(page.locator(".dossier-manques a").first).to_be_visible()
    expect(page.get_by_role("button", name="Déposer le dossier")).to_have_count(0)
    assert state_of(stack, file) == "brouillon"


def confirm(visitor: Visitor, stack: Stack, file: int) -> None:
    """A partner of the file that has not answered confirms by the link of its mail."""
    query = "SELECT email FROM labelling_amicontribution WHERE application_id = %s AND state = 'invitee'"
    partner = visitor.new()
    partner.goto(letter_to(stack, str(stack.rows(query, (file,))[0][0]), "/ami/contribution/"))
    partner.locator("label.check", has_text="Je confirme cette contribution").click()
    partner.get_by_label("Votre fonction dans l’organisation").fill("direction")
    press(partner, "Envoyer ma réponse")


def submit(page: Page, file: int) -> None:
    dossier(page, file, "deposer/")
    page.locator("label[for=certifie]").click()
    press(page, "Déposer le dossier")
    expect(page.get_by_text("La Région a reçu ce dossier")).to_be_visible()


def declare_recevable(region: Page, file: int) -> None:
    dossier(region, file, "recevabilite/")
    press(region, "Marquer « rempli »")
    # Those the porteur did not answer yes to are looked at one by one.
    for line in region.locator(".recev-ligne").all():
        if not line.locator("input[type=radio]:checked").count():
            line.locator("label", has=region.locator("input[value=rempli]")).click()
    press(region, "Déclarer recevable")
    press(region, "Déclarer recevable")


def assign(region: Page, file: int, scorer: str) -> None:
    dossier(region, file, "noteurs/")
    box = region.locator("select[name=noteur]").first
    box.select_option(value=str(box.locator("option", has_text=scorer).first.get_attribute("value")))
    press(region, "Confier le dossier")


def give_notes(scorer: Page, file: int) -> None:
    """By the grid: the total follows each choice, then the note is read again and given."""
    dossier(scorer, file, "noter/")
    for line in scorer.locator("form.noter section").all():
        with scorer.expect_response(lambda answer: answer.request.method == "POST"):
            line.locator("label.outcome").nth(4).click()
    expect(scorer.locator("#note-total")).to_contain_text("Toutes les lignes sont notées")
    press(scorer, "Relire et donner ma note")
    press(scorer, "Donner ma note")


def hold_session(region: Page, member: Page, stack: Stack, file: int) -> None:
    """Prepared, convened, answered, present, voted, closed, minutes approved."""
    rows = stack.rows("SELECT call_id, commission_id FROM labelling_amiapplication WHERE id = %s", (file,))
    region.goto(f"/ami/seances/preparer/?appel={rows[0][0]}&commission={rows[0][1]}")
    begins = datetime.datetime.now(ZoneInfo("Europe/Paris")) + datetime.timedelta(hours=2)
    region.get_by_label("Date", exact=True).fill(begins.date().isoformat())
    region.get_by_label("Heure", exact=True).fill(f"{begins:%H:%M}")
    region.get_by_label("Lieu", exact=True).fill("Hôtel de Région")
    press(region, "Enregistrer la séance")
    press(region, "Convoquer les membres")
    session = re.search(r"/ami/seances/\d+/", region.url)
    assert session

    member.goto(session[0])
    press(member, "Je serai présent")
    expect(member.get_by_text("Présence annoncée").first).to_be_visible()

    region.goto(session[0])
    expect(region.locator("#membres")).to_contain_text("a annoncé sa présence")
    for chip in region.locator(".seance-presences label:has(input[value=present])").all():
        chip.click()
    press(region, "Enregistrer les présences")
    points = [link.get_attribute("href") for link in region.locator("#ordre-du-jour tbody th a").all()]
    for point in points:
        region.goto(str(point))
        said = region.get_by_text("les voix pour, contre et les abstentions").inner_text()
        region.get_by_label("Pour", exact=True).fill(re.sub(r"\D.*", "", said))
        region.locator("label:has(input[name=sens][value=favorable])").click()
        region.get_by_label("Texte de l’avis").fill(AVIS)
        press(region, "Enregistrer l’avis")
    region.goto(f"{session[0]}clore/")
    press(region, "Clore la séance")

    member.goto(f"{session[0]}proces-verbal/")
    expect(member.locator("article")).to_contain_text(AVIS)
    press(member, "Approuver le procès-verbal")
    member.goto(session[0])
    expect(member.get_by_text("Procès-verbal approuvé").first).to_be_visible()


def test_from_the_deposit_to_the_publication(visitor: Visitor, stack: Stack) -> None:
    """Porteur, Region, scorer, member, Region: the porteur sees nothing of it before, everything after."""
    file = draft_of(stack, whole=True)
    porteur = visitor.as_account(porteur_of(stack, file))
    region = visitor.as_account(stack.account("region", region=REGION))
    scoring = stack.account("charge_mission", region=REGION)
    scorer = visitor.as_account(scoring)
    member = visitor.as_account(member_of(stack, file))
    call = called(stack).now

    confirm(visitor, stack, file)
    submit(porteur, file)
    declare_recevable(region, file)
    assign(region, file, scoring["label"])
    give_notes(scorer, file)
    dossier(region, file, "noteurs/")
    press(region, "Clore l’instruction")
    hold_session(region, member, stack, file)

    dossier(region, file, "decision/")
    region.locator("label:has(input[name=sens][value=retenue])").click()
    region.get_by_label(re.compile("^Montant accordé")).fill("10 000")
    region.get_by_label(re.compile("^Motifs")).fill(REASONS)
    press(region, "Vérifier avant d’enregistrer")
    press(region, "Enregistrer la décision")
    assert state_of(stack, file) == "decidee"

    dossier(porteur, file)
    hidden = porteur.locator("main").inner_text()
    for said in (AVIS, REASONS, "10 000", "Retenue", "avis", "Décidé"):
        assert said.lower() not in hidden.replace("\u202f", " ").replace("\u00a0", " ").lower(), said

    region.goto(f"/ami/appels/{call}/publication/")
    # Only this commission's decisions: the other ones of the demonstration wait.
    decided = region.locator(f"a[href='/ami/dossiers/{file}/decision/']")
    mine = region.locator("form section", has=decided)
    for box in region.locator("input[name=commissions]").all():
        box.uncheck()
    mine.locator("input[name=commissions]").check()
    press(region, "Vérifier avant de publier")
    press(region, "Publier maintenant")
    # The letters are drawn by the worker, then everything opens at once.
    until(lambda: state_of(stack, file) == "retenue", 40)

    porteur.reload()
    told = porteur.locator("#partie-decision")
    expect(told).to_contain_text(AVIS)
    expect(told).to_contain_text(REASONS)
    expect(told).to_contain_text(re.compile(r"10.000.€"))
    with porteur.expect_download() as letter:
        told.get_by_role("link", name=re.compile("lettre")).first.click()
    assert letter.value.path().read_bytes().startswith(b"%PDF")


def test_scores_given_by_keyboard(visitor: Visitor, stack: Stack) -> None:
    """The grid without a mouse: every stop seen, arrows choose, the note is given."""
    scorer = stack.account("charge_mission", region=REGION)
    file = noted_by(stack, scorer)
    page = visitor.as_account(scorer)
    dossier(page, file, "noter/")
    for name in [str(one.get_attribute("name")) for one in page.locator("form.noter input[value='0']").all()]:
        go_to(page, name)
        for _ in range(3):
            key(page, "ArrowDown")
        expect(page.locator(f"input[name={name}][value='3']")).to_be_checked()
    expect(page.locator("#note-total")).to_contain_text("Toutes les lignes sont notées")
    go_to(page, "acte", "relire")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    go_to(page, "Donner ma note")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    query = "SELECT count(*) FROM labelling_amiassignment WHERE application_id = %s AND state = 'attendue'"
    assert stack.rows(query, (file,)) == [(0,)]


def test_draft_without_javascript(visitor: Visitor, stack: Stack) -> None:
    """A text and a budget by their buttons alone; what is over 80 % is said and kept as a draft."""
    file = draft_of(stack, whole=False)
    page = visitor.new(java_script_enabled=False)
    visitor.log_in(page, porteur_of(stack, file))
    dossier(page, file, "partenariats/")
    page.locator("#texte-partenariats").fill(TEXT)
    press(page, "Enregistrer")
    expect(page.locator("#texte-partenariats")).to_have_value(TEXT)
    dossier(page, file, "budget/")
    budget_line(page, "charge-0", "Accueil", "5 000,50")
    budget_line(page, "produit-0", "Région", "4 500")
    budget_line(page, "produit-3", "Autofinancement", "500,50")
    press(page, "Enregistrer le brouillon")
    expect(page.locator("#budget-limite")).to_contain_text(re.compile(r"499,60.€ de trop"))
    dossier(page, file, "budget/")
    expect(page.locator("#produit-0-amount")).to_have_value(re.compile(r"4.500"))
