"""What the places received goes into a dossier of label as everybody reads it (domain § 8)."""

from django.utils import timezone

from dashboards.enums import Audience
from labelling.services.label.figures import CONTACTS, figures_of
from tests.dashboards.releases import SMALL, make_release
from tests.factories import World
from tests.labelling.label_world import coordinator


def test_small_counts_stay_hidden_in_what_leaves_the_territory(world: World) -> None:
    """Six re-oriented: read inside the territory, hidden outside, so hidden in its dossier."""
    year = timezone.localdate().year
    inside = {"y": {"contacts": {"": 120}, "issue": {"reoriente": 6, "sur_place": 114}}}
    outside = {"y": {"contacts": {"": 120}, "issue": {"reoriente": SMALL, "sur_place": SMALL}}}
    make_release(world.lille, year=year, cells=inside)
    make_release(world.lille, year=year, cells=outside, audience=Audience.OUTSIDE)
    with coordinator(world.lille) as by:
        found = [one for one in figures_of(by=by, territory=world.lille) if one.source == CONTACTS]
    received, reoriented = found
    assert received.value == "120"
    assert received.sentence == f"Personnes reçues en {year} : 120."
    assert reoriented.value == "masqué"
    assert reoriented.why
    assert not reoriented.sentence
    assert received.on == "10\u00a0novembre 2026"
