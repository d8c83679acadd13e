"""Screens of the annual report, of the synthesis and of long work, up to the signed version."""

import datetime
import re
import secrets
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.e2e.screens import Screen, press, press_link
from tests.e2e.stack import Stack
from tests.e2e.visitor import until

REQUIRED = ("annee", "activite", "plan")
TEXT = "La fréquentation a augmenté au printemps."
NEW = "Les permanences ont repris."
JOB_SECONDS = 60


def unlike(text: str) -> str:
    """The text with an end no other screen typed: letters, for long numbers are refused."""
    return f"{text} {''.join(secrets.choice('bcdfg') for _ in range(9))}."


def this_year() -> int:
    return datetime.datetime.now(tz=datetime.UTC).year


def open_report(page: Page, year: int) -> str:
    """The report of the territory on screen for that year; its address."""
    territory = re.sub(r"(rapport/.*)?(\?.*)?$", "", page.url)
    page.goto(f"{territory}rapport/{year}/")
    return page.url


def _not_started(page: Page, stack: Stack) -> None:
    open_report(page, this_year() - 4)


def start(page: Page) -> None:
    button = page.get_by_role("button", name=re.compile("^Commencer "))
    if button.count():
        button.click()
        page.wait_for_load_state()


def _editor(page: Page, stack: Stack) -> None:
    open_report(page, this_year())
    start(page)


def typed(page: Page, part: str, text: str) -> None:
    """Type in the box of a part and wait until the portal says it is kept."""
    with page.expect_response(lambda answer: f"/partie/{part}/" in answer.url):
        page.locator(f"#texte-{part}").fill(text)
    expect(page.locator(f"#etat-{part}")).to_contain_text("Enregistré à")


def _text_saved(page: Page, stack: Stack) -> None:
    _editor(page, stack)
    typed(page, "annee", unlike(TEXT))


def _conflict(page: Page, stack: Stack) -> None:
    """The same part open twice: the second to write is asked what to keep."""
    _editor(page, stack)
    beside = page.context.new_page()
    beside.goto(page.url)
    typed(beside, "annee", unlike(NEW))
    beside.close()
    page.locator("#texte-annee").fill(TEXT)
    page.get_by_role("heading", name="Deux textes pour cette partie").wait_for()


def _annexed(page: Page, stack: Stack) -> None:
    _editor(page, stack)
    if page.get_by_role("link", name="Renommer ou retirer").count():
        return
    page.locator("#annexe_titre").fill("Actions de l’année")
    table = {"name": "actions.csv", "mimeType": "text/csv", "buffer": b"Action;Date\nForum;12 mars\n"}
    page.locator("#annexe_fichier").set_input_files(table)  # type: ignore[arg-type]
    press("Joindre")(page, stack)
    page.get_by_text("Annexe jointe").wait_for()


def _annex(page: Page, stack: Stack) -> None:
    _annexed(page, stack)
    page.get_by_role("link", name="Renommer ou retirer").first.click()
    page.wait_for_load_state()


def _preview(page: Page, stack: Stack) -> None:
    _editor(page, stack)
    press_link("Aperçu à imprimer")(page, stack)
    page.wait_for_url("**/apercu/")


def _step(page: Page, stack: Stack) -> None:
    _editor(page, stack)
    press_link("Marquer comme complété")(page, stack)
    page.wait_for_load_state()


def _step_errors(page: Page, stack: Stack) -> None:
    """A part asked for is empty: the report can't be said complete."""
    address = open_report(page, this_year() - 3)
    start(page)
    page.goto(f"{address}etape/completer/")
    press("Marquer comme complété")(page, stack)
    page.locator("#erreurs").wait_for()


def complete(page: Page, stack: Stack, year: int) -> str:
    """A report ready for the signature; its address."""
    address = open_report(page, year)
    start(page)
    if page.get_by_role("link", name="Marquer comme complété").count():
        for part in REQUIRED:
            typed(page, part, TEXT)
        page.goto(f"{address}etape/completer/")
        press("Marquer comme complété")(page, stack)
        page.wait_for_url(address)
    return address


def _sign_errors(page: Page, stack: Stack) -> None:
    address = complete(page, stack, this_year() - 2)
    page.goto(f"{address}etape/signer/")
    press("Inscrire la signature du CTT")(page, stack)
    page.locator("#erreurs").wait_for()


def done(page: Page, stack: Stack) -> None:
    """On the page of a job: wait for its end, as told by the page itself."""
    page.wait_for_url("**/travaux/**")
    expect(page.locator("#etat")).to_contain_text("Terminé", timeout=JOB_SECONDS * 1000)


