"""Acts of the préfecture for the tests: a dossier brought to a step by the services, and made older."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.models import LabelDossier, Labellisation, LabelWithdrawal
from labelling.services.label import avis, moves, withdrawal
from labelling.workflows import label as flow
from spo_portal.kernel.tenancy.scope import SYSTEM, scoped
from territories.access import Actor
from territories.models import Site
from tests.factories import World, acting_as_role, system
from tests.labelling.label_world import acting


@contextmanager
def prefect(world: World) -> Iterator[Actor]:
    """As the préfecture of the region."""
    with acting(world.users["prefecture"], world.memberships["prefecture"]) as actor:
        yield actor


def declared_complete(world: World, dossier: LabelDossier) -> LabelDossier:
    with prefect(world) as by:
        return moves.move(by=by, dossier=dossier, key=flow.DECLARER_COMPLET.key)


def transmitted(world: World, dossier: LabelDossier) -> LabelDossier:
    declared_complete(world, dossier)
    with prefect(world) as by:
        return moves.move(by=by, dossier=dossier, key=flow.TRANSMETTRE.key)


def with_avis(world: World, dossier: LabelDossier, sense: str = "favorable") -> LabelDossier:
    transmitted(world, dossier)
    with prefect(world) as by:
        return avis.record_avis(
            by=by, dossier=dossier, sense=sense, given_on=timezone.localdate(), text="Avis motivé."
        )


def labelled(world: World, site: Site, *, years: int = 5) -> Labellisation:
    """A label in force, written straight."""
    today = timezone.localdate()
    with system():
        return Labellisation.objects.create(
            region_id=site.region_id, territory_id=site.territory_id, site=site,
            status=LabelStatus.LABELLISE, starts_on=today.replace(day=1), source="essai",
            ends_on=today.replace(year=today.year + years, day=1), decision_number="A-2026-1",
        )  # fmt: skip


def started(world: World, site: Site) -> LabelWithdrawal:
    """A withdrawal begun on a labelled place."""
    labelled(world, site)
    with prefect(world) as by:
        return withdrawal.start(by=by, site=site, motive="Horaires réduits sans raison.")


@contextmanager
def _history(*tables: str) -> Iterator[None]:
    """As the owner of the tables, their rules aside: dates change, nothing else does."""
    with acting_as_role("spo_owner"), scoped(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            cursor.execute(f"ALTER TABLE labelling_{table} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            cursor.execute(f"ALTER TABLE labelling_{table} ENABLE TRIGGER USER")


def _back(table: str, days: int, columns: str, key: str, value: int) -> None:
    changes = ", ".join(f"{one} = {one} - make_interval(days => {int(days)})" for one in columns.split())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE labelling_{table} SET {changes} WHERE {key} = %s", [value])


def age(
    dossier: LabelDossier, *, complete: int = 0, transmitted: int = 0, avis: int = 0, complements: int = 0
) -> None:
    """Take days off the dates: a step begun so many days ago, and all that came before it."""
    before = avis + transmitted + complete
    with _history("labeldossier", "labelcomplement"), connection.cursor() as cursor:
        # At once: each date keeps its place among the others.
        cursor.execute(
            "UPDATE labelling_labeldossier SET avis_at = avis_at - make_interval(days => %s),"
            " transmitted_at = transmitted_at - make_interval(days => %s),"
            " complete_at = complete_at - make_interval(days => %s),"
            " submitted_at = submitted_at - make_interval(days => %s),"
            " created_at = created_at - make_interval(days => %s) WHERE id = %s",
            [avis, avis + transmitted, before, before, before, dossier.pk],
        )
        _back("labelcomplement", complements, "asked_at", "dossier_id", dossier.pk)


def age_withdrawal(row: LabelWithdrawal, *, started: int = 0, asked: int = 0, given: int = 0) -> None:
    with _history("labelwithdrawal"):
        _back("labelwithdrawal", given, "avis_at", "id", row.pk)
        _back("labelwithdrawal", asked + given, "avis_asked_at observed_at", "id", row.pk)
        _back("labelwithdrawal", started + asked + given, "started_at", "id", row.pk)
