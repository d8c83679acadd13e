"""What comes after the label: renewal, withdrawal, a convention refused then amended (issue 5; domain § 6).

The rows are made by the services in a territory of their own; dates that only weeks can bring are moved by
the owner of the tables, as the demonstration does. Each screen is then walked by who acts on it.
"""

import datetime
import json
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import psycopg
import pytest
from playwright.sync_api import Page, expect

from spo_portal.kernel.typography import plain_date
from tests.e2e.ami import press
from tests.e2e.label import REGION, column, fresh_link
from tests.e2e.stack import Account, Stack
from tests.e2e.visitor import PHONE, Visitor, until

TEXT = "Les lieux du territoire se réunissent chaque mois et tiennent une porte ouverte chaque jour."
MOTIVE = "Aucune plage sans rendez-vous n’est tenue depuis septembre."
REFUSAL = "Le conseil d’administration demande deux réunions par an, non quatre."
LABELLED = "labellisé par l’État"
QUARTER, YEAR = "Les parties se réunissent quatre fois par an.", "Les parties se réunissent deux fois par an."
# Read by manage.py beside the portal, as its owner. Two places of the territory hold a label that ends in
# eighty days; two organisations have signed the convention.
PREPARE = f"""
import datetime, json
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from labelling.enums_label import LabelSectionKey
from labelling.models import ConventionSignatory, LabelDossier
from labelling.services.convention import inviting, opening, parties, presenting, signing
from labelling.services.label import attachments, avis, decision, effects, moves, places, sections
from labelling.services.label.opening import open_dossier
from labelling.workflows import label as flow
from spo_portal.demo import people
from spo_portal.demo.ami_files import acting
from spo_portal.kernel import pdf
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.enums import Role
from territories.models import Membership, Site, Territory
from territories.services.public_address import slug_of

PAGE = pdf.render("<!doctype html><html lang='fr'><head><title>Plan</title></head><body>Plan</body></html>")
with transaction.atomic():
    apply(SYSTEM)
    rows = Membership.objects.for_system().select_related("user")
    taken = set(LabelDossier.objects.for_system().values_list("territory_id", flat=True))
    taken |= set(rows.filter(role=Role.COORDINATEUR).values_list("territory_id", flat=True))
    free = Territory.objects.for_system().filter(region__code="{REGION}").exclude(pk__in=taken)
    territory = free.select_related("region").order_by("-pk")[0]
    here = Site.objects.for_system().filter(territory=territory, active=True, reseau__isnull=False)
    held = here.exclude(organisation__is_training_body=True).select_related("organisation")
    first, second = held.order_by("pk")[:2]
    accounts = people.create_accounts([territory], {{territory.pk: [first]}})
    accounts = [one.__dict__ for one in accounts if one.scope in (territory.name, first.name)]
    demo = rows.filter(user__is_demo=True).order_by("pk")
    lead = demo.filter(role=Role.COORDINATEUR, territory=territory)[0]
    state = demo.filter(role=Role.PREFECTURE, region=territory.region)[0]
with acting(lead) as by:
    convention = opening.open_convention(by=by, territory=territory)
    for body in parties.add_parties(
        by=by, convention=convention, organisations=[first.organisation, second.organisation]
    ):
        parties.add_signatory(by=by, convention=convention, party=body, capacity="elu",
                              function="Présidence", email=f"presidence.{{body.pk}}@organisme.example")
    seen = presenting.preview(by, convention).sha256
    presenting.present(by=by, convention=convention, seen=seen)
with transaction.atomic():
    apply(SYSTEM)
    signatories = list(ConventionSignatory.objects.for_system().filter(convention=convention).order_by("pk"))
    for one in signatories:
        signing.sign(token=inviting.derive(one), sha256=seen, name="Signataire", function=one.function,
                     agreed=True, address="192.0.2.1")
with acting(lead) as by:
    dossier = open_dossier(by=by, territory=territory)
    for key in LabelSectionKey:
        sections.save_section(by=by, dossier=dossier, key=key, text="{TEXT}", seen=0)
    attachments.add_file(by=by, dossier=dossier, title="Plan des lieux", name="plan.pdf", content=PAGE)
    places.propose_all(by=by, dossier=dossier, partners=True)
    places.freeze(by=by, dossier=dossier)
    moves.move(by=by, dossier=dossier, key=flow.DEPOSER.key)
today, day = timezone.localdate(), datetime.timedelta(1)
with acting(state) as by:
    moves.move(by=by, dossier=dossier, key=flow.DECLARER_COMPLET.key)
    moves.move(by=by, dossier=dossier, key=flow.TRANSMETTRE.key)
    avis.record_avis(by=by, dossier=dossier, sense="favorable", given_on=today, text="Avis favorable.")
    lines = decision.places_of(by, dossier)
    now = effects.standing_of(by, [row.site_id for row in lines], today)
    outcomes = {{row.pk: effects.proposed_outcome(row, now.get(row.site_id)) for row in lines}}
    for row in lines:
        if row.site_id in (first.pk, second.pk):
            outcomes[row.pk] = effects.Outcome("labellise")
        elif outcomes[row.pk].kind == "labellise":
            outcomes[row.pk] = effects.Outcome("fin", "Lieu sorti du label.")
    decision.decide(by=by, dossier=dossier, act=decision.Act(
        granted=True, number="2026-900", decided_on=today - 120 * day, starts_on=today - 120 * day,
        ends_on=today + 80 * day, outcomes=outcomes, file_name="acte.pdf", content=PAGE))
print("LIFE", json.dumps({{
    "dossier": dossier.pk, "convention": convention.pk,
    "first": [first.pk, first.name], "second": [second.pk, second.name], "accounts": accounts,
    "page": reverse("ou_lieu", args=[territory.region.slug, first.pk, slug_of(first)]),
    "mails": [one.email for one in signatories],
}}))
"""


