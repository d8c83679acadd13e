"""Every screen and state of the portal, with how to bring it on: what the accessibility sweep walks."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.test_journey import choose_outcome, code_on, next_tuesday
from tests.e2e.visitor import choose, doors_settled, save_by_post

Act = Callable[[Page, Stack], None]


@dataclass(frozen=True)
class Screen:
    """``role`` opens ``path`` (empty role: nobody logged in), then ``act`` brings the state on."""

    name: str
    role: str
    path: str
    act: Act | None = None
    status: int = 200
    number: int = 0
    region: str = "A31"

    def __str__(self) -> str:
        return self.name


def site_id(stack: Stack, name: str) -> int:
    return int(str(stack.rows("SELECT id FROM territories_site WHERE name = %s", (name,))[0][0]))


def host_id(stack: Stack) -> int:
    return site_id(stack, stack.account("conseiller", 2)["scope"])


def press(label: str) -> Act:
    return lambda page, stack: page.get_by_role("button", name=label, exact=True).last.click()


def press_link(label: str) -> Act:
    return lambda page, stack: page.get_by_role("link", name=label, exact=True).first.click()


def _suggest(page: Page, stack: Stack) -> None:
    choose(page, "statut", 3)
    choose(page, "demandes", 2)
    choose(page, "demandes", 5)
    doors_settled(page)


def _appointment(page: Page, stack: Stack) -> None:
    _suggest(page, stack)
    for number in range(2):
        page.locator("#portes .door label.check").nth(number).click()
    choose(page, "rdv", "oui")
    page.get_by_label("Date", exact=True).fill(next_tuesday().isoformat())
    page.get_by_label("Heure", exact=True).fill("09:30")
    doors_settled(page)


def _errors(page: Page, stack: Stack) -> None:
    page.get_by_label("Précisions").fill("Rappeler au 06 12 34 56 78")
    choose(page, "rdv", "oui")
    page.get_by_role("button", name="Enregistrer et remettre").click()
    page.locator("#erreurs").wait_for()


def _places(page: Page, stack: Stack) -> None:
    _suggest(page, stack)
    page.locator("#lieu summary").click()
    page.locator("#lieu_q").press_sequentially("lille")
    page.locator("#autre summary").click()
    page.locator("#structure_q").press_sequentially("tourcoing")
    page.locator("#ordre summary").click()
    doors_settled(page)


def saved(page: Page, stack: Stack, *, handed: bool = True) -> None:
    fields = {"fin": "remettre", "vers": str(host_id(stack))} if handed else {}
    page.goto(save_by_post(page, None, **fields))


def _saved(page: Page, stack: Stack) -> None:
    saved(page, stack)
    for summary in page.locator("main summary").all():
        summary.click()


def _solved(page: Page, stack: Stack) -> None:
    saved(page, stack, handed=False)


def _mail_errors(page: Page, stack: Stack) -> None:
    saved(page, stack)
    page.locator("#id_courriel").fill("pas une adresse")
    page.get_by_role("button", name="Envoyer").last.click()
    page.locator("#erreurs").wait_for()


def _correct(page: Page, stack: Stack) -> None:
    saved(page, stack)
    page.get_by_role("link", name="Corriger", exact=True).click()


def _correct_errors(page: Page, stack: Stack) -> None:
    _correct(page, stack)
    page.get_by_label("Précisions").fill("Rappeler au 06 12 34 56 78")
    page.get_by_role("button", name="Enregistrer la correction").click()
    page.locator("#erreurs").wait_for()


def _wrong_code(page: Page, stack: Stack) -> None:
    page.locator("#id_code").fill("0000")
    page.locator("main button[type=submit]").last.click()
    page.locator("#erreurs").wait_for()


def _thanks(page: Page, stack: Stack) -> None:
    code = page.context.new_page()
    # Saved by someone else, in the same browser.
    code.context.add_cookies(stack.sessions[stack.account("conseiller")["email"]])  # type: ignore[arg-type]
    code.goto("/fiches/nouvelle/")
    saved(code, stack)
    text = code_on(code)
    code.close()
    page.context.clear_cookies()
    page.goto(f"/r/{text}")
    choose_outcome(page, "recue")
    page.get_by_role("button", name="Envoyer ma réponse").click()
    page.get_by_text("Merci, c’est noté").wait_for()


def _pile(page: Page, stack: Stack) -> None:
    page.get_by_role("button", name="Commencer la pile").click()
    for _ in range(2):
        page.locator("#l_statut").fill("3")
        page.locator("#l_demandes").fill("2 5")
        page.get_by_role("button", name="Ajouter la ligne").click()
        doors_settled(page)
    page.locator("#l_statut").fill("99")
    page.get_by_role("button", name="Ajouter la ligne").click()
    page.locator("#erreurs").wait_for()


def upload(page: Page, text: str) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "fiches-passees.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Lire le fichier à blanc").click()
    page.wait_for_load_state()


def import_lines(count: int, day: str) -> str:
    lines = [f"{day};sur place;F;-26;6;2,3;2;;CAP cuisine;N-{n}" for n in range(count)]
    return "date;canal;sexe;age;statut;demandes;reponses;vers;precisions;numero\n" + "\n".join(lines) + "\n"


def _import_refused(page: Page, stack: Stack) -> None:
    upload(page, "date;canal;statut;demandes\n32/13/2026;fax;77;aucune\n01/02/1999;sur place;1;\n")
    page.locator("#rapport").wait_for()


def _import_ready(page: Page, stack: Stack) -> None:
    day = stack.rows("SELECT to_char(current_date - 40, 'DD/MM/YYYY')")[0][0]
    upload(page, import_lines(30, str(day)))


def _filtered(page: Page, stack: Stack) -> None:
    page.get_by_label("Canal").select_option("sur_place")
    page.wait_for_url(lambda url: "canal=" in url)


def _hours_changed(page: Page, stack: Stack) -> None:
    box = page.locator(".slots input[type=time]").first
    box.fill("23:00")
    box.press("Tab")
    doors_settled(page)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.wait_for_load_state()


def _token(page: Page, stack: Stack) -> None:
    page.get_by_label("À quoi servira ce jeton").fill("Tableau de la direction")
    press("Créer le jeton")(page, stack)
    page.get_by_role("heading", name="Copiez ce jeton maintenant").wait_for()


def _token_revoke(page: Page, stack: Stack) -> None:
    _token(page, stack)
    page.get_by_role("link", name="Révoquer").first.click()
    page.get_by_role("heading", name="Révoquer ce jeton").wait_for()


def _open_all(page: Page, stack: Stack) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((d) => { d.open = true; })")


def _roles_open(page: Page, stack: Stack) -> None:
    page.locator(".acting").click()


def _menu_open(page: Page, stack: Stack) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator(".burger").click()


def _first_place(page: Page, stack: Stack) -> None:
    page.locator(".places a").first.click()
    page.wait_for_load_state()


def _invited(page: Page, stack: Stack, address: str = "invitee@exemple.example") -> None:
    page.locator("#id_email").fill(address)
    page.locator("#id_display_name").fill("Conseillère invitée")
    page.locator("input[name=role]").first.check()
    page.get_by_role("button", name="Envoyer l’invitation", exact=True).click()
    page.get_by_text(address).first.wait_for()


def mailed(stack: Stack, path: str) -> str:
    """The last address under ``path`` found in the mails that left."""
    letters = sorted((stack.folder / "mails").glob("*"), key=lambda letter: letter.stat().st_mtime)
    texts = [letter.read_text(errors="replace").replace("=\n", "") for letter in letters]
    return [found for text in texts for found in re.findall(rf"{path}[\w-]+/", text)][-1]


def _invitation_page(page: Page, stack: Stack) -> None:
    _invited(page, stack, "autre.invitee@exemple.example")
    page.context.clear_cookies()
    page.goto(mailed(stack, "/invitation/"))


def _reset_page(page: Page, stack: Stack) -> None:
    page.locator("main input[type=email]").fill(stack.account("prefecture")["email"])
    page.locator("main button[type=submit]").last.click()
    page.wait_for_url("**/envoye/")
    page.goto(mailed(stack, "/connexion/mot-de-passe/lien/"))
    page.locator("input[type=password]").first.wait_for()


def _job(state: str, **fields: object) -> Act:
    """The page of a job of the desk's account, in that state."""

    def act(page: Page, stack: Stack) -> None:
        values = {"state": state, "kind": "essai", "title": "Un export", "params": "{}"} | fields
        columns = ", ".join(values)
        [(key,)] = stack.rows(
            f"INSERT INTO kernel_job (uuid, person_id, {columns}) SELECT gen_random_uuid(), id,"
            f" {', '.join(['%s'] * len(values))} FROM territories_user WHERE email = %s RETURNING uuid",
            (*values.values(), stack.account("conseiller")["email"]),
        )
        page.goto(f"/travaux/{key}/")

    return act


