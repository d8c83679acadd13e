"""The préfet's decision: its effects shown, one transaction, one officer; certificates anybody checks."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labelling.enums import LabelStatus
from labelling.enums_label import DossierState, PlaceOutcome
from labelling.models import (
    AssociatedPartner,
    LabelCertificate,
    LabelDecision,
    LabelDossier,
    Labellisation,
    LabelPlace,
)
from labelling.services.label import certificates, decision, effects
from labelling.services.label.decision import Act
from labelling.services.label.effects import Outcome
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import plain_date
from territories.models import Site
from tests.conftest import LoginAs
from tests.factories import World, acting_as_role, make_site, make_world, open_week, system
from tests.labelling import label_world
from tests.labelling.label_acts import prefect, with_avis

pytestmark = pytest.mark.django_db
S, P = DossierState, PlaceOutcome
PDF = b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\nstartxref\n9\n%%EOF\n"


@pytest.fixture
def dossier(world: World) -> LabelDossier:
    return with_avis(world, label_world.submitted(world.lille))


@pytest.fixture
def state(world: World, login: LoginAs) -> Client:
    return login(world.users["prefecture"])


def rows_of(dossier: LabelDossier) -> dict[str, LabelPlace]:
    with system():
        rows = LabelPlace.objects.filter(dossier=dossier).select_related("site")
        return {row.site.name: row for row in rows}


def act(dossier: LabelDossier, granted: bool = True, **more: object) -> Act:
    today = timezone.localdate()
    outcomes = {row.pk: Outcome(P.LABELLISE) for row in rows_of(dossier).values()}
    values: dict[str, object] = {
        "granted": granted, "number": "R31-2026-114", "decided_on": today, "starts_on": today,
        "ends_on": today.replace(year=today.year + 3), "reasons": "Motifs de l’acte.", "outcomes": outcomes,
        "file_name": "acte.pdf", "content": PDF,
    }  # fmt: skip
    return Act(**(values | more))  # type: ignore[arg-type]


def labels(site: Site) -> list[tuple[str, str]]:
    with system():
        rows = Labellisation.objects.filter(site=site).order_by("starts_on")
        return [(row.status, row.decision_number) for row in rows]


def typed(dossier: LabelDossier, **more: str) -> dict[str, object]:
    today = timezone.localdate()
    form: dict[str, object] = {
        "sens": "accorder", "decide_le": today.isoformat(), "debut": today.isoformat(),
        "fin": today.replace(year=today.year + 3).isoformat(), "motifs": "",
    }  # fmt: skip
    for row in rows_of(dossier).values():
        form[f"decision-{row.pk}"], form[f"motif-{row.pk}"] = "labellise", ""
    return form | more


def test_what_the_screen_proposes_is_shown_then_confirmed_with_the_act(
    world: World, dossier: LabelDossier, state: Client
) -> None:
    url = reverse("label_decider", args=[dossier.pk])
    page = state.get(url).content.decode()
    assert page.count('<option value="labellise" selected>') == 2
    shown = state.post(url, typed(dossier))
    text = shown.content.decode()
    assert (shown.status_code, "Lieux qui changent" in text) == (200, True)
    with system():
        assert not LabelDecision.objects.filter(dossier=dossier).exists()
    without = state.post(url, typed(dossier) | {"confirme": "1", "numero": ""})
    assert (without.status_code, "Joignez l’acte signé" in without.content.decode()) == (422, True)
    signed = {"confirme": "1", "numero": "R31-2026-114", "fichier": SimpleUploadedFile("acte.pdf", PDF)}
    answer = state.post(url, typed(dossier) | signed)
    assert (answer.status_code, answer.url) == (302, reverse("label_decision", args=[dossier.pk]))  # type: ignore[attr-defined]
    assert labels(world.cio) == labels(world.mission) == [("labellise", "R31-2026-114")]
    read = state.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert "Label accordé" in read
    assert state.get(reverse("label_acte", args=[dossier.pk])).content == PDF


def test_the_form_keeps_everything_when_the_file_is_wrong(
    world: World, dossier: LabelDossier, state: Client
) -> None:
    url = reverse("label_decider", args=[dossier.pk])
    wrong = {"confirme": "1", "numero": "A-1", "fichier": SimpleUploadedFile("acte.pdf", b"MZ programme")}
    answer = state.post(url, typed(dossier) | wrong)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "programme" in text
    assert 'value="A-1"' in text
    back = state.post(url, typed(dossier) | {"modifier": "1"})
    assert (back.status_code, back.content.decode().count('value="labellise" selected')) == (200, 2)


def test_a_place_becomes_a_partner_another_is_refused_with_its_reason(
    world: World, dossier: LabelDossier
) -> None:
    places = rows_of(dossier)
    cio, mission = places[world.cio.name], places[world.mission.name]
    outcomes = {cio.pk: Outcome(P.LABELLISE), mission.pk: Outcome(P.REFUSE)}
    with prefect(world) as by, pytest.raises(Refused) as refusal:
        decision.decide(by=by, dossier=dossier, act=act(dossier, outcomes=outcomes))
    assert refusal.value.field == f"motif-{mission.pk}"
    outcomes[mission.pk] = Outcome(P.ASSOCIE)
    with prefect(world) as by:
        decision.decide(by=by, dossier=dossier, act=act(dossier, outcomes=outcomes))
    assert labels(world.mission) == [("associe", "R31-2026-114")]
    drain()
    with system():
        [partner] = AssociatedPartner.objects.filter(territory=world.lille)
        world.mission.refresh_from_db()
    assert (partner.site_id, partner.motive) == (world.mission.pk, "lieu_non_eligible")
    assert world.mission.direction == partner.direction


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": " "}, "numero"),
        ({"decided_on": timezone.localdate() + datetime.timedelta(1)}, "decide_le"),
        ({"starts_on": timezone.localdate() - datetime.timedelta(1)}, "debut"),
        ({"ends_on": timezone.localdate()}, "fin"),
        ({"ends_on": timezone.localdate() + datetime.timedelta(6 * 366)}, "fin"),
        ({"granted": False, "reasons": ""}, "motifs"),
        ({"content": b"MZ", "file_name": "acte.exe"}, "fichier"),
        ({"content": b"\x89PNG\r\n\x1a\n", "file_name": "acte.png"}, "fichier"),
    ],
)
def test_an_act_that_does_not_hold_together_is_refused_whole(
    world: World, dossier: LabelDossier, change: dict[str, object], field: str
) -> None:
    with prefect(world) as by, pytest.raises(Refused) as refusal:
        decision.decide(by=by, dossier=dossier, act=act(dossier, **change))
    assert refusal.value.field == field
    assert labels(world.cio) == []
    with system():
        dossier.refresh_from_db()
        assert dossier.state == S.AVIS_RENDU


def test_a_refusal_changes_no_place_and_says_why(world: World, dossier: LabelDossier, login: LoginAs) -> None:
    with prefect(world) as by:
        decision.decide(by=by, dossier=dossier, act=act(dossier, granted=False))
    assert labels(world.cio) == []
    page = login(world.users["coordinateur"]).get(reverse("label_decision", args=[dossier.pk]))
    assert "Label refusé" in page.content.decode()
    assert "Motifs de l’acte." in page.content.decode()


def test_no_training_body_and_no_place_without_a_network_is_labelled(
    world: World, dossier: LabelDossier
) -> None:
    with system():
        world.mission.organisation.is_training_body = True
        world.mission.organisation.save()
    with prefect(world) as by, pytest.raises(Refused, match="organisme de formation"):
        decision.decide(by=by, dossier=dossier, act=act(dossier))


def test_the_second_officer_is_told_what_the_first_decided(
    world: World, dossier: LabelDossier, state: Client
) -> None:
    form = typed(dossier)
    with prefect(world) as by:
        decision.decide(by=by, dossier=dossier, act=act(dossier))
        with pytest.raises(Conflict):
            decision.decide(by=by, dossier=dossier, act=act(dossier, number="AUTRE"))
    signed = {"confirme": "1", "numero": "AUTRE", "fichier": SimpleUploadedFile("acte.pdf", PDF)}
    answer = state.post(reverse("label_decider", args=[dossier.pk]), form | signed)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "vient d’être décidé par quelqu’un d’autre" in text
    assert "R31-2026-114" in text


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_one_wins(transactional_db: None) -> None:
    world = make_world()
    dossier = with_avis(world, label_world.submitted(world.lille))

    def one(number: str) -> str:
        try:
            with transaction.atomic(), prefect(world) as by:
                decision.decide(by=by, dossier=dossier, act=act(dossier, number=number))
            return number
        except decision.AlreadyDecided as error:
            return f"après {error.decision.number}"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(one, ("A-1", "A-2")))
    winner = next(word for word in told if not word.startswith("après"))
    assert told == sorted([winner, f"après {winner}"])
    with transaction.atomic(), system():
        assert set(Labellisation.objects.values_list("decision_number", flat=True)) == {winner}


def drain() -> None:
    with acting_as_role("spo_worker"):
        while outbox.drain():
            pass


def certified(world: World, dossier: LabelDossier) -> LabelCertificate:
    with prefect(world) as by:
        decision.decide(by=by, dossier=dossier, act=act(dossier))
    drain()
    with system():
        assert LabelCertificate.objects.count() == 2
        return LabelCertificate.objects.select_related("label").get(site=world.cio)


def test_each_labelled_place_has_its_certificate_and_anybody_checks_it(
    world: World, dossier: LabelDossier, login: LoginAs
) -> None:
    row = certified(world, dossier)
    assert bytes(row.pdf).startswith(b"%PDF-")
    drain()
    url = reverse("label_certificat", args=[row.pk])
    assert login(world.users["referent"]).get(url).content == bytes(row.pdf)
    assert login(world.users["coordinateur_douai"]).get(url).status_code == 404
    nobody = Client()
    page = nobody.get(reverse("label_verifier", args=[certificates.grouped(row.code).lower()]))
    text = page.content.decode()
    assert (page.status_code, "Label en vigueur" in text, "R31-2026-114" in text) == (200, True, True)
    for account in world.users.values():
        assert account.display_name not in text
    other = nobody.get(reverse("label_verifier", args=["2" * 12]))
    assert (other.status_code, "Aucun certificat" in other.content.decode()) == (404, True)
    sent = nobody.get(reverse("label_verifier_code"), {"code": row.code})
    assert sent.status_code == 302
    assert nobody.get(reverse("label_verifier_code"), {"code": "0O"}).status_code == 422
    assert nobody.get(reverse("label_verifier_code"), {"code": ""}).status_code == 422
    assert nobody.get(reverse("label_verifier_code")).status_code == 200


def test_a_certificate_says_when_its_label_has_ended(world: World, dossier: LabelDossier) -> None:
    row = certified(world, dossier)
    yesterday = timezone.localdate() - datetime.timedelta(1)
    with system():
        Labellisation.objects.filter(pk=row.label_id).update(starts_on=yesterday, ends_on=yesterday)
    found = certificates.verify(row.code)
    assert found is not None
    assert (found.valid, found.replaced, found.ends_on) == (False, False, yesterday)


def test_the_certificate_of_an_earlier_decision_names_the_later_one(
    world: World, dossier: LabelDossier
) -> None:
    """Renewed, the place is labelled by another act: the sheet still on its wall does not say it is not."""
    row, today = certified(world, dossier), timezone.localdate()
    yesterday, until = today - datetime.timedelta(1), today + datetime.timedelta(1800)
    with system():
        Labellisation.objects.filter(pk=row.label_id).update(starts_on=yesterday, ends_on=yesterday)
        old = row.label
        Labellisation.objects.create(
            region_id=old.region_id, territory_id=old.territory_id, site_id=old.site_id, source="essai",
            status=old.status, starts_on=today, ends_on=until, decision_number="R31-2026-200",
        )  # fmt: skip
    page = Client().get(reverse("label_verifier", args=[row.code])).content.decode()
    assert ("Certificat remplacé" in page, "Label terminé" in page) == (True, False)
    assert plain_date(until) in page


def test_codes_are_throttled(world: World) -> None:
    nobody = Client()
    answers = [nobody.get(f"/label/verifier/{n:012d}/").status_code for n in range(32)]
    assert answers[-1] == 429


def test_an_amendment_changes_the_places_it_names_only(world: World, dossier: LabelDossier) -> None:
    """A place closes, another opens: the third keeps its dates and its certificate."""
    with prefect(world) as by:
        decision.decide(by=by, dossier=dossier, act=act(dossier))
    with system():
        extra = make_site(world.lille, "Pôle emploi de Lille", world.reseaux["POLE_EMPLOI"])
        Site.objects.filter(pk=world.mission.pk).update(active=False)
        # The label began some days ago.
        Labellisation.objects.update(starts_on=timezone.localdate() - datetime.timedelta(20))
    with system():
        open_week(extra)
    amendment = label_world.ready_dossier(
        world.lille, kind="modification", parent=dossier, purpose="Un lieu ferme, un autre ouvre."
    )
    label_world.send(amendment)
    with_avis(world, amendment)
    with prefect(world) as by:
        places = decision.places_of(by, amendment)
        standing = effects.standing_of(by, [row.site_id for row in places], timezone.localdate())
        outcomes = {row.pk: effects.proposed_outcome(row, standing.get(row.site_id)) for row in places}
        wanted = act(amendment, outcomes=outcomes, number="R31-2026-200")
        planned = decision.preview(by=by, dossier=amendment, act=wanted)
        assert {one.place.site.name for one in planned if one.changes} == {world.mission.name, extra.name}
        decision.decide(by=by, dossier=amendment, act=wanted)
    assert labels(world.cio) == [("labellise", "R31-2026-114")]
    assert labels(extra) == [("labellise", "R31-2026-200")]
    with system():
        ended = Labellisation.objects.get(site=world.mission)
        assert ended.ends_on == timezone.localdate() - datetime.timedelta(1)
        assert ended.status == LabelStatus.LABELLISE


@pytest.mark.parametrize("key", ["coordinateur", "animation", "region", "referent", "administrateur"])
def test_round_the_services_nobody_else_records_an_act(world: World, dossier: LabelDossier, key: str) -> None:
    world.actor(key)
    with pytest.raises((ProgrammingError, DatabaseError)), transaction.atomic():
        LabelDecision(
            dossier=dossier, granted=False, number="A", decided_on=timezone.localdate(), reasons="Motif",
            file_name="a.pdf", content=b"x", sha256="0" * 64, recorded_by_label="x",
        ).save(force_insert=True)  # fmt: skip


def test_the_number_of_the_dossier_is_on_the_decision_page(
    world: World, dossier: LabelDossier, state: Client
) -> None:
    with prefect(world) as by:
        decision.decide(by=by, dossier=dossier, act=act(dossier))
    page = state.get(reverse("label_decision", args=[dossier.pk])).content.decode()
    assert re.search(rf"dossier <span class=\"nowrap\">{dossier.number}", page)