@dataclass(frozen=True)
class Life:
    """A territory whose label was granted, and who acts there."""

    dossier: int
    convention: int
    first: tuple[int, str]
    second: tuple[int, str]
    accounts: list[Account]
    page: str
    mails: list[str]

    def account(self, role: str) -> Account:
        return next(one for one in self.accounts if one["role"] == role)


@pytest.fixture(scope="module")
def life(stack: Stack) -> Life:
    said = stack.manage("shell", "-c", PREPARE, role="owner").stdout
    line = next(one for one in said.splitlines() if one.startswith("LIFE "))
    return Life(**json.loads(line.removeprefix("LIFE ")))


def moved(stack: Stack, table: str, key: int, **columns: int) -> None:
    """Dates of one row, so many days earlier: the owner of the table alone sets its rules aside."""
    change = ", ".join(f"{name} = {name} - make_interval(days => {days})" for name, days in columns.items())
    with psycopg.connect(stack.environments["owner"]["DATABASE_URL"]) as connection:
        connection.execute("SELECT set_config('app.system', '1', true)")
        connection.execute(f"ALTER TABLE labelling_{table} DISABLE TRIGGER USER")
        done = connection.execute(f"UPDATE labelling_{table} SET {change} WHERE id = %s", [key])
        assert done.rowcount == 1
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute(f"ALTER TABLE labelling_{table} ENABLE TRIGGER USER")


def today() -> datetime.date:
    return datetime.datetime.now(ZoneInfo("Europe/Paris")).date()


