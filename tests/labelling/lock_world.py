"""Files of two porteurs, two commissions and two regions, for attacks in SQL under the web's role."""

import datetime
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiContribution,
    AmiDecision,
    AmiLetter,
    AmiScore,
    AmiScoreSheet,
    AmiSession,
    AmiSessionItem,
    AmiSessionMember,
    AmiStep,
    Avis,
)
from spo_portal.kernel.tenancy.scope import NOBODY, Scope, apply
from territories import grants
from territories.enums import Role
from territories.models import Membership, User
from territories.scopes import open_for
from tests.factories import World, acting_as_role, make_membership, make_user, system
from tests.labelling.ami_world import (
    make_call,
    make_commission,
    make_member,
    make_porteur,
    ready_application,
)

TOKEN = "e" * 64


@dataclass
class Locks:
    """``files``: draft, mine (submitted), decided (of the other porteur), foreign; ``people`` act on them."""

    world: World
    files: dict[str, AmiApplication] = field(default_factory=dict)
    people: dict[str, tuple[User, Membership]] = field(default_factory=dict)
    ids: dict[str, object] = field(default_factory=dict)

    def act(self, key: str) -> None:
        """Set the scope of one of ``people``, of nobody, or of the bearer of a partner's link."""
        if key == "anonyme":
            apply(NOBODY)
        elif key == "lien":
            apply(Scope(token=TOKEN))
        else:
            user, membership = self.people[key]
            open_for(user, membership.pk)

    def run(self, key: str, sql: str) -> int:
        """Rows touched by ``sql`` as ``key``, deferred rules checked; its parameters are ``ids``."""
        self.act(key)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, self.ids)
            touched = cursor.rowcount
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        return touched

    def seen(self, key: str, sql: str) -> object:
        self.act(key)
        with connection.cursor() as cursor:
            cursor.execute(sql, self.ids)
            return cursor.fetchone()[0]


@contextmanager
def without_trigger(table: str, *triggers: str) -> Iterator[None]:
    """The rules named look away, until the rollback."""
    with transaction.atomic():
        with acting_as_role("spo_owner"), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            for trigger in triggers:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        yield
        transaction.set_rollback(True)


@contextmanager
def without_row_security(table: str) -> Iterator[None]:
    """The table is open to all, until the rollback."""
    with transaction.atomic():
        with acting_as_role("spo_owner"), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        yield
        transaction.set_rollback(True)


def make_locks(world: World) -> Locks:
    """Build the files and the people."""
    made = Locks(world)
    here = make_commission(world.region, world.lille)
    make_commission(world.region, world.douai)
    there = make_commission(world.other_region, world.niort)
    call, other_call = make_call(world.region), make_call(world.other_region)
    mine, theirs = make_porteur(world.region), make_porteur(world.region)
    next_door = make_porteur(world.other_region)
    made.files = {
        "draft": ready_application(call, world.douai, mine, submitted=False),
        "mine": ready_application(call, world.lille, mine),
        "decided": ready_application(call, world.lille, theirs),
        "foreign": ready_application(other_call, world.niort, next_door),
    }
    made.people = {
        "porteur": (mine.user, mine.membership),
        "autre_porteur": (theirs.user, theirs.membership),
        "porteur_voisin": (next_door.user, next_door.membership),
        "membre": make_member(here),
        "membre_ailleurs": make_member(there),
    }
    with system():
        for key in ("region", "animation", "coordinateur", "charge_mission", "administrateur"):
            made.people[key] = (world.users[key], world.memberships[key])
        user = make_user("Région voisine")
        made.people["region_voisine"] = (
            user,
            make_membership(user, Role.REGION, region=world.other_region),
        )
        for key in ("noteur", "noteur_second", "noteur_recuse", "noteur_retire", "coredacteur"):
            user = make_user(key)
            made.people[key] = (user, make_membership(user, Role.CHARGE_MISSION, territory=world.douai))
    with mine.acting() as actor:
        grants.share(
            by=actor, user=made.people["coredacteur"][0], obj=made.files["draft"],
            permission="change_amiapplication", until=timezone.now() + datetime.timedelta(1),
        )  # fmt: skip
    with system():
        _scores(made)
        _decided(made)
        AmiContribution.objects.for_system().filter(application=made.files["mine"]).update(
            state="invitee", token_hash=TOKEN, invited_at=timezone.now(), answered_at=None, answered_as="",
            expires_at=timezone.now() + datetime.timedelta(7),
        )  # fmt: skip
    made.ids |= {key: row.pk for key, row in made.files.items()}
    made.ids |= {f"{key}_id": who[0].pk for key, who in made.people.items()}
    return made


