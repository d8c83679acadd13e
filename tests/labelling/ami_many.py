"""Many files of one call, written straight into the tables: for lists, counts of queries and measures."""

from django.db import connection
from django.utils import timezone

from labelling.enums_ami import ApplicationState, AssignmentState
from labelling.models import AmiApplication, AmiAssignment, AmiBudgetLine, AmiCall, AmiScoreSheet
from territories.models import Organisation, Territory, User
from tests.factories import make_user, system

S = ApplicationState
# One file in ten is a draft, two wait for their eligibility, four are being noted, three are closed.
STATES = (
    S.BROUILLON,
    S.DEPOSEE,
    S.DEPOSEE,
    S.RECEVABLE,
    S.RECEVABLE,
    S.RECEVABLE,
    S.RECEVABLE,
    S.INSTRUITE,
    S.INSTRUITE,
    S.INSTRUITE,
)


def many_files(
    call: AmiCall, territories: list[Territory], count: int, scorers: list[User] | None = None
) -> list[AmiApplication]:
    """``count`` files in turn over the bassins, three scorers on each one admitted."""
    now = timezone.now()
    with system():
        people = scorers or [make_user(f"Noteur {n}") for n in range(3)]
        start = AmiApplication.objects.filter(call=call).count()
        bodies = Organisation.objects.bulk_create(
            Organisation(region_id=call.region_id, name=f"Communauté de communes du bassin {start + n:03d}")
            for n in range(count)
        )
        files = [
            _file(call, territories[n % len(territories)], bodies[n], start + n, now) for n in range(count)
        ]
        _reserve(files)
        # A budget is closed with its file: its lines come first, the keys are checked at the end.
        AmiBudgetLine.objects.bulk_create(line for one in files for line in _lines(one))
        AmiApplication.objects.bulk_create(files)
        work = AmiAssignment.objects.bulk_create(
            AmiAssignment(
                region_id=call.region_id,
                application=one,
                scorer=person,
                scorer_label=person.display_name,
                state=state,
                assigned_by_label="Région",
                settled_at=None if state == AssignmentState.ATTENDUE else now,
            )
            for one in files
            if one.state in (S.RECEVABLE, S.INSTRUITE)
            for place, person in enumerate(people)
            for state in [_work_state(one, place)]
        )
        AmiScoreSheet.objects.bulk_create(
            AmiScoreSheet(
                region_id=call.region_id,
                application_id=row.application_id,
                assignment=row,
                scorer_id=row.scorer_id,
                weighted=(row.application_id * 37 + row.scorer_id * 53) % 501,
                given_at=now,
                released_at=now if row.application.state == S.INSTRUITE else None,
            )
            for row in work
            if row.state == AssignmentState.DONNEE
        )
    return files


def _reserve(files: list[AmiApplication]) -> None:
    """Give each file its key before its row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('labelling_amiapplication', 'id'))"
            " FROM generate_series(1, %s)",
            [len(files)],
        )
        for one, (pk,) in zip(files, cursor.fetchall(), strict=True):
            one.pk = pk


def _lines(one: AmiApplication) -> list[AmiBudgetLine]:
    rest = one.charges - one.region_asked
    return [
        AmiBudgetLine(
            application_id=one.pk, side=side, nature=nature, label="Accueil", amount=amount, position=n
        )
        for n, (side, nature, amount) in enumerate(
            (
                ("charge", "personnel", one.charges),
                ("produit", "region", one.region_asked),
                ("produit", "autofinancement", rest),
            ),
            1,
        )
    ]


def _work_state(one: AmiApplication, place: int) -> AssignmentState:
    if one.state == S.INSTRUITE or place < one.charges // 100 % 3:
        return AssignmentState.DONNEE
    return AssignmentState.ATTENDUE


def _file(call: AmiCall, bassin: Territory, body: Organisation, n: int, now: object) -> AmiApplication:
    state = STATES[n % len(STATES)]
    sent = state != S.BROUILLON
    charges = 5_000_000 + n * 1_300
    return AmiApplication(
        region_id=call.region_id,
        call=call,
        territory=bassin,
        commission_id=bassin.commission_id,
        organisation=body,
        title=f"Maison de l’orientation {n:03d}",
        number=f"AMI-{n:04d}" if sent else "",
        state=state,
        charges=charges,
        products=charges,
        region_asked=charges * (55 + n % 26) // 100,
        created_by_label="Porteur",
        submitted_at=now if sent else None,
        submitted_by_label="Porteur" if sent else "",
    )
