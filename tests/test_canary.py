"""The canary (goal R1): what names a person is typed everywhere, then looked for wherever it could stay.

Nothing about the person is ever stored (domain § 3): no table, session, cache, queue, log, file, other mail.
"""

import base64
import io
import logging
import re
import smtplib
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest
import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from tests.contacts.posts import recorded, reoriented
from tests.factories import World, acting_as_role, make_world

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
LARGEST_FILE = 64 * 1024 * 1024


@dataclass
class Canary:
    """One word that exists nowhere else, under every spelling a storage could give it."""

    # Letters alone: a long run of digits would be refused before it is tried.
    word: str = field(default_factory=lambda: "zq" + uuid.uuid4().hex[:16].translate(_LETTERS) + "qz")

    @property
    def address(self) -> str:
        return f"{self.word}@exemple.example"

    def __hash__(self) -> int:
        return hash(self.word)

    def sings_in(self, content: bytes) -> bool:
        """True when the word is there as text, hexadecimal, UTF-16 or base64 (at any of its three offsets).
        """
        word = self.word.encode()
        spellings = [word, word.hex().encode(), self.word.encode("utf-16-le")]
        # In base64 the characters of a word depend on where it falls: keep the middle, the same in each case.
        spellings += [base64.b64encode(b" " * n + word)[4:-4] for n in range(3)]
        lower = content.lower()
        return any(s in content for s in spellings) or word in lower


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def desk(world: World, login) -> Client:  # type: ignore[no-untyped-def]
    client: Client = login(world.users["conseiller"])
    client.raise_request_exception = False
    return client


@pytest.fixture
def pile(world: World, login) -> Client:  # type: ignore[no-untyped-def]
    """The référent's desk: paper pile and import."""
    client: Client = login(world.users["referent"])
    client.raise_request_exception = False
    return client


def tables() -> Iterator[tuple[str, bytes]]:
    """Every row of every table, technical ones included, read as the system."""
    with transaction.atomic(), acting_as_role("spo_owner"):
        apply(SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'm')"
                           " AND relnamespace NOT IN ('pg_catalog'::regnamespace,"
                           " 'information_schema'::regnamespace)"
                           " AND has_table_privilege(oid, 'SELECT')")  # fmt: skip
            for (name,) in cursor.fetchall():
                cursor.execute(f"SELECT t::text FROM {name} t")
                yield f"table {name}", "\n".join(row for (row,) in cursor.fetchall()).encode()
            cursor.execute("SELECT value FROM kernel_cache")
            yield "cache", b"\n".join(base64.b64decode(value) for (value,) in cursor.fetchall())
    for session in Session.objects.all():
        yield "session", repr(session.get_decoded()).encode()


def redis_content() -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        readers = {
            b"string": client.get, b"hash": client.hgetall, b"set": client.smembers,
            b"list": lambda key: client.lrange(key, 0, -1), b"zset": lambda key: client.zrange(key, 0, -1),
            b"stream": client.xrange,
        }  # fmt: skip
        for key in client.scan_iter(count=500):
            reader = readers.get(client.type(key))
            yield f"redis {key!r}", key + repr(reader(key) if reader else "").encode()


def files_since(moment: float) -> Iterator[tuple[str, bytes]]:
    """Files written since ``moment``: data folder (server logs and pages included), mails, temporary files.
    """
    uploads = [Path(tempfile.gettempdir())]
    for folder in {Path(settings.DATA_DIR), settings.BASE_DIR / ".local", *uploads}:
        deep = folder.rglob("*") if folder not in uploads else folder.glob("*")
        for path in deep:
            try:
                status = path.stat()
                if path.is_file() and status.st_mtime >= moment and status.st_size <= LARGEST_FILE:
                    yield f"file {path}", path.read_bytes()
            except OSError:
                continue


def everything(since: float, log: str) -> Iterator[tuple[str, bytes]]:
    yield from tables()
    yield from redis_content()
    yield from files_since(since)
    yield "log", log.encode()