def signed(page: Page, stack: Stack) -> str:
    """A signed report; its address."""
    year = this_year() - 1
    address = open_report(page, year)
    if page.locator("#versions").count():
        return address
    complete(page, stack, year)
    page.goto(f"{address}etape/signer/")
    page.locator("#reunion").fill(f"{year}-12-15")
    page.locator("#avis").fill("Le comité approuve ce rapport.")
    press("Inscrire la signature du CTT")(page, stack)
    done(page, stack)
    page.goto(address)
    page.locator("#versions").wait_for()
    return address


def _signed(page: Page, stack: Stack) -> None:
    signed(page, stack)


def _version(page: Page, stack: Stack) -> None:
    signed(page, stack)
    page.get_by_role("link", name="Version 1", exact=True).click()
    page.get_by_role("heading", name="Empreintes SHA-256").wait_for()


def _correct_errors(page: Page, stack: Stack) -> None:
    page.goto(f"{signed(page, stack)}etape/corriger/")
    press("Corriger par une nouvelle version")(page, stack)
    page.locator("#erreurs").wait_for()


def _draft(page: Page, stack: Stack) -> None:
    """A long work that ended: its page offers the file."""
    _editor(page, stack)
    press("Préparer le PDF")(page, stack)
    done(page, stack)
    page.get_by_role("link", name="Télécharger").wait_for()


def _documents(page: Page, stack: Stack) -> None:
    email = stack.account("coordinateur")["email"]
    query = (
        "SELECT count(*) FROM kernel_job j JOIN territories_user u ON u.id = j.person_id WHERE u.email = %s"
    )
    if stack.rows(query, (email,)) == [(0,)]:
        page.goto("/")
        _draft(page, stack)
    page.goto("/travaux/")
    page.locator("#liste").wait_for()


def _synthesis(page: Page, stack: Stack) -> None:
    page.goto(f"/tableau-de-bord/synthese/{this_year()}/")
    start(page)
    page.locator("#t-extraits").wait_for()


def _synthesis_saved(page: Page, stack: Stack) -> None:
    _synthesis(page, stack)
    typed(page, "annee", unlike(TEXT))


def _synthesis_step(page: Page, stack: Stack) -> None:
    _synthesis(page, stack)
    press_link("Figer la synthèse")(page, stack)
    page.wait_for_load_state()


def _synthesis_frozen(page: Page, stack: Stack) -> None:
    """Frozen for a year long past, so that the one being written stays open."""
    address = f"/tableau-de-bord/synthese/{this_year() - 3}/"
    page.goto(address)
    if not page.locator("#versions").count():
        start(page)
        typed(page, "annee", TEXT)
        page.goto(f"{address}etape/figer/")
        press("Figer la synthèse")(page, stack)
        done(page, stack)
        until(lambda: _has_versions(page, address), JOB_SECONDS)
    page.locator("#versions").wait_for()


def _has_versions(page: Page, address: str) -> bool:
    page.goto(address)
    return bool(page.locator("#versions").count())


def _synthesis_correct(page: Page, stack: Stack) -> None:
    _synthesis_frozen(page, stack)
    press_link("Corriger par une nouvelle version")(page, stack)
    press("Corriger par une nouvelle version")(page, stack)
    page.locator("#erreurs").wait_for()


def report_screens() -> Iterator[Screen]:
    """Each brings on what it needs: none depends on the one before it."""
    writer = "coordinateur"
    yield Screen("report-not-started", writer, "/", _not_started)
    yield Screen("report-read-not-started", "charge_mission", "/", _not_started)
    yield Screen("report-editor", writer, "/", _editor)
    yield Screen("report-text-saved", writer, "/", _text_saved)
    yield Screen("report-text-conflict", writer, "/", _conflict)
    yield Screen("report-annexed", writer, "/", _annexed)
    yield Screen("report-annex", writer, "/", _annex)
    yield Screen("report-preview", writer, "/", _preview)
    yield Screen("report-step", writer, "/", _step)
    yield Screen("report-step-errors", writer, "/", _step_errors)
    yield Screen("report-sign-errors", writer, "/", _sign_errors)
    yield Screen("report-signed", writer, "/", _signed)
    yield Screen("report-version", writer, "/", _version)
    yield Screen("report-correct-errors", writer, "/", _correct_errors)
    yield Screen("document-done", writer, "/", _draft)
    yield Screen("documents", writer, "/", _documents)
    yield Screen("reports-region", "animation", "/tableau-de-bord/rapports/")
    yield Screen("synthesis-not-started", "animation", f"/tableau-de-bord/synthese/{this_year() - 4}/")
    yield Screen("synthesis", "animation", "/", _synthesis)
    yield Screen("synthesis-saved", "animation", "/", _synthesis_saved)
    yield Screen("synthesis-step", "animation", "/", _synthesis_step)
    yield Screen("synthesis-frozen", "animation", "/", _synthesis_frozen)
    yield Screen("synthesis-correct-errors", "animation", "/", _synthesis_correct)
    yield Screen("synthesis-read", writer, f"/tableau-de-bord/synthese/{this_year()}/")
