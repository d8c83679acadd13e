"""Attacks in SQL on the label’s procedure: each act stays with who the law names (R. 6111-3 to -5)."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import LabelDossier, LabelPlace
from labelling.services.label import complements, decision
from labelling.services.label.effects import Outcome
from spo_portal.kernel.tenancy.scope import NOBODY, apply
from territories.enums import Role
from territories.models import Membership
from tests.factories import World, make_membership, system
from tests.labelling.label_acts import labelled, prefect, started, transmitted, with_avis
from tests.labelling.label_world import make_dossier, submitted

pytestmark = pytest.mark.django_db
PARTS = ("labelsection", "labelplace", "labelattachment", "labelstep", "labelcomplement", "labelavis")
# Who reads the territory's rows without keeping its dossier, and who has nothing to do there.
READERS = ("charge_mission", "animateur_etat", "animation", "region", "referent", "conseiller")
OUTSIDERS = (
    "anonyme", "coordinateur_douai", "conseiller_douai", "animation_niort", "administrateur",
    "conseiller_niort",
)  # fmt: skip


@dataclass
class Attack:
    """One dossier under attack; ``run`` and ``refused`` speak SQL as one of the world's accounts."""

    world: World
    dossier: LabelDossier

    def run(self, key: str, sql: str, **more: object) -> int:
        ids = {"dossier": self.dossier.pk, "site": self.world.cio.pk, "region": self.world.region.pk}
        ids |= {"lille": self.world.lille.pk, "douai": self.world.douai.pk}
        if key == "anonyme":
            apply(NOBODY)
        else:
            self.world.actor(key)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, ids | more)
            touched = cursor.rowcount
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        return touched

    def refused(self, key: str, sql: str, **more: object) -> bool:
        return refused(lambda: self.run(key, sql, **more))


def refused(work: Callable[[], int]) -> bool:
    """Refused outright, or no row reached; nothing of it stays."""
    try:
        with transaction.atomic():
            return work() == 0
    except DatabaseError:
        return True


@pytest.fixture
def draft(world: World) -> Attack:
    return Attack(world, make_dossier(world.lille))


@pytest.fixture
def sent(world: World) -> Attack:
    return Attack(world, submitted(world.lille))


SECTION = (
    "INSERT INTO labelling_labelsection (dossier_id, key, text, version, saved_by_label)"
    " VALUES (%(dossier)s, 'territoire', 'x', 1, 'x') ON CONFLICT DO NOTHING"
)
PLACE = (
    "INSERT INTO labelling_labelplace (dossier_id, territory_id, site_id, proposal, motive, direction, note,"
    " eligibility, grid, outcome, outcome_reason, version, saved_by_label)"
    " VALUES (%(dossier)s, %(lille)s, %(site)s, 'label', '', '', '', '{}', '[]', '', '', 1, 'x')"
)
STEP = (
    "INSERT INTO labelling_labelstep (dossier_id, key, from_state, to_state, at, by_label, comment)"
    " VALUES (%(dossier)s, {key}, {before}, {after}, clock_timestamp(), 'Préfecture', '')"
)


@pytest.mark.parametrize("key", [*READERS, *OUTSIDERS, "prefecture"])
def test_only_the_coordinator_writes_a_draft(draft: Attack, key: str) -> None:
    for sql in (
        SECTION,
        PLACE,
        "UPDATE labelling_labeldossier SET purpose = 'x' WHERE id = %(dossier)s",
        "UPDATE labelling_labeldossier SET figures = '{\"x\": 1}' WHERE id = %(dossier)s",
        "UPDATE labelling_labeldossier SET state = 'abandonne' WHERE id = %(dossier)s",
        STEP.format(key="'ouvrir'", before="'brouillon'", after="'brouillon'"),
        "INSERT INTO labelling_labeldossier (region_id, territory_id, kind, number, state, purpose,"
        " created_by_label,"
        " submitted_by_label, figures) VALUES (%(region)s, %(douai)s, 'initiale', '', 'brouillon',"
        " '', 'x', '', '{}')",
    ):
        if key == "coordinateur_douai" and "INSERT INTO labelling_labeldossier" in sql:
            continue
        assert draft.refused(key, sql), (key, sql)


@pytest.mark.parametrize("key", [*READERS, *OUTSIDERS])
def test_only_the_coordinator_sends_or_gives_up(sent: Attack, draft_step: str, key: str) -> None:
    assert sent.refused(
        key,
        draft_step + "UPDATE labelling_labeldossier SET state = 'abandonne' WHERE id = %(dossier)s",
    )


@pytest.fixture
def draft_step() -> str:
    return STEP.format(key="'abandonner'", before="'depose'", after="'abandonne'") + ";"


