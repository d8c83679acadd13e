"""The screens of a call: written, published, read by anybody, asked about; what is typed is never lost."""

import datetime
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from labelling.enums_ami import CallState
from labelling.models import AmiCall, AmiCriterion, AmiQuestion, AmiStep
from labelling.services import call_life, calls
from labelling.services.clock import now
from tests.conftest import LoginAs
from tests.factories import World, system
from tests.labelling import ami_world
from tests.labelling.mails import drain
from tests.labelling.test_calls import DAY, draft, ready

TITLE = "Appel à manifestation d’intérêt 2026"


@pytest.fixture
def officer(world: World, login: LoginAs) -> Client:
    ami_world.make_commission(world.region, world.lille, world.douai, name="Commission du Nord")
    return login(world.users["region"])


@pytest.fixture
def written(world: World, officer: Client) -> AmiCall:
    return ready(world.actor("region"))


@pytest.fixture
def opened(world: World, written: AmiCall) -> AmiCall:
    return call_life.open_call(by=world.actor("region"), call=written, seen=written.version)


def url(name: str, call: AmiCall) -> str:
    return reverse(name, args=[call.pk])


def public(name: str, call: AmiCall) -> str:
    return reverse(name, args=[call.region.slug, call.slug])


def fields(response: object) -> dict[str, str]:
    """Everything the forms of a page would send back."""
    found: dict[str, str] = {}
    context = response.context  # type: ignore[attr-defined]
    forms = [context["form"]]
    if context.get("lines") is not None:
        forms += [context["lines"].management_form, *context["lines"].forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(value, list):
                found[bound.html_name] = value  # type: ignore[assignment]
            elif value is not None and value is not False:
                found[bound.html_name] = str(value)
    return found


def test_a_draft_is_started_written_and_published(world: World, officer: Client) -> None:
    answer = officer.post(reverse("ami_appel_nouveau"), {"titre": TITLE})
    with system():
        call = AmiCall.objects.for_system().get()
    assert answer.status_code == 302
    page = officer.get(url("ami_appel", call)).content.decode()
    assert "Ce qui reste à faire avant de publier" in page
    assert "Fixez la date limite de dépôt" in page

    typed = fields(officer.get(url("ami_appel_texte", call)))
    typed |= {"contact": "orientation@exemple.fr"}
    assert officer.post(url("ami_appel_texte", call), typed).status_code == 302

    typed = fields(officer.get(url("ami_appel_cadre", call)))
    day = timezone.localdate() + 60 * DAY
    typed |= {"limite_jour": str(day), "questions_jour": str(day - 10 * DAY), "enveloppe": "1 200 000,50"}
    assert officer.post(url("ami_appel_cadre", call), typed).status_code == 302

    typed = fields(officer.get(url("ami_appel_criteres", call)))
    assert officer.post(url("ami_appel_criteres", call), typed).status_code == 302
    typed = fields(officer.get(url("ami_appel_grille", call)))
    assert officer.post(url("ami_appel_grille", call), typed).status_code == 302

    review = officer.get(url("ami_appel_ouvrir", call))
    assert "Publier l’appel" in review.content.decode()
    answer = officer.post(url("ami_appel_ouvrir", call), {"vu": review.context["call"].version})
    assert answer.status_code == 302
    with system():
        call.refresh_from_db()
    assert call.state == CallState.OUVERT
    assert call.envelope == 120_000_050
    assert call.version == 4
    local = call.closes_at.astimezone(datetime.timezone(datetime.timedelta(hours=1)))
    assert (local.minute, local.second) == (59, 59)


@pytest.mark.parametrize("amount", ["NaN", "1e30", "-5", "inf", "1" * 30, "10 000 000 001", "１２"])
def test_an_absurd_envelope_stays_on_the_page_with_its_reason(
    world: World, officer: Client, amount: str
) -> None:
    call = draft(world.actor("region"))
    typed = fields(officer.get(url("ami_appel_cadre", call))) | {"enveloppe": amount}
    answer = officer.post(url("ami_appel_cadre", call), typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["enveloppe"]
    assert f'value="{amount}"' in answer.content.decode()


def test_an_hour_that_does_not_exist_is_refused_on_its_field(world: World, officer: Client) -> None:
    call = draft(world.actor("region"))
    typed = fields(officer.get(url("ami_appel_cadre", call)))
    typed |= {"limite_jour": "2027-03-28", "limite_heure": "02:30:00"}
    answer = officer.post(url("ami_appel_cadre", call), typed)
    assert answer.status_code == 422
    assert "n’existe pas" in str(answer.context["form"].errors["limite_heure"])


def test_a_conflict_shows_both_and_saving_again_replaces(world: World, officer: Client) -> None:
    call = draft(world.actor("region"))
    mine = fields(officer.get(url("ami_appel_texte", call)))
    theirs = mine | {"resume": "Un résumé venu d’ailleurs."}
    officer.post(url("ami_appel_texte", call), theirs)
    answer = officer.post(url("ami_appel_texte", call), mine | {"resume": "Mon résumé."})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "enregistrée entre-temps" in page
    assert "d’ailleurs." in page
    assert "Mon résumé." in page
    again = fields(answer)
    assert officer.post(url("ami_appel_texte", call), again).status_code == 302
    with system():
        call.refresh_from_db()
    assert call.summary == "Mon résumé."


def test_a_criterion_is_added_moved_and_taken_out(world: World, officer: Client) -> None:
    call = draft(world.actor("region"))
    typed = fields(officer.get(url("ami_appel_criteres", call)))
    typed |= {"lignes-0-rang": "3", "lignes-1-retirer": "on", "lignes-17-texte": "Ouvert le samedi.",
              "lignes-17-section": "2", "lignes-17-rang": "1"}  # fmt: skip
    assert officer.post(url("ami_appel_criteres", call), typed).status_code == 302
    with system():
        codes = list(AmiCriterion.objects.for_system().filter(call=call).values_list("code", flat=True))
    assert codes[:3] == ["AJOUT_1", "LIEU_PHYSIQUE", "ACCES_SIMPLIFIE"]
    assert len(codes) == 17
    assert "PROJET_COMMUN" not in codes


def test_a_refused_line_is_named(world: World, officer: Client) -> None:
    call = draft(world.actor("region"))
    typed = fields(officer.get(url("ami_appel_criteres", call))) | {"lignes-2-section": ""}
    answer = officer.post(url("ami_appel_criteres", call), typed)
    assert answer.status_code == 422
    assert answer.context["lines"].forms[2].errors["section"]


def test_anybody_reads_what_is_published_and_nothing_else(world: World, opened: AmiCall) -> None:
    other = draft(world.actor("region"))
    anybody = Client()
    listed = anybody.get(reverse("ami_public")).content.decode()
    assert opened.summary[:40] in listed.replace("\u00a0", " ")
    page = anybody.get(public("ami_public_appel", opened))
    html = page.content.decode()
    assert page.status_code == 200
    for said in ("17\u00a0critères", "Dépôts ouverts jusqu’au", "Grille de notation", "Commission du Nord"):
        assert said in html
    assert world.region.portal_name in html
    for hidden in ("ami_public_appel", "ami_public_pdf"):
        assert anybody.get(public(hidden, other)).status_code == 404
    assert anybody.get(reverse("ami_public_appel", args=["ailleurs", opened.slug])).status_code == 404
    assert anybody.get(url("ami_appel", opened)).status_code == 302


def test_the_pdf_is_tagged_and_says_when_it_is_a_draft(
    world: World, officer: Client, opened: AmiCall
) -> None:
    answer = Client().get(public("ami_public_pdf", opened))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    root = PdfReader(io.BytesIO(answer.content)).trailer["/Root"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert root["/Lang"] == "fr"
    assert officer.get(url("ami_appel_pdf", opened)).status_code == 200


def test_what_happens_to_an_open_call_is_told_on_every_file(
    world: World, officer: Client, opened: AmiCall
) -> None:
    with system():
        opened.refresh_from_db()
    file = ami_world.make_application(opened, world.lille)
    answer = officer.post(url("ami_appel_rectificatif", opened), {"texte": "Lire 2027 au lieu de 2026."})
    assert answer.status_code == 302
    after = now() + 45 * DAY
    typed = {"limite_jour": str(after.date()), "limite_heure": "12:00:00", "motif": "Un bassin sans projet."}
    assert officer.post(url("ami_appel_report", opened), typed).status_code == 302
    early = {"limite_jour": str(now().date()), "limite_heure": "00:00:01", "motif": "Un bassin sans projet."}
    assert officer.post(url("ami_appel_report", opened), early).status_code == 422
    with system():
        keys = list(
            AmiStep.objects.for_system().filter(application=file).values_list("key", flat=True).order_by("pk")
        )
    assert keys[-2:] == ["rectificatif", "report_limite"]
    subjects = " ".join(mail.subject for mail in drain())
    assert "Rectificatif" in subjects
    assert "Date limite reportée" in subjects
    page = Client().get(public("ami_public_appel", opened)).content.decode()
    assert "Rectificatif" in page
    assert "Date limite reportée" in page
    answer = officer.post(url("ami_appel_annuler", opened), {"motif": ""})
    assert answer.status_code == 422
    assert officer.post(url("ami_appel_annuler", opened), {"motif": "Budget non voté."}).status_code == 302
    assert "Budget non voté." in Client().get(public("ami_public_appel", opened)).content.decode()
    assert (
        officer.post(url("ami_appel_rectificatif", opened), {"texte": "Trop tard pour cela."}).status_code
        == 409
    )


def test_a_question_is_published_with_its_answer_and_without_the_asker(
    world: World, officer: Client, login: LoginAs, opened: AmiCall
) -> None:
    porteur, rival = ami_world.make_porteur(world.region), ami_world.make_porteur(world.region)
    asking, reading = login(porteur.user), login(rival.user)
    text = "Le lieu peut-il ouvrir le samedi matin ?"
    assert asking.post(url("ami_appel_question", opened), {"question": "?"}).status_code == 422
    assert asking.post(url("ami_appel_question", opened), {"question": text}).status_code == 302
    assert "Réponse attendue" in asking.get(url("ami_appel", opened)).content.decode()
    shown = text.replace(" ?", "\u202f?")
    assert shown not in reading.get(url("ami_appel", opened)).content.decode()
    assert shown not in Client().get(public("ami_public_appel", opened)).content.decode()
    with system():
        question = AmiQuestion.objects.for_system().get()
    page = url("ami_appel_questions", opened)
    assert shown in officer.get(page).content.decode()
    key = f"q{question.pk}"
    typed = {"numero": question.pk, f"{key}-question": text, f"{key}-reponse": "Oui, et c’est souhaité."}
    assert officer.post(page, {"numero": question.pk, f"{key}-question": text}).status_code == 422
    assert officer.post(page, typed).status_code == 302
    assert officer.post(page, typed).status_code == 409
    assert officer.post(page, typed | {"numero": 10**17}).status_code == 404
    published = Client().get(public("ami_public_appel", opened)).content.decode()
    assert "Oui, et c’est souhaité." in published
    assert porteur.organisation.name not in published
    assert porteur.user.display_name not in published
    assert officer.post(url("ami_appel_question", opened), {"question": text}).status_code == 403
    (mail,) = drain()
    assert mail.to == [porteur.user.email]
    assert "Oui, et c’est souhaité." in mail.body
    assert f"{url('ami_appel', opened)}#questions" in mail.body


def test_no_question_after_its_date(world: World, login: LoginAs, officer: Client) -> None:
    call = ami_world.make_call(world.region, closes_in=datetime.timedelta(hours=1))
    porteur = login(ami_world.make_porteur(world.region).user)
    answer = porteur.post(url("ami_appel_question", call), {"question": "Est-il trop tard pour demander ?"})
    assert answer.status_code == 422
    assert "pouvaient être posées jusqu’au" in answer.content.decode()


def test_a_closed_call_is_told_closed_and_is_not_put_off(world: World, officer: Client) -> None:
    call = ami_world.make_call(world.region)
    ami_world.close_call(call)
    page = Client().get(public("ami_public_appel", call)).content.decode()
    assert "Les dépôts sont clos depuis le" in page
    assert "Candidater" not in page
    after = str((now() + 30 * DAY).date())
    answer = officer.post(
        url("ami_appel_report", call),
        {"limite_jour": after, "limite_heure": "23:59:59", "motif": "Aucun dossier reçu."},
    )
    assert answer.status_code == 422
    assert "ne se reporte plus" in answer.content.decode()


def test_versions_are_listed_and_compared(world: World, officer: Client, opened: AmiCall) -> None:
    page = officer.get(url("ami_appel_versions", opened) + "?avant=1&apres=4")
    html = page.content.decode()
    assert "Enveloppe" in html
    assert "<ins>" in html
    assert officer.get(url("ami_appel_versions", opened) + "?avant=x&apres=99999999999").status_code == 200


def test_a_copy_opens_on_its_own_page(world: World, officer: Client, opened: AmiCall) -> None:
    answer = officer.post(url("ami_appel_copier", opened), {"titre": "Appel 2028"})
    with system():
        copy = AmiCall.objects.for_system().get(title="Appel 2028")
    assert answer.headers["Location"] == url("ami_appel", copy)
    assert officer.post(url("ami_appel_supprimer", copy)).status_code == 302
    assert officer.get(url("ami_appel", copy)).status_code == 404


def test_published_pages_of_a_draft_send_back(world: World, officer: Client, opened: AmiCall) -> None:
    for name in ("texte", "cadre", "criteres", "grille", "ouvrir"):
        assert officer.get(url(f"ami_appel_{name}", opened)).status_code == 302
        assert officer.post(url(f"ami_appel_{name}", opened), {}).status_code == 302


def test_the_list_costs_the_same_for_one_or_many(
    world: World, officer: Client, django_assert_max_num_queries: object
) -> None:
    region = world.actor("region")
    draft(region)
    officer.get(reverse("ami_appels"))
    for n in range(12):
        calls.create_call(by=region, title=f"Appel numéro {n}")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert officer.get(reverse("ami_appels")).status_code == 200


def test_a_line_left_blank_is_refused_until_it_is_taken_out(world: World, officer: Client) -> None:
    call = draft(world.actor("region"))
    typed = fields(officer.get(url("ami_appel_criteres", call))) | {"lignes-2-texte": ""}
    answer = officer.post(url("ami_appel_criteres", call), typed)
    assert answer.status_code == 422
    assert "retirez la ligne" in str(answer.context["lines"].forms[2].errors["texte"])
    typed |= {"lignes-2-retirer": "on"}
    assert officer.post(url("ami_appel_criteres", call), typed).status_code == 302


def test_the_page_of_the_region_leads_to_its_calls(world: World, officer: Client, opened: AmiCall) -> None:
    page = officer.get(reverse("region_tableau")).content.decode()
    assert url("ami_appel", opened) in page


def test_the_public_page_costs_the_same_whatever_it_holds(
    world: World, officer: Client, opened: AmiCall, django_assert_max_num_queries: object
) -> None:
    for n in range(12):
        call_life.add_erratum(by=world.actor("region"), call=opened, text=f"Rectificatif numéro {n}.")
    anybody = Client()
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        assert anybody.get(public("ami_public_appel", opened)).status_code == 200


def test_who_is_at_work_elsewhere_reads_the_page_and_keeps_its_own_scope(
    world: World, login: LoginAs, opened: AmiCall
) -> None:
    client = login(world.users["conseiller_niort"])
    page = client.get(public("ami_public_appel", opened))
    assert page.status_code == 200
    assert f'data-region="{world.region.slug}"' in page.content.decode()
    assert client.get(url("ami_appel", opened)).status_code == 404
    assert client.get(reverse("ami_public")).status_code == 200


def test_a_text_that_looks_like_markup_is_shown_as_text(world: World, officer: Client) -> None:
    call = draft(world.actor("region"))
    typed = fields(officer.get(url("ami_appel_texte", call)))
    typed |= {"parties-0-texte": "<script>alert(1)</script>\n- <b>point</b>", "resume": "<img src=x>"}
    assert officer.post(url("ami_appel_texte", call), typed).status_code == 302
    page = officer.get(url("ami_appel_ouvrir", call)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert officer.get(url("ami_appel_pdf", call)).status_code == 200


@pytest.mark.parametrize("text", ["abc\u202edef", "a\x00b", "x" * 601])
def test_a_damaged_or_endless_text_is_refused_on_its_field(world: World, officer: Client, text: str) -> None:
    call = draft(world.actor("region"))
    typed = fields(officer.get(url("ami_appel_texte", call))) | {"resume": text}
    answer = officer.post(url("ami_appel_texte", call), typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["resume"]
