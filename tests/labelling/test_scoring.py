"""Notes: a draft of one's own, given once, weighed in integers; abstention, recusal, closing, ranking."""

from fractions import Fraction

import pytest
from django.db import transaction
from django.db.utils import IntegrityError
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelling.enums_ami import ApplicationState, AssignmentState
from labelling.models import AmiApplication, AmiAssignment, AmiGridCriterion, AmiScoreSheet, AmiStep
from labelling.services import closing, ranking, scoring
from labelling.services.notes import notes_with_grid
from labelling.services.ranking import Mark
from labelling.services.scoring import Note
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import get_visible_or_404
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_instruction import (
    admitted,
    close,
    confide,
    draft,
    make_charge,
    make_officer,
    note,
    reload,
    state_of,
)
from tests.labelling.ami_world import acting, make_call, make_member

db = pytest.mark.django_db


@pytest.fixture
def region(world: World):  # type: ignore[no-untyped-def]
    return world.users["region"], world.memberships["region"]


@pytest.fixture
def application(world: World, region):  # type: ignore[no-untyped-def]
    return admitted(make_call(world.region), world.lille, region)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_weighted_note_is_the_exact_mean_rounded_half_up(lines: list[tuple[int, int]]) -> None:
    grid = [AmiGridCriterion(pk=place, weight=weight) for place, (weight, _) in enumerate(lines)]
    total = scoring.total_of(grid, {place: value for place, (_, value) in enumerate(lines)})
    weights = sum(weight for weight, _ in lines)
    exact = Fraction(100 * sum(weight * value for weight, value in lines), weights)
    assert total.hundredths == ranking.half_up(exact)
    assert 0 <= total.hundredths <= 500
    assert total.complete


def test_a_total_under_way_counts_what_is_noted() -> None:
    grid = [AmiGridCriterion(pk=1, weight=30), AmiGridCriterion(pk=2, weight=70)]
    total = scoring.total_of(grid, {1: 4, 2: None})
    assert (total.hundredths, total.noted, total.weight, total.complete) == (400, 1, 30, False)
    assert scoring.total_of(grid, {}).hundredths is None


@db
def test_a_draft_is_its_author_s_alone_then_given_once(world: World, application, region) -> None:
    mine, other = make_charge(world.lille), make_officer(world.region)
    confide(application, region, mine, other)
    draft(application, mine, {0: 5, 1: 3})
    with acting(*region) as by:
        assert not AmiScoreSheet.objects.visible_to(by).exists()
    note(application, mine, 5, 3, 4, 2)
    assert state_of(application, mine[0]) == AssignmentState.DONNEE
    with acting(*mine) as by:
        sheet = scoring.own_sheet(by, application)
        # 30 × 5 + 30 × 3 + 25 × 4 + 15 × 2 = 370 points of 100.
        assert sheet.weighted == 370
        with pytest.raises(Conflict):
            scoring.save_draft(by=by, application=application, notes={}, comment="Autrement")
        with pytest.raises(IntegrityError), transaction.atomic():
            AmiScoreSheet.objects.visible_to(by).filter(pk=sheet.pk).update(weighted=500)
    with pytest.raises(Conflict):
        note(application, mine, 1)


@db
def test_the_database_weighs_the_note_itself(world: World, application, region) -> None:
    """Neither another sum than the notes', nor a sheet given with a line left, nor one released early."""
    officer = make_officer(world.region)
    confide(application, region, officer)
    draft(application, officer, {0: 2, 1: 2, 2: 2})
    with acting(*officer) as by:
        sheet = AmiScoreSheet.objects.visible_to(by).get(application=application)
        rows = AmiScoreSheet.objects.visible_to(by).filter(pk=sheet.pk)
        now = sheet.saved_at
        for change in ({"given_at": now, "weighted": 500}, {"released_at": now}):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)
    draft(application, officer, {0: 2, 1: 2, 2: 2, 3: 2})
    with acting(*officer) as by:
        AmiScoreSheet.objects.visible_to(by).filter(pk=sheet.pk).update(given_at=now, weighted=500)
        assert AmiScoreSheet.objects.visible_to(by).get(pk=sheet.pk).weighted == 200