def _send_empty(page: Page, stack: Stack) -> None:
    page.locator("main button[type=submit]").last.click()
    page.locator("#erreurs").wait_for()


def _rule(page: Page, stack: Stack) -> None:
    page.get_by_role("link", name="Modifier").first.click()
    page.wait_for_load_state()


def _end_mandate(page: Page, stack: Stack) -> None:
    page.get_by_role("link", name="Mettre fin").first.click()
    page.wait_for_load_state()


def _region_territory(page: Page, stack: Stack) -> None:
    page.locator("main table a").first.click()
    page.wait_for_load_state()
    _open_all(page, stack)


def _asked(field: str, index: int) -> Act:
    """Choose in the filter bar and wait for the figures."""

    def act(page: Page, stack: Stack) -> None:
        page.locator(f"#{field}").select_option(index=index)
        expect(page.locator("#chiffres-annonce")).to_contain_text("Chiffres mis à jour")
        _open_all(page, stack)

    return act


def _export_menu(page: Page, stack: Stack) -> None:
    page.locator(".drop > summary").click()


def _site_of_territory(page: Page, stack: Stack) -> None:
    page.locator("#lieux th[scope=row] a").first.click()
    page.wait_for_url("**/tableau-de-bord/lieu/**")


def _figures_of_site(page: Page, stack: Stack) -> None:
    page.get_by_role("link", name="Chiffres", exact=True).click()
    page.wait_for_load_state()
    _open_all(page, stack)


