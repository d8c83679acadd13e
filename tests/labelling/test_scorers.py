"""Scorers: confided, taken back, set aside; conflicts found; an even proposal; never after notes open."""

import datetime
from contextlib import suppress

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError, ProgrammingError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import AssignmentState
from labelling.models import AmiAssignment, AmiStep
from labelling.services import proposing, scorers, scoring
from labelling.services.conflicts import conflicts_of, domain_of, strong
from labelling.services.submission import submit
from spo_portal.kernel.errors import Conflict, Refused
from territories.enums import Role
from tests.conftest import LoginAs
from tests.factories import World, make_membership, make_user, system
from tests.labelling.ami_instruction import (
    admit,
    admitted,
    close,
    confide,
    make_charge,
    make_officer,
    note,
    reload,
    state_of,
)
from tests.labelling.ami_world import acting, make_call, make_porteur, ready_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(world: World):  # type: ignore[no-untyped-def]
    return world.users["region"], world.memberships["region"]


def asked_again(application) -> None:  # type: ignore[no-untyped-def]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labelling_amiassignment SET state = 'attendue', settled_at = NULL"
            " WHERE application_id = %s",
            [application.pk],
        )


def test_a_file_is_confided_with_its_date_its_step_and_its_workload(world: World, region) -> None:
    application = admitted(make_call(world.region), world.lille, region)
    officer, charge = make_officer(world.region), make_charge(world.lille)
    day = timezone.localdate() + datetime.timedelta(days=10)
    with acting(*region) as by:
        known = {one.user_id for one in scorers.candidates(by)}
        assert {officer[0].pk, charge[0].pk} <= known
        made = scorers.assign(by=by, application=application, user_id=charge[0].pk, due_on=day)
        assert timezone.localtime(made.due_at).time() == datetime.time(23, 59, 59)
        load = scorers.workload(by, call_id=application.call_id)
        assert (load[charge[0].pk].expected, load[charge[0].pk].given) == (1, 0)
        step = AmiStep.objects.visible_to(by).get(application=application, key="noteur_confie")
        assert step.told_at is None
    assert state_of(application, charge[0]) == AssignmentState.ATTENDUE


def test_only_the_region_confides_and_only_to_who_may_score(world: World, region) -> None:
    application = admitted(make_call(world.region), world.lille, region)
    charge = make_charge(world.lille)
    with acting(*charge) as by, pytest.raises(PermissionDenied):
        scorers.assign(by=by, application=application, user_id=charge[0].pk)
    with acting(*region) as by:
        for stranger in (world.users["conseiller"], world.users["animation_niort"]):
            with pytest.raises(Refused, match="ne note pas"):
                scorers.assign(by=by, application=application, user_id=stranger.pk)


def test_one_account_one_assignment_and_what_was_taken_back_may_come_back(world: World, region) -> None:
    application = admitted(make_call(world.region), world.lille, region)
    charge = make_charge(world.lille)
    confide(application, region, charge)
    with acting(*region) as by:
        with pytest.raises(Refused, match="déjà confié"):
            scorers.assign(by=by, application=application, user_id=charge[0].pk)
        row = AmiAssignment.objects.visible_to(by).get(application=application)
        scorers.withdraw(by=by, assignment=row)
    assert state_of(application, charge[0]) == AssignmentState.RETIREE
    confide(application, region, charge)
    assert state_of(application, charge[0]) == AssignmentState.ATTENDUE


def test_nobody_is_asked_once_notes_may_be_read(world: World, region) -> None:
    """Late assignment is refused by the service, and by the database to the web's role."""
    application = admitted(make_call(world.region), world.lille, region)
    first, late = make_officer(world.region), make_officer(world.region)
    confide(application, region, first)
    note(application, first, 4)
    application = close(application, region)
    with acting(*region) as by:
        with pytest.raises(Conflict):
            scorers.assign(by=by, application=application, user_id=late[0].pk)
        for state in ("attendue", "recusee", "donnee", "abstention"):
            row = AmiAssignment(
                region_id=application.region_id,
                application=application,
                scorer=late[0],
                scorer_label="En retard",
                state=state,
                reason="Motif",
                assigned_by_label="Région",
                settled_at=None if state == "attendue" else timezone.now(),
            )
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save(force_insert=True)


