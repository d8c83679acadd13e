"""What somebody named on a file learns before the publication, whatever role it acts in elsewhere."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labelling.models import AmiApplication
from territories import grants
from tests.conftest import LoginAs
from tests.factories import World
from tests.labelling.ami_decisions import REASONS, advised, decided
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import Porteur, make_call, make_commission, make_member, make_porteur

pytestmark = pytest.mark.django_db


def _words(client: Client, file: AmiApplication) -> str:
    """Every page where a reader named on the file may meet its state."""
    names = ("ami_dossier", "ami_budget", "ami_seance_ics", "ami_suivi", "ami_convention", "ami_decision")
    pages = [reverse(name, args=[file.pk]) for name in names]
    pages += [reverse("ami_mes_dossiers"), reverse("ami_a_faire"), reverse("ami_appels")]
    pages += [reverse(name, args=[file.call_id]) for name in ("ami_dossiers_appel", "ami_appel")]
    pages.append(reverse("ami_dossiers_export", args=[file.call_id, "csv"]))
    found = ""
    for page in pages:
        response = client.get(page)
        if response.status_code == 200:
            body = b"".join(response.streaming_content) if response.streaming else response.content
            found += body.decode(errors="replace")
    return found


def _share(porteur: Porteur, file: AmiApplication, account: Account) -> None:
    with porteur.acting() as by:
        until = timezone.now() + datetime.timedelta(days=30)
        grants.share(by=by, user=account[0], obj=file, permission="view_amiapplication", until=until)


def test_a_member_of_another_commission_is_told_as_the_porteur(world: World, login: LoginAs) -> None:
    """A co-writer who deliberates elsewhere reads the file, and neither its state nor what is decided."""
    region, porteur = make_officer(world.region), make_porteur(world.region)
    account = make_member(make_commission(world.region, name="Autre commission"))
    file = advised(make_call(world.region), world.lille, porteur=porteur)
    _share(porteur, file, account)
    client = login(*account)
    for step in ("avis rendu", "décidée"):
        found = _words(client, file)
        assert file.title in found, "the file is read"
        for word in ("Avis rendu", "Décidée", "attendu dans le bassin", REASONS, "58 000", "à publier"):
            assert word not in found, f"{step}: {word}"
        if step == "avis rendu":
            decided(file, region)


def test_another_region_reads_nothing_even_named(world: World, login: LoginAs) -> None:
    porteur, account = make_porteur(world.region), make_officer(world.other_region)
    file = advised(make_call(world.region), world.lille, porteur=porteur)
    _share(porteur, file, account)
    assert file.title not in _words(login(*account), file)


def test_the_own_commission_and_region_know(world: World, login: LoginAs) -> None:
    """The same pages say it to who may know: the words looked for are the right ones."""
    file = advised(make_call(world.region), world.lille)
    assert "Avis rendu" in _words(login(*make_member(file.commission)), file)