def heard(canaries: list[Canary], since: float, log: str) -> list[str]:
    return [f"{canary.word} in {place}" for place, content in everything(since, log) for canary in canaries
            if canary.sings_in(content)]  # fmt: skip


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_twin_the_canary_is_heard_wherever_it_stays(
    world: World, desk: Client, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """The search itself: a word left in a row, a session, the cache, Redis, a file or a log is found."""
    from django.core.cache import cache
    from django.core.signing import dumps

    start = time.time() - 1
    row, session, cached, key, logged, filed, packed = (Canary() for _ in range(7))
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            'INSERT INTO kernel_throttle (bucket, "window", attempts, expires_at) VALUES (%s, 1, 1, now())',
            [row.word],
        )
    stored = desk.session
    stored["typed"] = session.word
    stored.save()
    cache.set("typed", {"deep": [cached.word]})
    name = f"canary:{uuid.uuid4().hex}"
    with redis.Redis.from_url(settings.REDIS_URL) as client, caplog.at_level(logging.DEBUG):
        client.hset(name, "typed", key.word)
        logging.getLogger("somewhere").debug("typed: %s", logged.word)
        with tempfile.NamedTemporaryFile() as file:
            file.write(filed.word.encode())
            file.flush()
            found = heard([row, session, cached, key, logged, filed], start, caplog.text)
        client.delete(name)
    assert {line.split(" in ")[0] for line in found} == {
        c.word for c in (row, session, cached, key, logged, filed)
    }
    assert packed.sings_in(base64.b64encode(f"x{packed.word}y".encode()))
    assert packed.sings_in(packed.word.encode().hex().encode())
    assert not packed.sings_in(dumps("nothing").encode())