def test_twin_the_coordinator_writes_and_gives_up(draft: Attack) -> None:
    assert draft.run("coordinateur", SECTION) >= 0
    assert draft.run("coordinateur", PLACE) == 1
    assert (
        draft.run("coordinateur", "UPDATE labelling_labeldossier SET purpose = 'x' WHERE id = %(dossier)s")
        == 1
    )


@pytest.mark.parametrize("key", OUTSIDERS)
def test_no_outsider_reads_or_touches_a_part(sent: Attack, key: str) -> None:
    for table in PARTS:
        assert sent.refused(key, f"SELECT 1 FROM labelling_{table} WHERE dossier_id = %(dossier)s"), table
        assert sent.refused(key, f"DELETE FROM labelling_{table} WHERE dossier_id = %(dossier)s"), table
    assert sent.refused(key, "SELECT 1 FROM labelling_labeldossier WHERE id = %(dossier)s")


def test_the_trail_is_not_forged(sent: Attack) -> None:
    """A step says what just happened, by who may do it: neither another state, nor another's act,"
    " nor twice."""
    for key, step, before, after in (
        ("coordinateur", "'accorder'", "'avis_rendu'", "'accorde'"),
        ("coordinateur", "'complement_demande'", "'depose'", "'depose'"),
        ("coordinateur", "'declarer_complet'", "'depose'", "'complet'"),
        ("coordinateur", "'deposer'", "'brouillon'", "'depose'"),
        ("prefecture", "'deposer'", "'brouillon'", "'depose'"),
        ("prefecture", "'complement_repondu'", "'depose'", "'depose'"),
        ("prefecture", "'accorder'", "'avis_rendu'", "'accorde'"),
    ):
        assert sent.refused(key, STEP.format(key=step, before=before, after=after)), (key, step)


def test_a_step_bears_the_clock_of_the_database_and_its_author(sent: Attack) -> None:
    sent.run(
        "coordinateur",
        "INSERT INTO labelling_labelstep (dossier_id, key, from_state, to_state, at, by_id,"
        " by_label, comment)"
        " VALUES (%(dossier)s, 'complement_repondu', 'depose', 'depose', '1999-01-01', %(other)s, 'x', '')",
        other=sent.world.users["prefecture"].pk,
    )
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT at > now() - interval '1 hour', by_id FROM labelling_labelstep"
            " WHERE dossier_id = %s AND key = 'complement_repondu'",
            [sent.dossier.pk],
        )
        assert cursor.fetchall() == [(True, sent.world.users["coordinateur"].pk)]


@pytest.fixture
def asked(sent: Attack) -> Attack:
    with prefect(sent.world) as by:
        complements.ask(
            by=by,
            dossier=sent.dossier,
            parts=["lieux", "pieces", "territoire"],
            text="Précisez les horaires de chaque lieu.",
            day=timezone.localdate() + datetime.timedelta(20),
        )
    return sent


ANSWER = (
    "UPDATE labelling_labelcomplement SET answered_at = {at}, answer = 'fait', answered_by_label = 'x'"
    " WHERE dossier_id = %(dossier)s"
)
CLOSE = "UPDATE labelling_labelcomplement SET closed_at = {at} WHERE dossier_id = %(dossier)s"


@pytest.mark.parametrize("key", [*READERS, *OUTSIDERS, "prefecture"])
def test_only_the_territory_answers(asked: Attack, key: str) -> None:
    assert asked.refused(key, ANSWER.format(at="clock_timestamp()"))


@pytest.mark.parametrize("key", [*READERS, *OUTSIDERS, "coordinateur"])
def test_only_the_prefecture_closes_or_moves_the_date(asked: Attack, key: str) -> None:
    assert asked.refused(key, CLOSE.format(at="clock_timestamp()"))
    assert asked.refused(
        key, "UPDATE labelling_labelcomplement SET deadline = deadline + 300 WHERE dossier_id = %(dossier)s"
    )


def test_the_clock_is_not_set_by_who_answers_or_closes(asked: Attack) -> None:
    """An answer dated before the request would take days off the legal clock."""
    for key, sql in (("coordinateur", ANSWER), ("prefecture", CLOSE)):
        with transaction.atomic():
            assert asked.run(key, sql.format(at="'1999-01-01'")) == 1
            with system(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT coalesce(answered_at, closed_at) >= asked_at FROM labelling_labelcomplement"
                    " WHERE dossier_id = %s",
                    [asked.dossier.pk],
                )
                assert cursor.fetchone() == (True,)
            transaction.set_rollback(True)


