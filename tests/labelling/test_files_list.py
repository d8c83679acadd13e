"""The list of a call's files: who reads what, filters, orders, exports, one count of queries."""

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from labelling.models import AmiApplication
from labelling.services import files_filter, files_list
from labelling.services.files_filter import Filters
from territories.models import Territory
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_instruction import (
    Account,
    admitted,
    close,
    confide,
    make_charge,
    make_officer,
    note,
)
from tests.labelling.ami_many import many_files
from tests.labelling.ami_world import acting, make_application, make_call, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(world: World) -> Account:
    return world.users["region"], world.memberships["region"]


def bassins(world: World) -> list[Territory]:
    with system():
        return list(Territory.objects.filter(region=world.region).order_by("pk"))


def rows(account: Account, call, **filters: object):  # type: ignore[no-untyped-def]
    with acting(*account) as by:
        return files_filter.choose(files_list.rows_of(by, call), Filters(**filters))


def test_each_reader_has_the_files_it_may_know_of(world: World, region: Account) -> None:
    call = make_call(world.region)
    mine, other = admitted(call, world.lille, region), admitted(call, world.douai, region)
    draft = make_application(call, world.lille, title="Un projet secret")
    charge = make_charge(world.douai)
    confide(mine, region, charge)
    with system():
        make_second = AmiApplication.objects.select_related("commission").get(pk=other.pk)
    member = make_member(make_second.commission)
    seen = rows(region, call)
    assert [row.pk for row in seen] == [mine.pk, other.pk, draft.pk]
    line = seen[-1]
    assert (line.draft, line.title, line.asked, line.charges) == (True, "", None, None)
    assert [row.pk for row in rows(charge, call)] == [mine.pk]
    assert {row.pk for row in rows(member, call)} <= {mine.pk, other.pk}
    assert rows(make_officer(world.other_region), call) == []


def test_means_and_ranks_come_with_the_end_of_the_instruction(world: World, region: Account) -> None:
    call = make_call(world.region)
    files = [admitted(call, world.lille, region) for _ in range(3)]
    first, second = make_officer(world.region), make_officer(world.region)
    for application, values in zip(files, ((2, 2), (5, 1), (4, 4)), strict=True):
        confide(application, region, first, second)
        note(application, first, values[0])
        if application is not files[2]:
            note(application, second, values[1])
            close(application, region)
    seen = {row.pk: row for row in rows(region, call)}
    assert (seen[files[0].pk].mark.mean, seen[files[0].pk].place.rank) == (200, 2)
    assert (seen[files[1].pk].mark.mean, seen[files[1].pk].place.rank) == (300, 1)
    assert seen[files[1].pk].mark.wide
    assert (seen[files[2].pk].mark, seen[files[2].pk].place, seen[files[2].pk].given) == (None, None, 1)
    by_mean = [row.pk for row in rows(region, call, tri="-moyenne")]
    assert by_mean == [files[1].pk, files[0].pk, files[2].pk]
    assert [row.pk for row in rows(region, call, notes="ecart")] == [files[1].pk]
    known = {row.pk: row for row in rows(first, call)}
    assert known[files[2].pk].mark.released is False
    assert known[files[2].pk].place is None


def test_a_chargé_reads_the_state_it_may_know(world: World, region: Account) -> None:
    call = make_call(world.region)
    application = admitted(call, world.lille, region)
    charge = make_charge(world.lille)
    confide(application, region, charge)
    note(application, charge, 3)
    close(application, region)
    (line,) = rows(charge, call)
    assert (line.state, line.state_words, line.mark.mean) == ("recevable", "En instruction", 300)
    assert rows(charge, call, etat="instruite") == []