def test_an_account_aside_is_not_asked_again_in_sql_either(world: World, region) -> None:
    """From « récusée », and to « donnée » without a note, no row moves, whoever writes it."""
    application = admitted(make_call(world.region), world.lille, region)
    officer = make_officer(world.region)
    confide(application, region, officer)
    with acting(*officer) as by:
        for change in ("state = 'donnee', settled_at = now()", f"scorer_id = {world.users['region'].pk}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE labelling_amiassignment SET {change} WHERE application_id = %s", [application.pk]
                )
        scoring.declare_conflict(by=by, application=application, reason="Lien familial avec la direction")
    for account in (officer, region):
        with acting(*account), suppress(IntegrityError), transaction.atomic():
            asked_again(application)
        assert state_of(application, officer[0]) == AssignmentState.RECUSEE
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        acting(*officer),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM labelling_amiassignment WHERE application_id = %s", [application.pk])


def test_mandates_contributions_shares_and_addresses_make_conflicts(world: World, region) -> None:
    call = make_call(world.region)
    porteur = make_porteur(world.region, "Maison de l’emploi")
    application = ready_application(call, world.lille, porteur, submitted=False)
    today = timezone.localdate()
    held = make_officer(world.region, "Ancien de la structure")
    past = make_officer(world.region, "Parti depuis longtemps")
    site = make_officer(world.region, "Encore au CIO")
    near = make_officer(world.region, "Même courriel", email="agent@structure.internal")
    free = make_officer(world.region, "Sans lien")
    with system():
        for account, ends in ((held, today - datetime.timedelta(days=700)), (past, None)):
            row = make_membership(
                account[0], Role.PORTEUR, organisation=porteur.organisation, region=world.region
            )
            row.starts_on = today - datetime.timedelta(days=2000)
            row.ends_on = ends or today - datetime.timedelta(days=740)
            row.save()
        make_membership(site[0], Role.CONSEILLER, site=world.cio)
        partner = application.contributions.get()
        partner.organisation = world.cio.organisation
        partner.email = "contact@structure.internal"
        partner.save()
    with porteur.acting() as by:
        application = submit(by=by, application=application)
    application = admit(application, region)
    people = [held, past, site, near, free]
    with acting(*region) as by:
        ids = [user.pk for user, _ in people]
        found = conflicts_of(by=by, user_ids=ids, applications=[reload(application)])
        by_user = {user_id: links for (user_id, _), links in found.items()}
        assert set(by_user) == {held[0].pk, site[0].pk, near[0].pk}
        assert "porteur" in by_user[held[0].pk][0].sentence
        assert strong(by_user[held[0].pk])
        assert "partenaire" in by_user[site[0].pk][0].sentence
        assert strong(by_user[site[0].pk])
        assert not strong(by_user[near[0].pk])
        assert "structure.internal" in by_user[near[0].pk][0].sentence
        for account in (held, site):
            with pytest.raises(Refused, match="ne peut pas noter"):
                scorers.assign(by=by, application=application, user_id=account[0].pk)
        scorers.assign(by=by, application=application, user_id=near[0].pk)
        set_aside = scorers.recuse(by=by, application=application, user_id=held[0].pk)
        assert "Maison de l’emploi" in set_aside.reason


def test_a_mailbox_anybody_opens_says_nothing() -> None:
    assert domain_of("x@Gmail.com") == domain_of("x@orange.fr") == domain_of("x@demo.example") == ""
    assert domain_of("x@Structure.Internal") == "structure.internal"


def test_who_wrote_the_file_does_not_score_it(world: World, region) -> None:
    from territories.grants import share, withdraw

    porteur = make_porteur(world.region)
    application = admitted(make_call(world.region), world.lille, region, porteur=porteur)
    charge = make_charge(world.lille)
    until = timezone.now() + datetime.timedelta(days=30)
    with porteur.acting() as by:
        share(by=by, user=charge[0], obj=application, permission="change_amiapplication", until=until)
        withdraw(by=by, user=charge[0], obj=application, permission="change_amiapplication")
    with acting(*region) as by, pytest.raises(Refused, match="a écrit ce dossier"):
        scorers.assign(by=by, application=application, user_id=charge[0].pk)


