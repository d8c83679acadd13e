"""Move what the demonstration has just done to the days it stands for.

No service writes yesterday, and triggers keep what was said as it was said. The owner of the tables, who
fills the demonstration before anybody is served, sets them aside for one transaction: dates change, nothing
else does. Never done outside the demonstration.
"""

# ruff: noqa: S608 - our own constants
import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from labelling.models import AmiCall, AmiSession
from spo_portal.kernel.tenancy.scope import SYSTEM, apply

# Days ago, by step of a file.
PAST: Mapping[str, int] = {
    "creer": 560, "deposer": 530, "declarer_recevable": 515, "noteur_confie": 512, "note_donnee": 500,
    "clore_instruction": 490, "rendre_avis": 480, "decider": 470, "publier_retenue": 460,
    "publier_non_retenue": 460, "conventionner": 440, "ouvrir": 400, "bilan_remis": 250, "bilan_valide": 235,
}  # fmt: skip
RECENT: Mapping[str, int] = {
    "creer": 20, "rectificatif": 18, "deposer": 13, "declarer_recevable": 11, "noteur_confie": 10,
    "note_donnee": 8, "clore_instruction": 6, "complement_demande": 5, "rendre_avis": 4, "decider": 1,
}  # fmt: skip
# Dates of the rows that hang on a file, by the step they go with.
DATED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("amicontribution", "deposer", ("invited_at", "answered_at")),
    ("amicomplement", "complement_demande", ("asked_at",)),
    ("amiassignment", "noteur_confie", ("assigned_at",)),
    ("amiassignment", "note_donnee", ("settled_at",)),
    ("amiscoresheet", "note_donnee", ("saved_at", "given_at")),
    ("amiscoresheet", "clore_instruction", ("released_at",)),
    ("avis", "rendre_avis", ("given_at",)),
    ("avis", "publier_retenue", ("published_at",)),
    ("amidecision", "decider", ("decided_at",)),
    ("amidecision", "publier_retenue", ("published_at",)),
    ("amiletter", "publier_retenue", ("made_at", "published_at")),
    ("amiconvention", "conventionner", ("made_at", "signed_on")),
    ("amiinstalment", "conventionner", ("paid_on",)),
    ("amifollowup", "bilan_remis", ("handed_at",)),
    ("amifollowup", "bilan_valide", ("checked_at",)),
)
OF_CALL = "call_id = %s"
OF_FILE = "application_id IN (SELECT id FROM labelling_amiapplication WHERE call_id = %s)"


@contextmanager
def _history(*tables: str) -> Iterator[None]:
    with transaction.atomic():
        apply(SYSTEM)
        with connection.cursor() as cursor:
            # No table changes while a check of it waits for the end of the transaction.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in tables:
                cursor.execute(f"ALTER TABLE labelling_{table} DISABLE TRIGGER USER")
            yield
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in tables:
                cursor.execute(f"ALTER TABLE labelling_{table} ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _back(table: str, days: int, columns: Sequence[str], where: str, *values: object) -> None:
    """Take ``days`` off these dates of the rows found."""
    changes = ", ".join(f"{column} = {column} - make_interval(days => %s)" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE labelling_{table} SET {changes} WHERE {where}", [*[days] * len(columns), *values]
        )


def call_was(call: AmiCall, *, opened: int, closes: int | None) -> None:
    """Opened so many days ago; closed so many days ago, or still open."""
    with _history("amicall", "amierratum", "amiquestion"):
        _back("amicall", opened + 20, ("created_at",), "id = %s", call.pk)
        _back("amicall", opened, ("opens_at", "opened_at"), "id = %s", call.pk)
        _back("amierratum", max(1, opened - 6), ("added_at",), OF_CALL, call.pk)
        _back("amiquestion", max(1, opened - 5), ("asked_at", "answered_at"), OF_CALL, call.pk)
        if closes is not None:
            _back("amicall", closes + 1, ("closes_at", "questions_until"), "id = %s", call.pk)


def files_were(call: AmiCall, days: Mapping[str, int]) -> None:
    """Each step so many days ago, with the dates that go with it."""
    with _history("amicall", "amiapplication", "amistep", *{table for table, _, _ in DATED}):
        if "publier_retenue" in days:
            # Told with the publication, whatever day they were done.
            keys = ["clore_instruction", "rendre_avis", "decider"]
            where = f"key = ANY(%s) AND {OF_FILE}"
            _back("amistep", days["publier_retenue"], ("told_at",), where, keys, call.pk)
            for key in keys:
                _back("amistep", days[key], ("at",), f"key = %s AND {OF_FILE}", key, call.pk)
        for key, ago in days.items():
            if not ("publier_retenue" in days and key in ("clore_instruction", "rendre_avis", "decider")):
                _back("amistep", ago, ("at", "told_at"), f"key = %s AND {OF_FILE}", key, call.pk)
        for table, key, columns in DATED:
            if key in days:
                _back(table, days[key], columns, OF_FILE, call.pk)
        _back("amiapplication", days["creer"], ("created_at",), OF_CALL, call.pk)
        _back("amiapplication", days["deposer"], ("submitted_at",), OF_CALL, call.pk)
        _back("amiapplication", days["decider"], ("decided_at",), OF_CALL, call.pk)
        _back("amiapplication", min(days.values()), ("changed_at",), OF_CALL, call.pk)
        if "publier_retenue" in days:
            _back("amicall", days["publier_retenue"], ("results_at",), "id = %s", call.pk)


def session_was(session: AmiSession, *, days: int, starts_at: datetime.datetime) -> None:
    """A session convened for today was to be held then; its minutes are drawn after this."""
    with _history("amisession"):
        _back("amisession", days + 20, ("created_at",), "id = %s", session.pk)
        _back("amisession", days + 15, ("convened_at",), "id = %s", session.pk)
        AmiSession.objects.for_system().filter(pk=session.pk).update(starts_at=starts_at)


def session_ended(session: AmiSession, *, held: int, approved: int) -> None:
    with _history("amisession"):
        _back("amisession", held, ("held_at",), "id = %s", session.pk)
        _back("amisession", approved, ("approved_at",), "id = %s", session.pk)


def mails_have_left() -> None:
    """The notices of a call that is over left in its time: the worker has nothing to send.

    A place that opens is no notice: the directory and the figures still learn of it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        apply(SYSTEM)
        cursor.execute(
            "UPDATE kernel_outboxevent SET done_at = now()"
            " WHERE done_at IS NULL AND kind LIKE 'labelling.%%' AND kind <> 'labelling.place_opened'"
        )
