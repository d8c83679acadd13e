"""Hostile forms of the label and the convention: dates of no calendar, keys of others, NUL, huge texts."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labelling.models import AssociatedPartner, LabelDossier, LabelPlace
from labelling.services.label.decision import Act, check_dates
from labelling.services.recording import end_of_label
from spo_portal.kernel.errors import Refused
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling.convention_world import make_convention
from tests.labelling.label_acts import labelled, started, with_avis
from tests.labelling.label_world import make_dossier, submitted

pytestmark = pytest.mark.django_db
DAYS = (
    "0001-01-01",
    "0001-01-02",
    "9999-12-31",
    "9995-06-01",
    "0000-00-00",
    "2026-02-30",
    "99999-1-1",
    "\x00",
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\nstartxref\n9\n%%EOF\n"
HUGE = "x" * 1_000_000


@pytest.mark.parametrize("day", [datetime.date.min, datetime.date.max, datetime.date(9996, 2, 29)])
def test_a_label_of_no_calendar_is_refused(day: datetime.date) -> None:
    assert end_of_label(day) <= datetime.date.max
    end = max(day, datetime.date.min + datetime.timedelta(1))
    with pytest.raises(Refused):
        check_dates(Act(granted=True, number="A", decided_on=day, starts_on=day, ends_on=end))
    # A far start after an act of today is measured, not a fault.
    far = Act(granted=True, number="A", decided_on=timezone.localdate(), starts_on=day, ends_on=end)
    with pytest.raises(Refused):
        check_dates(far)


def well(client: Client, url: str, data: dict[str, object]) -> int:
    """Status of a post that may be refused, and is never a fault."""
    status = client.post(url, data).status_code
    assert status < 500, (url, {k: str(v)[:30] for k, v in data.items()})
    return status


@pytest.mark.parametrize("day", DAYS)
def test_the_acts_of_the_prefecture_with_any_day(world: World, login: LoginAs, day: str) -> None:
    dossier = submitted(world.lille)
    state = login(world.users["prefecture"])
    ask = {"parties": ["lieux", "inconnue"], "texte": "Précisez les horaires.", "jour": day}
    assert well(state, reverse("label_complement", args=[dossier.pk]), ask) != 302
    with_avis(world, dossier)
    with system():
        places = list(LabelPlace.objects.for_system().filter(dossier=dossier))
    outcomes = {f"decision-{row.pk}": "labellise" for row in places}
    today = timezone.localdate().isoformat()
    for made, start, end in (
        (day, day, day),
        (day, day, "0001-01-02"),
        (today, "9996-01-01", "9999-12-31"),
        (today, today, day),
        (day, day, "2030-12-01"),
    ):
        act = {"sens": "accorder", "decide_le": made, "debut": start, "fin": end, "motifs": ""} | outcomes
        well(state, reverse("label_decider", args=[dossier.pk]), act)
        signed = {"confirme": "1", "numero": "A-1", "fichier": SimpleUploadedFile("a.pdf", PDF)}
        well(state, reverse("label_decider", args=[dossier.pk]), act | signed)
        for url in (reverse("label_procedure", args=[dossier.pk]), reverse("label_calendrier")):
            assert state.get(url).status_code == 200


@pytest.mark.parametrize("day", DAYS)
def test_a_withdrawal_with_any_day(world: World, login: LoginAs, day: str) -> None:
    row = started(world, world.cio)
    state = login(world.users["prefecture"])
    for act in ("demander_avis", "rendre_avis", "retirer", "renoncer", "inconnu", "\x00"):
        data = {"acte": act, "sens": "retirer", "numero": "A", "dernier_jour": day, "motifs": "Motifs longs."}
        well(state, reverse("label_retrait", args=[row.pk]), data)


@pytest.mark.parametrize("day", DAYS)
def test_a_partner_and_a_convention_with_any_day(world: World, login: LoginAs, day: str) -> None:
    keeper = login(world.users["coordinateur"])
    data = {
        "lieu": str(world.cio.pk),
        "sens": "destinataire",
        "depuis": day,
        "signee_le": day,
        "jusqu_au": day,
    }
    well(keeper, reverse("partenaire_nouveau"), data)
    with system():
        made = AssociatedPartner.objects.for_system().first()
    if made is not None:
        well(keeper, reverse("partenaire_finir", args=[made.pk]), {"le": day, "motif": "Fin du partenariat."})
        well(keeper, reverse("partenaire_modifier", args=[made.pk]), data | {"version": "1"})
    assert keeper.get(reverse("partenaires")).status_code == 200
    convention = make_convention(world, shown=False).convention
    facts = {"title": "Convention", "contact": "c@exemple.example", "starts_on": day, "ends_on": day}
    well(keeper, reverse("convention_reglages", args=[convention.pk]), facts)
    for url in ("convention", "convention_texte", "convention_parties"):
        assert keeper.get(reverse(url, args=[convention.pk])).status_code == 200
    assert keeper.get(reverse("conventions")).status_code == 200


TEXTS = ("\x00", "a\x00b", HUGE, "\ud7ff" * 10, "‮" * 50, "<script>alert(1)</script>", "\r\nBcc: x@y.example")


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_hostile_texts_are_refused_or_kept_as_text(world: World, login: LoginAs, text: str) -> None:
    keeper = login(world.users["coordinateur"])
    dossier = make_dossier(world.lille)
    well(keeper, reverse("label_partie", args=[dossier.pk, "offre"]), {"texte": text, "version": "0"})
    place = {"lieu": str(world.cio.pk), "proposition": "associe", "sens": "destinataire", "note": text}
    well(keeper, reverse("label_partie", args=[dossier.pk, "lieux"]), place | {"version": "0"})
    well(keeper, reverse("label_abandonner", args=[dossier.pk]), {"motif": text, "comment": text})
    data = {"lieu": world.cio.pk, "sens": "destinataire", "depuis": "2026-01-01", "conditions": text}
    well(keeper, reverse("partenaire_nouveau"), data)
    convention = make_convention(world, shown=False)
    for name in ("convention_reglages", "convention_texte"):
        data = {"title": text, "contact": "c@exemple.example", "text": text, "texte": text}
        well(keeper, reverse(name, args=[convention.convention.pk]), data)
    party = convention.parties[0]
    well(keeper, reverse("convention_partie", args=[convention.convention.pk, party.pk]),
         {"capacity": "elu", "function": text, "email": f"a{text[:20]}@exemple.example"})  # fmt: skip
    for name in ("label_dossiers", "partenaires", "conventions", "label_calendrier"):
        page = keeper.get(reverse(name))
        assert page.status_code == 200
        assert b"<script>alert" not in page.content


KEYS = ("0", "-1", "9" * 30, "abc", "1e3", "", "\x00", "1 OR 1=1")


def test_keys_of_others_change_nothing(world: World, login: LoginAs) -> None:
    """A place, an organisation, a commune of somebody else, and keys that are no keys."""
    keeper = login(world.users["coordinateur"])
    dossier = make_dossier(world.lille)
    convention = make_convention(world, shown=False)
    for key in (*KEYS, str(world.douai_site.pk), str(world.niort_site.pk)):
        place = {"lieu": key, "proposition": "label", "note": "Une note.", "version": key, "garder": key}
        assert well(keeper, reverse("label_partie", args=[dossier.pk, "lieux"]), place) != 302
        data = {"lieu": key, "sens": "destinataire", "depuis": "2026-01-01", "version": key}
        assert well(keeper, reverse("partenaire_nouveau"), data) != 302
        url = reverse("convention_parties", args=[convention.convention.pk])
        assert well(keeper, url, {"organisations": [key], "need": "un"}) != 302
        assert keeper.get(reverse("partenaire_nouveau"), {"lieu": key}).status_code == 200
        for name in ("label_dossiers", "partenaires", "couverture_labels", "annuaire", "lieux_suivi"):
            page = keeper.get(reverse(name), {"page": key, "territoire": key, "reseau": key, "filtre": key})
            assert page.status_code < 500, (name, key)
    foreign = str(world.niort_site.organisation_id)
    url = reverse("convention_parties", args=[convention.convention.pk])
    assert well(keeper, url, {"organisations": [foreign], "need": "un"}) != 302
    with system():
        assert not LabelPlace.objects.for_system().filter(dossier=dossier).exists()
        assert not AssociatedPartner.objects.for_system().exists()


def test_a_dossier_of_another_territory_is_not_there(world: World, login: LoginAs) -> None:
    """Opening, deciding, answering, giving up: nobody reaches the dossier of a neighbour."""
    dossier = submitted(world.lille)
    label = labelled(world, world.mission)
    assert label.pk
    names = ("label_dossier", "label_deposer", "label_abandonner", "label_procedure", "label_repondre",
             "label_complement", "label_avis", "label_decider", "label_complet",
             "label_transmettre")  # fmt: skip
    for key in ("coordinateur_douai", "animation_niort", "conseiller_douai", "administrateur"):
        client = login(world.users[key])
        for name in names:
            url = reverse(name, args=[dossier.pk])
            assert client.get(url).status_code in {403, 404, 405}, (key, name)
            assert client.post(url, {"motif": "Je m’en mêle.", "confirme": "1"}).status_code in {
                403,
                404,
                405,
            }
    with system():
        assert LabelDossier.objects.for_system().get(pk=dossier.pk).state == "depose"


def test_reading_changes_nothing(world: World, login: LoginAs) -> None:
    """No GET moves a dossier, opens one, or answers."""
    dossier = submitted(world.lille)
    for key in ("coordinateur", "prefecture", "animation"):
        client = login(world.users[key])
        for name in ("label_deposer", "label_abandonner", "label_complet", "label_transmettre", "label_avis",
                     "label_decider", "label_repondre", "label_complement"):  # fmt: skip
            client.get(reverse(name, args=[dossier.pk]), {"confirme": "1", "motif": "x", "acte": "x"})
        assert client.get(reverse("label_nouveau")).status_code in {403, 405}
    with system():
        assert LabelDossier.objects.for_system().count() == 1
        assert LabelDossier.objects.for_system().get(pk=dossier.pk).state == "depose"
