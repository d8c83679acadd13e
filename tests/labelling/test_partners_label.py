"""Partenaires associés: direction and motive, the directory that follows, training bodies refused, past."""

import datetime
import io
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfWriter

from labelling.models import AssociatedPartner, Labellisation
from labelling.services.partner.keeping import Paper, Terms, add_partner, change_partner, end_partner
from spo_portal.kernel.errors import Conflict, Refused
from territories.models import Organisation, Site, SiteChange
from territories.services.organisations import say_training_body
from tests.conftest import LoginAs
from tests.factories import World, make_site, system

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
_writer = PdfWriter()
_writer.add_blank_page(width=595, height=842)
_target = io.BytesIO()
_writer.write(_target)
PAPER = _target.getvalue()
DAY = datetime.timedelta(1)


def capable(site: Site) -> bool:
    with system():
        return Site.objects.for_system().can_be_suggested().filter(pk=site.pk).exists()


def stored(site: Site) -> Site:
    with system():
        return Site.objects.for_system().get(pk=site.pk)


def outside(world: World, direction: str = "destinataire", **fields: object) -> Site:
    with system():
        return make_site(world.lille, "Cap emploi", None, direction=direction, **fields)


def begin(world: World, site: Site, direction: str = "destinataire", **more: object) -> AssociatedPartner:
    by = world.actor("coordinateur")
    return add_partner(by=by, site=site, terms=Terms(direction), since=TODAY - DAY, **more)  # type: ignore[arg-type]


def test_a_place_of_no_network_follows_its_direction(world: World) -> None:
    site = outside(world)
    row = begin(world, site, "prescripteur")
    assert (row.motive, stored(site).direction) == ("hors_reseau", "prescripteur")
    assert not capable(site)
    by = world.actor("coordinateur")
    change_partner(by=by, partner=row, terms=Terms("les_deux"), seen=row.version)
    assert capable(site)
    with system():
        told = [c.changes["Partenariat"] for c in SiteChange.objects.for_system().filter(site=site)]
    assert ["destinataire", "prescripteur"] in told
    by = world.actor("coordinateur")
    end_partner(by=by, partner=row, on=TODAY, reason="Structure fermée.")
    assert stored(site).active is False
    with system():
        kept = AssociatedPartner.objects.for_system().get(pk=row.pk)
    assert (kept.until, kept.end_reason) == (TODAY, "Structure fermée.")


def test_a_network_place_that_only_sends_people_is_not_suggested(world: World) -> None:
    row = begin(world, world.mission, "prescripteur")
    assert row.motive == "lieu_non_eligible"
    assert not capable(world.mission)
    by = world.actor("coordinateur")
    end_partner(by=by, partner=row, on=TODAY, reason="Éligible de nouveau.")
    site = stored(world.mission)
    assert (site.direction, site.active) == ("", True)
    assert capable(world.mission)


def test_a_partner_comes_back_after_its_end(world: World) -> None:
    site = outside(world)
    row = begin(world, site)
    by = world.actor("coordinateur")
    end_partner(by=by, partner=row, on=TODAY - DAY, reason="Convention échue.")
    add_partner(by=by, site=site, terms=Terms("destinataire"), since=TODAY)
    assert stored(site).active
    with system():
        assert AssociatedPartner.objects.for_system().filter(site=site).count() == 2


def test_training_bodies_are_refused_by_the_service_and_by_the_database(world: World) -> None:
    site = outside(world, training=True)
    with pytest.raises(Refused, match="indépendance de toute prescription"):
        begin(world, site)
    with system(), pytest.raises(IntegrityError, match="indépendance"), transaction.atomic():
        AssociatedPartner.objects.create(
            region=world.region, territory=world.lille, site=site, direction="destinataire",
            motive="hors_reseau", since=TODAY, saved_by_label="x",
        )  # fmt: skip


def test_an_organisation_found_to_train_stops_the_partnership_and_new_ones(world: World) -> None:
    site = outside(world)
    row = begin(world, site)
    animation = world.actor("animation")
    say_training_body(by=animation, organisation=site.organisation, training=True, reason="Déclaré au SRC.")
    assert not capable(site)
    by = world.actor("coordinateur")
    with pytest.raises(Refused, match="Mettez fin"):
        change_partner(by=by, partner=row, terms=Terms("les_deux"), seen=row.version)
    end_partner(by=by, partner=row, on=TODAY, reason="Organisme de formation.")
    with pytest.raises(Refused, match="formation"):
        begin(world, site)


def test_who_says_what_an_organisation_is(world: World) -> None:
    for key in ("coordinateur", "region", "referent"):
        with pytest.raises(Exception, match="ce droit"):
            say_training_body(
                by=world.actor(key), organisation=world.cio.organisation, training=True, reason="x"
            )
    with pytest.raises(Refused, match="pourquoi"):
        say_training_body(
            by=world.actor("animation"), organisation=world.cio.organisation, training=True, reason=" "
        )
    with pytest.raises(Refused, match="région"):
        say_training_body(
            by=world.actor("animation_niort"), organisation=world.cio.organisation, training=True, reason="x"
        )


