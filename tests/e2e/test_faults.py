"""What breaks while people work: nothing acknowledged is lost or doubled, nothing typed is lost."""

import http.client
import threading
import time
import urllib.error
import urllib.request
import uuid
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.test_axe import violations
from tests.e2e.test_journey import pending
from tests.e2e.visitor import Visitor, choose, doors_settled, save_by_post, token, typed_fiche, until

CATCH_UP_SECONDS = 30


def figures_right(stack: Stack) -> None:
    """Every event was handled, and a recount of all fiches finds the figures as they are shown."""
    until(lambda: pending(stack) == 0, CATCH_UP_SECONDS)
    checked = stack.manage("check_rollups", check=False)
    assert checked.returncode == 0, checked.stdout


def at_the_desk(visitor: Visitor, stack: Stack) -> Page:
    page = visitor.as_account(stack.account("conseiller", 0))
    page.goto("/fiches/nouvelle/")
    return page


def test_worker_killed_between_a_save_and_the_fill(visitor: Visitor, stack: Stack) -> None:
    page = at_the_desk(visitor, stack)
    for _ in range(3):
        save_by_post(page)
    stack.kill("worker")
    for _ in range(3):
        save_by_post(page)
    assert pending(stack) >= 3
    stack.start("worker")
    figures_right(stack)


def test_redis_flushed_and_worker_killed(visitor: Visitor, stack: Stack) -> None:
    """Redis only rings the bell: what it forgot is in the outbox."""
    page = at_the_desk(visitor, stack)
    stack.kill("worker")
    save_by_post(page)
    stack.flush_redis()
    stack.start("worker")
    save_by_post(page)
    stack.flush_redis()
    figures_right(stack)


class Burst:
    """Ten saves at once, each with its own key, sent as a browser sends them."""

    def __init__(self, stack: Stack, page: Page, count: int = 10) -> None:
        self.address = urlsplit(stack.url)
        self.headers = {
            "Cookie": "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies()),
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": page.url,
        }
        self.bodies = {key: urlencode(typed_fiche(page, key)) for key in (uuid.uuid4() for _ in range(count))}

    def send(self, acknowledged: dict[uuid.UUID, str]) -> None:
        """Send all; ``acknowledged`` gets the address of each fiche whose answer came back."""
        threads = [threading.Thread(target=self._one, args=(key, acknowledged)) for key in self.bodies]
        for thread in threads:
            thread.start()
            time.sleep(0.02)
        for thread in threads:
            thread.join(60)

    def _one(self, key: uuid.UUID, acknowledged: dict[uuid.UUID, str]) -> None:
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=30)
        try:
            connection.request("POST", "/fiches/nouvelle/", self.bodies[key], self.headers)
            answer = connection.getresponse()
            if answer.status == 303:
                acknowledged[key] = answer.headers["Location"]
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


def test_web_killed_in_a_burst(visitor: Visitor, stack: Stack) -> None:
    """Whoever saw a reference keeps it; whoever did not sends again the same form and gets one fiche."""
    burst = Burst(stack, at_the_desk(visitor, stack))
    first: dict[uuid.UUID, str] = {}
    sending = threading.Thread(target=burst.send, args=(first,))
    sending.start()
    until(lambda: bool(first), 20, every=0.005)
    stack.kill("web")
    sending.join(90)
    stack.start("web")
    stack.wait_ready(worker=False)
    again: dict[uuid.UUID, str] = {}
    burst.send(again)
    assert len(again) == len(burst.bodies)
    assert {key: again[key] for key in first} == first
    kept = stack.rows(
        "SELECT count(*), count(DISTINCT cle_idempotence), count(DISTINCT reference)"
        " FROM contacts_fichecontact WHERE cle_idempotence = ANY(%s)",
        (list(burst.bodies),),
    )
    assert kept == [(10, 10, 10)]
    figures_right(stack)


def fill(page: Page, words: str) -> None:
    page.goto("/fiches/nouvelle/")
    choose(page, "canal", "courriel")
    choose(page, "statut", 4)
    choose(page, "demandes", 3)
    choose(page, "reponses", 3)
    page.get_by_label("Précisions").fill(words)
    doors_settled(page)


