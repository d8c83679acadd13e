"""Places of a dossier of label: judged with reasons, proposed one by one, several writers (domain § 5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labelling.enums_label import AssociationMotive, LabelPart, PlaceProposal
from labelling.models import LabelDossier, LabelPlace
from labelling.services.label.ground import Line, ground_of
from labelling.services.label.places import PlaceConflict, Wish, propose, propose_all
from spo_portal.kernel.errors import Refused
from territories.enums import PartnerDirection
from territories.models import Season, SeasonSlot, Site, SiteService
from tests.conftest import LoginAs
from tests.factories import World, make_site, open_week, system
from tests.labelling.label_world import complete_place, coordinator, make_dossier, make_places, ready_dossier

LABEL, PARTNER, OUT = PlaceProposal.LABEL, PlaceProposal.ASSOCIE, PlaceProposal.ECARTE


def line_of(dossier: LabelDossier, site: Site) -> Line:
    with coordinator(dossier.territory) as by:
        ground = ground_of(by, dossier.territory, dossier)
    return next(one for one in ground.lines if one.site.pk == site.pk)


def save(dossier: LabelDossier, site: Site, proposal: str, seen: int = 0, **more: str) -> LabelPlace:
    with coordinator(dossier.territory) as by:
        return propose(by=by, dossier=dossier, site_id=site.pk, wish=Wish(proposal, **more), seen=seen)


@pytest.fixture
def dossier(world: World) -> LabelDossier:
    for site in (world.cio, world.mission):
        complete_place(site)
    return make_dossier(world.lille)


# ---- Eligibility


def test_a_complete_place_is_eligible(world: World, dossier: LabelDossier) -> None:
    found = line_of(dossier, world.cio).eligibility
    assert found.eligible
    assert found.share == (2400, 2400)
    assert [(level.given, level.asked) for level in found.levels] == [(2, 2), (2, 2), (2, 2)]


@pytest.mark.parametrize(
    ("field", "key"), [("phone", "telephone"), ("wheelchair", "fauteuil"), ("address", "adresse")]
)
def test_what_the_record_lacks_is_said(world: World, dossier: LabelDossier, field: str, key: str) -> None:
    with system():
        Site.objects.for_system().filter(pk=world.cio.pk).update(**{field: ""})
    found = line_of(dossier, world.cio).eligibility
    assert [one.key for one in found.unmet] == [key]


def test_under_half_without_an_appointment(world: World, dossier: LabelDossier) -> None:
    """Two days of five: 40 % of the place and of its network on the territory."""
    with system():
        world.cio.slots.filter(weekday__gte=2).update(walk_in=False)
    found = line_of(dossier, world.cio).eligibility
    assert [one.key for one in found.unmet] == ["part", "reseau_part"]
    assert "16\u00a0h sur 40\u00a0h" in found.unmet[0].text


def test_exactly_half_is_enough(world: World, dossier: LabelDossier) -> None:
    with system():
        world.cio.slots.all().delete()
        open_week(world.cio, start=540, end=720)
        open_week(world.cio, start=780, end=960, walk_in=False)
    assert line_of(dossier, world.cio).eligibility.eligible


def test_the_network_counts_on_the_territory(world: World, dossier: LabelDossier) -> None:
    """The place is fine, its network is not: a big place by appointment brings it under half."""
    with system():
        heavy = make_site(world.lille, "CIO sur rendez-vous", world.reseaux["CIO"])
        open_week(heavy, start=360, end=1320, walk_in=False)
    found = line_of(dossier, world.cio).eligibility
    assert [one.key for one in found.unmet] == ["reseau_part"]


def test_each_season_keeps_the_rule(world: World, dossier: LabelDossier) -> None:
    with system():
        season = Season.objects.create(
            site=world.cio, region=world.region, name="été", first_md=701, last_md=831
        )
        SeasonSlot.objects.create(
            season=season, site=world.cio, region=world.region, weekday=0, start=540, end=720, walk_in=False
        )
    found = line_of(dossier, world.cio).eligibility
    assert [one.key for one in found.unmet] == ["saison"]


def test_a_season_closed_asks_nothing(world: World, dossier: LabelDossier) -> None:
    with system():
        Season.objects.create(site=world.cio, region=world.region, name="été", first_md=801, last_md=815)
    assert line_of(dossier, world.cio).eligibility.eligible


def test_the_level_accueil_is_complete(world: World, dossier: LabelDossier) -> None:
    with system():
        SiteService.objects.for_system().filter(site=world.cio, item__level="accueil").first().delete()  # type: ignore[union-attr]
    found = line_of(dossier, world.cio).eligibility
    assert [one.key for one in found.unmet] == ["accueil"]
    assert "1 service sur 2" in found.unmet[0].text


def test_no_percentage_is_rounded_up_to_the_rule(world: World, dossier: LabelDossier) -> None:
    with system():
        world.cio.slots.all().delete()
        open_week(world.cio, start=540, end=719)
        open_week(world.cio, start=780, end=960, walk_in=False)
    found = line_of(dossier, world.cio).eligibility
    assert found.percent.startswith("49")
    assert not found.eligible


# ---- Proposals


def test_a_place_not_eligible_is_proposed_with_a_reason_only(world: World, dossier: LabelDossier) -> None:
    (site,) = make_places(world.lille, 1, eligible=False)
    with pytest.raises(Refused, match="écrivez pourquoi"):
        save(dossier, site, LABEL)
    row = save(dossier, site, LABEL, note="Les travaux finissent en mars.")
    assert row.proposal == LABEL
    assert line_of(dossier, site).warned


def test_a_partner_says_its_motive_and_direction(world: World, dossier: LabelDossier) -> None:
    (site,) = make_places(world.lille, 1, eligible=False)
    with pytest.raises(Refused, match="sens"):
        save(dossier, site, PARTNER)
    row = save(dossier, site, PARTNER, direction=PartnerDirection.BOTH)
    assert (row.motive, row.direction) == (AssociationMotive.NON_ELIGIBLE, PartnerDirection.BOTH)


def test_a_place_of_no_network_is_a_partner_by_that_motive(world: World, dossier: LabelDossier) -> None:
    with system():
        site = make_site(world.lille, "Cap emploi", None, direction="destinataire")
    assert save(dossier, site, PARTNER, direction="destinataire").motive == AssociationMotive.HORS_RESEAU


@pytest.mark.parametrize("proposal", [LABEL, PARTNER])
def test_a_training_body_is_neither(world: World, dossier: LabelDossier, proposal: str) -> None:
    with system():
        site = make_site(world.lille, "Organisme", world.reseaux["CIO"], training=True)
    with pytest.raises(Refused, match="prescription"):
        save(dossier, site, proposal, direction="destinataire", note="Malgré tout, oui.")
    assert save(dossier, site, OUT).proposal == OUT


def test_an_eligible_place_left_as_a_partner_says_why(world: World, dossier: LabelDossier) -> None:
    with pytest.raises(Refused, match="remplit les conditions"):
        save(dossier, world.cio, PARTNER, direction="destinataire")


@pytest.mark.parametrize(
    "wish", [{"proposal": "tout"}, {"proposal": "label", "note": "a" * 601}, {"proposal": ""}]
)
def test_hostile_wishes_are_refused(world: World, dossier: LabelDossier, wish: dict[str, str]) -> None:
    with coordinator(world.lille) as by, pytest.raises(Refused):
        propose(by=by, dossier=dossier, site_id=world.cio.pk, wish=Wish(**wish), seen=0)


def test_a_place_of_another_territory_is_none_of_it(world: World, dossier: LabelDossier) -> None:
    with pytest.raises(Refused, match="annuaire du territoire"):
        save(dossier, world.douai_site, LABEL)


def test_two_writers_of_a_place_are_told(world: World, dossier: LabelDossier) -> None:
    save(dossier, world.cio, LABEL)
    with pytest.raises(PlaceConflict) as caught:
        save(dossier, world.cio, OUT, note="Il ferme.")
    assert caught.value.stored.proposal == LABEL
    assert caught.value.typed.note == "Il ferme."
    # Two places are two saves: nobody waits for the other.
    assert save(dossier, world.mission, OUT).version == 1
    assert save(dossier, world.cio, OUT, seen=1).version == 2


def test_all_the_eligible_ones_at_once(world: World, dossier: LabelDossier) -> None:
    make_places(world.lille, 2, eligible=False)
    with system():
        make_site(world.lille, "Organisme", world.reseaux["CIO"], training=True)
    save(dossier, world.mission, OUT)
    with coordinator(world.lille) as by:
        assert propose_all(by=by, dossier=dossier).label == 1
        assert propose_all(by=by, dossier=dossier, partners=True).partners == 2
        assert len(ground_of(by, world.lille, dossier).undecided) == 1
    with system():
        kept = LabelPlace.objects.for_system().get(dossier=dossier, site=world.mission)
    assert kept.proposal == OUT


# ---- Screens


def test_the_conflict_shows_both_and_lets_choose(world: World, dossier: LabelDossier, login: LoginAs) -> None:
    save(dossier, world.cio, PARTNER, direction="destinataire", note="Il déménage.")
    client = login(world.users["coordinateur"])
    url = reverse("label_partie", args=[dossier.pk, LabelPart.LIEUX])
    sent = {"lieu": world.cio.pk, "version": 0, "proposition": "label", "note": "Il reste."}
    page = client.post(url, sent)
    text = page.content.decode()
    assert page.status_code == 409
    assert "Il déménage." in text
    assert "Il reste." in text
    assert client.post(url, sent | {"garder": "1"}).status_code == 302
    assert line_of(dossier, world.cio).proposal == LABEL


def test_the_same_statements_for_one_place_and_sixty(world: World, login: LoginAs) -> None:
    dossier = ready_dossier(world.lille)
    client = login(world.users["coordinateur"])
    urls = [reverse("label_partie", args=[dossier.pk, LabelPart.LIEUX])]
    urls += [reverse(name, args=[dossier.pk]) for name in ("label_dossier", "label_deposer")]

    def counted() -> list[int]:
        found = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        return found

    counted()
    few = counted()
    make_places(world.lille, 58)
    with coordinator(world.lille) as by:
        propose_all(by=by, dossier=dossier)
    assert counted() == few
    assert client.get(urls[0]).content.decode().count('class="card label-lieu"') == 60