def test_filters_and_orders_follow_what_is_shown(world: World, region: Account) -> None:
    call = make_call(world.region)
    many_files(call, bassins(world), 40)
    everything = rows(region, call)
    assert len(everything) == 40
    assert all(row.state == "deposee" for row in rows(region, call, etat="deposee"))
    lille = rows(region, call, bassin=world.lille.pk)
    assert lille
    assert {row.bassin_id for row in lille} == {world.lille.pk}
    assert [row.number for row in rows(region, call, q="ami-0007 BASSIN")] == ["AMI-0007"]
    for name in files_filter.SORTS:
        up, down = rows(region, call, tri=name), rows(region, call, tri=f"-{name}")
        assert {row.pk for row in up} == {row.pk for row in down} == {row.pk for row in everything}
    asked = [row.asked for row in rows(region, call, tri="-demande") if row.asked is not None]
    assert asked == sorted(asked, reverse=True)
    means = [row.mark.mean for row in rows(region, call, tri="moyenne") if row.mark]
    assert means == sorted(means)
    assert all(row.mark.released for row in everything if row.mark)


def test_an_address_someone_typed_is_ignored_and_said(world: World, region: Account, login: LoginAs) -> None:
    call = make_call(world.region)
    page = reverse("ami_dossiers_appel", args=[call.pk])
    client = login(*region)
    assert "Aucun dossier pour l’instant" in client.get(page).content.decode()
    many_files(call, bassins(world), 3)
    for query in ("etat=inconnu", "tri=secret", "commission=x", "bassin=99999999999999999999", "notes=1"):
        shown = client.get(f"{page}?{query}")
        assert shown.status_code == 200
        assert "n’a pas été comprise" in shown.content.decode()
    assert client.get(f"{page}?page=99&q=%00").status_code == 200
    fragment = client.get(page, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content


def test_as_many_queries_for_one_file_as_for_many(world: World, region: Account, login: LoginAs) -> None:
    call = make_call(world.region)
    client = login(*region)
    page = reverse("ami_dossiers_appel", args=[call.pk])
    counts = []
    for more in (1, 119):
        many_files(call, bassins(world), more)
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{page}?tri=-moyenne").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    with acting(*region) as by, CaptureQueriesContext(connection) as queries:
        files_list.rows_of(by, call)
    assert len(queries) == 5


def test_the_exports_carry_the_rows_of_the_list(world: World, region: Account, login: LoginAs) -> None:
    call = make_call(world.region)
    many_files(call, bassins(world), 60)
    client = login(*region)
    csv = reverse("ami_dossiers_export", args=[call.pk, "csv"])
    text = b"".join(client.get(f"{csv}?etat=instruite&tri=-moyenne").streaming_content).decode("utf-8-sig")
    shown = rows(region, call, etat="instruite", tri="-moyenne")
    assert [line.split(";")[0].strip('"') for line in text.splitlines()[1:]] == [row.number for row in shown]
    xlsx = reverse("ami_dossiers_export", args=[call.pk, "xlsx"])
    book = load_workbook(io.BytesIO(b"".join(client.get(xlsx).streaming_content)))
    lines = list(book["Dossiers"].iter_rows(values_only=True))
    closed = [line for line in lines if line[5] == "Instruite"]
    assert closed
    assert all(line[11] is not None for line in closed)
    assert all(line[11] is None for line in lines if line[5] == "Recevable")
    assert client.get(reverse("ami_dossiers_export", args=[call.pk, "ods"])).status_code == 404


def test_who_has_no_list_is_told_so(world: World, region: Account, login: LoginAs) -> None:
    call = make_call(world.region)
    page = reverse("ami_dossiers_appel", args=[call.pk])
    for key, status in (("conseiller", 403), ("animation", 403), ("charge_mission", 200), ("region", 200)):
        assert login(world.users[key], world.memberships[key]).get(page).status_code == status
    far = make_officer(world.other_region)
    foreign = make_call(world.other_region, open=False)
    assert login(*region).get(reverse("ami_dossiers_appel", args=[foreign.pk])).status_code == 404
    assert login(*far).get(page).status_code == 404