def saved_with(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Fiche enregistrée")
    kept = page.locator("section[aria-labelledby=kept]")
    for said in (words, "Courriel", "Stagiaire de formation continue"):
        expect(kept).to_contain_text(said)


def test_session_ended_in_mid_form(visitor: Visitor, stack: Stack) -> None:
    """K12: the page keeps what was typed; log in again beside it, send again, one fiche."""
    words = "Bilan de compétences commencé"
    account = stack.account("conseiller", 1)
    page = visitor.new()
    visitor.log_in(page, account)
    fill(page, words)
    key = page.locator("input[name=cle_idempotence]").input_value()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Résolu sur place, enregistrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre session a expiré")
    expect(page.locator("main")).to_contain_text(words)
    assert violations(page) == []
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Reconnectez-vous dans un nouvel onglet").click()
    beside = opened.value
    beside.get_by_label("Adresse électronique professionnelle").fill(account["email"])
    beside.get_by_label("Mot de passe", exact=True).fill(account["password"])
    beside.get_by_role("button", name="Se connecter").click()
    expect(beside.get_by_role("heading", level=1)).to_have_text("Vous êtes reconnecté")
    beside.close()
    page.get_by_role("button", name="Renvoyer ma saisie").click()
    # The token changed with the login: one more confirmation, as the page said.
    page.get_by_role("button", name="Renvoyer le formulaire").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Renvoyer le formulaire").click()
    saved_with(page, words)
    assert stack.rows("SELECT count(*) FROM contacts_fichecontact WHERE cle_idempotence = %s", (key,)) == [
        (1,)
    ]


def test_session_ended_under_a_fragment(visitor: Visitor, stack: Stack) -> None:
    """The pile sends each line by htmx: the line stays, an alert says where to log in, then it passes."""
    account = stack.account("referent", 1)
    page = visitor.new()
    visitor.log_in(page, account)
    page.goto("/fiches/pile/")
    page.get_by_role("button", name="Commencer la pile").click()
    page.locator("#l_statut").fill("3")
    page.locator("#l_demandes").fill("2 5")
    before = page.locator("#lp").inner_text()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Ajouter la ligne").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Votre session a pris fin.")
    expect(page.locator("#l_demandes")).to_have_value("2 5")
    with page.context.expect_page() as opened:
        alert.get_by_role("link", name="Se reconnecter dans un nouvel onglet").click()
    visitor.log_in(opened.value, account)
    opened.value.close()
    alert.get_by_role("button", name="Réessayer").click()
    expect(page.locator("#lp")).not_to_have_text(before)
    expect(page.locator("#lp")).to_contain_text("ligne")


def test_database_away(visitor: Visitor, stack: Stack) -> None:
    """A 503 page holds the form; once the database is back its button saves it, once."""
    words = "Reprise d’une boulangerie"
    page = visitor.as_account(stack.account("conseiller", 0))
    fill(page, words)
    key = page.locator("input[name=cle_idempotence]").input_value()
    with stack.database_away():
        assert status(stack, "/sante/") == 200
        assert status(stack, "/sante/pret/") == 503
        with page.expect_response(
            lambda r: r.request.method == "POST" and r.request.is_navigation_request()
        ) as sent:
            page.get_by_role("button", name="Résolu sur place, enregistrer").click()
        assert sent.value.status == 503
        assert int(sent.value.headers["retry-after"]) > 0
        expect(page.get_by_role("heading", level=1)).to_have_text("Le portail est indisponible un instant")
        expect(page.locator("main")).to_contain_text(words)
        assert violations(page) == []
        # Still away: the second try keeps it too.
        page.get_by_role("button", name="Réessayer d’enregistrer").click()
        expect(page.locator("main")).to_contain_text(words)
        assert token(page)
    page.get_by_role("button", name="Réessayer d’enregistrer").click()
    saved_with(page, words)
    assert stack.rows("SELECT count(*) FROM contacts_fichecontact WHERE cle_idempotence = %s", (key,)) == [
        (1,)
    ]


def test_database_away_under_a_fragment(visitor: Visitor, stack: Stack) -> None:
    """Suggestions that can't come leave the fiche as it is, and say so."""
    page = at_the_desk(visitor, stack)
    with stack.database_away():
        choose(page, "statut", 2)
        expect(page.get_by_role("alert")).to_contain_text("Votre fiche est toujours là")
    choose(page, "demandes", 1)
    expect(page.locator("#portes .door").first).to_be_visible()
    expect(page.locator("input[name=statut][value='2']")).to_be_checked()


def status(stack: Stack, path: str) -> int:
    try:
        with urllib.request.urlopen(stack.url + path, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
