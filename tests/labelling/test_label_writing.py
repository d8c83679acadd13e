"""A territory writes its dossier of label: opening, texts, files, submission (domain § 6)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from labelling.enums_label import DossierKind, DossierState, LabelSectionKey, PlaceProposal
from labelling.models import LabelDossier, LabelPlace, LabelSection
from labelling.services.label import attachments, completeness, sections, submission
from labelling.services.label.material import material_of
from labelling.services.label.opening import open_dossier
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.texts import TextConflict
from territories.models import Site
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.ami_after import photo
from tests.labelling.label_world import (
    coordinator,
    fill_texts,
    make_dossier,
    make_places,
    ready_dossier,
    send,
    signed_convention,
    submitted,
)

T = LabelSectionKey.TERRITOIRE


def kept(dossier: LabelDossier) -> LabelDossier:
    with system():
        return LabelDossier.objects.for_system().select_related("territory", "region").get(pk=dossier.pk)


def test_a_ready_dossier_is_submitted_with_what_was_found(world: World) -> None:
    dossier = submitted(world.lille)
    assert dossier.state == DossierState.DEPOSE
    assert dossier.number.startswith("LAB-LIL-")
    assert dossier.convention_id == signed_convention(world.lille).pk
    with system():
        rows = list(LabelPlace.objects.for_system().filter(dossier=dossier))
    assert {row.proposal for row in rows} == {PlaceProposal.LABEL}
    assert all(row.eligibility["eligible"] and len(row.grid) == 6 for row in rows)
    assert dossier.figures["lignes"]


def test_what_was_found_stays_once_submitted(world: World) -> None:
    """The week of a place changes after the submission: the dossier shows what it was."""
    dossier = submitted(world.lille)
    with system():
        world.cio.slots.update(walk_in=False)
    with coordinator(world.lille) as by:
        ground = material_of(by=by, dossier=kept(dossier)).ground
    line = next(one for one in ground.lines if one.site.pk == world.cio.pk)
    assert line.frozen
    assert line.eligibility.eligible
    assert line.eligibility.percent.startswith("100")


# ---- Opening


def test_a_second_opening_finds_the_first(world: World) -> None:
    assert make_dossier(world.lille).pk == make_dossier(world.lille).pk


def test_another_kind_is_refused_while_one_is_open(world: World) -> None:
    make_dossier(world.lille)
    with coordinator(world.lille) as by, pytest.raises(Refused, match="déjà ouvert"):
        open_dossier(by=by, territory=world.lille, kind=DossierKind.RENOUVELLEMENT)


@pytest.mark.parametrize("kind", [DossierKind.RENOUVELLEMENT, DossierKind.MODIFICATION])
def test_nothing_to_renew_without_a_label(world: World, kind: str) -> None:
    with coordinator(world.lille) as by, pytest.raises(Refused, match="première demande"):
        open_dossier(by=by, territory=world.lille, kind=kind, purpose="Un lieu ferme à la rentrée.")


def test_a_modification_says_what_changes(world: World) -> None:
    with coordinator(world.lille) as by, pytest.raises(Refused, match="ce qui change"):
        open_dossier(by=by, territory=world.lille, kind=DossierKind.MODIFICATION, purpose="  ")


def test_a_region_of_the_other_regime_opens_nothing(world: World) -> None:
    with coordinator(world.niort) as by, pytest.raises(Refused, match="régime"):
        open_dossier(by=by, territory=world.niort)


def test_a_coordinator_opens_for_its_own_territory(world: World) -> None:
    with coordinator(world.douai) as by, pytest.raises(PermissionDenied):
        open_dossier(by=by, territory=world.lille)


@pytest.mark.parametrize("key", ["referent", "animation", "prefecture", "charge_mission", "conseiller"])
def test_nobody_else_opens(world: World, key: str) -> None:
    with pytest.raises(PermissionDenied):
        open_dossier(by=world.actor(key), territory=world.lille)


# ---- Texts


def test_two_writers_of_a_text_are_told(world: World) -> None:
    dossier = make_dossier(world.lille)
    with coordinator(world.lille) as by:
        sections.save_section(by=by, dossier=dossier, key=T, text="Le premier texte.", seen=0)
        with pytest.raises(TextConflict) as caught:
            sections.save_section(by=by, dossier=dossier, key=T, text="Le second texte.", seen=0)
        assert caught.value.stored.text == "Le premier texte."
        assert caught.value.typed == "Le second texte."
        # The same text again is no conflict and writes nothing.
        again = sections.save_section(by=by, dossier=dossier, key=T, text="Le premier texte.", seen=0)
    assert again.version == 1


@pytest.mark.parametrize("text", ["a" * 12_001, "mot\x00caché", "sens \u202einverse"])
def test_a_hostile_text_is_refused(world: World, text: str) -> None:
    dossier = make_dossier(world.lille)
    with coordinator(world.lille) as by, pytest.raises(Refused):
        sections.save_section(by=by, dossier=dossier, key=T, text=text, seen=0)


def test_markup_typed_is_shown_as_typed(world: World, login: LoginAs) -> None:
    dossier = make_dossier(world.lille)
    with coordinator(world.lille) as by:
        sections.save_section(by=by, dossier=dossier, key=T, text="<script>alert(1)</script>", seen=0)
    page = login(world.users["coordinateur"]).get(reverse("label_dossier", args=[dossier.pk]))
    assert "<script>alert(1)" not in page.content.decode()
    assert "&lt;script&gt;alert(1)" in page.content.decode()


# ---- Files


def test_a_file_is_joined_once_and_removed(world: World) -> None:
    dossier = make_dossier(world.lille)
    with coordinator(world.lille) as by:
        one = attachments.add_file(by=by, dossier=dossier, title="", name="plan.png", content=photo("red"))
        two = attachments.add_file(
            by=by, dossier=dossier, title="Encore", name="autre.png", content=photo("red")
        )
        assert one.pk == two.pk
        assert one.title == "plan"
        attachments.remove_file(by=by, dossier=dossier, attachment=one)
        assert material_of(by=by, dossier=dossier).attachments == []


def test_a_program_is_no_file(world: World) -> None:
    dossier = make_dossier(world.lille)
    with coordinator(world.lille) as by, pytest.raises(Refused, match="programme"):
        attachments.add_file(by=by, dossier=dossier, title="Plan", name="plan.pdf", content=b"MZ\x90\x00")


# ---- Completeness and submission


def missing(dossier: LabelDossier) -> list[str]:
    with coordinator(dossier.territory) as by:
        found = completeness.completeness_of(material_of(by=by, dossier=dossier))
    return [gap.text for gap in found.missing]


def test_an_empty_draft_lacks_everything(world: World) -> None:
    found = missing(make_dossier(world.lille))
    assert len(found) == 8
    assert "Proposez au moins un lieu au label." in found
    assert "Aucune convention multipartite n’est ouverte pour le territoire." in found


def test_a_draft_that_lacks_something_is_not_submitted(world: World) -> None:
    dossier = make_dossier(world.lille)
    fill_texts(dossier)
    with coordinator(world.lille) as by, pytest.raises(Refused, match="2\u00a0points"):
        submission.submit(by=by, dossier=dossier)
    assert kept(dossier).state == DossierState.BROUILLON


def test_a_place_is_needed_that_meets_every_condition(world: World) -> None:
    dossier = ready_dossier(world.lille)
    with system():
        Site.objects.for_system().filter(territory=world.lille).update(wheelchair="")
    assert missing(dossier) == [
        "Aucun des lieux proposés ne remplit les conditions du label : il en faut un."
    ]


def test_a_place_closed_since_must_leave(world: World) -> None:
    dossier = ready_dossier(world.lille)
    with system():
        Site.objects.for_system().filter(pk=world.mission.pk).update(active=False)
    assert missing(dossier) == ["Mission locale de Lille ne peut plus être labellisé : retirez-le."]


def test_a_second_click_finds_it_submitted(world: World) -> None:
    dossier = submitted(world.lille)
    again = send(dossier)
    assert again.submitted_at == dossier.submitted_at
    assert again.number == dossier.number


def test_nothing_is_written_once_submitted(world: World) -> None:
    dossier = submitted(world.lille)
    with coordinator(world.lille) as by:
        with pytest.raises(Refused, match="plus ouverte"):
            sections.save_section(by=by, dossier=dossier, key=T, text="Trop tard.", seen=1)
        with pytest.raises(Refused, match="plus ouverte"):
            attachments.add_file(by=by, dossier=dossier, title="", name="plan.png", content=photo("red"))


def test_a_dossier_given_up_says_why_and_leaves_room(world: World) -> None:
    dossier = make_dossier(world.lille)
    with coordinator(world.lille) as by:
        with pytest.raises(Refused, match="pourquoi"):
            submission.abandon(by=by, dossier=dossier, reason="")
        submission.abandon(by=by, dossier=dossier, reason="Le calendrier a changé.")
        with pytest.raises(Conflict):
            submission.submit(by=by, dossier=dossier)
    assert make_dossier(world.lille).pk != dossier.pk


def test_the_figures_are_those_of_the_day(world: World) -> None:
    dossier = submitted(world.lille)
    make_places(world.lille, 3)
    rows = {row[0]: row for row in kept(dossier).figures["lignes"]}
    assert rows["lieux"][2].startswith("2,")
    assert rows["communes"][3].startswith("Elle réunit 1")


def test_the_sections_of_a_submitted_dossier_stay(world: World) -> None:
    dossier = submitted(world.lille)
    with system():
        assert LabelSection.objects.for_system().filter(dossier=dossier).count() == len(LabelSectionKey)


def test_a_place_nobody_decided_of_is_kept_out_of_the_dossier(world: World) -> None:
    dossier = ready_dossier(world.lille)
    (late,) = make_places(world.lille, 1)
    send(dossier)
    with system():
        row = LabelPlace.objects.for_system().get(dossier=dossier, site=late)
    assert row.proposal == PlaceProposal.ECARTE
    assert row.eligibility["eligible"]
    with coordinator(world.lille) as by:
        networks = material_of(by=by, dossier=kept(dossier)).ground.networks
    assert sum(one.existing for one in networks) == 3
    assert sum(one.proposed for one in networks) == 2


# ---- Screens


def test_a_figure_goes_into_the_text_without_scripts(world: World, login: LoginAs) -> None:
    dossier = make_dossier(world.lille)
    client = login(world.users["coordinateur"])
    url = reverse("label_partie", args=[dossier.pk, T])
    page = client.get(url).content.decode()
    assert "Insee" in page
    client.post(url, {"texte": "Notre territoire.", "version": "0", "inserer": "communes"})
    with system():
        row = LabelSection.objects.for_system().get(dossier=dossier, key=T)
    assert row.text == "Notre territoire.\nElle réunit 1 commune."
    # An unknown figure adds nothing.
    client.post(url, {"texte": row.text, "version": "1", "inserer": "inconnue"})
    with system():
        assert LabelSection.objects.for_system().get(pk=row.pk).version == 1


def test_a_text_saved_as_it_is_typed(world: World, login: LoginAs) -> None:
    dossier = make_dossier(world.lille)
    client = login(world.users["coordinateur"])
    url = reverse("label_partie", args=[dossier.pk, T])
    htmx = {"HX-Request": "true"}
    first = client.post(url, {"texte": "Un début.", "version": "0"}, headers=htmx)
    assert 'value="1"' in first.content.decode()
    stale = client.post(url, {"texte": "Un autre.", "version": "0"}, headers=htmx)
    assert stale.status_code == 409
    assert "Un début." in stale.content.decode()


def test_the_dossier_is_submitted_from_its_page_once(world: World, login: LoginAs) -> None:
    dossier = ready_dossier(world.lille)
    client = login(world.users["coordinateur"])
    url = reverse("label_deposer", args=[dossier.pk])
    assert client.post(url).status_code == 422
    receipt = client.post(url, {"certifie": "oui"}, follow=True).content.decode()
    assert "LAB-LIL-" in receipt
    assert client.post(url, {"certifie": "oui"}).status_code == 302
    assert "Procédure" in client.get(reverse("label_dossier", args=[dossier.pk])).content.decode()


def test_a_dossier_is_opened_from_the_list(world: World, login: LoginAs) -> None:
    client = login(world.users["coordinateur"])
    assert "Préparer la demande" in client.get(reverse("label_dossiers")).content.decode()
    assert client.get(reverse("label_nouveau")).status_code == 405
    opened = client.post(reverse("label_nouveau"), {"nature": "initiale"})
    assert opened.status_code == 302
    again = client.post(reverse("label_nouveau"), {"nature": "initiale"}, follow=True)
    assert "déjà ouvert" in again.content.decode()
    refused = client.post(reverse("label_nouveau"), {"nature": "modification", "objet": ""})
    assert refused.status_code == 422
