"""Labels: dated, one at a time, kept; the table of the GUIDE computed beside the published series."""

import datetime
from fractions import Fraction

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from labelling.enums import LabelStatus
from labelling.models import LabelCount, Labellisation
from labelling.services.recording import end_labellisation, end_of_label, record_labellisation
from labelling.services.reference import load_label_history
from labelling.services.tables import label_states, label_table
from spo_portal.demo.quality import labels_and_targets
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.tenancy.scope import apply
from territories.access import SYSTEM_ACTOR
from territories.models import Site
from territories.reference.rows import HistoryRow, Reference
from territories.services.upsert import Summary
from tests.factories import World, acting_as_role, make_site, system

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 1)


def record(world: World, who: str = "", **changed: object) -> Labellisation:
    """By the system, as what was decided before the portal is loaded; or by one of the accounts."""
    fields = {
        "site": world.cio, "status": LabelStatus.LABELLISE, "starts_on": DAY, "source": "Arrêté préfectoral",
    } | changed  # fmt: skip
    if who:
        return record_labellisation(by=world.actor(who), **fields)  # type: ignore[arg-type]
    with system():
        return record_labellisation(by=SYSTEM_ACTOR, **fields)  # type: ignore[arg-type]


def test_a_label_lasts_five_years_unless_said(world: World) -> None:
    row = record(world, decision_number="2026-17", decided_on=DAY)
    assert row.ends_on == datetime.date(2031, 2, 28)
    assert end_of_label(datetime.date(2024, 2, 29)) == datetime.date(2029, 2, 28)
    assert row.territory_id == world.lille.pk
    assert record(world, site=world.mission, status=LabelStatus.ASSOCIE).ends_on is None


def test_a_later_decision_ends_the_one_before_and_keeps_it(world: World) -> None:
    first = record(world)
    second = record(world, status=LabelStatus.ASSOCIE, starts_on=datetime.date(2027, 1, 1))
    by = world.actor("animation")
    first.refresh_from_db()
    assert first.ends_on == datetime.date(2026, 12, 31)
    for day, status in ((DAY, first), (datetime.date(2026, 12, 31), first), (second.starts_on, second)):
        assert label_states(by=by, region=world.region, day=day)[world.cio.pk] == status
    assert label_states(by=by, region=world.region, day=DAY - datetime.timedelta(1)) == {}


def test_history_is_not_rewritten(world: World) -> None:
    record(world)
    for day in (DAY, DAY - datetime.timedelta(days=30)):
        with pytest.raises(Refused, match="existe déjà"):
            record(world, starts_on=day)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ends_on": DAY - datetime.timedelta(1)}, "La fin est avant"),
        ({"site": "partner"}, "membre d’aucun réseau"),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, changed: dict[str, object], words: str) -> None:
    with system():
        partner = make_site(
            world.lille, "Cap emploi", None, direction="destinataire", partner_kind="cap_emploi"
        )
    sites = {"partner": partner}
    changed = {key: sites.get(str(value), value) for key, value in changed.items()}
    with pytest.raises(Refused, match=words):
        record(world, **changed)


def test_the_prefecture_decides_in_its_region(world: World) -> None:
    with pytest.raises(Refused, match="votre région"):
        record(world, "prefecture", site=world.niort_site)


def test_a_region_without_the_state_s_label_has_none(world: World) -> None:
    with system(), pytest.raises(Refused, match="ne délivre pas de label"):
        record_labellisation(
            by=SYSTEM_ACTOR, site=world.niort_site, status=LabelStatus.LABELLISE, starts_on=DAY, source="x"
        )


@pytest.mark.parametrize(
    "who", ["conseiller", "referent", "coordinateur", "charge_mission", "animation", "region"]
)
def test_only_the_prefecture_records(world: World, who: str) -> None:
    """Who runs the region no more than the others: a label comes from an act (R. 6111-3 to -5)."""
    with pytest.raises(PermissionDenied):
        record(world, who)
    apply(world.actor(who).scope)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Labellisation.objects.create(
            region=world.region,
            territory=world.lille,
            site=world.cio,
            status="associe",
            starts_on=DAY,
            source="x",
        )


