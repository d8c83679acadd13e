"""Measure 8: the list of a call's files and a decision sheet, beside a trivial view and the bare statements.

Files are written straight into the tables under the system scope; the pages are asked of the real server by
an account of the Region. Statements are counted at 10 files and at 500: their number must not grow.
"""

import time
from dataclasses import dataclass

import psycopg
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from tests.bench import client
from tests.bench.data import PASSWORD, World
from tests.bench.place import Place
from tests.bench.report import Report, median, quantile, words
from tests.bench.scale import Scale

# One file at each step that the generator knows: drafts, submitted, noted, closed.
FEW = 10
EMAIL = "mesure-region@exemple.example"
# What the list shows, read with nothing around it.
_LIST = """
SELECT a.id, a.number, a.title, a.state, a.charges, a.region_asked, t.name, o.name, c.name,
    count(m.id) FILTER (WHERE m.state = 'attendue'), count(s.id), avg(s.weighted),
    min(s.weighted), max(s.weighted)
FROM labelling_amiapplication a JOIN territories_territory t ON t.id = a.territory_id
JOIN territories_organisation o ON o.id = a.organisation_id
JOIN territories_commission c ON c.id = a.commission_id
LEFT JOIN labelling_amiassignment m ON m.application_id = a.id
LEFT JOIN labelling_amiscoresheet s ON s.assignment_id = m.id AND s.released_at IS NOT NULL
WHERE a.call_id = %s GROUP BY a.id, t.name, o.name, c.name ORDER BY a.number
"""
# What a sheet shows: the file, its budget and notes, and how far each bassin of the call is.
_SHEET = (
    "SELECT * FROM labelling_amiapplication WHERE id = %s",
    "SELECT * FROM labelling_amibudgetline WHERE application_id = %s ORDER BY side, position",
    "SELECT * FROM labelling_amiscoresheet WHERE application_id = %s",
    "SELECT v.* FROM labelling_amicoverage v JOIN labelling_amiapplication a ON a.call_id = v.call_id"
    " WHERE a.id = %s",
)


@dataclass(frozen=True)
class Files:
    """A call of few files and a call of many, with a file of each whose instruction is closed."""

    few: int
    many: int
    of_few: int
    of_many: int
    count: int


def calls(place: Place, world: World, port: int, bare_port: int, scale: Scale, report: Report) -> None:
    """List of the files and decision sheet: p50 and p95, and how many statements each takes."""
    files = _write(world, scale.applications)
    _settle(place)
    report.title(f"8. Appel à manifestation d’intérêt ({words(files.count)} dossiers)")
    browser = client.Browser(port)
    browser.log_in(EMAIL, PASSWORD)
    with psycopg.connect(place.worker, autocommit=True) as bare:
        bare.execute("SELECT set_config('app.system', '1', false)")
        for name, route, few, many, statements in (
            ("liste des dossiers", "ami_dossiers_appel", files.few, files.many, (_LIST,)),
            ("fiche de décision", "ami_decision", files.of_few, files.of_many, _SHEET),
        ):
            path = reverse(route, args=[many])
            _page(browser, bare, name, path, (statements, many), (port, bare_port), scale, report)
            counts = [_statements(reverse(route, args=[pk])) for pk in (few, many)]
            report.row(f"{name}, requêtes de plus", float(counts[1] - counts[0]), "", most=0)
            report.note(f"{counts[0]} requêtes pour {FEW} dossiers, {counts[1]} pour {words(files.count)}")


