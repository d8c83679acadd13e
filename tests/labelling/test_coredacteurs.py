"""Co-writers: named by the porteur until a date; nobody learns from it who has an account (domain § 2)."""

import datetime
import re

import pytest
from django.utils import timezone

from labelling.models import AmiApplication, AmiCowriter
from labelling.services import cowriters
from labelling.services.submission import withdraw
from spo_portal.kernel.errors import Refused, TooManyAttempts
from territories.enums import Role
from territories.models import Share, User
from tests.conftest import LoginAs
from tests.factories import World, make_membership, make_user, system
from tests.labelling.ami_world import Porteur, make_application, make_call, make_porteur, ready_application
from tests.labelling.mails import drain, stuck

pytestmark = pytest.mark.django_db
LATER = datetime.timedelta(days=20)


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


@pytest.fixture
def application(world: World, porteur: Porteur) -> AmiApplication:
    return make_application(make_call(world.region), world.lille, porteur)


def page(application: AmiApplication) -> str:
    return f"/ami/dossiers/{application.pk}/coredacteurs/"


def typed(email: str, right: str = "ecrire", days: int = 20) -> dict[str, str]:
    until = timezone.localdate() + datetime.timedelta(days=days)
    return {"email": email, "right": right, "until": until.isoformat()}


def reads(login: LoginAs, user: object, application: AmiApplication) -> int:
    return login(user).get(f"/ami/dossiers/{application.pk}/partenaires/").status_code


