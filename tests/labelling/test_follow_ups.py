"""Yearly reports: expected once, written, handed in with the portal's figures, read again (domain § 7)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from dashboards.models import Release
from labelling.enums_ami import BudgetSide, FollowUpState
from labelling.models import AmiApplication, AmiBudgetLine, AmiConvention, AmiFollowUp, AmiProgressLine
from labelling.services import follow_ups
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.texts import TextConflict
from tests.factories import World, system
from tests.labelling.ami_after import funded, opened, selected
from tests.labelling.ami_instruction import Account, make_officer
from tests.labelling.ami_world import Porteur, acting, make_call, make_porteur

pytestmark = pytest.mark.django_db
TEXTS = {"activity": "Un accueil quatre jours par semaine.", "partners": "", "difficulties": ""}


@pytest.fixture
def porteur(world: World) -> Porteur:
    return make_porteur(world.region)


@pytest.fixture
def region(world: World) -> Account:
    return make_officer(world.region)


@pytest.fixture
def file(world: World, region: Account, porteur: Porteur) -> AmiApplication:
    return opened(funded(selected(make_call(world.region), world.lille, region, porteur), region), region)


@pytest.fixture
def report(file: AmiApplication) -> AmiFollowUp:
    with system():
        return (
            AmiFollowUp.objects.select_related("application__site").filter(application=file).earliest("year")
        )


def tables(file: AmiApplication) -> tuple[dict[int, tuple[int, str]], dict[int, tuple[int, str]]]:
    """Everything spent as planned, every objective half reached."""
    with system():
        lines = {row.pk: (row.amount, "") for row in AmiBudgetLine.objects.filter(application=file)}
        progress = {row.pk: (50, "À mi-chemin.") for row in AmiProgressLine.objects.filter(application=file)}
    return lines, progress


def write(report: AmiFollowUp, porteur: Porteur) -> None:
    spending, progress = tables(report.application)
    with porteur.acting() as by:
        follow_ups.save_texts(by=by, report=report, texts=TEXTS, seen=report.version)
        follow_ups.save_tables(by=by, report=report, spending=spending, progress=progress)


def again(report: AmiFollowUp) -> AmiFollowUp:
    with system():
        return AmiFollowUp.objects.select_related("application__site").get(pk=report.pk)


def test_reports_are_expected_once(file: AmiApplication, region: Account) -> None:
    with acting(*region) as by:
        held = AmiConvention.objects.visible_to(by).get(application=file)
        assert follow_ups.expect(by=by, application=file, convention=held) == 0


def test_the_last_day_of_the_month_whatever_the_year() -> None:
    held = AmiConvention(
        starts_on=datetime.date(2026, 6, 1), ends_on=datetime.date(2027, 5, 31), follow_up_month=2
    )
    assert follow_ups.due_dates(held) == [
        (2026, datetime.date(2027, 2, 28)),
        (2027, datetime.date(2028, 2, 29)),
    ]


def test_it_is_handed_in_whole_and_then_closed(
    report: AmiFollowUp, porteur: Porteur, region: Account
) -> None:
    with porteur.acting() as by, pytest.raises(Refused, match="activité"):
        follow_ups.hand_in(by=by, report=report)
    write(report, porteur)
    with porteur.acting() as by:
        handed = follow_ups.hand_in(by=by, report=report)
        assert handed.state == FollowUpState.REMIS
        for late in (
            lambda: follow_ups.save_texts(by=by, report=handed, texts=TEXTS | {"activity": "Autre."}, seen=2),
            lambda: follow_ups.save_tables(by=by, report=handed, spending={}, progress={}),
            lambda: follow_ups.hand_in(by=by, report=handed),
        ):
            with pytest.raises(Refused, match="remis"):
                late()
    with acting(*region) as by:
        with pytest.raises(Refused, match="reprendre"):
            follow_ups.check(by=by, report=report, valid=False, word="")
        follow_ups.check(by=by, report=report, valid=False, word="Précisez le loyer.")
        with pytest.raises(Conflict):
            follow_ups.check(by=by, report=report, valid=True, word="")
    with porteur.acting() as by:
        follow_ups.hand_in(by=by, report=again(report))
    with acting(*region) as by:
        assert follow_ups.check(by=by, report=report, valid=True, word="").state == FollowUpState.VALIDE


def test_only_its_porteur_writes_and_only_the_region_checks(
    world: World, report: AmiFollowUp, porteur: Porteur, region: Account
) -> None:
    with acting(*region) as by, pytest.raises(PermissionDenied):
        follow_ups.save_texts(by=by, report=report, texts=TEXTS, seen=1)
    with make_porteur(world.region).acting() as by, pytest.raises(Conflict):
        follow_ups.save_texts(by=by, report=report, texts=TEXTS, seen=1)
    with porteur.acting() as by, pytest.raises(PermissionDenied):
        follow_ups.check(by=by, report=report, valid=True, word="")


def test_two_writers_never_write_over_each_other(report: AmiFollowUp, porteur: Porteur) -> None:
    with porteur.acting() as by:
        follow_ups.save_texts(by=by, report=report, texts=TEXTS, seen=1)
        with pytest.raises(TextConflict):
            follow_ups.save_texts(by=by, report=report, texts=TEXTS | {"activity": "Autre."}, seen=1)
        # The same text again is no conflict.
        follow_ups.save_texts(by=by, report=report, texts=TEXTS, seen=1)
    assert again(report).activity == TEXTS["activity"]


def test_gaps_are_counted_to_the_cent(report: AmiFollowUp, porteur: Porteur, file: AmiApplication) -> None:
    spending, progress = tables(file)
    with porteur.acting() as by:
        charge = (
            next(t for t in follow_ups.spending_of(by, report) if t.side == BudgetSide.CHARGE).lines[0].line
        )
        spending[charge.pk] = (charge.amount // 2 + 1, "Moins de loyer.")
        follow_ups.save_tables(by=by, report=report, spending=spending, progress=progress)
        total = next(t for t in follow_ups.spending_of(by, report) if t.side == BudgetSide.CHARGE)
    line = next(spent for spent in total.lines if spent.line.pk == charge.pk)
    assert line.difference == charge.amount // 2 + 1 - charge.amount
    assert line.gap is not None
    assert round(line.gap, 1) == -50.0
    assert total.difference == line.difference
    with porteur.acting() as by:
        assert follow_ups.spent_total(by, file) == total.actual


def test_figures_of_the_day_are_frozen_with_it(report: AmiFollowUp, porteur: Porteur) -> None:
    """What everybody may read of the place, masked as everywhere; later figures change nothing."""
    site = report.application.site
    assert site is not None
    with system():
        row = Release.objects.create(
            region_id=site.region_id, territory_id=site.territory_id, year=report.year, audience="outside",
            cells={"y": {"contacts": {"": 124}}, "s": {"contacts": {str(site.pk): {"": 124}}, "issue": {
                str(site.pk): {"reoriente": -1}}}}, summary={}, filled_at=timezone.now(),
        )  # fmt: skip
    write(report, porteur)
    with porteur.acting() as by:
        kept = follow_ups.hand_in(by=by, report=report).figures
    assert [line[1] for line in kept["lignes"]] == ["124", "masqué"]
    with system():
        Release.objects.filter(pk=row.pk).update(cells={})
    assert again(report).figures == kept


def test_who_lives_with_the_place_reads_its_reports(
    world: World,
    report: AmiFollowUp,
    file: AmiApplication,
    login,  # type: ignore[no-untyped-def]
) -> None:
    page = reverse("ami_bilan", args=[file.pk, report.year])
    for key in ("coordinateur", "charge_mission", "animation"):
        assert login(world.users[key]).get(page).status_code == 200, key
    assert login(world.users["coordinateur_douai"]).get(page).status_code == 404
    assert login(world.users["animation_niort"]).get(page).status_code == 404
    assert login(world.users["conseiller"]).get(page).status_code == 403


def test_the_screens_write_hand_in_and_validate(
    file: AmiApplication,
    report: AmiFollowUp,
    porteur: Porteur,
    region: Account,
    login,  # type: ignore[no-untyped-def]
) -> None:
    client = login(porteur.user, porteur.membership)
    page, save = (
        reverse(name, args=[file.pk, report.year]) for name in ("ami_bilan", "ami_bilan_enregistrer")
    )
    assert client.get(page).status_code == 200
    spending, progress = tables(file)
    posted = {"version": "1", **TEXTS}
    posted |= {f"r{pk}": f"{amount / 100:.2f}".replace(".", ",") for pk, (amount, _) in spending.items()}
    posted |= {f"p{pk}": "50" for pk in progress}
    first = next(iter(spending))
    for bad in ("-3", "NaN", "1e30", "beaucoup"):
        wrong = client.post(save, posted | {f"r{first}": bad})
        assert wrong.status_code == 422
        assert TEXTS["activity"] in wrong.content.decode()
    assert client.post(save, posted | {f"p{next(iter(progress))}": "101"}).status_code == 422
    assert client.post(save, posted).status_code == 302
    conflict = client.post(save, posted | {"activity": "Un autre texte."})
    assert conflict.status_code == 409
    said = conflict.content.decode()
    assert TEXTS["activity"] in said
    assert "Un autre texte." in said
    assert client.post(save, posted | {"version": "2", "acte": "remettre"}).status_code == 302
    assert client.post(save, posted | {"version": "2"}).status_code == 422
    reader = login(*region)
    check = reverse("ami_bilan_verifier", args=[file.pk, report.year])
    assert "Valider le bilan" in reader.get(page).content.decode()
    assert reader.post(check, {"acte": "renvoyer", "mot": ""}).status_code == 422
    assert reader.post(check, {"acte": "valider", "mot": ""}).status_code == 302
    assert again(report).state == FollowUpState.VALIDE
    listed = reader.get(reverse("ami_suivi", args=[file.pk]))
    assert "Validé" in listed.content.decode()
