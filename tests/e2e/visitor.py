"""Someone in front of a browser: opens contexts, logs in, and notes whatever the browser complains about."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.e2e.stack import Account, Stack

# The pages of errors are documents too: their status is not a defect of the page that shows them.
# htmx too writes down the refusals that the faults' tests provoke, and each question dropped for a newer one.
EXPECTED = (
    "htmx:afterRequest",
    "htmx:sendAbort",
    "Failed to load resource: the server responded with a status of",
    "Response Status Error Code ",
)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@dataclass
class Visitor:
    """Opens browser contexts; ``trouble`` is what no visit may cause: console errors, other origins."""

    browser: Browser
    stack: Stack
    contexts: list[BrowserContext] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    windows: dict[str, Page] = field(default_factory=dict)

    def kept(self, account: Account | None) -> Page:
        """The one window of that reader, kept from screen to screen: its style sheets are already there.

        What a screen leaves in it goes: other pages, cookies, what the page stored, the size.
        """
        key = account["email"] if account else ""
        page = self.windows.get(key)
        if page is None or page.is_closed():
            page = self.as_account(account) if account else self.new()
            self.windows[key] = page
            return page
        for other in page.context.pages:
            if other != page:
                other.close()
        page.context.clear_cookies()
        if account:
            page.context.add_cookies(self.stack.sessions[key])  # type: ignore[arg-type]
        page.evaluate("() => { try { sessionStorage.clear(); localStorage.clear(); } catch {} }")
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        return page

    def new(self, **options: object) -> Page:
        settings: dict[str, object] = {
            "locale": "fr-FR",
            "timezone_id": "Europe/Paris",
            "base_url": self.stack.url,
            "viewport": DESKTOP,
        }
        context = self.browser.new_context(**(settings | options))  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.trouble.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        self.contexts.append(context)
        return context.new_page()

    def as_account(self, account: Account, **options: object) -> Page:
        """A page of someone logged in; an account's session is opened once by the login page, then reused."""
        page = self.new(**options)
        known = self.stack.sessions.get(account["email"])
        if known:
            page.context.add_cookies(known)  # type: ignore[arg-type]
            return page
        self.log_in(page, account)
        self.stack.sessions[account["email"]] = page.context.cookies()  # type: ignore[assignment]
        return page

    def session(self, account: Account) -> None:
        """That account has a session to borrow, opened if nobody did before."""
        if account["email"] not in self.stack.sessions:
            self.as_account(account).context.close()

    def log_in(self, page: Page, account: Account) -> None:
        page.goto("/connexion/")
        page.get_by_label("Adresse électronique professionnelle").fill(account["email"])
        page.get_by_label("Mot de passe", exact=True).fill(account["password"])
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(lambda url: "/connexion" not in url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.trouble.append(f"console: {message.text} ({message.page.url if message.page else ''})")

    def _request(self, request: Request) -> None:
        # The browser's own PDF reader is an extension of it.
        if not request.url.startswith((self.stack.url, "data:", "blob:", "about:", "chrome-extension://")):
            self.trouble.append(f"other origin: {request.url}")

    def _response(self, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 400 and kind not in {"document", "xhr", "fetch"}:
            self.trouble.append(f"{response.status} {kind}: {urlsplit(response.url).path}")


def until(check: Callable[[], bool], seconds: float = 10, every: float = 0.25) -> float:
    """Wait until ``check`` holds; the seconds it took, or an assertion."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(every)
    return time.monotonic() - started


def token(page: Page) -> str:
    """The CSRF token of the page on screen, to send a form without the screen."""
    return str(page.locator("input[name=csrfmiddlewaretoken]").first.input_value())


def choose(page: Page, field_name: str, value: str | int) -> None:
    """Click the chip of a choice, as a hand would: its label, not the hidden box."""
    page.locator(f"label:has(> input[name={field_name}][value='{value}'])").first.click()


def doors_settled(page: Page) -> None:
    """Suggestions asked by the last click are drawn."""
    page.wait_for_timeout(200)
    page.wait_for_function("() => !document.querySelector('.htmx-request')")


def typed_fiche(page: Page, key: uuid.UUID | None = None, **fields: str) -> dict[str, str]:
    """Body of the smallest fiche, solved on the spot."""
    return {
        "csrfmiddlewaretoken": token(page),
        "cle_idempotence": str(key or uuid.uuid4()),
        "canal": "sur_place",
        "statut": "1",
        "demandes": "1",
        "rdv": "non",
        "fin": "place",
    } | fields


def save_by_post(page: Page, key: uuid.UUID | None = None, **fields: str) -> str:
    """Save a fiche without its screen; the address of the saved fiche. ``page`` shows the fiche's screen."""
    form: dict[str, str | float | bool] = {**typed_fiche(page, key, **fields)}
    answer = page.context.request.post("/fiches/nouvelle/", form=form, max_redirects=0)
    assert answer.status == 303, answer.status
    return answer.headers["location"]