def test_the_prefecture_writes_nothing_of_the_territory(asked: Attack) -> None:
    """Not even while a complement opens the parts again."""
    for key in ("prefecture", "animation", "region", "charge_mission"):
        for sql in (
            "UPDATE labelling_labelplace SET note = 'x', eligibility = '{}' WHERE dossier_id = %(dossier)s",
            "UPDATE labelling_labelsection SET text = 'x' WHERE dossier_id = %(dossier)s",
            "UPDATE labelling_labeldossier SET figures = '{}' WHERE id = %(dossier)s AND figures <> '{}'",
            "UPDATE labelling_labeldossier SET convention_id = NULL WHERE id = %(dossier)s",
            "UPDATE labelling_labeldossier SET purpose = 'x' WHERE id = %(dossier)s",
            "DELETE FROM labelling_labelplace WHERE dossier_id = %(dossier)s",
        ):
            assert asked.refused(key, sql), (key, sql)


MOVED = (
    "UPDATE labelling_labeldossier SET region_id = %(there)s WHERE id = %(dossier)s",
    "UPDATE labelling_labeldossier SET territory_id = %(douai)s WHERE id = %(dossier)s",
    "UPDATE labelling_labelplace SET dossier_id = dossier_id + 1 WHERE dossier_id = %(dossier)s",
    "UPDATE labelling_labelplace SET territory_id = %(douai)s WHERE dossier_id = %(dossier)s",
    "UPDATE labelling_labelplace SET site_id = %(far)s WHERE dossier_id = %(dossier)s",
)


def test_no_row_leaves_its_territory(asked: Attack) -> None:
    world = asked.world
    for key in ("coordinateur", "prefecture"):
        for sql in MOVED:
            assert asked.refused(key, sql, there=world.other_region.pk, far=world.douai_site.pk), (key, sql)


LABEL = (
    "INSERT INTO labelling_labellisation (region_id, territory_id, site_id, status, starts_on, ends_on,"
    " decision_number, source) VALUES (%(region)s, %(lille)s, %(site)s, 'labellise', '2026-01-01',"
    " '2030-12-31',"
    " 'faux', 'x')"
)


@pytest.mark.parametrize("key", [*READERS, *OUTSIDERS, "coordinateur", "prefecture"])
def test_no_label_without_a_decision(sent: Attack, key: str) -> None:
    """Not by who runs the region either: what was decided before the portal is loaded by the worker."""
    assert sent.refused(key, LABEL)


@pytest.mark.parametrize("key", [*READERS, *OUTSIDERS, "coordinateur"])
def test_a_label_is_ended_by_the_prefet_alone(world: World, key: str) -> None:
    label = labelled(world, world.cio)
    attack = Attack(world, LabelDossier(pk=0))
    ended = "UPDATE labelling_labellisation SET ends_on = current_date WHERE id = %(label)s"
    assert attack.refused(key, ended, label=label.pk)
    assert not attack.refused("prefecture", ended, label=label.pk)


def test_a_coordinator_of_yesterday_writes_no_draft(draft: Attack) -> None:
    """Today the same account only reads: it is chargé de mission there."""
    user, past = draft.world.users["charge_mission"], timezone.localdate() - datetime.timedelta(days=2)
    with system():
        ended = make_membership(user, Role.COORDINATEUR, territory=draft.world.lille)
        Membership.objects.for_system().filter(pk=ended.pk).update(starts_on=past, ends_on=past)
    assert draft.refused("charge_mission", SECTION)
    assert draft.refused("charge_mission", PLACE)


def test_a_label_is_only_ended(world: World) -> None:
    """Neither its place, nor its number, nor its first day changes; an end is only brought nearer."""
    label = labelled(world, world.cio)
    attack = Attack(world, LabelDossier(pk=0))
    for change in (
        "starts_on = starts_on - 300",
        "ends_on = ends_on + 300",
        "decision_number = 'autre'",
        "decided_on = '2026-01-01'",
        "status = 'associe'",
        "site_id = %(other)s",
    ):
        for key in ("prefecture", "animation", "coordinateur"):
            sql = f"UPDATE labelling_labellisation SET {change} WHERE id = %(label)s"
            assert attack.refused(key, sql, label=label.pk, other=world.mission.pk), (key, change)


def test_no_certificate_is_forged(world: World) -> None:
    """The worker alone makes them, after a decision."""
    label = labelled(world, world.cio)
    attack = Attack(world, LabelDossier(pk=0))
    for key in ("prefecture", "coordinateur", "animation", "referent"):
        assert attack.refused(
            key,
            "INSERT INTO labelling_labelcertificate (region_id, territory_id, site_id, label_id,"
            " code, pdf, sha256)"
            " VALUES (%(region)s, %(lille)s, %(site)s, %(label)s, '234567892345', 'x',"
            " encode(sha256('x'), 'hex'))",
            label=label.pk,
        ), key


