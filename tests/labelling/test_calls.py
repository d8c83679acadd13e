"""A call is written by the Region, version after version, and opens only when nothing is missing."""

import datetime

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from labelling.criteria import CRITERIA, GRID
from labelling.enums_ami import CallState
from labelling.models import AmiCall, AmiCallCommission, AmiCallVersion, AmiCriterion, AmiGridCriterion
from labelling.services import call_life, calls, moments
from labelling.services.call_content import CriterionRow, Frame, GridRow, content_of
from labelling.services.call_versions import changes_between, summary_of
from labelling.services.clock import now
from labelling.services.readiness import missing_from
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor
from territories.models import Commission, Territory
from tests.factories import World, system
from tests.labelling.ami_world import make_commission

DAY = datetime.timedelta(days=1)


@pytest.fixture
def region(world: World) -> Actor:
    make_commission(world.region, world.lille, world.douai, name="Commission du Nord")
    return world.actor("region")


def draft(by: Actor) -> AmiCall:
    return calls.create_call(by=by, title="Appel à manifestation d’intérêt 2026")


def ready(by: Actor) -> AmiCall:
    """A draft with nothing missing."""
    call = draft(by)
    commissions = tuple(Commission.objects.visible_to(by).values_list("pk", flat=True))
    frame = Frame(None, now() + 30 * DAY, now() + 20 * DAY, 120_000_00, 3, commissions)
    call = calls.save_frame(by=by, call=call, seen=call.version, frame=frame)
    return calls.save_text(
        by=by, call=call, seen=call.version, **text_of(call, contact="orientation@exemple.fr")
    )


def text_of(call: AmiCall, **changed: object) -> dict:
    found = {
        "title": call.title,
        "slug": call.slug,
        "summary": call.summary,
        "sections": [(part["titre"], part["texte"]) for part in call.sections],
        "contact": call.contact,
    }
    return found | changed


def rows_of(by: Actor, call: AmiCall) -> list[CriterionRow]:
    found = AmiCriterion.objects.visible_to(by).filter(call=call)
    return [CriterionRow(c.section, c.text, c.evidence_wanted, c.code) for c in found]


def grid_of(by: Actor, call: AmiCall) -> list[GridRow]:
    found = AmiGridCriterion.objects.visible_to(by).filter(call=call)
    return [GridRow(g.label, g.weight, g.levels, g.help) for g in found]


def test_a_new_call_starts_with_the_text_the_criteria_and_a_grid(region: Actor) -> None:
    call = draft(region)
    assert [part["titre"] for part in call.sections][:1] == ["Constats et enjeux"]
    assert len(call.sections) == 5
    assert all("{" not in part["texte"] + part["titre"] for part in call.sections)
    criteria = AmiCriterion.objects.visible_to(region).filter(call=call)
    assert [c.code for c in criteria] == [c.code for c in CRITERIA]
    assert len(criteria) == 17
    assert {c.section for c in criteria} == {2, 3, 5}
    assert sum(g.weight for g in AmiGridCriterion.objects.visible_to(region).filter(call=call)) == 100
    assert len(GRID) == 5
    versions = AmiCallVersion.objects.visible_to(region).filter(call=call)
    assert [v.number for v in versions] == [1]
    assert versions[0].content == content_of(region, call)


def test_every_save_that_changes_something_is_a_version(region: Actor) -> None:
    call = draft(region)
    again = calls.save_text(by=region, call=call, seen=1, **text_of(call))
    assert again.version == 1
    saved = calls.save_text(by=region, call=call, seen=1, **text_of(call, summary="Un lieu par bassin."))
    assert saved.version == 2
    assert saved.summary == "Un lieu par bassin."
    first, second = AmiCallVersion.objects.visible_to(region).filter(call=call).order_by("number")
    changes = changes_between(first.content, second.content)
    assert summary_of(changes) == "Résumé"
    assert changes[0].after == "Un lieu par bassin."
    assert {piece.kind for piece in changes[0].pieces} >= {"+", "-"}