@db
def test_a_line_left_a_note_out_of_range_another_grid_are_refused(world: World, application, region) -> None:
    officer = make_officer(world.region)
    confide(application, region, officer)
    foreign = make_call(world.region)
    with acting(*officer) as by:
        grid = scoring.grid_of(by, application)
        full = {line.pk: Note(3) for line in grid}
        other = scoring.grid_of(by, AmiApplication(call=foreign))[0]
        for notes, field in (
            (full | {grid[0].pk: Note(None)}, f"note-{grid[0].pk}"),
            (full | {grid[1].pk: Note(6)}, f"note-{grid[1].pk}"),
            (full | {grid[1].pk: Note(3, "a" * 601)}, f"commentaire-{grid[1].pk}"),
            (full | {other.pk: Note(3)}, None),
        ):
            with pytest.raises(Refused) as refused:
                scoring.give(by=by, application=application, notes=notes, comment="")
            assert refused.value.field == field
    assert state_of(application, officer[0]) == AssignmentState.ATTENDUE


@db
def test_the_others_notes_are_read_once_one_s_own_is_given(world: World, application, region) -> None:
    first, second = make_charge(world.lille), make_officer(world.region)
    confide(application, region, first, second)
    note(application, first, 4)
    with acting(*second) as by:
        assert scoring.other_sheets(by, application) == []
    note(application, second, 1)
    for account in (first, second):
        with acting(*account) as by:
            assert len(scoring.other_sheets(by, application)) == 1
            mark = ranking.marks_of(by, AmiApplication.objects.visible_to(by))[application.pk]
            assert (mark.mean, mark.spread, mark.released, mark.wide) == (250, 300, False, True)


@db
def test_a_recused_scorer_loses_the_file_and_its_notes_for_good(world: World, application, region) -> None:
    gone, stays = make_charge(world.douai), make_officer(world.region)
    own = make_officer(world.region)
    confide(application, region, gone, stays, own)
    draft(application, gone, {0: 1})
    for account in (gone, own):
        with acting(*account) as by:
            scoring.declare_conflict(by=by, application=application, reason="Ancien salarié du porteur")
    note(application, stays, 4)
    close(application, region)
    with acting(*gone) as by:
        assert not AmiApplication.objects.visible_to(by).filter(pk=application.pk).exists()
    for account in (gone, own):
        with acting(*account) as by:
            rows = AmiScoreSheet.objects.visible_to(by)
            assert not rows.exclude(scorer_id=by.user_id).order_by("pk").exists()
            with pytest.raises(Conflict):
                scoring.save_draft(by=by, application=application, notes={}, comment="")
    with system():
        step = AmiStep.objects.get(application=application, key="recusation", by_id=gone[0].pk)
        assert "Ancien salarié" in step.comment
        assert step.told_at is None


@db
def test_an_abstention_waits_with_everybody(world: World, application, region) -> None:
    silent, other = make_officer(world.region), make_officer(world.region)
    confide(application, region, silent, other)
    with acting(*silent) as by:
        with pytest.raises(Refused) as refused:
            scoring.abstain(by=by, application=application, reason=" ")
        assert refused.value.field == "motif"
        scoring.abstain(by=by, application=application, reason="Je connais mal ce bassin")
    note(application, other, 4)
    with acting(*silent) as by:
        assert scoring.other_sheets(by, application) == []
    close(application, region)
    with acting(*silent) as by:
        assert len(scoring.other_sheets(by, application)) == 1


@db
def test_the_instruction_closes_once_everybody_has_answered(world: World, application, region) -> None:
    first, second = make_officer(world.region), make_officer(world.region)
    with acting(*region) as by, pytest.raises(Refused, match="notes"):
        closing.close_one(by=by, application=application)
    confide(application, region, first, second)
    note(application, first, 4)
    with acting(*region) as by:
        assert closing.ready(by=by, applications=[application]) == []
        outcome = closing.close_many(by=by, applications=[application])
        assert outcome.done == 0
        assert "notes" in outcome.refused[0].lower()
        assert ranking.marks_of(by, AmiApplication.objects.visible_to(by)) == {}
    note(application, second, 2)
    with acting(*region) as by:
        assert closing.ready(by=by, applications=[application]) == [(application, 2)]
        assert closing.close_many(by=by, applications=[application]).done == 1
        mark = ranking.marks_of(by, AmiApplication.objects.visible_to(by))[application.pk]
        assert mark == Mark(2, 300, 200, 400, True)
        assert [line.mean for line in notes_with_grid(by, application).grid] == [300] * 4
    member = make_member(reload(application).commission)
    with acting(*member) as by:
        assert ranking.marks_of(by, AmiApplication.objects.visible_to(by))[application.pk].mean == 300
    assert reload(application).state == ApplicationState.INSTRUITE


