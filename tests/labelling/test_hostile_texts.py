"""Texts that somebody types against the others: refused where they are typed, with nothing sent or made."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from labelling.models import AmiApplication
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_world import make_call, make_porteur

pytestmark = pytest.mark.django_db

WHO = {
    "email": "direction@nouvelle.example",
    "organisation": "Maison de l’Emploi du Bocage",
    "display_name": "Direction",
}


@pytest.mark.parametrize("name", ["a\x00b", "\u202etcejorp", "a\x1bb"], ids=["nul", "reversed", "escape"])
def test_a_project_s_name_is_a_text(world: World, login: LoginAs, name: str) -> None:
    call, porteur = make_call(world.region), make_porteur(world.region)
    answer = login(porteur.user, porteur.membership).post(
        reverse("ami_nouveau", args=[call.pk]), {"nom": name, "bassin": world.lille.pk}
    )
    assert answer.status_code == 422
    with system():
        assert not AmiApplication.objects.filter(call=call).exists()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("organisation", "Compte bloqué, voir https://e.example/a"),
        ("organisation", "Compte bloqué, voir www.e-example"),
        ("organisation", "Compte bloqué, voir banque.fr"),
        ("organisation", "Écrivez à aide@banque"),
        ("display_name", "voir banque.fr/a"),
    ],
)
def test_nobody_sends_a_link_by_the_portal_s_mail(
    world: World,
    django_capture_on_commit_callbacks,
    field: str,
    text: str,  # type: ignore[no-untyped-def]
) -> None:
    """The form is open to everybody, and its words leave for an address its author chose."""
    call = make_call(world.region)
    page = reverse("ami_candidater", args=[call.region.slug, call.slug])
    with django_capture_on_commit_callbacks(execute=True):
        answer = Client().post(page, WHO | {field: text})
    assert answer.status_code == 422
    assert "sans adresse" in answer.text
    assert mail.outbox == []


@pytest.mark.parametrize(
    "name", ["Lycée St.Martin", "A.D.I.E. du Bocage", "C.I.D.F.F.", "Pôle n° 2 (Sud), S.A.S."]
)
def test_an_ordinary_name_passes(world: World, django_capture_on_commit_callbacks, name: str) -> None:  # type: ignore[no-untyped-def]
    call = make_call(world.region)
    page = reverse("ami_candidater", args=[call.region.slug, call.slug])
    with django_capture_on_commit_callbacks(execute=True):
        assert Client().post(page, WHO | {"organisation": name}).status_code == 200
    assert len(mail.outbox) == 1