def test_renewal(visitor: Visitor, stack: Stack, life: Life) -> None:
    """Eighty days before its end the label is to be asked again; the new dossier holds all of the last."""
    page = visitor.as_account(life.account("coordinateur"))
    page.goto("/ami/a-faire/")
    page.get_by_role("link", name="Demander le renouvellement du label").click()
    page.goto("/label/")
    expect(page.get_by_text("demandez son renouvellement maintenant")).to_contain_text(
        plain_date(today() + datetime.timedelta(80))
    )
    expect(page.get_by_role("radio", name="Renouvellement")).to_be_checked()
    press(page, "Préparer la demande")
    renewal = int(page.url.rstrip("/").rpartition("/")[2])
    assert renewal != life.dossier
    expect(page.get_by_text("relisez chaque partie, même complète")).to_be_visible()
    before = page.get_by_role("link", name=column(stack, "labeldossier", "number", life.dossier)).first
    expect(before).to_have_attribute("href", f"/label/{life.dossier}/")
    for part in ("territoire", "plan"):
        page.goto(f"/label/{renewal}/{part}/")
        expect(page.locator(f"#texte-{part}")).to_have_value(TEXT)
    page.goto(f"/label/{renewal}/pieces/")
    expect(page.get_by_text("Plan des lieux").first).to_be_visible()
    page.goto(f"/label/{renewal}/lieux/")
    for key, _ in (life.first, life.second):
        place = page.locator(f"#lieu-{key}")
        expect(place.get_by_role("combobox", name="Ce que vous proposez")).to_have_value("label")
    # What was decided of the others is proposed again, with why.
    partner = page.locator("article.label-lieu", has=page.locator("[value=associe][selected]")).first
    expect(partner.get_by_role("combobox", name="Ce que vous proposez")).to_have_value("associe")
    expect(partner.get_by_role("textbox", name=re.compile("^Précision"))).not_to_be_empty()
    page.goto("/ami/a-faire/")
    expect(page.get_by_text("Demander le renouvellement du label")).to_have_count(0)


def test_withdrawal(visitor: Visitor, stack: Stack, life: Life) -> None:
    """Three steps of thirty days, the silence of the first two; then the public page says no more of it."""
    (site, name), public = life.first, visitor.new(viewport=PHONE)
    public.goto(life.page)
    expect(public.locator("section[aria-labelledby=lab]")).to_contain_text(LABELLED)
    state = visitor.as_account(stack.account("prefecture", region=REGION))
    state.goto(f"/label/retraits/nouveau/{site}/")
    state.get_by_label("Motif du retrait").fill(MOTIVE)
    press(state, "Engager le retrait")
    path, key = state.url, int(state.url.rstrip("/").rpartition("/")[2])
    expect(state.get_by_role("button", name="Demander l’avis")).to_have_count(0)
    referent = visitor.as_account(life.account("referent"))
    referent.goto("/ami/a-faire/")
    referent.get_by_role("link", name="Présenter des observations sur le retrait du label").click()
    expect(referent.get_by_text(MOTIVE).first).to_be_visible()
    expect(referent.get_by_label("Vos observations")).to_be_visible()
    last_day = plain_date(today() + datetime.timedelta(30))
    expect(referent.get_by_text("Vous pouvez répondre jusqu’au")).to_contain_text(last_day)

    moved(stack, "labelwithdrawal", key, started_at=31)
    state.goto(path)
    expect(state.get_by_text("Le lieu n’a pas présenté d’observations.")).to_be_visible()
    press(state, "Demander l’avis")
    animation = visitor.as_account(stack.account("animation", region=REGION))
    for late in (False, True):
        if late:
            moved(stack, "labelwithdrawal", key, started_at=31, avis_asked_at=31)
        animation.goto(path)
        animation.get_by_role("radio", name="Non rendu dans le délai").check()
        press(animation, "Enregistrer l’avis")
        expect(animation.locator(".field-error")).to_have_count(0 if late else 1)
    state.goto(path)
    state.get_by_role("radio", name="Retirer le label").check()
    press(state, "Notifier la décision")
    expect(state.get_by_role("link", name="Écrivez le numéro de l’acte.")).to_be_visible()
    state.get_by_label("Numéro de l’acte").fill("2026-R-900")
    state.get_by_label("Motifs de la décision").fill(MOTIVE)
    press(state, "Notifier la décision")
    expect(state.get_by_text(f"son dernier jour est le {plain_date(today())}")).to_be_visible()

    # Its last day is a day of the label: the page says it until midnight.
    public.goto(life.page)
    expect(public.locator("section[aria-labelledby=lab]")).to_have_count(1)
    where = "FROM labelling_labellisation WHERE site_id = %s AND decision_number = '2026-900'"
    label = int(str(stack.rows(f"SELECT id {where}", (site,))[0][0]))
    moved(stack, "labellisation", label, ends_on=1)
    # A browser keeps the page for a minute: another reader, the next day.
    public = visitor.new(viewport=PHONE)
    public.goto(life.page)
    expect(public.get_by_role("heading", level=1)).to_have_text(name)
    expect(public.get_by_text(LABELLED)).to_have_count(0)
    query = "SELECT code FROM labelling_labelcertificate WHERE label_id = %s"
    until(lambda: bool(stack.rows(query, (label,))), 30)
    public.goto(f"/label/verifier/{stack.rows(query, (label,))[0][0]}/")
    expect(public.get_by_text("Label terminé")).to_be_visible()
    expect(public.get_by_text("le label a pris fin")).to_contain_text(
        plain_date(today() - datetime.timedelta(1))
    )