def test_two_officers_on_the_same_page_lose_nothing(region: Actor) -> None:
    call = draft(region)
    calls.save_text(by=region, call=call, seen=1, **text_of(call, summary="Premier arrivé."))
    with pytest.raises(calls.CallConflict) as conflict:
        calls.save_text(by=region, call=call, seen=1, **text_of(call, summary="Second arrivé."))
    assert conflict.value.stored["resume"] == "Premier arrivé."
    assert conflict.value.version.number == 2
    kept = calls.save_text(by=region, call=call, seen=2, **text_of(call, summary="Second arrivé."))
    assert kept.version == 3


def test_two_officers_on_two_pages_do_not_meet(region: Actor) -> None:
    call = draft(region)
    calls.save_text(by=region, call=call, seen=1, **text_of(call, summary="Un résumé."))
    saved = calls.save_grid(by=region, call=call, seen=1, rows=grid_of(region, call)[:4])
    assert saved.version == 3


@pytest.mark.parametrize("seen", [0, 99, -1, 2**40])
def test_a_version_never_seen_is_a_conflict(region: Actor, seen: int) -> None:
    call = draft(region)
    with pytest.raises(calls.CallConflict):
        calls.save_text(by=region, call=call, seen=seen, **text_of(call, summary="Autre."))


def test_the_checklist_is_edited_and_keeps_its_codes(region: Actor) -> None:
    call = draft(region)
    rows = rows_of(region, call)
    rows = [rows[1], rows[0], CriterionRow(3, "Le lieu ouvre le samedi.", True), *rows[3:]]
    call = calls.save_criteria(by=region, call=call, seen=1, rows=rows)
    found = list(AmiCriterion.objects.visible_to(region).filter(call=call))
    assert [c.code for c in found][:4] == ["PROJET_COMMUN", "LIEU_PHYSIQUE", "AJOUT_1", "COMPLEMENTARITE"]
    assert found[2].evidence_wanted
    assert found[2].section == 3
    assert len(found) == 17
    with pytest.raises(Refused, match="déjà écrit"):
        calls.save_criteria(by=region, call=call, seen=2, rows=[*rows[:2], rows[0]])
    with pytest.raises(Refused, match="Écrivez ce critère"):
        calls.save_criteria(by=region, call=call, seen=2, rows=[CriterionRow(2, "  ")])
    many = [CriterionRow(2, f"Critère {n}") for n in range(41)]
    with pytest.raises(Refused, match="40 critères"):
        calls.save_criteria(by=region, call=call, seen=2, rows=many)


def test_the_grid_may_weigh_less_in_a_draft_and_must_weigh_a_hundred_to_open(region: Actor) -> None:
    call = ready(region)
    rows = grid_of(region, call)
    light = [GridRow(r.label, r.weight - 2, r.levels, r.help) for r in rows]
    call = calls.save_grid(by=region, call=call, seen=call.version, rows=light)
    with pytest.raises(call_life.NotReady) as refused:
        call_life.open_call(by=region, call=call, seen=call.version)
    assert [m.sentence for m in refused.value.missing] == [
        "Les poids de la grille font 90\u202f% : ajoutez 10\u00a0points pour arriver à 100\u202f%."
    ]
    with pytest.raises(IntegrityError, match="not ready"), transaction.atomic():
        AmiCall.objects.visible_to(region).filter(pk=call.pk).update(
            state=CallState.OUVERT, opens_at=now(), opened_at=now(), opened_by_label="Région"
        )
    for weight in (0, -5, 101):
        with pytest.raises(Refused, match="de 1 à 100"):
            calls.save_grid(
                by=region, call=call, seen=call.version, rows=[GridRow("A", weight, [""] * 6), *rows]
            )
    silent = [GridRow(rows[0].label, 100, ["", *rows[0].levels[1:]])]
    call = calls.save_grid(by=region, call=call, seen=call.version, rows=silent)
    assert ["phrase pour chaque note" in m.sentence for m in missing_from(region, call, now())] == [True]


@pytest.mark.parametrize("amount", [-1, 10**12 + 1, 10**30])
def test_an_absurd_envelope_is_refused(region: Actor, amount: int) -> None:
    call = draft(region)
    with pytest.raises(Refused) as refused:
        calls.save_frame(by=region, call=call, seen=1, frame=Frame(envelope=amount))
    assert refused.value.field == "enveloppe"


