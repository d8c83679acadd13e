"""The page of a place says what it is to the label: between which days, by which act."""

import datetime
import hashlib

import pytest
import time_machine

from labelling.models import LabelCertificate, Labellisation
from tests.conftest import LoginAs
from tests.factories import World, system

pytestmark = pytest.mark.django_db
DAY = datetime.datetime(2026, 11, 24, 9, 0, tzinfo=datetime.UTC)


def label(world: World, status: str, starts: str, ends: str | None, number: str = "") -> Labellisation:
    with system():
        row: Labellisation = Labellisation.objects.create(
            region_id=world.cio.region_id, territory=world.lille, site=world.cio, status=status,
            starts_on=starts, ends_on=ends, decision_number=number, source="arrêté",
            decided_on="2024-12-16" if number else None,
        )  # fmt: skip
    return row


def certify(row: Labellisation) -> LabelCertificate:
    with system():
        made: LabelCertificate = LabelCertificate.objects.create(
            region_id=row.region_id, territory_id=row.territory_id, site_id=row.site_id, label=row,
            code="ABCDEFGHJKMN", pdf=b"%PDF-", sha256=hashlib.sha256(b"%PDF-").hexdigest(),
        )  # fmt: skip
    return made


def page(world: World, login: LoginAs, who: str) -> str:
    with time_machine.travel(DAY, tick=False):
        response = login(world.users[who]).get(f"/annuaire/{world.cio.pk}/")
    assert response.status_code == 200
    return str(response.text).replace("\u00a0", " ").replace("\u202f", " ")


def section(text: str) -> str:
    return text.partition('aria-labelledby="lab"')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("who", "certificate", "kit"),
    [
        ("conseiller", False, False),
        ("conseiller_mission", False, False),
        ("referent", True, True),
        ("coordinateur", True, True),
        ("charge_mission", True, False),
        ("animation", True, True),
        ("prefecture", True, True),
        ("region", True, True),
    ],
)
def test_everybody_reads_the_label_and_opens_what_they_may(
    world: World, login: LoginAs, who: str, certificate: bool, kit: bool
) -> None:
    made = certify(label(world, "labellise", "2025-01-01", "2029-12-31", "A-2024-7"))
    said = section(page(world, login, who))
    for words in ("Labellisé", "1er janvier 2025", "31 décembre 2029", "A-2024-7, le 16 décembre 2024"):
        assert words in said
    client = login(world.users[who])
    for shown, address in (
        (certificate, f"/label/certificats/{made.pk}.pdf"),
        (kit, f"/annuaire/{world.cio.pk}/kit/"),
    ):
        assert (address in said) is shown
        # The link says the truth: what is not offered is refused.
        assert (client.get(address).status_code == 200) is shown


def test_a_partner_has_no_certificate_and_perhaps_no_end(world: World, login: LoginAs) -> None:
    label(world, "associe", "2025-01-01", None)
    said = section(page(world, login, "prefecture"))
    assert "Partenaire associé" in said
    assert "sans date de fin" in said
    assert "numéro non renseigné" in said
    assert "Certificat" not in said


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "Ni labellisé, ni partenaire associé."),
        ([("labellise", "2020-01-01", "2024-12-31")], "Terminé"),
        ([("labellise", "2027-01-01", "2031-12-31")], "À venir"),
        ([("labellise", "2020-01-01", "2024-12-31"), ("labellise", "2027-01-01", "2031-12-31")], "À venir"),
        ([("associe", "2025-01-01", "2026-12-31"), ("labellise", "2027-01-01", "2031-12-31")], "associé"),
        ([("associe", "2020-01-01", "2024-12-31"), ("labellise", "2025-01-01", "2029-12-31")], "Labellisé"),
    ],
)
def test_what_holds_comes_first_then_what_is_to_come_then_what_was(
    world: World, login: LoginAs, rows: list[tuple[str, str, str]], words: str
) -> None:
    for status, starts, ends in rows:
        label(world, status, starts, ends)
    assert words in section(page(world, login, "coordinateur"))


def test_a_region_without_label_says_nothing_of_it(world: World, login: LoginAs) -> None:
    with time_machine.travel(DAY, tick=False):
        text = login(world.users["conseiller_niort"]).get(f"/annuaire/{world.niort_site.pk}/").text
    assert 'aria-labelledby="lab"' not in text