def _page(
    browser: client.Browser,
    bare: psycopg.Connection[tuple[object, ...]],
    name: str,
    path: str,
    asked: tuple[tuple[str, ...], int],
    ports: tuple[int, int],
    scale: Scale,
    report: Report,
) -> None:
    status, _, text = browser.open("GET", path)
    if status != 200 or "AMI-0" not in text:
        raise RuntimeError(f"{path}: {status}")
    port, bare_port = ports
    ask, plain = client.get(path, port, browser.cookie), client.get("/page/", bare_port)
    ours, trivial, read = client.Load(), client.Load(), []
    if scale.warm_up:
        client.run(port, lambda n: ask, total=scale.pages, clients=1)
    for _ in range(max(1, scale.rounds // 2)):
        ours.add(client.run(port, lambda n: ask, total=scale.pages, clients=1))
        trivial.add(client.run(bare_port, lambda n: plain, total=scale.pages, clients=1))
        read += [_ms(bare, *asked) for _ in range(max(1, scale.pages // 4))]
    if set(ours.statuses) != {200}:
        raise RuntimeError(f"unexpected answers: {ours.statuses}")
    ms = [second * 1000 for second in ours.seconds]
    empty = [second * 1000 for second in trivial.seconds]
    report.row(f"{name}, p50", median(ms), "ms", floor=median(empty) + median(read))
    late = quantile(empty, 0.95) + quantile(read, 0.95)
    report.row(f"{name}, p95", quantile(ms, 0.95), "ms", floor=late)
    report.row(f"{name}, p95", quantile(ms, 0.95), "ms", most=150)
    report.note(
        f"plancher : vue triviale {words(median(empty))} ms + lecture nue {words(median(read))} ms ;"
        f" page de {len(text) // 1024} Kio"
    )


def _ms(bare: psycopg.Connection[tuple[object, ...]], statements: tuple[str, ...], key: int) -> float:
    started = time.perf_counter()
    for sql in statements:
        bare.execute(sql.encode(), [key]).fetchall()
    return (time.perf_counter() - started) * 1000


def _write(world: World, count: int) -> Files:
    """The account, and two calls in the region of the measures."""
    from labelling.enums_ami import ApplicationState
    from labelling.models import AmiApplication, AmiCall
    from territories.enums import Role
    from territories.models import Membership, Organisation, Region, Territory, User
    from tests.factories import system
    from tests.labelling.ami_many import many_files
    from tests.labelling.ami_world import make_call

    with system():
        known = User.objects.filter(email=EMAIL).first()
        region = Region.objects.get(pk=_region_of(world))
        if known is None:
            known = User.objects.create(
                email=EMAIL, display_name="Mesure Région", password=make_password(PASSWORD), is_active=True
            )
            Membership.objects.create(
                user=known, role=Role.REGION, region=region, scope_label=region.name, starts_on="2020-01-01"
            )
    found = []
    for size in (FEW, count):
        title = f"Appel de mesure de {size} dossiers"
        with system():
            call = AmiCall.objects.for_system().filter(region=region, title=title).first()
        if call is None:
            call = make_call(region, title=title)
            with system():
                # After the call, which gave its commission to each bassin without one.
                bassins = list(Territory.objects.for_system().filter(region=region))
            many_files(call, bassins, size)
        with system():
            # Their names are taken: the next call has its own.
            named = Organisation.objects.for_system().filter(region=region, name__regex="bassin [0-9]+$")
            named.update(name=Concat("name", Value(f", appel {call.pk}")))
            rows = AmiApplication.objects.for_system().filter(call=call, state=ApplicationState.INSTRUITE)
            closed = rows.order_by("pk").first()
        assert closed is not None
        found.append((call.pk, closed.pk))
    (few, of_few), (many, of_many) = found
    return Files(few, many, of_few, of_many, count)


def _region_of(world: World) -> int:
    from territories.models import Membership
    from tests.factories import system

    with system():
        row = Membership.objects.for_system().get(user__email=world.animation.email)
    assert row.region_id is not None
    return row.region_id


def _settle(place: Place) -> None:
    """What autovacuum does within minutes on a live server."""
    with psycopg.connect(place.owner, autocommit=True) as owner:
        rows = owner.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'labelling_ami%' AND relkind = 'r'"
        )
        for (name,) in rows.fetchall():
            owner.execute(f'VACUUM ANALYZE "{name}"'.encode())


def _statements(path: str) -> int:
    """Statements of one page, its own and those of its frame, as the Region's account."""
    from territories.models import User
    from territories.scopes import open_for

    found = resolve(path)
    with transaction.atomic():
        user = User.objects.get(email=EMAIL)
        request = RequestFactory().get(path)
        request.user = user
        request.actor = open_for(user, None)  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as queries:
            response = found.func(request, *found.args, **found.kwargs)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code}")
    return len(queries)