def test_a_charge_de_mission_of_the_bassin_is_named_in_one_click(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    officer = world.users["charge_mission"]
    assert reads(login, officer, application) == 404
    client = login(porteur.user, porteur.membership)
    shown = client.get(page(application)).text
    assert officer.display_name in shown
    fields = dict(re.findall(r'<input type="hidden" name="(user|right|until)" value="([^"]+)"', shown))
    assert client.post(page(application), fields).status_code == 302
    assert reads(login, officer, application) == 200
    [message] = drain()
    assert message.to == [officer.email]
    assert "le lire et le modifier" in message.body
    assert stuck() == []
    again = client.get(page(application)).text
    assert "Ouvrir en écriture" not in again
    row = re.search(r"coredacteurs/(\d+)/retirer/", again)[1]
    assert client.post(f"{page(application)}{row}/retirer/").status_code == 302
    assert reads(login, officer, application) == 404


def test_only_an_officer_of_this_bassin_can_be_named_by_its_key(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    client = login(porteur.user, porteur.membership)
    with system():
        elsewhere = make_user("Chargé de mission ailleurs")
        make_membership(elsewhere, Role.CHARGE_MISSION, territory=world.douai)
    for user in (world.users["conseiller"], elsewhere, world.users["region"]):
        client.post(page(application), typed("") | {"user": user.pk})
        with system():
            assert not Share.objects.for_system().filter(user=user).exists()
    for wrong in ("abc", "", str(10**30)):
        assert (
            client.post(page(application), {"user": wrong, "right": "ecrire", "until": "x"}).status_code
            == 302
        )


def test_an_address_with_an_account_and_one_without_answer_the_same(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    known = world.users["conseiller"]
    client = login(porteur.user, porteur.membership)
    answers = {}
    for email in (known.email, "personne@ailleurs.example"):
        client.post(page(application), typed(email))
        drain()
        shown = client.get(page(application)).text
        [line] = re.findall(
            r"<tr><th scope=\"row\"><span[^>]*>" + re.escape(email) + r".*?</tr>", shown, re.DOTALL
        )
        said = re.search(r'id="messages".*?</div>\s*</div>', shown, re.DOTALL)
        told = (said[0] if said else "") + re.sub(r"csrfmiddlewaretoken\" value=\"[^\"]+", "", line)
        answers[email] = re.sub(r"/\d+/retirer", "", told).replace(email, "ADRESSE")
        row = re.search(r"coredacteurs/(\d+)/retirer/", line)[1]
        gone = client.post(f"{page(application)}{row}/retirer/", follow=True).text
        answers[email] += re.search(r"n’a plus accès au dossier", gone)[0]
    assert len(set(answers.values())) == 1
    assert known.display_name not in "".join(answers.values())


def test_an_account_named_by_its_address_gets_the_file_and_loses_it_at_its_date(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    known = world.users["conseiller"]
    client = login(porteur.user, porteur.membership)
    client.post(page(application), typed(known.email.upper(), right="lire"))
    assert reads(login, known, application) == 404
    assert [m.to for m in drain()] == [[known.email]]
    assert reads(login, known, application) == 200
    assert drain() == []
    with system():
        Share.objects.for_system().filter(user=known).update(
            granted_at=timezone.now() - LATER, until=timezone.now() - datetime.timedelta(seconds=1)
        )
    assert reads(login, known, application) == 404


def test_an_account_opened_later_finds_the_file(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    client = login(porteur.user, porteur.membership)
    client.post(page(application), typed("futur@ailleurs.example"))
    assert drain() == []
    with system():
        late = User.objects.create_user("futur@ailleurs.example", "x" * 20, display_name="Arrivé plus tard")
        make_membership(late, Role.CONSEILLER, site=world.cio)
        assert cowriters.open_late() == 1
    assert [m.to for m in drain()] == [[late.email]]
    assert reads(login, late, application) == 200
    with system():
        assert cowriters.open_late() == 0


def test_a_porteur_that_lost_its_mandate_shares_nothing_any_more(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    login(porteur.user, porteur.membership).post(page(application), typed(world.users["conseiller"].email))
    with system():
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        type(porteur.membership).objects.for_system().filter(pk=porteur.membership.pk).update(
            starts_on=yesterday, ends_on=yesterday
        )
    assert drain() == []
    assert reads(login, world.users["conseiller"], application) == 404


def test_refusals(porteur: Porteur, application: AmiApplication, login: LoginAs) -> None:
    client = login(porteur.user, porteur.membership)
    for fields in (
        typed("pas une adresse"),
        typed('"a\r\nBcc: x@y.fr"@exemple.fr'),
        typed("a@exemple.example", days=-1),
        typed("a@exemple.example", days=900),
        typed("a@exemple.example", right="deposer"),
        typed("a@exemple.example") | {"until": "9999-12-31"},
        typed("a@exemple.example") | {"until": "hier"},
        typed(porteur.user.email),
    ):
        assert client.post(page(application), fields).status_code == 422, fields
    assert client.post(page(application), typed("a@exemple.example")).status_code == 302
    assert client.post(page(application), typed("A@exemple.example")).status_code == 422
    with system():
        assert AmiCowriter.objects.for_system().count() == 1


def test_naming_is_throttled(porteur: Porteur, application: AmiApplication) -> None:
    def name(n: int) -> AmiCowriter:
        return cowriters.name_address(
            by=actor, application=application, email=f"n{n}@exemple.example", right="lire",
            until=timezone.now() + LATER,
        )  # fmt: skip

    with porteur.acting() as actor:
        for n in range(cowriters.NAMINGS[0]):
            cowriters.take_off(by=actor, application=application, row=name(n))
        with pytest.raises(TooManyAttempts):
            name(99)


def test_only_the_own_organisation_names(
    world: World, porteur: Porteur, application: AmiApplication, login: LoginAs
) -> None:
    other = make_porteur(world.region)
    client = login(other.user, other.membership)
    assert client.get(page(application)).status_code == 404
    assert client.post(page(application), typed("a@exemple.example")).status_code == 404
    login(porteur.user, porteur.membership).post(
        page(application), typed(world.users["charge_mission"].email)
    )
    drain()
    # Somebody it is shared with writes it, and names nobody.
    assert login(world.users["charge_mission"]).get(page(application)).status_code == 403
    with system():
        row = AmiCowriter.objects.for_system().get()
    assert client.post(f"{page(application)}{row.pk}/retirer/").status_code == 404
    own = ready_application(make_call(world.region), world.lille, other, submitted=False)
    assert client.post(f"{page(own)}{row.pk}/retirer/").status_code == 404


def test_a_file_that_is_over_is_not_shared(
    world: World, porteur: Porteur, application: AmiApplication
) -> None:
    with porteur.acting() as actor:
        withdraw(by=actor, application=application, reason="Le projet s’arrête.")
        with pytest.raises(Refused):
            cowriters.name_address(
                by=actor, application=application, email="a@exemple.example", right="lire",
                until=timezone.now() + LATER,
            )  # fmt: skip
