"""The menu: pages of one subject share an entry, and a second row on their own pages."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import LoginAs
from tests.factories import World


@pytest.mark.parametrize("key", ["coordinateur", "animation", "referent", "region", "prefecture"])
def test_nobody_reads_more_than_ten_entries(world: World, login: LoginAs, key: str) -> None:
    client: Client = login(world.users[key])
    answer = client.get(reverse("annuaire"))
    assert len(answer.context["nav_items"]) <= 10


def test_the_pages_of_a_subject_are_on_its_second_row(world: World, login: LoginAs) -> None:
    client: Client = login(world.users["coordinateur"])
    answer = client.get(reverse("couverture_labels"))
    row = answer.context["nav_row"]
    assert row.label == "Labels"
    assert [item.label for item in row.children] == ["Labels", "Conventions", "Couverture"]
    assert [item.label for item in row.children if item.current] == ["Couverture"]
    assert 'aria-label="Labels"' in answer.content.decode()


def test_a_subject_with_one_page_is_that_page(world: World, login: LoginAs) -> None:
    client: Client = login(world.users["coordinateur"])
    labels = [item.label for item in client.get(reverse("annuaire")).context["nav_items"]]
    assert "Labels" in labels
    assert "Conventions" not in labels


def test_no_word_of_label_where_there_is_none(world: World, login: LoginAs) -> None:
    client: Client = login(world.users["animation_niort"])
    items = client.get(reverse("annuaire")).context["nav_items"]
    words = [item.label for item in items] + [one.label for item in items for one in item.children]
    assert not {"Labels", "Conventions"} & set(words)