def test_ranks_share_a_place_and_ignore_what_is_not_closed() -> None:
    def mark(mean: int, released: bool = True) -> Mark:
        return Mark(2, mean, mean, mean, released)

    marks = {1: mark(400), 2: mark(300), 3: mark(400), 4: mark(500, False), 5: mark(100)}
    places = ranking.ranks_of(marks, [(1, 7), (2, 7), (3, 7), (4, 7), (5, 8), (6, 7)])
    assert {pk: (place.rank, place.out_of) for pk, place in places.items()} == {
        1: (1, 3),
        2: (3, 3),
        3: (1, 3),
        5: (1, 1),
    }


@db
def test_the_grid_is_kept_while_it_is_filled_read_again_and_given(
    world: World, application, region, login: LoginAs
) -> None:
    charge = make_charge(world.lille)
    confide(application, region, charge)
    client = login(*charge)
    page = reverse("ami_noter", args=[application.pk])
    with system():
        grid = AmiGridCriterion.objects.filter(call_id=application.call_id)
        lines = list(grid.values_list("pk", flat=True))
    assert "Très insuffisant" in client.get(page).content.decode()
    some = {f"note-{lines[0]}": "4", f"commentaire-{lines[0]}": "Bien vu", "appreciation": "Solide"}
    live = client.post(page, some, headers={"HX-Request": "true"}).content.decode()
    assert "4,00" in live
    assert "<html" not in live
    again = client.post(page, some | {"acte": "relire"})
    assert again.status_code == 302
    assert "à noter" in client.get(again.url).content.decode()
    assert client.post(again.url).status_code == 422
    full = some | {f"note-{pk}": "3" for pk in lines[1:]}
    assert client.post(page, full).status_code == 302
    assert client.post(again.url).status_code == 302
    read = client.get(page).content.decode()
    assert "3,30" in read
    assert client.get(again.url).status_code == 302
    assert client.post(page, full).status_code == 302
    assert client.post(page, full | {f"note-{lines[0]}": "9"}).status_code == 302


@db
def test_the_screens_stand_aside(world: World, region, login: LoginAs) -> None:
    call = make_call(world.region)
    charge = make_charge(world.lille)
    ways = (("ami_conflit", AssignmentState.RECUSEE), ("ami_abstention", AssignmentState.ABSTENTION))
    for name, state in ways:
        application = admitted(call, world.lille, region)
        confide(application, region, charge)
        client = login(*charge)
        page = reverse(name, args=[application.pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {"motif": ""}).status_code == 422
        assert client.post(page, {"motif": "Lien avec un partenaire"}).status_code == 302
        with system():
            assert AmiAssignment.objects.get(application=application).state == state
        after = client.get(reverse("ami_noter", args=[application.pk])).status_code
        assert after == (404 if state == AssignmentState.RECUSEE else 200)


@db
def test_closing_screens_close_one_and_all_that_are_ready(world: World, region, login: LoginAs) -> None:
    call = make_call(world.region)
    files = [admitted(call, world.lille, region) for _ in range(3)]
    officer = make_officer(world.region)
    for application in files:
        confide(application, region, officer)
    for application in files[:2]:
        note(application, officer, 4)
    client = login(*region)
    assert client.post(reverse("ami_clore", args=[files[2].pk])).status_code == 302
    assert reload(files[2]).state == ApplicationState.RECEVABLE
    assert client.post(reverse("ami_clore", args=[files[0].pk])).status_code == 302
    assert reload(files[0]).state == ApplicationState.INSTRUITE
    page = reverse("ami_clore_pretes", args=[call.pk])
    shown = client.get(page).content.decode()
    assert files[1].number in shown
    assert files[2].number not in shown
    assert client.post(page, {"dossier": [one.pk for one in files]}).status_code == 302
    assert reload(files[1]).state == ApplicationState.INSTRUITE
    assert reload(files[2]).state == ApplicationState.RECEVABLE


@db
def test_a_file_not_confided_is_the_same_404_as_a_missing_one(world: World, application, region) -> None:
    from django.http import Http404

    stranger = make_officer(world.region)
    with acting(*stranger) as by, pytest.raises(Http404):
        get_visible_or_404(AmiAssignment.objects.filter(scorer_id=by.user_id), by, application=application)