def _first_link(page: Page, pattern: str) -> None:
    page.locator(f"main a[href*='{pattern}']").first.click()
    page.wait_for_load_state()


def _region_network(page: Page, stack: Stack) -> None:
    _first_link(page, "/tableau-de-bord/reseau/")


def _region_commission(page: Page, stack: Stack) -> None:
    _first_link(page, "/tableau-de-bord/commission/")
    _open_all(page, stack)


def _targets(page: Page, stack: Stack) -> None:
    page.locator("main").get_by_role("link", name="À vérifier", exact=True).click()
    page.get_by_role("link", name="Cibles", exact=True).click()
    page.wait_for_load_state()


def _targets_errors(page: Page, stack: Stack) -> None:
    _targets(page, stack)
    page.locator("#id_contacts").fill("beaucoup")
    page.get_by_role("button", name="Enregistrer les cibles").click()
    page.locator("#erreurs").wait_for()


def screens() -> Iterator[Screen]:
    """The order matters twice: an invitation is sent before its page, a session opened, then borrowed."""
    for name, path in (
        ("login", "/connexion/"),
        ("password-reset", "/connexion/mot-de-passe/"),
        ("password-reset-sent", "/connexion/mot-de-passe/envoye/"),
        ("password-link-dead", "/connexion/mot-de-passe/lien/1-abc-def/"),
        ("password-changed", "/connexion/mot-de-passe/change/"),
        ("signup-closed", "/connexion/inscription/"),
        ("account-inactive", "/connexion/inactif/"),
        ("accessibility", "/accessibilite/"),
        ("personal-data", "/donnees-personnelles/"),
        ("legal-notice", "/mentions-legales/"),
        ("help", "/aide/"),
        ("site-map", "/plan-du-site/"),
        ("gallery", "/galerie/"),
        ("public-arrival", "/r"),
        ("public-arrival-code", "/r/ABCD"),
    ):
        yield Screen(name, "", path)
    yield Screen("login-errors", "", "/connexion/", press("Se connecter"))
    yield Screen("password-reset-errors", "", "/connexion/mot-de-passe/", _send_empty)
    yield Screen("password-link", "", "/connexion/mot-de-passe/", _reset_page)
    yield Screen("invitation-lost", "", "/invitation/inconnue/", status=404)
    yield Screen("not-found", "", "/nulle-part/", status=404)
    yield Screen("public-arrival-errors", "", "/r", _wrong_code)

    desk = "conseiller"
    yield Screen("desk", desk, "/comptoir/")
    yield Screen("fiche-empty", desk, "/fiches/nouvelle/")
    yield Screen("fiche-suggestions", desk, "/fiches/nouvelle/", _suggest)
    yield Screen("fiche-appointment", desk, "/fiches/nouvelle/", _appointment)
    yield Screen("fiche-places", desk, "/fiches/nouvelle/", _places)
    yield Screen("fiche-errors", desk, "/fiches/nouvelle/", _errors)
    yield Screen("fiche-saved", desk, "/fiches/nouvelle/", _saved)
    yield Screen("fiche-solved", desk, "/fiches/nouvelle/", _solved)
    yield Screen("fiche-mail-errors", desk, "/fiches/nouvelle/", _mail_errors)
    yield Screen("fiche-correction", desk, "/fiches/nouvelle/", _correct)
    yield Screen("fiche-correction-errors", desk, "/fiches/nouvelle/", _correct_errors)
    yield Screen("list", desk, "/fiches/")
    yield Screen("list-filtered", desk, "/fiches/", _filtered)
    yield Screen("list-empty", desk, "/fiches/?du=2001-01-01&au=2001-01-02")
    yield Screen("list-bad-filter", desk, "/fiches/?du=hier&statut=999")
    yield Screen("arrival", desk, "/arrivee/")
    yield Screen("arrival-errors", desk, "/arrivee/", _wrong_code)
    yield Screen("public-thanks", "", "/r", _thanks)
    yield Screen("rules-read", desk, "/regles/")
    yield Screen("directory", desk, "/annuaire/")
    yield Screen("directory-region", desk, "/annuaire/?territoire=tous")
    yield Screen("directory-empty", desk, "/annuaire/?q=zzzz")
    yield Screen("place", desk, "/annuaire/", _first_place)
    yield Screen("communes", desk, "/communes/?lieu_q=lille")
    yield Screen("sessions", desk, "/compte/sessions/")
    yield Screen("password-change", desk, "/compte/mot-de-passe/")
    yield Screen("logout", desk, "/deconnexion/")
    yield Screen("session-open-again", desk, "/connexion/rouverte/")
    yield Screen("forbidden", desk, "/equipe/", status=403)
    yield Screen("roles-open", desk, "/comptoir/", _roles_open)
    yield Screen("documents-empty", "animation", "/travaux/")
    yield Screen("document-lost", desk, "/travaux/fichier/inconnu/", status=404)
    over = {"finished_at": "2026-03-01T10:00:00Z"}
    yield Screen("document-waiting", desk, "/travaux/", _job("attente"))
    held = {"started_at": "2026-03-01T10:00:00Z", "lease_until": "2036-03-01T10:00:00Z"}
    running = _job("en_cours", done=3, total=15, step="Lens", **held)
    yield Screen("document-running", desk, "/travaux/", running)
    yield Screen("document-failed", desk, "/travaux/", _job("echoue", error="ValueError", **over))
    yield Screen("document-expired", desk, "/travaux/", _job("fini", file_name="export.csv", **over))
    yield Screen("menu-open", desk, "/comptoir/", _menu_open)

    host = "referent"
    yield Screen("pile", host, "/fiches/pile/", number=1)
    yield Screen("pile-lines-errors", host, "/fiches/pile/", _pile, number=1)
    yield Screen("import", host, "/fiches/import/", number=1)
    yield Screen("import-refused", host, "/fiches/import/", _import_refused, number=1)
    yield Screen("import-ready", host, "/fiches/import/", _import_ready, number=1)
    yield Screen("hours", host, "/lieu/horaires/", number=1)
    yield Screen("hours-errors", host, "/lieu/horaires/", _hours_changed, number=1)
    yield Screen("team", host, "/equipe/", _invited, number=1)
    yield Screen("team-errors", host, "/equipe/", press("Envoyer l’invitation"), number=1)
    yield Screen("team-end", host, "/equipe/", _end_mandate, number=1)
    yield Screen("site-figures", host, "/", _figures_of_site, number=1)
    yield Screen("invitation", host, "/equipe/", _invitation_page, number=1)
    for role in ("coordinateur", "charge_mission", "animateur_etat"):
        yield Screen(f"territory-{role}", role, "/", _open_all)
    yield Screen("territory-month", "coordinateur", "/", _asked("f-mois", 1))
    yield Screen("territory-network", "coordinateur", "/", _asked("f-reseau", 1))
    yield Screen("territory-demande", "coordinateur", "/", _asked("f-demande", 1))
    yield Screen("territory-nothing-compared", "coordinateur", "/", _asked("f-comparer", 3))
    yield Screen("territory-export-menu", "coordinateur", "/", _export_menu)
    yield Screen("site-from-territory", "coordinateur", "/", _site_of_territory)
    yield Screen("territory-other-region", "coordinateur", "/", _open_all, region="A54")
    yield Screen("region", "animation", "/tableau-de-bord/region/")
    yield Screen("region-region", "region", "/", region="A54")
    yield Screen("region-territory", "animation", "/tableau-de-bord/region/", _region_territory)
    yield Screen("definitions", desk, "/tableau-de-bord/definitions/")
    yield Screen("targets", "coordinateur", "/", _targets)
    yield Screen("targets-errors", "coordinateur", "/", _targets_errors)
    yield Screen("targets-region", "animation", "/tableau-de-bord/region/cibles/")
    yield Screen("to-check", "coordinateur", "/", press_link("À vérifier"))
    yield Screen("to-check-region", "animation", "/tableau-de-bord/region/a-verifier/")
    yield Screen("region-map", "animation", "/tableau-de-bord/region/?carte=contacts&tri=nom", _open_all)
    yield Screen("region-network", "animation", "/tableau-de-bord/region/", _region_network)
    path = "/tableau-de-bord/region/"
    yield Screen("region-commission", "animation", path, _region_commission, region="A54")
    yield Screen("cartography", desk, "/cartographie/")
    yield Screen("cartography-none", desk, "/cartographie/?territoire=0&label=oui&ouvert=oui")
    yield Screen("open-data", "", "/donnees-ouvertes/")
    yield Screen("api-help", "", "/aide/api/", _open_all)
    yield Screen("tokens-empty", "region", "/jetons/")
    yield Screen("token-made", "animation", "/jetons/", _token)
    yield Screen("tokens-errors", "coordinateur", "/jetons/", press("Créer le jeton"))
    yield Screen("token-revoke", "animation", "/jetons/", _token_revoke)
    yield Screen("ccrefp", "animation", "/tableau-de-bord/region/dossier/")
    yield Screen("rules", "animation", "/regles/")
    yield Screen("rule-new-errors", "animation", "/regles/nouvelle/", _send_empty)
    yield Screen("rule-edit", "animation", "/regles/", _rule)
    yield Screen("brochure", "animation", "/plaquette/deposer/")
    yield Screen("team-animation", "animation", "/equipe/")
    yield Screen("team-admin", "administrateur", "/", region="")
    yield Screen("waiting", "porteur", "/")
    yield Screen("waiting-commission", "membre_commission", "/", region="A54")
    yield Screen("prefecture", "prefecture", "/")