def _scores(made: Locks) -> None:
    """« decided » is being noted: one note given, one expected, one recused, one withdrawn."""
    file = made.files["decided"]
    _step(file, "deposee", "recevable")
    states = {
        "noteur": "donnee",
        "noteur_second": "attendue",
        "noteur_recuse": "recusee",
        "noteur_retire": "retiree",
    }
    for key, state in states.items():
        work = AmiAssignment.objects.create(
            region=made.world.region, application=file, scorer=made.people[key][0], scorer_label="Noteur",
            assigned_by_label="Région", state=state, reason="" if state in ("donnee", "attendue") else "Lien",
            settled_at=None if state == "attendue" else timezone.now(),
        )  # fmt: skip
        made.ids[f"work_{key}"] = work.pk
        if state == "donnee":
            sheet = AmiScoreSheet.objects.create(
                region=made.world.region, application=file, assignment=work, scorer=work.scorer
            )
            AmiScore.objects.bulk_create(
                AmiScore(sheet=sheet, grid=line, value=4) for line in file.call.grid.all()
            )
            sheet.given_at, sheet.weighted = timezone.now(), 400
            sheet.save()


def _step(file: AmiApplication, before: str, after: str, **fields: object) -> None:
    AmiStep.objects.create(
        application=file, key="pas", from_state=before, to_state=after, by_label="Région", at=timezone.now()
    )
    file.state = after
    for name, value in fields.items():
        setattr(file, name, value)
    file.save()


def _decided(made: Locks) -> None:
    """« foreign » goes as far as a decision that is not published yet."""
    file = made.files["foreign"]
    _step(file, "deposee", "recevable")
    work = AmiAssignment.objects.create(
        region_id=file.region_id, application=file, scorer=made.people["region_voisine"][0],
        scorer_label="Noteur", assigned_by_label="Région", state="donnee", settled_at=timezone.now(),
    )  # fmt: skip
    AmiScoreSheet.objects.create(
        region_id=file.region_id, application=file, assignment=work, scorer=work.scorer,
        given_at=timezone.now(), weighted=400,
    )  # fmt: skip
    _step(file, "recevable", "instruite")
    session = AmiSession.objects.create(
        region_id=file.region_id, commission_id=file.commission_id, call_id=file.call_id, state="convoquee",
        starts_at=timezone.now(), place="Salle", created_by_label="Région",
    )  # fmt: skip
    AmiSessionMember.objects.create(session=session, user=made.people["membre_ailleurs"][0], label="Membre")
    item = AmiSessionItem.objects.create(
        session=session, application=file, commission_id=file.commission_id, position=1, votes_for=1,
        votes_against=0, abstentions=0,
    )  # fmt: skip
    avis = Avis.objects.create(
        application=file, item=item, opinion="favorable", text="Utile.", present=1, recused=0,
        given_by_label="Région",
    )  # fmt: skip
    _step(file, "instruite", "avis_rendu")
    decision = AmiDecision.objects.create(
        application=file, call_id=file.call_id, avis=avis, outcome="retenue", amount=5_000_000,
        reasons="Le projet répond.", decided_by_label="Région",
    )  # fmt: skip
    letter = b"%PDF-1.7 lettre"
    AmiLetter.objects.create(
        application=file, decision=decision, kind="retenue", pdf=letter, pages=1,
        sha256=hashlib.sha256(letter).hexdigest(), made_by_label="Région",
    )  # fmt: skip
    _step(file, "avis_rendu", "decidee", decided_at=timezone.now())
    made.ids |= {"session": session.pk, "decision": decision.pk}