def test_the_web_changes_nothing_else_of_an_organisation(world: World) -> None:
    world.actor("animation")
    with pytest.raises(IntegrityError, match="keeps its name"), transaction.atomic():
        Organisation.objects.filter(pk=world.cio.organisation_id).update(name="Autre")


def test_a_labelled_place_and_a_partner_are_refused(world: World) -> None:
    with system():
        Labellisation.objects.create(
            region=world.region, territory=world.lille, site=world.cio, status="labellise", starts_on=TODAY,
            ends_on=TODAY + 9 * DAY, source="arrêté",
        )  # fmt: skip
    with pytest.raises(Refused, match="labellisé"):
        begin(world, world.cio)
    begin(world, world.mission)
    with pytest.raises(Refused, match="déjà partenaire"):
        begin(world, world.mission)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (Terms(""), "sens"),
        (Terms("destinataire", convention_ends_on=TODAY), "quand la convention"),
        (Terms("destinataire", signed_on=TODAY, convention_ends_on=TODAY - DAY), "avant sa signature"),
        (Terms("destinataire", signed_on=TODAY + DAY), "aujourd’hui"),
        (Terms("destinataire", conditions="Écrire à untel@exemple.fr"), "adresse"),
    ],
)
def test_terms_that_do_not_hold(world: World, terms: Terms, words: str) -> None:
    with pytest.raises(Refused, match=words):
        add_partner(by=world.actor("coordinateur"), site=world.mission, terms=terms, since=TODAY)


def test_dates_of_a_partnership(world: World) -> None:
    by = world.actor("coordinateur")
    with pytest.raises(Refused, match="commence aujourd’hui"):
        add_partner(by=by, site=world.mission, terms=Terms("les_deux"), since=TODAY + DAY)
    row = begin(world, world.mission)
    for on, words in ((TODAY + DAY, "aujourd’hui"), (TODAY - 9 * DAY, "a commencé")):
        with pytest.raises(Refused, match=words):
            end_partner(by=by, partner=row, on=on, reason="x")
    with pytest.raises(Refused, match="pourquoi"):
        end_partner(by=by, partner=row, on=TODAY, reason="")
    end_partner(by=by, partner=row, on=TODAY, reason="Fin.")
    with pytest.raises(Conflict):
        end_partner(by=by, partner=row, on=TODAY, reason="Encore.")


def test_two_coordinators_at_once(world: World) -> None:
    row = begin(world, world.mission)
    by = world.actor("coordinateur")
    change_partner(by=by, partner=row, terms=Terms("prescripteur"), seen=1)
    with pytest.raises(Conflict):
        change_partner(by=by, partner=row, terms=Terms("les_deux"), seen=1)


def test_another_territory_is_out_of_reach(world: World) -> None:
    with pytest.raises(Refused, match="territoire"):
        begin(world, world.douai_site)
    row = begin(world, world.mission)
    world.actor("coordinateur_douai")
    assert AssociatedPartner.objects.filter(pk=row.pk).update(direction="les_deux") == 0
    for key in ("region", "prefecture", "conseiller"):
        with pytest.raises(Exception, match="ce droit"):
            end_partner(by=world.actor(key), partner=row, on=TODAY, reason="x")


