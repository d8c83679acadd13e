"""What the journeys of the label start from: a territory that has asked nothing yet, and who acts there."""

import json
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.e2e.ami import letter_to, press
from tests.e2e.stack import Account, Stack
from tests.e2e.visitor import PHONE, Visitor, until

REGION = "A31"
SIGNING = "/convention/signature/"
# Read by manage.py beside the portal, as its owner: the demonstration opens accounts in four territories
# only, and the screens of their dossiers are walked by other tests. The place is one that lacks nothing but
# its grid and the wheelchair access: what its référent types decides whether it can be labelled.
OPEN = """
import json
from django.db import transaction
from labelling.models import LabelDossier
from labelling.services.label.ground import ground_of
from spo_portal.demo import people
from spo_portal.demo.ami_files import acting
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.enums import Role
from territories.models import Membership, Territory
with transaction.atomic():
    apply(SYSTEM)
    rows = Membership.objects.for_system().select_related("user")
    reader = rows.get(role=Role.ANIMATION, region__code="A31", user__is_demo=True)
    taken = set(LabelDossier.objects.for_system().values_list("territory_id", flat=True))
    taken |= set(rows.filter(role=Role.COORDINATEUR).values_list("territory_id", flat=True))
    free = list(Territory.objects.for_system().filter(region__code="A31").exclude(pk__in=taken))
    here = {one.pk: one for one in Territory.objects.for_system().select_related("region")}
found = []
with acting(reader) as by:
    for territory in free:
        lines = ground_of(by, territory).lines
        for one in lines:
            if {why.key for why in one.eligibility.unmet} == {"accueil", "fauteuil"}:
                found.append((len(lines), territory.pk, one.site.pk, one.site))
with transaction.atomic():
    apply(SYSTEM)
    _, key, _, site = min(found)
    territory = here[key]
    made = people.create_accounts([territory], {key: [site]})
    made = [one.__dict__ for one in made if one.scope in (territory.name, site.name)]
    print("CAST", json.dumps([key, territory.name, site.pk, site.name, site.organisation.name, made]))
"""


@dataclass(frozen=True)
class Cast:
    """A territory without a dossier, a place of it, its référent and its coordinator."""

    territory: int
    territory_name: str
    place: int
    place_name: str
    organisation: str
    referent: Account
    coordinator: Account


def cast(stack: Stack) -> Cast:
    said = stack.manage("shell", "-c", OPEN, role="owner").stdout
    line = next(one for one in said.splitlines() if one.startswith("CAST "))
    territory, name, place, place_name, organisation, accounts = json.loads(line.removeprefix("CAST "))
    by_role = {one["role"]: one for one in accounts}
    return Cast(
        territory, name, place, place_name, organisation, by_role["referent"], by_role["coordinateur"]
    )


def column(stack: Stack, table: str, name: str, key: int) -> str:
    """One value of a row of labelling, as the worker reads it."""
    return str(stack.rows(f"SELECT {name} FROM labelling_{table} WHERE id = %s", (key,))[0][0])


def fresh_link(stack: Stack, address: str, *, known: str = "") -> str:
    """The signing link of the last mail to this address; waits until it is another than ``known``."""
    until(lambda: letter_to(stack, address, SIGNING) != known, 30)
    return letter_to(stack, address, SIGNING)


def sign(visitor: Visitor, link: str, function: str, *, scripts: bool = True) -> Page:
    """Somebody without an account, on a telephone, signs by the link of the mail."""
    page = visitor.new(viewport=PHONE, java_script_enabled=scripts)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Signer la convention")
    page.get_by_label("Vos prénom et nom").fill("Signataire du parcours")
    page.get_by_label("Votre fonction").fill(function)
    page.get_by_text("J’ai lu ce texte en entier").click()
    press(page, "Signer ce texte")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vous avez signé")
    return page