def test_two_rows_never_hold_on_one_day(world: World) -> None:
    record(world)
    with system():
        Labellisation.objects.create(
            region=world.region,
            territory=world.lille,
            site=world.cio,
            status="associe",
            starts_on=DAY,
            source="x",
        )
        with (
            pytest.raises(IntegrityError, match="labellisation_one_in_force"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SET CONSTRAINTS labellisation_one_in_force IMMEDIATE")
        Labellisation.objects.for_system().filter(status="associe").delete()


def test_ending_keeps_the_row_and_needs_one(world: World) -> None:
    row = record(world)
    by = world.actor("prefecture")
    end_labellisation(by=by, site=world.cio, on=datetime.date(2026, 6, 30), reason="Fermeture du lieu")
    row.refresh_from_db()
    assert row.ends_on == datetime.date(2026, 6, 30)
    with pytest.raises(Refused, match="ni label ni partenariat"):
        end_labellisation(by=by, site=world.cio, on=datetime.date(2026, 7, 1), reason="x")


def test_each_act_leaves_its_trace(world: World) -> None:
    record(world)
    end_labellisation(by=world.actor("prefecture"), site=world.cio, on=DAY, reason="Erreur")
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, acting_role FROM kernel_auditevent WHERE action LIKE 'labelling%' ORDER BY id"
        )
        assert cursor.fetchall() == [("labelling.recorded", "system"), ("labelling.ended", "prefecture")]


def test_the_table_counts_active_members_of_a_network(world: World) -> None:
    with system():
        make_site(world.lille, "Cap emploi", None, direction="destinataire", partner_kind="cap_emploi")
        gone = make_site(world.lille, "Ancien CIO", world.reseaux["CIO"])
        Site.objects.filter(pk=gone.pk).update(active=False)
    record(world)
    record(world, site=world.mission, status=LabelStatus.ASSOCIE)
    table = label_table(by=world.actor("coordinateur"), region=world.region, day=DAY)
    counts = {row.name: (row.now.labelled, row.now.existing, row.associated) for row in table.rows}
    assert counts == {"CIO": (1, 2, 0), "MISSION_LOCALE": (0, 1, 1), "POLE_EMPLOI": (0, 0, 0)}
    assert (table.total.now.labelled, table.total.now.existing) == (1, 3)
    assert table.rows[0].now.share == Fraction(1, 2)
    assert table.rows[2].now.share is None
    lille = label_table(by=world.actor("coordinateur"), region=world.region, day=DAY, territory=world.lille)
    assert (lille.total.now.labelled, lille.total.now.existing) == (1, 2)
    before = label_table(by=world.actor("coordinateur"), region=world.region, day=DAY - datetime.timedelta(1))
    assert before.total.now.labelled == 0


def test_a_region_without_label_counts_places_and_says_so(world: World) -> None:
    table = label_table(by=world.actor("animation_niort"), region=world.other_region, day=DAY)
    assert (table.has_label, table.total.now.labelled, table.total.now.existing) == (False, None, 1)
    assert "pas de label" in table.sentence


def test_the_published_series_is_loaded_once_and_shown_beside(world: World) -> None:
    day = datetime.date(2013, 10, 1)
    reference = Reference()
    reference.history = [
        HistoryRow("A31", "CIO", 25, 25, day, "GUIDE"),
        HistoryRow("A31", "MISSION_LOCALE", 124, 170, day, "GUIDE"),
        HistoryRow("A31", "AILLEURS", 1, 1, day, "GUIDE"),
    ]
    for expected in ((2, 0), (0, 2)):
        summary = Summary("v")
        with system():
            load_label_history(reference, {"A31": world.region}, summary)
        tally = summary.tallies["comptages de labels"]
        assert (tally.added, tally.same) == expected
    table = label_table(by=world.actor("animation"), region=world.region, day=DAY)
    assert table.dates == (day,)
    total = table.total.history[day]
    assert (total.labelled, total.existing) == (149, 195)
    with system():
        assert LabelCount.objects.for_system().count() == 2


def test_the_region_s_table_takes_four_queries_at_one_and_at_many_places(
    world: World, django_assert_num_queries: object
) -> None:
    by = world.actor("animation")
    for extra in (0, 30):
        with system():
            for n in range(extra):
                make_site(world.lille, f"Lieu {n}", world.reseaux["CIO"])
        apply(by.scope)
        with django_assert_num_queries(4):  # type: ignore[operator]
            label_table(by=by, region=world.region, day=DAY)


def test_the_demonstration_s_labels_are_loaded_once(world: World) -> None:
    """By the system, as what was decided before the portal; its targets by the animation."""
    for _ in range(2):
        with acting_as_role("spo_worker"):
            labels_and_targets(seed=3, territories=[world.lille, world.douai])
        with system():
            rows = list(Labellisation.objects.for_system().values_list("site_id", "recorded_by_id"))
        assert rows
        assert len({site for site, _ in rows}) == len(rows)
        assert {by for _, by in rows} == {None}