def test_what_is_over_is_not_rewritten(world: World) -> None:
    row = begin(world, world.mission)
    by = world.actor("coordinateur")
    end_partner(by=by, partner=row, on=TODAY, reason="Fin.")
    for change in ({"end_reason": "Autre"}, {"until": None, "end_reason": ""}, {"since": TODAY - 9 * DAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AssociatedPartner.objects.filter(pk=row.pk).update(**change)


def test_the_convention_is_proved(world: World) -> None:
    by = world.actor("coordinateur")
    terms = Terms("les_deux", signed_on=TODAY)
    with pytest.raises(Refused, match="PDF"):
        add_partner(by=by, site=world.mission, terms=terms, since=TODAY, paper=Paper("c.pdf", b"MZ\x00"))
    with pytest.raises(Refused, match="signée"):
        add_partner(
            by=by, site=world.mission, terms=Terms("les_deux"), since=TODAY, paper=Paper("c.pdf", PAPER)
        )
    row = add_partner(
        by=by, site=world.mission, terms=terms, since=TODAY, paper=Paper("../conv\x00.exe", PAPER)
    )
    assert row.file_name == "conv.exe.pdf"
    assert len(row.sha256) == 64


# Screens


@pytest.fixture
def client(world: World, login: LoginAs) -> Client:
    return login(world.users["coordinateur"])


def good(**more: object) -> dict[str, object]:
    return {"sens": "destinataire", "publics": ["handicap"], "depuis": TODAY.isoformat(), **more}


def test_a_new_place_becomes_a_partner_in_one_form(world: World, client: Client) -> None:
    answer = client.post(
        reverse("partenaire_nouveau"),
        good(
            nom="Cap emploi Lille", organisme="Réseau Cheops", commune="59350", signee_le="2026-01-05",
            jusqu_au="2026-02-05", fichier=SimpleUploadedFile("c.pdf", PAPER),
        ),
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Réseau Cheops" in page
    assert "Convention échue" in page
    row = AssociatedPartner.objects.get(site__name="Cap emploi Lille")
    assert (row.site.direction, row.publics) == ("destinataire", ["handicap"])
    paper = client.get(reverse("partenaire_convention", args=[row.pk]))
    assert paper.content == PAPER
    assert paper.headers["Content-Disposition"].startswith("attachment")


def test_forms_say_what_is_missing(world: World, client: Client) -> None:
    answer = client.post(reverse("partenaire_nouveau"), {})
    assert answer.status_code == 422
    text = answer.content.decode()
    for words in ("Dites dans quel sens", "Choisissez un lieu de l’annuaire", "Écrivez une date"):
        assert words in text
    with system():
        outsider = make_site(world.lille, "OF", None, direction="les_deux", training=True)
    answer = client.post(reverse("partenaire_nouveau"), good(lieu=outsider.pk))
    assert answer.status_code == 422
    with system():
        Organisation.objects.create(region=world.region, name="Greta", is_training_body=True)
    answer = client.post(reverse("partenaire_nouveau"), good(nom="Greta", organisme="GRETA", commune="59350"))
    assert "indépendance de toute prescription" in answer.content.decode()


def test_change_and_end_on_screen(world: World, client: Client) -> None:
    row = begin(world, world.mission)
    url = reverse("partenaire_modifier", args=[row.pk])
    assert client.post(url, {"sens": "les_deux", "version": row.version}).status_code == 302
    stale = client.post(url, {"sens": "prescripteur", "version": row.version})
    assert stale.status_code == 409
    over = reverse("partenaire_finir", args=[row.pk])
    assert client.post(over, {"le": TODAY.isoformat(), "motif": ""}).status_code == 422
    assert client.post(over, {"le": TODAY.isoformat(), "motif": "Fin."}).status_code == 302
    assert client.get(over).status_code == 404
    assert "Fin." in client.get(reverse("partenaire", args=[row.pk])).content.decode()


def test_the_list_its_filters_and_what_is_not_noted(world: World, client: Client) -> None:
    outside(world)
    begin(world, world.mission, "prescripteur")
    page = client.get(reverse("partenaires"))
    text = page.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert "Mission locale de Lille" in text
    assert "1 lieu de l’annuaire" in text
    assert "Maisons de l’emploi" in text
    assert client.get(reverse("partenaires"), {"sens": "destinataire"}).context["rows"] == []
    unnoted = client.get(reverse("partenaires"), {"etat": "a_noter"}).context["places"]
    assert [place.name for place in unnoted] == ["Cap emploi"]
    assert (
        client.get(reverse("partenaires"), {"territoire": "x", "q": "\x00%", "page": "²"}).status_code == 200
    )
    assert client.get(reverse("partenaires"), {"etat": "termines"}).context["rows"] == []


def test_readers_read_and_write_nothing(world: World, login: LoginAs) -> None:
    row = begin(world, world.mission)
    for key in ("conseiller", "referent", "animation", "region", "prefecture"):
        reader = login(world.users[key])
        assert "Mission locale" in reader.get(reverse("partenaires")).content.decode()
        assert reader.get(reverse("partenaire", args=[row.pk])).status_code == 200
        assert reader.get(reverse("partenaire_nouveau")).status_code == 403
    assert login(world.users["conseiller_niort"]).get(reverse("partenaire", args=[row.pk])).status_code == 404
    assert (
        login(world.users["coordinateur_douai"])
        .get(reverse("partenaire_modifier", args=[row.pk]))
        .status_code
        == 404
    )


def test_the_animation_says_who_trains(world: World, login: LoginAs) -> None:
    begin(world, world.mission)
    client = login(world.users["animation"])
    url = reverse("organisme", args=[world.mission.organisation_id])
    assert "1 partenariat en cours" in client.get(url).content.decode().replace("\u00a0", " ")
    assert client.post(url, {"formation": "oui"}).status_code == 422
    assert client.post(url, {"formation": "oui", "motif": "Déclaré."}).status_code == 302
    listed = client.get(reverse("organismes"), {"formation": "1"}).context["page"].object_list
    assert [one.pk for one in listed] == [world.mission.organisation_id]


def test_three_hundred_rows_under_one_count(world: World, client: Client) -> None:
    counts = []
    with system():
        for n in range(300):
            site = make_site(world.lille, f"CCAS {n:03d}", None, direction="prescripteur")
            AssociatedPartner.objects.create(
                region=world.region, territory=world.lille, site=site, direction="prescripteur",
                motive="hors_reseau", since=TODAY, saved_by_label="x",
            )  # fmt: skip
            if n == 0:
                first = site
    with mock.patch("labelling.views.partners_label.PER_PAGE", 1), CaptureQueriesContext(connection) as few:
        client.get(reverse("partenaires"), {"q": first.name})
    with (
        mock.patch("labelling.views.partners_label.PER_PAGE", 300),
        CaptureQueriesContext(connection) as many,
    ):
        client.get(reverse("partenaires"))
    counts = [len(few), len(many)]
    assert counts[0] == counts[1]