def test_a_proposal_is_even_passes_conflicts_over_and_is_the_same_each_time(world: World, region) -> None:
    call = make_call(world.region)
    files = [admitted(call, world.lille, region) for _ in range(4)]
    people = [make_officer(world.region, f"Instruction {n}") for n in range(3)]
    with system():
        make_membership(
            people[0][0], Role.PORTEUR, organisation=files[0].organisation, region=world.region
        )
    ids = [user.pk for user, _ in people]
    with acting(*region) as by:
        plan = proposing.propose(by=by, applications=files, per_file=2, among=ids)
        assert plan == proposing.propose(by=by, applications=files, per_file=2, among=ids)
        assert all(len(chosen) == 2 for chosen in plan.values())
        assert ids[0] not in plan[files[0].pk]
        counts = [sum(user in chosen for chosen in plan.values()) for user in ids]
        assert max(counts) - min(counts) <= 1
        pairs = [(pk, user) for pk, chosen in plan.items() for user in chosen] + [(files[0].pk, ids[0])]
        outcome = proposing.assign_many(by=by, applications=files, pairs=pairs)
        assert outcome.confided == 8
        assert len(outcome.refused) == 1
        again = proposing.propose(by=by, applications=files, per_file=2, among=ids)
        assert not any(again.values())


def test_conflicts_take_the_same_queries_for_one_and_for_many(
    world: World, region, django_assert_num_queries
) -> None:
    call = make_call(world.region)
    files = [admitted(call, world.lille, region) for _ in range(3)]
    people = [make_officer(world.region)[0].pk for _ in range(3)]
    with acting(*region) as by:
        for users, applications in ((people[:1], files[:1]), (people, files)):
            with django_assert_num_queries(4):
                conflicts_of(by=by, user_ids=users, applications=applications)


def test_the_screens_confide_take_back_and_share_out(world: World, region, login: LoginAs) -> None:
    call = make_call(world.region)
    files = [admitted(call, world.lille, region) for _ in range(2)]
    people = [make_officer(world.region, f"Instruction {n}") for n in range(2)]
    client = login(*region)
    page = reverse("ami_noteurs", args=[files[0].pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"acte": "confier", "noteur": ""}).status_code == 422
    answer = client.post(page, {"acte": "confier", "noteur": people[0][0].pk, "jour": ""})
    assert answer.status_code == 302
    with system():
        row = AmiAssignment.objects.get(application=files[0])
    assert client.post(page, {"acte": "retirer", "affectation": row.pk}).status_code == 302
    answer = client.post(page, {"acte": "recuser", "r-noteur": people[1][0].pk, "r-motif": "Lien déclaré"})
    assert answer.status_code == 302
    assert state_of(files[0], people[1][0]) == AssignmentState.RECUSEE
    bulk = reverse("ami_noteurs_appel", args=[call.pk])
    sent = {
        "dossier": [one.pk for one in files],
        "noteurs": [user.pk for user, _ in people],
        "par_dossier": 2,
        "acte": "proposer",
    }
    shown = client.post(bulk, sent)
    assert shown.status_code == 200
    assert f"{files[1].pk}:{people[1][0].pk}" in shown.content.decode()
    pairs = [f"{files[1].pk}:{user.pk}" for user, _ in people]
    assert client.post(bulk, sent | {"acte": "confier", "paire": pairs}).status_code == 302
    load = client.get(reverse("ami_charge", args=[call.pk])).content.decode()
    assert "Instruction 0" in load
    assert client.post(bulk, {"acte": "proposer"}).status_code == 422


def test_a_stranger_gets_nothing(world: World, region, login: LoginAs) -> None:
    application = admitted(make_call(world.region), world.lille, region)
    other = Client()
    other.force_login(make_user("Sans mandat"))
    for name in ("ami_noteurs", "ami_recevabilite", "ami_noter"):
        assert other.get(reverse(name, args=[application.pk])).status_code == 403
    foreign = login(world.users["animation_niort"], world.memberships["animation_niort"])
    assert foreign.get(reverse("ami_noteurs", args=[application.pk])).status_code == 403


def test_a_draft_or_a_submitted_file_is_not_confided(world: World, region) -> None:
    application = ready_application(make_call(world.region), world.lille)
    officer = make_officer(world.region)
    with acting(*region) as by, pytest.raises(Conflict):
        scorers.assign(by=by, application=application, user_id=officer[0].pk)