@pytest.mark.parametrize(
    "key", ["conseiller", "animation", "region", "charge_mission", "prefecture", "referent_mission"]
)
def test_nobody_observes_for_the_place(world: World, key: str) -> None:
    row = started(world, world.cio)
    attack = Attack(world, LabelDossier(pk=0))
    sql = (
        "UPDATE labelling_labelwithdrawal SET observations = 'x', observed_by_label = 'x' WHERE id = %(row)s"
    )
    assert attack.refused(key, sql, row=row.pk)
    assert attack.run("referent", sql, row=row.pk) == 1


def test_the_trail_of_a_withdrawal_is_not_forged(world: World) -> None:
    row = started(world, world.cio)
    attack = Attack(world, LabelDossier(pk=0))
    sql = (
        "INSERT INTO labelling_labelwithdrawalstep (withdrawal_id, key, from_state, to_state, at,"
        " by_label, comment)"
        " VALUES (%(row)s, {key}, {before}, {after}, clock_timestamp(), 'Préfecture', '')"
    )
    for key in ("conseiller", "referent", "coordinateur", "charge_mission", "prefecture"):
        assert attack.refused(
            key, sql.format(key="'retirer'", before="'notification'", after="'retire'"), row=row.pk
        ), key
    assert attack.refused(
        "referent", sql.format(key="'engager'", before="'observations'", after="'observations'"), row=row.pk
    )


def test_the_scope_of_the_system_opens_nothing_to_the_web(sent: Attack) -> None:
    """« app.system » set by the web's role passes no trigger."""
    sent.world.actor("coordinateur")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.system', '1', true)")
        cursor.execute("SELECT labelling_scope_has('seal', %s)", [sent.world.region.pk])
        assert cursor.fetchone() == (False,)


def test_twin_a_decision_still_passes(sent: Attack) -> None:
    """The whole way, by the services, under the web's role."""
    world, dossier = sent.world, sent.dossier
    with_avis(world, dossier)
    with system():
        rows = list(LabelPlace.objects.for_system().filter(dossier=dossier))
    today = timezone.localdate()
    act = decision.Act(
        granted=True,
        number="A-2026-9",
        decided_on=today,
        starts_on=today,
        ends_on=today + datetime.timedelta(365),
        outcomes={row.pk: Outcome("labellise") for row in rows},
        file_name="acte.pdf",
        content=b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\nstartxref\n9\n%%EOF\n",
    )
    with prefect(world) as by:
        moved = decision.decide(by=by, dossier=dossier, act=act)
    assert moved.state == "accorde"
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM labelling_labellisation WHERE decision_number = 'A-2026-9' AND status = %s",
            [LabelStatus.LABELLISE],
        )
        assert cursor.fetchone() == (len(rows),)


AVIS = (
    "INSERT INTO labelling_labelavis (dossier_id, sense, given_on, text, recorded_by_label)"
    " VALUES (%(dossier)s, 'favorable', current_date, 'x', 'x')"
)


def test_the_avis_is_recorded_by_the_animation_or_the_prefecture(sent: Attack) -> None:
    """The Région runs its region too, and records no avis; nor does who wrote the dossier."""
    transmitted(sent.world, sent.dossier)
    for key in ("coordinateur", "charge_mission", "animateur_etat", "region", "referent", *OUTSIDERS):
        assert sent.refused(key, AVIS), key
    for key in ("animation", "prefecture"):
        with transaction.atomic():
            assert sent.run(key, AVIS) == 1
            transaction.set_rollback(True)


def test_the_partners_are_kept_by_their_coordinator(world: World) -> None:
    attack = Attack(world, LabelDossier(pk=0))
    insert = (
        "INSERT INTO labelling_associatedpartner (region_id, territory_id, site_id, direction, motive, since,"
        " saved_by_label) VALUES (%(region)s, %(lille)s, %(site)s, 'destinataire', 'lieu_non_eligible',"
        " current_date, 'x')"
    )
    for key in (*READERS, *OUTSIDERS, "prefecture"):
        assert attack.refused(key, insert), key
    assert attack.run("coordinateur", insert) == 1
    for key in (*READERS, *OUTSIDERS, "prefecture"):
        assert attack.refused(key, "UPDATE labelling_associatedpartner SET conditions = 'x'"), key
    for change in ("territory_id = %(douai)s", "site_id = %(far)s", "since = since - 9"):
        sql = f"UPDATE labelling_associatedpartner SET {change}"
        assert attack.refused("coordinateur", sql, far=world.douai_site.pk), change