def test_nothing_typed_for_the_person_stays_anywhere(
    world: World, desk: Client, pile: Client, caplog: pytest.LogCaptureFixture
) -> None:
    start = time.time() - 1
    caplog.set_level(logging.DEBUG)
    sung: list[Canary] = []
    answers = []

    def canary() -> Canary:
        sung.append(Canary())
        return sung[-1]

    def post(client: Client, url: str, form: dict[str, object], status: int | set[int], **more: object):  # type: ignore[no-untyped-def]
        answer = client.post(url, form, **more)  # type: ignore[arg-type]
        assert answer.status_code in ({status} if isinstance(status, int) else status), (
            url,
            answer.status_code,
        )
        answers.append(answer)
        return answer

    with transaction.atomic():
        fiche = recorded(world, world.mission.pk)
    page = f"/fiches/{fiche.uuid}/"

    # 1. The handed part: printed with a sentence and a postal address, saved as a file, refused when too
    # long.
    sentence, street = canary(), canary()
    made = post(
        desk,
        f"{page}imprimer/",
        {"phrase": f"Bonjour {sentence.word}", "adresse_postale": f"1 rue {street.word}\n59000 Lille"},
        200,
    )
    text = pdf_text(made.content)
    assert sentence.word in text, "the canary sings where it should: the handed part"
    assert street.word in text
    post(
        desk,
        f"{page}imprimer/",
        {"phrase": f"{canary().word} " * 40, "adresse_postale": f"{canary().word}\n" * 20},
        422,
    )

    # 2. Sent by e-mail; refused for a bad address; a mail server that fails or refuses, quoting the address.
    address, words = canary(), canary()
    post(
        desk,
        f"{page}envoyer/",
        {"courriel": address.address, "phrase_courriel": f"Bonjour {words.word}"},
        303,
    )
    post(desk, f"{page}envoyer/", {"courriel": f"{canary().word}@@", "phrase_courriel": canary().word}, 422)
    failing = canary()
    for error, status in (
        (smtplib.SMTPServerDisconnected(failing.address), 503),
        (smtplib.SMTPRecipientsRefused({failing.address: (550, failing.word.encode())}), 422),
    ):
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=error):
            post(
                desk,
                f"{page}envoyer/",
                {"courriel": failing.address, "phrase_courriel": failing.word},
                status,
            )

    # 3. Precisions that name or reach the person, refused on every screen that takes them; a field of ours
    # alone.
    said = f"Rappeler {canary().word} au 06 12 34 56 78"
    post(desk, "/fiches/nouvelle/", reoriented(world, precisions=said), 422)
    post(desk, f"{page}corriger/", reoriented(world, precisions=f"écrire à {canary().address}"), 422)
    post(
        desk,
        "/fiches/nouvelle/apercu/",
        reoriented(world, precisions=f"écrire à {canary().address}"),
        200,
        headers={"HX-Request": "true"},
    )
    post(
        desk,
        "/fiches/nouvelle/portes/",
        reoriented(world, precisions=canary().word),
        200,
        headers={"HX-Request": "true"},
    )
    post(desk, "/fiches/nouvelle/", reoriented(world, precisions=canary().address, etape="2"), 200)
    post(
        desk,
        "/fiches/nouvelle/",
        reoriented(world, nom=canary().word, prenom=canary().word, telephone=canary().word),
        303,
    )
    line = {
        "jour": timezone.localdate().isoformat(),
        "canal": "sur_place",
        "statut": "1",
        "demandes": "1",
        "precisions": canary().address,
    }
    post(pile, "/fiches/pile/ligne/", line, 422)
    table = f"date;canal;statut;demandes;precisions\n2026-01-01;sur_place;1;1;écrire à {canary().address}\n"
    upload = SimpleUploadedFile(f"{canary().word}.csv", table.encode(), content_type="text/csv")
    post(pile, "/fiches/import/", {"fichier": upload}, 422)

    # 4. When things go wrong: no session, forged form, database away, a view that breaks.
    handed = {"phrase": canary().word, "courriel": canary().address, "adresse_postale": canary().word}
    post(Client(), f"{page}imprimer/", handed, 401)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.users["conseiller"])
    post(strict, f"{page}envoyer/", handed, 403)
    for error, status in ((OperationalError("away"), 503), (RuntimeError("broken"), 500)):
        with mock.patch("contacts.services.handover.load", side_effect=error):
            post(desk, f"{page}imprimer/", handed, status)
    post(Client(), "/r/", {"code": canary().word, "suite": "recue", "nom": canary().word}, 422)
    for url in (
        f"/fiches/?q={canary().word}",
        f"/annuaire/?q={canary().word}",
        f"/r/{canary().word}",
        f"/nulle-part/{canary().word}",
    ):
        answers.append(desk.get(url))

    # 5. The worker does its part too.
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass

    log = _as_written(caplog)
    assert heard(sung, start, log) == []
    for answer in answers:
        headers = repr(sorted(answer.headers.items())) + answer.cookies.output()
        assert not any(c.sings_in(headers.encode()) for c in sung), headers

    # 6. One mail, to one address, and nothing of the others in it.
    assert [m.to for m in mail.outbox] == [[address.address]]
    sent = mail.outbox[0].message().as_bytes()
    assert words.word.encode() in sent
    assert not any(c.sings_in(sent) for c in sung if c not in {*_only(address, words)})


def _only(*canaries: Canary) -> list[Canary]:
    return list(canaries)


def _as_written(caplog: pytest.LogCaptureFixture) -> str:
    """Log lines as the portal's own handler writes them (its filter cuts paths), tracebacks included."""
    from spo_portal.kernel.http import WithoutPath

    keep, formatter = WithoutPath(), logging.Formatter("%(levelname)s %(name)s %(message)s")
    return "\n".join(formatter.format(record) for record in caplog.records if keep.filter(record))


def test_precisions_kept_leave_by_no_export(world: World, pile: Client) -> None:
    """Précisions are kept with the row and go out with no export (domain § 3)."""
    kept = Canary()
    with transaction.atomic():
        recorded(world, precisions=f"atelier {kept.word}")
    csv = b"".join(pile.get("/fiches/export.csv").streaming_content)  # type: ignore[attr-defined]
    assert len(csv.splitlines()) == 2
    assert not kept.sings_in(csv)
    response = pile.get("/fiches/export.xlsx")
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert not re.search(kept.word, " ".join(str(c.value) for row in sheet.iter_rows() for c in row))