def test_dates_follow_each_other(region: Actor) -> None:
    call, later = draft(region), now() + 9 * DAY
    for frame, field in (
        (Frame(opens_at=later, closes_at=later), "limite"),
        (Frame(closes_at=later, questions_until=later + DAY), "questions"),
        (Frame(scorers_wanted=0), "notes"),
    ):
        with pytest.raises(Refused) as refused:
            calls.save_frame(by=region, call=call, seen=1, frame=frame)
        assert refused.value.field == field


def test_the_address_is_one_of_its_own_in_the_region(world: World, region: Actor) -> None:
    first, second = draft(region), draft(region)
    assert (first.slug, second.slug) == ("appel-2026", "appel-2026-2")
    with pytest.raises(Refused) as refused:
        calls.save_text(by=region, call=second, seen=1, **text_of(second, slug="appel-2026"))
    assert refused.value.field == "slug"
    for bad in ("Appel 2026", "été", "a" * 61, "", "../x", "a--"):
        with pytest.raises(Refused) as refused:
            calls.save_text(by=region, call=second, seen=1, **text_of(second, slug=bad))
        assert refused.value.field == "slug"
    niort = world.actor("region_niort") if "region_niort" in world.users else None
    if niort is not None:
        assert draft(niort).slug == "appel-2026"


def test_a_call_that_lacks_everything_says_so_place_by_place(region: Actor) -> None:
    call = draft(region)
    call = calls.save_text(by=region, call=call, seen=1, **text_of(call, summary="", sections=[]))
    call = calls.save_criteria(by=region, call=call, seen=2, rows=[])
    call = calls.save_grid(by=region, call=call, seen=3, rows=[])
    call = calls.save_frame(by=region, call=call, seen=4, frame=Frame())
    missing = missing_from(region, call, now())
    assert {m.part for m in missing} == {"texte", "cadre", "criteres", "grille"}
    assert len(missing) == 9
    with pytest.raises(call_life.NotReady):
        call_life.open_call(by=region, call=call, seen=call.version)


def test_a_commission_covers_one_to_three_bassins(world: World, region: Actor) -> None:
    with system():
        empty = Commission.objects.create(region=world.region, code="VIDE", name="Sans bassin")
    call = ready(region)
    ids = tuple(Commission.objects.visible_to(region).values_list("pk", flat=True))
    frame = Frame(None, now() + 30 * DAY, now() + 20 * DAY, 1, 3, ids)
    call = calls.save_frame(by=region, call=call, seen=call.version, frame=frame)
    assert [m.sentence for m in missing_from(region, call, now())] == [
        "La commission « Sans bassin » couvre aucun bassin : il en faut de 1 à 3."
    ]
    with system():
        full = Commission.objects.visible_to(region).exclude(pk=empty.pk).get()
        for n in range(2):
            template = Territory.objects.for_system().get(pk=world.lille.pk)
            template.pk, template.code, template.reference_id = None, f"X{n}", f"T-X{n}"
            template.commission = full
            template.save(force_insert=True)
    frame = Frame(None, now() + 30 * DAY, now() + 20 * DAY, 1, 3, (full.pk,))
    call = calls.save_frame(by=region, call=call, seen=call.version, frame=frame)
    assert ["couvre 4" in m.sentence for m in missing_from(region, call, now())] == [True]
    frame = Frame(commissions=(full.pk, 987654))
    with pytest.raises(Refused, match="pas de la région"):
        calls.save_frame(by=region, call=call, seen=call.version, frame=frame)


def test_an_open_call_is_frozen(region: Actor) -> None:
    call = ready(region)
    with pytest.raises(Conflict, match="modifié depuis"):
        call_life.open_call(by=region, call=call, seen=call.version - 1)
    opened = call_life.open_call(by=region, call=call, seen=call.version)
    assert opened.state == CallState.OUVERT
    assert opened.opens_at <= now()
    assert opened.opened_by_label
    assert opened.version == call.version + 1
    with pytest.raises(Refused, match="ne change plus"):
        calls.save_text(by=region, call=opened, seen=opened.version, **text_of(opened, summary="Non."))
    with pytest.raises(Refused, match="ne change plus"):
        calls.save_grid(by=region, call=opened, seen=opened.version, rows=[])
    with pytest.raises(Conflict):
        call_life.open_call(by=region, call=opened, seen=opened.version)
    with pytest.raises(Refused, match="ne se supprime pas"):
        call_life.remove_draft(by=region, call=opened)


