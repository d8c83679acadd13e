"""A territory writes its dossier of label: opening, texts, places, submission (domain § 6)."""


from labelling.enums_label import DossierState, PlaceProposal
from labelling.models import LabelPlace
from tests.factories import World, system
from tests.labelling.label_world import make_dossier, submitted


def test_a_ready_dossier_is_submitted_with_what_was_found(world: World) -> None:
    dossier = submitted(world.lille)
    assert dossier.state == DossierState.DEPOSE
    assert dossier.number.startswith("LAB-LIL-")
    with system():
        rows = list(LabelPlace.objects.for_system().filter(dossier=dossier))
    assert {row.proposal for row in rows} == {PlaceProposal.LABEL}
    assert all(row.eligibility["eligible"] and len(row.grid) == 6 for row in rows)
    assert dossier.figures["lignes"]


def test_a_second_opening_finds_the_first(world: World) -> None:
    assert make_dossier(world.lille).pk == make_dossier(world.lille).pk