def asked(visitor: Visitor, link: str, change: str) -> Page:
    """The page of a signatory on a telephone: an avenant, and what it changes to what is signed."""
    page = visitor.new(viewport=PHONE)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Signer l’avenant")
    expect(page.locator("section[aria-labelledby=avenant] ins")).to_have_text(change)
    return page


def present(page: Page, avenant: int, before: str, after: str, *, reason: str = "") -> None:
    """The coordinator changes the text, reads what it changes, and presents it."""
    page.goto(f"/conventions/{avenant}/texte/")
    box = page.get_by_label("Texte de la convention")
    text = box.input_value()
    box.fill(text.replace(before, after) if before else f"{text}\n\n{after}")
    press(page, "Enregistrer")
    page.goto(f"/conventions/{avenant}/presenter/")
    expect(page.locator("section[aria-labelledby=change] ins").first).to_be_visible()
    if reason:
        page.get_by_role("textbox", name=re.compile("^Ce qui change")).fill(reason)
    press(page, "Présenter ce texte")


def test_refusal_and_avenant(visitor: Visitor, stack: Stack, life: Life) -> None:
    """One refuses the avenant and says why; the text changes, both sign, and it replaces the convention."""
    page = visitor.as_account(life.account("coordinateur"))
    page.goto(f"/conventions/{life.convention}/")
    press(page, "Préparer un avenant")
    avenant = int(page.url.rstrip("/").rpartition("/")[2])
    page.goto(f"/conventions/{avenant}/presenter/")
    expect(page.get_by_text("cet avenant dit la même chose que la convention signée")).to_be_visible()
    present(page, avenant, "", QUARTER)
    sent = [fresh_link(stack, mail) for mail in life.mails]
    signatory = asked(visitor, sent[0], QUARTER)
    signatory.get_by_text("Refuser de signer").click()
    signatory.get_by_label("Motif du refus").fill(REFUSAL)
    press(signatory, "Refuser ce texte")
    expect(signatory.get_by_role("heading", level=1)).to_have_text("Vous avez refusé de signer")
    page.goto(f"/conventions/{avenant}/")
    expect(page.get_by_text("1 refus.")).to_be_visible()
    expect(page.locator("#avancement").locator("xpath=ancestor::section")).to_contain_text(REFUSAL)

    present(page, avenant, QUARTER, YEAR, reason="Deux réunions par an, non quatre.")
    # The link that was used is replaced; the other one shows the new text.
    for link in (fresh_link(stack, life.mails[0], known=sent[0]), sent[1]):
        signatory = asked(visitor, link, YEAR)
        signatory.get_by_label("Vos prénom et nom").fill("Signataire du parcours")
        signatory.get_by_text("J’ai lu ce texte en entier").click()
        press(signatory, "Signer ce texte")
    page.goto(f"/conventions/{avenant}/")
    expect(page.get_by_text("Signée par toutes les parties")).to_be_visible()
    assert column(stack, "convention", "state", life.convention) == "remplacee"
    signatory.goto(f"/convention/verifier/{column(stack, 'convention', 'sha256', life.convention)}/")
    expect(signatory.get_by_role("heading", name="remplacée depuis")).to_be_visible()
    signatory.goto(f"/convention/verifier/{column(stack, 'convention', 'sha256', avenant)}/")
    expect(signatory.get_by_role("heading", name="Reconnue : convention signée")).to_be_visible()