def test_deposits_open_at_their_date_when_it_is_to_come(region: Actor) -> None:
    call = ready(region)
    commissions = tuple(Commission.objects.visible_to(region).values_list("pk", flat=True))
    opens = (now() + 3 * DAY).replace(microsecond=0)
    frame = Frame(opens, now() + 30 * DAY, now() + 20 * DAY, 1, 3, commissions)
    call = calls.save_frame(by=region, call=call, seen=call.version, frame=frame)
    assert call_life.open_call(by=region, call=call, seen=call.version).opens_at == opens


def test_a_draft_is_thrown_away_with_its_versions(region: Actor) -> None:
    call = draft(region)
    call_life.remove_draft(by=region, call=call)
    assert not AmiCall.objects.visible_to(region).exists()
    assert not AmiCallVersion.objects.visible_to(region).exists()


def test_a_copy_takes_all_but_dates_errata_and_questions(region: Actor) -> None:
    call = ready(region)
    call = call_life.open_call(by=region, call=call, seen=call.version)
    call_life.add_erratum(by=region, call=call, text="Lire « 2027 » au lieu de « 2026 ».")
    copy = call_life.copy_call(by=region, call=call, title="Appel 2027")
    old, new = content_of(region, call), content_of(region, copy)
    changed = {key for key in old if old[key] != new[key]}
    assert changed == {"titre", "adresse", "ouverture", "limite", "questions"}
    assert copy.state == CallState.BROUILLON
    assert copy.copied_from_id == call.pk
    assert copy.closes_at is None
    assert not copy.errata.visible_to(region).exists()
    assert AmiCallCommission.objects.visible_to(region).filter(call=copy).count() == 1


@pytest.mark.parametrize("role", ["animation", "coordinateur", "conseiller", "administrateur"])
def test_nobody_but_the_region_writes_or_sees_a_draft(world: World, region: Actor, role: str) -> None:
    call = draft(region)
    other = world.actor(role)
    assert not AmiCall.objects.visible_to(other).filter(pk=call.pk).exists()
    from django.core.exceptions import PermissionDenied

    with pytest.raises(PermissionDenied):
        calls.create_call(by=other, title="Un autre appel")
    with pytest.raises(PermissionDenied):
        call_life.open_call(by=other, call=call, seen=1)


def test_hours_that_summer_time_skips_or_doubles_are_refused() -> None:
    day = datetime.date
    with pytest.raises(Refused, match="n’existe pas"):
        moments.moment_of(day(2027, 3, 28), datetime.time(2, 30))
    with pytest.raises(Refused, match="deux fois"):
        moments.moment_of(day(2026, 10, 25), datetime.time(2, 30))
    summer = moments.moment_of(day(2027, 3, 28), moments.END_OF_DAY)
    winter = moments.moment_of(day(2026, 10, 25), moments.END_OF_DAY)
    assert summer.isoformat() == "2027-03-28T21:59:59+00:00"
    assert winter.isoformat() == "2026-10-25T22:59:59+00:00"
    assert (
        moments.to_the_second(winter)
        == "dimanche 25\u00a0octobre 2026 à 23\u00a0h\u00a059\u00a0min\u00a059\u00a0s"
    )
    for year in (1, 1999, 2101, 9999):
        with pytest.raises(Refused, match="année"):
            moments.moment_of(day(year, 1, 1), moments.END_OF_DAY)


def test_time_left_is_read_to_the_second() -> None:
    until = datetime.datetime(2026, 12, 15, 22, 59, 59, tzinfo=datetime.UTC)
    second = datetime.timedelta(seconds=1)
    assert moments.time_left(until, until + second) == ""
    assert moments.time_left(until, until) == "moins d’une minute"
    assert moments.time_left(until, until - datetime.timedelta(minutes=40)) == "40\u00a0minutes"
    assert moments.time_left(until, until - datetime.timedelta(hours=5)) == "5\u00a0heures"
    assert moments.time_left(until, until - 12 * DAY) == "12\u00a0jours"
